"""Which parameters weight clipping bounds, and the half-width of the box of each before it is scaled by `kappa`.

Two rules tell layers from the rest. `layers_of` looks at the modules of a network, which is exact. `layers_by_shape`
has only a list of parameters, as an optimizer gets it, and refuses a list that it cannot read for certain.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, get_args

import torch
from torch import nn
from torch.nn.modules.conv import _ConvNd

Bound = Literal["default", "orthogonal", "initial"]

_OUTPUT_MODULES = re.compile(r"action_net|value_net|q_net|quantile_net|(actor\.)?(mu|log_std)|(critic\.)?qf\d+")


class Layer(NamedTuple):
    """The layer a parameter belongs to.

    Attributes:
        number: Number of the layer; a weight and its bias have the same.
        fan_in: Inputs of each unit of the layer.
    """

    number: int
    fan_in: int


def layers_of(network: nn.Module, *, last_layer: bool = True) -> dict[torch.Tensor, Layer]:
    """Find the parameters to clip from the modules of a network.

    Weights and biases of Linear layers, convolutions, recurrent layers and cells, and the input projections of
    attention belong to a layer. Everything else does not: gains and shifts of normalisations, embeddings, parameters
    that a network holds itself such as `log_std`.

    Args:
        network: A network, or several in a `ModuleList`.
        last_layer: Whether the output layers count. They are those of each actor, critic and Q-network of an SB3
            policy, in another network the layer that was defined last.

    Returns:
        The layer of each such parameter.
    """
    skipped = set() if last_layer else _output_layers(network)
    layers = {}
    for number, module in enumerate(network.modules()):
        if module not in skipped:
            fan_in, parameters = _clipped_part(module)
            layers.update(dict.fromkeys(parameters, Layer(number, fan_in)))
    return layers


def layers_by_shape(parameters: Iterable[torch.Tensor]) -> list[Layer | None]:
    """Find the parameters to clip from their shapes and order alone.

    - A tensor of two or more dimensions is the weight of a layer; its fan-in is `weight[0].numel()`. The 1-D tensor
      right after it with as many elements as the weight has rows is its bias.
    - Two matrices and two such vectors in the proportions of an LSTM or a GRU are one recurrent layer, whose fan-in is
      its hidden size.
    - Any other 1-D tensor is left alone: `log_std`, gain and shift of a normalisation after a layer with bias. So is a
      matrix without bias at the head of the list whose elements are all equal: the `log_std` of gSDE.

    Args:
        parameters: Parameters in the order of `module.parameters()`.

    Returns:
        The layer of each parameter, `None` where it is to be left alone.

    Raises:
        ValueError: If a weight has no bias right after it (it may be an embedding), or exactly two vectors (they may
            be gain and shift of a normalisation after a layer without bias).
    """
    parameters = list(parameters)
    layers: list[Layer | None] = [None] * len(parameters)
    position = 0
    while position < len(parameters):
        weight, following = parameters[position], parameters[position + 1 :]
        n_vectors = _number_of_vectors(weight, following)
        if weight.dim() < 2 or (position == 0 and n_vectors == 0 and _is_constant(weight)):
            position += 1
            continue
        if _is_gated_recurrence(weight, following):
            size, fan_in = 4, following[0].shape[1]
        elif n_vectors in (0, 2):
            reason = "two vectors follow it" if n_vectors else "no bias follows it"
            raise ValueError(
                f"The shapes do not tell whether parameter {position}, of shape {tuple(weight.shape)}, is the weight "
                f"of a layer to clip, since {reason}: use a plain optimizer and clip_weights(model, optimizer), which "
                "looks at the modules."
            )
        else:
            size, fan_in = 2, _fan_in(weight)
        layers[position : position + size] = [Layer(position, fan_in)] * size
        position += size
    return layers


def initial_scale(parameter: torch.Tensor, fan_in: int, bound: Bound) -> float:
    """Return the half-width of the box of a parameter for `kappa=1`, from its present values.

    Args:
        parameter: A weight or a bias with its initial values.
        fan_in: Inputs of each unit of its layer.
        bound: `"default"` is `1 / sqrt(fan_in)`, the half-width of torch's default initialisation. `"orthogonal"` is
            the half-width of the uniform distribution with the root mean square of the weight: after orthogonal
            initialisation with gain g, `g * sqrt(3 / max(fan_in, rows))`. `"initial"` is the largest magnitude in the
            weight. Biases, and weights that start at zero, have the default, unless `"initial"` finds a bias that
            starts beyond it.

    Returns:
        The half-width, > 0.
    """
    default = 1 / math.sqrt(fan_in)
    if bound == "initial":
        largest = parameter.detach().abs().max().item()
        return max(largest, default) if parameter.dim() == 1 else largest or default
    if bound == "orthogonal" and parameter.dim() > 1:
        mean_square = parameter.detach().double().square().mean().item()
        return math.sqrt(3 * mean_square) or default
    return default


def check_bound(bound: str) -> None:
    """Check the name of a bound.

    Raises:
        ValueError: If there is no such bound.
    """
    if bound not in get_args(Bound):
        raise ValueError(f"`bound` must be 'default', 'orthogonal' or 'initial', got {bound!r}.")


def _clipped_part(module: nn.Module) -> tuple[int, list[torch.Tensor]]:
    """Return the fan-in of a layer and its parameters to clip; they are none if the module is no layer."""
    own = dict(module.named_parameters(recurse=False))
    if isinstance(module, nn.Linear | _ConvNd):
        return _fan_in(module.weight), [own[name] for name in ("weight", "bias") if name in own]
    if isinstance(module, nn.RNNBase | nn.RNNCellBase):
        return module.hidden_size, list(own.values())
    if isinstance(module, nn.MultiheadAttention):
        return module.embed_dim, [own[name] for name in own if "proj" in name]
    return 0, []


def _output_layers(network: nn.Module) -> set[nn.Module]:
    heads = [module for name, module in network.named_modules() if _OUTPUT_MODULES.fullmatch(name)] or [network]
    layers = [[module for module in head.modules() if _clipped_part(module)[1]] for head in heads]
    return {last for layers_of_head in layers for last in layers_of_head[-1:]}


def _fan_in(weight: torch.Tensor) -> int:
    return math.prod(weight.shape[1:])


def _number_of_vectors(weight: torch.Tensor, following: Sequence[torch.Tensor]) -> int:
    """Count the 1-D tensors right after a weight that have as many elements as it has rows."""
    for count, parameter in enumerate(following):
        if parameter.shape != weight.shape[:1]:
            return count
    return len(following)


def _is_gated_recurrence(weight: torch.Tensor, following: Sequence[torch.Tensor]) -> bool:
    shapes = [tuple(parameter.shape) for parameter in following[:3]]
    rows = weight.shape[0]
    return weight.dim() == 2 and any(shapes == [(rows, rows // n), (rows,), (rows,)] for n in (3, 4) if rows % n == 0)


def _is_constant(parameter: torch.Tensor) -> bool:
    return bool((parameter == parameter.flatten()[0]).all())
