"""Finite Markov decision processes that are solved exactly: what learning on a small problem is measured by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class MDP:
    """A continuing Markov decision process with known dynamics, in which every policy has one recurrent class.

    A policy is an array of action probabilities of shape (S, A), or (A,) if it is the same in all states.

    Attributes:
        transitions: Probability of the next state, shape (S, A, S).
        rewards: Expected reward, shape (S, A).
    """

    transitions: np.ndarray
    rewards: np.ndarray

    def under(self, policy: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return what a policy makes of it: transition matrix (S, S) and expected rewards (S,)."""
        probabilities = np.broadcast_to(policy, self.rewards.shape)
        matrix = np.einsum("sa,sat->st", probabilities, self.transitions)
        return matrix, (probabilities * self.rewards).sum(axis=1)

    def stationary_distribution(self, policy: Any) -> np.ndarray:
        """Return how much of its time a policy spends in each state: the `d` with `d P = d` and sum 1, shape (S,)."""
        matrix, _ = self.under(policy)
        equations = np.eye(len(matrix)) - matrix.T
        equations[-1] = 1.0
        return np.linalg.solve(equations, np.eye(len(matrix))[-1])

    def average_reward(self, policy: Any) -> float:
        """Return a policy's average reward per step in the long run, `d . r`."""
        return float(self.stationary_distribution(policy) @ self.under(policy)[1])

    def values(self, policy: Any, gamma: float) -> np.ndarray:
        """Return a policy's discounted values `(I - gamma P)^-1 r`, shape (S,).

        Args:
            policy: Action probabilities.
            gamma: Discount factor, in [0, 1).
        """
        matrix, rewards = self.under(policy)
        return np.linalg.solve(np.eye(len(matrix)) - gamma * matrix, rewards)

    def differential_values(self, policy: Any) -> np.ndarray:
        """Return the values of rewards relative to the average reward, shape (S,).

        They solve `v = r - d.r + P v` with `d . v = 0` (Puterman, 1994, section 8.2).
        """
        matrix, rewards = self.under(policy)
        stationary = self.stationary_distribution(policy)
        # As d P = d and d . (r - d.r) = 0, any solution of these equations has d . v = 0.
        equations = np.eye(len(matrix)) - matrix + stationary
        return np.linalg.solve(equations, rewards - stationary @ rewards)

    def optimal_policy(self, gamma: float = 1.0) -> np.ndarray:
        """Return a deterministic optimal policy, by policy iteration (Howard, 1960): its actions, int of shape (S,).

        Args:
            gamma: Discount factor, in [0, 1]; 1 maximises the average reward.
        """
        num_states, num_actions = self.rewards.shape
        states, actions = np.arange(num_states), self.rewards.argmax(axis=1)
        while True:
            policy = np.eye(num_actions)[actions]
            values = self.differential_values(policy) if gamma == 1.0 else self.values(policy, gamma)
            action_values = self.rewards + gamma * self.transitions @ values
            better = action_values.max(axis=1) > action_values[states, actions] + 1e-9
            if not better.any():
                return actions
            actions = np.where(better, action_values.argmax(axis=1), actions)
