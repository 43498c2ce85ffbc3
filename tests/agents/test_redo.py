from __future__ import annotations

import math
import re

import gymnasium as gym
import numpy as np
import pytest
import stable_baselines3
import torch
from gymnasium import spaces
from sb3_contrib import RecurrentPPO
from stable_baselines3 import DQN, PPO, SAC
from torch import nn

from hackatari.agents import CReLU, ReDoCallback, recycle_dormant_units


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


def kill(layer, units):
    """Make units of a layer before a ReLU silent, whatever the input."""
    with torch.no_grad():
        layer.weight[units] = 0
        layer.bias[units] = -1


def build(*layers):
    """A network whose hidden units are active for all inputs from -1 to 1."""
    model = nn.Sequential(*layers)
    with torch.no_grad():
        for parameter in [*model.parameters()][:-2]:
            parameter.uniform_(0, 0.2, generator=torch.Generator().manual_seed(0)).add_(parameter.dim() == 1)
    return model


def mlp():
    return build(nn.Linear(3, 6), nn.ReLU(), nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 2))


def cnn():
    convolutions = nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Conv2d(4, 3, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()
    return build(*convolutions, nn.Linear(3 * 16, 5), nn.ReLU(), nn.Linear(5, 2))


def inputs(*shape):
    return torch.tensor(np.random.default_rng(0).uniform(-1, 1, (64, *shape)), dtype=torch.float32)


class TestDenseLayers:
    def test_only_dormant_units_are_renewed(self, generator):
        model, x = mlp(), inputs(3)
        kill(model[0], [1, 4])
        before = {name: value.clone() for name, value in model.state_dict().items()}
        output = model(x)
        assert recycle_dormant_units(model, lambda: model(x), generator=generator, threshold=0.0) == 2
        after = model.state_dict()
        alive = [0, 2, 3, 5]
        for name in ("0.weight", "0.bias"):
            assert torch.equal(after[name][alive], before[name][alive])
            assert (after[name][[1, 4]] != before[name][[1, 4]]).all()
            assert after[name][[1, 4]].abs().max() <= 1 / math.sqrt(3)
        assert torch.equal(after["2.weight"][:, alive], before["2.weight"][:, alive])
        assert (after["2.weight"][:, [1, 4]] == 0).all()
        assert all(torch.equal(after[name], before[name]) for name in ("2.bias", "4.weight", "4.bias"))
        # Silent units contributed nothing, and still do.
        torch.testing.assert_close(model(x), output)

    def test_renewed_units_learn_again(self, generator):
        model, x = mlp(), inputs(3)
        kill(model[0], slice(None))
        recycle_dormant_units(model, lambda: model(x), generator=generator)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        before = model[0].weight.detach().clone()
        for _ in range(2):  # The first step moves outgoing weights away from 0.
            optimizer.zero_grad()
            model(x).square().sum().backward()
            optimizer.step()
        assert (model[0].weight != before).any()

    def test_threshold(self, generator):
        model, x = mlp(), inputs(3)
        assert recycle_dormant_units(model, lambda: model(x), generator=generator, threshold=math.inf) == 6 + 5

    def test_new_weights_are_those_of_the_generator(self):
        model, x = mlp(), inputs(3)
        state = torch.get_rng_state()

        def renewed(seed):
            kill(model[0], [0])
            recycle_dormant_units(model, lambda: model(x), generator=torch.Generator().manual_seed(seed))
            return model[0].weight[0].clone()

        assert torch.equal(renewed(1), renewed(1))
        assert not torch.equal(renewed(1), renewed(2))
        assert torch.equal(torch.get_rng_state(), state)

    @pytest.mark.parametrize("optimizer_class", [torch.optim.Adam, torch.optim.RMSprop, torch.optim.SGD])
    def test_moments_of_renewed_weights_become_0(self, optimizer_class, generator):
        model, x = mlp(), inputs(3)
        options = dict(amsgrad=True) if optimizer_class is torch.optim.Adam else dict(momentum=0.9)
        optimizer = optimizer_class(model.parameters(), lr=1e-4, **options)
        for _ in range(2):
            optimizer.zero_grad()
            model(x).square().sum().backward()
            optimizer.step()
        kill(model[0], [1])
        before = {
            (name, key): value.clone()
            for name, parameter in model.named_parameters()
            for key, value in optimizer.state[parameter].items()
        }
        recycle_dormant_units(model, lambda: model(x), generator=generator, optimizers=[optimizer], threshold=1e-6)
        renewed = {"0.weight": (1,), "0.bias": (1,), "2.weight": (slice(None), 1)}
        for (name, key), value in before.items():
            moment = optimizer.state[dict(model.named_parameters())[name]][key]
            if name in renewed and key != "step":
                assert (moment[renewed[name]] == 0).all()
                value[renewed[name]] = 0
            assert torch.equal(moment, value)


class TestConvolutions:
    def test_channels_are_units(self, generator):
        model, x = cnn(), inputs(2, 12, 12)
        kill(model[0], [2])
        output, before = model(x), model[2].weight.detach().clone()
        assert recycle_dormant_units(model, lambda: model(x), generator=generator, threshold=0.0) == 1
        assert (model[2].weight[:, 2] == 0).all()
        assert torch.equal(model[2].weight[:, [0, 1, 3]], before[:, [0, 1, 3]])
        assert 0 < model[0].weight[2].abs().max() <= 1 / math.sqrt(2 * 3 * 3)
        torch.testing.assert_close(model(x), output)

    def test_flattened_channels_are_blocks_of_the_next_layer(self, generator):
        model, x = cnn(), inputs(2, 12, 12)
        kill(model[2], [1])
        output, before = model(x), model[6].weight.detach().clone()
        assert recycle_dormant_units(model, lambda: model(x), generator=generator, threshold=0.0) == 1
        assert (model[6].weight[:, 16:32] == 0).all()
        assert torch.equal(model[6].weight[:, :16], before[:, :16])
        assert torch.equal(model[6].weight[:, 32:], before[:, 32:])
        torch.testing.assert_close(model(x), output)

    def test_a_normalisation_may_follow(self, generator):
        model = nn.Sequential(nn.Conv2d(2, 4, 3), nn.GroupNorm(1, 4), nn.ReLU(), nn.Flatten(), nn.Linear(400, 2))
        forward = lambda: model(inputs(2, 12, 12))  # noqa: E731
        assert recycle_dormant_units(model, forward, generator=generator, threshold=math.inf) == 4


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.last = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 2)

    def forward(self, x):
        x = self.first(x).relu()
        return self.last(x + self.second(x).relu())


class Reordered(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Conv1d(2, 4, 1), nn.Linear(12, 2)

    def forward(self, x):
        return self.last(self.first(x).relu().transpose(1, 2).flatten(1))


class TestUnfitLayers:
    """Layers of which the outgoing weights of a unit cannot be told are left alone."""

    @pytest.mark.parametrize(
        ("model", "shape"),
        [
            (Residual(), (4,)),
            (Reordered(), (2, 3)),
            (nn.Sequential(nn.Linear(3, 4), CReLU(), nn.Linear(8, 2)), (3,)),
            (nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.GRU(4, 4)), (3,)),
            (nn.Sequential(nn.Conv1d(2, 4, 1), nn.ReLU(), nn.Conv1d(4, 4, 1, groups=2)), (2, 5)),
            (nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)), (7, 3)),
        ],
        ids=["residual", "reordered", "crelu", "recurrent", "grouped", "sequences"],
    )
    def test_is_left_alone(self, model, shape, generator):
        before = {name: value.clone() for name, value in model.state_dict().items()}
        x = inputs(*shape)
        assert recycle_dormant_units(model, lambda: model(x), generator=generator, threshold=math.inf) == 0
        assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())

    def test_all_readers_of_a_layer_are_cut(self, generator):
        body, heads = nn.Sequential(nn.Linear(3, 4), nn.ReLU()), nn.ModuleList([nn.Linear(4, 1), nn.Linear(4, 2)])
        kill(body[0], [3])
        body[0].bias.data[:3] += 2
        x = inputs(3)

        def forward():
            features = body(x)
            for head in heads:
                head(features)

        model = nn.ModuleList([body, heads])
        assert recycle_dormant_units(model, forward, generator=generator, threshold=0.0) == 1
        for head in heads:
            assert (head.weight[:, 3] == 0).all()
            assert (head.weight[:, :3] != 0).all()


class Images(gym.Env):
    """Noise, for networks that read images."""

    observation_space = spaces.Box(0, 255, (36, 36, 1), np.uint8)
    action_space = spaces.Box(-1.0, 1.0, (2,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self.observation_space.sample(), {}

    def step(self, action):
        return self.observation_space.sample(), 1.0, False, False, {}


@pytest.fixture
def logged(monkeypatch):
    """All numbers that are recorded as recycled units."""
    numbers = []
    record = stable_baselines3.common.logger.Logger.record

    def noted(self, key, value, *args, **kwargs):
        if key == "redo/recycled_units":
            numbers.append(value)
        record(self, key, value, *args, **kwargs)

    monkeypatch.setattr(stable_baselines3.common.logger.Logger, "record", noted)
    return numbers


class TestCallback:
    def test_dqn(self, ring, logged):
        kwargs = dict(net_arch=[8, 8])
        model = DQN("MlpPolicy", ring(), learning_starts=1000, policy_kwargs=kwargs, seed=0, device="cpu")
        kill(model.q_net.q_net[0], [2, 5])
        target = {name: value.clone() for name, value in model.q_net_target.state_dict().items()}
        model.learn(30, callback=ReDoCallback(every=20, batch_size=20, threshold=0.0))
        assert len(logged) == 1
        assert logged[0] >= 2
        assert (model.q_net.q_net[0].bias[[2, 5]] != -1).all()
        assert all(torch.equal(target[name], value) for name, value in model.q_net_target.state_dict().items())

    def test_ppo_recycles_both_networks_before_a_rollout(self, ring, logged):
        model = PPO("MlpPolicy", ring(), n_steps=16, batch_size=8, policy_kwargs=dict(net_arch=[8, 8]), device="cpu")
        model.learn(48, callback=ReDoCallback(every=10, batch_size=10, threshold=math.inf))
        # Four hidden layers of eight units; the first rollout has nothing before it.
        assert logged == [32, 32]

    def test_sac_recycles_actor_and_critics_with_features_of_their_own(self, logged):
        kwargs = dict(
            net_arch=[8, 8],
            share_features_extractor=False,
            features_extractor_kwargs=dict(features_dim=16),
        )
        arguments = dict(learning_starts=4, batch_size=4, buffer_size=30, policy_kwargs=kwargs, seed=0, device="cpu")
        model = SAC("CnnPolicy", Images(), **arguments)
        model.learn(12, callback=ReDoCallback(every=8, batch_size=8, threshold=math.inf))
        # Actor: 32 + 64 + 64 channels, 16 features, two layers of 8. Critics: the channels, two times two layers of 8;
        # not their 16 features, which an action joins.
        assert logged == [(160 + 16 + 16) + (160 + 2 * 16)]

    def test_recurrent_policies(self, ring, logged):
        kwargs = dict(net_arch=[8, 8], lstm_hidden_size=8)
        model = RecurrentPPO("MlpLstmPolicy", ring(), n_steps=16, batch_size=8, policy_kwargs=kwargs, device="cpu")
        model.learn(32, callback=ReDoCallback(every=10, batch_size=10, threshold=math.inf))
        assert logged == [32]

    def test_seed(self, ring):
        def trained(**options):
            kwargs = dict(net_arch=[8, 8])
            model = DQN("MlpPolicy", ring(), learning_starts=8, policy_kwargs=kwargs, seed=3, device="cpu")
            model.learn(60, callback=ReDoCallback(every=20, batch_size=20, threshold=0.5, **options))
            return torch.cat([parameter.ravel() for parameter in model.q_net.parameters()])

        assert torch.equal(trained(), trained(seed=3))  # By default that of the algorithm.
        assert not torch.equal(trained(), trained(seed=4))

    def test_shared_features_of_actor_and_critic_are_refused(self):
        kwargs = dict(share_features_extractor=True)
        model = SAC("CnnPolicy", Images(), buffer_size=30, policy_kwargs=kwargs, device="cpu")
        with pytest.raises(ValueError, match=re.escape("use policy_kwargs=dict(share_features_extractor=False).")):
            model.learn(5, callback=ReDoCallback())
