from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch

from hackatari.agents import plasticity


def random(*shape, seed=0):
    return torch.tensor(np.random.default_rng(seed).normal(size=shape), dtype=torch.float32)


@pytest.fixture
def features():
    """Features with singular values of very different size."""
    return random(50, 12) @ torch.diag(0.5 ** torch.arange(12.0)) @ random(12, 12, seed=1)


def singular_values(features):
    return np.sqrt(np.linalg.eigvalsh(features.numpy().astype(float).T @ features.numpy().astype(float)).clip(0)[::-1])


def test_unit_scores_of_vectors_and_images():
    activations = random(8, 6, 5, 4)
    magnitude = np.abs(activations.numpy())
    per_channel = magnitude.mean(axis=(0, 2, 3))
    np.testing.assert_allclose(plasticity.unit_scores(activations), per_channel / per_channel.mean(), rtol=1e-5)
    per_unit = magnitude[..., 0, 0].mean(axis=0)
    scores = plasticity.unit_scores(activations[..., 0, 0])
    np.testing.assert_allclose(scores, per_unit / per_unit.mean(), rtol=1e-5)


def test_dormant_ratio_counts_units_up_to_the_threshold():
    activations = torch.tensor([[0.0, 0.1, -1.0, 2.9], [0.0, -0.1, 1.0, 2.9]])
    assert [plasticity.dormant_ratio(activations, t) for t in (0.0, 0.09, 0.11, 0.5, 1.01)] == [
        0.25,
        0.25,
        0.5,
        0.5,
        0.75,
    ]


def test_all_units_of_a_silent_layer_are_dormant():
    assert plasticity.dormant_ratio(torch.zeros(3, 4), 0.0) == 1.0


def test_activations_without_units():
    with pytest.raises(ValueError, match=re.escape("`activations` must have shape (batch, units, ...), got (3,).")):
        plasticity.dormant_ratio(torch.zeros(3))


def test_saturation_ratio():
    outputs = torch.tensor([[-1.0, -0.9, -0.5, 0.0], [0.5, 0.89, 0.9, 0.99]])
    assert plasticity.saturation_ratio(outputs) == 0.5
    assert plasticity.saturation_ratio(outputs.relu(), 0.0, math.inf) == 0.5
    assert plasticity.saturation_ratio(outputs, 0.01, 0.99) == 0.625


def test_ranks_against_numpy(features):
    sigma = singular_values(features)
    p = sigma / sigma.sum()
    assert plasticity.effective_rank(features) == pytest.approx(np.exp(-(p * np.log(p)).sum()), rel=1e-4)
    assert plasticity.stable_rank(features) == pytest.approx((sigma**2).sum() / sigma[0] ** 2, rel=1e-4)
    for delta in (0.01, 0.1, 0.5):
        assert plasticity.srank(features, delta) == np.argmax(np.cumsum(p) >= 1 - delta) + 1


@pytest.mark.parametrize("rank", [plasticity.effective_rank, plasticity.srank, plasticity.stable_rank])
class TestEveryRank:
    def test_equal_singular_values_count_fully(self, rank):
        orthogonal, _ = torch.linalg.qr(random(30, 7))
        assert rank(3 * orthogonal) == pytest.approx(7, rel=1e-5)

    def test_does_not_depend_on_scale(self, rank, features):
        assert rank(100 * features) == pytest.approx(rank(features), rel=1e-5)

    def test_parallel_features_have_rank_1(self, rank):
        assert rank(random(20, 1) @ random(1, 5)) == pytest.approx(1, rel=1e-4)

    def test_of_nothing_is_0(self, rank):
        assert rank(torch.zeros(4, 3)) == 0.0

    def test_of_diverged_features_is_not_a_number(self, rank):
        assert math.isnan(rank(torch.tensor([[1.0, math.inf], [0.0, 1.0]])))

    def test_shape_is_checked(self, rank):
        with pytest.raises(ValueError, match=re.escape("`features` must have shape (batch, features), got (2, 3, 4).")):
            rank(torch.zeros(2, 3, 4))


def test_feature_norm(features):
    assert plasticity.feature_norm(features) == pytest.approx(np.linalg.norm(features.numpy(), axis=1).mean(), rel=1e-5)


def test_norms_of_weights_and_gradients():
    network = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
    network(random(5, 3)).square().mean().backward()
    network[2].bias.grad = None
    weights = np.concatenate([p.detach().numpy().ravel() for p in network.parameters()])
    gradients = np.concatenate([p.grad.numpy().ravel() for p in network.parameters() if p.grad is not None])
    assert plasticity.weight_norm(network.parameters()) == pytest.approx(np.linalg.norm(weights), rel=1e-5)
    assert plasticity.gradient_norm(network.parameters()) == pytest.approx(np.linalg.norm(gradients), rel=1e-5)


def test_weight_change_is_that_of_a_typical_weight():
    before = [random(3, 4), random(7)]
    assert plasticity.weight_change([w + 0.25 for w in before], before) == pytest.approx(0.25, rel=1e-5)
    changed = [random(3, 4, seed=1), random(7)]
    expected = np.sqrt(((changed[0] - before[0]).numpy() ** 2).sum() / 19)
    assert plasticity.weight_change(changed, before) == pytest.approx(expected, rel=1e-5)
    with pytest.raises(ValueError, match="shorter"):
        plasticity.weight_change(before, before[:1])


def test_clipped_ratio_counts_bounded_weights_at_their_bound():
    # 0.1 is not a number of single precision: what a clamp to it leaves counts as clipped.
    weights = [torch.tensor([[-5.0, 0.05], [0.0, 2.0]]).clamp(-0.1, 0.1), torch.tensor([9.0, 9.0])]
    assert plasticity.clipped_ratio(weights, [0.1, None]) == 0.5
    assert plasticity.clipped_ratio(weights, [0.2, 9.0]) == pytest.approx(2 / 6)
    assert plasticity.clipped_ratio(weights, [None, None]) == 0.0
