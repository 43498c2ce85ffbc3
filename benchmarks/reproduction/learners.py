"""The learners that the supervised studies of weight clipping compare: an optimizer and a remedy, or none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from hackatari.agents.adaptive_clipping import AnchoredKappa, OccupancyKappa
from hackatari.agents.baselines import L2InitAdam, L2InitSGD, ShrinkAndPerturbAdam, ShrinkAndPerturbSGD
from hackatari.agents.weight_clipping import clip_weights

OPTIMIZERS: dict[str, dict[str, Any]] = {
    "Adam": {"plain": torch.optim.Adam, "L2-Init": L2InitAdam, "Shrink & Perturb": ShrinkAndPerturbAdam},
    "SGD": {"plain": torch.optim.SGD, "L2-Init": L2InitSGD, "Shrink & Perturb": ShrinkAndPerturbSGD},
}

# Their adaptive kappa is one per layer, which in a batch of runs would be shared by all.
ONE_RUN_EACH = ("occupancy", "anchored")


def learner_name(remedy: Mapping[str, Any]) -> str:
    """Name a remedy with its settings: "clipped, kappa 2", "L2-Init, strength 0.001", or "plain"."""
    return ", ".join([remedy["kind"], *(f"{name} {value:g}" for name, value in remedy.items() if name != "kind")])


def make_optimizer(
    network: nn.Module, optimizer: str, learning_rate: float, remedy: Mapping[str, Any], seed: int
) -> Optimizer:
    """Make the optimizer of a network.

    Args:
        network: What it trains.
        optimizer: "Adam" or "SGD", without momentum.
        learning_rate: Its constant learning rate.
        remedy: Its "kind" and the settings of that: "plain"; "clipped" with "kappa"; "occupancy" and "anchored", which
            are clipped with an adaptive kappa; "L2-Init" with "strength"; "Shrink & Perturb" with "decay" and "noise".
        seed: Seed of the noise of Shrink & Perturb.
    """
    kind, options = remedy["kind"], {name: value for name, value in remedy.items() if name != "kind"}
    if kind in ("clipped", *ONE_RUN_EACH):
        made = make_optimizer(network, optimizer, learning_rate, {"kind": "plain"}, seed)
        kappa = {"occupancy": OccupancyKappa(), "anchored": AnchoredKappa()}.get(kind) or options["kappa"]
        clip_weights(network, made, kappa=kappa)
        return made
    if kind == "Shrink & Perturb":
        options["seed"] = seed
    return OPTIMIZERS[optimizer][kind](network.parameters(), lr=learning_rate, fused=True, **options)
