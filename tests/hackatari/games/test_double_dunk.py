"""Double Dunk: the teams wear what the modifs say, on the court and in the object list, and play as ever."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import numpy as np
import pytest
from variants import Env, make_variant

NOOP = 0
COURT = slice(60, 180)  # rows
JERSEYS = {
    "white": (236, 236, 236),
    "green": (45, 129, 105),
    "red": (163, 57, 21),
    "yellow": (232, 232, 74),
    "purple": (24, 26, 167),
    "blue": (132, 200, 252),
}
USUAL = {"player": "green", "enemy": "white"}
CATEGORIES = {"player": "Player", "enemy": "Opponent"}


pytestmark = pytest.mark.parametrize(("team", "name"), [(team, name) for team in USUAL for name in JERSEYS])

make = partial(make_variant, "DoubleDunk")


def pixels(picture: np.ndarray, name: str) -> int:
    """How many pixels of a jersey's colour there are."""
    return int((picture == JERSEYS[name]).all(-1).sum())


def play(env: Env, frames: int) -> np.ndarray:
    for frame in range(frames):
        picture = env.step(2 + frame // 8 % 4)[0]
    return picture


@cache
def unmodified() -> tuple[np.ndarray, np.ndarray, list[Any]]:
    """The pictures after 8 and 68 frames of the unmodified game, and where its objects are then."""
    env = make()
    early, late = play(env, 8), play(env, 60)
    return early, late, [o[:5] for o in env.get_wrapper_attr("objects")]


def test_team_wears_the_kit_and_the_other_team_does_not_change(team: str, name: str) -> None:
    usual = unmodified()[0][COURT]
    changed = play(make(f"{team}_color_{name}"), 8)[COURT]
    if name == USUAL[team]:
        np.testing.assert_array_equal(changed, usual)
        return
    assert pixels(changed, name) - pixels(usual, name) >= 50
    assert pixels(usual, USUAL[team]) - pixels(changed, USUAL[team]) >= 30
    if team == "enemy":
        assert pixels(changed, "green") >= pixels(usual, "green") - 10


def test_object_list_has_the_new_colours_and_all_else_stays_the_same(team: str, name: str) -> None:
    env = make(f"{team}_color_{name}")
    play(env, 8)
    np.testing.assert_array_equal(play(env, 60)[:40], unmodified()[1][:40], "the score")
    assert [o[:5] for o in env.get_wrapper_attr("objects")] == unmodified()[2]

    shown = 0
    for _ in range(10):
        picture = play(env, 1)
        figures = [o for o in env.get_wrapper_attr("objects") if o.category.startswith(CATEGORIES[team])]
        assert [o.colour for o in figures] == [JERSEYS[name]] * 2
        shown += sum(pixels(picture[o.y : o.y + o.h, o.x : o.x + o.w], name) > 0 for o in figures)
    assert shown >= 12, "they flicker"
