"""Battle Zone: yellow tanks, which come late in the game, are found like the blue ones."""

from __future__ import annotations

import gymnasium as gym
import numpy as np

import hackatari  # noqa: F401  # registers the envs


def test_yellow_tanks_are_where_the_picture_shows_them() -> None:
    env = gym.make("HackAtari/BattleZone-v0", frameskip=1, repeat_action_probability=0.0)
    env.reset(seed=0)
    ram = env.get_wrapper_attr("ram")
    rng = np.random.default_rng(0)
    found = []
    for frame in range(1500):
        if frame % 6 == 0:
            action = int(rng.integers(18))
        if ram.enemy_type[0] == 1:
            ram.enemy_type[0] = 2
        picture = env.step(action)[0]
        for o in env.get_wrapper_attr("objects"):
            if o.category == "YellowTank":
                found.append((picture[o.y : o.y + o.h, o.x : o.x + o.w] == o.colour).all(-1).any())
    assert len(found) > 100
    assert np.mean(found) >= 0.95
