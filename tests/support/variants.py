"""What the tests of the games do with a variant: make it, play it, look at its picture and its objects."""

from __future__ import annotations

from functools import cache
from typing import Any

import gymnasium as gym
import numpy as np

from hackatari import GameObject

NOOP = 0

Box = tuple[int, int, int, int]
Env = gym.Env[np.ndarray, Any]


def make_variant(game: str, *modifs: str, seed: int = 0, frameskip: int = 1) -> Env:
    """Make a variant without sticky actions and start an episode; `game` is the name in env IDs."""
    env = gym.make(f"HackAtari/{game}-v0", modifs=list(modifs), frameskip=frameskip, repeat_action_probability=0.0)
    env.reset(seed=seed)
    return env


@cache
def shared_env(game: str) -> Env:
    """Return the one env of a game for tests that only differ in modifs: making an env takes longer than a reset."""
    return make_variant(game)


def start_variant(game: str, *modifs: str) -> Env:
    """Start an episode with these modifs in the one env of a game."""
    env = shared_env(game)
    env.reset(options={"modifs": modifs})
    return env


def play(env: Env, frames: int, action: int = NOOP) -> np.ndarray:
    """Repeat an action and return the last picture."""
    for _ in range(frames):
        picture = env.step(action)[0]
    return picture


def objects(env: Env, category: str) -> list[GameObject]:
    """Return the objects of a category."""
    return [o for o in env.get_wrapper_attr("objects") if o.category == category]


def boxes(env: Env, category: str) -> list[Box]:
    """Return left, top, width and height of the objects of a category."""
    return [(o.x, o.y, o.w, o.h) for o in objects(env, category)]


def inside(picture: np.ndarray, box: Box) -> np.ndarray:
    """Return the part of a picture that is inside a box."""
    x, y, w, h = box
    return picture[y : y + h, x : x + w]


def shows(picture: np.ndarray, colour: tuple[int, int, int]) -> bool:
    """Whether some pixel has this colour."""
    return bool((picture == colour).all(-1).any())
