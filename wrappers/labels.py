"""The named RAM bytes of a game: in `info`, or as the observation."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box
from gymnasium.utils import RecordConstructorArgs

from hackatari.wrappers.ram_patch import patched_emulator


class RamLabels(gym.Wrapper, RecordConstructorArgs):
    """Adds the named RAM bytes to `info["labels"]`: an int in 0..255 for a byte, a list of ints for an array.

    Args:
        env: `HackAtari/<Game>-v0`, or any env below a `RamPatch`.

    Raises:
        TypeError: If the env has no patched emulator.
    """

    def __init__(self, env: gym.Env) -> None:
        RecordConstructorArgs.__init__(self)
        gym.Wrapper.__init__(self, env)
        self._ram = patched_emulator(env).ram

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Reset the env and label the first frame."""
        observation, info = super().reset(seed=seed, options=options)
        return observation, {**info, "labels": self._ram.labels()}

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Step the env and label its last frame."""
        observation, reward, terminated, truncated, info = super().step(action)
        return observation, reward, terminated, truncated, {**info, "labels": self._ram.labels()}


class RamObservation(gym.ObservationWrapper, RecordConstructorArgs):
    """Makes the named RAM bytes the observation: uint8 of shape (n,), as they are in RAM, 0 to 255.

    `names` says what each entry is, in the order of the game's RAM map, arrays entry by entry: "ball_x", "car_x[3]".

    Args:
        env: `HackAtari/<Game>-v0`, or any env below a `RamPatch`.

    Raises:
        TypeError: If the env has no patched emulator.
        ValueError: If no byte of the game has a name.
    """

    def __init__(self, env: gym.Env) -> None:
        RecordConstructorArgs.__init__(self)
        gym.ObservationWrapper.__init__(self, env)
        self._ale = patched_emulator(env)
        game = self._ale.game
        self.names: list[str] = []
        addresses: list[int] = []
        for name, field in game.ram.fields().items():
            several = len(field.addresses) > 1
            self.names += [f"{name}[{i}]" if several else name for i in range(len(field.addresses))]
            addresses += field.addresses
        if not addresses:
            raise ValueError(f"No byte of {game.name} has a name; use obs_type='ram' to observe all 128.")
        self._addresses = np.array(addresses)
        self.observation_space = Box(0, 255, (len(addresses),), np.uint8)

    def observation(self, observation: Any) -> np.ndarray:
        """Return the named bytes."""
        return self._ale.getRAM()[self._addresses]
