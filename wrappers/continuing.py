"""`Continuing`: a world without episodes."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
from gymnasium.utils import RecordConstructorArgs

from hackatari.env import HackAtariEnv


class Continuing(gym.Wrapper, RecordConstructorArgs):
    """Turns an episodic env into a continuing one: where an episode would terminate, the env is reset inside the step.

    `terminated` is always False, and the observation of such a step is the first one after the reset. This is the
    problem setting of Naik et al. (2024) and Wan et al. (2025).

    Truncation is passed on: a world without end needs an env made without a time limit, such as
    `gym.make("Hopper-v5", max_episode_steps=-1)`, or
    `gym.make("dm_control/cheetah-run-v0", task_kwargs={"time_limit": float("inf")})` after `import shimmy`.

    Args:
        env: Any env.
        reset_cost: Subtracted from the reward of each step in which the env is reset.
        life_loss_cost: Subtracted from the reward for each life that is lost, the last one included. The env has to
            report `info["lives"]`, as Atari games do.
    """

    def __init__(self, env: gym.Env, reset_cost: float = 0.0, life_loss_cost: float = 0.0) -> None:
        RecordConstructorArgs.__init__(self, reset_cost=reset_cost, life_loss_cost=life_loss_cost)
        gym.Wrapper.__init__(self, env)
        self.reset_cost = reset_cost
        self.life_loss_cost = life_loss_cost
        self._lives = 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Reset the env.

        Raises:
            ValueError: If lives have a cost, but the env reports none.
        """
        observation, info = self.env.reset(seed=seed, options=options)
        if self.life_loss_cost and "lives" not in info:
            raise ValueError('life_loss_cost needs an env with info["lives"]: leave it out for this one.')
        self._lives = info.get("lives", 0)
        return observation, info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Step the env; `info["game_over"]` says whether it has been reset."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        lives, self._lives = self._lives, info.get("lives", 0)
        reward = float(reward) - self.life_loss_cost * max(lives - self._lives, 0)
        if terminated:
            observation, info = self.reset()
            reward -= self.reset_cost
        return observation, reward, False, truncated, {**info, "game_over": terminated}


def ContinuingAtariEnv(game: str, reset_cost: float = 0.0, life_loss_cost: float = 1.0, **kwargs: Any) -> gym.Env:
    """Make `HackAtari/<Game>-Continuing-v0`, by default as in Wan et al. (2025): a lost life costs 1.

    Args:
        game: ROM id.
        reset_cost: See `Continuing`.
        life_loss_cost: See `Continuing`.
        **kwargs: See `HackAtariEnv`.
    """
    return Continuing(HackAtariEnv(game, **kwargs), reset_cost, life_loss_cost)
