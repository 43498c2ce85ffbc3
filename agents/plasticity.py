"""Measures of a network's plasticity: its ability to go on learning.

Three kinds, by what they look at: the outputs of a layer's activation function, the features that a network's last
layer reads, and the weights with their gradients. All are plain functions of tensors and return a float.
`PlasticityCallback` logs them while a Stable-Baselines3 algorithm learns.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch.nn.utils import get_total_norm


def unit_scores(activations: torch.Tensor) -> torch.Tensor:
    """Activity of each unit of a layer relative to the layer's mean (Sokar et al., 2023, eq. 1).

    `s_i = E|h_i| / (1/n sum_j E|h_j|)`, the expectation being the mean over the batch and, for a convolution, over the
    positions of the channel. The scores have mean 1; a layer in which nothing is active has zeros.

    Args:
        activations: Outputs of the activation function, shape (batch, units, ...).

    Returns:
        The scores, shape (units,).

    Raises:
        ValueError: If `activations` has fewer than two dimensions.
    """
    if activations.dim() < 2:
        raise ValueError(f"`activations` must have shape (batch, units, ...), got {tuple(activations.shape)}.")
    activity = activations.abs().transpose(0, 1).flatten(start_dim=1).mean(dim=1)
    mean = activity.mean()
    return activity / mean if mean > 0 else torch.zeros_like(activity)


def dormant_ratio(activations: torch.Tensor, threshold: float = 0.025) -> float:
    """Share of a layer's units that are dormant: `s_i <= threshold` (Sokar et al., 2023).

    Args:
        activations: Outputs of the activation function, shape (batch, units, ...).
        threshold: Largest score of a dormant unit, see `unit_scores`; 0 counts units that are never active.

    Returns:
        A number from 0 to 1.
    """
    return (unit_scores(activations) <= threshold).float().mean().item()


def saturation_ratio(activations: torch.Tensor, low: float = -0.9, high: float = 0.9) -> float:
    """Share of a layer's outputs `h` where its activation function is flat: `h <= low` or `h >= high`.

    Hardly any gradient passes there. The defaults are for tanh; use (0.01, 0.99) for the logistic function and
    (0, infinity) for ReLU.

    Args:
        activations: Outputs of the activation function, any shape.
        low: Largest value of the lower flat part.
        high: Smallest value of the upper flat part.

    Returns:
        A number from 0 to 1.
    """
    return ((activations <= low) | (activations >= high)).float().mean().item()


def effective_rank(features: torch.Tensor) -> float:
    """Exponential of the entropy of the normalised singular values (Roy & Vetterli, 2007).

    `exp(-sum_i p_i ln p_i)` with `p_i = sigma_i / sum_j sigma_j`: k for k equal singular values, and less the more
    unequal they are.

    Args:
        features: Shape (batch, features). No rank is larger than the batch, so use at least as many rows as columns.

    Returns:
        A number from 1 to min(batch, features); 0 if all features are 0, not a number if one is not finite.

    Raises:
        ValueError: If `features` is not a matrix.
    """
    singular_values = _singular_values(features)
    probabilities = singular_values / singular_values.sum()
    return torch.special.entr(probabilities).sum().exp().item() if singular_values.any() else 0.0


def srank(features: torch.Tensor, delta: float = 0.01) -> float:
    """Number of singular values that make up nearly all of their sum (Kumar et al., 2021).

    The smallest k with `sum_{i<=k} sigma_i / sum_i sigma_i >= 1 - delta`, the largest first.

    Args:
        features: Shape (batch, features), see `effective_rank`.
        delta: Share of the sum that may be missing, in [0, 1).

    Returns:
        A whole number from 1 to min(batch, features); 0 if all features are 0, not a number if one is not finite.

    Raises:
        ValueError: If `features` is not a matrix.
    """
    singular_values = _singular_values(features)
    if not singular_values.any():
        return 0.0
    shares = singular_values.cumsum(dim=0) / singular_values.sum()
    return math.nan if shares.isnan().any() else 1.0 + (shares < 1 - delta).sum().item()


def stable_rank(features: torch.Tensor) -> float:
    """Squared Frobenius norm over squared spectral norm, `sum_i sigma_i^2 / max_i sigma_i^2`.

    Args:
        features: Shape (batch, features), see `effective_rank`.

    Returns:
        A number from 1 to min(batch, features); 0 if all features are 0, not a number if one is not finite.

    Raises:
        ValueError: If `features` is not a matrix.
    """
    singular_values = _singular_values(features)
    return (singular_values / singular_values.max()).square().sum().item() if singular_values.any() else 0.0


def feature_norm(features: torch.Tensor) -> float:
    """Mean Euclidean length of the feature vectors, `1/batch sum_b ||features_b||`.

    Args:
        features: Shape (batch, features).

    Returns:
        The mean, >= 0.
    """
    return torch.linalg.vector_norm(features, dim=1).mean().item()


def weight_norm(parameters: Iterable[torch.Tensor]) -> float:
    """Euclidean norm of all parameters taken as one vector, `sqrt(sum theta^2)`."""
    return get_total_norm([parameter.detach() for parameter in parameters]).item()


def weight_change(parameters: Iterable[torch.Tensor], earlier: Iterable[torch.Tensor]) -> float:
    """Root mean square of the change of all n parameters, `sqrt(1/n sum (theta - theta_earlier)^2)`.

    Args:
        parameters: The parameters now.
        earlier: The same parameters at an earlier time, in the same order.

    Returns:
        The change of a typical parameter, >= 0.

    Raises:
        ValueError: If there are not equally many tensors.
    """
    changes = [now.detach() - before.detach() for now, before in zip(parameters, earlier, strict=True)]
    return get_total_norm(changes).item() / math.sqrt(sum(change.numel() for change in changes))


def gradient_norm(parameters: Iterable[torch.Tensor]) -> float:
    """Euclidean norm of all gradients taken as one vector; parameters without a gradient count as 0."""
    return get_total_norm([parameter.grad for parameter in parameters if parameter.grad is not None]).item()


def clipped_ratio(parameters: Iterable[torch.Tensor], bounds: Iterable[float | None]) -> float:
    """Share of the weights that are at their bound or beyond, `|theta| >= bound`.

    After a step of a clipping optimizer these are the weights it has just clipped.

    Args:
        parameters: The parameters.
        bounds: The bound of each parameter, `None` where there is none: such parameters are not counted.

    Returns:
        A number from 0 to 1, 0 if no parameter has a bound.

    Raises:
        ValueError: If there are not as many bounds as parameters.
    """
    pairs = zip(parameters, bounds, strict=True)
    bounded = [(parameter.detach(), bound) for parameter, bound in pairs if bound is not None]
    # Bounds are not exact in single precision.
    clipped = sum((weights.abs() >= torch.as_tensor(bound, dtype=weights.dtype)).sum() for weights, bound in bounded)
    return float(clipped) / max(1, sum(weights.numel() for weights, _ in bounded))


def _singular_values(features: torch.Tensor) -> torch.Tensor:
    """Singular values of a matrix, the largest first; all not a number where torch would give up."""
    if features.dim() != 2:
        raise ValueError(f"`features` must have shape (batch, features), got {tuple(features.shape)}.")
    features = features.detach().float()
    if not features.isfinite().all():
        return features.new_full((min(features.shape),), math.nan)
    return torch.linalg.svdvals(features)
