from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3 import DQN, PPO
from stable_baselines3.common.torch_layers import NatureCNN
from torch import nn

from hackatari.agents import CReLU, CReLUCNN, CReLUMLP, LayerNormCNN, LayerNormMLP

IMAGE = spaces.Box(0, 255, (4, 84, 84), np.uint8)
VECTOR = spaces.Box(-1.0, 1.0, (2, 3), np.float32)


def images(n=3):
    return torch.rand(n, 4, 84, 84, generator=torch.Generator().manual_seed(0))


def units(network):
    """Number of units of each layer with weights."""
    return [len(module.weight) for module in network.modules() if isinstance(module, nn.Conv2d | nn.Linear)]


def test_crelu_keeps_both_signs():
    outputs = CReLU()(torch.tensor([[1.0, -2.0, 0.0]]))
    assert outputs.tolist() == [[1.0, 0.0, 0.0, 0.0, 2.0, 0.0]]
    assert CReLU()(torch.zeros(5, 3, 4, 4)).shape == (5, 6, 4, 4)


@pytest.mark.parametrize(("network", "features_dim"), [(LayerNormCNN, 512), (CReLUCNN, 1024)])
def test_cnns_have_the_units_of_nature_cnn(network, features_dim):
    extractor = network(IMAGE)
    assert units(extractor) == units(NatureCNN(IMAGE))
    assert extractor.features_dim == features_dim
    assert extractor(images()).shape == (3, features_dim)
    assert network(IMAGE, features_dim=64)(images()).shape == (3, 64)


@pytest.mark.parametrize(("network", "features_dim"), [(LayerNormMLP, 5), (CReLUMLP, 10)])
def test_mlps_have_the_units_asked_for(network, features_dim):
    extractor = network(VECTOR, net_arch=(7, 5))
    assert units(extractor) == [7, 5]
    assert extractor.features_dim == features_dim
    assert extractor(torch.zeros(4, 2, 3)).shape == (4, features_dim)


@pytest.mark.parametrize(
    ("extractor", "inputs"), [(LayerNormCNN(IMAGE), images()), (LayerNormMLP(VECTOR), torch.rand(3, 2, 3))]
)
def test_layer_norm_precedes_every_relu(extractor, inputs):
    seen = []
    for module in extractor.modules():
        if isinstance(module, nn.ReLU):
            module.register_forward_pre_hook(lambda _, args: seen.append(args[0].flatten(1)))
    extractor(inputs)
    assert len(seen) == len(units(extractor))
    for values in seen:
        torch.testing.assert_close(values.mean(dim=1), torch.zeros(3), atol=1e-4, rtol=0)
        torch.testing.assert_close(values.square().mean(dim=1), torch.ones(3), atol=0.05, rtol=0)


def test_layer_norm_of_a_dense_layer_is_torchs():
    extractor = LayerNormMLP(VECTOR, net_arch=(7,))
    inputs = torch.rand(4, 2, 3)
    linear = next(module for module in extractor.modules() if isinstance(module, nn.Linear))
    torch.testing.assert_close(extractor(inputs), nn.LayerNorm(7)(linear(inputs.flatten(1))).relu())


def test_crelu_network_computed_by_hand():
    extractor = CReLUMLP(VECTOR, net_arch=(7, 5))
    first, second = (module for module in extractor.modules() if isinstance(module, nn.Linear))
    hidden = first(torch.ones(2, 6))
    hidden = second(torch.cat([hidden.relu(), (-hidden).relu()], dim=1))
    torch.testing.assert_close(extractor(torch.ones(2, 2, 3)), torch.cat([hidden.relu(), (-hidden).relu()], dim=1))


def test_crelu_needs_an_even_number_of_features():
    with pytest.raises(ValueError, match=re.escape("`features_dim` must be even, two outputs for each unit, got 33.")):
        CReLUCNN(IMAGE, features_dim=33)


@pytest.mark.parametrize("network", [LayerNormMLP, CReLUMLP])
@pytest.mark.parametrize("algorithm", [DQN, PPO])
def test_agents_learn_with_them_and_can_be_saved(algorithm, network, ring, tmp_path):
    kwargs = dict(features_extractor_class=network, features_extractor_kwargs=dict(net_arch=[8]), net_arch=[])
    arguments = dict(learning_starts=4) if algorithm is DQN else dict(n_steps=16, batch_size=8)
    model = algorithm("MlpPolicy", ring(), policy_kwargs=kwargs, seed=0, device="cpu", **arguments)
    before = [parameter.detach().clone() for parameter in model.policy.parameters()]
    model.learn(32)
    assert any((old != new).any() for old, new in zip(before, model.policy.parameters(), strict=True))
    model.save(tmp_path / "model")
    loaded = algorithm.load(tmp_path / "model", device="cpu")
    observations = np.eye(5, dtype=np.float32)
    actions, _ = model.predict(observations, deterministic=True)
    assert (actions == loaded.predict(observations, deterministic=True)[0]).all()
