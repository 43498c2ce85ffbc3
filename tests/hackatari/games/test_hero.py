"""H.E.R.O.: the objects of the first level's last room are where the picture shows them."""

from __future__ import annotations

from collections import defaultdict

import gymnasium as gym
import numpy as np

import hackatari  # noqa: F401  # registers the envs

NOOP, RIGHT, LEFT = 0, 3, 4
SHAFT_X = 76


def test_spider_and_miner_are_where_the_picture_shows_them() -> None:
    env = gym.make("HackAtari/Hero-v0", frameskip=1, repeat_action_probability=0.0)
    env.reset(seed=0)
    ram = env.get_wrapper_attr("ram")
    hits = defaultdict(list)
    for frame in range(500):
        if 150 <= frame < 230:  # the way down
            ram.player_x = SHAFT_X
        action = (RIGHT, LEFT)[frame % 2] if 150 <= frame < 160 else NOOP
        picture = env.step(action)[0]
        for o in env.get_wrapper_attr("objects") if ram.room == 1 and frame > 300 else ():
            box = picture[o.y : o.y + o.h, o.x : o.x + o.w]
            hits[o.category].append(bool((box == o.colour).all(-1).any()))
    assert set(hits) == {"Player", "Enemy", "EndNPC"}
    assert min(np.mean(hit) for hit in hits.values()) > 0.95
