"""Reward centering in control: Q-learning with and without it on four continuing problems (Naik et al., 2024).

A run plays one discount factor and one step size. Its batch has all *cases*, pairs of `eta` and an offset on every
reward, each with the same seeds: differences between cases are differences between pairs of runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import cast

import numpy as np
from gymnasium.spaces import Discrete
from numpy.typing import NDArray

from hackatari.agents.linear import Features, OneHot, QLearning
from hackatari.agents.tile_coding import TileCoder
from hackatari.benchmarks.reproduction.page import Claim, Curves, Section, Table, format_estimate, format_number
from hackatari.benchmarks.reproduction.studies import Run, RunResult, Study
from hackatari.benchmarks.reproduction.verdicts import exceeds
from hackatari.benchmarks.statistics import Estimate, mean_interval
from hackatari.problems import AccessControl, Catch, ContinuingProblem, Pendulum, PuckWorld

ETA = 1 / 16
"""Step size of the average reward, relative to that of the values, that stands for centering in the claims."""

ROBUST_ETAS = (1 / 64, 1 / 16, 1 / 4)
"""More than an order of magnitude of `eta` over which centering is expected to help."""

EPSILON = 0.1
BINS = 50
VALUES_EVERY = 100
"""Steps between two looks at the largest action value."""

MARGIN = 0.05
"""Share of its reward rate that an agent may lose and still count as no worse."""


@dataclass(frozen=True)
class Problem:
    """A problem and the settings it is studied with.

    Attributes:
        title: Name for people.
        agent: The features, in words.
        make: Makes the problem with so many sub-envs.
        features: Makes the features of the agent.
        step_sizes: Step sizes `alpha` of the values; the first is the usual one, and each case is judged by the
            best.
        gammas: Discount factors, increasing, the last being 1.
        cases: Pairs of `eta` and reward offset.
        n_steps: Steps of a run.
        n_seeds: Seeds of a case.
    """

    title: str
    agent: str
    make: Callable[[int], ContinuingProblem]
    features: Callable[[], Features]
    step_sizes: Sequence[float]
    gammas: Sequence[float]
    cases: Sequence[tuple[float, float]]
    n_steps: int
    n_seeds: int

    @property
    def offsets(self) -> list[float]:
        """All reward offsets, increasing."""
        return sorted({offset for _, offset in self.cases})

    @property
    def etas(self) -> list[float]:
        """All values of `eta`, increasing."""
        return sorted({eta for eta, _ in self.cases})


def _cases(*offsets: float) -> list[tuple[float, float]]:
    """Return all offsets with and without centering, and further values of `eta` without an offset."""
    return [*product((0.0, ETA), offsets), *((eta, 0.0) for eta in ROBUST_ETAS if eta != ETA)]


PROBLEMS: Mapping[str, Problem] = {
    "access-control": Problem(
        title="Access-Control Queuing",
        agent="a table",
        make=AccessControl,
        features=partial(OneHot, 44),
        step_sizes=(1 / 8, 1 / 32, 1 / 2),
        gammas=(0.8, 0.9, 0.99, 0.999, 1.0),
        cases=list(product((0.0, 1 / 256, 1 / 64, 1 / 16, 1 / 4, 1.0), (-8.0, -4.0, 0.0, 4.0, 8.0))),
        n_steps=30_000,
        n_seeds=30,
    ),
    "puck-world": Problem(
        title="PuckWorld",
        agent="32 tilings of 3^6 tiles",
        make=PuckWorld,
        features=partial(TileCoder, [0, 0, -0.2, -0.2, 0, 0], [5, 5, 0.2, 0.2, 5, 5], tiles=3, tilings=32),
        step_sizes=(0.9, 0.3),
        gammas=(0.9, 0.99, 0.999, 1.0),
        cases=_cases(-8.0, 0.0, 8.0),
        n_steps=300_000,
        n_seeds=10,
    ),
    "pendulum": Problem(
        title="Pendulum",
        agent="8 tilings of 7^3 tiles",
        make=Pendulum,
        features=partial(TileCoder, [-1, -1, -10], [1, 1, 10], tiles=7, tilings=8),
        step_sizes=(0.3, 0.1, 0.9),
        gammas=(0.9, 0.99, 0.999, 1.0),
        cases=_cases(-12.0, 0.0, 12.0),
        n_steps=100_000,
        n_seeds=20,
    ),
    "catch": Problem(
        title="Catch",
        agent="16 tilings of 3^3 tiles",
        make=partial(Catch, obs_type="continuous"),
        features=partial(TileCoder, [0, 0, 0], [1, 1, 1], tiles=3, tilings=16),
        step_sizes=(1 / 8, 1 / 32, 1 / 2),
        gammas=(0.9, 0.99, 0.999, 1.0),
        cases=_cases(-4.0, 0.0, 4.0),
        n_steps=20_000,
        n_seeds=30,
    ),
}
"""The problems by the name of their study."""


def control_study(name: str, quick: bool, seed: int) -> Study:
    """Return the study of one problem.

    Args:
        name: A key of `PROBLEMS`.
        quick: At most 30,000 steps, one step size and 4 seeds.
        seed: First seed; the seeds of a batch are consecutive.
    """
    problem = PROBLEMS[name]
    step_sizes = problem.step_sizes[:1] if quick else problem.step_sizes
    settings = {
        "cases": problem.cases,
        "n_steps": min(problem.n_steps, 30_000) if quick else problem.n_steps,
        "n_seeds": 4 if quick else problem.n_seeds,
    }
    runs = [
        Run(name, {"gamma": gamma, "step_size": step_size, **settings}, seed)
        for gamma, step_size in product(problem.gammas, step_sizes)
    ]
    return Study(name, f"{problem.title}: Q-learning", runs, play_control, partial(_describe, name))


def play_control(run: Run) -> dict[str, NDArray[np.float64]]:
    """Play all cases and seeds of a run as one batch.

    Returns:
        `rates`: mean reward per step in the second half, without the offset, shape (cases, seeds). `largest_values`:
        largest magnitude of an action value of a state visited in the second half, likewise. `curves`: mean reward in
        each of `BINS` equal parts of the run, as mean and ends of its interval, shape (cases, 3, bins).
    """
    problem, settings = PROBLEMS[run.study], run.settings
    n_steps, n_seeds = settings["n_steps"], settings["n_seeds"]
    etas, offsets = np.repeat(settings["cases"], n_seeds, axis=0).T
    seeds = np.tile(run.seed + np.arange(n_seeds), len(settings["cases"])).tolist()
    envs = problem.make(len(seeds))
    agent = QLearning(
        problem.features(),
        int(cast(Discrete, envs.single_action_space).n),
        seeds,
        step_size=settings["step_size"],
        gamma=settings["gamma"],
        eta=etas,
        epsilon=EPSILON,
    )
    bin_size = n_steps // BINS
    rewards_per_bin = np.zeros((BINS, len(seeds)))
    largest_values = np.zeros(len(seeds))
    observations, _ = envs.reset(seed=seeds)
    actions = agent.start(observations)
    for step in range(BINS * bin_size):
        observations, rewards, *_ = envs.step(actions)
        actions = agent.step(rewards + offsets, observations)
        rewards_per_bin[step // bin_size] += rewards
        if step >= n_steps // 2 and step % VALUES_EVERY == 0:
            largest_values = np.maximum(largest_values, np.abs(agent.values(observations)).max(axis=1))
    shape = (-1, n_seeds)
    curves = (rewards_per_bin / bin_size).T.reshape(-1, n_seeds, BINS)
    return {
        "rates": (rewards_per_bin[BINS // 2 :].mean(axis=0) / bin_size).reshape(shape),
        "largest_values": largest_values.reshape(shape),
        "curves": np.array([mean_interval(curve) for curve in curves]),
    }


@dataclass(frozen=True)
class _Outcome:
    """What the runs of one case came to, each array with an entry per seed."""

    step_size: float
    rates: NDArray[np.float64]
    largest_values: NDArray[np.float64]
    curve: NDArray[np.float64]

    @property
    def rate(self) -> Estimate:
        return mean_interval(self.rates)


class _Outcomes:
    """The outcomes of a study by discount factor, `eta` and offset."""

    def __init__(self, results: Sequence[RunResult]) -> None:
        self.n_steps, self.n_seeds = (results[0].run.settings[key] for key in ("n_steps", "n_seeds"))
        self.step_sizes = sorted({result.run.settings["step_size"] for result in results})
        self._outcomes: dict[tuple[float, float, float], list[_Outcome]] = {}
        for result in results:
            settings = result.run.settings
            parts = (np.array(result.result[key], float) for key in ("rates", "largest_values", "curves"))
            for (eta, offset), *arrays in zip(settings["cases"], *parts, strict=True):
                outcome = _Outcome(settings["step_size"], *arrays)
                self._outcomes.setdefault((settings["gamma"], eta, offset), []).append(outcome)

    def at(self, gamma: float, eta: float, offset: float = 0.0, step_size: float | None = None) -> _Outcome:
        """Return the outcome with a step size, by default the one with the highest mean rate."""
        outcomes = self._outcomes[gamma, eta, offset]
        if step_size is not None:
            outcomes = [outcome for outcome in outcomes if outcome.step_size == step_size]
        return max(outcomes, key=lambda outcome: outcome.rates.mean())


def _describe(name: str, results: list[RunResult]) -> Section:
    problem, outcomes = PROBLEMS[name], _Outcomes(results)
    text = f"""
        Q-learning on {problem.agent}, epsilon = {EPSILON}, {outcomes.n_steps:,} steps, {outcomes.n_seeds} seeds; the
        reward rate is the mean reward of the second half of a run, before the offset is added. Step sizes of the
        values: {", ".join(map(_fraction, outcomes.step_sizes))}, of which the best counts for each case. Centered means
        value-based centering with `eta` = {_fraction(ETA)}, uncentered `eta` = 0. All values start at 0: optimistic for
        an uncentered agent whose rewards are negative, which then explores more. Intervals are 95 % t intervals over
        seeds; differences are between runs with equal seeds.
    """
    claims = _claims(problem, outcomes)
    if name == "access-control":
        claims += _access_control_claims(problem, outcomes)
    return Section(problem.title, text, claims, _tables(problem, outcomes), _curves(problem, outcomes))


def _claims(problem: Problem, outcomes: _Outcomes) -> list[Claim]:
    """Return the claims that the paper makes of every problem."""
    title = problem.title
    lowest, *_, highest, one = problem.gammas
    plain = {gamma: outcomes.at(gamma, 0.0) for gamma in problem.gammas}
    centered = {gamma: outcomes.at(gamma, ETA) for gamma in problem.gammas}
    gaps = {gamma: centered[gamma].rates - plain[gamma].rates for gamma in problem.gammas}
    gap = mean_interval(gaps[highest] - gaps[lowest])
    loss = mean_interval(plain[lowest].rates - plain[highest].rates)
    change = mean_interval(centered[one].rates - centered[lowest].rates)
    robust = min((outcomes.at(highest, eta) for eta in ROBUST_ETAS), key=lambda outcome: outcome.rates.mean())
    offset_rates = [outcomes.at(highest, ETA, offset).rates for offset in problem.offsets]
    spread = float(np.ptp(np.mean(offset_rates, axis=1)))
    ranked = sorted((outcomes.at(highest, 0.0, offset) for offset in problem.offsets), key=lambda o: o.rates.mean())
    offset_loss = mean_interval(ranked[-1].rates - ranked[0].rates)
    return [
        *(
            Claim(
                f"{title}: centered Q-learning has a higher reward rate than uncentered at gamma = {gamma:g}.",
                exceeds(mean_interval(gaps[gamma])),
                f"{format_estimate(centered[gamma].rate)} against {format_estimate(plain[gamma].rate)}",
            )
            for gamma in problem.gammas
            if 0.99 <= gamma < 1
        ),
        Claim(
            f"{title}: the advantage of centering grows from gamma = {lowest:g} to {highest:g}.",
            exceeds(gap),
            f"by {format_estimate(gap)}",
        ),
        Claim(
            f"{title}: uncentered Q-learning gets worse from gamma = {lowest:g} to {highest:g}.",
            exceeds(loss),
            f"by {format_estimate(loss)}",
        ),
        Claim(
            f"{title}: centered Q-learning loses no more than {MARGIN:.0%} from gamma = {lowest:g} to 1, where it is "
            "differential Q-learning.",
            exceeds(change, -MARGIN * abs(centered[lowest].rate.mean)),
            f"changes by {format_estimate(change)}",
        ),
        Claim(
            f"{title}: an offset on the rewards changes what uncentered Q-learning earns (gamma = {highest:g}).",
            exceeds(offset_loss),
            f"from {format_estimate(ranked[0].rate)} to {format_estimate(ranked[-1].rate)}",
        ),
        Claim(
            f"{title}: no offset changes what centered Q-learning earns (gamma = {highest:g}; the means differ by less "
            "than 0.02).",
            spread < 0.02,
            f"they differ by {format_number(round(spread, 4))}",
        ),
        _value_claim(problem, outcomes),
        Claim(
            f"{title}: centering helps with every `eta` from {_fraction(ROBUST_ETAS[0])} to "
            f"{_fraction(ROBUST_ETAS[-1])} (gamma = {highest:g}).",
            exceeds(mean_interval(robust.rates - plain[highest].rates)),
            f"with the worst {format_estimate(robust.rate)} against {format_estimate(plain[highest].rate)}",
        ),
    ]


def _value_claim(problem: Problem, outcomes: _Outcomes) -> Claim:
    """Return the claim about the magnitude of the values, judged where it shows most: at the largest offset."""
    *_, high, highest, _ = problem.gammas
    offset = problem.offsets[-1]
    centered, plain = (outcomes.at(highest, eta, offset).largest_values for eta in (ETA, 0.0))
    growth = centered.mean() / outcomes.at(high, ETA, offset).largest_values.mean()
    return Claim(
        f"{problem.title}: centered action values stay small as gamma approaches 1 (the largest, at gamma = "
        f"{highest:g} and offset {offset:g}, is at most a tenth of the uncentered one, and 1.5 times that at gamma = "
        f"{high:g}).",
        bool(centered.mean() < plain.mean() / 10 and growth < 1.5),
        f"{format_estimate(mean_interval(centered))} against {format_estimate(mean_interval(plain))}; "
        f"{growth:.2f} times",
    )


def _access_control_claims(problem: Problem, outcomes: _Outcomes) -> list[Claim]:
    """Return the claims with a fixed step size, and the one about step sizes that are too large."""
    title = problem.title
    step_size, large = problem.step_sizes[0], outcomes.step_sizes[-1]
    centered = outcomes.at(0.99, ETA, step_size=step_size)
    plain = outcomes.at(0.99, 0.0, step_size=step_size)
    behind = {
        (gamma, offset): mean_interval(
            outcomes.at(gamma, 0.0, offset, step_size).rates - outcomes.at(gamma, ETA, offset, step_size).rates
        )
        for gamma, offset in product(problem.gammas, problem.offsets)
    }
    (gamma, offset), most = max(behind.items(), key=lambda item: item[1].mean)
    claims = [
        Claim(
            f"{title}: with step size {_fraction(step_size)} and gamma = 0.99, centered Q-learning reaches 2.5 within "
            f"{outcomes.n_steps:,} steps, uncentered stays below 2.3.",
            bool(centered.rates.mean() >= 2.5 and plain.rates.mean() < 2.3),
            f"{format_estimate(centered.rate)} and {format_estimate(plain.rate)}",
        ),
        Claim(
            f"{title}: with step size {_fraction(step_size)}, centered Q-learning is at no gamma and offset further "
            "below uncentered than its interval.",
            not any(exceeds(difference) for difference in behind.values()),
            f"at most {format_estimate(most)} below, at gamma = {gamma:g} and offset {offset:g}",
        ),
    ]
    if large > step_size:
        good, bad = (outcomes.at(0.99, eta, step_size=large) for eta in (ETA, max(problem.etas)))
        claims.append(
            Claim(
                f"{title}: with a large step size, {_fraction(large)}, too large an `eta` does harm: 1 is worse than "
                f"{_fraction(ETA)} (gamma = 0.99).",
                exceeds(mean_interval(good.rates - bad.rates)),
                f"{format_estimate(bad.rate)} against {format_estimate(good.rate)}",
            )
        )
    return claims


def _tables(problem: Problem, outcomes: _Outcomes) -> list[Table]:
    offsets = Table(
        "Reward rate by discount factor and reward offset",
        ["gamma", *(f"{name}, {offset:+g}" for name, offset in product(("uncentered", "centered"), problem.offsets))],
        [
            [gamma, *(outcomes.at(gamma, eta, offset).rate for eta, offset in product((0.0, ETA), problem.offsets))]
            for gamma in problem.gammas
        ],
    )
    etas = Table(
        "Reward rate by discount factor and `eta`, and the step size it was reached with; no offset",
        ["gamma", *(f"eta = {_fraction(eta)}" for eta in problem.etas)],
        [[gamma, *(_with_step_size(outcomes.at(gamma, eta)) for eta in problem.etas)] for gamma in problem.gammas],
    )
    values = Table(
        "Largest magnitude of an action value by discount factor and reward offset",
        offsets.columns,
        [
            [
                gamma,
                *(
                    mean_interval(outcomes.at(gamma, eta, offset).largest_values)
                    for eta, offset in product((0.0, ETA), problem.offsets)
                ),
            ]
            for gamma in problem.gammas
        ],
    )
    return [offsets, etas, values]


def _curves(problem: Problem, outcomes: _Outcomes) -> list[Curves]:
    highest = problem.gammas[-2]
    steps = (np.arange(BINS) + 1) * (outcomes.n_steps // BINS)
    lines = {f"uncentered, offset {offset:+g}": outcomes.at(highest, 0.0, offset) for offset in problem.offsets}
    lines["centered, offset +0"] = outcomes.at(highest, ETA)
    return [
        Curves(
            f"{problem.title}: learning curves at gamma = {highest:g}",
            "steps",
            "reward per step, without the offset",
            {label: (steps, *outcome.curve) for label, outcome in lines.items()},
        )
    ]


def _with_step_size(outcome: _Outcome) -> str:
    return f"{format_estimate(outcome.rate)}, {_fraction(outcome.step_size)}"


def _fraction(number: float) -> str:
    """Write a negative power of two as a fraction, 0.0625 as 1/16."""
    return f"1/{1 / number:g}" if 0 < number < 1 and math.log2(number).is_integer() else f"{number:g}"
