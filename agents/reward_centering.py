"""Reward centering (Naik et al., 2024): learn the average reward and subtract it from every reward.

The discounted value of a state in a continuing task is `r(pi) / (1 - gamma)`, one large constant for all states, plus
what tells the states apart. Subtracting an estimate `r_bar` of the reward rate `r(pi)` from the rewards removes the
constant. The estimate is an `AverageReward`; `RewardCentering` gives it to an algorithm of Stable-Baselines3. One class
per family of algorithms puts it to use: `OffPolicyRewardCentering` centres batches as they are drawn from the replay
buffer, `OnPolicyRewardCentering` centres rollouts before returns and advantages are computed from them.

A centred algorithm is a few lines: the mixin of its family and the algorithm, and off-policy the values and targets of
its loss. `CenteredPPO` and `CenteredDQN` show how.
"""

from __future__ import annotations

import math
import warnings
from abc import abstractmethod
from collections.abc import Callable
from numbers import Real
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.buffers import NStepReplayBuffer, RolloutBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.type_aliases import ReplayBufferSamples
from stable_baselines3.common.vec_env import VecEnv

from hackatari.agents.average_reward import AverageReward
from hackatari.agents.shadowing import RepeatedCalls, Shadow, shadowed
from hackatari.errors import did_you_mean

Centering: TypeAlias = Literal["value", "simple", "moving_average", "rvi"]

Observations: TypeAlias = torch.Tensor | dict[str, torch.Tensor]


class EpisodicTaskWarning(UserWarning):
    """A reward-centred agent saw an episode terminate: it no longer optimises the task's own objective."""


class RewardCentering(BaseAlgorithm):
    """Mixin: the average-reward estimate of an SB3 algorithm.

    Args:
        *args: Arguments of the SB3 algorithm.
        centering: How the estimate is learned. With `beta = eta * learning rate`, at most 1, and errors averaged over a
            batch or rollout:

            - `"value"`: `r_bar <- r_bar + beta * delta` with the TD error `delta` of the rewards centred by the old
              estimate. Right off-policy too (Naik et al., 2024).
            - `"simple"`: `r_bar <- r_bar + beta * (R - r_bar)`, the reward rate of the behaviour that made the data.
            - `"moving_average"`: `r_bar <- rate * r_bar + (1 - rate) * R` at every step of the envs (Wan et al., 2025).
            - `"rvi"`: `r_bar` is the mean value of fixed reference states, as in relative value iteration (Wan et
              al., 2025).
            - `None`: rewards are left as they are.
        eta: Step size of the estimate as a multiple of the learning rate, >= 0; `"auto"` is the class's `default_eta`.
            With 0 or None the estimate stays at `initial_average_reward`, whatever `centering`; if that is 0 too, the
            agent is the uncentred algorithm, bit for bit.
        unbiased_step_size: Use the unbiased constant step size of Sutton & Barto (2018, eq. 2.7): the first step is 1
            and the steps decay to their size, so the estimate does not depend on where it started.
        initial_average_reward: First value of the estimate, in units of reward per step. It has no influence when
            `unbiased_step_size` is on and `eta` > 0.
        moving_average_rate: The rate of `"moving_average"`, in [0, 1).
        n_reference_states: Number of reference states of `"rvi"`; they are drawn from the first experience and kept.
        **kwargs: Keyword arguments of the SB3 algorithm.

    Attributes:
        default_eta: What `eta="auto"` stands for.
        centerings: The ways to learn the estimate that the algorithm supports.

    Raises:
        ValueError: If an argument is out of range.
    """

    default_eta: ClassVar[float]
    centerings: ClassVar[tuple[Centering, ...]] = ("value", "simple", "moving_average", "rvi")

    gamma: float
    centering: Centering | None
    eta: float
    moving_average_rate: float
    n_reference_states: int
    _estimate: AverageReward
    _warned_of_termination: bool

    def __init__(
        self,
        *args: Any,
        centering: Centering | None = "value",
        eta: float | Literal["auto"] | None = "auto",
        unbiased_step_size: bool = True,
        initial_average_reward: float = 0.0,
        moving_average_rate: float = 0.99,
        n_reference_states: int = 64,
        **kwargs: Any,
    ) -> None:
        if centering is not None and centering not in self.centerings:
            names = ", ".join(map(repr, self.centerings))
            hint = did_you_mean(centering, self.centerings) if isinstance(centering, str) else ""
            raise ValueError(f"`centering` must be one of {names} or None, got {centering!r}.{hint}")
        eta = self.default_eta if eta == "auto" else 0.0 if eta is None else eta
        if not (isinstance(eta, Real) and 0 <= eta < math.inf):
            raise ValueError(f'`eta` must be a finite number >= 0, "auto" or None, got {eta!r}.')
        if not (isinstance(initial_average_reward, Real) and math.isfinite(initial_average_reward)):
            raise ValueError(f"`initial_average_reward` must be a finite number, got {initial_average_reward!r}.")
        if not (isinstance(moving_average_rate, Real) and 0 <= moving_average_rate < 1):
            raise ValueError(f"`moving_average_rate` must be a number in [0, 1), got {moving_average_rate!r}.")
        if not (isinstance(n_reference_states, int) and n_reference_states > 0):
            raise ValueError(f"`n_reference_states` must be an integer > 0, got {n_reference_states!r}.")
        self.centering = centering
        self.eta = float(eta)
        self.moving_average_rate = float(moving_average_rate)
        self.n_reference_states = n_reference_states
        self._estimate = AverageReward(float(initial_average_reward), unbiased_step_size=unbiased_step_size)
        self._warned_of_termination = False
        super().__init__(*args, **kwargs)

    @property
    def average_reward(self) -> float:
        """The estimate `r_bar`, in units of the environment's reward per step, also where `VecNormalize` scales it."""
        return self._estimate.value

    @property
    def _is_centered(self) -> bool:
        return self.centering is not None and (self.eta > 0 or self.average_reward != 0)

    @property
    def _scaled_average_reward(self) -> float:
        """The estimate in the units of the values, those of the rewards that the algorithm learns from."""
        return self.average_reward / self._reward_scale

    @property
    def _reward_scale(self) -> float:
        """What `VecNormalize` divides rewards by at present, 1 without it."""
        env = self._vec_normalize_env
        return math.sqrt(env.ret_rms.var + env.epsilon) if env is not None and env.norm_reward else 1.0

    def _update_average_reward(
        self, td_error: Callable[[], float], reward: Callable[[], float], reference_value: Callable[[], float]
    ) -> None:
        """Update the estimate by one batch or rollout, of which it asks for what `centering` needs.

        Args:
            td_error: Mean TD error per step of rewards centred by the old estimate, in the units of the values.
            reward: Mean reward per step, in the environment's units.
            reference_value: Mean value of the reference states, in the units of the values.
        """
        if self.eta == 0:
            return
        step_size = min(self.eta * self.lr_schedule(self._current_progress_remaining), 1.0)
        if self.centering == "value":
            self._estimate.update(td_error() * self._reward_scale, step_size)
        elif self.centering == "simple":
            self._estimate.update(reward() - self.average_reward, step_size)
        elif self.centering == "rvi":
            self._estimate.update(reference_value() * self._reward_scale - self.average_reward, 1.0)

    def _update_moving_average(self, reward: float) -> None:
        """Update the estimate by the reward of one step, the mean over the envs."""
        self._estimate.update(reward - self.average_reward, 1 - self.moving_average_rate)

    def _observing_rewards(self, callback: BaseCallback, observe: Callable[[float], None]) -> Shadow:
        """Return a shadow that calls `observe` with every step's reward, the mean over the envs, as the env gave it.

        What SB3 stores may differ: it scales rewards by `VecNormalize`, and on-policy it adds values at time limits.
        """
        on_step = callback.on_step

        def observe_step() -> bool:
            env = self._vec_normalize_env
            observe(float(np.mean(callback.locals["rewards"] if env is None else env.get_original_reward())))
            return on_step()

        return callback, "on_step", observe_step

    def _record_centering(self, values: np.ndarray) -> None:
        """Log the estimate and how large the values are that it spares the networks."""
        self.logger.record("train/average_reward", self.average_reward)
        self.logger.record("train/average_reward_step_size", self._estimate.step_size)
        self.logger.record("train/centered_value_magnitude", float(np.abs(values).mean()))
        if self.gamma < 1:
            constant = self._scaled_average_reward / (1 - self.gamma)
            self.logger.record("train/uncentered_value_magnitude", float(np.abs(values + constant).mean()))

    def _update_info_buffer(self, infos: list[dict[str, Any]], dones: np.ndarray | None = None) -> None:
        # SB3 calls this after every step of the environment, whatever the algorithm.
        super()._update_info_buffer(infos, dones)
        if self._warned_of_termination or dones is None or not dones.any() or not self._is_centered:
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

    The replay buffer keeps the raw rewards. A subclass says what its algorithm's loss compares: `_predict` and
    `_targets`. Both are called when a batch is drawn. When the algorithm asks its networks for the same a moment later,
    it gets the results of the calls in `repeated_calls` instead of a second computation.

    With `gamma=1` the estimate must come from the values: they have no other anchor, and against the reward rate of
    another policy, or of the past, they would grow without end.

    Attributes:
        repeated_calls: Methods of networks that the algorithm's `train` calls with the same arguments as `_predict` and
            `_targets` do, such as "q_net.forward".

    Raises:
        ValueError: If `gamma` is 1 and the estimate does not come from the values.
    """

    default_eta: ClassVar[float] = 1.0
    repeated_calls: ClassVar[tuple[str, ...]]

    _reference: tuple[Observations, torch.Tensor] | None = None

    @abstractmethod
    def _predict(self, observations: Observations, actions: torch.Tensor) -> torch.Tensor:
        """Return the values that the loss moves, shape (batch_size, n_predictions)."""

    @abstractmethod
    def _targets(self, samples: ReplayBufferSamples) -> torch.Tensor:
        """Return what the loss moves them to, shape (batch_size, n_targets)."""

    def _discounted(self, samples: ReplayBufferSamples, next_values: torch.Tensor) -> torch.Tensor:
        """Return the rewards of a batch plus the discounted values of what follows, none where the task ended."""
        discounts = self.gamma if samples.discounts is None else samples.discounts
        return samples.rewards + (1 - samples.dones) * discounts * next_values

    def _loss_errors(self, predictions: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the TD errors as the gradient of the loss weighs them, of any shape; here those of a squared loss.

        The estimate follows the same errors as the values do. Were it to follow others, no estimate would bring both to
        rest, and both would drift without end.
        """
        return targets - predictions

    def _setup_model(self) -> None:
        if self.gamma == 1 and self.eta > 0 and self.centering in ("simple", "moving_average"):
            raise ValueError(
                f'`centering="{self.centering}"` needs `gamma` < 1 in {type(self).__name__}, which learns off-policy: '
                'lower it or choose "value" or "rvi".'
            )
        super()._setup_model()

    def collect_rollouts(self, env: VecEnv, callback: BaseCallback, *args: Any, **kwargs: Any) -> Any:
        """Collect experience as the algorithm does."""
        if self.centering != "moving_average" or self.eta == 0:
            return super().collect_rollouts(env, callback, *args, **kwargs)
        with shadowed(self._observing_rewards(callback, self._update_moving_average)):
            return super().collect_rollouts(env, callback, *args, **kwargs)

    def train(self, gradient_steps: int, batch_size: int = 100) -> None:
        """Do the algorithm's gradient steps on centred batches.

        Args:
            gradient_steps: Number of batches.
            batch_size: Transitions per batch.
        """
        if not self._is_centered:
            super().train(gradient_steps, batch_size)
            return
        buffer = self.replay_buffer
        assert buffer is not None  # Made by `_setup_model`; this is for the type checker.
        sample, normalize_reward = buffer.sample, buffer._normalize_reward
        if self.centering == "rvi" and self._reference is None:
            reference = sample(self.n_reference_states, env=self._vec_normalize_env)
            self._reference = _moved(reference.observations, "cpu"), reference.actions.cpu()
        networks = []
        for name in self.repeated_calls:
            network, method = name.split(".")
            owner = getattr(self, network)
            networks.append((owner, method, RepeatedCalls(getattr(owner, method))))
        values = torch.zeros(1)

        def sample_centered(*args: Any, **kwargs: Any) -> ReplayBufferSamples:
            nonlocal values
            for *_, call in networks:
                call.forget()
            samples, values = self._center(sample(*args, **kwargs))
            return samples

        shadows: list[Shadow] = [*networks, (buffer, "sample", sample_centered)]
        if isinstance(buffer, NStepReplayBuffer):
            # An imaginary unit beside each reward comes out of the n-step sum as the discounted number of rewards.
            shadows.append((buffer, "_normalize_reward", lambda *args: normalize_reward(*args) + np.complex64(1j)))
        with shadowed(*shadows):
            super().train(gradient_steps, batch_size)
        self._record_centering(values.cpu().numpy())

    def _center(self, samples: ReplayBufferSamples) -> tuple[ReplayBufferSamples, torch.Tensor]:
        """Update the estimate by a batch; return the batch centred by the new one, and the values of its actions."""
        n_rewards: Any = 1.0
        mean_n_rewards = 1.0
        if samples.rewards.is_complex():
            n_rewards = samples.rewards.imag
            mean_n_rewards = n_rewards.mean().item()
            samples = samples._replace(rewards=samples.rewards.real)

        def centered() -> ReplayBufferSamples:
            return samples._replace(rewards=samples.rewards - self._scaled_average_reward * n_rewards)

        def td_error() -> float:
            with torch.no_grad():
                targets = self._targets(centered())
                # The first unbiased step, of size 1, shall reach the level of the rewards however far it is.
                is_first = self._estimate.unbiased_step_size and self._estimate.trace == 0
                error = targets.mean() - values.mean() if is_first else self._loss_errors(values, targets).mean()
                return error.item() / mean_n_rewards

        def reward() -> float:
            return samples.rewards.mean().item() / mean_n_rewards * self._reward_scale

        values = self._predict(samples.observations, samples.actions).detach()
        self._update_average_reward(td_error, reward, self._reference_value)
        return centered(), values

    @torch.no_grad()
    def _reference_value(self) -> float:
        assert self._reference is not None  # Drawn before the first batch; this is for the type checker.
        observations, actions = self._reference
        return self._predict(_moved(observations, self.device), actions.to(self.device)).mean().item()


class OnPolicyRewardCentering(RewardCentering, OnPolicyAlgorithm):
    """Reward centering of rollouts: each rollout updates the estimate once and is then centred.

    Works with every rollout buffer that computes returns and advantages from its `rewards`; these stay as collected.
    """

    _reference: Observations | None = None

    def collect_rollouts(
        self, env: VecEnv, callback: BaseCallback, rollout_buffer: RolloutBuffer, *args: Any, **kwargs: Any
    ) -> bool:
        """Collect a rollout as the algorithm does; its returns and advantages are those of centred rewards."""
        if not self._is_centered:
            return super().collect_rollouts(env, callback, rollout_buffer, *args, **kwargs)
        compute = rollout_buffer.compute_returns_and_advantage
        observed_rewards: list[float] = []

        def compute_centered(last_values: torch.Tensor, dones: np.ndarray) -> None:
            rewards = rollout_buffer.rewards

            def td_error() -> float:
                next_values = np.vstack([rollout_buffer.values[1:], last_values.cpu().numpy().reshape(1, -1)])
                continues = 1 - np.vstack([rollout_buffer.episode_starts[1:], dones])
                td_errors = rewards + self.gamma * continues * next_values - rollout_buffer.values
                return float(td_errors.mean()) - self._scaled_average_reward

            self._update_average_reward(
                td_error, lambda: float(np.mean(observed_rewards)), lambda: self._reference_value(rollout_buffer)
            )
            rollout_buffer.rewards = rewards - self._scaled_average_reward
            compute(last_values, dones)
            rollout_buffer.rewards = rewards

        shadows: list[Shadow] = [(rollout_buffer, "compute_returns_and_advantage", compute_centered)]
        if self.eta > 0 and self.centering == "simple":
            shadows.append(self._observing_rewards(callback, observed_rewards.append))
        elif self.eta > 0 and self.centering == "moving_average":
            shadows.append(self._observing_rewards(callback, self._update_moving_average))
        with shadowed(*shadows):
            return super().collect_rollouts(env, callback, rollout_buffer, *args, **kwargs)

    @torch.no_grad()
    def _reference_value(self, rollout_buffer: RolloutBuffer) -> float:
        if self._reference is None:
            self._reference = self._evenly_spaced_observations(rollout_buffer)
        return self.policy.predict_values(_moved(self._reference, self.device)).mean().item()

    def _evenly_spaced_observations(self, rollout_buffer: RolloutBuffer) -> Observations:
        """Return `n_reference_states` observations of a rollout, or all if it has fewer."""
        n_observations = rollout_buffer.buffer_size * rollout_buffer.n_envs
        indices = np.linspace(0, n_observations - 1, min(self.n_reference_states, n_observations)).round().astype(int)
        steps, envs = np.unravel_index(indices, (rollout_buffer.buffer_size, rollout_buffer.n_envs))
        observations: Any = rollout_buffer.observations
        if isinstance(observations, dict):
            return {key: torch.as_tensor(array[steps, envs]) for key, array in observations.items()}
        return torch.as_tensor(observations[steps, envs])

    def train(self) -> None:
        """Update the policy on the centred rollout."""
        super().train()
        if self._is_centered:
            self._record_centering(self.rollout_buffer.values)


def _moved(observations: Observations, device: torch.device | str) -> Observations:
    """Return observations on another device."""
    if isinstance(observations, dict):
        return {key: tensor.to(device) for key, tensor in observations.items()}
    return observations.to(device)
