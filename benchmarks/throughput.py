"""How fast vector envs step: ours, ALE's and Gymnasium's, in alternation with the same actions."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
from ale_py.vector_env import AtariVectorEnv
from gymnasium.vector import VectorEnv
from gymnasium.wrappers import AtariPreprocessing, FrameStackObservation

from hackatari.games import find_game
from hackatari.vector_env import HackAtariVectorEnv

PATCHES = {
    "pong": "lazy_enemy",
    "breakout": "gravity",
    "freeway": "all_black_cars",
    "space_invaders": "controlable_missile",
    "seaquest": "gravity",
    "ms_pacman": "disable_red",
    "boxing": "gravity",
    "kangaroo": "unlimited_time",
}
"""The games that are measured, each with a modif that acts in every frame or every few."""


@dataclass(frozen=True)
class Throughput:
    """Speed of a vector env next to ALE's `AtariVectorEnv`.

    Attributes:
        game: ROM id.
        name: Which vector env.
        num_envs: Number of sub-envs.
        steps_per_second: Agent steps of 4 frames, summed over the sub-envs; median over the rounds.
        ratio: Median over the rounds of its speed divided by that of `AtariVectorEnv` in the same round.
        ratio_low: 25 % quantile of these ratios.
        ratio_high: 75 % quantile.
    """

    game: str
    name: str
    num_envs: int
    steps_per_second: float
    ratio: float
    ratio_low: float
    ratio_high: float


def vector_envs(game: str, num_envs: int) -> dict[str, Callable[[], VectorEnv]]:
    """Return what makes each vector env of the comparison; all of them stack four grey pictures of 84x84 pixels.

    Args:
        game: ROM id, one of `PATCHES`.
        num_envs: Number of sub-envs.
    """
    return {
        "AtariVectorEnv": partial(AtariVectorEnv, game=game, num_envs=num_envs, repeat_action_probability=0.25),
        "HackAtariVectorEnv": partial(HackAtariVectorEnv, game, num_envs),
        f"HackAtariVectorEnv, {PATCHES[game]}": partial(HackAtariVectorEnv, game, num_envs, modifs=[PATCHES[game]]),
        "AsyncVectorEnv": partial(
            gym.make_vec,
            f"HackAtari/{find_game(game).name}-v0",
            num_envs=num_envs,
            vectorization_mode="async",
            wrappers=[AtariPreprocessing, partial(FrameStackObservation, stack_size=4)],
            frameskip=1,
        ),
    }


def measure_throughput(
    game: str, num_envs: int = 16, rounds: int = 9, steps: int = 120, on_round: Callable[[], None] | None = None
) -> list[Throughput]:
    """Step the vector envs in turns and compare their speeds.

    Args:
        game: ROM id, one of `PATCHES`.
        num_envs: Number of sub-envs.
        rounds: Number of turns.
        steps: Steps of each vector env in a turn.
        on_round: Called after each turn.
    """
    envs = {name: make() for name, make in vector_envs(game, num_envs).items()}
    speeds: dict[str, list[float]] = {name: [] for name in envs}
    rng = np.random.default_rng(0)
    for env in envs.values():
        env.reset(seed=0)
    for _ in range(rounds):
        actions = rng.integers(_number_of_actions(envs["HackAtariVectorEnv"]), size=(steps, num_envs))
        for name, env in envs.items():
            start = time.perf_counter()
            for action in actions:
                env.step(action)
            speeds[name].append(steps * num_envs / (time.perf_counter() - start))
        if on_round:
            on_round()
    for env in envs.values():
        env.close()
    found = []
    for name, values in speeds.items():
        ratios = np.array(values) / np.array(speeds["AtariVectorEnv"])
        low, middle, high = np.quantile(ratios, [0.25, 0.5, 0.75])
        found.append(Throughput(game, name, num_envs, float(np.median(values)), float(middle), float(low), float(high)))
    return found


def _number_of_actions(env: Any) -> int:
    return int(env.single_action_space.n)
