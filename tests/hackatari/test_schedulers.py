"""When schedulers switch."""

import copy
import pickle

import pytest

from hackatari.schedulers import CycleScheduler, PromotionScheduler, Rotation, Scheduler, SequenceScheduler


def after(scheduler, steps):
    """Return what a copy of the scheduler chooses after a number of agent steps."""
    scheduler = copy.deepcopy(scheduler)
    for _ in range(steps):
        scheduler.step_done()
    return scheduler.choose()


@pytest.mark.parametrize(
    ("steps", "variant"),
    [(0, ()), (9, ()), (10, ("a",)), (11, ("a",)), (29, ("a",)), (30, ("a", "b")), (1000, ("a", "b"))],
)
def test_a_sequence_switches_exactly_at_its_points(steps, variant):
    assert after(SequenceScheduler([[], ["a"], ["a", "b"]], switch_at=[10, 30]), steps) == variant


def test_a_sequence_that_steps_over_a_whole_stage_skips_it():
    assert after(SequenceScheduler([[], ["a"], ["b"]], switch_at=[2, 3]), 5) == ("b",)


def test_a_rotation_goes_round_and_round():
    rotation = Rotation(stages=3, switch_every=2)
    assert [rotation.stage_at(step) for step in range(10)] == [0, 0, 1, 1, 2, 2, 0, 0, 1, 1]
    assert rotation.stage_at(6 * 10**9 + 3) == 1


def test_a_rotation_stays_with_the_last_stage_after_its_cycles():
    rotation = Rotation(stages=2, switch_every=2, cycles=2)
    assert [rotation.stage_at(step) for step in range(12)] == [0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1]


def test_only_a_cycle_that_is_due_cuts_the_episode():
    scheduler = CycleScheduler([["a"], ["b"]], switch_every=2)
    assert scheduler.choose() == ("a",)
    cuts = []
    for _ in range(4):
        scheduler.step_done()
        cuts.append(scheduler.cuts_episode())
    assert cuts == [False, True, True, False]  # in the fifth step "a" would be due again
    assert not SequenceScheduler([[], []], switch_at=[1]).cuts_episode()


def test_a_cycle_of_one_variant_never_cuts():
    scheduler = CycleScheduler([["a"]], switch_every=1)
    for _ in range(3):
        scheduler.step_done()
        assert not scheduler.cuts_episode()
        assert scheduler.choose() == ("a",)


def test_promotion_needs_a_full_window_of_good_scores():
    scheduler = PromotionScheduler([["easy"], [], ["hard"]], threshold=10, window=3)
    chosen = []
    for score in (30, 30, -31, 1, 60, 9, 11, 9, 10, 100, 100, 100):
        scheduler.episode_done(score)
        chosen.append(scheduler.choose())
    # Means of three: 9.67, 0, 10 promotes; then 9.67 and 10 in a new window promote; the last stage stays.
    assert chosen == [("easy",)] * 4 + [()] * 4 + [("hard",)] * 4


def test_promotion_starts_counting_anew():
    scheduler = PromotionScheduler([["easy"], []], threshold=5, window=2)
    scheduler.episode_done(10)
    assert scheduler.choose() == ("easy",)
    scheduler.episode_done(0)
    assert scheduler.choose() == ()
    assert list(scheduler.scores) == []


def test_the_last_stage_stays():
    scheduler = PromotionScheduler([[]], threshold=0, window=1)
    scheduler.episode_done(100)
    assert scheduler.choose() == ()


def test_a_pickled_scheduler_goes_on_where_it_was():
    scheduler = PromotionScheduler([["easy"], []], threshold=5, window=2)
    scheduler.episode_done(10)
    scheduler.step_done()
    again = pickle.loads(pickle.dumps(scheduler))
    assert again == scheduler
    assert again.steps == 1
    again.episode_done(0)
    assert again.choose() == ()
    assert again != scheduler


def test_mistakes_are_named():
    with pytest.raises(TypeError, match=r"got the string 'easy': write \['easy'\]"):
        Scheduler(["easy"])
    with pytest.raises(ValueError, match="at least one variant"):
        Scheduler([])
    with pytest.raises(ValueError, match="2 variants need 1 switching points, got 2"):
        SequenceScheduler([[], []], switch_at=[1, 2])
    with pytest.raises(ValueError, match=r"positive and ascending, got \[5, 5\]"):
        SequenceScheduler([[], [], []], switch_at=[5, 5])
    with pytest.raises(ValueError, match="positive and ascending"):
        SequenceScheduler([[], []], switch_at=[0])
    with pytest.raises(ValueError, match="window must be at least 1 episode, got 0"):
        PromotionScheduler([[]], threshold=1, window=0)
    with pytest.raises(ValueError, match=r"switch_every must be an integer of at least 1, got 1\.5"):
        CycleScheduler([[], []], switch_every=1.5)
    with pytest.raises(ValueError, match="cycles must be an integer of at least 1, got 0"):
        CycleScheduler([[], []], switch_every=1, cycles=0)
