"""Two ways to let `kappa` of weight clipping follow the training, one value per layer.

Clipping (Elsayed et al., 2024) needs a `kappa` that suits the task. `OccupancyKappa` moves it until a given share of a
layer's weights is at the bound, `AnchoredKappa` until an optimizer step changes the weights by a given fraction. Pass
either instead of a number, `ClippedAdam(parameters, kappa=OccupancyKappa())`; it is copied for each parameter group.
Both are this project's own extensions of the paper.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, NamedTuple

import torch


class ClippedParameter(NamedTuple):
    """A parameter that is clipped to `+-kappa * scale`.

    Attributes:
        tensor: The parameter.
        scale: Half-width of its box for `kappa=1`.
        layer: Number of its layer in the parameter group.
    """

    tensor: torch.Tensor
    scale: float
    layer: int


@dataclass(kw_only=True)
class AdaptiveKappa(ABC):
    """A `kappa` per layer that changes during training.

    Args:
        initial: First value.
        minimum: Least value, > 0.
        maximum: Largest value.
        every: Optimizer steps between two updates; 100, in `AnchoredKappa` 10.
        decay: Weight of the past in the running mean of what is measured at each update, in [0, 1).

    Attributes:
        kappas: The value of each layer by its number, once it has been updated.
        steps: Optimizer steps so far.

    Raises:
        ValueError: If an argument is out of range.
    """

    initial: float = 3.0
    minimum: float = 1.0
    maximum: float = 10.0
    every: int = 100
    decay: float = 0.9
    kappas: dict[int, float] = field(default_factory=dict, init=False)
    steps: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if not 0 < self.minimum <= self.initial <= self.maximum:
            raise ValueError(
                f"`minimum`, `initial` and `maximum` must be > 0 and ascending, got {self.minimum!r}, "
                f"{self.initial!r} and {self.maximum!r}."
            )
        if not (isinstance(self.every, int) and self.every >= 1):
            raise ValueError(f"`every` must be an integer >= 1, got {self.every!r}.")
        if not 0 <= self.decay < 1:
            raise ValueError(f"`decay` must lie in [0, 1), got {self.decay!r}.")

    def of_layer(self, layer: int) -> float:
        """Return the present `kappa` of a layer."""
        return self.kappas.get(layer, self.initial)

    def after_step(self, parameters: Iterable[ClippedParameter], learning_rate: float) -> None:
        """Update each layer's `kappa` after an optimizer step, before its weights are clipped.

        Args:
            parameters: Those of the group that are clipped, with the weights that the optimizer wants.
            learning_rate: The one of the step.
        """
        self.steps += 1
        if self.steps % self.every == 0:
            for layer, members in _by_layer(parameters).items():
                kappa = self._updated(layer, members, learning_rate)
                self.kappas[layer] = min(max(kappa, self.minimum), self.maximum)

    @abstractmethod
    def _updated(self, layer: int, members: Sequence[ClippedParameter], learning_rate: float) -> float:
        """Return the next `kappa` of a layer, not yet limited."""

    def _mean(self, means: dict[int, float], layer: int, value: float) -> float:
        """Take a value into the running mean of a layer, which starts at its first value, and return the mean."""
        means[layer] = self.decay * means.get(layer, value) + (1 - self.decay) * value
        return means[layer]

    def state_dict(self) -> dict[str, Any]:
        """Return settings and state as plain numbers."""
        return {"design": type(self).__name__, **asdict(self)}

    @staticmethod
    def from_state_dict(state: Mapping[str, Any]) -> AdaptiveKappa:
        """Make an object with the settings and the state of `state_dict()`."""
        design = {cls.__name__: cls for cls in (OccupancyKappa, AnchoredKappa)}[state["design"]]
        kappa = design(**{option.name: state[option.name] for option in fields(design) if option.init})
        for attribute in fields(design):
            if not attribute.init:
                setattr(kappa, attribute.name, state[attribute.name])
        return kappa


@dataclass(kw_only=True)
class OccupancyKappa(AdaptiveKappa):
    """Holds the share of each layer's weights at the bound at a target.

    Every `every` steps, with `f` the running mean of that share:

        log kappa <- log kappa + rate * (f - target)

    A box that nothing touches tightens, by 1 % per update at most so that it never clips abruptly; one that binds
    widens. Where learning pushes ever more weights outwards it keeps widening: then the share is no sign of health.

    Args:
        target: Share of weights at the bound to aim for, in (0, 1).
        rate: Change of `log kappa` per update and unit of share, >= 0; 0 keeps `initial`.

    Attributes:
        occupancies: Running mean of the share of each layer.

    Raises:
        ValueError: If an argument is out of range.
    """

    target: float = 0.02
    rate: float = 0.5
    occupancies: dict[int, float] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.target < 1:
            raise ValueError(f"`target` must lie in (0, 1), got {self.target!r}.")
        if not 0 <= self.rate < math.inf:
            raise ValueError(f"`rate` must be a finite number >= 0, got {self.rate!r}.")

    def _updated(self, layer: int, members: Sequence[ClippedParameter], learning_rate: float) -> float:
        kappa = self.of_layer(layer)
        at_bound = sum(int((tensor.detach().abs() >= kappa * scale).sum()) for tensor, scale, _ in members)
        share = at_bound / sum(member.tensor.numel() for member in members)
        excess = self._mean(self.occupancies, layer, share) - self.target
        return kappa * max(math.exp(self.rate * excess), 0.99)


@dataclass(kw_only=True)
class AnchoredKappa(AdaptiveKappa):
    """Holds the size of an optimizer step relative to the weights of its layer at an anchor.

    Weights that fill their box evenly have the root mean square `kappa * scale / sqrt(3)`. With `u` the running mean of
    the root mean square of the changes that the optimizer makes to the weights of a layer in one step,

        kappa = sqrt(3) * u / (anchor * scale)

    is the box in which a step changes the weights by the fraction `anchor`. Weights that grow cannot bring the
    fraction far below it: it is `anchor / sqrt(3)` if all lie at the bound. Changes are divided by the learning rate
    and multiplied by the first one, so that annealing does not shrink the box.

    Args:
        anchor: Relative change per step to hold, > 0. By default it is measured in each layer.
        n_anchor_updates: Updates over which it is measured, >= 1; `kappa` is `initial` meanwhile.

    Attributes:
        anchors: Mean relative change of each layer over the updates that measured it.
        n_measured: How many updates that were.
        changes: Running mean of `u / scale` of each layer.
        first_learning_rate: The one at the first update, `None` before.

    Raises:
        ValueError: If an argument is out of range.
    """

    every: int = 10
    anchor: float | None = None
    n_anchor_updates: int = 10
    anchors: dict[int, float] = field(default_factory=dict, init=False)
    n_measured: dict[int, int] = field(default_factory=dict, init=False)
    changes: dict[int, float] = field(default_factory=dict, init=False)
    first_learning_rate: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (self.anchor is None or 0 < self.anchor < math.inf):
            raise ValueError(f"`anchor` must be a finite number > 0 or None, got {self.anchor!r}.")
        if not (isinstance(self.n_anchor_updates, int) and self.n_anchor_updates >= 1):
            raise ValueError(f"`n_anchor_updates` must be an integer >= 1, got {self.n_anchor_updates!r}.")
        self._before: dict[torch.Tensor, torch.Tensor] = {}

    def before_step(self, parameters: Iterable[ClippedParameter]) -> None:
        """Copy the weights before an optimizer step that an update follows.

        Args:
            parameters: Those of the group that are clipped.
        """
        if (self.steps + 1) % self.every == 0:
            self._before = {member.tensor: member.tensor.detach().clone() for member in parameters}

    def after_step(self, parameters: Iterable[ClippedParameter], learning_rate: float) -> None:
        """Update each layer's `kappa`; see `AdaptiveKappa.after_step`."""
        super().after_step(parameters, learning_rate)
        self._before = {}

    def _updated(self, layer: int, members: Sequence[ClippedParameter], learning_rate: float) -> float:
        size = _root_mean_square((self._before[tensor], scale) for tensor, scale, _ in members)
        change = _root_mean_square((self._before[tensor].sub_(tensor.detach()), scale) for tensor, scale, _ in members)
        if change == 0 or size == 0 or learning_rate == 0:
            return self.of_layer(layer)
        if self.first_learning_rate is None:
            self.first_learning_rate = learning_rate
        change *= self.first_learning_rate / learning_rate
        mean_change = self._mean(self.changes, layer, change)
        if self.anchor is not None:
            return math.sqrt(3) * mean_change / self.anchor
        n_measured = self.n_measured.get(layer, 0)
        if n_measured < self.n_anchor_updates:
            anchor = self.anchors.get(layer, 0.0)
            self.anchors[layer] = anchor + (change / size - anchor) / (n_measured + 1)
            self.n_measured[layer] = n_measured + 1
            return self.of_layer(layer)
        return math.sqrt(3) * mean_change / self.anchors[layer]


def _by_layer(parameters: Iterable[ClippedParameter]) -> dict[int, list[ClippedParameter]]:
    layers: dict[int, list[ClippedParameter]] = {}
    for parameter in parameters:
        layers.setdefault(parameter.layer, []).append(parameter)
    return layers


def _root_mean_square(scaled: Iterable[tuple[torch.Tensor, float]]) -> float:
    """Return the root mean square of all elements, each in units of the scale of its tensor."""
    total, n_elements = 0.0, 0
    for tensor, scale in scaled:
        total += (torch.linalg.vector_norm(tensor).item() / scale) ** 2
        n_elements += tensor.numel()
    return math.sqrt(total / n_elements)
