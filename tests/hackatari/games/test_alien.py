"""Alien: every modif does in the game what its documentation says."""

from __future__ import annotations

from collections import Counter
from functools import partial

import numpy as np
import pytest
from variants import Env, make_variant, objects

NOOP, FIRE, UP, RIGHT, LEFT, DOWN = 0, 1, 2, 3, 4, 5
GREEN, YELLOW, PINK = (132, 252, 212), (252, 252, 84), (236, 140, 224)
BONUS = 48

make = partial(make_variant, "Alien")


def play(env: Env, frames: int, action: int = NOOP) -> float:
    """Repeat an action and return the sum of the rewards."""
    return sum(float(env.step(action)[1]) for _ in range(frames))


def eggs(env: Env) -> int:
    """How many eggs there are."""
    ram = env.get_wrapper_attr("ram")
    return sum((byte & 0b11111100).bit_count() for half in (ram.eggs_left_half, ram.eggs_right_half) for byte in half)


def eat_an_egg(env: Env) -> float:
    """Walk about until an egg has been eaten; return the points."""
    ram = env.get_wrapper_attr("ram")
    before = ram.eggs_eaten
    rng = np.random.default_rng(0)
    points = 0.0
    for frame in range(800):
        if frame % 8 == 0:
            action = int(rng.choice([UP, RIGHT, LEFT, DOWN]))
        points += play(env, 1, action)
        if ram.eggs_eaten != before:
            return points + play(env, 1)
    raise RuntimeError("No egg was eaten in 800 frames.")


def go_to_bonus_screen(env: Env) -> None:
    """Make the next egg the level's last one, eat it and wait for the bonus screen."""
    ram = env.get_wrapper_attr("ram")
    play(env, 2)
    ram.eggs_eaten = 105
    eat_an_egg(env)
    for _ in range(600):
        if ram.phase == BONUS:
            return
        play(env, 1)
    raise RuntimeError("The bonus screen did not come.")


# --- The eggs ----------------------------------------------------------------------------------------------------


def test_last_egg_leaves_one_egg_in_a_random_place() -> None:
    places = set()
    for seed in range(8):
        env = make("last_egg", seed=seed)
        play(env, 3)
        assert eggs(env) == 1
        ram = env.get_wrapper_attr("ram")
        places.add((*ram.eggs_left_half, *ram.eggs_right_half))
    assert len(places) > 4
    env = make()
    play(env, 3)
    assert eggs(env) == 106


@pytest.mark.parametrize(("modifs", "expected"), [(["last_egg"], 1000), ([], 10)])
def test_the_last_egg_is_worth_1000_points_and_completes_the_level(modifs: list[str], expected: int) -> None:
    env = make(*modifs, "no_alien")
    ram = env.get_wrapper_attr("ram")
    play(env, 3)
    if modifs:  # put the egg in the player's way
        ram.eggs_left_half[:] = 0
        ram.eggs_right_half[:] = 0
        ram.eggs_right_half[5], ram.eggs_left_half[5] = 0b11111100, 0b11111100
    assert eat_an_egg(env) == expected
    play(env, 20)
    assert (ram.phase != 0) == bool(modifs)


def test_the_last_egg_does_not_take_points_away() -> None:
    env = make("last_egg", "no_alien")
    ram = env.get_wrapper_attr("ram")
    play(env, 3)
    ram.score_hundreds = 3 * 8
    ram.score_thousands = 9 * 8
    play(env, 1)
    ram.eggs_right_half[5], ram.eggs_left_half[5] = 0b11111100, 0b11111100
    assert eat_an_egg(env) == 1000
    assert (ram.score_ten_thousands, ram.score_thousands, ram.score_hundreds) == (8, 0, 3 * 8)


def test_unlimited_fuel() -> None:
    for modifs, fuel in ((["unlimited_fuel"], 254), ([], 0)):
        env = make("no_alien", *modifs)
        play(env, 300, FIRE)
        assert env.get_wrapper_attr("ram").flamethrower_fuel == fuel


def test_unlimited_lives() -> None:
    for modifs, goes_on in ((["unlimited_lives"], True), ([], False)):
        env = make(*modifs)
        lives = []
        for _ in range(4000):
            _, _, terminated, _, info = env.step(NOOP)
            lives.append(info["lives"])
            if terminated:
                break
        assert (not terminated) == goes_on
        if goes_on:
            assert lives[-1] == 3
            assert 2 in lives  # deaths are played out


# --- The aliens --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("modif", "colours"),
    [
        (None, {GREEN, YELLOW, PINK}),
        ("two_alien", {YELLOW, PINK}),
        ("one_alien", {PINK}),
        ("no_alien", set()),
        ("no_enemies", set()),
    ],
)
def test_only_these_aliens_come_out(modif: str | None, colours: set[tuple[int, int, int]]) -> None:
    env = make("unlimited_lives", *([modif] if modif else []))
    seen: Counter[tuple[int, int, int]] = Counter()
    for _ in range(900):
        picture = env.step(NOOP)[0]
        for o in objects(env, "Alien"):
            if (picture[o.y : o.y + o.h, o.x : o.x + o.w] == o.colour).all(-1).sum() > 20:  # eggs are smaller
                seen[o.colour] += 1
    # The game tries again and again to let an alien out, which shows it for a single frame.
    assert {colour for colour, frames in seen.items() if frames > 5} == colours


def bonus_screen(modif: str) -> tuple[float, np.ndarray]:
    """Go straight up in the bonus screen; return the points and the columns of the aliens, (frames, 12)."""
    env = make(modif)
    go_to_bonus_screen(env)
    points, columns = 0.0, []
    ram = env.get_wrapper_attr("ram")
    play(env, 2)
    while ram.phase == BONUS and len(columns) < 700:
        points += play(env, 1, UP)
        columns.append([o.x for o in objects(env, "Alien")])
    return points + play(env, 30), np.array([row for row in columns if len(row) == 12])


def test_no_enemies_leaves_the_way_to_the_rocket_free() -> None:
    points, columns = bonus_screen("no_enemies")
    assert points >= 500
    assert np.ptp(columns, axis=0).max() <= 1
    assert columns.max() < 60


def test_no_alien_does_not_change_the_bonus_screen() -> None:
    _, columns = bonus_screen("no_alien")
    assert np.ptp(columns, axis=0).min() > 10
