"""DQN with reward centering."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from stable_baselines3 import DQN
from stable_baselines3.common.type_aliases import ReplayBufferSamples

from hackatari.agents.reward_centering import OffPolicyRewardCentering


class CenteredDQN(OffPolicyRewardCentering, DQN):
    """DQN whose rewards are centred by the learned average reward (Naik et al., 2024).

    Each gradient step first moves the estimate by the batch's mean TD error, then trains on the rewards of the
    batch minus the new estimate. N-step returns need `gamma` < 1.

    After the first update, which is free, TD errors count for the estimate as they count for the network: clipped
    to [-1, 1], the gradient of DQN's Huber loss. The estimate is thus a robust mean, below the mean reward where
    rewards are skewed to the right.

    Args:
        *args: Arguments of `stable_baselines3.DQN`.
        eta: Step size of the average reward as a multiple of the learning rate, >= 0; 0 turns centering off.
        initial_average_reward: First value of the estimate, in units of reward per step.
        unbiased_step_size: Start with step size 1 and decay to `eta * learning_rate`, so that
            `initial_average_reward` has no influence.
        **kwargs: Keyword arguments of `stable_baselines3.DQN`.

    Raises:
        ValueError: If `eta` or `initial_average_reward` is out of range, or if n-step returns are used with
            `gamma=1`.
    """

    max_td_error: ClassVar[float] = 1.0

    def __init__(
        self,
        *args: Any,
        eta: float = 1.0,
        initial_average_reward: float = 0.0,
        unbiased_step_size: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            *args,
            eta=eta,
            initial_average_reward=initial_average_reward,
            unbiased_step_size=unbiased_step_size,
            **kwargs,
        )

    def _td_errors(self, samples: ReplayBufferSamples) -> torch.Tensor:
        discounts = self.gamma if samples.discounts is None else samples.discounts
        next_values = self.q_net_target(samples.next_observations).max(dim=1, keepdim=True).values
        values = self.q_net(samples.observations).gather(1, samples.actions.long())
        return samples.rewards + (1 - samples.dones) * discounts * next_values - values
