"""Enduro: the objects are where the picture shows them, in bends as well."""

from __future__ import annotations

import gymnasium as gym
import numpy as np

import hackatari  # noqa: F401  # registers the envs

FIRE, RIGHTFIRE, LEFTFIRE = 1, 7, 8


def test_cars_are_where_the_picture_shows_them() -> None:
    env = gym.make("HackAtari/Enduro-v0", frameskip=1, repeat_action_probability=0.0)
    env.reset(seed=0)
    ram = env.get_wrapper_attr("ram")
    rng = np.random.default_rng(0)
    straight, bends = [], []
    for frame in range(4500):
        if frame % 8 == 0:
            action = int(rng.choice([FIRE, FIRE, FIRE, RIGHTFIRE, LEFTFIRE]))
        picture = env.step(action)[0]
        if frame % 5 == 0:
            for category, x, y, w, h, colour in env.get_wrapper_attr("objects"):
                shown = bool((picture[y : y + h, x : x + w] == colour).all(-1).any())
                if category == "Player":
                    assert shown
                else:
                    (bends if ram.road_curve else straight).append(shown)
    assert len(straight) > 50
    assert len(bends) > 200
    assert np.mean(straight) > 0.85
    assert np.mean(bends) > 0.85
