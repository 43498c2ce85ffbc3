"""Q*bert: Coily, whom random play hardly meets, is where the picture shows it."""

from __future__ import annotations

import gymnasium as gym
import numpy as np

import hackatari  # noqa: F401  # registers the envs

NOOP = 0
PURPLE = (146, 70, 192)


def test_coily_is_where_the_picture_shows_it() -> None:
    env = gym.make("HackAtari/Qbert-v0", frameskip=1, repeat_action_probability=0.0)
    env.reset(seed=0)
    places, hits = set(), []
    for _ in range(1060):  # Coily comes to a player that waits on the tip
        picture = env.step(NOOP)[0]
        for o in env.get_wrapper_attr("objects"):
            if o.category == "Coily":
                places.add((o.x, o.y))
                columns = np.flatnonzero((picture[o.y : o.y + o.h] == PURPLE).all(-1).any(0))
                hits.append(len(columns) > 0 and columns[0] == o.x and columns[-1] == o.x + o.w - 1)
    assert len(places) >= 5
    assert np.mean(hits) > 0.95
