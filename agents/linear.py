"""Tabular and linear agents for continuing problems, with reward centering (Naik et al., 2024).

An agent here is a batch of n independent runs: one row of weights per run, and hyperparameters that may differ from run
to run, so a whole sweep over settings and seeds is one sequence of NumPy operations on the n sub-environments of a
`gymnasium.vector.VectorEnv`. What happens in a run depends on its own seed and settings only, not on the batch.

Values are sums of the weights of active binary features: `OneHot` makes an agent tabular, `TileCoder` linear. With an
average-reward estimate `r_bar` (`AverageReward`) every agent learns from the TD error

    delta = R - r_bar + gamma * bootstrap - prediction,

where the bootstrap is `max_a Q(S', a)` (`QLearning`), `Q(S', A')` (`Sarsa`) or `V(S')` (`TDPrediction`). With `eta = 0`
this is the algorithm without centering, with `gamma = 1` and `eta > 0` differential Q-learning, Sarsa or TD (Wan et
al., 2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hackatari.agents.average_reward import AverageReward

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

Centering = Literal["value", "simple"]


class Features(Protocol):
    """Binary features, a fixed number of which is active: `OneHot`, `TileCoder` or one's own.

    Attributes:
        n_features: Number of features.
        n_active: Number of active features of every observation.
    """

    n_features: int
    n_active: int

    def __call__(self, observations: NDArray[Any], /) -> IntArray:
        """Return the indices of the active features, all different, shape (n, n_active)."""
        ...


class OneHot:
    """One feature per state, which makes a linear agent tabular.

    Args:
        n_states: Number of states; observations are the integers below, shape (n,).
    """

    def __init__(self, n_states: int) -> None:
        self.n_features = n_states
        self.n_active = 1

    def __call__(self, observations: NDArray[np.integer]) -> IntArray:
        """Return the states as indices of features, shape (n, 1)."""
        return np.asarray(observations, np.int64)[:, None]


class LinearAgent:
    """What the agents of this module share: the weights of all runs and one TD update.

    Every hyperparameter is one number for all runs or an array of shape (n_runs,).

    Args:
        features: Features of the observations.
        n_runs: Number of independent runs.
        n_values: Values per observation: one, or one per action.
        step_size: Step size `alpha` >= 0 of the values: an update removes the fraction `alpha` of a TD error, so each
            active weight moves by `alpha / n_active` of it.
        gamma: Discount factor in [0, 1]; 1 makes sense with centering only, without it the values grow for ever.
        eta: Step size of the average reward as a multiple of `alpha`, >= 0 and `eta * alpha` <= 1. With 0 the average
            reward stays where it starts.
        centering: The error that moves the average reward. "value": the TD error, which stays right off-policy;
            "simple": `R - r_bar`, which estimates the reward rate of the behaviour policy.
        initial_average_reward: First estimate, in units of reward per step.
        unbiased_step_size: Start the average reward's step size at 1 and let it decay to `eta * alpha`
            (`AverageReward`), and learn the values from the *new* estimate. Then a constant added to all rewards shifts
            `average_reward` and changes nothing else, as long as no step is weighted by `rho`. Otherwise the step size
            is `eta * alpha` throughout and the values learn from the error with the old estimate.
        step_size_decay: Factor in [0, 1] on `step_size` after every step.

    Attributes:
        average_reward: The estimate, its `value` of shape (n_runs,).
        step_size: Current step size of each run, shape (n_runs,).

    Raises:
        ValueError: If a hyperparameter is out of range or has the wrong shape.
    """

    def __init__(
        self,
        features: Features,
        n_runs: int,
        n_values: int,
        *,
        step_size: ArrayLike,
        gamma: ArrayLike,
        eta: ArrayLike,
        centering: Centering = "value",
        initial_average_reward: ArrayLike = 0.0,
        unbiased_step_size: bool = True,
        step_size_decay: ArrayLike = 1.0,
    ) -> None:
        if centering not in ("value", "simple"):
            raise ValueError(f'`centering` must be "value" or "simple", got {centering!r}; `eta=0` turns it off.')
        self.features = features
        self.n_runs = n_runs
        self.centering = centering
        self.step_size = _per_run("step_size", step_size, n_runs, least=0)
        self.gamma = _per_run("gamma", gamma, n_runs, least=0, most=1)
        self.eta = _per_run("eta", eta, n_runs, least=0)
        self.step_size_decay = _per_run("step_size_decay", step_size_decay, n_runs, least=0, most=1)
        if np.any(self.eta * self.step_size > 1):
            raise ValueError("`eta * step_size`, the step size of the average reward, must be at most 1: lower `eta`.")
        initial = _per_run("initial_average_reward", initial_average_reward, n_runs)
        self.average_reward = AverageReward(initial, unbiased_step_size=unbiased_step_size)

        self._table = np.zeros((n_runs * features.n_features, n_values))
        self._weights = self._table.reshape(-1)
        self._first_rows = np.arange(n_runs)[:, None] * features.n_features
        self._active: IntArray | None = None

    @property
    def weights(self) -> FloatArray:
        """All weights, a view of shape (n_runs, n_features, n_values)."""
        return self._table.reshape(self.n_runs, self.features.n_features, -1)

    def values(self, observations: NDArray[Any]) -> FloatArray:
        """Predict.

        Args:
            observations: One observation per run, shape (n_runs, ...).

        Returns:
            The values of each run's observation, shape (n_runs, n_values).
        """
        return self._values_of(self._rows(observations)).T

    def _rows(self, observations: NDArray[Any]) -> IntArray:
        """Return which rows of the table are active, shape (n_runs, n_active)."""
        return self._first_rows + self.features(observations)

    def _values_of(self, rows: IntArray) -> FloatArray:
        """Return the sums of active weights, shape (n_values, n_runs): NumPy is fast along the long, last axis."""
        return np.einsum("rfv->vr", self._table.take(rows, axis=0), order="C")

    def _predict_next(self, rows: IntArray, column: ArrayLike) -> None:
        """Remember the weights of the prediction that the next update corrects."""
        self._active = rows * self._table.shape[1] + np.asarray(column).reshape(-1, 1)

    def _learn(self, rewards: FloatArray, bootstrap: FloatArray, rho: FloatArray | float = 1.0) -> None:
        """Update average reward and weights for the transition that has just ended, each array of shape (n_runs,)."""
        if self._active is None:
            raise RuntimeError("Call `start` with the first observations before `step`.")
        weights = self._weights.take(self._active)
        average = self.average_reward
        old = average.value
        td_error = rewards - old + self.gamma * bootstrap - weights.sum(axis=1)
        new = average.update(
            rho * (td_error if self.centering == "value" else rewards - old), self.eta * self.step_size
        )
        if average.unbiased_step_size:
            td_error += old - new
        steps = self.step_size / self.features.n_active * rho * td_error
        self._weights[self._active] = weights + steps[:, None]
        self.step_size = self.step_size * self.step_size_decay


class TDPrediction(LinearAgent):
    """TD(0): learn the values of a policy from the actions of the same or another one.

    Off-policy, each update is weighted by the importance ratio `rho` of the action, in the values and in the average
    reward alike. The policy that acts is up to the caller.

    Args:
        features: Features of the observations.
        n_runs: Number of independent runs.
        **hyperparameters: See `LinearAgent`.

    Raises:
        ValueError: If a hyperparameter is out of range or has the wrong shape.
    """

    def __init__(self, features: Features, n_runs: int, **hyperparameters: Any) -> None:
        super().__init__(features, n_runs, 1, **hyperparameters)

    def start(self, observations: NDArray[Any]) -> None:
        """Begin all runs.

        Args:
            observations: First observations, shape (n_runs, ...).
        """
        self._predict_next(self._rows(observations), 0)

    def step(self, rewards: FloatArray, observations: NDArray[Any], rho: ArrayLike = 1.0) -> None:
        """Learn from one step of every run.

        Args:
            rewards: Shape (n_runs,).
            observations: The observations after the step, shape (n_runs, ...).
            rho: Probability of the action under the predicted policy divided by that under the acting one: shape
                (n_runs,), or 1 where the two policies are the same.
        """
        rows = self._rows(observations)
        self._learn(rewards, self._values_of(rows)[0], np.asarray(rho, np.float64))
        self._predict_next(rows, 0)


class ControlAgent(LinearAgent):
    """What `QLearning` and `Sarsa` share: epsilon-greedy actions on learned action values.

    Args:
        features: Features of the observations.
        n_actions: Number of actions.
        seeds: One seed >= 0 per run. Equal seeds give equal exploration; the random numbers are not those of an
            environment that is reset with the same seed.
        epsilon: Probability in [0, 1] of an action drawn uniformly from all, otherwise from the best ones.
        **hyperparameters: See `LinearAgent`.

    Raises:
        ValueError: If a hyperparameter is out of range or has the wrong shape.
    """

    def __init__(
        self,
        features: Features,
        n_actions: int,
        seeds: Sequence[int],
        *,
        epsilon: ArrayLike = 0.1,
        **hyperparameters: Any,
    ) -> None:
        super().__init__(features, len(seeds), n_actions, **hyperparameters)
        self.epsilon = _per_run("epsilon", epsilon, self.n_runs, least=0, most=1)
        self._uniforms = _Uniforms(seeds, per_step=2)

    def start(self, observations: NDArray[Any]) -> IntArray:
        """Begin all runs.

        Args:
            observations: First observations, shape (n_runs, ...).

        Returns:
            The first actions, shape (n_runs,).
        """
        return self._act(self._rows(observations))

    def _act(self, rows: IntArray) -> IntArray:
        actions = self._choose(self._values_of(rows))
        self._predict_next(rows, actions)
        return actions

    def _choose(self, values: FloatArray) -> IntArray:
        explore, which = self._uniforms.draw()
        # Explorers choose among all actions, the others among the best, which may be several.
        is_candidate = values >= np.where(explore < self.epsilon, -np.inf, values.max(axis=0))
        counts = is_candidate.cumsum(axis=0)
        return (counts <= (which * counts[-1]).astype(np.int64)).sum(axis=0)


class QLearning(ControlAgent):
    """Q-learning: off-policy control, the bootstrap is the value of the best next action. See `ControlAgent`."""

    def step(self, rewards: FloatArray, observations: NDArray[Any]) -> IntArray:
        """Learn from one step of every run, then act.

        Args:
            rewards: Shape (n_runs,).
            observations: The observations after the step, shape (n_runs, ...).

        Returns:
            The next actions, shape (n_runs,).
        """
        rows = self._rows(observations)
        self._learn(rewards, self._values_of(rows).max(axis=0))
        return self._act(rows)


class Sarsa(ControlAgent):
    """Sarsa: on-policy control, the bootstrap is the value of the action taken next. See `ControlAgent`."""

    def step(self, rewards: FloatArray, observations: NDArray[Any]) -> IntArray:
        """Act, then learn from the step of every run before.

        Args:
            rewards: Shape (n_runs,).
            observations: The observations after the step, shape (n_runs, ...).

        Returns:
            The next actions, shape (n_runs,).
        """
        rows = self._rows(observations)
        values = self._values_of(rows)
        actions = self._choose(values)
        self._learn(rewards, values[actions, np.arange(self.n_runs)])
        self._predict_next(rows, actions)
        return actions


class _Uniforms:
    """Uniform random numbers in [0, 1) for n runs, each from a generator of its own.

    They are drawn in blocks: a call of each generator at every step would take most of the time of a large batch.
    """

    BLOCK = 256

    def __init__(self, seeds: Sequence[int], per_step: int) -> None:
        # The spawn key sets the numbers apart from those of an environment with the same seed.
        self._generators = [np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,))) for seed in seeds]
        self._block = np.empty((self.BLOCK, per_step, len(seeds)))
        self._next = self.BLOCK

    def draw(self) -> FloatArray:
        """Return the numbers of the next step, shape (per_step, n_runs)."""
        if self._next == self.BLOCK:
            for run, generator in enumerate(self._generators):
                self._block[:, :, run] = generator.random(self._block.shape[:2])
            self._next = 0
        self._next += 1
        return self._block[self._next - 1]


def _per_run(name: str, value: ArrayLike, n_runs: int, least: float = -np.inf, most: float = np.inf) -> FloatArray:
    """Return a hyperparameter as one float64 per run.

    Raises:
        ValueError: If it is not finite or not in [`least`, `most`], or neither one number nor one per run.
    """
    values = np.asarray(value, np.float64)
    if values.shape not in ((), (n_runs,)):
        raise ValueError(
            f"`{name}` must be one number or one per run ({n_runs}), got an array of shape {values.shape}."
        )
    if not np.all(np.isfinite(values) & (values >= least) & (values <= most)):
        raise ValueError(f"`{name}` must be finite and in [{least:g}, {most:g}], got {value!r}.")
    return np.broadcast_to(values, (n_runs,)).copy()
