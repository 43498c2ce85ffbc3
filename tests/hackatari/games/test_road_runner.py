"""Road Runner: every modif does in the game what its documentation says."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from variants import make_variant, play

NOOP, LEFT = 0, 4
OUT_OF_SIGHT = 148  # the coyote's column

make = partial(make_variant, "RoadRunner")


def coyote_after_it_fell_behind(*modifs: str, frames: int = 200) -> list[int]:
    """Run away from the coyote, push it out of sight and return where it is in the frames after."""
    env = make(*modifs)
    ram = env.get_wrapper_attr("ram")
    play(env, 60, LEFT)
    ram.enemy_x = OUT_OF_SIGHT - 1
    columns = []
    for _ in range(frames):
        play(env, 1, LEFT)
        assert ram.lives_and_birds == 34
        columns.append(ram.enemy_x)
    return columns


def test_default_coyote_stays_behind_on_level_2() -> None:
    assert min(coyote_after_it_fell_behind("level_2")) < 130
    assert min(coyote_after_it_fell_behind("level_2", "default_coyote")) >= OUT_OF_SIGHT - 5


def test_change_coyote_comes_back_on_level_0() -> None:
    assert min(coyote_after_it_fell_behind()) >= OUT_OF_SIGHT - 5
    assert min(coyote_after_it_fell_behind("change_coyote")) < 130


def landscape(*modifs: str) -> np.ndarray:
    """The road with what is above and below it, without the runner and the coyote."""
    return play(make(*modifs), 20)[40:180, 8:90]


def test_level_0_changes_nothing() -> None:
    assert np.array_equal(landscape("level_0"), landscape())


def test_levels_differ_from_the_start() -> None:
    assert not np.array_equal(landscape("level_1"), landscape())
    assert not np.array_equal(play(make("level_2"), 150, LEFT), play(make(), 150, LEFT))


@pytest.mark.parametrize("level", [1, 2])
def test_start_level_holds_in_every_episode(level: int) -> None:
    env = make(f"level_{level}")
    for _ in range(2):
        play(env, 5)
        assert env.get_wrapper_attr("ram").level == level
        env.get_wrapper_attr("ram").level = 4
        play(env, 5)
        assert env.get_wrapper_attr("ram").level == 4, "the level is set once only"
        env.reset()


def test_player_and_coyote_stand_where_the_object_list_says_on_level_2() -> None:
    env = make("level_2")
    for _ in range(20):
        picture = play(env, 10)
        found = {o.category: o for o in env.get_wrapper_attr("objects")}
        for category in ("Player", "Enemy"):
            _, x, y, w, h, colour = found[category]
            assert (picture[y : y + h, x : x + w] == colour).all(-1).any()
