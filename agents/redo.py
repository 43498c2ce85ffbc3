"""ReDo (Sokar et al., 2023): give a fresh start to units that have fallen silent."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import torch
from torch import nn
from torch.autograd.graph import Node
from torch.optim import Optimizer

from hackatari.agents.plasticity import unit_scores
from hackatari.agents.probing import ProbingCallback, trained_networks

_MOMENTS = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq", "square_avg", "grad_avg", "momentum_buffer")
# Operations after which blocks of consecutive inputs no longer belong to one unit each.
_REORDERING = ("Cat", "Stack", "Permute", "Transpose")

# Layers and what they have read.
_Calls = list[tuple[Any, torch.Tensor]]


class ReDoCallback(ProbingCallback):
    """Recycles dormant units of the policy every so many steps, see `recycle_dormant_units`.

    It works before the next rollout, on observations of the steps since the last time, and with every SB3 algorithm
    that trains its networks with an optimizer. Target networks are left to follow. The number of recycled units is
    logged as `redo/recycled_units`.

    Args:
        every: Environment steps between two times.
        batch_size: Observations to judge the units by.
        threshold: Largest score of a dormant unit.
        seed: Seed of the new weights; by default the one that torch's generator was seeded with.
        verbose: As in every callback of SB3.

    Raises:
        ValueError: If `every` or `batch_size` is not a whole number > 0; when learning starts, if the algorithm has no
            optimizer, or if an actor shares its features extractor with a critic that does not train it.
    """

    def __init__(
        self,
        every: int = 10_000,
        batch_size: int = 1024,
        threshold: float = 0.025,
        seed: int | None = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(every, batch_size, verbose)
        self.threshold = threshold
        self.seed = seed

    def _init_callback(self) -> None:
        super()._init_callback()
        policy = self.model.policy
        if "critic" in trained_networks(policy) and policy.share_features_extractor:
            raise ValueError(
                "ReDo does not see what a critic reads of features that the actor trains: "
                "use policy_kwargs=dict(share_features_extractor=False)."
            )
        seed = torch.initial_seed() if self.seed is None else self.seed
        self._generator = torch.Generator(policy.device).manual_seed(seed)

    def _on_rollout_start(self) -> None:
        if self.probe_is_due():
            policy: Any = self.model.policy
            optimizers: list[Any] = [network.optimizer for network in trained_networks(policy).values()]
            recycled = recycle_dormant_units(
                policy, self.run_policy, generator=self._generator, optimizers=optimizers, threshold=self.threshold
            )
            self.logger.record("redo/recycled_units", recycled)


def recycle_dormant_units(
    network: nn.Module,
    forward: Callable[[], Any],
    *,
    generator: torch.Generator,
    optimizers: Sequence[Optimizer] = (),
    threshold: float = 0.025,
) -> int:
    """Re-initialise the hidden units of a network whose activity is a small fraction of their layer's.

    Units with a score of at most `threshold` (`plasticity.unit_scores`, of what the next layer reads) get new incoming
    weights and a new bias, from torch's default `U(-1/sqrt(fan_in), 1/sqrt(fan_in))`. Their outgoing weights become 0,
    so that the network's output hardly changes. The moments that an optimizer keeps for these weights become 0 too.

    Treated are Linear layers and convolutions whose outputs are read only by other such layers, each on its own: after
    an activation function, a normalisation, pooling, or flattening. Which layers read which is found in the autograd
    graph. Left alone are output layers and all layers whose outputs are joined with others before they are read
    (residual connections, `CReLU`, features joined with an action) or read by recurrent or grouped layers.

    Args:
        network: The network.
        forward: Passes the batch to judge the units by through the network.
        generator: Source of the new weights, on the network's device.
        optimizers: Optimizers of the network.
        threshold: Largest score of a dormant unit.

    Returns:
        Number of units that were recycled.
    """
    dormant_units = []
    for layer, consumers in _hidden_layers(network, forward).items():
        _, inputs = consumers[0]
        activations = inputs.detach().reshape(len(inputs), len(layer.weight), -1)
        dormant_units.append((layer, unit_scores(activations) <= threshold, [consumer for consumer, _ in consumers]))
    for layer, dormant, consumers in dormant_units:
        _recycle(layer, dormant, consumers, optimizers, generator)
    return sum(int(dormant.sum()) for _, dormant, _ in dormant_units)


def _hidden_layers(network: nn.Module, forward: Callable[[], Any]) -> dict[Any, _Calls]:
    """The layers that can be treated, with the layers that read them, found by one pass through the network."""
    calls: _Calls = []
    producers: dict[Node, nn.Module] = {}

    def record(layer: nn.Module, inputs: tuple[Any, ...], outputs: Any) -> None:
        calls.append((layer, inputs[0]))
        for output in outputs if isinstance(outputs, tuple) else (outputs,):
            if isinstance(output, torch.Tensor) and output.grad_fn is not None:
                producers[output.grad_fn] = layer

    with ExitStack() as hooks, torch.enable_grad():
        for module in network.modules():
            if any(parameter.dim() > 1 for parameter in module.parameters(recurse=False)):
                hooks.enter_context(module.register_forward_hook(record))
        forward()

    consumers: dict[nn.Module, _Calls] = defaultdict(list)
    unfit: set[nn.Module] = set()
    for layer, inputs in calls:
        sources, in_order = _sources(inputs, producers)
        for source in sources:
            consumers[source].append((layer, inputs))
            if not (in_order and _is_plain(source) and _is_plain(layer) and _reads_blocks(layer, inputs, source)):
                unfit.add(source)
    return {layer: readers for layer, readers in consumers.items() if layer not in unfit}


def _sources(inputs: Any, producers: Mapping[Node, nn.Module]) -> tuple[set[nn.Module], bool]:
    """The layers whose outputs a tensor was computed from, and whether it is the output of one, in its order."""
    sources, in_order = set(), True
    pending = [inputs.grad_fn] if isinstance(inputs, torch.Tensor) and inputs.grad_fn is not None else []
    while pending:
        node = pending.pop()
        if node in producers:
            sources.add(producers[node])
            continue
        # Nodes with a variable are the leaves, such as the gain of a normalisation.
        before = [each for each, _ in node.next_functions if each is not None and not hasattr(each, "variable")]
        in_order = in_order and len(before) < 2 and not node.name().startswith(_REORDERING)
        pending += before
    return sources, in_order


def _is_plain(layer: nn.Module) -> bool:
    return isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d) and getattr(layer, "groups", 1) == 1


def _reads_blocks(layer: Any, inputs: torch.Tensor, source: Any) -> bool:
    """Whether a layer reads an equal number of inputs from each unit of the source."""
    return inputs.dim() == layer.weight.dim() and inputs.shape[1] % len(source.weight) == 0


@torch.no_grad()
def _recycle(
    layer: Any,
    dormant: torch.Tensor,
    consumers: Iterable[Any],
    optimizers: Sequence[Optimizer],
    generator: torch.Generator,
) -> None:
    bound = 1 / math.sqrt(layer.weight[0].numel())
    for parameter in layer.parameters():
        fresh = torch.empty_like(parameter).uniform_(-bound, bound, generator=generator)
        parameter[dormant] = fresh[dormant]
        _forget_moments(parameter, dormant, optimizers)
    for consumer in consumers:
        outgoing = (slice(None), dormant.repeat_interleave(consumer.weight.shape[1] // len(dormant)))
        consumer.weight[outgoing] = 0
        _forget_moments(consumer.weight, outgoing, optimizers)


def _forget_moments(parameter: torch.Tensor, index: Any, optimizers: Sequence[Optimizer]) -> None:
    for optimizer in optimizers:
        state = optimizer.state.get(parameter, {})
        for name in _MOMENTS:
            if state.get(name) is not None:
                state[name][index] = 0
