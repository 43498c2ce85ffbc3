"""Berzerk: the robots' colours in all rooms and the digits of the score are those of the data sheet."""

from __future__ import annotations

from functools import partial

import pytest
from variants import make_variant, play

import hackatari

NOOP = 0
ROBOT, YELLOW = (210, 210, 64), (232, 232, 74)

make = partial(make_variant, "Berzerk")


@pytest.mark.parametrize("level", range(0, 16, 2))
def test_robots_have_the_colour_of_the_room(level: int) -> None:
    env = make()
    env.get_wrapper_attr("ram").level = level
    picture = play(env, 40)
    robots = [o for o in env.get_wrapper_attr("objects") if o.category == "Enemy"]
    assert len(robots) > 3
    for _, x, y, w, h, colour in robots:
        assert (picture[y : y + h, x : x + w] == colour).all(-1).any()


def test_robots_are_reported_when_the_room_is_shown() -> None:
    env = make()
    reported, shown = [], []
    for _ in range(40):
        picture = play(env, 1)
        reported.append(any(o.category == "Enemy" for o in env.get_wrapper_attr("objects")))
        shown.append(bool((picture[:175] == ROBOT).all(-1).any()))
    assert abs(reported.index(True) - shown.index(True)) <= 1
    assert all(reported[25:])


@pytest.mark.parametrize(("score", "digits"), [((0, 0, 0x50), 2), ((0, 3, 0), 3), ((1, 0x23, 0x40), 5)])
def test_score_box_fits_the_digits(score: tuple[int, int, int], digits: int) -> None:
    env = make()
    ram = env.get_wrapper_attr("ram")
    play(env, 40)
    ram.score[:] = score
    picture = play(env, 3)
    found = next(o for o in hackatari.GAMES["berzerk"].find_objects(ram, hud=True) if o.category == "PlayerScore")
    columns = (picture[183:190] == YELLOW).all(-1).any(0).nonzero()[0]
    assert found.w == 8 * digits - 2
    assert found.x <= columns.min() <= found.x + 4
    assert columns.max() < found.x + found.w
