"""Recurrent PPO with reward centering."""

from __future__ import annotations

from typing import ClassVar

from sb3_contrib import RecurrentPPO

from hackatari.agents.reward_centering import Centering, OnPolicyRewardCentering


class CenteredRecurrentPPO(OnPolicyRewardCentering, RecurrentPPO):
    """Recurrent PPO with reward centering; the arguments are those of `sb3_contrib.RecurrentPPO` and `RewardCentering`.

    `centering="rvi"` is not supported: a reference observation has no value without what came before it.
    """

    default_eta: ClassVar[float] = 100.0
    centerings: ClassVar[tuple[Centering, ...]] = ("value", "simple", "moving_average")
