"""Reward centering (Naik et al., 2024): learn the average reward and subtract it from every reward.

The discounted value of a state in a continuing task is `r(pi) / (1 - gamma)`, one large constant for all
states, plus what tells the states apart. Subtracting an estimate of the reward rate `r(pi)` from the rewards
removes the constant. The estimate is *value-based*: it follows the TD error, which keeps it right off-policy.

`RewardCentering` holds the estimate. One class per family of Stable-Baselines3 algorithms puts it to use:
`OffPolicyRewardCentering` centres replayed batches, `OnPolicyRewardCentering` centres rollouts.
"""

from __future__ import annotations

import math
import warnings
from numbers import Real
from typing import Any, ClassVar

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.buffers import DictRolloutBuffer, NStepReplayBuffer, RolloutBuffer
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.type_aliases import ReplayBufferSamples


class EpisodicTaskWarning(UserWarning):
    """A reward-centred agent saw an episode terminate: it no longer optimises the task's own objective."""


class RewardCentering(BaseAlgorithm):
    """Mixin: the average-reward estimate of an SB3 algorithm.

    The estimate moves by `r_bar <- r_bar + beta * delta`, where `delta` is the mean TD error of a batch whose
    rewards are centred by the old estimate and `beta = eta * learning rate`, at most 1. The *new* estimate then centres
    the rewards the algorithm learns from. All state is plain Python numbers: `save` and `load` keep it.

    Args:
        *args: Arguments of the SB3 algorithm.
        eta: Step size of the estimate as a multiple of the learning rate, >= 0. With 0 the estimate stays at
            `initial_average_reward`; if that is 0 too, the agent is the uncentred algorithm, bit for bit.
        initial_average_reward: First value of the estimate, in units of reward per step. It has no influence
            when `unbiased_step_size` is on and `eta` > 0.
        unbiased_step_size: Use the unbiased constant step size of Sutton & Barto (2018, eq. 2.7): the first
            step is 1 and the steps decay to `beta`, so the estimate does not depend on where it started.
        **kwargs: Keyword arguments of the SB3 algorithm.

    Attributes:
        average_reward: The estimate `r_bar`, in units of reward per step.
        average_reward_step_size: Step size of the latest update, 0 before the first.
        step_size_trace: The trace of eq. 2.7, from 0 (no update yet) towards 1.

    Raises:
        ValueError: If `eta` or `initial_average_reward` is out of range.
    """

    eta: float
    average_reward: float
    average_reward_step_size: float
    unbiased_step_size: bool
    step_size_trace: float
    _warned_of_termination: bool

    def __init__(
        self,
        *args: Any,
        eta: float,
        initial_average_reward: float = 0.0,
        unbiased_step_size: bool = True,
        **kwargs: Any,
    ) -> None:
        if not (isinstance(eta, Real) and 0 <= eta < math.inf):
            raise ValueError(f"`eta` must be a finite number >= 0, got {eta!r}.")
        if not (isinstance(initial_average_reward, Real) and math.isfinite(initial_average_reward)):
            raise ValueError(f"`initial_average_reward` must be a finite number, got {initial_average_reward!r}.")
        self.eta = float(eta)
        self.average_reward = float(initial_average_reward)
        self.average_reward_step_size = 0.0
        self.unbiased_step_size = unbiased_step_size
        self.step_size_trace = 0.0
        self._warned_of_termination = False
        super().__init__(*args, **kwargs)

    def update_average_reward(self, td_error: float) -> float:
        """Moves the estimate one step.

        Args:
            td_error: Mean TD error per step, `R - r_bar + gamma * V(S') - V(S)` with the old estimate.

        Returns:
            The new estimate.
        """
        step_size = min(self.eta * self.lr_schedule(self._current_progress_remaining), 1.0)
        if self.unbiased_step_size and step_size > 0:
            self.step_size_trace += step_size * (1 - self.step_size_trace)
            step_size /= self.step_size_trace
        self.average_reward += step_size * td_error
        self.average_reward_step_size = step_size
        return self.average_reward

    def _record_average_reward(self) -> None:
        self.logger.record("train/average_reward", self.average_reward)
        self.logger.record("train/average_reward_step_size", self.average_reward_step_size)

    def _update_info_buffer(self, infos: list[dict[str, Any]], dones: np.ndarray | None = None) -> None:
        # SB3 calls this after every step of the environment, whatever the algorithm.
        super()._update_info_buffer(infos, dones)
        if dones is None or self._warned_of_termination or self.eta == self.average_reward == 0:
            return
        truncated = [info.get("TimeLimit.truncated", False) for info in infos]
        if np.any(np.logical_and(dones, np.logical_not(truncated))):
            self._warned_of_termination = True
            warnings.warn(
                f"{type(self).__name__} saw an episode terminate, and subtracting the average reward from every "
                "step changes which policy is best in an episodic task: train on a continuing one such as "
                "HackAtari/<Game>-Continuing-v0.",
                EpisodicTaskWarning,
                stacklevel=2,
            )


class OffPolicyRewardCentering(RewardCentering, OffPolicyAlgorithm):
    """Reward centering of replayed batches: each gradient step updates the estimate, then centres its batch.

    The replay buffer keeps the raw rewards. A subclass only says what the TD error of its algorithm is.

    Attributes:
        max_td_error: Where the value loss clips the TD error in its gradient; infinite for a squared error. The
            estimate is clipped alike: were it to follow other errors than the values do, no estimate would bring
            both to rest and both would drift without end.
    """

    max_td_error: ClassVar[float] = math.inf

    def _setup_model(self) -> None:
        super()._setup_model()
        if self.gamma == 1 and isinstance(self.replay_buffer, NStepReplayBuffer):
            # A replayed return shows how many rewards it holds only through its discount, here always 1.
            raise ValueError("Reward centering of n-step returns needs `gamma` < 1: lower it or use one-step returns.")

    def _td_errors(self, samples: ReplayBufferSamples) -> torch.Tensor:
        """Returns the TD errors of a batch with the rewards it comes with, float32 of shape (batch_size, 1)."""
        raise NotImplementedError

    def _center(self, samples: ReplayBufferSamples) -> ReplayBufferSamples:
        # An n-step return counts 1 + gamma + ... + gamma^(m-1) rewards; gamma^m is the discount after it.
        if samples.discounts is None:
            n_rewards = torch.ones_like(samples.rewards)
        else:
            n_rewards = (1 - samples.discounts) / (1 - self.gamma)
        if self.eta > 0:
            with torch.no_grad():
                td_errors = self._td_errors(samples) - self.average_reward * n_rewards
            # The first unbiased step, of size 1, shall reach the level of the rewards however far it is.
            if self.step_size_trace > 0 or not self.unbiased_step_size:
                td_errors = td_errors.clamp(-self.max_td_error, self.max_td_error)
            self.update_average_reward((td_errors.mean() / n_rewards.mean()).item())
        return samples._replace(rewards=samples.rewards - self.average_reward * n_rewards)

    def train(self, gradient_steps: int, batch_size: int = 100) -> None:
        """Does the algorithm's gradient steps on centred batches.

        Args:
            gradient_steps: Number of batches.
            batch_size: Transitions per batch.
        """
        replay_buffer = self.replay_buffer
        assert replay_buffer is not None  # Created in `_setup_model`; this is for the type checker.
        sample = replay_buffer.sample

        def sample_centered(*args: Any, **kwargs: Any) -> ReplayBufferSamples:
            return self._center(sample(*args, **kwargs))

        # Shadowing the method during this call spares a copy of every algorithm's `train`.
        replay_buffer.sample = sample_centered  # type: ignore[method-assign]
        try:
            super().train(gradient_steps, batch_size)
        finally:
            del replay_buffer.sample
        self._record_average_reward()


class CenteredRolloutBuffer(RolloutBuffer):
    """Rollout buffer that computes returns and advantages from centred rewards.

    It is also the mixin that centres any other buffer: `class MyCentered(CenteredRolloutBuffer, MyBuffer)`.

    Attributes:
        centering: The algorithm that holds the average reward; it sets this itself.
    """

    centering: RewardCentering

    def compute_returns_and_advantage(self, last_values: torch.Tensor, dones: np.ndarray) -> None:
        """Updates the average reward, then computes returns and advantages; `rewards` stays as collected.

        Args:
            last_values: Values of the observations after the last step, shape (n_envs, 1).
            dones: Whether the last step ended an episode, shape (n_envs,).
        """
        next_values = np.vstack([self.values[1:], last_values.cpu().numpy().reshape(1, -1)])
        next_non_terminal = 1 - np.vstack([self.episode_starts[1:], dones])
        td_errors = self.rewards + self.gamma * next_values * next_non_terminal - self.values
        td_error = float(td_errors.mean()) - self.centering.average_reward

        rewards = self.rewards
        self.rewards = rewards - self.centering.update_average_reward(td_error)
        super().compute_returns_and_advantage(last_values, dones)
        self.rewards = rewards


class CenteredDictRolloutBuffer(CenteredRolloutBuffer, DictRolloutBuffer):
    """`CenteredRolloutBuffer` for dictionary observations."""


class OnPolicyRewardCentering(RewardCentering, OnPolicyAlgorithm):
    """Reward centering of rollouts: each rollout updates the estimate once and is then centred."""

    rollout_buffer: CenteredRolloutBuffer

    def _setup_model(self) -> None:
        if self.rollout_buffer_class is None:
            is_dict = isinstance(self.observation_space, spaces.Dict)
            self.rollout_buffer_class = CenteredDictRolloutBuffer if is_dict else CenteredRolloutBuffer
        if not issubclass(self.rollout_buffer_class, CenteredRolloutBuffer):
            name = self.rollout_buffer_class.__name__
            raise ValueError(
                f"`rollout_buffer_class` must derive from CenteredRolloutBuffer, got {name}: pass None or "
                f"`class Centered{name}(CenteredRolloutBuffer, {name})`."
            )
        super()._setup_model()
        self.rollout_buffer.centering = self

    def train(self) -> None:
        """Updates the policy on the centred rollout."""
        super().train()
        self._record_average_reward()
