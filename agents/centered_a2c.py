"""A2C with reward centering."""

from __future__ import annotations

from typing import ClassVar

from stable_baselines3 import A2C

from hackatari.agents.reward_centering import OnPolicyRewardCentering


class CenteredA2C(OnPolicyRewardCentering, A2C):
    """A2C with reward centering; the arguments are those of `stable_baselines3.A2C` and `RewardCentering`.

    `default_eta` makes a step size of 0.007 per rollout with A2C's default learning rate.
    """

    default_eta: ClassVar[float] = 10.0
