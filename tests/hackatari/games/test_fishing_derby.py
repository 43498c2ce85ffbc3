"""Fishing Derby: every modif does what its documentation says."""

from __future__ import annotations

from functools import cache, partial

import numpy as np
import pytest
from variants import Env, make_variant

NOOP, FIRE, UP, RIGHT, LEFT, DOWN = range(6)
LEFT_HALF, MIDDLE, RIGHT_HALF = range(18, 88), range(69, 88), range(69, 134)

make = partial(make_variant, "FishingDerby")


def columns(env: Env, category: str) -> list[int]:
    return [o.x for o in env.get_wrapper_attr("objects") if o.category == category]


def watch(modif: str | None, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Wait and return the columns of the shark, shape (frames,), and of the free fish, -1 for others, (frames, 6)."""
    env = make(*[modif] if modif else [])
    ram = env.get_wrapper_attr("ram")
    env.step(NOOP)  # there is no shark in the first frame
    shark, fish = [], []
    for _ in range(frames):
        env.step(NOOP)
        shark += columns(env, "Shark")
        caught = {ram.hooked, ram.opponent_hooked}
        # The object list starts with the top row, which has number 6.
        fish.append([-1 if 6 - row in caught else x for row, x in enumerate(columns(env, "Fish"))])
    return np.array(shark), np.array(fish)


@cache
def opponent_points(modif: str | None) -> int:
    """What the opponent wins in 3000 frames against an agent that does nothing."""
    env = make(*[modif] if modif else [], frameskip=4)
    return -int(sum(float(env.step(NOOP)[1]) for _ in range(750)))


# --- The shark ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "x"), [("easy", 105), ("middle", 75)])
def test_shark_does_not_move(name: str, x: int) -> None:
    shark, _ = watch(f"shark_no_movement_{name}", 400)
    assert np.abs(shark - x).max() <= 1
    assert np.ptp(watch(None, 400)[0]) > 20


def test_shark_is_seen_where_it_stays() -> None:
    env = make("shark_no_movement_middle")
    for _ in range(100):
        picture = env.step(NOOP)[0]
    body = (picture[83:89] == 0).all(-1).mean(0)
    assert body[82:98].min() > 0.5
    assert body[40:70].max() < 0.5


def test_motionless_shark_eats_the_opponents_fish() -> None:
    assert opponent_points("shark_no_movement_easy") < opponent_points(None) / 2


def test_shark_teleports_across_the_middle() -> None:
    shark, _ = watch("shark_teleport", 1200)
    first_jump = np.abs(np.diff(shark)).argmax()
    after = shark[first_jump + 1 :]
    assert len(after) > 500
    assert not ((after > 31) & (after < 99)).any()
    assert {(x < 50).item() for x in after} == {True, False}, "it is seen on both sides"
    assert np.abs(np.diff(shark)).max() > 50
    unmodified = watch(None, 1200)[0]
    assert ((unmodified > 40) & (unmodified < 90)).any()
    assert np.abs(np.diff(unmodified)).max() <= 1


def test_shark_rushes_to_the_right() -> None:
    shark, _ = watch("shark_speed_mode", 300)
    steps = np.diff(shark)
    assert np.median(steps) == 1
    assert steps.min() < -100, "it comes back on the left"
    assert np.median(np.diff(watch(None, 300)[0])) == 0


# --- The fish ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("modif", "allowed"), [("fish_on_player_side", LEFT_HALF), ("fish_in_middle", MIDDLE)])
def test_fish_stay_out_of_the_opponents_reach(modif: str, allowed: range) -> None:
    _, fish = watch(modif, 800)
    assert set(fish.ravel().tolist()) <= set(allowed)
    assert np.ptp(fish, axis=0).min() >= 10, "they swim"
    assert opponent_points(modif) == 0
    assert opponent_points(None) > 0
    unmodified = watch(None, 800)[1]
    assert unmodified.max() > 120
    assert unmodified[unmodified >= 0].min() < 30


def test_fish_swap_sides() -> None:
    _, fish = watch("swap_fish_sides", 600)
    on_the_right = fish[:, ::2]  # the top row and every other
    # A fish that has been caught or eaten starts from its own side and swaps it a frame later.
    assert (on_the_right[on_the_right >= 0] >= RIGHT_HALF.start).mean() > 0.99
    assert (fish[:, 1::2] < LEFT_HALF.stop).mean() > 0.99
    start = watch(None, 1)[1][0]
    assert start[::2].max() < 30
    assert start[1::2].min() > 120


def test_agent_can_catch_fish_in_the_middle() -> None:
    env = make("fish_in_middle")
    ram = env.get_wrapper_attr("ram")
    points = 0.0
    for _ in range(1000):
        action = UP if ram.hooked else RIGHT if ram.rod_x < 76 else DOWN if ram.hook_depth < 44 else NOOP
        points += float(env.step(action)[1])
    assert points > 0
