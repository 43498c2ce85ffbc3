"""The objects on the screen: in `info`, or as the observation."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box
from gymnasium.utils import RecordConstructorArgs

from hackatari.wrappers.ram_patch import patched_emulator


class ObjectLabels(gym.Wrapper, RecordConstructorArgs):
    """Adds the objects on the screen to `info["objects"]`, a list of `hackatari.GameObject`.

    Args:
        env: `HackAtari/<Game>-v0`, or any env below a `RamPatch`.
        hud: Whether to include the score display.

    Raises:
        TypeError: If the env has no patched emulator.
    """

    def __init__(self, env: gym.Env, hud: bool = False) -> None:
        RecordConstructorArgs.__init__(self, hud=hud)
        gym.Wrapper.__init__(self, env)
        self._find_objects = patched_emulator(env).find_objects
        self._hud = hud

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Reset the env and list the objects of the first frame."""
        observation, info = super().reset(seed=seed, options=options)
        return observation, {**info, "objects": self._find_objects(self._hud)}

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Step the env and list the objects of its last frame."""
        observation, reward, terminated, truncated, info = super().step(action)
        return observation, reward, terminated, truncated, {**info, "objects": self._find_objects(self._hud)}


class ObjectObservation(gym.ObservationWrapper, RecordConstructorArgs):
    """Makes the objects on the screen the observation: uint8 of shape (slots, 7).

    A row is left, top, width and height of an object's box in pixels, and its red, green and blue; it is all zeros
    while there is no such object. `slots` names the category of each row: a category has as many rows as there can be
    objects of it at once, filled from the first on, in the order of the game's data sheet.

    Args:
        env: `HackAtari/<Game>-v0`, or any env below a `RamPatch`.
        hud: Whether to include the score display.

    Raises:
        TypeError: If the env has no patched emulator.
        ValueError: If the data sheet of the game knows no objects.
    """

    def __init__(self, env: gym.Env, hud: bool = False) -> None:
        RecordConstructorArgs.__init__(self, hud=hud)
        gym.ObservationWrapper.__init__(self, env)
        self._find_objects = patched_emulator(env).find_objects
        self._hud = hud
        game = patched_emulator(env).game
        self.slots: list[str] = []
        self._rows: dict[str, range] = {}
        for category in game.objects.values():
            if hud or not category.hud:
                self._rows[category.name] = range(len(self.slots), len(self.slots) + category.count)
                self.slots += [category.name] * category.count
        if not self.slots:
            raise ValueError(f"No objects of {game.name} are known; observe its picture or its RAM.")
        self.observation_space = Box(0, 255, (len(self.slots), 7), np.uint8)

    def observation(self, observation: Any) -> np.ndarray:
        """Return the boxes and colours of the objects on the screen."""
        table = np.zeros((len(self.slots), 7), np.uint8)
        free = {name: iter(rows) for name, rows in self._rows.items()}
        for found in self._find_objects(self._hud):
            row = next(free[found.category], None)
            if row is not None:
                table[row] = (found.x, found.y, found.w, found.h, *found.colour)
        return table
