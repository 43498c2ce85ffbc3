"""Pitfall: what lies on the screens is where the picture shows it."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import hackatari  # noqa: F401  # registers the envs

Env = gym.Env[np.ndarray, Any]


def shown(object_kind: int, ground_kind: int) -> dict[str, bool]:
    """Whether the objects of a screen with this on it are in the picture."""
    env = gym.make("HackAtari/Pitfall-v0", frameskip=1, repeat_action_probability=0.0)
    env.reset(seed=0)
    ram = env.get_wrapper_attr("ram")
    for _ in range(6):
        ram.object_kind, ram.ground_kind = object_kind, ground_kind
        picture = env.step(0)[0]
    return {
        o.category: bool((picture[o.y : o.y + o.h, o.x : o.x + o.w] == o.colour).all(-1).any())
        for o in env.get_wrapper_attr("objects")
    }


@pytest.mark.parametrize(
    ("object_kind", "category"),
    [(6, "Fire"), (7, "Snake"), (8, "MoneyBag"), (9, "SilverBar"), (10, "GoldenBar"), (11, "DiamondRing")],
)
def test_things_on_the_ground(object_kind: int, category: str) -> None:
    ground_kind = 5 if object_kind >= 8 else 0
    found = shown(object_kind, ground_kind)
    assert found.get(category), found
    assert category not in shown(0, 0)


@pytest.mark.parametrize(("ground_kind", "category"), [(1, "Pit"), (2, "Tarpit"), (3, "Waterhole")])
def test_grounds(ground_kind: int, category: str) -> None:
    assert shown(0, ground_kind)[category]
    assert category not in shown(0, 0)
