"""Weight clipping (Elsayed et al., 2024) for any torch optimizer, network or Stable-Baselines3 algorithm.

After every step each weight and bias is clamped to `+-kappa / sqrt(fan_in)` of its layer; for `kappa=1` this
is the support of torch's default initialisation. Bounded weights keep networks plastic in long training on
changing tasks. There are two ways to the same result. An optimizer class, for every SB3 policy:

    PPO("MlpPolicy", env, policy_kwargs=dict(optimizer_class=ClippedAdam, optimizer_kwargs=dict(kappa=3.0)))

And a function for what is there already, an SB3 algorithm or a network with its optimizer:

    clip_weights(model, kappa=3.0)

The first has to find the layers by the shapes of their parameters, the second sees them; see `weight_bounds`.
"""

from __future__ import annotations

import copyreg
import difflib
import functools
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import torch
from torch import nn
from torch.optim import Optimizer

from hackatari.agents.adaptive_clipping import AdaptiveKappa, AnchoredKappa, ClippedParameter
from hackatari.agents.weight_bounds import Bound, Layer, check_bound, initial_scale, layers_by_shape, layers_of

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm


def clipping_bounds(
    source: nn.Module | Iterable[torch.Tensor], kappa: float, bound: Bound = "default"
) -> list[float | None]:
    """Return the bound of each parameter, from the modules of a network or from the shapes of a list.

    Args:
        source: A network, whose modules tell what to clip (`layers_of`), or a list of parameters in the order of
            `module.parameters()`, of which only the shapes are known (`layers_by_shape`).
        kappa: Half-width of the box in units of its scale, > 0.
        bound: What the scale is: `"default"`, `"orthogonal"` or `"initial"`, see `initial_scale`.

    Returns:
        One bound per parameter, `None` where a parameter is not clipped.

    Raises:
        ValueError: If `kappa` is not a number > 0, if there is no such `bound`, or if the shapes are ambiguous.

    Example:
        >>> clipping_bounds(torch.nn.Linear(4, 2), kappa=3.0)
        [1.5, 1.5]
    """
    _check_number(kappa)
    check_bound(bound)
    parameters: list[torch.Tensor] = list(source.parameters() if isinstance(source, nn.Module) else source)
    if isinstance(source, nn.Module):
        layer_of = layers_of(source)
        layers = [layer_of.get(parameter) for parameter in parameters]
    else:
        layers = layers_by_shape(parameters)
    return [box and kappa * box[0] for box in _boxes(parameters, layers, bound)]


def clip_weights(
    target: nn.Module | BaseAlgorithm,
    optimizer: Optimizer | None = None,
    *,
    kappa: float | AdaptiveKappa = 3.0,
    bound: Bound = "default",
    last_layer: bool = True,
    scales: Mapping[str, float | None] | None = None,
) -> list[ParameterClipping]:
    """Clip the weights of a network after each step of its optimizer from now on.

    The optimizer becomes one of the class `weight_clipped(type(optimizer))`, in place: schedulers and others that hold
    it go on working. An SB3 algorithm clips the networks of its policy, not the entropy coefficient of SAC, and clips
    them again when it is loaded. A second call replaces the settings of the first.

    Args:
        target: An SB3 algorithm, or the network that `optimizer` trains. For several networks with one optimizer give a
            `torch.nn.ModuleList` of them.
        optimizer: Needed with a network, refused with an algorithm, which has its own.
        kappa: Half-width of the box in units of its scale, > 0, or one that adapts.
        bound: What the scale is, see `initial_scale`; the present weights count as the initial ones.
        last_layer: Whether to clip the output layers: those of each actor, critic and Q-network of an SB3 policy, in
            another network the layer that was defined last.
        scales: Exceptions by the name of a parameter in `named_parameters()` of the network or of the policy: another
            scale, or `None` to leave it alone.

    Returns:
        What `clipping_report` says now: the bounds, what the first step will clip, and what is left alone.

    Raises:
        TypeError: If a network comes without, or an algorithm with, an optimizer.
        ValueError: If an argument is out of range, if `scales` names no parameter, or if the optimizer trains
            parameters of another network or an algorithm none.
    """
    _check_kappa(kappa)
    check_bound(bound)
    network, optimizers = _network_and_optimizers(target, optimizer)
    layer_of = layers_of(network, last_layer=last_layer)
    boxes = dict(zip(layer_of, _boxes(layer_of, layer_of.values(), bound), strict=True))
    boxes |= _exceptions(network, boxes, scales or {})
    for each in optimizers:
        plain_class: Any = type(each)
        each.__class__ = weight_clipped(plain_class)
        cast(_WeightClipping, each)._attach(kappa, bound, boxes)
    if not isinstance(target, nn.Module):
        _remember_optimizer_class(target)
    return clipping_report(target, optimizer)


@torch.no_grad()
def clip_once(network: nn.Module, kappa: float = 3.0) -> None:
    """Clamp the weights of a network to `+-kappa / sqrt(fan_in)` a single time, for example when its task changes.

    Args:
        network: The network; its layers are found by `layers_of`.
        kappa: Half-width of the box, > 0.

    Raises:
        ValueError: If `kappa` is not a number > 0.
    """
    for parameter, limit in zip(network.parameters(), clipping_bounds(network, kappa), strict=True):
        if limit is not None:
            parameter.clamp_(-limit, limit)


class ParameterClipping(NamedTuple):
    """One line of `clipping_report`.

    Attributes:
        name: Name of the parameter in `named_parameters()`.
        module: Class of the module that holds it.
        shape: Its shape.
        bound: Largest magnitude allowed, `None` if the parameter is left alone.
        share_clipped: Share of its elements at the bound or beyond. Before the first step these are the elements that
            start outside the box; after a step those that it clipped, which now lie at the bound. 0 without a bound.
    """

    name: str
    module: str
    shape: tuple[int, ...]
    bound: float | None
    share_clipped: float


def clipping_report(target: nn.Module | BaseAlgorithm, optimizer: Optimizer | None = None) -> list[ParameterClipping]:
    """Tell the bound of every trained parameter and the share of it that is clipped.

    Args:
        target: An SB3 algorithm, or the network that `optimizer` trains.
        optimizer: Needed with a network, refused with an algorithm.

    Returns:
        One line per parameter that is trained, in the order of `named_parameters()`.

    Raises:
        TypeError: If a network comes without, or an algorithm with, an optimizer.
        ValueError: If the optimizer does not clip.
    """
    network, optimizers = _network_and_optimizers(target, optimizer)
    limits: dict[torch.Tensor, float] = {}
    trained: set[torch.Tensor] = set()
    for each in optimizers:
        if not isinstance(each, _WeightClipping):
            raise ValueError(f"{type(each).__name__} does not clip weights: call clip_weights first.")
        for group in each.param_groups:
            trained.update(group["params"])
            limits.update((parameter.tensor, _limit(group["kappa"], parameter)) for parameter in _clipped(group))
    return [
        ParameterClipping(
            name=f"{path}.{name}".lstrip("."),
            module=type(module).__name__,
            shape=tuple(parameter.shape),
            bound=limits.get(parameter),
            share_clipped=_share_beyond(parameter, limits.get(parameter)),
        )
        for path, module in network.named_modules()
        for name, parameter in module.named_parameters(recurse=False)
        if parameter in trained
    ]


@functools.cache
def weight_clipped(optimizer_class: type[Optimizer]) -> type:
    """Returns a subclass of an optimizer that clips the weights after each step.

    Its constructor takes two more arguments than that of `optimizer_class`. Like any option, both can differ between
    parameter groups and are part of the state dict.

    - `kappa` (default 3.0): half-width of the box in units of its scale, a number > 0 or an `AdaptiveKappa`. Values
      from 1 up make sense; smaller ones clip torch's default initialisation. With SB3's orthogonal initialisation some
      weights start outside the box for `kappa` up to about 3, and the first step clips them.
    - `bound` (default `"default"`): what the scale is, see `initial_scale`. `None` clips nothing until
      `load_state_dict` or `clip_weights` brings the bounds.

    The optimizer sees no modules: it finds the layers by `layers_by_shape`, and raises a `ValueError` where the shapes
    are ambiguous. All parameters of a layer have to be in the same group. Frozen parameters (`requires_grad=False`)
    are left alone. A state dict of the plain optimizer loads, too, and leaves these options as they are.

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
    # Each parameter group has, besides `kappa` and `bound`, the list `boxes`: (scale, number of the layer) of each
    # parameter, or None. All is plain data in the state dict, which torch then loads without trusting its origin.

    def __init__(
        self,
        params: Any,
        *args: Any,
        kappa: float | AdaptiveKappa = 3.0,
        bound: Bound | None = "default",
        **kwargs: Any,
    ) -> None:
        _check_kappa(kappa)
        super().__init__(params, *args, **kwargs)
        self.defaults.update(kappa=kappa, bound=bound)
        for group in self.param_groups:
            self._find_boxes(group)
        self._register_hooks()

    def _register_hooks(self) -> None:
        if not hasattr(self, "_clipping_hooks"):
            self._clipping_hooks = self.register_step_pre_hook(_before_step), self.register_step_post_hook(_after_step)

    def _find_boxes(self, group: dict[str, Any]) -> None:
        group["kappa"] = deepcopy(group.get("kappa", self.defaults["kappa"]))
        bound = group.setdefault("bound", self.defaults["bound"])
        _check_kappa(group["kappa"])
        if bound is None:
            group["boxes"] = [None] * len(group["params"])
        else:
            check_bound(bound)
            group["boxes"] = _boxes(group["params"], layers_by_shape(group["params"]), bound)

    def _attach(self, kappa: float | AdaptiveKappa, bound: Bound, boxes: Mapping[torch.Tensor, _Box | None]) -> None:
        """Take the settings of `clip_weights` in an optimizer that has just become one of this class."""
        self.defaults.update(kappa=kappa, bound=bound)
        for group in self.param_groups:
            found = [boxes.get(parameter) for parameter in group["params"]]
            group.update(kappa=deepcopy(kappa), bound=bound, boxes=found)
        self._register_hooks()

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        super().add_param_group(param_group)
        if "kappa" in self.defaults:  # Not when the parent's constructor adds the first groups.
            self._find_boxes(self.param_groups[-1])

    def state_dict(self) -> dict[str, Any]:
        state = super().state_dict()
        for group in state["param_groups"]:
            if isinstance(group["kappa"], AdaptiveKappa):
                group["kappa"] = group["kappa"].state_dict()
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        options = [{name: group[name] for name in ("kappa", "bound", "boxes")} for group in self.param_groups]
        super().load_state_dict(state_dict)
        for group, own in zip(self.param_groups, options, strict=True):
            for name, value in own.items():
                group.setdefault(name, value)
            if isinstance(group["kappa"], Mapping):
                group["kappa"] = AdaptiveKappa.from_state_dict(group["kappa"])

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._register_hooks()  # Pickling loses them.


_Box = tuple[float, int]


def _boxes(parameters: Iterable[torch.Tensor], layers: Iterable[Layer | None], bound: Bound) -> list[_Box | None]:
    return [
        layer and (initial_scale(parameter, layer.fan_in, bound), layer.number)
        for parameter, layer in zip(parameters, layers, strict=True)
    ]


def _clipped(group: Mapping[str, Any]) -> list[ClippedParameter]:
    return [
        ClippedParameter(parameter, *box)
        for parameter, box in zip(group["params"], group["boxes"], strict=True)
        if box is not None and parameter.requires_grad
    ]


def _limit(kappa: float | AdaptiveKappa, parameter: ClippedParameter) -> float:
    if isinstance(kappa, AdaptiveKappa):
        kappa = kappa.of_layer(parameter.layer)
    return kappa * parameter.scale


def _before_step(optimizer: Optimizer, args: Any, kwargs: Any) -> None:
    for group in optimizer.param_groups:
        if isinstance(group["kappa"], AnchoredKappa):
            group["kappa"].before_step(_clipped(group))


@torch.no_grad()
def _after_step(optimizer: Optimizer, args: Any, kwargs: Any) -> None:
    for group in optimizer.param_groups:
        parameters = _clipped(group)
        kappa = group["kappa"]
        if isinstance(kappa, AdaptiveKappa):
            kappa.after_step(parameters, float(group["lr"]))
        if parameters:
            _clamp([parameter.tensor for parameter in parameters], [_limit(kappa, each) for each in parameters])


def _clamp(tensors: list[torch.Tensor], limits: list[float]) -> None:
    if tensors[0].is_cpu:
        # Here a batched clamp is a loop as well, and takes two passes over the weights instead of one.
        for tensor, limit in zip(tensors, limits, strict=True):
            tensor.clamp_(-limit, limit)
    else:
        torch._foreach_clamp_max_(tensors, limits)
        torch._foreach_clamp_min_(tensors, [-limit for limit in limits])


def _share_beyond(parameter: torch.Tensor, limit: float | None) -> float:
    return 0.0 if limit is None else (parameter.detach().abs() >= limit).double().mean().item()


def _network_and_optimizers(
    target: nn.Module | BaseAlgorithm, optimizer: Optimizer | None
) -> tuple[nn.Module, list[Optimizer]]:
    if isinstance(target, nn.Module):
        if optimizer is None:
            raise TypeError(
                "A network needs its optimizer as the second argument; to clip it a single time use clip_once."
            )
        trained = {parameter for group in optimizer.param_groups for parameter in group["params"]}
        if not trained <= set(target.parameters()):
            raise ValueError(
                "`optimizer` trains parameters that are not in the network: give a torch.nn.ModuleList of all networks."
            )
        return target, [optimizer]
    if optimizer is not None:
        raise TypeError(f"{type(target).__name__} has its own optimizers: leave `optimizer` out.")
    found = [getattr(module, "optimizer", None) for module in target.policy.modules()]
    optimizers = [each for each in found if isinstance(each, Optimizer)]
    if not optimizers:
        raise ValueError(
            f"{type(target).__name__} trains its policy without a torch optimizer, so nothing can be clipped."
        )
    return target.policy, optimizers


def _exceptions(
    network: nn.Module, boxes: Mapping[torch.Tensor, _Box | None], scales: Mapping[str, float | None]
) -> dict[torch.Tensor, _Box | None]:
    parameters = dict(network.named_parameters())
    exceptions: dict[torch.Tensor, _Box | None] = {}
    for number, (name, scale) in enumerate(scales.items(), start=1):
        if name not in parameters:
            close = difflib.get_close_matches(name, parameters)
            hint = f"did you mean {close[0]!r}?" if close else "see `named_parameters()`."
            raise ValueError(f"`scales` names {name!r}, which is no parameter of the network: {hint}")
        if scale is not None and not scale > 0:
            raise ValueError(f"`scales` must hold numbers > 0 or None, got {scale!r} for {name!r}.")
        parameter = parameters[name]
        # A parameter that belongs to no layer becomes one of its own.
        _, layer = boxes.get(parameter) or (None, -number)
        exceptions[parameter] = None if scale is None else (scale, layer)
    return exceptions


def _remember_optimizer_class(algorithm: BaseAlgorithm) -> None:
    """Make SB3 build a clipped optimizer when it loads the algorithm; its state then brings the bounds."""
    policy: Any = algorithm.policy
    policy.optimizer_class = weight_clipped(policy.optimizer_class)
    policy.optimizer_kwargs = {**policy.optimizer_kwargs, "bound": None}
    algorithm.policy_kwargs = {
        **algorithm.policy_kwargs,
        "optimizer_class": policy.optimizer_class,
        "optimizer_kwargs": policy.optimizer_kwargs,
    }


def _check_kappa(kappa: float | AdaptiveKappa) -> None:
    if not isinstance(kappa, AdaptiveKappa):
        _check_number(kappa)


def _check_number(kappa: float) -> None:
    if not (isinstance(kappa, Real) and kappa > 0):
        raise ValueError(f"`kappa` must be a number > 0, got {kappa!r}.")


ClippedAdam = weight_clipped(torch.optim.Adam)
ClippedSGD = weight_clipped(torch.optim.SGD)
ClippedRMSprop = weight_clipped(torch.optim.RMSprop)
