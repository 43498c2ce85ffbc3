"""Beam Rider: the ship explodes out of the object list; saucers come nearer along their beams."""

from __future__ import annotations

import gymnasium as gym
import numpy as np

import hackatari  # noqa: F401  # registers the envs


def test_saucers_are_grey_far_away_and_white_nearby() -> None:
    env = gym.make("HackAtari/BeamRider-v0", frameskip=1, repeat_action_probability=0.0)
    env.reset(seed=0)
    heights: dict[tuple[int, int, int], list[int]] = {(170, 170, 170): [], (236, 236, 236): []}
    for _ in range(900):
        picture = env.step(0)[0]
        for o in env.get_wrapper_attr("objects"):
            if o.category == "Saucer" and (picture[o.y : o.y + o.h, o.x : o.x + o.w] == o.colour).all(-1).any():
                heights[o.colour].append(o.y)
    grey, white = heights.values()
    assert min(len(grey), len(white)) > 50
    assert max(grey) <= min(white)


def test_exploding_ship_is_no_player() -> None:
    env = gym.make("HackAtari/BeamRider-v0", frameskip=1, repeat_action_probability=0.0)
    env.reset(seed=0)
    rng = np.random.default_rng(0)
    ram = env.get_wrapper_attr("ram")
    seen = {True: set[bool](), False: set[bool]()}
    for frame in range(1900):
        if frame % 4 == 0:
            action = int(rng.integers(9))
        picture = env.step(action)[0]
        listed = any(o.category == "Player" for o in env.get_wrapper_attr("objects"))
        left = max(int(1.5 * ram.player_x) - 115, 0)
        seen[listed].add(bool((picture[167:180, left : left + 15] == (210, 210, 64)).all(-1).any()))
    assert seen == {True: {True}, False: {False}}
