"""Up'n Down: every modif does in the game what its documentation says."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from variants import Env, play, shared_env, start_variant

NOOP, UP = 0, 2
START = 80  # frames until the car drives
FIELD = slice(27, 192)
EMPTY, RED_FLAG, YELLOW_FLAG = 23, 12, 9

the_env = partial(shared_env, "UpNDown")
make = partial(start_variant, "UpNDown")


def seen(pictures: list[np.ndarray], env: Env, category: str) -> int:
    """Number of the objects of a category whose colour is in their box in one of the pictures; objects flicker."""
    game = env.unwrapped.ale.game  # type: ignore[attr-defined]
    found = [o for o in game.find_objects(env.get_wrapper_attr("ram")) if o.category == category]
    return sum(
        any((picture[o.y : o.y + o.h, o.x : o.x + o.w] == o.colour).all(-1).any() for picture in pictures)
        for o in found
    )


def trucks(*modifs: str, frames: int = 600) -> list[int]:
    """The numbers of trucks that are seen while the car drives up."""
    env = make(*modifs)
    play(env, START)
    counts = []
    previous = play(env, 1, UP)
    for _ in range(frames):
        picture = play(env, 1, UP)
        counts.append(seen([previous, picture], env, "Truck"))
        previous = picture
    return counts


# --- Objects -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("types", "category"), [(range(8), "Truck"), (range(8, 16), "Flag"), (range(24, 31), "Collectable")]
)
def test_objects_of_all_types_are_where_the_picture_shows_them(types: range, category: str) -> None:
    env = make()
    ram = env.get_wrapper_attr("ram")
    play(env, START + 20)
    for kind in types:
        ram.slot_type[:] = [EMPTY, EMPTY, kind]
        pictures = []
        for _ in range(2):
            ram.slot_type[:2] = EMPTY
            pictures.append(play(env, 1))
        assert seen(pictures, env, category) == 1


# --- Trucks ------------------------------------------------------------------------------------------------------


def test_no_trucks_are_seen() -> None:
    assert max(trucks(frames=200)) == 3
    assert max(trucks("no_trucks")) == 0
    assert "Truck" not in {o.category for o in the_env().get_wrapper_attr("objects")}


def test_no_trucks_makes_driving_safe() -> None:
    lives = []
    for modifs in ((), ("no_trucks",)):
        env = make(*modifs)
        play(env, 1000, UP)
        lives.append(env.unwrapped.ale.lives())  # type: ignore[attr-defined]
    assert lives[0] < lives[1] == 5


def test_reduced_trucks_leaves_one() -> None:
    counts = trucks("reduced_trucks")
    assert np.mean(np.array(counts) <= 1) > 0.98
    assert np.mean(counts) > 0.4
    assert np.mean(trucks(frames=200)) > 1.5


def test_more_trucks_replaces_collectables() -> None:
    for modifs, category in (((), "Collectable"), (("more_trucks",), "Truck")):
        env = make(*modifs)
        ram = env.get_wrapper_attr("ram")
        play(env, START + 20)
        for kind in range(24, 31):
            pictures = []
            for _ in range(2):
                ram.slot_type[:] = [EMPTY, EMPTY, kind]
                pictures.append(play(env, 1))
            assert seen(pictures, env, category) == 1
            assert seen(pictures, env, "Collectable") == (not modifs)


def test_more_trucks_leaves_flags() -> None:
    env = make("more_trucks")
    play(env, START + 20)
    env.get_wrapper_attr("ram").slot_type[2] = RED_FLAG
    assert seen([play(env, 1), play(env, 1)], env, "Flag") == 1


# --- Flags and rounds --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("modifs", "flags"), [((), 8), (("short_game",), 4)])
def test_short_game_shows_four_flags(modifs: tuple[str, ...], flags: int) -> None:
    picture = play(make(*modifs), 3)
    row = (picture[14:26] != 0).any((0, 2))
    assert np.count_nonzero(np.diff(row.astype(int)) == 1) == flags


@pytest.mark.parametrize(("modifs", "won"), [((), False), (("short_game",), True)])
def test_short_game_is_won_with_four_flags(modifs: tuple[str, ...], won: bool) -> None:
    env = make(*modifs)
    ram = env.get_wrapper_attr("ram")
    play(env, START)
    ram.flags_collected = ram.flags_collected | 0b00011100
    for frame in range(500):
        ram.slot_type[:2] = EMPTY
        if frame < 40:  # a flag drives into the car
            ram.slot_type[2], ram.slot_x[2] = YELLOW_FLAG, ram.player_x + 4
        play(env, 1)
    assert (ram.level == 2) == won


def test_levels_have_their_number_and_other_roads() -> None:
    normal, *rounds = [play(make(*modifs), 40) for modifs in ((), ("level_1",), ("level_2",), ("level_3",))]
    assert np.array_equal(normal, rounds[0])
    for part in (FIELD, slice(194, 204)):  # the roads and "RD 1"
        assert len({picture[part].tobytes() for picture in rounds}) == 3


def test_level_stays_when_a_life_is_lost() -> None:
    env = make("level_3")
    before = play(env, START)[194:204, 45:70]
    picture = play(env, 700, UP)
    assert env.unwrapped.ale.lives() < 5  # type: ignore[attr-defined]
    assert np.array_equal(picture[194:204, 45:70], before)
