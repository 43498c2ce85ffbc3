"""What weight clipping costs: optimizer steps with and without it on Atari's NatureCNN, in alternation.

Run as `python -m hackatari.benchmarks.clipping_overhead`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
import torch
import typer
from stable_baselines3.common.policies import ActorCriticCnnPolicy
from torch.optim import Optimizer

from hackatari.agents import AnchoredKappa, ClippedAdam, OccupancyKappa
from hackatari.benchmarks.cpu_tuning import keep_freed_memory

VARIANTS: dict[str, Callable[[Sequence[torch.Tensor]], Optimizer]] = {
    "ClippedAdam": partial(ClippedAdam, lr=1e-4),
    "OccupancyKappa": partial(ClippedAdam, lr=1e-4, kappa=OccupancyKappa()),
    "AnchoredKappa": partial(ClippedAdam, lr=1e-4, kappa=AnchoredKappa()),
}
"""What is measured, next to `torch.optim.Adam`."""


@dataclass(frozen=True)
class ClippingOverhead:
    """Time of a clipped optimizer step next to a plain one.

    Attributes:
        name: Key of `VARIANTS`.
        milliseconds: Time of a step, median over the rounds.
        plain_milliseconds: The same of `torch.optim.Adam`.
        ratio: Median over the rounds of the clipped time divided by the plain time of the same round.
        ratio_low: 25 % quantile of these ratios.
        ratio_high: 75 % quantile.
    """

    name: str
    milliseconds: float
    plain_milliseconds: float
    ratio: float
    ratio_low: float
    ratio_high: float


def measure_clipping_overhead(name: str, rounds: int = 40, steps: int = 20, device: str = "cpu") -> ClippingOverhead:
    """Let Adam and a clipped optimizer step in turns on two equal policies with NatureCNN (1.7 million weights).

    Args:
        name: Key of `VARIANTS`.
        rounds: Number of turns; the order within a turn alternates.
        steps: Optimizer steps per turn and optimizer.
        device: Where the weights are.
    """
    optimizers = [torch.optim.Adam(_parameters(device), lr=1e-4), VARIANTS[name](_parameters(device))]
    for optimizer in optimizers:
        _seconds_per_step(optimizer, 5, device)
    seconds = np.empty((rounds, 2))
    for turn in range(rounds):
        for which in (0, 1) if turn % 2 else (1, 0):
            seconds[turn, which] = _seconds_per_step(optimizers[which], steps, device)
    plain, clipped = 1000 * np.median(seconds, axis=0)
    low, middle, high = np.quantile(seconds[:, 1] / seconds[:, 0], [0.25, 0.5, 0.75])
    return ClippingOverhead(name, *map(float, (clipped, plain, middle, low, high)))


def _parameters(device: str) -> list[torch.Tensor]:
    images: gym.Space[Any] = gym.spaces.Box(0, 255, (4, 84, 84), np.uint8)
    policy = ActorCriticCnnPolicy(images, gym.spaces.Discrete(6), lambda _: 1e-4).to(device)
    generator = torch.Generator(device).manual_seed(0)
    parameters: list[torch.Tensor] = list(policy.parameters())
    for parameter in parameters:
        parameter.grad = 1e-3 * torch.randn(parameter.shape, generator=generator, device=device)
    return parameters


def _seconds_per_step(optimizer: Optimizer, steps: int, device: str) -> float:
    start = time.perf_counter()
    for _ in range(steps):
        optimizer.step()
    if device != "cpu":
        torch.cuda.synchronize(device)
    return (time.perf_counter() - start) / steps


def main(rounds: int = 40, device: str = "cpu", threads: int = 1, tuned: bool = False) -> None:
    """Measure every variant and write one line for each; with --tuned in a process that keeps freed memory."""
    torch.set_num_threads(threads)
    if tuned:
        keep_freed_memory()
    for name in VARIANTS:
        overhead = measure_clipping_overhead(name, rounds, device=device)
        typer.echo(
            f"{name:15} {overhead.milliseconds:.3f} ms, plain Adam {overhead.plain_milliseconds:.3f} ms: "
            f"{overhead.ratio - 1:+.1%} ({overhead.ratio_low - 1:+.1%} to {overhead.ratio_high - 1:+.1%})"
        )


if __name__ == "__main__":
    typer.run(main)
