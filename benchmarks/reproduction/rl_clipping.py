"""Reinforcement learning with weight clipping: agents that are trained, watched, and compared seed by seed.

What the studies `policy_collapse`, `replay_ratio` and `continual_atari` share.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback

from hackatari.agents.adaptive_clipping import AnchoredKappa, OccupancyKappa
from hackatari.agents.plasticity_callback import PlasticityCallback
from hackatari.agents.weight_clipping import clip_weights, clipping_report
from hackatari.benchmarks.reproduction.learners import learner_name
from hackatari.benchmarks.reproduction.page import Claim, Curves, Line, format_estimate, format_number
from hackatari.benchmarks.reproduction.studies import RunResult
from hackatari.benchmarks.statistics import Estimate, mean_interval

FloatArray = NDArray[np.float64]

PLAIN: dict[str, Any] = {"kind": "plain"}
ADAPTIVE = {"occupancy": OccupancyKappa(), "anchored": AnchoredKappa()}


def clipped(kappa: float) -> dict[str, Any]:
    """Return the remedy of clipping with a fixed `kappa`, in the form of `learner_name`."""
    return {"kind": "clipped", "kappa": kappa}


class BlockMeans(BaseCallback):
    """Means over equal blocks of a training.

    Args:
        block: Environment steps of a block, summed over sub-envs.
        of: "reward", the mean over steps, or "return", the mean over the episodes that end in a block.

    Attributes:
        means: The mean of each block that is over.
    """

    def __init__(self, block: int, of: str) -> None:
        super().__init__()
        self.block = block
        self.of = of
        self.means: list[float] = []
        self._values: list[float] = []

    def _on_step(self) -> bool:
        if self.of == "reward":
            self._values += self.locals["rewards"].tolist()
        else:
            self._values += [info["episode"]["r"] for info in self.locals["infos"] if "episode" in info]
        if self.num_timesteps % self.block == 0:
            self.means.append(float(np.mean(self._values)))
            self._values.clear()
        return True


class Training:
    """An agent with a remedy, that is trained in equal blocks and measured in each of them.

    Args:
        model: The agent, not trained yet.
        remedy: As in `learner_name`: "plain", "clipped", or one of `ADAPTIVE`.
        block: Environment steps of a block, summed over sub-envs; a multiple of their number.
        measured: What the performance is, see `BlockMeans`.
    """

    def __init__(self, model: BaseAlgorithm, remedy: Mapping[str, Any], block: int, measured: str) -> None:
        self.model = model
        self.clips = remedy["kind"] != "plain"
        if self.clips:
            clip_weights(model, kappa=ADAPTIVE.get(remedy["kind"]) or remedy["kappa"])
        self.block = block
        self._performance = BlockMeans(block, measured)
        self._plasticity = PlasticityCallback(every=block, batch_size=256)

    def run(self, blocks: int) -> None:
        """Train for a number of blocks, after those before."""
        callbacks: list[BaseCallback] = [self._performance, self._plasticity]
        self.model.learn(blocks * self.block, callbacks, reset_num_timesteps=self.model.num_timesteps == 0)

    def result(self) -> dict[str, Any]:
        """Return what has been measured, as `Study.play` does.

        Returns:
            "performance" and "plasticity", the latter by measure, of each block. With clipping "fill" as well: the
            largest weight in the end relative to its bound, and the largest norm of all weights relative to the one
            that the bounds allow.
        """
        history = self._plasticity.history
        result: dict[str, Any] = {
            "performance": self._performance.means,
            "plasticity": {name: [entry[name] for entry in history] for name in history[0]},
        }
        if self.clips:
            weights = dict(self.model.policy.named_parameters())
            bounds = [(weights[line.name], line.bound) for line in clipping_report(self.model) if line.bound]
            limit = math.sqrt(sum(weight.numel() * bound**2 for weight, bound in bounds))
            norm = max(result["plasticity"]["weight_norm"])
            result["fill"] = [max(weight.abs().max().item() / bound for weight, bound in bounds), norm / limit]
        return result


@dataclass(frozen=True)
class Agents:
    """Agents that were trained alike, each with a seed of its own.

    Attributes:
        remedy: Their remedy.
        performance: Of each block, shape (seeds, blocks).
        plasticity: Likewise for each measure of `PlasticityCallback`, by its name.
        fill: Largest weight and largest norm relative to what is allowed, shape (seeds, 2); None without clipping.
    """

    remedy: Mapping[str, Any]
    performance: FloatArray
    plasticity: Mapping[str, FloatArray]
    fill: FloatArray | None

    @property
    def name(self) -> str:
        """Name of the remedy."""
        return learner_name(self.remedy)

    @property
    def mean(self) -> FloatArray:
        """Mean performance of each seed over the whole training."""
        return self.performance.mean(1)

    def part(self, start: float, end: float) -> FloatArray:
        """Mean performance of each seed in the blocks between two fractions of the training."""
        blocks = self.performance.shape[1]
        return self.performance[:, math.floor(start * blocks) : math.ceil(end * blocks)].mean(1)

    def last(self, measure: str) -> FloatArray:
        """The last measurement of each seed."""
        return self.plasticity[measure][:, -1]


def agents_of(results: Sequence[RunResult]) -> list[Agents]:
    """Put the seeds of each remedy together.

    Args:
        results: Results that differ in remedy and seed only.
    """
    by_name: dict[str, list[RunResult]] = {}
    for result in results:
        by_name.setdefault(learner_name(result.run.settings["remedy"]), []).append(result)
    return [
        Agents(
            dict(parts[0].run.settings["remedy"]),
            np.array([part.result["performance"] for part in parts]),
            {
                measure: np.array([part.result["plasticity"][measure] for part in parts], dtype=float)
                for measure in parts[0].result["plasticity"]
            },
            np.array([part.result["fill"] for part in parts]) if "fill" in parts[0].result else None,
        )
        for parts in by_name.values()
    ]


def of_kind(agents: Iterable[Agents], kind: str) -> Agents:
    """Return the agents with a kind of remedy; of several settings those that performed best over all."""
    return max((each for each in agents if each.remedy["kind"] == kind), key=lambda each: each.performance.mean())


def bound_claim(agents: Iterable[Agents], prefix: str) -> Claim:
    """Return the claim that weight clipping keeps its bounds.

    Args:
        agents: Those with a fixed `kappa` are looked at.
        prefix: Names the study.
    """
    fills = [each.fill for each in agents if each.fill is not None and each.remedy["kind"] == "clipped"]
    weight, norm = np.concatenate(fills).max(axis=0)
    # Bounds are rounded to the precision of the weights.
    return Claim(
        f"{prefix}: no weight ends beyond `kappa / sqrt(fan_in)`, and the norm of all stays within what that allows.",
        bool(weight <= 1 + 1e-6 and norm <= 1 + 1e-6),
        f"largest weight {format_number(weight)} and largest norm {format_number(norm)} of what is allowed",
    )


def change(agents: Agents, before: tuple[float, float], after: tuple[float, float]) -> Estimate:
    """Return the change of the performance from one part of the training to another, see `Agents.part`."""
    return mean_interval(agents.part(*after) - agents.part(*before))


def figures(agents: Agents, before: tuple[float, float], after: tuple[float, float]) -> str:
    """Write the performance in two parts of the training and its change."""
    first, last = (format_estimate(mean_interval(agents.part(*part))) for part in (before, after))
    return f"{first} to {last}, a change of {format_estimate(change(agents, before, after))}"


def performance_curves(title: str, label: str, agents: Iterable[Agents], block: int) -> Curves:
    """Plot the performance of each block at its middle, as a mean over seeds."""
    lines = {each.name: _line(each.performance, block, middle=0.5) for each in agents}
    return Curves(title, "environment steps", label, lines)


def plasticity_curves(prefix: str, labels: Mapping[str, str], agents: Sequence[Agents], block: int) -> list[Curves]:
    """Plot measures of plasticity, each taken at the end of a block, as means over seeds.

    Args:
        prefix: Start of the titles.
        labels: What the measures mean, by their names.
        agents: Whose.
        block: Environment steps of a block.
    """
    return [
        Curves(
            f"{prefix}: {label}",
            "environment steps",
            label,
            {each.name: _line(each.plasticity[measure], block, middle=0.0) for each in agents},
        )
        for measure, label in labels.items()
    ]


def _line(values: FloatArray, block: int, middle: float) -> Line:
    positions = (np.arange(1, values.shape[1] + 1) - middle) * block
    return Line(positions, *mean_interval(values))
