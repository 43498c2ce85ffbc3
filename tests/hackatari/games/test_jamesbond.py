"""James Bond 007: every modif does in the game what its documentation says."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from variants import Env, make_variant

NOOP, FIRE, UP, RIGHT, LEFT = 0, 1, 2, 3, 4
CAR = (227, 151, 89)
START_X = 29
HOVER_ROWS = {109, 110, 111}

make = partial(make_variant, "Jamesbond")


def play(env: Env, frames: int, action: int = NOOP) -> tuple[np.ndarray, bool]:
    """Repeat an action; return the last picture and whether the episode has ended."""
    ended = False
    for _ in range(frames):
        picture, _, terminated, *_ = env.step(action)
        ended = ended or terminated
    return picture, ended


def place(env: Env, category: str) -> tuple[int, int] | None:
    """Left column and top row of an object, if it is there."""
    found = [(o.x, o.y) for o in env.get_wrapper_attr("objects") if o.category == category]
    return found[0] if found else None


def lives(env: Env) -> int:
    return env.unwrapped.ale.lives()  # type: ignore[attr-defined]


def car_rows(env: Env, frames: int, action: int) -> set[int]:
    """The top rows of the car in the picture."""
    rows = set()
    for _ in range(frames):
        picture = env.step(action)[0]
        rows.add(int((picture[90:125, 20:60] == CAR).all(-1).any(1).nonzero()[0].min()) + 90)
    return rows


@pytest.mark.parametrize("modif", ["constant_jump", "mobile_player"])
def test_car_hovers_over_the_fire_hole(modif: str) -> None:
    env, usual = make(modif), make()
    play(env, 2)
    assert car_rows(env, 60, NOOP) <= HOVER_ROWS
    assert car_rows(env, 20, UP) <= HOVER_ROWS
    play(env, 700)
    assert lives(env) == 6
    play(usual, 780)
    assert lives(usual) < 6


def shot_columns(*modifs: str) -> tuple[int, list[int]]:
    """Fire once; return the car's left column and those of the shot from its third frame on."""
    env = make(*modifs)
    play(env, 20)
    car = place(env, "Player")
    play(env, 2, FIRE)
    columns = []
    for _ in range(20):
        env.step(NOOP)
        shot = place(env, "PlayerShot")
        if shot:
            columns.append(shot[0])
    assert car is not None
    return car[0], columns


def test_straight_shots_fly_up_from_the_middle_of_the_car() -> None:
    car, columns = shot_columns("straight_shots")
    assert len(columns) > 15
    assert set(columns) == {car + 4}
    _, usual = shot_columns()
    assert set(np.diff(usual).tolist()) == {2}


def driven(modifs: list[str], *actions: int) -> list[int]:
    """Columns that the car covers in 40 frames of each action, after 60 frames to the right."""
    env = make(*modifs)
    play(env, 60, RIGHT)
    columns = []
    for action in actions:
        columns.append(place(env, "Player"))
        play(env, 40, action)
    columns.append(place(env, "Player"))
    return np.diff([place[0] for place in columns if place]).tolist()


@pytest.mark.parametrize("modif", ["fast_backward", "mobile_player"])
def test_car_drives_back_twice_as_fast(modif: str) -> None:
    assert driven([], LEFT, RIGHT) == [-10, 20]
    assert driven([modif], LEFT, RIGHT) == [-20, 20]


def test_fast_backward_leaves_the_start_position_after_a_death() -> None:
    env = make("fast_backward")
    play(env, 40, RIGHT)
    for _ in range(1200):
        env.step(NOOP)
        if lives(env) < 6 and place(env, "Player") is not None:
            break
    play(env, 10)
    assert place(env, "Player") == (START_X, 119)


def test_unlimited_lives_never_end_the_episode() -> None:
    env = make("unlimited_lives")
    assert not play(env, 2700)[1]
    assert play(make(), 2700)[1]
