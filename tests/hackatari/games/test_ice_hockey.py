"""Ice Hockey: objects that random play does not show."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest

import hackatari  # registers the envs


@pytest.mark.parametrize(("category", "score"), [("PlayerScore", "player_score"), ("EnemyScore", "enemy_score")])
def test_score_boxes_grow_with_the_goals(category: str, score: str) -> None:
    env = gym.make("HackAtari/IceHockey-v0", frameskip=1, repeat_action_probability=0.0)
    env.reset(seed=0)
    ram = env.get_wrapper_attr("ram")
    boxes = []
    for goals in (4, 12):
        setattr(ram, score, goals)
        for _ in range(3):
            picture = env.step(0)[0]
        objects = hackatari.find_game("ice_hockey").find_objects(ram, hud=True)
        (o,) = [o for o in objects if o.category == category]
        half = slice(0, 80) if category == "PlayerScore" else slice(80, 160)
        rows, columns = np.nonzero((picture[12:24, half] == o.colour).all(-1))
        assert o.x <= columns.min() + half.start
        assert columns.max() + half.start < o.x + o.w
        assert (rows.min() + 12, np.ptp(rows) + 1) == (o.y, o.h)
        boxes.append(o.w)
    assert boxes[1] == boxes[0] + 8
