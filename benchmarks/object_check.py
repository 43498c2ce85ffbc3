"""Are a game's objects where its data sheet says? The picture decides."""

from __future__ import annotations

from dataclasses import dataclass

import gymnasium as gym
import numpy as np

from hackatari.game import GameObject
from hackatari.games import find_game


@dataclass
class ObjectCheck:
    """How often objects of a category were said to be present, and how often their colour was in their box."""

    present: int = 0
    found: int = 0

    @property
    def share(self) -> float:
        """Share of the boxes that hold the object's colour; NaN if no object was present."""
        return self.found / self.present if self.present else float("nan")


def check_objects(game: str, frames: int = 500, seed: int = 0) -> dict[str, ObjectCheck]:
    """Compare the objects of a game with its picture over random play.

    An object counts as found if its colour is inside its box, in the same frame; for categories that flicker, in that
    frame, the one before or the one after.

    Args:
        game: Name or ROM id.
        frames: Frames to compare, 4 emulated frames apart.
        seed: Seeds game and actions.

    Returns:
        The counts by category, score display included.
    """
    sheet = find_game(game)
    env = gym.make(f"HackAtari/{sheet.name}-v0", frameskip=1, repeat_action_probability=0.0)
    checks = {category: ObjectCheck() for category in sheet.objects}
    rng = np.random.default_rng(seed)
    picture, _ = env.reset(seed=seed)
    height, width = picture.shape[:2]
    ram = env.get_wrapper_attr("ram")
    ended = False
    for _ in range(frames):
        if ended:
            env.reset()
            ended = False
        action = int(rng.integers(env.action_space.n))  # type: ignore[attr-defined]
        pictures = []
        for i in range(4):
            picture, _, terminated, truncated, _ = env.step(action)
            ended = ended or terminated or truncated
            pictures.append(picture)
            if i == 2:
                objects = sheet.find_objects(ram, hud=True, height=height, width=width)
        for found in objects:
            check = checks[found.category]
            check.present += 1
            near = pictures[1:4] if sheet.objects[found.category].flickers else pictures[2:3]
            check.found += any(_shows(p, found) for p in near)
    env.close()
    return checks


def _shows(picture: np.ndarray, found: GameObject) -> bool:
    """Whether an object's colour is inside its box."""
    box = picture[found.y : found.y + found.h, found.x : found.x + found.w]
    return bool((box == found.colour).all(axis=-1).any())
