"""Private Eye: things that random play does not show are where the picture shows them."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest

import hackatari  # noqa: F401  # registers the envs

NOOP = 0
ITEMS = {
    "Gun": 20,
    "Button": 21,
    "Comb": 22,
    "ShoeSole": 23,
    "MoneyBag": 24,
    "Vase": 25,
    "Necklace": 26,
    "Stamp": 27,
}
BOX = (slice(28, 46), slice(136, 152))  # rows and columns around the thing in possession


@pytest.mark.parametrize("name", ITEMS)
def test_the_thing_in_possession_is_shown(name: str) -> None:
    env = gym.make("HackAtari/PrivateEye-v0", frameskip=1, repeat_action_probability=0.0)
    env.reset(seed=0)
    ram = env.get_wrapper_attr("ram")
    for _ in range(20):
        before = env.step(NOOP)[0]
    assert not [o for o in env.get_wrapper_attr("objects") if o.category in ITEMS]
    ram.carried_item = ITEMS[name]
    for _ in range(4):
        picture = env.step(NOOP)[0]

    (found,) = [o for o in env.get_wrapper_attr("objects") if o.category in ITEMS]
    assert found.category == name
    rows, columns = np.nonzero((picture[BOX] != before[BOX]).any(-1))
    assert found.y == rows.min() + 28
    assert found.y + found.h == rows.max() + 29
    assert found.x <= columns.min() + 136
    assert columns.max() + 136 < found.x + found.w
    box = picture[found.y : found.y + found.h, found.x : found.x + found.w]
    assert (box == found.colour).all(-1).any()
