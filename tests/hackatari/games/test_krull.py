"""Krull: objects of a scene that random play does not reach."""

from __future__ import annotations

import gymnasium as gym
import numpy as np

import hackatari  # noqa: F401  # registers the envs

FORTRESS = 1
BROWN = (162, 98, 33)


def test_fortress_walls_are_where_the_picture_shows_them() -> None:
    env = gym.make("HackAtari/Krull-v0", frameskip=1, repeat_action_probability=0.0)
    for cells in ([255] * 8, [7, 0, 129, 64, 3, 192, 1, 2]):
        env.reset()
        ram = env.get_wrapper_attr("ram")
        ram.room = FORTRESS
        ram.wall_cells[:] = cells
        picture = env.step(0)[0]
        expected = np.zeros(picture.shape[:2], dtype=bool)
        walls = [o for o in env.get_wrapper_attr("objects") if o.category == "Wall"]
        assert len(walls) == sum(byte.bit_count() for byte in cells)
        for o in walls:
            expected[o.y : o.y + o.h, o.x : o.x + o.w] = True
        assert np.array_equal((picture == BROWN).all(-1)[39:55, 48:112], expected[39:55, 48:112])
