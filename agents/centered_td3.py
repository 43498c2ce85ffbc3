"""TD3 with reward centering."""

from __future__ import annotations

from typing import ClassVar

import torch
from stable_baselines3 import TD3
from stable_baselines3.common.type_aliases import ReplayBufferSamples

from hackatari.agents.reward_centering import Observations, OffPolicyRewardCentering


class CenteredTD3(OffPolicyRewardCentering, TD3):
    """TD3 with reward centering; the arguments are those of `stable_baselines3.TD3` and `RewardCentering`."""

    repeated_calls: ClassVar[tuple[str, ...]] = ("critic.forward", "actor_target.forward")

    def _predict(self, observations: Observations, actions: torch.Tensor) -> torch.Tensor:
        return torch.cat(self.critic(observations, actions), dim=1)

    def _targets(self, samples: ReplayBufferSamples) -> torch.Tensor:
        # Drawn anew by TD3 itself, out of reach: the estimate follows its errors in the mean only.
        noise = (torch.randn_like(samples.actions) * self.target_policy_noise).clamp(
            -self.target_noise_clip, self.target_noise_clip
        )
        next_actions = (self.actor_target(samples.next_observations) + noise).clamp(-1, 1)
        next_values = torch.cat(self.critic_target(samples.next_observations, next_actions), dim=1)
        return self._discounted(samples, next_values.min(dim=1, keepdim=True).values)
