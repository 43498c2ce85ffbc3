"""Metrics of continual learning against values worked out by hand and by loops."""

import numpy as np
import pytest
from scipy.integrate import trapezoid

from hackatari.benchmarks.continual_metrics import (
    area_under_curve,
    average_performance,
    forgetting,
    forward_transfer,
    task_performance,
)

# Three tasks: the first is half forgotten, the second gets better still.
MATRIX = [[0.8, 0.1, 0.0], [0.6, 0.9, 0.2], [0.4, 1.0, 0.7]]


def test_values_worked_out_by_hand():
    assert average_performance(MATRIX) == pytest.approx(0.7)
    assert forgetting(MATRIX) == pytest.approx([0.4, -0.1])
    assert task_performance([0.0, 1.0, 0.5, 0.7], tasks=2) == pytest.approx([0.5, 0.6])
    assert area_under_curve([0.0, 1.0]) == pytest.approx(0.5)
    assert area_under_curve([0.0, 1.0, 1.0]) == pytest.approx(0.75)
    assert forward_transfer([0.0, 1.0, 1.0], [0.0, 1.0]) == pytest.approx(0.5)


def test_leading_axes_are_kept():
    rng = np.random.default_rng(0)
    matrices, curves, baseline = rng.random((5, 2, 4, 4)), rng.random((5, 2, 12)), rng.random(12)
    assert forgetting(matrices).shape == (5, 2, 3)
    for index in np.ndindex(5, 2):
        assert average_performance(matrices)[index] == pytest.approx(average_performance(matrices[index]))
        for i in range(3):
            assert forgetting(matrices)[index][i] == pytest.approx(matrices[index][i, i] - matrices[index][3, i])
        assert task_performance(curves, 3)[index] == pytest.approx(task_performance(curves[index], 3))
        assert area_under_curve(curves)[index] == pytest.approx(trapezoid(curves[index]) / 11)
        assert forward_transfer(curves, baseline)[index] == pytest.approx(forward_transfer(curves[index], baseline))


def test_no_transfer_perfection_and_handicap():
    baseline = [0.2, 0.6, 0.8]
    assert forward_transfer(baseline, baseline) == 0
    assert forward_transfer([1, 1, 1], baseline) == 1
    assert forward_transfer([0.1, 0.5, 0.7], baseline) < 0


def test_an_agent_that_keeps_all_forgets_nothing():
    kept = np.tile([0.5, 0.6, 0.7], (3, 1))
    assert not forgetting(kept).any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: task_performance(np.ones(7), 2), "7 points cannot be cut into 2 tasks"),
        (lambda: task_performance([], 2), r"shape \(..., n\) with n of at least 1, got \(0,\)"),
        (lambda: area_under_curve([1.0]), "at least 2 points"),
        (lambda: average_performance(np.ones((2, 3))), r"shape \(..., T, T\), got \(2, 3\)"),
        (lambda: forgetting([[1.0]]), "at least 2 tasks"),
        (lambda: forward_transfer([0.5, 0.5], [1.0, 1.0]), "undefined where the baseline's area"),
        (lambda: forgetting([[1.0, np.nan], [1.0, 1.0]]), "must be finite"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
