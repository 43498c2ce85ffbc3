from __future__ import annotations

import copy
import io
import math
import pickle
import subprocess
import sys

import cloudpickle
import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3 import DQN, PPO
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.policies import ActorCriticCnnPolicy, ActorCriticPolicy
from stable_baselines3.common.utils import set_random_seed
from stable_baselines3.dqn.policies import CnnPolicy as DQNCnnPolicy
from torch import nn

from hackatari.agents import (
    CenteredDQN,
    CenteredPPO,
    ClippedAdam,
    ClippedRMSprop,
    ClippedSGD,
    clipping_bounds,
    weight_clipped,
)

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


@pytest.mark.parametrize("policy", POLICIES)
def test_bounds_layer_by_layer(policy):
    make, fan_in = POLICIES[policy]
    module = make()
    names = [name for name, _ in module.named_parameters()]
    bounds = dict(zip(names, clipping_bounds(module.parameters(), kappa=3.0), strict=True))
    expected = {}
    for layer, size in fan_in.items():
        if size is None:
            expected[layer] = None
        else:
            expected[f"{layer}.weight"] = expected[f"{layer}.bias"] = 3.0 / math.sqrt(size)
    assert bounds == pytest.approx(expected)


@pytest.mark.parametrize(
    ("modules", "fan_in"),
    [
        ([nn.Linear(4, 2), nn.LayerNorm(2)], [4, 4, None, None]),
        ([nn.LayerNorm(4), nn.Linear(4, 2)], [None, None, 4, 4]),
        ([nn.Linear(4, 2, bias=False), nn.Linear(2, 3)], [4, 2, 2]),
        ([nn.Conv1d(6, 4, 5, groups=2)], [15, 15]),
        ([nn.Conv2d(3, 8, (2, 5))], [30, 30]),
        ([nn.Linear(4, 2), nn.ParameterList([torch.zeros(()), torch.zeros(2)])], [4, 4, None, None]),
        ([nn.Linear(4, 2, bias=False), nn.ParameterList([torch.zeros(3)])], [4, None]),
    ],
    ids=["normalised", "normalised-first", "no-bias", "grouped-conv1d", "conv2d", "scalars", "unlike-length"],
)
def test_bounds_by_shape(modules, fan_in):
    parameters = nn.ModuleList(modules).parameters()
    expected = [None if size is None else 2 / math.sqrt(size) for size in fan_in]
    assert clipping_bounds(parameters, kappa=2) == pytest.approx(expected)


def test_torch_initialisation_lies_within_kappa_one():
    layers = nn.Sequential(nn.Conv2d(4, 32, 8), nn.Linear(100, 50), nn.Conv1d(2, 7, 3))
    for parameter, bound in zip(layers.parameters(), clipping_bounds(layers.parameters(), 1.0), strict=True):
        assert bound is not None
        assert parameter.abs().max() <= bound


def small_network():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.LayerNorm(8), nn.Linear(8, 2))


def give_gradients(module, scale=1.0):
    generator = torch.Generator().manual_seed(1)
    for parameter in module.parameters():
        parameter.grad = scale * torch.randn(parameter.shape, generator=generator)


@pytest.mark.parametrize(
    ("clipped_class", "plain_class"),
    [
        (ClippedAdam, torch.optim.Adam),
        (ClippedSGD, torch.optim.SGD),
        (ClippedRMSprop, torch.optim.RMSprop),
        (weight_clipped(torch.optim.AdamW), torch.optim.AdamW),
    ],
)
def test_steps_are_plain_steps_followed_by_a_clamp(clipped_class, plain_class):
    clipped, plain = small_network(), small_network()
    clipped_optimizer = clipped_class(clipped.parameters(), lr=0.3, kappa=1.0)
    plain_optimizer = plain_class(plain.parameters(), lr=0.3)
    half = 1 / math.sqrt(4)
    third = 1 / math.sqrt(8)
    for _ in range(3):
        give_gradients(clipped)
        give_gradients(plain)
        clipped_optimizer.step()
        plain_optimizer.step()
        with torch.no_grad():
            for layer, bound in ((plain[0], half), (plain[3], third)):
                layer.weight.copy_(layer.weight.clamp(-bound, bound))
                layer.bias.copy_(layer.bias.clamp(-bound, bound))
        for expected, parameter in zip(plain.parameters(), clipped.parameters(), strict=True):
            assert torch.equal(parameter, expected)
    assert clipped[0].weight.abs().max() == half
    assert (clipped[2].weight - 1).abs().max() > half, "the gain of the normalisation must be free to move"


def test_parameters_without_gradient_are_left_alone():
    network = small_network()
    network[0].requires_grad_(False)
    with torch.no_grad():
        network[0].weight.fill_(9.0)
        network[3].weight.fill_(9.0)
    give_gradients(network[3])
    ClippedSGD(network.parameters(), lr=0.1, kappa=1.0).step()
    assert torch.all(network[0].weight == 9.0)
    assert network[3].weight.abs().max() <= 1 / math.sqrt(8)


def test_closure_is_called_and_its_loss_returned():
    network = small_network()
    optimizer = ClippedSGD(network.parameters(), lr=100.0, kappa=2.0)
    inputs = torch.ones(1, 4)
    calls = []

    def closure():
        calls.append(1)
        optimizer.zero_grad()
        loss = network(inputs).square().sum()
        loss.backward()
        return loss

    expected = network(inputs).square().sum()
    assert torch.equal(optimizer.step(closure), expected)
    assert len(calls) == 1
    assert network[3].weight.abs().max() <= 2 / math.sqrt(8) + 1e-7


def test_step_hooks_run_once_and_see_clipped_weights():
    torch.optim.SGD(small_network().parameters())  # torch adds hooks to the parent's `step` on its first use
    network = small_network()
    optimizer = ClippedSGD(network.parameters(), lr=100.0, kappa=1.0)
    seen = []
    optimizer.register_step_post_hook(lambda *_: seen.append(network[0].weight.abs().max().item()))
    give_gradients(network)
    optimizer.step()
    assert seen == [0.5]


def test_kappa_can_differ_between_parameter_groups():
    network = small_network()
    groups = [{"params": network[0].parameters(), "kappa": 4.0}, {"params": network[3].parameters()}]
    optimizer = ClippedSGD(groups, lr=1000.0, kappa=1.0)
    give_gradients(network)
    optimizer.step()
    assert network[0].weight.abs().max().item() == 2.0
    assert network[3].weight.abs().max().item() == pytest.approx(1 / math.sqrt(8))
    optimizer.add_param_group({"params": [nn.Parameter(torch.zeros(2, 2))]})
    assert [group["kappa"] for group in optimizer.param_groups] == [4.0, 1.0, 1.0]


@pytest.mark.parametrize("transport", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
def test_copied_optimizer_goes_on_clipping(transport):
    network = small_network()
    optimizer = ClippedAdam(network.parameters(), lr=3.0, kappa=1.0)
    give_gradients(network)
    optimizer.step()
    network_copy, optimizer_copy = transport((network, optimizer))
    for module, opt in ((network, optimizer), (network_copy, optimizer_copy)):
        give_gradients(module, scale=-5.0)
        opt.step()
    for expected, parameter in zip(network.parameters(), network_copy.parameters(), strict=True):
        assert torch.equal(parameter, expected)
    assert network_copy[0].weight.abs().max() == 0.5


def test_state_dict_carries_kappa_and_moments():
    network, other = small_network(), small_network()
    optimizer = ClippedAdam(network.parameters(), lr=0.3, kappa=1.0)
    give_gradients(network)
    optimizer.step()
    restored = ClippedAdam(other.parameters(), lr=0.1, kappa=7.0)
    restored.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    other.load_state_dict(network.state_dict())
    assert restored.param_groups[0]["kappa"] == 1.0
    for module, opt in ((network, optimizer), (other, restored)):
        give_gradients(module)
        opt.step()
    for expected, parameter in zip(network.parameters(), other.parameters(), strict=True):
        assert torch.equal(parameter, expected)


def test_state_dict_of_the_plain_optimizer_keeps_the_own_kappa():
    network = small_network()
    optimizer = ClippedAdam(network.parameters(), kappa=2.0)
    optimizer.load_state_dict(torch.optim.Adam(network.parameters(), lr=100.0).state_dict())
    give_gradients(network)
    optimizer.step()
    assert network[0].weight.abs().max() == 1.0


@pytest.mark.parametrize("kappa", [0.0, -1.0, math.nan, "3"])
def test_bad_kappa(kappa):
    message = r"^`kappa` must be a number > 0, got .*\.$"
    parameters = list(small_network().parameters())
    with pytest.raises(ValueError, match=message):
        ClippedAdam(parameters, kappa=kappa)
    with pytest.raises(ValueError, match=message):
        ClippedAdam([{"params": parameters, "kappa": kappa}])
    with pytest.raises(ValueError, match=message):
        clipping_bounds(parameters, kappa)


@pytest.mark.parametrize("optimizer_class", [nn.Linear, "Adam", torch.optim.SGD([torch.zeros(1)])])
def test_not_an_optimizer_class(optimizer_class):
    with pytest.raises(TypeError, match=r"^`optimizer_class` must be a class like torch\.optim\.Adam, got "):
        weight_clipped(optimizer_class)


class Adam(torch.optim.SGD):
    """A user's optimizer that shares its name with torch's."""


class UserClippedAdam(ClippedAdam):
    """A user's subclass of a clipped optimizer."""


OPTIMIZER_CLASSES = [torch.optim.Adam, torch.optim.SGD, torch.optim.RMSprop, torch.optim.AdamW, Adam]


def test_same_argument_gives_the_same_class():
    assert weight_clipped(torch.optim.Adam) is ClippedAdam
    assert weight_clipped(torch.optim.SGD) is ClippedSGD
    assert weight_clipped(torch.optim.RMSprop) is ClippedRMSprop
    assert weight_clipped(ClippedAdam) is ClippedAdam
    assert weight_clipped(Adam) is weight_clipped(Adam) is not ClippedAdam
    assert issubclass(ClippedAdam, torch.optim.Adam)
    assert weight_clipped(torch.optim.AdamW).__name__ == "ClippedAdamW"


class RestrictedUnpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if module.startswith(("torch.optim.", "hackatari.agents.")) or module == __name__:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is not allowed")


@pytest.mark.parametrize("dumps", [pickle.dumps, cloudpickle.dumps])
@pytest.mark.parametrize("optimizer_class", OPTIMIZER_CLASSES)
def test_classes_are_pickled_by_reference(dumps, optimizer_class):
    clipped = weight_clipped(optimizer_class)
    assert RestrictedUnpickler(io.BytesIO(dumps({"optimizer_class": clipped}))).load()["optimizer_class"] is clipped


@pytest.mark.parametrize("dumps", [pickle.dumps, cloudpickle.dumps])
def test_subclass_of_a_clipped_optimizer_is_pickled_as_itself(dumps):
    assert pickle.loads(dumps(UserClippedAdam)) is UserClippedAdam


def test_another_process_loads_the_class(tmp_path):
    path = tmp_path / "optimizer_class.pkl"
    path.write_bytes(cloudpickle.dumps(weight_clipped(torch.optim.NAdam)))
    code = (
        f"import pickle, torch; loaded = pickle.load(open({str(path)!r}, 'rb'))\n"
        "from hackatari.agents import weight_clipped\n"
        "print(loaded is weight_clipped(torch.optim.NAdam), loaded.__name__)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["True", "ClippedNAdam"]


SETTINGS = {
    PPO: {"n_steps": 32, "batch_size": 16, "n_epochs": 4, "learning_rate": 0.05},
    DQN: {"learning_starts": 10, "train_freq": 1, "learning_rate": 0.05, "buffer_size": 1000},
}
SETTINGS[CenteredPPO] = SETTINGS[PPO]
SETTINGS[CenteredDQN] = SETTINGS[DQN]


def make_model(algorithm, env, optimizer_class, **optimizer_kwargs):
    policy_kwargs = {"optimizer_class": optimizer_class, "optimizer_kwargs": optimizer_kwargs}
    settings = {"policy_kwargs": policy_kwargs, "seed": 0, "device": "cpu", **SETTINGS[algorithm]}
    return algorithm("MlpPolicy", env, **settings)


def optimized(model):
    return model.policy.optimizer.param_groups[0]["params"]


def largest_share_of_bound(model, kappa):
    shares = [
        (parameter.abs().max() / bound).item()
        for parameter, bound in zip(optimized(model), clipping_bounds(optimized(model), kappa), strict=True)
        if bound is not None
    ]
    return max(shares)


@pytest.mark.parametrize("algorithm", [PPO, DQN, CenteredPPO, CenteredDQN])
def test_trained_agents_stay_within_the_bounds(ring, algorithm):
    clipped = make_model(algorithm, ring(), ClippedAdam, kappa=1.0).learn(64)
    plain = make_model(algorithm, ring(), torch.optim.Adam).learn(64)
    assert largest_share_of_bound(clipped, kappa=1.0) == pytest.approx(1.0)
    assert largest_share_of_bound(plain, kappa=1.0) > 1.2


@pytest.mark.parametrize("algorithm", [PPO, DQN])
def test_bounds_out_of_reach_change_nothing(ring, algorithm):
    clipped = make_model(algorithm, ring(), ClippedAdam, kappa=1e9).learn(64)
    # Given optimizer_kwargs, SB3's PPO leaves Adam's own epsilon alone for either class.
    plain = make_model(algorithm, ring(), torch.optim.Adam, eps=1e-8).learn(64)
    for expected, parameter in zip(plain.policy.parameters(), clipped.policy.parameters(), strict=True):
        assert torch.equal(parameter, expected)


@pytest.mark.parametrize("algorithm", [PPO, DQN])
@pytest.mark.parametrize("optimizer_class", [torch.optim.Adam, torch.optim.AdamW])
def test_saved_agents_go_on_training_within_the_bounds(ring, tmp_path, algorithm, optimizer_class):
    model = make_model(algorithm, ring(), weight_clipped(optimizer_class), kappa=1.5).learn(64)
    model.save(tmp_path / "model")
    loaded = algorithm.load(tmp_path / "model", env=ring(), device="cpu")
    assert type(loaded.policy.optimizer) is weight_clipped(optimizer_class)
    assert loaded.policy.optimizer.param_groups[0]["kappa"] == 1.5

    buffer = "replay_buffer" if algorithm is DQN else "rollout_buffer"
    setattr(loaded, buffer, getattr(model, buffer))
    loaded.set_logger(Logger(folder=None, output_formats=[]))
    for agent in (model, loaded):
        set_random_seed(5)
        agent.train(**({"gradient_steps": 20} if algorithm is DQN else {}))
    for expected, parameter in zip(model.policy.parameters(), loaded.policy.parameters(), strict=True):
        assert torch.equal(parameter, expected)
    assert largest_share_of_bound(loaded, kappa=1.5) == pytest.approx(1.0)
