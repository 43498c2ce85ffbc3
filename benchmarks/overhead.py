"""What a patch costs: frames per second of variants relative to the native env, measured in alternation."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import gymnasium as gym
import numpy as np

from hackatari.games import find_game

VARIANTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("pong", ()),
    ("pong", ("lazy_enemy",)),
    ("pong", ("random_perturbation_enemy",)),
    ("pong", ("hidden_enemy",)),
    ("freeway", ("all_black_cars",)),
    ("freeway", ("reverse_car_speed_bottom", "reverse_car_speed_top")),
    ("freeway", ("strobo_mode",)),
    ("pong", ("inverted_colors",)),
    ("pong", ("mirror",)),
    ("pong", ("flicker(0.5)",)),
    ("pong", ("masked_hud",)),
    ("pong", ("background(noise)",)),
    ("pong", ("sticky_actions(0.25)",)),
)
"""What is measured by default."""


@dataclass(frozen=True)
class Overhead:
    """Speed of a variant next to `ALE/<Game>-v5` with the same actions.

    Attributes:
        game: ROM id.
        modifs: The variant.
        fps: Emulated frames per second of the variant, median over the rounds.
        native_fps: The same of `ALE/<Game>-v5`.
        ratio: Median over the rounds of the variant's speed divided by the native speed of the same round.
        ratio_low: 25 % quantile of these ratios.
        ratio_high: 75 % quantile.
    """

    game: str
    modifs: tuple[str, ...]
    fps: float
    native_fps: float
    ratio: float
    ratio_low: float
    ratio_high: float


def measure_overhead(
    game: str,
    modifs: Sequence[str],
    rounds: int = 60,
    steps: int = 250,
    on_round: Callable[[], None] | None = None,
) -> Overhead:
    """Step the native env and the variant in turns and compare their speeds.

    Args:
        game: Name or ROM id.
        modifs: The variant.
        rounds: Number of turns; the order within a turn alternates.
        steps: Agent steps (of 4 frames, RGB observations) per env and turn.
        on_round: Called after each turn.
    """
    sheet = find_game(game)
    envs = [gym.make(f"ALE/{sheet.name}-v5"), gym.make(f"HackAtari/{sheet.name}-v0", modifs=list(modifs))]
    # The envs are compared bare; Gymnasium's checking wrappers cost both the same.
    bare = [env.unwrapped for env in envs]
    rng = np.random.default_rng(0)
    for env in bare:
        env.reset(seed=0)
    speeds = np.empty((rounds, 2))
    for turn in range(rounds):
        actions = rng.integers(bare[0].action_space.n, size=steps).tolist()  # type: ignore[attr-defined]
        for which in (0, 1) if turn % 2 else (1, 0):
            speeds[turn, which] = _frames_per_second(bare[which], actions)
        if on_round:
            on_round()
    for env in envs:
        env.close()
    ratios = speeds[:, 1] / speeds[:, 0]
    native, patched = np.median(speeds, axis=0)
    low, middle, high = np.quantile(ratios, [0.25, 0.5, 0.75])
    return Overhead(sheet.rom, tuple(modifs), *map(float, (patched, native, middle, low, high)))


def find_slowest(game: str, on_modif: Callable[[], None] | None = None) -> str:
    """Return the modif of a game that slows it down most, by a quick measurement of all.

    Args:
        game: Name or ROM id of a game with modifs.
        on_modif: Called after each modif.
    """
    ratios = {}
    for modif in find_game(game).modifs:
        ratios[modif] = measure_overhead(game, (modif,), rounds=8, steps=100).ratio
        if on_modif:
            on_modif()
    return min(ratios, key=lambda modif: ratios[modif])


def _frames_per_second(env: gym.Env, actions: Sequence[int]) -> float:
    """Time the steps of one turn; resets are left out, they are the same for all."""
    seconds = 0.0
    for action in actions:
        start = time.perf_counter()
        _, _, terminated, truncated, _ = env.step(action)
        seconds += time.perf_counter() - start
        if terminated or truncated:
            env.reset()
    return 4 * len(actions) / seconds
