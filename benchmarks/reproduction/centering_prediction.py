"""Reward centering in prediction: values of a random walk, on-policy and off-policy (Naik et al., 2024)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from hackatari.agents.linear import Centering, OneHot, TDPrediction
from hackatari.benchmarks.reproduction.page import Claim, Curves, Section, Table, format_estimate, format_number
from hackatari.benchmarks.reproduction.studies import Run, RunResult, Study
from hackatari.benchmarks.reproduction.verdicts import exceeds
from hackatari.benchmarks.statistics import Estimate, mean_interval
from hackatari.problems import RandomWalk

NAME = "random-walk"

GAMMAS = (0.9, 0.99)
TARGET_POLICY = (0.5, 0.5)
"""The policy whose values are learned: probabilities of left and right."""

BEHAVIOR_POLICIES = {"on-policy": (0.5, 0.5), "off-policy": (0.3, 0.7)}
"""The policies that act."""

STEP_SIZE = 0.04
STEP_SIZE_DECAY = 0.99999
ERROR_EVERY = 100
"""Steps between two measurements of the error."""


@dataclass(frozen=True)
class Method:
    """A way to estimate the average reward.

    Attributes:
        etas: Step sizes of the estimate, relative to that of the values.
        centering: See `LinearAgent`.
        knows_average_reward: Whether the estimate starts at the average reward of the target policy.
    """

    etas: Sequence[float]
    centering: Centering = "value"
    knows_average_reward: bool = False


METHODS: Mapping[str, Method] = {
    "uncentered": Method([0.0]),
    "oracle": Method([0.0], knows_average_reward=True),
    "simple": Method([0.00625, 0.1], "simple"),
    "value-based": Method([0.00625, 0.025, 0.1], "value"),
}

SMALL_ETA, LARGE_ETA = 0.00625, 0.1


def random_walk_study(quick: bool, seed: int) -> Study:
    """Return the study.

    Args:
        quick: 10,000 steps and 10 seeds instead of 50,000 and 50.
        seed: First seed; the seeds of a batch are consecutive.
    """
    size = {"n_steps": 10_000, "n_seeds": 10} if quick else {"n_steps": 50_000, "n_seeds": 50}
    runs = [
        Run(NAME, {"method": method, "gamma": gamma, "sampling": sampling, **size}, seed)
        for method, gamma, sampling in product(METHODS, GAMMAS, BEHAVIOR_POLICIES)
    ]
    return Study(NAME, "Random walk: TD prediction", runs, play_prediction, _describe)


def play_prediction(run: Run) -> dict[str, NDArray[np.float64]]:
    """Play all values of `eta` and all seeds of a method as one batch.

    The error is the root mean square over states, weighted by how often the target policy visits them, of the true
    values minus the estimates `V + r_bar / (1 - gamma)`.

    Returns:
        `errors`: mean error over the run, shape (etas, seeds). `final_errors`: that over the last tenth, likewise.
        `average_rewards`: final estimate of the average reward, likewise. `curves`: error every `ERROR_EVERY` steps, as
        mean and ends of its interval, shape (etas, 3, measurements).
    """
    settings = run.settings
    n_steps, n_seeds, gamma = settings["n_steps"], settings["n_seeds"], settings["gamma"]
    method, behavior = METHODS[settings["method"]], np.array(BEHAVIOR_POLICIES[settings["sampling"]])
    n_runs = len(method.etas) * n_seeds
    envs = RandomWalk(n_runs)
    mdp = envs.mdp()
    weights, true_values = mdp.stationary_distribution(TARGET_POLICY), mdp.values(TARGET_POLICY, gamma)
    agent = TDPrediction(
        OneHot(envs.num_states),
        n_runs,
        step_size=STEP_SIZE,
        gamma=gamma,
        eta=np.repeat(method.etas, n_seeds),
        centering=method.centering,
        initial_average_reward=mdp.average_reward(TARGET_POLICY) if method.knows_average_reward else 0.0,
        step_size_decay=STEP_SIZE_DECAY,
    )
    seeds = run.seed + np.arange(n_seeds)
    uniforms = np.array([np.random.default_rng(seed).random(n_steps) for seed in seeds])
    actions = np.tile((uniforms >= behavior[0]).astype(np.int64), (len(method.etas), 1)).T
    ratios = (np.array(TARGET_POLICY) / behavior)[actions]
    errors = []
    observations, _ = envs.reset(seed=np.tile(seeds, len(method.etas)))
    agent.start(observations)
    for step in range(n_steps):
        observations, rewards, *_ = envs.step(actions[step])
        agent.step(rewards, observations, ratios[step])
        if (step + 1) % ERROR_EVERY == 0:
            estimates = agent.weights[:, :, 0] + agent.average_reward.value[:, None] / (1 - gamma)
            errors.append(np.sqrt((estimates - true_values) ** 2 @ weights))
    history = np.array(errors).T.reshape(len(method.etas), n_seeds, -1)
    return {
        "errors": history.mean(axis=2),
        "final_errors": history[:, :, -(history.shape[2] // 10) :].mean(axis=2),
        "average_rewards": agent.average_reward.value.reshape(-1, n_seeds),
        "curves": np.array([mean_interval(curve) for curve in history]),
    }


@dataclass(frozen=True)
class _Outcome:
    """What a method with one `eta` came to, each array with an entry per seed."""

    errors: NDArray[np.float64]
    final_errors: NDArray[np.float64]
    average_rewards: NDArray[np.float64]
    curves: NDArray[np.float64]

    @property
    def error(self) -> Estimate:
        return mean_interval(self.errors)


_Outcomes = Mapping[tuple[str, float], _Outcome]
"""Outcomes by method and `eta`."""

_Conditions = Mapping[tuple[float, str], _Outcomes]
"""Outcomes by discount factor and sampling."""


def _describe(results: list[RunResult]) -> Section:
    outcomes: dict[tuple[float, str], dict[tuple[str, float], _Outcome]] = {}
    for result in results:
        settings = result.run.settings
        condition = outcomes.setdefault((settings["gamma"], settings["sampling"]), {})
        keys = ("errors", "final_errors", "average_rewards", "curves")
        parts = (np.array(result.result[key], float) for key in keys)
        for eta, *arrays in zip(METHODS[settings["method"]].etas, *parts, strict=True):
            condition[settings["method"], eta] = _Outcome(*arrays)
    size = results[0].run.settings
    text = f"""
        TD(0) on a table learns the values of the policy that goes left and right with equal probability, on 7 states.
        On-policy this policy acts; off-policy the one that goes right with probability
        {BEHAVIOR_POLICIES["off-policy"][1]}, and importance ratios weight the updates. Step size {STEP_SIZE}, times
        {STEP_SIZE_DECAY} after each of {size["n_steps"]:,} steps; {size["n_seeds"]} seeds. Uncentered is `eta` = 0; the
        oracle subtracts the true average reward from the start.

        The error is the root mean square over states, weighted by how often the target policy visits them, of the true
        values minus `V + r_bar / (1 - gamma)`. Intervals are 95 % t intervals over seeds; differences are between runs
        with equal seeds.
    """
    steps = np.arange(size["n_steps"] // ERROR_EVERY) * ERROR_EVERY + ERROR_EVERY
    tables = [_table(f"{sampling}, gamma = {gamma:g}", condition) for (gamma, sampling), condition in outcomes.items()]
    curves = [
        Curves(
            f"Random walk: error of the values, {sampling}, gamma = {gamma:g}",
            "steps",
            "root mean square error",
            {_label(*key): (steps, *condition[key].curves) for key in _SHOWN},
            log_y=True,
        )
        for (gamma, sampling), condition in outcomes.items()
    ]
    return Section("Random walk", text, _claims(outcomes), tables, curves)


_SHOWN = (("uncentered", 0.0), ("oracle", 0.0), ("simple", SMALL_ETA), ("value-based", SMALL_ETA))


def _table(condition: str, outcomes: _Outcomes) -> Table:
    return Table(
        f"Random walk, {condition}",
        ["method", "mean error", "error in the last tenth", "final average reward"],
        [
            [_label(*key), outcome.error, mean_interval(outcome.final_errors), mean_interval(outcome.average_rewards)]
            for key, outcome in outcomes.items()
        ],
    )


def _claims(outcomes: _Conditions) -> list[Claim]:
    on_policy, off_policy = outcomes[0.99, "on-policy"], outcomes[0.99, "off-policy"]
    value, simple, uncentered = ("value-based", SMALL_ETA), ("simple", SMALL_ETA), ("uncentered", 0.0)
    mdp = RandomWalk().mdp()
    true_rate = mdp.average_reward(TARGET_POLICY)
    visits = mdp.stationary_distribution(BEHAVIOR_POLICIES["off-policy"])
    wrong_rate = float(visits @ mdp.under(TARGET_POLICY)[1])
    return [
        _less_error(
            "Random walk: on-policy at gamma = 0.99, value-based centering cuts the error.",
            on_policy,
            value,
            uncentered,
        ),
        _less_error(
            "Random walk: on-policy at gamma = 0.99, simple centering cuts the error.", on_policy, simple, uncentered
        ),
        _gain_claim(outcomes),
        _less_error(
            f"Random walk: too large an `eta` is worse, {LARGE_ETA:g} than {SMALL_ETA:g} (value-based, on-policy, "
            "gamma = 0.9).",
            outcomes[0.9, "on-policy"],
            value,
            ("value-based", LARGE_ETA),
        ),
        _oracle_claim(outcomes),
        _rate_claim(
            "Random walk: off-policy, simple centering settles on a wrong average reward: that of the target policy's "
            f"actions in the states which the acting policy visits, {wrong_rate:.3f} instead of {true_rate:g}.",
            off_policy[simple],
            wrong_rate,
        ),
        _rate_claim(
            "Random walk: off-policy, value-based centering finds the average reward of the target policy, "
            f"{true_rate:g} (to a tenth of itself).",
            off_policy[value],
            true_rate,
        ),
        _less_error(
            "Random walk: off-policy at gamma = 0.99, value-based centering cuts the error.",
            off_policy,
            value,
            uncentered,
        ),
        _less_error(
            "Random walk: off-policy at gamma = 0.99, simple centering is no better than none.",
            off_policy,
            uncentered,
            simple,
        ),
    ]


def _less_error(text: str, outcomes: _Outcomes, better: tuple[str, float], worse: tuple[str, float]) -> Claim:
    """Return the claim that the mean error of one method is below that of another."""
    difference = mean_interval(outcomes[worse].errors - outcomes[better].errors)
    figure = f"{format_estimate(outcomes[better].error)} against {format_estimate(outcomes[worse].error)}"
    return Claim(text, exceeds(difference), figure)


def _gain_claim(outcomes: _Conditions) -> Claim:
    gains = [
        outcomes[gamma, "on-policy"]["uncentered", 0.0].errors
        / outcomes[gamma, "on-policy"]["value-based", SMALL_ETA].errors
        for gamma in GAMMAS
    ]
    low, high = map(mean_interval, gains)
    return Claim(
        f"Random walk: centering gains more at gamma = {GAMMAS[1]:g} than at {GAMMAS[0]:g} (uncentered error divided "
        "by that of value-based centering, on-policy).",
        exceeds(mean_interval(gains[1] - gains[0])),
        f"{format_estimate(high)} against {format_estimate(low)}",
    )


def _oracle_claim(outcomes: _Conditions) -> Claim:
    ratios = {
        (condition, key): float(outcome.errors.mean() / by_key["oracle", 0.0].errors.mean())
        for condition, by_key in outcomes.items()
        for key, outcome in by_key.items()
        if key[0] != "oracle"
    }
    ((gamma, sampling), key), least = min(ratios.items(), key=lambda item: item[1])
    return Claim(
        "Random walk: to know the average reward from the start is best, whatever the policy and gamma.",
        least > 1,
        f"the next best has {format_number(least)} times the error: {_label(*key)}, {sampling}, gamma = {gamma:g}",
    )


def _rate_claim(text: str, outcome: _Outcome, rate: float) -> Claim:
    estimate = mean_interval(outcome.average_rewards)
    return Claim(text, bool(abs(estimate.mean - rate) < rate / 10), format_estimate(estimate))


def _label(method: str, eta: float) -> str:
    return f"{method}, eta = {eta:g}" if eta else method
