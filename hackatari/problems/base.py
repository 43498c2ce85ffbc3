"""What all continuing problems share: `ContinuingProblem`, a batch of sub-envs, and `ProblemEnv`, a single one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
from gymnasium import error as gym_error
from gymnasium.spaces import Discrete
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from hackatari.problems.uniforms import UniformStreams
from hackatari.seeding import sub_env_seeds


class ContinuingProblem(VectorEnv, ABC):
    """n sub-envs of a problem without episodes, stepped together: their states are the rows of arrays.

    They neither terminate nor truncate, and `infos` is empty. Sub-env i, seeded with s, does what the single env does
    when it is seeded with s, to the last bit: all its randomness comes from a generator of its own.

    A subclass has the dynamics, written once for all sub-envs: `_start`, `_advance`, `_observe` and `_draw`.

    Args:
        num_envs: Number of sub-envs.
        observation_space: That of a sub-env.
        action_space: That of a sub-env.
        reward_offset: Added to every reward. It changes no policy's rank.
        render_mode: "rgb_array" for `render`.

    Raises:
        ValueError: If an argument makes no sense.
    """

    metadata: dict[str, Any] = {
        "render_modes": ["rgb_array"],
        "render_fps": 20,
        "autoreset_mode": AutoresetMode.SAME_STEP,  # nothing ends: any mode is right, and this one suits SB3VecEnv
    }

    def __init__(
        self,
        num_envs: int,
        observation_space: gym.Space,
        action_space: Discrete,
        *,
        reward_offset: float,
        render_mode: str | None,
    ) -> None:
        if num_envs < 1:
            raise ValueError(f"num_envs must be at least 1, got {num_envs}.")
        if not np.isfinite(reward_offset):
            raise ValueError(f"reward_offset must be a finite number, got {reward_offset}.")
        if render_mode not in (None, "rgb_array"):
            raise ValueError(f"render_mode must be 'rgb_array' or None, got {render_mode!r}.")
        self.num_envs = num_envs
        self.reward_offset = reward_offset
        self.render_mode = render_mode
        self.single_observation_space = observation_space
        self.observation_space = batch_space(observation_space, num_envs)
        self.single_action_space = action_space
        self.action_space = batch_space(action_space, num_envs)
        self._num_actions = int(action_space.n)
        self._uniforms = UniformStreams(num_envs)

    @property  # type: ignore[misc]  # the base class has a setter
    def np_random(self) -> tuple[np.random.Generator, ...]:  # type: ignore[override]
        """The generator of each sub-env; it is ahead of what the sub-env has used."""
        return tuple(self._uniforms.generators)

    @property
    def np_random_seed(self) -> tuple[int, ...]:  # type: ignore[override]
        """The seed of each sub-env."""
        return tuple(self._uniforms.seeds)

    def reset(
        self, *, seed: int | Sequence[int | None] | np.ndarray | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start anew.

        Args:
            seed: Seeds sub-env i with seed + i; or one seed for each sub-env.
            options: Not used.

        Returns:
            The first observations, and an empty dictionary.

        Raises:
            ValueError: If the number of seeds is not that of the sub-envs.
        """
        self._uniforms.seed(sub_env_seeds(seed, self.num_envs))
        self._start()
        return self._observe(), {}

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Step all sub-envs.

        Args:
            actions: int of shape (num_envs,).

        Returns:
            Observations; rewards, float64 of shape (num_envs,); terminations and truncations, always False; infos.

        Raises:
            ResetNeeded: If `reset` has not been called.
            ValueError: If an action is not in the action space.
        """
        if not self._uniforms.generators:
            raise gym_error.ResetNeeded("Call reset before step.")
        actions = np.asarray(actions)
        if actions.shape != (self.num_envs,) or actions.dtype.kind not in "iu":
            raise ValueError(
                f"actions must be integers of shape ({self.num_envs},), got {actions.dtype} of {actions.shape}."
            )
        if actions.min() < 0 or actions.max() >= self._num_actions:
            raise ValueError(f"actions must be 0 to {self._num_actions - 1}, got {actions.tolist()}.")
        rewards = self._advance(actions) + self.reward_offset
        terminations, truncations = np.zeros((2, self.num_envs), np.bool_)
        return self._observe(), rewards, terminations, truncations, {}

    def render(self) -> tuple[np.ndarray, ...]:
        """Return a picture of each sub-env: uint8 of shape (height, width, 3).

        Raises:
            ValueError: If the env has not been made with `render_mode="rgb_array"`.
            ResetNeeded: If `reset` has not been called.
        """
        if self.render_mode is None:
            raise ValueError("render needs an env made with render_mode='rgb_array'.")
        if not self._uniforms.generators:
            raise gym_error.ResetNeeded("Call reset before render.")
        return tuple(self._draw(i) for i in range(self.num_envs))

    @abstractmethod
    def _start(self) -> None:
        """Put all sub-envs into a start state."""

    @abstractmethod
    def _advance(self, actions: np.ndarray) -> np.ndarray:
        """Do a step with actions of shape (n,); return the rewards without offset, float64 of shape (n,)."""

    @abstractmethod
    def _observe(self) -> np.ndarray:
        """Return the observations, a new array of shape (n, ...)."""

    @abstractmethod
    def _draw(self, i: int) -> np.ndarray:
        """Return a picture of sub-env i."""


class ProblemEnv(gym.Env):
    """A single env of a continuing problem: a batch of one.

    A subclass names the problem. Its arguments are those of the problem, without `num_envs`.

    Attributes:
        problem: The batch.
    """

    metadata = ContinuingProblem.metadata
    problem_class: ClassVar[Any]

    def __init__(self, **kwargs: Any) -> None:
        self.problem: ContinuingProblem = self.problem_class(1, **kwargs)
        self.render_mode = self.problem.render_mode
        self.observation_space = self.problem.single_observation_space
        self.action_space = self.problem.single_action_space

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Start anew; see `ContinuingProblem.reset`."""
        observations, infos = self.problem.reset(seed=seed)
        (self._np_random,), (self._np_random_seed,) = self.problem.np_random, self.problem.np_random_seed
        return observations[0], infos

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Do a step; see `ContinuingProblem.step`."""
        observations, rewards, _, _, infos = self.problem.step(np.array([action]))
        return observations[0], float(rewards[0]), False, False, infos

    def render(self) -> np.ndarray:
        """Return a picture, uint8 of shape (height, width, 3); see `ContinuingProblem.render`."""
        return self.problem.render()[0]
