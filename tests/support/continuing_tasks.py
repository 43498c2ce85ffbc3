"""Small continuing tasks; every reward can be offset by a constant."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
from gymnasium import spaces


class Ring(gym.Env):
    """Five states in a ring; action 1 moves clockwise, 0 back. The reward belongs to the state that is entered."""

    REWARDS = (0.0, 1.0, 0.0, -1.0, 4.0)

    def __init__(
        self,
        offset: float = 0.0,
        terminate_after: int | None = None,
        truncate_after: int | None = None,
        dict_observation: bool = False,
    ) -> None:
        position = spaces.Box(0.0, 1.0, (5,), np.float32)
        self.observation_space = spaces.Dict({"position": position}) if dict_observation else position
        self.action_space = spaces.Discrete(2)
        self.offset = offset
        self.terminate_after = terminate_after
        self.truncate_after = truncate_after

    def _observation(self):
        one_hot = np.eye(5, dtype=np.float32)[self.position]
        return {"position": one_hot} if isinstance(self.observation_space, spaces.Dict) else one_hot

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.position = self.steps = 0
        return self._observation(), {}

    def step(self, action):
        self.position = (self.position + (1 if action == 1 else -1)) % 5
        self.steps += 1
        terminated = self.steps == self.terminate_after
        truncated = self.steps == self.truncate_after
        return self._observation(), self.REWARDS[self.position] + self.offset, terminated, truncated, {}


class ContinuousRing(Ring):
    """The ring with a continuous action: its sign is the direction, and its square is paid."""

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)
        self.action_space = spaces.Box(-1.0, 1.0, (1,), np.float32)

    def step(self, action):
        observation, reward, terminated, truncated, info = super().step(int(action[0] > 0))
        return observation, reward - float(action[0]) ** 2, terminated, truncated, info


class AccessControl(gym.Env):
    """Access-control queuing (Sutton & Barto, 2018, example 10.2) with an offset on every reward."""

    def __init__(self, offset: float = 0.0) -> None:
        self.observation_space = spaces.Box(0.0, 1.0, (44,), np.float32)
        self.action_space = spaces.Discrete(2)
        self.offset = offset

    def _observation(self):
        return np.eye(44, dtype=np.float32)[4 * self.busy + self.priority]

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.busy, self.priority = 0, int(self.np_random.integers(4))
        return self._observation(), {}

    def step(self, action):
        accepted = action == 1 and self.busy < 10
        reward = 2.0**self.priority if accepted else 0.0
        self.busy += accepted
        self.busy -= int(self.np_random.binomial(self.busy, 0.06))
        self.priority = int(self.np_random.integers(4))
        return self._observation(), reward + self.offset, False, False, {}
