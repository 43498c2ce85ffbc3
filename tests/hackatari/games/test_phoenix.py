"""Phoenix: the large birds and the mother ship are where the picture shows them."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np

import hackatari  # noqa: F401  # registers the envs

LARGE_BIRDS, MOTHER_SHIP = 3, 4

Env = gym.Env[np.ndarray, Any]


def skip_to(wave: int) -> tuple[Env, np.ndarray]:
    """End the first wave and return the game and its picture in another one."""
    env = gym.make("HackAtari/Phoenix-v0", frameskip=1, repeat_action_probability=0.0)
    env.reset(seed=0)
    ram = env.get_wrapper_attr("ram")
    for _ in range(200):
        env.step(0)
    ram.bird_kind[:] = [kind | 6 for kind in ram.bird_kind]
    for frame in range(330):
        if frame < 70:
            ram.wave = wave - 1
        ram.enemy_shot_y[:] = 254
        picture = env.step(0)[0]
    return env, picture


def shown(env: Env, picture: np.ndarray, category: str) -> list[bool]:
    """Whether the colours of the objects of a category are in their boxes."""
    return [
        bool((picture[o.y : o.y + o.h, o.x : o.x + o.w] == o.colour).all(-1).any())
        for o in env.get_wrapper_attr("objects")
        if o.category == category
    ]


def test_large_birds() -> None:
    env, picture = skip_to(LARGE_BIRDS)
    assert shown(env, picture, "Bat") == [True] * 7
    assert not shown(env, picture, "Phoenix")


def test_mother_ship() -> None:
    env, picture = skip_to(MOTHER_SHIP)
    assert shown(env, picture, "Boss") == [True]
    assert shown(env, picture, "BossBlockGreen") == [True] * 2
    assert shown(env, picture, "BossBlockBlue") == [True] * 40
    assert np.all(shown(env, picture, "BossBlockRed"))
    assert len(shown(env, picture, "BossBlockRed")) > 60
    assert not shown(env, picture, "Bat")
    colours = {o.category: o.colour for o in env.get_wrapper_attr("objects")}
    for category in ("BossBlockBlue", "BossBlockRed"):
        rest = (picture[70:120] == colours[category]).all(-1)
        for o in env.get_wrapper_attr("objects"):
            if o.category == category:
                rest[max(o.y - 70, 0) : o.y - 70 + o.h, o.x : o.x + o.w] = False
        assert rest.mean() < 0.01, category
