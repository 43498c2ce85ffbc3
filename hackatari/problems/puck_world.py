"""`PuckWorld`: a puck is pushed to a goal that moves on from time to time."""

from __future__ import annotations

import cv2
import numpy as np
from gymnasium.spaces import Box, Discrete

from hackatari.problems.base import ContinuingProblem, ProblemEnv

ARENA, RADIUS = 5.0, 0.5
PUSHES = np.array([[0.0, 1.0], [-1.0, 0.0], [0.0, -1.0], [1.0, 0.0]])
SUBSTEPS, DT = 4, 0.05
BOUNCE = 0.5  # part of its speed that the puck keeps at a wall


class PuckWorld(ContinuingProblem):
    """A puck in a square arena is pushed towards a goal (Naik et al., 2024).

    Actions: 0 north, 1 west, 2 south, 3 east, each an acceleration of that direction. Observation: float32 of shape
    (6,), the puck's x and y, its velocity, and the goal's x and y. Reward: minus the distance of puck and goal.

    The arena is 5 wide and 5 high, the puck's radius is 0.5. Puck (at rest) and goal start anywhere the puck can be,
    uniformly, and the goal moves to another such place at the end of every `goal_period`-th step. A step is four Euler
    steps of 0.05 each; a puck that hits a wall keeps half of that component of its velocity, reversed.

    Args:
        num_envs: Number of sub-envs.
        goal_period: Number of steps for which the goal stays.
        acceleration: That of a push.
        friction: Deceleration for each unit of velocity, above 0.
        reward_offset: See `ContinuingProblem`.
        render_mode: See `ContinuingProblem`.
    """

    def __init__(
        self,
        num_envs: int = 1,
        *,
        goal_period: int = 300,
        acceleration: float = 0.1,
        friction: float = 0.5,
        reward_offset: float = 0.0,
        render_mode: str | None = None,
    ) -> None:
        if goal_period < 1:
            raise ValueError(f"goal_period must be at least 1, got {goal_period}.")
        if acceleration <= 0 or friction <= 0:
            raise ValueError(f"acceleration and friction must be above 0, got {acceleration} and {friction}.")
        # A puck that is pushed for ever approaches the speed at which friction holds the balance.
        top_speed = acceleration / friction
        low = np.array([0, 0, -top_speed, -top_speed, 0, 0], np.float32)
        high = np.array([ARENA, ARENA, top_speed, top_speed, ARENA, ARENA], np.float32)
        super().__init__(
            num_envs, Box(low, high), Discrete(len(PUSHES)), reward_offset=reward_offset, render_mode=render_mode
        )
        self.goal_period = goal_period
        self.friction = friction
        self._accelerations = acceleration * PUSHES
        self._position = self._velocity = self._goal = np.zeros((num_envs, 2))
        self._steps = 0

    def _start(self) -> None:
        self._position, self._goal = self._place(), self._place()
        self._velocity = np.zeros((self.num_envs, 2))
        self._steps = 0

    def _place(self) -> np.ndarray:
        return RADIUS + (ARENA - 2 * RADIUS) * self._uniforms.take(2).T

    def _advance(self, actions: np.ndarray) -> np.ndarray:
        position, velocity, acceleration = self._position, self._velocity, self._accelerations[actions]
        for _ in range(SUBSTEPS):
            velocity = velocity + (acceleration - self.friction * velocity) * DT
            moved = position + velocity * DT
            position = np.clip(moved, RADIUS, ARENA - RADIUS)
            velocity = np.where(moved == position, velocity, -BOUNCE * velocity)
        self._position, self._velocity = position, velocity
        rewards = -np.sqrt(np.square(position - self._goal).sum(axis=1))
        self._steps += 1
        if self._steps % self.goal_period == 0:
            self._goal = self._place()
        return rewards

    def _observe(self) -> np.ndarray:
        return np.concatenate([self._position, self._velocity, self._goal], axis=1, dtype=np.float32)

    def _draw(self, i: int) -> np.ndarray:
        scale = 40
        size = int(scale * ARENA)
        picture = np.full((size, size, 3), 255, np.uint8)
        for place, radius, colour in (self._goal[i], 0.15, (160, 60, 60)), (self._position[i], RADIUS, (60, 90, 160)):
            x, y = (scale * place).astype(int).tolist()
            cv2.circle(picture, (x, size - y), int(scale * radius), colour, cv2.FILLED, cv2.LINE_AA)
        return picture


class PuckWorldEnv(ProblemEnv):
    """`HackAtari/PuckWorld-v0`; see `PuckWorld`."""

    problem_class = PuckWorld
