"""`Catch`: balls fall, and a paddle is to be where they land."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from gymnasium.spaces import Box, Discrete

from hackatari.problems.base import ContinuingProblem, ProblemEnv

NO_BALL = -1


class Catch(ContinuingProblem):
    """Balls that fall are to be caught, on and on (Naik et al., 2024; the problem is from csuite).

    Actions: 0 left, 1 stay, 2 right. In a step the paddle, which is in the bottom row, moves by a column, and the balls
    fall by a row. A ball that reaches the bottom row is gone, with reward 1 if the paddle is there and -1 otherwise.
    Then a new ball appears with `ball_probability`, anywhere in the top row. Start: the paddle in the middle, one ball
    in the top row.

    Observation, float32:

    - "binary": shape (rows, columns), 1 for the paddle and each ball;
    - "continuous": shape (3,), the paddle's column and the lowest ball's column and row, as parts of the board's width
      and height; zeros for a ball that is not there.

    Args:
        num_envs: Number of sub-envs.
        rows: Height of the board, at least 2.
        columns: Width of the board, at least 2.
        ball_probability: Probability that a ball appears in a step, in (0, 1].
        obs_type: "binary" or "continuous".
        reward_offset: See `ContinuingProblem`.
        render_mode: See `ContinuingProblem`.
    """

    def __init__(
        self,
        num_envs: int = 1,
        *,
        rows: int = 10,
        columns: int = 5,
        ball_probability: float = 0.1,
        obs_type: Literal["binary", "continuous"] = "binary",
        reward_offset: float = 0.0,
        render_mode: str | None = None,
    ) -> None:
        if rows < 2 or columns < 2:
            raise ValueError(f"rows and columns must be at least 2, got {rows} and {columns}.")
        if not 0 < ball_probability <= 1:
            raise ValueError(f"ball_probability must be in (0, 1], got {ball_probability}.")
        if obs_type not in ("binary", "continuous"):
            raise ValueError(f"obs_type must be 'binary' or 'continuous', got {obs_type!r}.")
        shape = (rows, columns) if obs_type == "binary" else (3,)
        super().__init__(num_envs, Box(0, 1, shape), Discrete(3), reward_offset=reward_offset, render_mode=render_mode)
        self.rows, self.columns = rows, columns
        self.ball_probability = ball_probability
        self.obs_type = obs_type
        self._paddle = np.zeros(num_envs, np.int64)
        # The columns of the balls in all rows but the last. There is at most one in a row: one a step appears.
        self._balls = np.full((num_envs, rows - 1), NO_BALL)

    def _start(self) -> None:
        self._paddle = np.full(self.num_envs, self.columns // 2)
        self._balls = np.full((self.num_envs, self.rows - 1), NO_BALL)
        self._balls[:, 0] = self._uniforms.take(1)[0] * self.columns

    def _advance(self, actions: np.ndarray) -> np.ndarray:
        self._paddle = np.clip(self._paddle + actions - 1, 0, self.columns - 1)
        landing = self._balls[:, -1]
        rewards = np.where(landing == NO_BALL, 0.0, np.where(landing == self._paddle, 1.0, -1.0))
        appearing = self._uniforms.take(1)[0] / self.ball_probability
        new = np.where(appearing < 1, appearing * self.columns, NO_BALL).astype(np.int64)
        self._balls = np.concatenate([new[:, None], self._balls[:, :-1]], axis=1)
        return rewards

    def _observe(self) -> np.ndarray:
        if self.obs_type == "binary":
            return self._board()
        indices = np.arange(self.num_envs)
        row = self.rows - 2 - np.argmax(self._balls[:, ::-1] != NO_BALL, axis=1)
        column = self._balls[indices, row]
        there = column != NO_BALL
        shares = [self._paddle / self.columns, there * column / self.columns, there * row / self.rows]
        return np.stack(shares, axis=1, dtype=np.float32)

    def _board(self) -> np.ndarray:
        """Return the boards, float32 of shape (n, rows, columns)."""
        occupied = np.concatenate([self._balls, self._paddle[:, None]], axis=1)
        return (occupied[:, :, None] == np.arange(self.columns)).astype(np.float32)

    def _draw(self, i: int) -> np.ndarray:
        cell = 20
        shades = (255 * (1 - self._board()[i])).astype(np.uint8)
        picture = cv2.resize(shades, None, fx=cell, fy=cell, interpolation=cv2.INTER_NEAREST)
        return np.repeat(picture[:, :, None], 3, axis=2)


class CatchEnv(ProblemEnv):
    """`HackAtari/ContinuingCatch-v0`; see `Catch`."""

    problem_class = Catch
