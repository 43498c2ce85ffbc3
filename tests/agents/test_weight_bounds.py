from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3.common.policies import ActorCriticCnnPolicy, ActorCriticPolicy
from stable_baselines3.dqn.policies import CnnPolicy as DQNCnnPolicy
from torch import nn

from hackatari.agents import clipping_bounds

IMAGE = spaces.Box(0, 255, (4, 84, 84), np.uint8)
NATURE_CNN = {
    "features_extractor.cnn.0": 4 * 8 * 8,
    "features_extractor.cnn.2": 32 * 4 * 4,
    "features_extractor.cnn.4": 64 * 3 * 3,
    "features_extractor.linear.0": 64 * 7 * 7,
}
POLICIES = {
    "ppo-mlp-box-actions": (
        lambda: ActorCriticPolicy(spaces.Box(-1, 1, (3,)), spaces.Box(-1, 1, (2,)), lambda _: 1e-3),
        {
            "log_std": None,
            "mlp_extractor.policy_net.0": 3,
            "mlp_extractor.policy_net.2": 64,
            "mlp_extractor.value_net.0": 3,
            "mlp_extractor.value_net.2": 64,
            "action_net": 64,
            "value_net": 64,
        },
    ),
    "ppo-cnn": (
        lambda: ActorCriticCnnPolicy(IMAGE, spaces.Discrete(6), lambda _: 1e-3),
        {**NATURE_CNN, "action_net": 512, "value_net": 512},
    ),
    "dqn-cnn": (
        lambda: DQNCnnPolicy(IMAGE, spaces.Discrete(6), lambda _: 1e-3).q_net,
        {**NATURE_CNN, "q_net.0": 512},
    ),
}


@pytest.mark.parametrize("route", ["modules", "shapes"])
@pytest.mark.parametrize("policy", POLICIES)
def test_bounds_layer_by_layer(policy, route):
    make, fan_in = POLICIES[policy]
    module = make()
    bounds = clipping_bounds(module if route == "modules" else module.parameters(), kappa=3.0)
    expected = {}
    for layer, size in fan_in.items():
        if size is None:
            expected[layer] = None
        else:
            expected[f"{layer}.weight"] = expected[f"{layer}.bias"] = 3.0 / math.sqrt(size)
    names = [name for name, _ in module.named_parameters()]
    assert dict(zip(names, bounds, strict=True)) == pytest.approx(expected)


def vector(size):
    return nn.ParameterList([torch.zeros(size)])


@pytest.mark.parametrize("route", ["modules", "shapes"])
@pytest.mark.parametrize(
    ("modules", "fan_in"),
    [
        ([nn.Linear(4, 2), nn.LayerNorm(2)], [4, 4, None, None]),
        ([nn.LayerNorm(4), nn.Linear(4, 2)], [None, None, 4, 4]),
        ([nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.PReLU(8)], [27, 27, None, None, None]),
        ([nn.Conv1d(6, 4, 5, groups=2)], [15, 15]),
        ([nn.Conv2d(3, 8, (2, 5))], [30, 30]),
        ([nn.Conv3d(2, 5, 3)], [54, 54]),
        ([nn.LSTM(3, 4, num_layers=2), nn.Linear(4, 1)], [4] * 10),
        ([nn.GRU(3, 4)], [4] * 4),
        ([nn.GRUCell(3, 4)], [4] * 4),
        ([nn.MultiheadAttention(6, 2)], [6] * 4),
        ([nn.ParameterList([torch.zeros(()), torch.zeros(2)]), nn.Linear(4, 2)], [None, None, 4, 4]),
        ([nn.Linear(4, 2), vector(3)], [4, 4, None]),
        ([nn.ParameterList([torch.full((4, 2), -2.0)]), nn.Linear(4, 2)], [None, 4, 4]),
        ([nn.ParameterList([torch.zeros(1, 6)]), nn.Linear(4, 6)], [None, 4, 4]),
    ],
    ids=[
        "normalised",
        "normalised-first",
        "normalised-convolution",
        "grouped-conv1d",
        "conv2d",
        "conv3d",
        "lstm",
        "gru",
        "gru-cell",
        "attention",
        "vectors-first",
        "unlike-vector",
        "gsde-log-std",
        "row-of-log-std",
    ],
)
def test_bounds_of_modules_and_of_shapes_agree(modules, fan_in, route):
    network = nn.ModuleList(modules)
    expected = [None if size is None else 2 / math.sqrt(size) for size in fan_in]
    assert clipping_bounds(network if route == "modules" else network.parameters(), kappa=2) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("modules", "fan_in", "position", "reason"),
    [
        ([nn.Linear(4, 2, bias=False), nn.LayerNorm(2)], [4, None, None], 0, "two vectors follow it"),
        ([nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8)], [27, None, None], 0, "two vectors follow it"),
        ([nn.Linear(4, 2), nn.Linear(2, 3, bias=False)], [4, 4, 2], 2, "no bias follows it"),
        ([nn.Linear(4, 2), nn.Embedding(5, 2)], [4, 4, None], 2, "no bias follows it"),
        ([nn.RNN(3, 4)], [4] * 4, 0, "no bias follows it"),
        ([nn.ConvTranspose2d(3, 8, 2)], [32, 32], 0, "no bias follows it"),
        ([nn.Linear(4, 2), nn.LayerNorm((3, 5))], [4, 4, None, None], 2, "no bias follows it"),
    ],
    ids=["linear-norm", "conv-norm", "no-bias", "embedding", "rnn", "transposed", "norm-of-images"],
)
def test_ambiguous_shapes_are_refused_and_modules_are_not(modules, fan_in, position, reason):
    network = nn.ModuleList(modules)
    parameters = list(network.parameters())
    message = (
        rf"^The shapes do not tell whether parameter {position}, of shape \({parameters[position].shape[0]}, .*\), is "
        rf"the weight of a layer to clip, since {reason}: use a plain optimizer and clip_weights\(model, optimizer\)"
    )
    with pytest.raises(ValueError, match=message):
        clipping_bounds(parameters, kappa=1.0)
    expected = [None if size is None else 1 / math.sqrt(size) for size in fan_in]
    assert clipping_bounds(network, kappa=1.0) == pytest.approx(expected)


def test_matrix_of_equal_elements_counts_as_log_std_only_at_the_head_of_the_list():
    parameters = [*nn.Linear(4, 2).parameters(), torch.zeros(4, 2)]
    with pytest.raises(ValueError, match=r"parameter 2, of shape \(4, 2\)"):
        clipping_bounds(parameters, kappa=1.0)


def test_shared_layer_has_one_bound():
    layer = nn.Linear(4, 4)
    network = nn.Sequential(layer, nn.Tanh(), layer)
    assert clipping_bounds(network, kappa=1.0) == clipping_bounds(network.parameters(), kappa=1.0) == [0.5, 0.5]


def test_torch_initialisation_lies_within_kappa_one():
    layers = nn.ModuleList([nn.Conv2d(4, 32, 8), nn.Linear(100, 50), nn.Conv1d(2, 7, 3), nn.LSTM(5, 8)])
    for parameter, bound in zip(layers.parameters(), clipping_bounds(layers, 1.0), strict=True):
        assert bound is not None
        assert parameter.abs().max() <= bound


@pytest.mark.parametrize(("n_inputs", "n_outputs"), [(3, 64), (64, 64), (64, 1)])
@pytest.mark.parametrize("gain", [0.01, 1.0, math.sqrt(2)])
def test_orthogonal_bound_is_that_of_the_equally_wide_uniform_distribution(n_inputs, n_outputs, gain):
    layer = nn.Linear(n_inputs, n_outputs)
    nn.init.orthogonal_(layer.weight, gain)
    nn.init.zeros_(layer.bias)
    weight_bound, bias_bound = clipping_bounds(layer, kappa=2.0, bound="orthogonal")
    assert weight_bound == pytest.approx(2 * gain * math.sqrt(3) / math.sqrt(max(n_inputs, n_outputs)))
    assert bias_bound == pytest.approx(2 / math.sqrt(n_inputs))


def test_initial_bound_holds_the_initial_weights():
    layer = nn.Linear(4, 3)
    nn.init.normal_(layer.weight, std=5.0)
    nn.init.constant_(layer.bias, -2.0)
    assert clipping_bounds(layer, kappa=1.0, bound="initial") == [layer.weight.abs().max().item(), 2.0]


@pytest.mark.parametrize("bound", ["orthogonal", "initial"])
def test_layer_that_starts_at_zero_has_the_default_bound(bound):
    layer = nn.Linear(4, 3)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    assert clipping_bounds(layer, kappa=1.0, bound=bound) == [0.5, 0.5]


@pytest.mark.parametrize("kappa", [0.0, -1.0, math.nan, "3"])
def test_bad_kappa(kappa):
    with pytest.raises(ValueError, match=r"^`kappa` must be a number > 0, got .*\.$"):
        clipping_bounds(nn.Linear(4, 3), kappa)


def test_bad_bound():
    with pytest.raises(ValueError, match=r"^`bound` must be 'default', 'orthogonal' or 'initial', got 'uniform'\.$"):
        clipping_bounds(nn.Linear(4, 3), 1.0, bound="uniform")
