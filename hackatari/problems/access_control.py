"""`AccessControl`: which customers may occupy one of a few servers?"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import cv2
import numpy as np
from gymnasium.spaces import Discrete

from hackatari.problems.base import ContinuingProblem, ProblemEnv
from hackatari.problems.mdp import MDP


class AccessControl(ContinuingProblem):
    """The access-control queuing task (Sutton & Barto, 2018, example 10.2).

    The customer at the head of a queue that never ends offers to pay its priority for a server. Actions: 0 reject,
    1 accept. Accepting while a server is free is rewarded with the priority; any other step with 0. After that, each
    busy server gets free with a fixed probability, and the next customer comes, all priorities being equally likely.
    Start: all servers free.

    Observation: `busy * len(priorities) + rank`, with the number of busy servers and the index of the priority.
    The best policy has average reward 2.7476; accepting everyone 2.1814, a fair coin 1.6982.

    Args:
        num_envs: Number of sub-envs.
        num_servers: Number of servers.
        priorities: What customers offer.
        free_probability: Probability that a busy server gets free in a step, in (0, 1).
        reward_offset: See `ContinuingProblem`.
        render_mode: See `ContinuingProblem`.
    """

    def __init__(
        self,
        num_envs: int = 1,
        *,
        num_servers: int = 10,
        priorities: Sequence[float] = (1.0, 2.0, 4.0, 8.0),
        free_probability: float = 0.06,
        reward_offset: float = 0.0,
        render_mode: str | None = None,
    ) -> None:
        if num_servers < 1 or len(priorities) < 1:
            raise ValueError(f"There must be servers and priorities, got {num_servers} and {list(priorities)}.")
        if not 0 < free_probability < 1:
            raise ValueError(f"free_probability must be in (0, 1), got {free_probability}.")
        num_states = (num_servers + 1) * len(priorities)
        super().__init__(
            num_envs, Discrete(num_states), Discrete(2), reward_offset=reward_offset, render_mode=render_mode
        )
        self.num_servers = num_servers
        self.priorities = np.array(priorities, np.float64)
        self._free_probabilities = _binomial(num_servers, free_probability)
        # Where n servers are busy, as many get free as there are of these numbers, from n on, up to n + uniform number.
        cumulative = np.cumsum(self._free_probabilities, axis=1)
        self._thresholds = np.concatenate([n + cumulative[n, :n] for n in range(num_servers + 1)])
        self._busy = np.zeros(num_envs, np.int64)
        self._rank = np.zeros(num_envs, np.int64)

    def mdp(self) -> MDP:
        """Return the dynamics: states and actions as in the env, rewards with the offset."""
        servers, ranks = self.num_servers, len(self.priorities)
        transitions = np.zeros((servers + 1, ranks, 2, servers + 1, ranks))
        rewards = np.zeros((servers + 1, ranks, 2))
        for busy in range(servers + 1):
            for action in range(2):
                taken = min(busy + action, servers)
                left_busy = self._free_probabilities[taken, : taken + 1][::-1]
                transitions[busy, :, action, : taken + 1] = left_busy[:, None] / ranks
        rewards[:servers, :, 1] = self.priorities
        states = (servers + 1) * ranks
        return MDP(transitions.reshape(states, 2, states), rewards.reshape(states, 2) + self.reward_offset)

    def _start(self) -> None:
        self._busy = np.zeros(self.num_envs, np.int64)
        self._next_customers(self._uniforms.take(1)[0])

    def _next_customers(self, uniforms: np.ndarray) -> None:
        self._rank = (uniforms * len(self.priorities)).astype(np.int64)

    def _advance(self, actions: np.ndarray) -> np.ndarray:
        accepted = (actions == 1) & (self._busy < self.num_servers)
        rewards = np.where(accepted, self.priorities[self._rank], 0.0)
        taken = self._busy + accepted
        freeing, arriving = self._uniforms.take(2)
        reached = np.searchsorted(self._thresholds, taken + freeing, side="right")
        self._busy = taken - (reached - taken * (taken - 1) // 2)
        self._next_customers(arriving)
        return rewards

    def _observe(self) -> np.ndarray:
        return self._busy * len(self.priorities) + self._rank

    def _draw(self, i: int) -> np.ndarray:
        cell = 40
        picture = np.full((2 * cell, cell * self.num_servers, 3), 255, np.uint8)
        for server in range(self.num_servers):
            corner = cell * server
            filled = cv2.FILLED if server < self._busy[i] else 1
            cv2.rectangle(picture, (corner + 5, 5), (corner + cell - 5, cell - 5), (60, 90, 160), filled)
        offer = f"{self.priorities[self._rank[i]]:g}"
        cv2.putText(picture, offer, (5, 2 * cell - 10), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (160, 60, 60), 2, cv2.LINE_AA)
        return picture


class AccessControlEnv(ProblemEnv):
    """`HackAtari/AccessControl-v0`; see `AccessControl`."""

    problem_class = AccessControl


def _binomial(trials: int, probability: float) -> np.ndarray:
    """Return the probability of k successes in n trials, for n and k from 0 to `trials`: shape (n, k)."""
    table = np.zeros((trials + 1, trials + 1))
    for n in range(trials + 1):
        for k in range(n + 1):
            table[n, k] = comb(n, k) * probability**k * (1 - probability) ** (n - k)
    return table
