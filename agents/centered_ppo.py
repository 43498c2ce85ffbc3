"""PPO with reward centering."""

from __future__ import annotations

from typing import ClassVar

from stable_baselines3 import PPO

from hackatari.agents.reward_centering import OnPolicyRewardCentering


class CenteredPPO(OnPolicyRewardCentering, PPO):
    """PPO with reward centering; the arguments are those of `stable_baselines3.PPO` and `RewardCentering`.

    `default_eta` is far above that of DQN because the estimate takes one step per rollout, the networks hundreds; with
    PPO's default learning rate it makes a step size of 0.03.
    """

    default_eta: ClassVar[float] = 100.0
