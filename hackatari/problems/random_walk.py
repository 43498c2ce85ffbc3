"""`RandomWalk`: a line of states with a reward at each end, for the prediction of values."""

from __future__ import annotations

import cv2
import numpy as np
from gymnasium.spaces import Discrete

from hackatari.problems.base import ContinuingProblem, ProblemEnv
from hackatari.problems.mdp import MDP


class RandomWalk(ContinuingProblem):
    """States in a line; a step beyond an end leads back to the middle and is rewarded (Naik et al., 2024).

    Actions: 0 left, 1 right. Observation: the state, from left to right. Start: the middle. All other rewards are 0.
    Nothing is random but the policy: with probabilities (0.5, 0.5), 7 states have average reward 0.25.

    Args:
        num_envs: Number of sub-envs.
        num_states: Length of the line, an odd number of at least 3.
        left_reward: Reward of stepping left from the leftmost state.
        right_reward: Reward of stepping right from the rightmost state.
        reward_offset: See `ContinuingProblem`.
        render_mode: See `ContinuingProblem`.
    """

    def __init__(
        self,
        num_envs: int = 1,
        *,
        num_states: int = 7,
        left_reward: float = 1.0,
        right_reward: float = 7.0,
        reward_offset: float = 0.0,
        render_mode: str | None = None,
    ) -> None:
        if num_states < 3 or num_states % 2 == 0:
            raise ValueError(f"num_states must be an odd number of at least 3, got {num_states}.")
        super().__init__(
            num_envs, Discrete(num_states), Discrete(2), reward_offset=reward_offset, render_mode=render_mode
        )
        self.num_states = num_states
        self._next_states = np.arange(num_states)[:, None] + [-1, 1]
        self._next_states[[0, -1], [0, 1]] = num_states // 2
        self._rewards = np.zeros((num_states, 2))
        self._rewards[[0, -1], [0, 1]] = left_reward, right_reward
        self._states = np.zeros(num_envs, np.int64)

    def mdp(self) -> MDP:
        """Return the dynamics: states and actions as in the env, rewards with the offset."""
        return MDP(np.eye(self.num_states)[self._next_states], self._rewards + self.reward_offset)

    def _start(self) -> None:
        self._states = np.full(self.num_envs, self.num_states // 2)

    def _advance(self, actions: np.ndarray) -> np.ndarray:
        rewards = self._rewards[self._states, actions]
        self._states = self._next_states[self._states, actions]
        return rewards

    def _observe(self) -> np.ndarray:
        return self._states.copy()

    def _draw(self, i: int) -> np.ndarray:
        cell = 40
        picture = np.full((cell, cell * self.num_states, 3), 255, np.uint8)
        for state in range(self.num_states):
            filled = cv2.FILLED if state == self._states[i] else 1
            cv2.circle(picture, (cell * state + cell // 2, cell // 2), cell // 3, (60, 90, 160), filled, cv2.LINE_AA)
        return picture


class RandomWalkEnv(ProblemEnv):
    """`HackAtari/RandomWalk-v0`; see `RandomWalk`."""

    problem_class = RandomWalk
