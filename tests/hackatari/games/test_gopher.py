"""Gopher: the boxes of the holes are exact, whatever has been dug."""

from __future__ import annotations

import gymnasium as gym
import pytest

import hackatari  # noqa: F401  # registers the envs

NOOP = 0
DUG_OUT = (223, 183, 85)


@pytest.mark.parametrize("frames", [300, 900, 1500])
def test_holes_are_where_the_picture_shows_them(frames: int) -> None:
    env = gym.make("HackAtari/Gopher-v0", frameskip=1, repeat_action_probability=0.0)
    env.reset(seed=0)
    for _ in range(frames):
        picture = env.step(NOOP)[0]
    holes = [(o.x, o.y, o.w) for o in env.get_wrapper_attr("objects") if o.category == "Hole"]
    for y in (161, 169, 176):
        shown = (picture[y + 3] == DUG_OUT).all(-1).nonzero()[0].tolist()
        assert shown == [column for x, top, w in holes for column in range(x, x + w) if top <= y]
