"""Seaquest: every modif does in the game what its documentation says."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from variants import make_variant, objects, play

from hackatari.game import GameObject

NOOP, UP, DOWN = 0, 2, 5
START = 130  # frames until the tank is full
SHARK_COLOUR = (92, 186, 92)
NOT_ENEMIES = {(0, 28, 136), (24, 59, 157), (66, 72, 200)}  # water and divers
LANES = slice(69, 152)

make = partial(make_variant, "Seaquest")


def shown_colours(picture: np.ndarray, found: GameObject) -> set[tuple[int, ...]]:
    box = picture[found.y : found.y + found.h, found.x : found.x + found.w]
    return {tuple(map(int, pixel)) for pixel in box.reshape(-1, 3)}


# --- Objects -----------------------------------------------------------------------------------------------------


def test_divers_on_board_are_shown() -> None:
    env = make()
    play(env, START)
    env.get_wrapper_attr("ram").divers_collected = 3
    picture = play(env, 2)
    assert [o.x for o in objects(env, "CollectedDiver")] == [58, 66, 74]
    assert all(o.colour in shown_colours(picture, o) for o in objects(env, "CollectedDiver"))


def test_submarines_and_their_missiles_are_shown() -> None:
    env = make("unlimited_oxygen")
    ram = env.get_wrapper_attr("ram")
    play(env, START)
    hits: dict[str, list[bool]] = {"Submarine": [], "EnemyMissile": []}
    for _ in range(600):
        ram.lane_type[:] = [4] * 4
        ram.enemy_colour[:] = [8] * 4
        ram.divers_collected = 1
        picture = play(env, 1)
        for category, shown in hits.items():
            shown += [o.colour in shown_colours(picture, o) for o in objects(env, category)]
    for category, shown in hits.items():
        assert len(shown) > 50, category
        assert np.mean(shown) > 0.95, category


def test_submarine_at_the_surface_is_shown() -> None:
    env = make()
    ram = env.get_wrapper_attr("ram")
    play(env, START)
    play(env, 40, DOWN)
    assert not objects(env, "SurfaceSubmarine")
    ram.surface_enemy, ram.surface_enemy_x = 2, 100
    picture = play(env, 40)
    (found,) = objects(env, "SurfaceSubmarine")
    rows, columns = (picture[40:60] == found.colour).all(-1).nonzero()
    assert (rows.min() + 40, np.ptp(rows) + 1) == (found.y, found.h)
    assert (columns.min(), np.ptp(columns) + 1) == (found.x, found.w)


# --- Modifs ------------------------------------------------------------------------------------------------------


def test_unlimited_oxygen_keeps_the_bar_full_under_water() -> None:
    widths = {}
    for modifs in ((), ("unlimited_oxygen",)):
        env = make(*modifs, "disable_enemies")
        play(env, START)
        picture = play(env, 500, DOWN)
        widths[modifs] = int((picture[172, 40:120] == (214, 214, 214)).all(-1).sum())
    assert widths["unlimited_oxygen",] == 63
    assert widths[()] < 55


def test_unlimited_oxygen_gives_no_lives_back() -> None:
    env = make("unlimited_oxygen", "disable_enemies")
    play(env, START)
    play(env, 30, DOWN)
    play(env, 60, UP)  # to the surface without a diver
    play(env, 200)
    assert env.get_wrapper_attr("ram").lives == 2


def test_gravity_sinks_a_pixel_every_5_frames() -> None:
    heights = {}
    for modifs in ((), ("gravity",)):
        env = make(*modifs, "disable_enemies")
        play(env, START)
        start = objects(env, "Player")[0].y
        play(env, 100)
        heights[modifs] = objects(env, "Player")[0].y - start
    assert heights == {(): 0, ("gravity",): 20}


def test_gravity_stops_above_the_ground_and_can_be_outdone() -> None:
    env = make("gravity", "disable_enemies")
    play(env, 600)
    assert objects(env, "Player")[0].y == 105 + 33
    play(env, 40, UP)
    assert objects(env, "Player")[0].y < 120


def shark_frames(*modifs: str) -> int:
    """In how many of some frames there is a shark in the picture."""
    env = make(*modifs)
    return sum(bool((play(env, 5)[LANES] == SHARK_COLOUR).all(-1).any()) for _ in range(120))


def test_disable_enemies_leaves_no_sharks_and_submarines() -> None:
    assert shark_frames() > 50
    assert shark_frames("disable_enemies") == 0


def colours_of_groups(seed: int) -> list[list[tuple[int, ...]]]:
    """The colours of the enemies of each lane while they cross the picture, a new entry for each group."""
    env = make("random_color_enemies", "unlimited_oxygen", seed=seed)
    groups: list[list[tuple[int, ...]]] = [[] for _ in range(4)]
    lanes_before: set[int] = set()
    for _ in range(500):
        picture = play(env, 3)
        lanes = set()
        for o in [*objects(env, "Shark"), *objects(env, "Submarine")]:
            lane = (146 - o.y) // 24
            if 16 < o.x < 140:
                lanes.add(lane)
                shown = shown_colours(picture, o) - NOT_ENEMIES
                if lane not in lanes_before:
                    groups[lane].append(max(shown, default=()))
                assert shown <= {groups[lane][-1]}
        lanes_before = lanes
    return groups


@pytest.mark.parametrize("seed", [0, 1])
def test_random_color_enemies_change_from_group_to_group(seed: int) -> None:
    groups = colours_of_groups(seed)
    colours = [colour for lane in groups for colour in lane]
    assert all(len(lane) >= 2 for lane in groups)
    assert len(set(colours)) > len(colours) // 2


def test_random_color_enemies_follow_the_seed() -> None:
    assert colours_of_groups(3) == colours_of_groups(3) != colours_of_groups(4)
