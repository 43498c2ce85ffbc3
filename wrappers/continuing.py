"""`Continuing`: a world without episodes."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
from gymnasium.utils import RecordConstructorArgs

from hackatari.env import HackAtariEnv


class Continuing(gym.Wrapper, RecordConstructorArgs):
    """Turns an episodic env into a continuing one: where an episode would terminate, the env is reset inside the step.

    `terminated` is always False, and the observation of such a step is the first one after the reset. Truncation, by
    `TimeLimit` for instance, is passed on. This is the problem setting of Naik et al. (2024) and Wan et al. (2025).

    Args:
        env: Any env.
        reset_cost: Subtracted from the reward of each step in which the env is reset.
    """

    def __init__(self, env: gym.Env, reset_cost: float = 0.0) -> None:
        RecordConstructorArgs.__init__(self, reset_cost=reset_cost)
        gym.Wrapper.__init__(self, env)
        self.reset_cost = reset_cost

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Step the env; `info["game_over"]` says whether it has been reset."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        if terminated:
            observation, info = self.env.reset()
            reward = float(reward) - self.reset_cost
        return observation, float(reward), False, truncated, {**info, "game_over": terminated}


def ContinuingAtariEnv(game: str, reset_cost: float = 0.0, **kwargs: Any) -> gym.Env:
    """Make `HackAtari/<Game>-Continuing-v0`.

    Args:
        game: ROM id.
        reset_cost: See `Continuing`.
        **kwargs: See `HackAtariEnv`.
    """
    return Continuing(HackAtariEnv(game, **kwargs), reset_cost)
