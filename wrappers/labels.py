"""`RamLabels`: the named RAM bytes in `info`."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
from gymnasium.utils import RecordConstructorArgs


class RamLabels(gym.Wrapper, RecordConstructorArgs):
    """Adds the named RAM bytes to `info["labels"]`: an int in 0..255 for a byte, a list of ints for an array.

    Args:
        env: `HackAtari/<Game>-v0`, or any env below a `RamPatch`.
    """

    def __init__(self, env: gym.Env) -> None:
        RecordConstructorArgs.__init__(self)
        gym.Wrapper.__init__(self, env)
        self._ram = env.get_wrapper_attr("ram")

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Reset the env and label the first frame."""
        observation, info = super().reset(seed=seed, options=options)
        return observation, {**info, "labels": self._ram.labels()}

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Step the env and label the new frame."""
        observation, reward, terminated, truncated, info = super().step(action)
        return observation, reward, terminated, truncated, {**info, "labels": self._ram.labels()}
