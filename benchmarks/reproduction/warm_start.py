"""Does a network that has learned from other data first generalise worse, and does clipping its weights once help?

After the warm start of Elsayed et al. (2024): plain SGD on one half of the data, then on the other half.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from hackatari.agents.weight_clipping import clip_once
from hackatari.benchmarks.reproduction.learners import make_optimizer
from hackatari.benchmarks.reproduction.page import Claim, Curves, Line, Section, Table, format_estimate
from hackatari.benchmarks.reproduction.parallel import parallel_hits, parallel_loss, parallel_mlp
from hackatari.benchmarks.reproduction.permuted_streams import standardised
from hackatari.benchmarks.reproduction.studies import Run, RunResult, Study
from hackatari.benchmarks.reproduction.verdicts import all_hold, exceeds, undecided
from hackatari.benchmarks.statistics import mean_interval
from hackatari.benchmarks.streams import load_images

NAME = "warm-start"
WIDTHS = (64, 100, 50, 10)
BATCH = 10
LEARNING_RATE = 0.1
HALF = 300  # images per half
WRONG_LABELS = 0.5  # share of the training labels that are replaced by random ones
KAPPAS = (0.5, 1.0, 2.0, 3.0, 5.0)

NOT_CLIPPED = ("warm start", "from scratch", "all data")


def warm_start_study(quick: bool, seed: int) -> Study:
    """Return the study: a run for each learner, all seeds at a time."""
    size = {"epochs": 10, "runs": 5} if quick else {"epochs": 100, "runs": 40}
    learners: list[dict[str, Any]] = [{"learner": learner} for learner in NOT_CLIPPED]
    learners += [{"learner": learner, "kappa": kappa} for learner in ("one clip", "clipped") for kappa in KAPPAS]
    runs = [Run(NAME, {**each, **size}, seed) for each in learners]
    return Study(NAME, "Warm start", runs, play, partial(_describe, quick))


def play(run: Run) -> dict[str, Any]:
    """Train on both halves with `settings["runs"]` seeds at a time.

    Returns:
        "accuracy" on the test images after each epoch, shape (runs, 2 * epochs).
    """
    settings = run.settings
    learner, epochs = settings["learner"], settings["epochs"]
    seeds = [run.seed + k for k in range(settings["runs"])]
    rngs = [np.random.default_rng(seed) for seed in seeds]
    images, labels = load_images().tensors
    images = standardised(images)
    drawn = np.stack([rng.permutation(len(labels))[: 2 * HALF] for rng in rngs])
    halves = drawn[:, :HALF], drawn[:, HALF:]
    given = torch.stack([_spoilt(labels, rng) for rng in rngs])
    network = parallel_mlp(WIDTHS, seeds)
    initial = {name: value.clone() for name, value in network.state_dict().items()}
    remedy = {"kind": "clipped", "kappa": settings["kappa"]} if learner == "clipped" else {"kind": "plain"}
    optimizer = make_optimizer(network, "SGD", LEARNING_RATE, remedy, run.seed)
    accuracies = []
    for epoch in range(2 * epochs):
        if epoch == epochs and learner == "one clip":
            clip_once(network, settings["kappa"])
        if epoch == epochs and learner == "from scratch":
            network.load_state_dict(initial)
        part = drawn if learner == "all data" else halves[epoch // epochs]
        # As many steps per epoch, whatever the amount of data.
        order = np.stack([rng.permutation(row)[:HALF] for rng, row in zip(rngs, part, strict=True)])
        targets = torch.stack([row[chosen] for row, chosen in zip(given, order, strict=True)])
        for batch, batch_targets in zip(images[order].split(BATCH, 1), targets.split(BATCH, 1), strict=True):
            optimizer.zero_grad()
            parallel_loss(network(batch), batch_targets).backward()
            optimizer.step()
        accuracies.append(_test_accuracy(network, len(seeds)))
    return {"accuracy": torch.stack(accuracies, 1).numpy()}


def _spoilt(labels: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Return labels of which some are replaced by random ones."""
    wrong = torch.from_numpy(rng.random(len(labels)) < WRONG_LABELS)
    return torch.where(wrong, torch.from_numpy(rng.integers(10, size=len(labels))), labels)


@torch.no_grad()
def _test_accuracy(network: nn.Module, runs: int) -> torch.Tensor:
    images, labels = load_images(train=False).tensors
    logits = network(standardised(images).expand(runs, -1, -1))
    return parallel_hits(logits, labels.expand(runs, -1)) / len(labels)


def _describe(quick: bool, results: list[RunResult]) -> Section:
    accuracy = {_name(result): np.array(result.result["accuracy"]) for result in results}
    after = accuracy["warm start"].shape[1] // 2
    final = {name: values[:, -1] for name, values in accuracy.items()}
    peak = {name: values[:, after:].max(1) for name, values in accuracy.items()}
    claims = [*_claims("in the end", final), *_claims("in the best epoch after the switch", peak)]
    rows = [
        [name, *map(mean_interval, (values[:, after - 1], peak[name], final[name]))]
        for name, values in accuracy.items()
    ]
    seeds, epochs = accuracy["warm start"].shape
    single = dict.fromkeys(f"one clip, kappa {_best_single_clip(measure):g}" for measure in (peak, final))
    shown = [*NOT_CLIPPED, *single, max(_clipped(final), key=lambda name: final[name].mean())]
    lines = {name: Line(np.arange(1, epochs + 1), *mean_interval(accuracy[name])) for name in shown}
    text = f"""
        A perceptron of {"-".join(map(str, WIDTHS))} units learns with plain SGD, learning rate {LEARNING_RATE:g}, from
        {HALF} of scikit-learn's digits for {epochs // 2} epochs and then from {HALF} others. Digits are so easy that
        nothing would be lost: {WRONG_LABELS:.0%} of the training labels are therefore replaced by random ones. Test
        labels are right. "From scratch" begins anew at the switch; "all data" has both halves from the start, for as
        many steps; "one clip" clips the weights at the switch and never again; "clipped" does so after each step.
        {seeds} seeds; brackets and bands are 95 % intervals over seeds.

        In the end the wrong labels have been learned by heart, whatever came before. What a learner is capable of
        before that is seen in the epoch in which it does best on the test images, chosen for each seed and learner.
        This second measure was added after the results had been seen.
    """
    table = Table("Test accuracy.", ["Learner", "Before the switch", "Best epoch after it", "In the end"], rows)
    curves = Curves("Warm start: test accuracy", "epoch", "test accuracy", lines)
    return Section("Warm start", text, undecided(claims) if quick else claims, [table], [curves])


def _best_single_clip(accuracy: Mapping[str, np.ndarray]) -> float:
    """Return the kappa of the best single clip."""
    return max(KAPPAS, key=lambda kappa: accuracy[f"one clip, kappa {kappa:g}"].mean())


def _claims(when: str, accuracy: Mapping[str, np.ndarray]) -> list[Claim]:
    """Return the claims about one measure.

    Args:
        when: When it was taken.
        accuracy: By the name of the learner, shape (seeds,).
    """
    best = _best_single_clip(accuracy)
    warm, scratch, single = (accuracy[name] for name in ("warm start", "from scratch", f"one clip, kappa {best:g}"))
    gap, gain = mean_interval(scratch - warm), mean_interval(single - warm)
    most = mean_interval(single - warm - (scratch - warm) / 2)
    lead = mean_interval(single - accuracy[f"one clip, kappa {KAPPAS[0]:g}"])
    return [
        Claim(
            f"Warm start: a network that has learned from other data first generalises worse {when} than one that "
            "starts from scratch.",
            exceeds(gap),
            f"from scratch better by {format_estimate(gap)}",
        ),
        Claim(
            f"Warm start: a single clip at the switch makes the network generalise better {when}.",
            exceeds(gain),
            f"accuracy higher by {format_estimate(gain)} with kappa {best:g}",
        ),
        Claim(
            f"Warm start: a single clip at the switch makes up for most of what the warm start costs {when}.",
            all_hold(exceeds(gap), exceeds(most)),
            f"more than half of it by {format_estimate(most)} with kappa {best:g}",
        ),
        Claim(
            f"Warm start: the kappa of a single clip that is best {when} is neither the smallest nor the largest.",
            exceeds(lead) if best not in (KAPPAS[0], KAPPAS[-1]) else False,
            f"best is {best:g} of {', '.join(f'{kappa:g}' for kappa in KAPPAS)}; better than {KAPPAS[0]:g} by "
            f"{format_estimate(lead)}",
        ),
    ]


def _name(result: RunResult) -> str:
    settings = result.run.settings
    return f"{settings['learner']}, kappa {settings['kappa']:g}" if "kappa" in settings else settings["learner"]


def _clipped(names: Any) -> list[str]:
    return [name for name in names if name.startswith("clipped")]
