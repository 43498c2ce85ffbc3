from __future__ import annotations

import numpy as np
import pytest

from hackatari.agents.average_reward import AverageReward

SAMPLES = [3.0, -1.0, 4.0, 1.0, -5.0]


def follow(estimate, samples, step_size):
    for sample in samples:
        estimate.update(sample - estimate.value, step_size)
    return estimate


def test_unbiased_estimate_is_recency_weighted_average_free_of_its_start():
    estimate = follow(AverageReward(1000.0), SAMPLES, 0.05)
    weights = 0.05 * 0.95 ** np.arange(len(SAMPLES))[::-1]
    assert estimate.value == pytest.approx(np.average(SAMPLES, weights=weights), abs=1e-12)
    assert estimate.trace == pytest.approx(weights.sum(), abs=1e-12)
    assert estimate.step_size == pytest.approx(0.05 / weights.sum(), abs=1e-12)


def test_first_unbiased_step_size_is_one():
    estimate = AverageReward()
    assert estimate.update(7.0, 0.05) == 7.0
    assert estimate.step_size == 1.0


def test_constant_step_size_keeps_the_start():
    estimate = follow(AverageReward(8.0, unbiased_step_size=False), [2.0] * 10, 0.05)
    assert estimate.value == pytest.approx(2.0 + 6.0 * 0.95**10)
    assert estimate.step_size == 0.05


@pytest.mark.parametrize("unbiased", [False, True])
def test_steps_of_zero_leave_the_estimate_alone(unbiased):
    estimate = follow(AverageReward(3.0, unbiased_step_size=unbiased), SAMPLES, 0.0)
    assert (estimate.value, estimate.step_size, estimate.trace) == (3.0, 0.0, 0.0)


def test_batch_of_estimates_equals_each_alone():
    initial, step_sizes = np.array([0.0, 5.0, -2.0]), np.array([0.0, 0.1, 1.0])
    batch = follow(AverageReward(initial), SAMPLES, step_sizes)
    for i, (start, step_size) in enumerate(zip(initial.tolist(), step_sizes.tolist(), strict=True)):
        alone = follow(AverageReward(start), SAMPLES, step_size)
        assert batch.value[i] == alone.value
        assert (batch.trace[i], batch.step_size[i]) == (alone.trace, alone.step_size)
