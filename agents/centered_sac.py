"""SAC with reward centering."""

from __future__ import annotations

from typing import ClassVar

import torch
from stable_baselines3 import SAC
from stable_baselines3.common.type_aliases import ReplayBufferSamples

from hackatari.agents.reward_centering import Observations, OffPolicyRewardCentering


class CenteredSAC(OffPolicyRewardCentering, SAC):
    """SAC with reward centering; the arguments are those of `stable_baselines3.SAC` and `RewardCentering`.

    With `centering="value"` the TD error includes the entropy bonus, as the critics' targets do: the estimate is the
    rate of reward and bonus together.
    """

    repeated_calls: ClassVar[tuple[str, ...]] = ("actor.action_log_prob", "critic.forward", "critic_target.forward")

    def _predict(self, observations: Observations, actions: torch.Tensor) -> torch.Tensor:
        return torch.cat(self.critic(observations, actions), dim=1)

    def _targets(self, samples: ReplayBufferSamples) -> torch.Tensor:
        if self.use_sde:
            self.actor.reset_noise()
        entropy_coefficient = self.ent_coef_tensor if self.log_ent_coef is None else self.log_ent_coef.exp()
        next_actions, next_log_prob = self.actor.action_log_prob(samples.next_observations)
        next_values = torch.cat(self.critic_target(samples.next_observations, next_actions), dim=1)
        next_values = next_values.min(dim=1, keepdim=True).values - entropy_coefficient * next_log_prob.reshape(-1, 1)
        return self._discounted(samples, next_values)
