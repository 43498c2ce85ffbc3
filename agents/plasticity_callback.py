"""Logging the plasticity of an agent's networks while it learns."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from hackatari.agents import plasticity
from hackatari.agents.networks import CReLU
from hackatari.agents.probing import ProbingCallback, output_layers, trained_networks, trained_parameters
from hackatari.agents.weight_clipping import clipping_report

# The outputs at which the derivative of an activation function (nearly) vanishes.
_SATURATION = {nn.ReLU: (0.0, math.inf), nn.Tanh: (-0.9, 0.9), nn.Sigmoid: (0.01, 0.99)}
_ACTIVATIONS = (*_SATURATION, CReLU, nn.LeakyReLU, nn.ELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish, nn.Softplus)
_FEATURE_MEASURES = (plasticity.effective_rank, plasticity.srank, plasticity.stable_rank, plasticity.feature_norm)


class PlasticityCallback(ProbingCallback):
    """Logs measures of plasticity, for every SB3 algorithm that trains its networks with an optimizer.

    It watches and changes nothing: with the same seed, training ends with the same weights with and without it. The
    logger gets `plasticity/<measure>`, or `plasticity/actor/<measure>` and `plasticity/critic/<measure>` where actor
    and critic have networks or last layers of their own:

    - of the hidden layers, their mean: `dormant_ratio`, and `saturation_ratio` of ReLU, tanh and logistic layers;
    - of the features, that is what the last layer reads: `effective_rank`, `srank`, `stable_rank`, `feature_norm`;
    - of the trained parameters: `weight_norm`; `weight_change` since the last measurement, or since learning began;
      `clipped_ratio` if the optimizer clips weights;
    - `gradient_norm`: of the gradients as computed, before any clipping, the mean over the updates since the last
      measurement.

    The functions of these names in `hackatari.agents.plasticity` have the formulas. Where a critic consists of several
    networks, features are measured in each and averaged. Target networks are left out. Activation functions are found
    if they are modules (`nn.ReLU`, not `functional.relu`). Like SB3's `EvalCallback` it writes the log at each
    measurement, since off-policy algorithms do so only when episodes end.

    Args:
        every: Environment steps between two measurements.
        batch_size: Observations per measurement. The ranks need at least as many as there are features.
        threshold: Largest score of a dormant unit.
        verbose: As in every callback of SB3.

    Attributes:
        history: All measurements: the logged values by their names without `plasticity/`, and `timesteps`.

    Raises:
        ValueError: If `every` or `batch_size` is not a whole number > 0; when learning starts, if the algorithm has no
            optimizer or a policy of an unknown kind.
    """

    def __init__(self, every: int = 10_000, batch_size: int = 1024, threshold: float = 0.025, verbose: int = 0) -> None:
        super().__init__(every, batch_size, verbose)
        self.threshold = threshold
        self.history: list[dict[str, float]] = []
        self._networks: list[_WatchedNetwork] = []

    def _on_training_start(self) -> None:
        super()._on_training_start()
        self._on_training_end()  # Of training that was interrupted.
        self._heads = output_layers(self.model.policy)
        self._networks = [_WatchedNetwork(*item) for item in trained_networks(self.model.policy).items()]

    def _on_training_end(self) -> None:
        for network in self._networks:
            network.unwatch()

    def _on_step(self) -> bool:
        super()._on_step()
        if self.probe_is_due():
            measures = self._measure_layers()
            for network in self._networks:
                measures |= network.measure_weights()
            self.history.append({"timesteps": self.num_timesteps, **measures})
            for name, value in measures.items():
                self.logger.record(f"plasticity/{name}", value)
            self.logger.record("time/total_timesteps", self.num_timesteps, exclude="tensorboard")
            self.logger.dump(self.num_timesteps)
        return True

    def _measure_layers(self) -> dict[str, float]:
        values: dict[str, list[float]] = defaultdict(list)
        with ExitStack() as hooks, torch.no_grad():
            for name, heads in self._heads.items():
                for head in heads:
                    hooks.enter_context(head.register_forward_pre_hook(_feature_hook(values, _prefix(name))))
            for network in self._networks:
                for layer in self._hidden_activations(network.module):
                    hook = self._activation_hook(values, network.prefix)
                    hooks.enter_context(layer.register_forward_hook(hook))
            self.run_policy()
        return {name: statistics.fmean(measured) for name, measured in values.items()}

    def _hidden_activations(self, network: nn.Module) -> Iterator[nn.Module]:
        heads = [head for heads in self._heads.values() for head in heads]
        for before, module in pairwise(network.modules()):
            if isinstance(module, _ACTIVATIONS) and before not in heads:
                yield module

    def _activation_hook(self, values: dict[str, list[float]], prefix: str) -> Callable[..., None]:
        def measure(layer: nn.Module, inputs: Any, activations: torch.Tensor) -> None:
            values[f"{prefix}dormant_ratio"].append(plasticity.dormant_ratio(activations, self.threshold))
            if type(layer) in _SATURATION:
                ratio = plasticity.saturation_ratio(activations, *_SATURATION[type(layer)])
                values[f"{prefix}saturation_ratio"].append(ratio)

        return measure


def _feature_hook(values: dict[str, list[float]], prefix: str) -> Callable[..., None]:
    def measure(layer: nn.Module, inputs: tuple[torch.Tensor]) -> None:
        for function in _FEATURE_MEASURES:
            values[f"{prefix}{function.__name__}"].append(function(*inputs))

    return measure


def _prefix(name: str) -> str:
    return f"{name}/" if name else ""


class _WatchedNetwork:
    """The weights of a network between two measurements, and the gradients it gets."""

    def __init__(self, name: str, module: Any) -> None:
        self.prefix = _prefix(name)
        self.module = module
        self._optimizer: Optimizer = module.optimizer
        self._parameters = trained_parameters(module)
        self._latest_norms: dict[torch.Tensor, torch.Tensor] = {}
        self._hooks = [p.register_post_accumulate_grad_hook(self._gradient_computed) for p in self._parameters]
        self._hooks.append(self._optimizer.register_step_pre_hook(self._before_update))
        self._start_afresh()

    def unwatch(self) -> None:
        for hook in self._hooks:
            hook.remove()

    def measure_weights(self) -> dict[str, float]:
        measures = {
            "weight_norm": plasticity.weight_norm(self._parameters),
            "weight_change": plasticity.weight_change(self._parameters, self._earlier),
        }
        if self._gradient_norms:
            measures["gradient_norm"] = torch.stack(self._gradient_norms).mean().item()
        if "kappa" in self._optimizer.param_groups[0]:
            measures["clipped_ratio"] = self._clipped_ratio()
        self._start_afresh()
        return {f"{self.prefix}{name}": value for name, value in measures.items()}

    def _clipped_ratio(self) -> float:
        report = clipping_report(self.module, self._optimizer)
        parameters = dict(self.module.named_parameters())
        return plasticity.clipped_ratio((parameters[line.name] for line in report), (line.bound for line in report))

    def _start_afresh(self) -> None:
        self._earlier = [parameter.detach().clone() for parameter in self._parameters]
        self._gradient_norms: list[torch.Tensor] = []

    # Optimizers see gradients only after SB3 has clipped them.
    def _gradient_computed(self, parameter: torch.Tensor) -> None:
        self._latest_norms[parameter] = torch.linalg.vector_norm(parameter.grad)

    def _before_update(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if self._latest_norms:
            self._gradient_norms.append(torch.linalg.vector_norm(torch.stack(list(self._latest_norms.values()))))
            self._latest_norms.clear()
