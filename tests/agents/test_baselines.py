from __future__ import annotations

import copy
import re

import numpy as np
import pytest
import torch
from stable_baselines3 import DQN, PPO
from torch import nn

from hackatari.agents import (
    L2Init,
    L2InitAdam,
    L2InitSGD,
    ShrinkAndPerturb,
    ShrinkAndPerturbAdam,
    ShrinkAndPerturbSGD,
    shrink_and_perturb,
)

INPUTS, TARGETS = torch.linspace(-1, 1, 24).reshape(8, 3), torch.linspace(0, 2, 16).reshape(8, 2)


def network(seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2))


def loss_of(model):
    return (model(INPUTS) - TARGETS).square().mean()


def train(model, optimizer, steps, penalty=lambda: 0.0):
    for _ in range(steps):
        optimizer.zero_grad()
        (loss_of(model) + penalty()).backward()
        optimizer.step()
    return model


def weights(model):
    return np.concatenate([p.detach().numpy().ravel() for p in model.parameters()])


class L2InitRMSprop(L2Init, torch.optim.RMSprop):
    pass


class ShrinkAndPerturbRMSprop(ShrinkAndPerturb, torch.optim.RMSprop):
    pass


L2_INIT = [(L2InitAdam, torch.optim.Adam), (L2InitSGD, torch.optim.SGD), (L2InitRMSprop, torch.optim.RMSprop)]
SHRINK = [
    (ShrinkAndPerturbAdam, torch.optim.Adam),
    (ShrinkAndPerturbSGD, torch.optim.SGD),
    (ShrinkAndPerturbRMSprop, torch.optim.RMSprop),
]


class TestL2Init:
    @pytest.mark.parametrize(("regularised", "plain"), L2_INIT)
    def test_is_the_gradient_of_the_penalty(self, regularised, plain):
        expected, model = network(), network()
        initial = [p.detach().clone() for p in expected.parameters()]

        def penalty():
            return sum(0.3 * (p - p0).square().sum() for p, p0 in zip(expected.parameters(), initial, strict=True))

        train(expected, plain(expected.parameters(), lr=0.01), 20, penalty)
        train(model, regularised(model.parameters(), lr=0.01, strength=0.3), 20)
        np.testing.assert_allclose(weights(model), weights(expected), rtol=1e-4, atol=1e-6)

    @pytest.mark.parametrize(("regularised", "plain"), L2_INIT)
    def test_without_strength_it_is_the_plain_optimizer_bit_for_bit(self, regularised, plain):
        expected, model = network(), network()
        train(expected, plain(expected.parameters(), lr=0.01), 5)
        train(model, regularised(model.parameters(), lr=0.01, strength=0.0), 5)
        assert (weights(model) == weights(expected)).all()

    def test_a_strong_penalty_keeps_weights_where_they_started(self):
        free, held = network(), network()
        train(free, L2InitAdam(free.parameters(), lr=0.01, strength=0.0), 200)
        train(held, L2InitAdam(held.parameters(), lr=0.01, strength=100.0), 200)
        start = weights(network())
        assert np.abs(weights(held) - start).max() < 0.05 < np.abs(weights(free) - start).max()

    def test_closure(self):
        expected, model = network(), network()
        train(expected, L2InitAdam(expected.parameters(), lr=0.01, strength=0.3), 5)
        optimizer = L2InitAdam(model.parameters(), lr=0.01, strength=0.3)

        def closure():
            optimizer.zero_grad()
            loss = loss_of(model)
            loss.backward()
            return loss

        losses = [optimizer.step(closure).item() for _ in range(5)]
        assert losses[0] == loss_of(network()).item()
        assert (weights(model) == weights(expected)).all()

    def test_training_goes_on_after_loading(self):
        expected = network()
        train(expected, L2InitAdam(expected.parameters(), lr=0.01, strength=0.3), 10)
        first = network()
        optimizer = L2InitAdam(first.parameters(), lr=0.01, strength=0.3)
        train(first, optimizer, 4)
        second = copy.deepcopy(first)
        resumed = L2InitAdam(second.parameters(), lr=0.01)
        resumed.load_state_dict(optimizer.state_dict())
        train(second, resumed, 6)
        assert (weights(second) == weights(expected)).all()

    def test_takes_over_the_state_of_a_plain_optimizer(self):
        model = network()
        plain = torch.optim.Adam(model.parameters(), lr=0.01)
        train(model, plain, 3)
        switched = weights(model)
        optimizer = L2InitAdam(model.parameters(), lr=0.01, strength=1e3)
        optimizer.load_state_dict(plain.state_dict())
        train(model, optimizer, 300)
        assert np.abs(weights(model) - switched).max() < 0.05

    def test_parameters_without_a_gradient_are_left_alone(self):
        model = network()
        model[0].requires_grad_(False)
        before = weights(model[0])
        train(model, L2InitAdam(model.parameters(), lr=0.01, strength=0.3), 3)
        assert (weights(model[0]) == before).all()

    def test_strength_may_differ_between_groups(self):
        model = network()
        groups = [{"params": model[0].parameters(), "strength": 1e3}, {"params": model[2].parameters()}]
        train(model, L2InitAdam(groups, lr=1e-3, strength=0.0), 300)
        held, free = (np.abs(weights(model[i]) - weights(network()[i])).max() for i in (0, 2))
        assert held < 0.02 < 0.1 < free

    def test_negative_strength(self):
        with pytest.raises(ValueError, match=re.escape("`strength` must be >= 0, got -1.")):
            L2InitAdam(network().parameters(), strength=-1)


class TestShrinkAndPerturb:
    @pytest.mark.parametrize(("perturbed", "plain"), SHRINK)
    def test_without_noise_and_decay_it_is_the_plain_optimizer_bit_for_bit(self, perturbed, plain):
        expected, model = network(), network()
        train(expected, plain(expected.parameters(), lr=0.01), 5)
        train(model, perturbed(model.parameters(), lr=0.01, decay=0.0, noise=0.0), 5)
        assert (weights(model) == weights(expected)).all()

    def test_shrinks_by_learning_rate_times_decay(self):
        parameter = nn.Parameter(torch.ones(4))
        optimizer = ShrinkAndPerturbSGD([parameter], lr=0.1, decay=0.5, noise=0.0)
        for _ in range(3):
            parameter.grad = torch.zeros(4)
            optimizer.step()
        np.testing.assert_allclose(parameter.detach(), 0.95**3, rtol=1e-6)

    def test_noise_is_normal_with_learning_rate_times_noise(self):
        parameter = nn.Parameter(torch.zeros(20_000))
        optimizer = ShrinkAndPerturbSGD([parameter], lr=0.1, decay=0.0, noise=2.0, seed=0)
        for _ in range(4):
            parameter.grad = torch.zeros(20_000)
            optimizer.step()
        # Four independent steps add up to twice the standard deviation of one.
        assert parameter.std().item() == pytest.approx(0.4, rel=0.02)
        assert abs(parameter.mean().item()) < 0.01
        assert (parameter.abs() < 0.4).float().mean().item() == pytest.approx(0.683, abs=0.01)

    def test_noise_follows_its_seed_and_draws_from_no_other_generator(self):
        def trained(seed):
            model = network()
            return weights(train(model, ShrinkAndPerturbAdam(model.parameters(), lr=0.01, seed=seed), 5))

        torch.manual_seed(3)
        state = torch.get_rng_state()
        assert (trained(0) == trained(0)).all()
        assert (trained(0) != trained(1)).any()
        assert (trained(None) == trained(3)).all()
        assert (torch.get_rng_state() == state).all()

    def test_noise_goes_on_after_loading(self):
        expected = network()
        train(expected, ShrinkAndPerturbAdam(expected.parameters(), lr=0.01, seed=7), 10)
        first = network()
        optimizer = ShrinkAndPerturbAdam(first.parameters(), lr=0.01, seed=7)
        train(first, optimizer, 4)
        second = copy.deepcopy(first)
        resumed = ShrinkAndPerturbAdam(second.parameters(), lr=0.01, seed=8)
        resumed.load_state_dict(optimizer.state_dict())
        train(second, resumed, 6)
        assert (weights(second) == weights(expected)).all()

    def test_parameters_without_a_gradient_are_left_alone(self):
        model = network()
        model[0].requires_grad_(False)
        before = weights(model[0])
        train(model, ShrinkAndPerturbAdam(model.parameters(), lr=0.01), 3)
        assert (weights(model[0]) == before).all()

    def test_once(self):
        parameter = nn.Parameter(torch.full((20_000,), 2.0))
        shrink_and_perturb([parameter], 0.5, 0.1, torch.Generator().manual_seed(0))
        assert parameter.mean().item() == pytest.approx(1.0, abs=0.005)
        assert parameter.std().item() == pytest.approx(0.1, rel=0.02)

    @pytest.mark.parametrize("name", ["decay", "noise"])
    def test_negative_arguments(self, name):
        with pytest.raises(ValueError, match=re.escape(f"`{name}` must be >= 0, got -0.5.")):
            ShrinkAndPerturbSGD(network().parameters(), lr=0.1, **{name: -0.5})


@pytest.mark.parametrize("optimizer_class", [L2InitAdam, ShrinkAndPerturbAdam])
def test_sb3_algorithms_learn_and_go_on_after_loading(optimizer_class, ring, tmp_path):
    kwargs = dict(optimizer_class=optimizer_class, optimizer_kwargs=dict(eps=1e-5), net_arch=[8])
    model = PPO("MlpPolicy", ring(), n_steps=16, batch_size=8, policy_kwargs=kwargs, seed=0, device="cpu")
    model.learn(32)
    model.save(tmp_path / "model")
    loaded = PPO.load(tmp_path / "model", device="cpu")
    assert type(loaded.policy.optimizer) is optimizer_class
    for ours, theirs in zip(_states(model), _states(loaded), strict=True):
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[key], theirs[key]) for key in ours)
    groups = model.policy.optimizer.param_groups[0], loaded.policy.optimizer.param_groups[0]
    assert all(groups[0][key] == groups[1][key] for key in groups[0].keys() - {"params"})


def _states(model):
    return model.policy.optimizer.state_dict()["state"].values()


def test_l2_init_holds_the_online_network_of_dqn(ring):
    kwargs = dict(optimizer_class=L2InitAdam, optimizer_kwargs=dict(strength=1e3), net_arch=[8])
    model = DQN("MlpPolicy", ring(), learning_starts=4, policy_kwargs=kwargs, seed=0, learning_rate=1e-3, device="cpu")
    start = weights(model.q_net)
    model.learn(300)
    assert 0 < np.abs(weights(model.q_net) - start).max() < 0.02
