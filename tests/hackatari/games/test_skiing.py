"""Skiing: every modif changes the slalom as its documentation says."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import numpy as np
import pytest
from variants import Env, boxes, make_variant, shows

NOOP, RIGHT, LEFT = 0, 1, 2
GATE = 2
BLUE, RED, LIGHT_GREEN = (66, 72, 200), (184, 50, 50), (158, 208, 101)
MOGULS = [(214, 214, 214), (192, 192, 192)]
TURN = 45  # frames until the counter of 83 at the start is at 128

make = partial(make_variant, "Skiing")


def steer(ram: Any) -> int:
    """A simple skier: aim at the next gate."""
    goals = [
        x + 14 for x, y, kind in zip(ram.slot_x, ram.slot_y, ram.slot_kind, strict=True) if kind == GATE and y < 142
    ]
    aside = goals[0] - ram.player_x if goals else 0
    wanted = 8 + (max(-6, min(6, aside // 3)) if abs(aside) > 3 else 0)
    return NOOP if ram.orientation == wanted else RIGHT if ram.orientation < wanted else LEFT


def race(env: Env, frames: int = 5000) -> Iterator[tuple[np.ndarray, Any]]:
    """Ski down and yield each frame's picture of the slope and the RAM."""
    ram = env.get_wrapper_attr("ram")
    for _ in range(frames):
        picture, _, terminated, *_ = env.step(steer(ram))
        yield picture[32:178], ram
        if terminated:
            return


@cache
def gates(*modifs: str, seed: int = 0) -> tuple[int, ...]:
    """The columns of all gates of a race in the order in which they come in."""
    columns: list[int] = []
    pending, last_y = False, 255
    for _, ram in race(make(*modifs, seed=seed)):
        if not columns:
            slots = list(zip(ram.slot_kind, ram.slot_x, ram.slot_height, strict=True))[:-1]
            columns += [x for kind, x, rows in slots if kind == GATE and rows < 255]
        if pending and ram.slot_kind[-1] == GATE:  # a frame after it came in, when the modifs have acted
            columns.append(ram.slot_x[-1])
        pending = ram.slot_y[-1] < last_y
        last_y = ram.slot_y[-1]
    return tuple(columns)


# --- Colours and trees -------------------------------------------------------------------------------------------


def test_invert_flags_swaps_the_colours_of_the_gates_and_of_the_last_gate() -> None:
    def colours_of_gates(*modifs: str) -> tuple[set[bool], set[bool], bool, bool]:
        """Blue and red on the slope before the last gate has come in, then at the finish."""
        blue, red = set(), set()
        for frame, (slope, _) in enumerate(race(make(*modifs))):
            if 2 < frame < 2000 and frame % 20 == 0:
                blue.add(shows(slope, BLUE))
                red.add(shows(slope, RED))
        return blue, red, shows(slope, BLUE), shows(slope, RED)

    assert colours_of_gates() == ({True}, {False}, False, True)
    assert colours_of_gates("invert_flags") == ({False}, {True}, True, False)


def test_red_flags_are_where_the_objects_are() -> None:
    env = make("invert_flags")
    for _ in range(60):
        picture = env.step(NOOP)[0]
    rows, columns = np.nonzero((picture == RED).all(-1))
    flags = boxes(env, "Flag")
    assert len(flags) == 2
    assert min(x for x, *_ in flags) == columns.min()
    assert max(x + w for x, _, w, _ in flags) == columns.max() + 1
    assert abs(flags[0][1] - rows.min()) <= 1


def test_moguls_to_trees_plants_whole_trees() -> None:
    env = make("moguls_to_trees")
    ram = env.get_wrapper_attr("ram")
    heights = []
    for frame in range(1000):
        picture = env.step(steer(ram))[0]
        assert not boxes(env, "Mogul")
        if frame % 10 == 0:
            slope = picture[32:178]
            assert not any(shows(slope, grey) for grey in MOGULS)
            for o in env.get_wrapper_attr("objects"):
                if o.colour == LIGHT_GREEN and 16 < o.x < 136 and 34 < o.y < 140:
                    seen = (picture[o.y : o.y + o.h, o.x : o.x + o.w] == LIGHT_GREEN).all(-1)
                    heights.append(seen.any(1).sum())
    assert len(heights) > 50
    assert np.mean(np.array(heights) >= 28) > 0.95  # elsewhere the skier is in front of the tree


def longest_stop(*modifs: str) -> int:
    """Frames for which the skier stands still when there is a mogul in its way."""
    env = make(*modifs)
    ram = env.get_wrapper_attr("ram")
    ram.player_x = 59
    heights = []
    for _ in range(330):
        env.step(NOOP)
        heights.append(ram.slot_y[-1])
    moves = np.flatnonzero(np.diff(heights))
    return int(np.diff(moves).max())


def test_skier_falls_at_the_trees_where_moguls_were() -> None:
    assert longest_stop() < 10
    assert longest_stop("moguls_to_trees") > 80


# --- Gates -------------------------------------------------------------------------------------------------------


def test_moving_flags_move_by_a_pixel_every_four_frames_to_and_fro() -> None:
    def columns_of_gate(*modifs: str) -> np.ndarray:
        env = make(*modifs)
        columns = []
        for _ in range(150):
            env.step(NOOP)
            columns.append(boxes(env, "Flag")[0][0])
        return np.diff(columns)

    assert not columns_of_gate().any()
    moves = columns_of_gate("moving_flags")
    frames = np.flatnonzero(moves)
    assert set(np.diff(frames)) == {4}
    assert set(moves[: TURN - 2][moves[: TURN - 2] != 0]) == {1}
    assert set(moves[TURN + 2 :][moves[TURN + 2 :] != 0]) == {-1}


def test_moving_flags_moves_both_flags_of_the_picture() -> None:
    env = make("moving_flags")
    for _ in range(44):
        slope = env.step(NOOP)[0][32:178]
    columns = np.flatnonzero((slope == BLUE).all(-1).any(0))
    left = boxes(env, "Flag")[0][0]
    assert left > 42 + 8
    assert (columns[0], columns[-1]) == (left, left + 36)


def test_flag_flurry_has_40_gates_in_pairs() -> None:
    columns = gates("flag_flurry")
    assert len(columns) == 40
    assert columns[1] == gates()[0]
    assert all(abs(columns[i + 1] - columns[i]) <= 25 for i in range(1, 38, 2))
    assert len(set(columns)) > 20


def test_flag_flurry_starts_anew_after_a_race_that_was_cut_off() -> None:
    env = make("flag_flurry")
    for _ in range(300):
        env.step(NOOP)
    env.reset()
    env.step(NOOP)
    assert env.get_wrapper_attr("ram").gates_left == 0x40
    assert len(boxes(env, "Flag")) == 4


def test_random_flags_stand_at_new_places_in_every_race() -> None:
    columns = gates("random_flags")
    assert len(columns) == len(gates()) == 20
    assert sum(a != b for a, b in zip(columns, gates(), strict=True)) > 15
    assert np.ptp(columns) > 80
    assert all(7 <= x <= 113 for x in columns)


@pytest.mark.parametrize("modif", ["random_flags", "flag_flurry"])
def test_random_gates_follow_the_seed(modif: str) -> None:
    env = make(modif, seed=3)
    starts = []
    for seed in (3, 3, None):
        env.reset(seed=seed)
        env.step(NOOP)
        starts.append(boxes(env, "Flag"))
    assert starts[0] == starts[1] != starts[2]
