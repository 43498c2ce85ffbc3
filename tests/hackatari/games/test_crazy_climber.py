"""Crazy Climber: what appears higher up on the skyscraper is where the picture shows it."""

from __future__ import annotations

from collections import defaultdict

import gymnasium as gym
import numpy as np

import hackatari  # noqa: F401  # registers the envs

UPRIGHT, UPLEFT, DOWNRIGHT, DOWNLEFT = 5, 6, 7, 8


def test_throwers_and_what_they_throw_are_where_the_picture_shows_them() -> None:
    env = gym.make("HackAtari/CrazyClimber-v0", frameskip=1, repeat_action_probability=0.0)
    env.reset(seed=0)
    hits: dict[str, list[bool]] = defaultdict(list)
    before = None
    for frame in range(3500):
        hands = (UPRIGHT, DOWNRIGHT) if frame // 900 % 2 == 0 else (UPLEFT, DOWNLEFT)
        picture = env.step(hands[frame // 12 % 2])[0]
        for category, x, y, w, h, colour in env.get_wrapper_attr("objects"):
            if category in ("EnemyRed", "Projectile"):
                box = slice(y, y + h), slice(x, x + w)
                hits[category].append(any((p[box] == colour).all(-1).any() for p in (picture, before)))
        before = picture
    assert set(hits) == {"EnemyRed", "Projectile"}
    for category, found in hits.items():
        assert len(found) > 100, category
        assert np.mean(found) > 0.9, category
