"""Curricula: variants change between episodes, never within one."""

import gymnasium as gym
import pytest

import hackatari  # noqa: F401  (registers the env IDs)
from hackatari import UnknownNameError
from hackatari.schedulers import PromotionScheduler, SequenceScheduler
from hackatari.wrappers import Curriculum, RamPatch


def episode(env, seed=None):
    """Play NOOP until the game is over; return the modifs at the start and at the end, and the number of steps."""
    _, info = env.reset(seed=seed)
    steps, over = 0, False
    while not over:
        _, _, terminated, truncated, _ = env.step(0)
        steps += 1
        over = terminated or truncated
    return info["modifs"], env.get_wrapper_attr("modifs"), steps


def test_a_switch_waits_for_the_next_episode():
    scheduler = SequenceScheduler([[], ["up_drift"], ["lazy_enemy"]], switch_at=[100, 1500])
    env = gym.make("HackAtari/Pong-Curriculum-v0", scheduler=scheduler)
    played = [episode(env, seed=0), episode(env), episode(env)]
    assert [start for start, _, _ in played] == [(), ("up_drift",), ("lazy_enemy",)]
    assert all(start == end for start, end, _ in played)
    assert env.get_wrapper_attr("scheduler").steps == sum(steps for _, _, steps in played)
    assert scheduler.steps == 0  # each env has its own copy


def test_promotion_hears_the_scores():
    scheduler = PromotionScheduler([["lazy_enemy"], []], threshold=-21, window=1)
    env = gym.make("HackAtari/Pong-Curriculum-v0", scheduler=scheduler)
    assert [episode(env, seed=0)[0], episode(env)[0]] == [("lazy_enemy",), ()]
    strict = gym.make(
        "HackAtari/Pong-Curriculum-v0", scheduler=PromotionScheduler([["lazy_enemy"], []], threshold=22, window=1)
    )
    assert [episode(strict, seed=0)[0], episode(strict)[0]] == [("lazy_enemy",), ("lazy_enemy",)]


def test_by_default_all_modifs_come_in_turn():
    scheduler = gym.make("HackAtari/Pong-Curriculum-v0").get_wrapper_attr("scheduler")
    assert scheduler.variants[0] == ()
    assert len(scheduler.variants) == 10
    assert scheduler.switch_at[:2] == [100_000, 200_000]


def test_it_wraps_any_patched_env():
    env = Curriculum(RamPatch(gym.make("ALE/Pong-v5")), SequenceScheduler([["up_drift"]], []))
    assert env.reset(seed=0)[1]["modifs"] == ("up_drift",)


def test_a_misspelt_modif_is_found_before_training():
    with pytest.raises(UnknownNameError, match="Did you mean 'lazy_enemy'"):
        gym.make("HackAtari/Pong-Curriculum-v0", scheduler=SequenceScheduler([[], ["lazy_enmy"]], [10]))


def test_the_spec_makes_it_again():
    env = gym.make("HackAtari/Pong-Curriculum-v0", scheduler=SequenceScheduler([[], ["up_drift"]], [10]))
    again = gym.make(env.spec)
    assert again.spec == env.spec
    assert again.get_wrapper_attr("scheduler").variants == [(), ("up_drift",)]
