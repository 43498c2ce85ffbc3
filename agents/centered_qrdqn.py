"""QR-DQN with reward centering."""

from __future__ import annotations

from typing import ClassVar

import torch
from sb3_contrib import QRDQN
from stable_baselines3.common.type_aliases import ReplayBufferSamples

from hackatari.agents.reward_centering import Observations, OffPolicyRewardCentering


class CenteredQRDQN(OffPolicyRewardCentering, QRDQN):
    """QR-DQN with reward centering; the arguments are those of `sb3_contrib.QRDQN` and `RewardCentering`.

    With `centering="value"` the errors between quantiles and target quantiles count for the estimate as they do in the
    quantile Huber loss; only the first unbiased step takes the plain difference of the means.
    """

    repeated_calls: ClassVar[tuple[str, ...]] = ("quantile_net.forward", "quantile_net_target.forward")

    def _predict(self, observations: Observations, actions: torch.Tensor) -> torch.Tensor:
        return _quantiles_of(self.quantile_net(observations), actions.long())

    def _targets(self, samples: ReplayBufferSamples) -> torch.Tensor:
        next_quantiles = self.quantile_net_target(samples.next_observations)
        greedy_actions = next_quantiles.mean(dim=1).argmax(dim=1, keepdim=True)
        next_values = _quantiles_of(next_quantiles, greedy_actions)
        return self._discounted(samples, next_values)

    def _loss_errors(self, predictions: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        n_quantiles = predictions.shape[1]
        levels = (torch.arange(n_quantiles, device=predictions.device) + 0.5) / n_quantiles
        errors = targets[:, None, :] - predictions[:, :, None]
        # Over all levels the weights have mean 1/2: twice that, and equal errors count as they are.
        return 2 * (levels[:, None] - (errors < 0).float()).abs() * errors.clamp(-1, 1)


def _quantiles_of(quantiles: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
    """Pick actions, shape (batch_size, 1), from quantiles of shape (batch_size, n_quantiles, n_actions)."""
    index = actions[:, None].expand(-1, quantiles.shape[1], 1)
    return quantiles.gather(2, index).squeeze(2)
