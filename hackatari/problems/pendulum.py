"""`Pendulum`: a pendulum is swung up and held, without episodes."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from gymnasium.spaces import Box, Discrete

from hackatari.problems.base import ContinuingProblem, ProblemEnv

GRAVITY = 9.81
SUBSTEPS, DT = 4, 0.05


class Pendulum(ContinuingProblem):
    """A pendulum of length and mass 1 is to stand upright (Naik et al., 2024; the problem is from csuite).

    Actions: 0, 1, 2 for a torque of -1, 0, 1 times `torque`. Observation: float32 of shape (3,), cosine and sine of the
    angle (0 hangs down) and the angular velocity in rad/s. Start: at rest, hanging. A step is four Euler steps of 0.05.

    Rewards after a step that ended at the angle a in [0, 2 pi) with the velocity w:

    - "dense": `-(a - pi)^2 - 0.1 w^2`;
    - "sparse": 1 within 30 degrees of upright, otherwise 0.

    The pendulum of csuite has `torque=1, friction=0.1, reward="sparse"`.

    Args:
        num_envs: Number of sub-envs.
        torque: Greatest torque, above 0.
        friction: Torque against each unit of angular velocity, in (0, 20).
        reward: "dense" or "sparse".
        reward_offset: See `ContinuingProblem`.
        render_mode: See `ContinuingProblem`.
    """

    def __init__(
        self,
        num_envs: int = 1,
        *,
        torque: float = 2.0,
        friction: float = 0.3,
        reward: Literal["dense", "sparse"] = "dense",
        reward_offset: float = 0.0,
        render_mode: str | None = None,
    ) -> None:
        if torque <= 0 or not 0 < friction < 1 / DT:
            raise ValueError(f"torque must be above 0, friction in (0, {1 / DT:g}), got {torque} and {friction}.")
        if reward not in ("dense", "sparse"):
            raise ValueError(f"reward must be 'dense' or 'sparse', got {reward!r}.")
        # At this speed friction holds the balance against torque and gravity together.
        top_speed = (torque + GRAVITY) / friction
        high = np.array([1.0, 1.0, top_speed], np.float32)
        super().__init__(num_envs, Box(-high, high), Discrete(3), reward_offset=reward_offset, render_mode=render_mode)
        self.reward = reward
        self.friction = friction
        self._torques = torque * np.array([-1.0, 0.0, 1.0])
        self._angle = self._velocity = np.zeros(num_envs)

    def _start(self) -> None:
        self._angle = np.zeros(self.num_envs)
        self._velocity = np.zeros(self.num_envs)

    def _advance(self, actions: np.ndarray) -> np.ndarray:
        angle, velocity, torque = self._angle, self._velocity, self._torques[actions]
        for _ in range(SUBSTEPS):
            velocity = velocity + (torque - self.friction * velocity - GRAVITY * np.sin(angle)) * DT
            angle = np.mod(angle + velocity * DT, 2 * np.pi)
        self._angle, self._velocity = angle, velocity
        if self.reward == "sparse":
            return (np.abs(angle - np.pi) < np.pi / 6).astype(np.float64)
        return -np.square(angle - np.pi) - 0.1 * np.square(velocity)

    def _observe(self) -> np.ndarray:
        return np.stack([np.cos(self._angle), np.sin(self._angle), self._velocity], axis=1, dtype=np.float32)

    def _draw(self, i: int) -> np.ndarray:
        size, length = 200, 80
        picture = np.full((size, size, 3), 255, np.uint8)
        pivot = size // 2, size // 2
        angle = float(self._angle[i])
        tip = pivot[0] + round(length * np.sin(angle)), pivot[1] + round(length * np.cos(angle))
        cv2.line(picture, pivot, tip, (90, 90, 90), 4, cv2.LINE_AA)
        cv2.circle(picture, tip, 12, (60, 90, 160), cv2.FILLED, cv2.LINE_AA)
        return picture


class PendulumEnv(ProblemEnv):
    """`HackAtari/ContinuingPendulum-v0`; see `Pendulum`."""

    problem_class = Pendulum
