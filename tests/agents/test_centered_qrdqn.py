from __future__ import annotations

import pytest
import torch
from centered_algorithms import ALGORITHMS
from sb3_contrib.common.utils import quantile_huber_loss

QRDQN = next(algorithm for algorithm in ALGORITHMS if algorithm.name == "QRDQN")


def test_estimate_follows_the_gradient_of_the_quantile_huber_loss():
    predictions, targets = torch.randn(2, 16, 8, generator=torch.Generator().manual_seed(0)) * 3
    shift = torch.zeros(1, requires_grad=True)
    quantile_huber_loss(predictions + shift, targets, sum_over_quantiles=True).backward()
    errors = QRDQN.make()._loss_errors(predictions, targets)
    # A shift of all 8 quantiles sums 8 weights of mean 1/2.
    assert errors.mean().item() == pytest.approx(-shift.grad.item() / 4, rel=1e-5)


def test_equal_errors_count_as_they_are():
    predictions = torch.zeros(3, 8)
    for error in (-0.5, 0.25):
        errors = QRDQN.make()._loss_errors(predictions, predictions + error)
        assert errors.mean().item() == pytest.approx(error)
