"""DQN with reward centering."""

from __future__ import annotations

from typing import ClassVar

import torch
from stable_baselines3 import DQN
from stable_baselines3.common.type_aliases import ReplayBufferSamples

from hackatari.agents.reward_centering import Observations, OffPolicyRewardCentering


class CenteredDQN(OffPolicyRewardCentering, DQN):
    """DQN with reward centering; the arguments are those of `stable_baselines3.DQN` and `RewardCentering`.

    With `centering="value"` TD errors count for the estimate as they count for the network: clipped to [-1, 1], the
    gradient of DQN's Huber loss. The estimate is thus a robust mean, below the mean reward where rewards are skewed to
    the right. Only the first unbiased step takes them in full.
    """

    repeated_calls: ClassVar[tuple[str, ...]] = ("q_net.forward", "q_net_target.forward")

    def _predict(self, observations: Observations, actions: torch.Tensor) -> torch.Tensor:
        return self.q_net(observations).gather(1, actions.long())

    def _targets(self, samples: ReplayBufferSamples) -> torch.Tensor:
        next_values = self.q_net_target(samples.next_observations).max(dim=1, keepdim=True).values
        return self._discounted(samples, next_values)

    def _loss_errors(self, predictions: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return (targets - predictions).clamp(-1, 1)
