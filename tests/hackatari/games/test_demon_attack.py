"""Demon Attack: every modif does to the demons what its documentation says."""

from __future__ import annotations

from functools import partial

import numpy as np
from variants import Env, boxes, make_variant

NOOP = 0
FORMED = 200  # frames until three demons have formed
SHOT = (252, 144, 144)
SKY = slice(110, 186)  # rows below all demons

make = partial(make_variant, "DemonAttack")


def demons(env: Env, frames: int) -> np.ndarray:
    """Watch three whole demons and return their places, int of shape (frames, 3, 2)."""
    places = []
    for _ in range(frames):
        env.step(NOOP)
        places.append([(x, y) for x, y, _, _ in boxes(env, "Enemy")])
    return np.array(places)


def shots_in_picture(picture: np.ndarray) -> int:
    """How many columns show shots below the demons."""
    return int((picture[SKY] == SHOT).all(-1).any(0).sum())


def test_formed_demons_keep_their_columns_and_move_up_and_down() -> None:
    moved = {}
    for modifs in (["static_enemies"], []):
        env = make(*modifs)
        for _ in range(FORMED):
            env.step(NOOP)
        moved[len(modifs)] = np.ptp(demons(env, 200), axis=0)
    assert moved[1][:, 0].max() <= 3
    assert moved[0][:2, 0].min() > 10, "without it they fly about"
    assert moved[1][:, 1].min() > 5, "their height still changes"


def dive(*modifs: str) -> list[int]:
    """Make the lowest demon dive and return the columns in which it is, once for each frame."""
    env = make(*modifs)
    ram = env.get_wrapper_attr("ram")
    for _ in range(FORMED):
        env.step(NOOP)
    ram.level = 5
    columns = []
    for _ in range(60):
        ram.diver_state, ram.diver_flag, ram.diver_y = 26, 144, 60
        env.step(NOOP)
        columns.append(boxes(env, "Enemy")[-1][0])
    return columns


def test_diving_demon_falls_straight_down() -> None:
    assert np.ptp(dive("static_enemies")) <= 1
    assert np.ptp(dive()) >= 4


def test_one_missile_instead_of_a_volley() -> None:
    env, unmodified = make("one_missile"), make()
    seen = np.array([shots_in_picture(env.step(NOOP)[0]) for _ in range(500)])
    assert (seen == 1).sum() > 100
    assert (seen > 1).sum() < 20, "a volley lasts a frame at most"
    usual = np.array([shots_in_picture(unmodified.step(NOOP)[0]) for _ in range(500)])
    assert (usual > 1).sum() > 200


def test_single_shots_fall_and_hit() -> None:
    env = make("one_missile")
    ram = env.get_wrapper_attr("ram")
    rows = set()
    for _ in range(600):
        env.step(NOOP)
        shots = boxes(env, "EnemyMissile")
        rows |= {y for _, y, _, _ in shots}
        if shots:
            ram.player_x = ram.shot_x  # right under them
        if ram.lives < 3:
            break
    assert ram.lives == 2
    assert len(rows) > 4
