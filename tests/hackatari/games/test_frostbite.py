"""Frostbite: every modif does in the game what its documentation says; the objects are where the picture shows them."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from variants import Box, Env, boxes, inside, make_variant, shows

from hackatari.games import find_game

NOOP, UP, RIGHT, LEFT, DOWN = 0, 2, 3, 4, 5
FLOE, HOUSE, BIRD, LILAC = (214, 214, 214), (142, 142, 142), (132, 144, 252), (132, 144, 252)
COLOURS = {"red": (184, 50, 50), "black": (0, 0, 0)}
CREATURES = ("Bird", "Crab", "Clam", "GreenFish")
ROW_TOPS = (174, 148, 122, 96)  # of the floes, from the bottom
DOOR_X = 124

make = partial(make_variant, "Frostbite")


def play(env: Env, frames: int, action: int = NOOP) -> tuple[np.ndarray, float]:
    """Repeat an action; return the last picture and the points."""
    points = 0.0
    for _ in range(frames):
        picture, reward, *_ = env.step(action)
        points += float(reward)
    return picture, points


def extent(picture: np.ndarray, colour: tuple[int, int, int], top: int, bottom: int) -> Box:
    """The box around all pixels of a colour between two rows."""
    rows, columns = np.nonzero((picture[top:bottom] == colour).all(-1))
    return int(columns.min()), int(rows.min()) + top, int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1


def enter_igloo(env: Env) -> float:
    """Walk to the door and in, and wait until the level has been counted; return the points."""
    ram = env.get_wrapper_attr("ram")
    points = 0.0
    for _ in range(400):
        if ram.igloo_blocks > 15:
            break
        at_door = abs(ram.player_x - DOOR_X) < 3
        points += play(env, 1, UP if at_door else RIGHT if ram.player_x < DOOR_X else LEFT)[1]
    return points + play(env, 300)[1]


# --- The floes ---------------------------------------------------------------------------------------------------


def floe_rows(picture: np.ndarray) -> np.ndarray:
    """Where the upper edges of the floes are, bool of shape (rows from the bottom, columns)."""
    return (picture[list(ROW_TOPS)] == FLOE).all(-1)


@pytest.mark.parametrize(("level", "shift"), [("easy", 0), ("medium", 30), ("hard", 20)])
def test_repositioned_floes_stand_still(level: str, shift: int) -> None:
    env = make(f"reposition_floes_{level}")
    rows = floe_rows(play(env, 2)[0])
    assert rows.sum(axis=1).min() >= 40
    for below, above in pairwise(rows):
        shifted = np.roll(below, shift)
        seen = np.roll(np.arange(160) >= 8, shift) & (np.arange(160) >= 8)  # the border hides the rest
        assert (above == shifted)[seen].all()
    for _ in range(100):
        assert (floe_rows(play(env, 1)[0]) == rows).all()


def test_floes_move_in_the_unmodified_game() -> None:
    env = make()
    assert (floe_rows(play(env, 80)[0]) != floe_rows(play(env, 40)[0])).any()


def leap(*modifs: str) -> tuple[float, int, list[Box]]:
    """Leap onto two floes and back; return the points, the lowest row reached and what is built of the igloo."""
    env = make("reposition_floes_easy", "no_birds", *modifs)
    ram = env.get_wrapper_attr("ram")
    play(env, 66)
    while ram.player_x < 78:
        env.step(RIGHT)
    points, lowest = 0.0, 0
    for action in (DOWN, DOWN, UP, UP):
        points += play(env, 3, action)[1] + play(env, 30)[1]
        lowest = max(lowest, boxes(env, "Player")[0][1])
    return points, lowest, boxes(env, "House")


def test_inactive_ice_carries_but_gives_nothing() -> None:
    points, lowest, house = leap("ice_inactive")
    assert (points, house) == (0, [])
    usual_points, usual_lowest, usual_house = leap()
    assert usual_points == 20
    assert len(usual_house) == 1
    assert lowest == usual_lowest > 100


# --- The creatures -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("modifs", "distances"), [([], []), (["few_enemies"], [32]), (["many_enemies"], [16, 16])], ids=str
)
def test_number_of_creatures_in_a_row(modifs: list[str], distances: list[int]) -> None:
    picture, _ = play(make(*modifs), 640)
    for top in ROW_TOPS:
        columns = (picture[top - 14 : top - 8] == BIRD).all(-1).any(0).nonzero()[0]
        lefts = columns[np.diff(columns, prepend=0) > 6]
        assert np.diff(lefts).tolist() == distances


def test_no_birds_empties_the_water() -> None:
    env, usual = make("no_birds"), make()
    seen = False
    for _ in range(400):
        picture = env.step(NOOP)[0]
        assert not any(boxes(env, category) for category in CREATURES)
        assert not shows(picture[78:182], BIRD)
        seen = seen or shows(usual.step(NOOP)[0][78:182], BIRD)
    assert seen


def test_no_birds_means_no_fish_either() -> None:
    def fish(*modifs: str) -> bool:
        env = make("full_igloo", *modifs)
        enter_igloo(env)
        return any(play(env, 1) and boxes(env, "GreenFish") for _ in range(500))

    assert fish()
    assert not fish("no_birds")


# --- The igloo ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("modif", "house"),
    [
        ("full_igloo", (112, 35, 32, 20)),
        ("one_remaining_igloo", (112, 35, 32, 20)),
        ("half_igloo", (112, 47, 32, 8)),
    ],
)
def test_igloo_at_the_start(modif: str, house: Box) -> None:
    env = make(modif)
    picture, _ = play(env, 2)
    assert boxes(env, "House") == [house]
    assert extent(picture, HOUSE, 30, 55) == house
    assert (len(boxes(env, "Door")) == 1) == (modif == "full_igloo")
    unmodified = make()
    assert not shows(play(unmodified, 2)[0][30:55], HOUSE)
    assert boxes(unmodified, "House") == []


def test_full_igloo_can_be_entered_and_the_next_level_starts_without() -> None:
    env = make("full_igloo")
    assert enter_igloo(env) > 16 * 10 + 30 * 10
    play(env, 120)
    assert boxes(env, "House") == []


def test_one_block_completes_the_igloo() -> None:
    assert leap("one_remaining_igloo")[2] == leap("full_igloo")[2] == [(112, 35, 32, 20)]


# --- Colours -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COLOURS)
def test_colour_of_the_digits(name: str) -> None:
    env = make(f"ui_color_{name}")
    picture, _ = play(env, 3)
    for o in find_game("frostbite").find_objects(env.get_wrapper_attr("ram"), hud=True):
        if o.category in ("Score", "Temperature", "Lives"):
            assert shows(inside(picture, o[1:5]), COLOURS[name])
    assert not shows(picture[:33], LILAC)


# --- Objects -----------------------------------------------------------------------------------------------------


def test_igloo_box_is_exact_for_every_number_of_blocks() -> None:
    env = make()
    for blocks in range(16):
        env.get_wrapper_attr("ram").igloo_blocks = blocks
        picture, _ = play(env, 2)
        assert boxes(env, "House") == [extent(picture, HOUSE, 30, 55)]


def test_objects_of_the_first_four_levels_are_where_the_picture_shows_them() -> None:
    env = make()
    ram = env.get_wrapper_attr("ram")
    hits = defaultdict(list)
    for _ in range(4):
        ram.igloo_blocks = 15
        for _ in range(400):
            picture, _ = play(env, 1)
            for o in env.get_wrapper_attr("objects"):
                hits[o.category].append(shows(inside(picture, o[1:5]), o.colour))
        enter_igloo(env)
    assert set(hits) == set(CREATURES) | {"Player", "Bear", "House", "Door", "FloatingBlock"}
    assert min(np.mean(hit) for hit in hits.values()) > 0.95
