"""Looking into the networks of a Stable-Baselines3 algorithm while it learns, without disturbing it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.callbacks import BaseCallback
from torch import nn
from torch.optim import Optimizer


class ProbingCallback(BaseCallback):
    """Keeps observations on which a subclass can run the policy every so many steps.

    The observations are those the agent acted on, as it saw them (normalised, say), spread evenly over the steps since
    the last probe. No random numbers are drawn to choose them, and replay and rollout buffers are not needed.

    Args:
        every: Environment steps between two probes, > 0.
        batch_size: Observations of a probe, > 0. With fewer steps in between there are as many as steps.
        verbose: As in every callback of SB3.

    Raises:
        ValueError: If `every` or `batch_size` is not a whole number > 0; when learning starts, if the algorithm has no
            network with an optimizer.
    """

    def __init__(self, every: int, batch_size: int, verbose: int = 0) -> None:
        for name, value in (("every", every), ("batch_size", batch_size)):
            if not (isinstance(value, int) and value > 0):
                raise ValueError(f"`{name}` must be a whole number > 0, got {value!r}.")
        super().__init__(verbose)
        self.every = every
        self.batch_size = batch_size

    def _init_callback(self) -> None:
        if not trained_networks(self.model.policy):
            name, algorithm = type(self).__name__, type(self.model).__name__
            raise ValueError(
                f"{name} needs an algorithm whose policy is trained by an optimizer; {algorithm}'s is not."
            )

    def _on_training_start(self) -> None:
        # At least one sample falls in each interval, however many environments there are.
        self._sample_every = self.every * min(1.0, self.training_env.num_envs / self.batch_size)
        self._start_collecting()

    def _start_collecting(self) -> None:
        self._samples: list[_Sample] = []
        self._next_sample = self.num_timesteps + self._sample_every
        self._next_probe = self.num_timesteps + self.every

    def _on_step(self) -> bool:
        if self.num_timesteps >= self._next_sample:
            self._samples.append(_Sample(self.locals))
            self._next_sample += self._sample_every
        return True

    def probe_is_due(self) -> bool:
        """Whether `every` steps have passed since the last probe."""
        return self.num_timesteps >= self._next_probe

    def run_policy(self) -> None:
        """Pass the observations since the last probe through the policy, and start to collect those of the next."""
        samples = self._samples
        self._start_collecting()
        policy = self.model.policy
        # SB3 has put the policy in evaluation mode for the rollout. Random numbers, if it draws any, are given back.
        with torch.random.fork_rng([policy.device] if policy.device.type == "cuda" else []):
            _forward(policy, samples)


class _Sample:
    """What the policy will see in its next step: one observation, or recurrent state, per environment."""

    def __init__(self, rollout: Mapping[str, Any]) -> None:
        self.observations = copy.deepcopy(rollout["new_obs"])
        self.lstm_states = rollout.get("lstm_states")
        self.episode_starts = rollout["dones"]


def trained_networks(policy: nn.Module) -> dict[str, nn.Module]:
    """The networks of a policy that have an optimizer of their own, by name.

    One nameless network (the policy) for PPO, A2C or DQN, `actor` and `critic` for SAC, TD3 or DDPG.
    """
    return {
        name: network
        for name, network in policy.named_modules()
        if isinstance(getattr(network, "optimizer", None), Optimizer)
    }


def trained_parameters(network: Any) -> list[nn.Parameter]:
    """The parameters that the optimizer of a network trains."""
    return [parameter for group in network.optimizer.param_groups for parameter in group["params"]]


def output_layers(policy: Any) -> dict[str, list[nn.Linear]]:
    """The last layers of a policy's networks, by name. What they read are the network's features.

    Nameless for DQN; `actor` and `critic` otherwise, where the critic may have several networks.

    Raises:
        ValueError: If the policy has none of the networks that SB3 and its contrib package use.
    """
    if hasattr(policy, "value_net"):
        return {"actor": [_last_linear(policy.action_net)], "critic": [_last_linear(policy.value_net)]}
    if hasattr(policy, "critic"):
        return {"actor": [_last_linear(policy.actor)], "critic": [_last_linear(q) for q in policy.critic.q_networks]}
    for name in ("q_net", "quantile_net"):
        if hasattr(policy, name):
            return {"": [_last_linear(getattr(policy, name))]}
    raise ValueError(
        f"The networks of {type(policy).__name__} are unknown: a policy must have a `value_net`, a `critic`, "
        "a `q_net` or a `quantile_net`, as those of stable_baselines3 and sb3_contrib have."
    )


def _last_linear(network: nn.Module) -> nn.Linear:
    return [module for module in network.modules() if isinstance(module, nn.Linear)][-1]


def _forward(policy: Any, samples: list[_Sample]) -> None:
    observations, _ = policy.obs_to_tensor(_concatenated([sample.observations for sample in samples]))
    if not hasattr(policy, "value_net"):
        actions = policy._predict(observations, deterministic=True)
        if hasattr(policy, "critic"):
            policy.critic(observations, actions.detach())
        return
    # Which actions are evaluated has no influence on the networks.
    episode_starts = np.concatenate([sample.episode_starts for sample in samples])
    actions = torch.zeros((len(episode_starts), *policy.action_space.shape), device=policy.device)
    if samples[0].lstm_states is None:
        policy.evaluate_actions(observations, actions)
    else:
        states = _concatenated_states([sample.lstm_states for sample in samples])
        starts = torch.as_tensor(episode_starts, dtype=torch.float32, device=policy.device)
        policy.evaluate_actions(observations, actions, states, starts)


def _concatenated(observations: list[Any]) -> Any:
    if isinstance(observations[0], Mapping):
        return {key: np.concatenate([each[key] for each in observations]) for key in observations[0]}
    return np.concatenate(observations)


def _concatenated_states(states: list[Any]) -> Any:
    """One `RNNStates` for all samples. Their tensors have shape (layers, envs, units)."""
    networks = zip(*states, strict=True)
    return type(states[0])(*(tuple(torch.cat(part, dim=1) for part in zip(*each, strict=True)) for each in networks))
