"""Does a network that learns task after task lose its ability to learn, and does weight clipping keep it?

Online learning of permuted digits, after Elsayed et al. (2024), who permute inputs of MNIST and labels of EMNIST.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch

from hackatari.benchmarks.reproduction.learners import ONE_RUN_EACH, learner_name, make_optimizer
from hackatari.benchmarks.reproduction.page import Claim, Curves, Line, Section, Table, format_estimate, format_number
from hackatari.benchmarks.reproduction.parallel import parallel_hits, parallel_loss, parallel_mlp, parallel_norms
from hackatari.benchmarks.reproduction.studies import Run, RunResult, Study
from hackatari.benchmarks.reproduction.verdicts import MARGIN, all_hold, exceeds, undecided
from hackatari.benchmarks.statistics import Estimate, mean_interval
from hackatari.benchmarks.streams import DigitStream, load_images

WIDTHS = (64, 100, 50, 10)
BATCH = 8
LEARNING_RATES = {"Adam": 3e-3, "SGD": 0.1}
FIRST, LAST = 5, 10  # tasks over which the beginning and the end of a run are averaged

KAPPAS = (0.5, 1.0, 2.0, 3.0, 5.0)
STRENGTHS = (1e-3, 1e-2)
PERTURBATIONS = ((0.01, 0.01), (0.1, 0.1))  # decay and noise

PLAIN: dict[str, Any] = {"kind": "plain"}
ADAPTIVE: list[dict[str, Any]] = [{"kind": kind} for kind in ONE_RUN_EACH]
CLIPPED: list[dict[str, Any]] = [{"kind": "clipped", "kappa": kappa} for kappa in KAPPAS]
L2_INIT: list[dict[str, Any]] = [{"kind": "L2-Init", "strength": strength} for strength in STRENGTHS]
PERTURBED: list[dict[str, Any]] = [
    {"kind": "Shrink & Perturb", "decay": decay, "noise": noise} for decay, noise in PERTURBATIONS
]

STREAMS = {
    "inputs": "Every task shows the same digits with their pixels in another order.",
    "labels": "Every task shows the same digits with the ten classes numbered in another order.",
    "random labels": "Every task gives 80 digits a random label each, which the network has to memorise.",
}


def stream_studies(quick: bool, seed: int) -> list[Study]:
    """Return a study for each kind of stream: Adam and SGD, plain and with each remedy."""
    return [_study(change, quick, seed) for change in STREAMS]


def _study(change: str, quick: bool, seed: int) -> Study:
    name = f"permuted {change}".replace("permuted random", "random").replace(" ", "-")
    size = {"tasks": 12, "examples": 400} if quick else {"tasks": 80, "examples": 1600}
    seeds = 3 if quick else 10
    batched = [PLAIN, *CLIPPED, *L2_INIT, *PERTURBED]
    runs = []
    for optimizer, rate in LEARNING_RATES.items():
        settings = {"change": change, "optimizer": optimizer, "learning_rate": rate, **size}
        runs += [Run(name, {**settings, "remedy": remedy, "runs": seeds}, seed) for remedy in batched]
        runs += [
            Run(name, {**settings, "remedy": remedy, "runs": 1}, seed + k) for remedy in ADAPTIVE for k in range(seeds)
        ]
    title = {"inputs": "Permuted inputs", "labels": "Permuted labels", "random labels": "Random labels"}[change]
    return Study(name, title, runs, play, partial(_describe, title, STREAMS[change], quick))


def play(run: Run) -> dict[str, Any]:
    """Learn a stream once from beginning to end, with `settings["runs"]` seeds from the run's seed on at a time.

    Returns:
        "accuracy", the share of examples that were classified correctly before they were learned from, and "norm", that
        of the weights after a task; both of shape (runs, tasks).
    """
    settings = run.settings
    seeds = range(run.seed, run.seed + settings["runs"])
    images = 80 if settings["change"] == "random labels" else None
    streams = [
        DigitStream(settings["change"], settings["tasks"], settings["examples"], images, seed=seed) for seed in seeds
    ]
    network = parallel_mlp(WIDTHS, seeds)
    optimizer = make_optimizer(network, settings["optimizer"], settings["learning_rate"], settings["remedy"], run.seed)
    accuracies, norms = [], []
    for task in range(settings["tasks"]):
        inputs, labels = (
            torch.stack(parts) for parts in zip(*(stream[task].tensors for stream in streams), strict=True)
        )
        hits = torch.zeros(len(seeds))
        for batch, targets in zip(standardised(inputs).split(BATCH, 1), labels.split(BATCH, 1), strict=True):
            logits = network(batch)
            hits += parallel_hits(logits, targets)
            optimizer.zero_grad()
            parallel_loss(logits, targets).backward()
            optimizer.step()
        accuracies.append(hits / labels.shape[1])
        norms.append(parallel_norms(network, len(seeds)))
    return {"accuracy": torch.stack(accuracies, 1).numpy(), "norm": torch.stack(norms, 1).numpy()}


def standardised(images: torch.Tensor) -> torch.Tensor:
    """Shift and scale images so that all pixels of all training images together have mean 0 and variance 1."""
    pixels = load_images().tensors[0]
    return (images - pixels.mean()) / pixels.std()


class Learned(NamedTuple):
    """What became of one learner.

    Attributes:
        remedy: Its remedy.
        accuracy: Shape (seeds, tasks).
        norm: Of the weights, shape (seeds, tasks).
    """

    remedy: dict[str, Any]
    accuracy: np.ndarray
    norm: np.ndarray

    @property
    def first(self) -> np.ndarray:
        """Accuracy of each seed in the first tasks."""
        return self.accuracy[:, :FIRST].mean(1)

    @property
    def last(self) -> np.ndarray:
        """Accuracy of each seed in the last tasks."""
        return self.accuracy[:, -LAST:].mean(1)

    @property
    def change(self) -> Estimate:
        """Change of the accuracy from the first tasks to the last."""
        return mean_interval(self.last - self.first)


def _describe(title: str, stream: str, quick: bool, results: list[RunResult]) -> Section:
    claims, tables, curves = [], [], []
    for optimizer, rate in LEARNING_RATES.items():
        learned = _learned([result for result in results if result.run.settings["optimizer"] == optimizer])
        of_kind = {kind: [one for one in learned if one.remedy["kind"] == kind] for kind in _kinds(learned)}
        best = {kind: max(candidates, key=lambda one: one.accuracy.mean()) for kind, candidates in of_kind.items()}
        claims += _claims(title, optimizer, best, of_kind["clipped"])
        tables.append(_table(f"{title}, {optimizer}, learning rate {rate:g}", learned))
        for quantity, label in (("accuracy", "online accuracy in the task"), ("norm", "norm of the weights")):
            lines = {learner_name(one.remedy): _line(getattr(one, quantity), blocks=LAST // 2) for one in best.values()}
            curves.append(Curves(f"{title}: {label}, {optimizer}", "task", label, lines))
    seeds, tasks = learned[0].accuracy.shape
    text = f"""
        {stream} A perceptron of {"-".join(map(str, WIDTHS))} units with leaky ReLUs learns {tasks} such tasks, one
        after the other, in steps of {BATCH} examples of scikit-learn's digits. Accuracy is that of the predictions made
        before an example is learned from. {seeds} seeds, the same for all learners; brackets and bands are 95 %
        intervals over seeds.

        Of each remedy the setting with the best accuracy over all tasks is plotted and judged, as in the paper; the
        tables have all of them. Those with an adaptive kappa have no setting to choose. "Not worse" allows for
        {MARGIN:g} of accuracy.
    """
    return Section(title, text, undecided(claims) if quick else claims, tables, curves)


def _learned(results: Sequence[RunResult]) -> list[Learned]:
    """Put the seeds of each learner together."""
    by_name: dict[str, list[RunResult]] = {}
    for result in results:
        by_name.setdefault(learner_name(result.run.settings["remedy"]), []).append(result)
    return [
        Learned(
            dict(parts[0].run.settings["remedy"]),
            *(np.concatenate([part.result[key] for part in parts]) for key in ("accuracy", "norm")),
        )
        for parts in by_name.values()
    ]


def _kinds(learned: Sequence[Learned]) -> list[str]:
    return list(dict.fromkeys(one.remedy["kind"] for one in learned))


def _claims(title: str, optimizer: str, best: dict[str, Learned], all_clipped: Sequence[Learned]) -> list[Claim]:
    plain, clipped = best["plain"], best["clipped"]
    growth = mean_interval(plain.norm[:, -1] / plain.norm[:, 0])
    fall = Estimate(*(-part for part in (plain.change.mean, plain.change.high, plain.change.low)))
    lead = mean_interval(clipped.last - plain.last)
    fullest = max(all_clipped, key=lambda one: one.norm.max() / _largest_norm(one.remedy["kappa"]))
    limit = _largest_norm(fullest.remedy["kappa"])
    claims = [
        Claim(
            f"{title}: with plain {optimizer} the accuracy falls from task to task while the weights grow.",
            all_hold(exceeds(fall), exceeds(growth, 1.0)),
            f"accuracy {_figures(plain)}; norm of the weights times {format_estimate(growth)}",
        ),
        Claim(
            f"{title}: with clipped {optimizer} the accuracy does not fall.",
            exceeds(clipped.change, -MARGIN),
            f"accuracy {_figures(clipped)} with kappa {clipped.remedy['kappa']:g}",
        ),
        Claim(
            f"{title}: clipped {optimizer} is better than plain {optimizer} in the end.",
            exceeds(lead),
            f"accuracy higher by {format_estimate(lead)}",
        ),
        Claim(
            f"{title}: the weights of clipped {optimizer} stay within the bound of the theory.",
            bool(fullest.norm.max() <= limit),
            f"largest norm {format_number(fullest.norm.max())} of {format_number(limit)} allowed, "
            f"kappa {fullest.remedy['kappa']:g}",
        ),
    ]
    claims.append(_optimum_claim(title, optimizer, clipped, all_clipped))
    for kind in ONE_RUN_EACH:
        difference = mean_interval(best[kind].last - clipped.last)
        text = (
            f"(Ours) {title}: {optimizer} with the {kind} kappa is in the end not worse than with the best fixed kappa."
        )
        claims.append(Claim(text, exceeds(difference, -MARGIN), f"difference {format_estimate(difference)}"))
    return claims


def _optimum_claim(title: str, optimizer: str, best: Learned, all_clipped: Sequence[Learned]) -> Claim:
    """Return the claim that kappa can be too small and too large."""
    by_kappa = sorted(all_clipped, key=lambda one: one.remedy["kappa"])
    ends = [by_kappa[0], by_kappa[-1]]
    leads = [mean_interval(best.accuracy.mean(1) - end.accuracy.mean(1)) for end in ends]
    figures = "; ".join(
        f"{end.remedy['kappa']:g} is worse by {format_estimate(lead)}" for end, lead in zip(ends, leads, strict=True)
    )
    return Claim(
        f"{title}: the best kappa of clipped {optimizer} is neither the smallest nor the largest.",
        False if any(best is end for end in ends) else all_hold(*map(exceeds, leads)),
        f"over all tasks the best is {best.remedy['kappa']:g}; {figures}",
    )


def _figures(learned: Learned) -> str:
    first, last = (format_estimate(mean_interval(part)) for part in (learned.first, learned.last))
    return f"{first} to {last}, a change of {format_estimate(learned.change)}"


def _largest_norm(kappa: float) -> float:
    """Return the norm of weights that are all at their bound: `kappa * sqrt(sum_l n_l * (1 + 1 / fan_in_l))`."""
    fan_in, outputs = np.array(WIDTHS[:-1]), np.array(WIDTHS[1:])
    return float(kappa * np.sqrt(np.sum(outputs * (1 + 1 / fan_in))))


def _table(caption: str, learned: Sequence[Learned]) -> Table:
    rows = [
        [
            learner_name(one.remedy),
            mean_interval(one.first),
            mean_interval(one.last),
            one.change,
            mean_interval(one.accuracy.mean(1)),
            mean_interval(one.norm[:, -1]),
        ]
        for one in learned
    ]
    columns = ["Learner", f"First {FIRST} tasks", f"Last {LAST} tasks", "Change", "All tasks", "Final norm"]
    return Table(f"{caption}: online accuracy, and norm of the weights.", columns, rows)


def _line(values: np.ndarray, blocks: int) -> Line:
    """Return the mean of each few tasks, so that the curves can be told apart."""
    seeds, tasks = values.shape
    kept = tasks - tasks % blocks
    means = values[:, :kept].reshape(seeds, -1, blocks).mean(2)
    return Line(np.arange(blocks, kept + 1, blocks) - (blocks - 1) / 2, *mean_interval(means))
