from __future__ import annotations

import re

import numpy as np
import pytest
from scipy import stats

from hackatari.benchmarks.statistics import (
    bootstrap_interval,
    iqm,
    mean,
    mean_interval,
    optimality_gap,
    probability_of_improvement,
    relative_change,
    relative_change_interval,
)


def rng(seed=0):
    return np.random.default_rng(seed)


class TestPointEstimates:
    def test_iqm_drops_a_quarter_at_each_end(self):
        assert iqm(range(1, 9)) == 4.5
        assert iqm([-1000, 2, 3, 1000]) == 2.5

    def test_iqm_of_fewer_than_four_scores_is_their_mean(self):
        assert iqm([1, 2, 6]) == 3
        assert iqm([7]) == 7

    def test_iqm_rounds_the_number_of_dropped_scores_down(self):
        # Of seven scores one is dropped at each end.
        assert iqm([0, 1, 2, 3, 4, 5, 100]) == 3

    def test_iqm_and_mean_pool_runs_and_tasks(self):
        scores = np.arange(1, 9).reshape(4, 2)[::-1]
        assert iqm(scores) == 4.5
        assert mean(scores) == 4.5

    @pytest.mark.parametrize("statistic", [mean, iqm, optimality_gap])
    def test_axis_reduces_row_by_row(self, statistic):
        scores = rng().normal(size=(5, 9))
        assert statistic(scores, axis=-1) == pytest.approx([statistic(row) for row in scores])

    def test_optimality_gap_gives_nothing_for_scores_beyond_the_target(self):
        assert optimality_gap([0.5, 1.0, 7.0]) == pytest.approx(1 - 2.5 / 3)
        assert optimality_gap([2, 3]) == 0
        assert optimality_gap([1.0, 3.0], gamma=2.0) == 0.5

    def test_probability_of_improvement(self):
        assert probability_of_improvement([2, 3], [0, 1]) == 1
        assert probability_of_improvement([0, 1], [2, 3]) == 0
        assert probability_of_improvement([1, 2, 3, 3], [1, 2, 3, 3]) == 0.5
        assert probability_of_improvement([1, 3], [2]) == 0.5

    def test_probability_of_improvement_is_the_mean_of_mann_whitney_over_tasks(self):
        x, y = rng(1).integers(0, 5, size=(7, 3)), rng(2).integers(0, 5, size=(4, 3))
        statistics = [stats.mannwhitneyu(x[:, task], y[:, task]).statistic for task in range(3)]
        assert probability_of_improvement(x, y) == pytest.approx(np.mean(statistics) / (7 * 4))

    def test_probability_of_improvement_needs_the_same_tasks(self):
        with pytest.raises(ValueError, match="x and y must have the same tasks, got 2 and 3 tasks"):
            probability_of_improvement(np.zeros((4, 2)), np.zeros((4, 3)))

    @pytest.mark.parametrize("statistic", [mean, iqm, optimality_gap])
    def test_missing_or_infinite_scores_are_refused(self, statistic):
        with pytest.raises(ValueError, match="at least one score"):
            statistic([])
        with pytest.raises(ValueError, match="must be finite"):
            statistic([1.0, np.nan])


class TestMeanInterval:
    def test_it_is_student_s_interval(self):
        values = rng().normal(3, 2, size=7)
        expected = stats.ttest_1samp(values, 0).confidence_interval(0.9)
        assert mean_interval(values, 0.9) == pytest.approx((values.mean(), expected.low, expected.high), rel=1e-12)

    def test_a_curve_has_an_interval_at_each_point(self):
        curves = rng().normal(size=(5, 3))
        whole = mean_interval(curves)
        for k in range(3):
            assert [part[k] for part in whole] == pytest.approx(mean_interval(curves[:, k]), rel=1e-12)

    def test_the_interval_covers_the_mean_as_often_as_it_says(self):
        low, high = mean_interval(rng().normal(1, 4, size=(5, 20_000)))[1:]
        assert np.mean((low < 1) & (high > 1)) == pytest.approx(0.95, abs=0.005)

    def test_a_single_run_has_no_interval(self):
        assert mean_interval([2.0]) == pytest.approx((2, np.nan, np.nan), nan_ok=True)

    def test_bad_input_is_refused(self):
        with pytest.raises(ValueError, match="confidence must lie between 0 and 1, got 95"):
            mean_interval([1, 2], confidence=95)
        with pytest.raises(ValueError, match=r"values must have shape \(runs,\) or \(runs, points\)"):
            mean_interval(np.zeros((2, 2, 2)))
        with pytest.raises(ValueError, match="must be finite"):
            mean_interval([1, np.nan])


class TestBootstrapInterval:
    def test_equal_generators_give_equal_intervals_and_the_global_state_is_left_alone(self):
        scores = rng(3).normal(size=20)
        state = np.random.get_state()[1].copy()  # noqa: NPY002
        first, second = (bootstrap_interval(scores, iqm, rng(5)) for _ in range(2))
        assert first == second
        assert first != bootstrap_interval(scores, iqm, rng(6))
        assert np.array_equal(state, np.random.get_state()[1])  # noqa: NPY002

    def test_equals_a_direct_loop_over_resamples_and_tasks(self):
        runs, tasks, resamples = 6, 3, 200
        scores = rng(7).normal(size=(runs, tasks))
        drawn = rng(8).integers(runs, size=(resamples, runs, tasks))
        replicates = []
        for resample in drawn:
            picked = [scores[resample[run, task], task] for run in range(runs) for task in range(tasks)]
            quarter = len(picked) // 4
            replicates.append(np.mean(sorted(picked)[quarter:-quarter]))
        expected = np.percentile(replicates, [2.5, 97.5])
        assert bootstrap_interval(scores, iqm, rng(8), resamples=resamples) == pytest.approx(tuple(expected))

    def test_agrees_with_the_central_limit_theorem_for_many_runs(self):
        scores = rng(9).exponential(size=1000)
        standard_error = np.std(scores) / np.sqrt(1000)
        expected = np.mean(scores) + stats.norm.ppf([0.05, 0.95]) * standard_error
        interval = bootstrap_interval(scores, mean, rng(10), confidence=0.9)
        assert interval == pytest.approx(tuple(expected), abs=0.1 * standard_error)

    def test_strata_keep_differences_between_tasks_out_of_the_interval(self):
        # All runs of a task agree, so a stratified resample is always the data itself.
        scores = np.tile([0.0, 100.0, 1000.0], (5, 1))
        low, high = bootstrap_interval(scores, mean, rng())
        assert low == high == pytest.approx(1100 / 3)

    def test_covers_the_true_mean_as_often_as_it_says(self):
        source, n_data_sets, covered = rng(12), 400, 0
        for _ in range(n_data_sets):
            low, high = bootstrap_interval(source.normal(3.0, 2.0, size=30), mean, source, resamples=500)
            covered += low <= 3.0 <= high
        # 0.93 is expected of the percentile method here, with a standard error of 0.013.
        assert 0.88 < covered / n_data_sets < 0.98

    def test_more_confidence_is_wider(self):
        scores = rng(13).normal(size=15)
        narrow = bootstrap_interval(scores, iqm, rng(), confidence=0.5)
        wide = bootstrap_interval(scores, iqm, rng(), confidence=0.99)
        assert wide.low < narrow.low < narrow.high < wide.high

    def test_one_run_has_no_interval(self):
        assert bootstrap_interval([4.0], iqm, rng()) is None
        assert bootstrap_interval([[4.0, 5.0, 6.0]], iqm, rng()) is None

    def test_identical_scores_have_an_interval_of_no_width(self):
        assert bootstrap_interval([18.0] * 10, iqm, rng()) == (18.0, 18.0)

    def test_numpy_reductions_fit(self):
        low, high = bootstrap_interval([1.0, 2.0, 3.0, 4.0, 50.0], np.median, rng())
        assert (low, high) == (1.0, 50.0)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"confidence": 95}, "confidence must lie between 0 and 1, got 95; 95 % is 0.95."),
            ({"resamples": 0}, "resamples must be at least 1, got 0."),
        ],
    )
    def test_bad_arguments(self, arguments, message):
        with pytest.raises(ValueError, match=re.escape(message)):
            bootstrap_interval([1.0, 2.0], mean, rng(), **arguments)

    def test_bad_shape(self):
        with pytest.raises(ValueError, match=re.escape("(runs,) or (runs, tasks), got (2, 2, 2)")):
            bootstrap_interval(np.zeros((2, 2, 2)), mean, rng())


class TestRelativeChange:
    def test_by_hand(self):
        # From 18.0 to -12.4, where a random agent has -20.7.
        assert relative_change([-12.4], [17.0, 19.0], -20.7) == pytest.approx(-30.4 / 38.7)

    def test_landmarks(self):
        assert relative_change([10.0, 30.0], [20.0], 0.0) == 0
        assert relative_change([0.0], [20.0], 0.0) == -1
        assert relative_change([30.0], [20.0], 0.0) == 0.5

    @pytest.mark.parametrize("baseline", [5.0, 4.0])
    def test_an_agent_without_lead_has_none(self, baseline):
        assert relative_change([7.0, 8.0], [baseline] * 2, 5.0) is None
        assert relative_change_interval([7.0, 8.0], [baseline] * 2, 5.0, rng()) is None

    def test_interval_equals_a_direct_loop_over_pairs(self):
        baseline = rng(1).normal(20, 2, size=8)
        variant = rng(2).normal(5, 4, size=8)
        replicates = []
        for resample in rng(3).integers(8, size=(300, 8)):
            before = sum(baseline[k] for k in resample) / 8
            after = sum(variant[k] for k in resample) / 8
            replicates.append((after - before) / (before + 20.7))
        expected = np.percentile(replicates, [2.5, 97.5])
        interval = relative_change_interval(variant, baseline, -20.7, rng(3), resamples=300)
        assert interval == pytest.approx(tuple(expected))

    def test_pairing_cancels_what_the_seed_does_to_both_games(self):
        baseline = np.linspace(100, 300, 20)
        half = relative_change_interval(0.5 * baseline, baseline, 0.0, rng())
        assert half == pytest.approx((-0.5, -0.5))
        shuffled = relative_change_interval(0.5 * rng(4).permutation(baseline), baseline, 0.0, rng())
        assert shuffled.high - shuffled.low > 0.1

    def test_interval_contains_the_estimate(self):
        baseline, variant = rng(5).normal(20, 3, size=30), rng(6).normal(0, 5, size=30)
        low, high = relative_change_interval(variant, baseline, -20.7, rng(7))
        assert low < relative_change(variant, baseline, -20.7) < high

    def test_identical_games_do_not_change(self):
        assert relative_change_interval([3.0, 4.0, 5.0], [3.0, 4.0, 5.0], 0.0, rng()) == (0.0, 0.0)

    def test_one_pair_has_no_interval(self):
        assert relative_change_interval([1.0], [2.0], 0.0, rng()) is None

    def test_a_lead_within_the_noise_has_no_interval(self):
        baseline = [-21.0, -20.0, -21.0, -20.0]
        assert relative_change([-21.0] * 4, baseline, -20.7) is not None
        assert relative_change_interval([-21.0] * 4, baseline, -20.7, rng()) is None

    def test_unpaired_arrays_are_refused(self):
        message = "variant and baseline must be paired arrays of shape (episodes,), got shapes (2,) and (3,)."
        with pytest.raises(ValueError, match=re.escape(message)):
            relative_change_interval([1.0, 2.0], [1.0, 2.0, 3.0], 0.0, rng())
