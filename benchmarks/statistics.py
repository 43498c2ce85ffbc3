"""Point estimates and intervals for scores.

Scores come in two shapes: `(runs,)` for one task, or `(runs, tasks)`, where entry `[n, m]` is the score of
run `n` on task `m`. What a run is (an episode of one agent, or an independently trained agent) is the
caller's choice, and decides what an interval says: episodes of one agent show the noise of playing only.

The definitions are those of Agarwal et al. (2021), "Deep Reinforcement Learning at the Edge of the
Statistical Precipice". All randomness comes from the generator passed in: equal generators, equal intervals.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

CONFIDENCE = 0.95
"""Share of repetitions of an experiment in which an interval should cover the true value."""

RESAMPLES = 10_000
"""Bootstrap resamples per interval."""


class Interval(NamedTuple):
    """A two-sided confidence interval.

    Attributes:
        low: Lower end, in the unit of the statistic.
        high: Upper end, in the unit of the statistic.
    """

    low: float
    high: float


class Estimate(NamedTuple):
    """A mean over independent runs with its confidence interval; floats, or arrays with an entry for each quantity.

    Attributes:
        mean: The mean.
        low: Lower end of the interval; nan for a single run.
        high: Upper end of the interval; nan for a single run.
    """

    mean: Any
    low: Any
    high: Any


@overload
def mean(scores: ArrayLike, axis: None = None) -> float: ...
@overload
def mean(scores: ArrayLike, axis: int) -> FloatArray: ...
def mean(scores: ArrayLike, axis: int | None = None) -> Any:
    """Average the scores; over `(runs, tasks)` this is the mean over tasks of the mean over runs.

    Args:
        scores: Array of any shape, not empty, finite.
        axis: Axis to reduce; None pools all entries.

    Returns:
        A float, or with `axis` an array without that axis.

    Raises:
        ValueError: If a score is missing or not finite.
    """
    return np.mean(_checked(scores), axis=axis)


@overload
def iqm(scores: ArrayLike, axis: None = None) -> float: ...
@overload
def iqm(scores: ArrayLike, axis: int) -> FloatArray: ...
def iqm(scores: ArrayLike, axis: int | None = None) -> Any:
    """Interquartile mean: the mean of what is left when the lowest and highest quarter are cut off.

    Of `n` scores, `floor(n / 4)` are dropped at each end (Agarwal et al., 2021, section 4.3); fewer than four
    scores are therefore averaged as they are.

    Args:
        scores: Array of any shape, not empty, finite.
        axis: Axis to reduce; None pools all entries, over runs and tasks alike.

    Returns:
        A float, or with `axis` an array without that axis.

    Raises:
        ValueError: If a score is missing or not finite.
    """
    from scipy import stats  # takes half a second, which processes that only play can spare

    return stats.trim_mean(_checked(scores), proportiontocut=0.25, axis=axis)


def mean_interval(values: ArrayLike, confidence: float = CONFIDENCE) -> Estimate:
    """Mean over independent runs with Student's t interval, `mean +- t(runs - 1) * s / sqrt(runs)`.

    Exact for normally distributed values; of a few dozen runs the mean is close to normal whatever the values are.

    Args:
        values: One value or curve for each run, shape `(runs,)` or `(runs, points)`, finite.
        confidence: Nominal coverage, between 0 and 1; for a curve, of each point by itself.

    Returns:
        Floats, or arrays of shape `(points,)`. With a single run both ends are nan: it says nothing about the spread.

    Raises:
        ValueError: If `confidence` is out of range, or a value is missing or not finite.
    """
    values = _checked(values)
    if values.ndim not in (1, 2):
        raise ValueError(f"values must have shape (runs,) or (runs, points), got {values.shape}.")
    _check_confidence(confidence)
    centre, runs = values.mean(axis=0), len(values)
    if runs == 1:
        half = np.full_like(centre, np.nan)
    else:
        from scipy import stats  # as in `iqm`

        quantile = stats.t.ppf((1 + confidence) / 2, runs - 1)
        half = quantile * values.std(axis=0, ddof=1) / np.sqrt(runs)
    if values.ndim == 1:
        return Estimate(float(centre), float(centre - half), float(centre + half))
    return Estimate(centre, centre - half, centre + half)


@overload
def optimality_gap(scores: ArrayLike, axis: None = None, *, gamma: float = 1.0) -> float: ...
@overload
def optimality_gap(scores: ArrayLike, axis: int, *, gamma: float = 1.0) -> FloatArray: ...
def optimality_gap(scores: ArrayLike, axis: int | None = None, *, gamma: float = 1.0) -> Any:
    """Mean amount by which normalised scores stay below a target; scores beyond the target earn nothing.

    Args:
        scores: Array of normalised scores of any shape, not empty, finite.
        axis: Axis to reduce; None pools all entries.
        gamma: The target, in the unit of the scores; 1 is the human in human-normalised scores.

    Returns:
        `gamma - mean(min(scores, gamma))`: a float, or with `axis` an array without that axis.

    Raises:
        ValueError: If a score is missing or not finite.
    """
    return gamma - np.mean(np.minimum(_checked(scores), gamma), axis=axis)


def probability_of_improvement(x: ArrayLike, y: ArrayLike) -> float:
    """Probability that a run of X beats a run of Y on the same task; a tie counts one half.

    Per task this is the Mann-Whitney U statistic over `runs_x * runs_y`; the result is its mean over tasks.

    Args:
        x: Scores of X, shape `(runs_x,)` or `(runs_x, tasks)`.
        y: Scores of Y, shape `(runs_y,)` or `(runs_y, tasks)`.

    Returns:
        A probability; 0.5 if X and Y are the same.

    Raises:
        ValueError: If the numbers of tasks differ, or a score is missing or not finite.
    """
    x, y = _runs_by_tasks(x), _runs_by_tasks(y)
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"x and y must have the same tasks, got {x.shape[1]} and {y.shape[1]} tasks.")
    wins = x[:, None, :] > y[None, :, :]
    ties = x[:, None, :] == y[None, :, :]
    return float(np.mean(wins + 0.5 * ties))


def bootstrap_interval(
    scores: ArrayLike,
    statistic: Callable[..., Any],
    rng: np.random.Generator,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
) -> Interval | None:
    """Percentile bootstrap interval of a statistic of the pooled scores, stratified over tasks.

    Runs are drawn with replacement, independently inside each task, so every resample has as many runs of
    every task as the data (Agarwal et al., 2021, section 4.1). Percentile intervals are too narrow for few
    runs: below about ten, read them as a rough guide.

    Args:
        scores: Shape `(runs,)` or `(runs, tasks)`, finite.
        statistic: Called once as `statistic(pooled, axis=-1)` with the resamples, an array of shape
            `(resamples, runs * tasks)`; returns shape `(resamples,)`. `iqm`, `mean`, `optimality_gap` and
            NumPy's reductions fit.
        rng: Source of all randomness.
        confidence: Nominal coverage, between 0 and 1.
        resamples: Number of resamples.

    Returns:
        The interval, or None for a single run, which says nothing about its spread.

    Raises:
        ValueError: If `confidence` or `resamples` is out of range, or a score is missing or not finite.
    """
    scores = _runs_by_tasks(scores)
    _check_bootstrap(confidence, resamples)
    runs, tasks = scores.shape
    if runs == 1:
        return None
    drawn = rng.integers(runs, size=(resamples, runs, tasks))
    resampled = np.take_along_axis(scores[None], drawn, axis=1)
    return _percentile_interval(statistic(resampled.reshape(resamples, -1), axis=-1), confidence)


def relative_change(variant: ArrayLike, baseline: ArrayLike, random_score: float) -> float | None:
    """Change of the mean score from original game to variant, as a share of the lead over a random agent.

    (variant - baseline) / (baseline - random): 0 means unharmed, -1 that the agent scores on the variant what
    a random agent scores on the original, below -1 even less.

    Args:
        variant: Scores on the variant, shape `(episodes,)`, finite.
        baseline: Scores of the same agent on the original game, shape `(episodes,)`, finite.
        random_score: Mean score of a random agent on the original game.

    Returns:
        The change, or None if the agent's baseline is not above `random_score`: it has no lead to lose.

    Raises:
        ValueError: If a score is missing or not finite.
    """
    lead = mean(baseline) - random_score
    if lead <= 0:
        return None
    return float((mean(variant) - mean(baseline)) / lead)


def relative_change_interval(
    variant: ArrayLike,
    baseline: ArrayLike,
    random_score: float,
    rng: np.random.Generator,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
) -> Interval | None:
    """Paired percentile bootstrap interval of `relative_change`.

    Entry `k` of both arrays must stem from the same seed. Pairs are drawn with replacement, so what the seed
    does to both games alike cancels out. `random_score` is taken as known.

    Args:
        variant: Scores on the variant, shape `(episodes,)`, finite.
        baseline: Scores of the same agent on the original game, shape `(episodes,)`, finite, same seeds in
            the same order.
        random_score: Mean score of a random agent on the original game.
        rng: Source of all randomness.
        confidence: Nominal coverage, between 0 and 1.
        resamples: Number of resamples.

    Returns:
        The interval, or None where there is none: a single pair, or a baseline so close to `random_score`
        that some resample has no lead over it, which makes the ratio unbounded.

    Raises:
        ValueError: If the arrays differ in length, `confidence` or `resamples` is out of range, or a score is
            missing or not finite.
    """
    variant, baseline = _checked(variant), _checked(baseline)
    _check_bootstrap(confidence, resamples)
    if variant.ndim != 1 or variant.shape != baseline.shape:
        raise ValueError(
            f"variant and baseline must be paired arrays of shape (episodes,), "
            f"got shapes {variant.shape} and {baseline.shape}."
        )
    pairs = len(variant)
    if pairs == 1:
        return None
    drawn = rng.integers(pairs, size=(resamples, pairs))
    baseline_means = baseline[drawn].mean(axis=-1)
    leads = baseline_means - random_score
    if np.any(leads <= 0):
        return None
    return _percentile_interval((variant[drawn].mean(axis=-1) - baseline_means) / leads, confidence)


def _percentile_interval(replicates: FloatArray, confidence: float) -> Interval:
    """Cut the same share off both ends of the replicates, shape `(resamples,)`."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(replicates, [tail, 1 - tail])
    return Interval(float(low), float(high))


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, got {confidence}; 95 % is 0.95.")


def _check_bootstrap(confidence: float, resamples: int) -> None:
    _check_confidence(confidence)
    if resamples < 1:
        raise ValueError(f"resamples must be at least 1, got {resamples}.")


def _checked(scores: ArrayLike) -> FloatArray:
    scores = np.asarray(scores, dtype=np.float64)
    if scores.size == 0:
        raise ValueError("scores must hold at least one score, got an empty array.")
    if not np.all(np.isfinite(scores)):
        raise ValueError("scores must be finite, got nan or inf; leave out episodes without a score.")
    return scores


def _runs_by_tasks(scores: ArrayLike) -> FloatArray:
    """Bring scores to shape `(runs, tasks)`; one axis means one task."""
    scores = _checked(scores)
    if scores.ndim not in (1, 2):
        raise ValueError(f"scores must have shape (runs,) or (runs, tasks), got {scores.shape}.")
    return scores.reshape(len(scores), -1)
