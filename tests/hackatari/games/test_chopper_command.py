"""Chopper Command: every modif does what its documentation says."""

from __future__ import annotations

from collections import Counter
from functools import partial

import numpy as np
import pytest
from variants import Env, make_variant, play, shows

NOOP, FIRE, UP, RIGHT, LEFT, DOWN = range(6)
SAND, DESERT, BLIP = (223, 183, 85), (180, 122, 48), (236, 200, 96)
PLANE, HELICOPTER = (0, 0, 148), (236, 236, 236)
FIELD, RADAR = slice(56, 168), (slice(179, 187), slice(56, 104))
COLOURS = {
    "black": (0, 0, 0),
    "white": (236, 236, 236),
    "red": (144, 28, 0),
    "blue": (20, 0, 144),
    "green": (92, 186, 92),
}

make = partial(make_variant, "ChopperCommand")


def categories(env: Env) -> set[str]:
    return {o.category for o in env.get_wrapper_attr("objects")}


def hunt(*modifs: str) -> tuple[Counter[str], float]:
    """Play at random for 1000 frames; return in how many frames each category was present, and the points."""
    env = make(*modifs)
    rng = np.random.default_rng(0)
    seen: Counter[str] = Counter()
    points = 0.0
    for frame in range(1000):
        if frame % 4 == 0:
            action = int(rng.integers(18))
        picture, reward, *_ = env.step(action)
        points += float(reward)
        if frame > 0:  # the game makes its enemies in the first frame
            seen.update(categories(env))
        if "no_enemies" in modifs and frame % 10 == 0:
            assert not shows(picture[FIELD, 8:], PLANE)
            assert not shows(picture[FIELD, 8:], HELICOPTER)
    return seen, points


def test_no_enemies_leaves_only_the_trucks() -> None:
    seen, points = hunt("no_enemies")
    assert points == 0
    assert seen["Truck"] > 100
    assert seen["MiniTruck"] > 900
    assert not {"EnemyPlane", "EnemyHelicopter", "Bomb", "MiniEnemy"} & set(seen)


def test_unmodified_game_has_enemies() -> None:
    seen, points = hunt()
    assert points > 0
    assert {"EnemyPlane", "EnemyHelicopter", "Bomb", "MiniEnemy"} <= set(seen)


@pytest.mark.parametrize("others", [(), ("color_green",), ("invisible_player",)])
def test_no_radar_hides_enemies_and_trucks_on_the_radar(others: tuple[str, ...]) -> None:
    env, normal = make("no_radar", *others), make(*others)
    for action in (NOOP, RIGHT, FIRE, LEFT):
        picture, unmodified = play(env, 50, action), play(normal, 50, action)
        assert shows(unmodified[RADAR], BLIP)
        assert not shows(picture[RADAR], BLIP)
        kept = (unmodified[RADAR] != BLIP).any(-1)
        np.testing.assert_array_equal(picture[RADAR][kept], unmodified[RADAR][kept])
        assert (picture[RADAR][~kept] == picture[178, 80]).all()
        rest = np.ones(picture.shape[:2], bool)
        rest[RADAR] = False
        np.testing.assert_array_equal(picture[rest], unmodified[rest])
    assert not {"MiniTruck", "MiniEnemy"} & categories(env)
    assert {"MiniTruck", "MiniEnemy"} <= categories(normal)


@pytest.mark.parametrize("others", [(), ("color_black",)])
def test_invisible_player(others: tuple[str, ...]) -> None:
    env, normal = make("invisible_player", *others), make(*others)
    bombs = False
    for frame, action in enumerate([NOOP] * 90 + ([RIGHT] * 20 + [LEFT] * 20 + [UP] * 20 + [DOWN] * 10) * 2):
        picture, unmodified = env.step(action)[0], normal.step(action)[0]
        ram = env.get_wrapper_attr("ram")
        if ram.restart_timer > 92:
            continue
        x, y = ram.player_x, 159 - ram.player_y
        box = slice(y - 1, y + 10), slice(x - 4, x + 22)
        assert not shows(picture[box], SAND), frame
        assert shows(unmodified[box], SAND)
        if (picture != unmodified).any():
            rows, columns = (picture != unmodified).any(-1).nonzero()
            assert np.ptp(rows) < 9
            assert np.ptp(columns) < 16
        np.testing.assert_array_equal(picture[RADAR], unmodified[RADAR])
        assert shows(picture[:40], SAND), "the score is still seen"
        bombs |= shows(picture[FIELD], SAND)
    assert bombs, "bombs are still seen"
    assert "Player" in categories(env)


@pytest.mark.parametrize("name", COLOURS)
def test_colour_of_the_desert(name: str) -> None:
    def colours_behind(env: Env) -> set[tuple[int, ...]]:
        picture = play(env, 60)
        ram = env.get_wrapper_attr("ram")
        assert shows(picture[159 - ram.player_y :][:9], SAND), "the agent's helicopter keeps its colour"
        return {tuple(pixel) for pixel in picture[FIELD, 8:20].reshape(-1, 3).tolist()}

    assert colours_behind(make(f"color_{name}")) == {COLOURS[name]}
    assert colours_behind(make()) == {DESERT}
