"""Yars' Revenge: every modif does in the game what its documentation says."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest

import hackatari  # noqa: F401  # registers the envs

NOOP = 0
BROWN = (163, 57, 21)


def watch(*modifs: str, frames: int = 600) -> np.ndarray:
    """Return the top rows of Qotile and shield in the picture, int of shape (frames, 2), where both are seen."""
    env = gym.make("HackAtari/YarsRevenge-v0", modifs=list(modifs), frameskip=1, repeat_action_probability=0.0)
    env.reset(seed=0)
    rows = []
    for frame in range(frames):
        picture = env.step(NOOP)[0]
        if frame < 20:
            continue
        qotile = [o for o in env.get_wrapper_attr("objects") if o.category == "Enemy"]
        shield = (picture[:, 128:150] == BROWN).all(-1).any(1)
        right = picture[:, 150:158]
        for o in qotile:
            seen = ((right == o.colour).all(-1)).any(1)
            if seen.any() and shield.any() and o.colour != BROWN:
                rows.append((seen.argmax(), shield.argmax()))
    assert len(rows) > 50
    return np.array(rows)


@pytest.mark.parametrize(
    ("modifs", "qotile_moves", "shield_moves"),
    [
        ([], True, True),
        (["static"], False, False),
        (["disable_enemy_movement"], False, True),
        (["disable_block_movement"], True, False),
    ],
)
def test_what_moves_and_what_stands_still(modifs: list[str], qotile_moves: bool, shield_moves: bool) -> None:
    for travel, moves in zip(np.ptp(watch(*modifs), axis=0), (qotile_moves, shield_moves), strict=True):
        assert travel > 50 if moves else travel <= 3


def test_qotile_moves_up_and_down_as_far_as_ever_when_only_the_shield_stands_still() -> None:
    alone, together = watch("disable_block_movement")[:, 0], watch()[:, 0]
    assert abs(alone.min() - together.min()) <= 4
    assert abs(alone.max() - together.max()) <= 4
    assert (np.diff(np.sign(np.diff(alone[::8]))) != 0).sum() >= 3  # turns
