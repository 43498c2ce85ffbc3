"""PPO with reward centering."""

from __future__ import annotations

from typing import Any

from stable_baselines3 import PPO

from hackatari.agents.reward_centering import OnPolicyRewardCentering


class CenteredPPO(OnPolicyRewardCentering, PPO):
    """PPO whose rewards are centred by the learned average reward (Naik et al., 2024).

    Each rollout moves the estimate by its mean TD error; returns and advantages are then computed from the
    rewards minus the new estimate.

    Args:
        *args: Arguments of `stable_baselines3.PPO`.
        eta: Step size of the average reward as a multiple of the learning rate, >= 0; 0 turns centering off.
            The default is far above that of DQN because the estimate takes one step per rollout, the networks
            hundreds; with PPO's default learning rate it makes a step size of 0.03.
        initial_average_reward: First value of the estimate, in units of reward per step.
        unbiased_step_size: Start with step size 1 and decay to `eta * learning_rate`, so that
            `initial_average_reward` has no influence.
        **kwargs: Keyword arguments of `stable_baselines3.PPO`. A `rollout_buffer_class` must derive from
            `CenteredRolloutBuffer`.

    Raises:
        ValueError: If `eta` or `initial_average_reward` is out of range, or if `rollout_buffer_class` does not
            centre its rewards.
    """

    def __init__(
        self,
        *args: Any,
        eta: float = 100.0,
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
