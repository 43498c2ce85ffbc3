"""Weight clipping (Elsayed et al., 2024) for any torch optimizer.

After every step each weight and bias is clamped to `+-kappa / sqrt(fan_in)` of its layer; for `kappa=1` this
is the support of torch's default initialisation. Bounded weights keep networks plastic in long training on
changing tasks. Any SB3 policy takes a clipped optimizer:

    PPO("MlpPolicy", env, policy_kwargs=dict(optimizer_class=ClippedAdam, optimizer_kwargs=dict(kappa=3.0)))
"""

from __future__ import annotations

import copyreg
import functools
import math
from collections.abc import Callable, Iterable
from numbers import Real
from typing import Any

import torch
from torch.optim import Optimizer


def clipping_bounds(parameters: Iterable[torch.Tensor], kappa: float) -> list[float | None]:
    """Returns the bound `kappa / sqrt(fan_in)` of each parameter, found from the shapes alone.

    - A tensor of two or more dimensions is the weight of a layer. Its fan-in is the size of one row,
      `weight[0].numel()`: the inputs of a Linear unit, channels times kernel area of a convolution.
    - A 1-D tensor directly after such a weight, with as many elements as the weight has rows, is its bias and
      shares its bound.
    - Every other tensor has no bound: `log_std` of a Gaussian policy, gain and shift of a normalisation.

    An optimizer gets its parameters without their modules, so shapes are all there is to go by. They mislead
    where a normalisation follows a layer without bias (its gain is taken for the bias) and where a matrix is
    not the weight of a Linear layer: an embedding, a recurrent weight, the `log_std` of gSDE.

    Args:
        parameters: Parameters in the order of `module.parameters()`.
        kappa: Half-width of the box in units of `1 / sqrt(fan_in)`, > 0.

    Returns:
        One bound per parameter, `None` where a parameter is not clipped.

    Raises:
        ValueError: If `kappa` is not a number > 0.

    Example:
        >>> clipping_bounds(torch.nn.Linear(4, 2).parameters(), kappa=3.0)
        [1.5, 1.5]
    """
    _check_kappa(kappa)
    bounds: list[float | None] = []
    weight_rows: torch.Size | None = None
    for parameter in parameters:
        if parameter.dim() >= 2:
            bounds.append(kappa / math.sqrt(math.prod(parameter.shape[1:])))
            weight_rows = parameter.shape[:1]
        else:
            bounds.append(bounds[-1] if parameter.shape == weight_rows else None)
            weight_rows = None
    return bounds


@functools.cache
def weight_clipped(optimizer_class: type[Optimizer]) -> type:
    """Returns a subclass of an optimizer that clips the weights after each step.

    Its constructor takes `kappa` (default 3.0, > 0) besides the arguments of `optimizer_class`. Like any
    option, `kappa` can differ between parameter groups and is part of the state dict. Values from 1 up make
    sense; smaller ones clip torch's default initialisation. Weights that start outside the box are clipped by
    the first step; with SB3's orthogonal initialisation some do, for `kappa` up to about 3. Parameters that
    have no gradient are left alone, as by every optimizer. See `clipping_bounds` for the bounds.

    The same argument always gives the same class. The class is pickled as this very call, so it can be loaded
    wherever `optimizer_class` can.

    Args:
        optimizer_class: A torch optimizer class.

    Returns:
        The class `Clipped<name of optimizer_class>`, or `optimizer_class` itself if it clips already.

    Raises:
        TypeError: If `optimizer_class` is not a torch optimizer class.
    """
    if not (isinstance(optimizer_class, type) and issubclass(optimizer_class, Optimizer)):
        raise TypeError(f"`optimizer_class` must be a class like torch.optim.Adam, got {optimizer_class!r}.")
    if issubclass(optimizer_class, _WeightClipping):
        return optimizer_class
    name = qualname = f"Clipped{optimizer_class.__name__}"
    while qualname in globals():
        qualname += "_"
    namespace = {"__module__": __name__, "__qualname__": qualname, "optimizer_class": optimizer_class}
    clipped = _ClippedOptimizerType(name, (_WeightClipping, optimizer_class), namespace)
    # cloudpickle, which SB3 saves with, uses `_reduce_class` only for classes it can look up by name.
    globals()[qualname] = clipped
    return clipped


class _ClippedOptimizerType(type):
    """Metaclass of the clipped optimizers, by which `copyreg` finds how to pickle them."""


def _reduce_class(cls: _ClippedOptimizerType) -> str | tuple[Callable[..., type], tuple[type]]:
    if "optimizer_class" in vars(cls):
        return weight_clipped, (vars(cls)["optimizer_class"],)
    return cls.__qualname__  # Written out by a user as a subclass: pickled by name, as classes usually are.


copyreg.pickle(_ClippedOptimizerType, _reduce_class)  # type: ignore[arg-type]


class _WeightClipping(Optimizer, metaclass=_ClippedOptimizerType):
    def __init__(self, params: Any, *args: Any, kappa: float = 3.0, **kwargs: Any) -> None:
        _check_kappa(kappa)
        super().__init__(params, *args, **kwargs)
        self.defaults["kappa"] = kappa
        for group in self.param_groups:
            _check_kappa(group.setdefault("kappa", kappa))
        self._clipping = self.register_step_post_hook(_clip_weights)

    def __setstate__(self, state: dict[str, Any]) -> None:
        # torch calls this after unpickling, which loses hooks, and from `load_state_dict`, which keeps them
        # and may bring the state of the unclipped optimizer.
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("kappa", self.defaults["kappa"])
        if not hasattr(self, "_clipping"):
            self._clipping = self.register_step_post_hook(_clip_weights)


@torch.no_grad()
def _clip_weights(optimizer: Optimizer, args: Any, kwargs: Any) -> None:
    for group in optimizer.param_groups:
        bounds = clipping_bounds(group["params"], group["kappa"])
        weights, limits = [], []
        for parameter, bound in zip(group["params"], bounds, strict=True):
            if bound is not None and parameter.grad is not None:
                weights.append(parameter)
                limits.append(bound)
        if weights:
            torch._foreach_clamp_max_(weights, limits)
            torch._foreach_clamp_min_(weights, [-limit for limit in limits])


def _check_kappa(kappa: float) -> None:
    if not (isinstance(kappa, Real) and kappa > 0):
        raise ValueError(f"`kappa` must be a number > 0, got {kappa!r}.")


ClippedAdam = weight_clipped(torch.optim.Adam)
ClippedSGD = weight_clipped(torch.optim.SGD)
ClippedRMSprop = weight_clipped(torch.optim.RMSprop)
