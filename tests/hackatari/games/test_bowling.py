"""Bowling: every modif does in the game what its documentation says."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from variants import Env, make_variant, play

import hackatari  # registers the envs

NOOP, FIRE, UP = 0, 1, 2
WAITS = 0  # throw_state
GUTTER = 1  # height of the player from which a straight throw misses all pins

WOOD, PLAYER, PIN = (180, 122, 48), (84, 92, 214), (45, 50, 184)
LANE, RACK_COLUMNS = slice(104, 172), slice(118, 140)
FULL_RACK = [
    (121, 137),
    (125, 131),
    (125, 143),
    (129, 125),
    (129, 137),
    (129, 149),
    (133, 119),
    (133, 131),
    (133, 143),
    (133, 155),
]

make = partial(make_variant, "Bowling")


def pins(env: Env) -> list[tuple[int, int]]:
    """Column and top row of the pins in the object list, from left to right."""
    return sorted((o.x, o.y) for o in env.get_wrapper_attr("objects") if o.category == "Pin")


def rack(picture: np.ndarray) -> np.ndarray:
    """Where the picture shows pins, bool; the ball must be elsewhere."""
    return (picture[LANE, RACK_COLUMNS] == PIN).all(-1)


def drawn(places: list[tuple[int, int]], width: int = 2, height: int = 4) -> np.ndarray:
    """What `rack` returns if exactly these pins are shown, given the column and top row of upright pins."""
    shown = np.zeros((LANE.stop - LANE.start, RACK_COLUMNS.stop - RACK_COLUMNS.start), dtype=bool)
    for x, y in places:
        bottom = y + 4 - LANE.start
        shown[bottom - height : bottom, x - RACK_COLUMNS.start : x - RACK_COLUMNS.start + width] = True
    return shown


def throw(env: Env, height: int) -> float:
    """Throw straight from this height of the player and return the points, given after the second throw of a frame."""
    ram = env.get_wrapper_attr("ram")
    ram.player_y = height
    points = float(env.step(FIRE)[1])
    while ram.throw_state != WAITS:
        points += float(env.step(NOOP)[1])
    return points


def knocked_down(heights: list[int], *modifs: str) -> list[int]:
    """The number of pins that a straight throw from each of these heights knocks down."""
    env = make(*modifs, frameskip=4)
    fallen = []
    for height in heights:
        env.reset()
        play(env, 1)
        throw(env, height)
        fallen.append(10 - len(pins(env)))
    return fallen


# --- Objects -----------------------------------------------------------------------------------------------------


def test_full_rack_and_player_are_shown_exactly_in_their_boxes() -> None:
    env = make()
    picture = play(env, 2)
    assert pins(env) == FULL_RACK
    np.testing.assert_array_equal(rack(picture), drawn(FULL_RACK))
    player = next(o for o in env.get_wrapper_attr("objects") if o.category == "Player")
    rows, columns = (picture[LANE, :22] != WOOD).any(-1).nonzero()  # the ball is further right
    assert (rows.min() + LANE.start, np.ptp(rows) + 1) == (player.y, player.h)
    assert player.x <= columns.min() < columns.max() < player.x + player.w


@pytest.mark.parametrize(
    ("hundreds", "rest", "box"),
    [
        (0, 0x00, (32, 28)),
        (0, 0x07, (32, 28)),
        (0, 0x17, (40, 20)),
        (0, 0x99, (32, 28)),
        (1, 0x17, (24, 36)),
        (2, 0x50, (16, 44)),
    ],
)
def test_score_box_fits_the_digits(hundreds: int, rest: int, box: tuple[int, int]) -> None:
    env = make()
    ram = env.get_wrapper_attr("ram")
    ram.score_hundreds, ram.score_low = hundreds, rest
    picture = play(env, 2)
    shown = (picture[19:34, :80] == PLAYER).all(-1).any(0).nonzero()[0]
    found = next(o for o in hackatari.GAMES["bowling"].find_objects(ram, hud=True) if o.category == "PlayerScore")
    assert (shown.min(), np.ptp(shown) + 1) == (found.x, found.w) == box


# --- Fewer pins --------------------------------------------------------------------------------------------------

RACKS = {
    "top_pins": [(129, 125), (133, 119)],
    "middle_pins": [(121, 137), (129, 137)],
    "bottom_pins": [(129, 149), (133, 155)],
    "top_bottom_pins": [(129, 125), (129, 149), (133, 119), (133, 155)],
}


@pytest.mark.parametrize("modif", RACKS)
def test_only_the_pins_of_the_rack_stand(modif: str) -> None:
    env = make(modif)
    picture = play(env, 3)
    assert pins(env) == RACKS[modif]
    np.testing.assert_array_equal(rack(picture), drawn(RACKS[modif]))


@pytest.mark.parametrize(("modif", "aim"), [("top_pins", 25), ("middle_pins", 16), ("bottom_pins", 8)])
def test_only_pins_that_are_hit_count(modif: str, aim: int) -> None:
    env = make(modif, frameskip=4)
    play(env, 1)
    assert throw(env, aim) == 0  # points come after the frame
    hit = len(RACKS[modif]) - len(pins(env))
    assert hit > 0
    assert throw(env, GUTTER) == hit
    play(env, 1)
    assert pins(env) == RACKS[modif]


def test_ball_passes_where_pins_are_missing() -> None:
    env = make("top_bottom_pins", frameskip=4)
    play(env, 1)
    assert throw(env, 14) + throw(env, GUTTER) == 0
    assert knocked_down([14]) > [0]


# --- The pins' shape and motion ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("modif", "width", "height"), [("horizontal_pins", 4, 2), ("small_pins", 2, 2)])
def test_pins_have_another_shape(modif: str, width: int, height: int) -> None:
    env = make(modif, frameskip=4)
    np.testing.assert_array_equal(rack(play(env, 1)), drawn(FULL_RACK, width, height))
    throw(env, 11)
    picture = play(env, 1)
    assert 0 < len(pins(env)) < 10
    np.testing.assert_array_equal(rack(picture), drawn(pins(env), width, height))


def test_small_and_lying_pins_are_hit_as_they_are_drawn() -> None:
    heights = [17, 20, 26]
    usual = knocked_down(heights)
    assert all(small < full for small, full in zip(knocked_down(heights, "small_pins"), usual, strict=True))
    assert knocked_down(heights, "horizontal_pins") != usual


def test_moving_pins_drift_down_and_up_together() -> None:
    env = make("moving_pins")
    tops = []
    for frame in range(64 * 46 + 2):
        picture = env.step(NOOP)[0]
        tops.append(pins(env)[-1][1])  # of the lowest pin
        if frame % 64 == 60:
            offset = tops[-1] - FULL_RACK[-1][1]
            assert pins(env) == [(x, y + offset) for x, y in FULL_RACK]
            np.testing.assert_array_equal(rack(picture), drawn(pins(env)))
    steps = np.diff(tops)
    moves = np.flatnonzero(steps)
    assert np.unique(np.diff(moves)).tolist() == [64]
    assert set(steps[moves]) == {2, -2}
    assert (max(tops), min(tops)) == (169, 141)  # the lower border, and the topmost pin at the upper one


def test_moving_pins_leave_nothing_behind_when_they_are_hit() -> None:
    env = make("moving_pins", frameskip=4)
    play(env, 40)
    for height in (6, 18, 9, 12):
        throw(env, height)
        picture = play(env, 1)
        assert len(pins(env)) > 0
        np.testing.assert_array_equal(rack(picture), drawn(pins(env)))


def test_pins_usually_stand_still() -> None:
    env = make(frameskip=4)
    play(env, 200)
    assert pins(env) == FULL_RACK


# --- The player --------------------------------------------------------------------------------------------------


def left_columns(picture: np.ndarray) -> list[int]:
    """The columns of the player and of the ball, the leftmost of each colour."""
    return [int((picture[LANE, :110] == colour).all(-1).any(0).argmax()) for colour in (PLAYER, PIN)]


def test_shift_player_moves_the_picture_of_the_waiting_player() -> None:
    shifted, usual = make("shift_player"), make()
    expected = [column + 12 for column in left_columns(play(usual, 3))]
    assert left_columns(play(shifted, 3)) == expected
    play(shifted, 2, FIRE)
    play(usual, 2, FIRE)
    np.testing.assert_array_equal(play(shifted, 100), play(usual, 100))  # the throw is the usual one
