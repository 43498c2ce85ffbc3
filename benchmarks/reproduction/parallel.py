"""Small multilayer perceptrons of several independent runs, trained as one network.

A step of a small network costs hardly more for ten runs at once than for one. The runs share nothing: each has initial
weights from its own seed, and the loss is a sum over runs, so that no gradient crosses from one to another. Optimizers
that treat each weight by itself treat each run by itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional


class ParallelLinear(nn.Conv1d):
    """A linear layer for each run: a grouped convolution of width 1, computed as one batched matrix product.

    Being a convolution it says by itself what its fan-in is, so that weight clipping bounds it like `nn.Linear`. Its
    initial weights and biases are torch's default, uniform in +-1/sqrt(in_features).

    Args:
        in_features: Inputs of each run's layer.
        out_features: Outputs of each run's layer.
        generators: Source of the initial weights of each run.
    """

    def __init__(self, in_features: int, out_features: int, generators: Sequence[torch.Generator]) -> None:
        runs = len(generators)
        super().__init__(runs * in_features, runs * out_features, kernel_size=1, groups=runs)
        half_width = 1 / math.sqrt(in_features)
        with torch.no_grad():
            for parameter in (self.weight, self.bias):
                for part, generator in zip(parameter.chunk(runs), generators, strict=True):  # type: ignore[union-attr]
                    part.uniform_(-half_width, half_width, generator=generator)

    def reset_parameters(self) -> None:
        """Draw nothing from torch's global generator; `__init__` fills the parameters."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Map inputs of shape (runs, batch, in_features) to outputs of shape (runs, batch, out_features)."""
        weight = self.weight.view(self.groups, -1, inputs.shape[-1])
        bias = self.bias.view(self.groups, 1, -1)  # type: ignore[union-attr]
        return torch.baddbmm(bias, inputs, weight.transpose(1, 2))


def parallel_mlp(widths: Sequence[int], seeds: Sequence[int]) -> nn.Sequential:
    """Make a perceptron with leaky ReLUs for each run.

    Args:
        widths: Numbers of inputs, of hidden units in each layer, and of outputs.
        seeds: Seed of the initial weights of each run; those of a run do not depend on the other runs.

    Returns:
        A network from (runs, batch, inputs) to (runs, batch, outputs).
    """
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    layers: list[nn.Module] = []
    for in_features, out_features in pairwise(widths):
        layers += [ParallelLinear(in_features, out_features, generators), nn.LeakyReLU()]
    return nn.Sequential(*layers[:-1])


def parallel_loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the sum over runs of the mean cross-entropy.

    Args:
        logits: Shape (runs, batch, classes).
        labels: int64 of shape (runs, batch).
    """
    return functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="sum") / labels.shape[1]


def parallel_hits(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return how many examples each run classifies correctly, int64 of shape (runs,); see `parallel_loss`."""
    return (logits.argmax(-1) == labels).sum(1)


@torch.no_grad()
def parallel_norms(network: nn.Module, runs: int) -> torch.Tensor:
    """Return the Euclidean norm of the weights and biases of each of a network's runs, shape (runs,)."""
    return torch.cat([parameter.view(runs, -1) for parameter in network.parameters()], dim=1).norm(dim=1)
