from __future__ import annotations

import copy
import io
import math
import pickle
import subprocess
import sys

import cloudpickle
import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium import spaces
from sb3_contrib import ARS, QRDQN, TQC, TRPO, CrossQ, MaskablePPO, RecurrentPPO
from stable_baselines3 import A2C, DDPG, DQN, PPO, SAC, TD3
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.utils import set_random_seed
from torch import nn

from hackatari.agents import (
    CenteredDQN,
    CenteredPPO,
    ClippedAdam,
    ClippedRMSprop,
    ClippedSGD,
    clip_once,
    clip_weights,
    clipping_report,
    weight_clipped,
)


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
    network = small_network()
    with pytest.raises(ValueError, match=message):
        ClippedAdam(network.parameters(), kappa=kappa)
    with pytest.raises(ValueError, match=message):
        ClippedAdam([{"params": network.parameters(), "kappa": kappa}])
    with pytest.raises(ValueError, match=message):
        clip_weights(network, torch.optim.Adam(network.parameters()), kappa=kappa)


def test_bad_bound():
    network = small_network()
    with pytest.raises(ValueError, match=r"^`bound` must be 'default', 'orthogonal' or 'initial', got 'uniform'\.$"):
        ClippedAdam(network.parameters(), bound="uniform")
    with pytest.raises(ValueError, match=r"^`bound` must be "):
        clip_weights(network, torch.optim.Adam(network.parameters()), bound="uniform")


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


def test_steps_with_scaled_gradients_that_overflow_are_skipped_and_others_clipped():
    network = small_network()
    before = copy.deepcopy(network)
    optimizer = ClippedSGD(network.parameters(), lr=100.0, kappa=1.0)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    for factor, expect_step in ((math.inf, False), (1.0, True)):
        optimizer.zero_grad()
        scaler.scale(factor * network(torch.ones(1, 4)).sum()).backward()
        scaler.step(optimizer)
        scaler.update()
        assert torch.equal(network[0].weight, before[0].weight) is not expect_step
    assert network[0].weight.abs().max() == 0.5


@pytest.mark.parametrize("options", [{"foreach": True}, {"fused": True}, {"foreach": False}])
def test_kinds_of_adam(options):
    network = small_network()
    optimizer = ClippedAdam(network.parameters(), lr=10.0, kappa=1.0, **options)
    give_gradients(network)
    optimizer.step()
    assert network[0].weight.abs().max() == 0.5
    assert network[3].weight.abs().max().item() == pytest.approx(1 / math.sqrt(8))


def test_accumulated_gradients_make_one_clipped_step():
    whole, parts = small_network(), small_network()
    inputs = torch.arange(24.0).reshape(6, 4)
    whole_optimizer = ClippedSGD(whole.parameters(), lr=0.02, kappa=1.0)
    parts_optimizer = ClippedSGD(parts.parameters(), lr=0.02, kappa=1.0)
    whole(inputs).sum().backward()
    for part in inputs.split(2):
        parts(part).sum().backward()
        assert parts[0].weight.abs().max() <= 0.5
    whole_optimizer.step()
    parts_optimizer.step()
    assert whole[3].bias.abs().max() > 0.3
    for expected, parameter in zip(whole.parameters(), parts.parameters(), strict=True):
        torch.testing.assert_close(parameter, expected)


def test_bounds_of_groups_are_found_group_by_group():
    network = small_network()
    decayed = {"params": [network[0].weight, network[3].weight]}
    with pytest.raises(ValueError, match=r"parameter 0, of shape \(8, 4\), .* since no bias follows it: use a plain"):
        ClippedAdam([decayed, {"params": [network[0].bias, network[3].bias]}])


def test_bounds_that_come_with_the_state_dict():
    network, other = small_network(), small_network()
    optimizer = ClippedSGD(network.parameters(), lr=100.0, kappa=1.0, bound="initial")
    empty = ClippedSGD(other.parameters(), lr=100.0, bound=None)
    give_gradients(other)
    empty.step()
    assert other[0].weight.abs().max() > 10
    empty.load_state_dict(optimizer.state_dict())
    empty.step()
    assert other[0].weight.abs().max() == small_network()[0].weight.abs().max()


def test_state_dict_is_plain_data(tmp_path):
    network = small_network()
    torch.save(ClippedAdam(network.parameters(), kappa=2.0).state_dict(), tmp_path / "state.pt")
    [group] = torch.load(tmp_path / "state.pt", weights_only=True)["param_groups"]
    assert (group["kappa"], group["bound"]) == (2.0, "default")


class Residual(nn.Module):
    """A layer without bias before a normalisation, an embedding and a `log_std`: shapes alone do not tell."""

    def __init__(self):
        super().__init__()
        self.log_std = nn.Parameter(torch.full((1, 2), 4.0))
        self.embedding = nn.Embedding(5, 4)
        self.convolution = nn.Conv1d(4, 6, 3, bias=False)
        self.norm = nn.BatchNorm1d(6)
        self.actor = nn.Linear(6, 2)
        self.critic = nn.Linear(6, 1)


def clipped_residual(**options):
    network = Residual()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(4.0)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.0)
    report = clip_weights(network, optimizer, kappa=1.0, **options)
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    return {name: round(parameter.max().item(), 4) for name, parameter in network.named_parameters()}, report


TWELFTH, SIXTH = round(1 / math.sqrt(12), 4), round(1 / math.sqrt(6), 4)
CLIPPED = {
    "log_std": 4.0,
    "embedding.weight": 4.0,
    "convolution.weight": TWELFTH,
    "norm.weight": 4.0,
    "norm.bias": 4.0,
    "actor.weight": SIXTH,
    "actor.bias": SIXTH,
    "critic.weight": SIXTH,
    "critic.bias": SIXTH,
}


def test_clip_weights_finds_layers_by_their_modules():
    assert clipped_residual()[0] == CLIPPED


def test_last_layer_of_a_network_can_be_left_alone():
    assert clipped_residual(last_layer=False)[0] == {**CLIPPED, "critic.weight": 4.0, "critic.bias": 4.0}


def test_scales_make_exceptions():
    clipped, _ = clipped_residual(scales={"embedding.weight": 2.0, "actor.weight": 3.0, "critic.bias": None})
    assert clipped == {**CLIPPED, "embedding.weight": 2.0, "actor.weight": 3.0, "critic.bias": 4.0}


def test_report_names_what_is_clipped_and_what_is_left_alone():
    _, report = clipped_residual()
    assert [line[:3] for line in report] == [
        ("log_std", "Residual", (1, 2)),
        ("embedding.weight", "Embedding", (5, 4)),
        ("convolution.weight", "Conv1d", (6, 4, 3)),
        ("norm.weight", "BatchNorm1d", (6,)),
        ("norm.bias", "BatchNorm1d", (6,)),
        ("actor.weight", "Linear", (2, 6)),
        ("actor.bias", "Linear", (2,)),
        ("critic.weight", "Linear", (1, 6)),
        ("critic.bias", "Linear", (1,)),
    ]
    assert [line.bound is None for line in report] == [CLIPPED[line.name] == 4.0 for line in report]


def test_report_counts_what_the_first_and_the_latest_step_clip():
    network = nn.Linear(4, 1)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([[0.0, 0.4, -0.6, 9.0]]))
        network.bias.fill_(0.2)
    optimizer = torch.optim.SGD(network.parameters(), lr=1.0)
    weight, bias = clip_weights(network, optimizer, kappa=1.0)
    assert (weight.bound, weight.share_clipped) == (0.5, 0.5)
    assert (bias.bound, bias.share_clipped) == (0.5, 0.0)
    network.weight.grad = -torch.tensor([[0.1, 0.2, 0.3, -9.4]])  # To 0.1, 0.6, -0.3 and -0.4.
    network.bias.grad = torch.tensor([0.8])  # To -0.6.
    optimizer.step()
    assert [line.share_clipped for line in clipping_report(network, optimizer)] == [0.25, 1.0]


def test_clip_weights_equals_the_optimizer_class():
    attached, built = small_network(), small_network()
    attached_optimizer = torch.optim.Adam(attached.parameters(), lr=0.3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(attached_optimizer, 0.5)
    clip_weights(attached, attached_optimizer, kappa=7.0)
    clip_weights(attached, attached_optimizer, kappa=1.0)  # Once more, with another value.
    built_optimizer = ClippedAdam(built.parameters(), lr=0.3, kappa=1.0)
    built_scheduler = torch.optim.lr_scheduler.ExponentialLR(built_optimizer, 0.5)
    for _ in range(3):
        for network in (attached, built):
            give_gradients(network)
        attached_optimizer.step()
        built_optimizer.step()
        scheduler.step()
        built_scheduler.step()
    assert attached[0].weight.abs().max() == 0.5
    for expected, parameter in zip(built.parameters(), attached.parameters(), strict=True):
        assert torch.equal(parameter, expected)
    assert type(attached_optimizer) is ClippedAdam
    del attached_optimizer.param_groups[0]["initial_lr"], built_optimizer.param_groups[0]["initial_lr"]
    assert (
        attached_optimizer.state_dict()["param_groups"][0].keys()
        == built_optimizer.state_dict()["param_groups"][0].keys()
    )


def test_clip_weights_needs_a_network_and_its_optimizer():
    network, other = small_network(), small_network()
    with pytest.raises(TypeError, match=r"^A network needs its optimizer as the second argument; "):
        clip_weights(network)
    with pytest.raises(ValueError, match=r"^`optimizer` trains parameters that are not in the network: give a torch"):
        clip_weights(network, torch.optim.SGD(other.parameters()))
    with pytest.raises(ValueError, match=r"^SGD does not clip weights: call clip_weights first\.$"):
        clipping_report(network, torch.optim.SGD(network.parameters()))


def test_bad_scales():
    network = small_network()
    optimizer = torch.optim.SGD(network.parameters())
    with pytest.raises(ValueError, match=r"^`scales` names '0.wight', .*: did you mean '0.weight'\?$"):
        clip_weights(network, optimizer, scales={"0.wight": None})
    with pytest.raises(ValueError, match=r"^`scales` must hold numbers > 0 or None, got 0 for '0.weight'\.$"):
        clip_weights(network, optimizer, scales={"0.weight": 0})
    assert type(optimizer) is torch.optim.SGD


def test_clip_once():
    network = small_network()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(100.0)
    expected = network[0].weight.clamp(-1.0, 1.0)
    clip_once(network, kappa=2.0)
    assert torch.equal(network[0].weight, expected)
    assert torch.all(network[2].weight == 100.0)


class Noise(gym.Env):
    """Observations and rewards without meaning, of whatever kind an algorithm asks for."""

    OBSERVATIONS = {
        "MlpPolicy": spaces.Box(-1, 1, (3,), np.float32),
        "CnnPolicy": spaces.Box(0, 255, (1, 36, 36), np.uint8),
    }
    OBSERVATIONS["MultiInputPolicy"] = spaces.Dict(
        {"image": OBSERVATIONS["CnnPolicy"], "vector": OBSERVATIONS["MlpPolicy"]}
    )

    def __init__(self, policy, discrete):
        self.observation_space = copy.deepcopy(self.OBSERVATIONS[policy.replace("Lstm", "")])
        self.action_space = spaces.Discrete(2) if discrete else spaces.Box(-1, 1, (2,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.observation_space.seed(seed)
        return self.observation_space.sample(), {}

    def step(self, action):
        return self.observation_space.sample(), float(self.np_random.normal(0, 10)), False, False, {}

    def action_masks(self):
        return np.ones(2, dtype=bool)


SMALL = {"net_arch": [8, 8]}
ON_POLICY = {"n_steps": 16, "batch_size": 8, "n_epochs": 2}
OFF_POLICY = {"learning_starts": 4, "buffer_size": 100, "train_freq": 1, "batch_size": 8}
ALGORITHMS = {
    A2C: {"n_steps": 8},
    CrossQ: OFF_POLICY,
    DDPG: OFF_POLICY,
    DQN: OFF_POLICY,
    MaskablePPO: ON_POLICY,
    PPO: ON_POLICY,
    QRDQN: OFF_POLICY,
    RecurrentPPO: ON_POLICY,
    SAC: OFF_POLICY,
    TD3: OFF_POLICY,
    TQC: OFF_POLICY,
    TRPO: {"n_steps": 16, "batch_size": 8},
}
DISCRETE = (DQN, MaskablePPO, QRDQN)
WITH_SDE = (A2C, PPO, RecurrentPPO, SAC, TQC, TRPO)


def make_algorithm(algorithm, policy="MlpPolicy", policy_kwargs=None, **settings):
    if algorithm is RecurrentPPO:
        policy = policy.replace("Policy", "LstmPolicy")
        policy_kwargs = {"lstm_hidden_size": 8, **(policy_kwargs or {})}
    return algorithm(
        policy,
        Noise(policy, algorithm in DISCRETE),
        policy_kwargs={**SMALL, **(policy_kwargs or {})},
        seed=0,
        device="cpu",
        **{**ALGORITHMS[algorithm], **settings},
    )


def optimizers_of(model):
    modules = model.policy.modules()
    return [
        module.optimizer for module in modules if isinstance(getattr(module, "optimizer", None), torch.optim.Optimizer)
    ]


def largest_share_of_box(model):
    """Returns how much of its box of `kappa=1` the largest weight takes, computed from the dimensions of the layers."""
    trained = {id(p) for optimizer in optimizers_of(model) for group in optimizer.param_groups for p in group["params"]}
    shares = []
    for module in model.policy.modules():
        if isinstance(module, nn.Linear | nn.LSTM):
            fan_in = module.in_features if isinstance(module, nn.Linear) else module.hidden_size
            shares += [p.abs().max().item() * math.sqrt(fan_in) for p in module.parameters() if id(p) in trained]
    return max(shares)


@pytest.mark.parametrize("route", ["optimizer_class", "clip_weights"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_stays_within_the_bounds_after_every_step(algorithm, route):
    clipped = {"optimizer_class": ClippedAdam, "optimizer_kwargs": {"kappa": 1.0}}
    model = make_algorithm(algorithm, policy_kwargs=clipped if route == "optimizer_class" else {}, learning_rate=0.05)
    if route == "clip_weights":
        clip_weights(model, kappa=1.0)
    shares = []
    for optimizer in optimizers_of(model):
        optimizer.register_step_post_hook(lambda *_: shares.append(largest_share_of_box(model)))
    model.learn(32)
    assert max(shares) == pytest.approx(1.0)
    assert largest_share_of_box(make_algorithm(algorithm, learning_rate=0.05).learn(32)) > 1.2


POLICIES = [
    (algorithm, policy, use_sde)
    for algorithm in ALGORITHMS
    for policy in Noise.OBSERVATIONS
    for use_sde in ((False, True) if algorithm in WITH_SDE else (False,))
    if not (algorithm is CrossQ and policy != "MlpPolicy")
]


@pytest.mark.parametrize(("algorithm", "policy", "use_sde"), POLICIES)
def test_both_routes_agree_on_every_policy(algorithm, policy, use_sde):
    settings = {"use_sde": True} if use_sde else {}
    model = make_algorithm(algorithm, policy, **settings)
    report = clip_weights(model, kappa=2.0)
    clipped = {"optimizer_class": ClippedAdam, "optimizer_kwargs": {"kappa": 2.0}}
    assert clipping_report(make_algorithm(algorithm, policy, clipped, **settings)) == report
    left_alone = {line.name.rpartition(".")[2] for line in report if line.bound is None}
    assert left_alone <= {"log_std", "scale", "bias"}
    assert all(line.bound is not None for line in report if line.module in ("Linear", "Conv2d", "LSTM"))


@pytest.mark.parametrize(
    ("algorithm", "heads"),
    [
        (PPO, {"action_net", "value_net"}),
        (RecurrentPPO, {"action_net", "value_net"}),
        (DQN, {"q_net.q_net.4"}),
        (QRDQN, {"quantile_net.quantile_net.4"}),
        (SAC, {"actor.mu", "actor.log_std", "critic.qf0.4", "critic.qf1.4"}),
        (TD3, {"actor.mu.4", "critic.qf0.4", "critic.qf1.4"}),
    ],
)
def test_output_layers_of_every_network_can_be_left_alone(algorithm, heads):
    report = clip_weights(make_algorithm(algorithm), last_layer=False)
    left_alone = {line.name.rpartition(".")[0] for line in report if line.bound is None}
    assert left_alone - {""} == heads


def test_orthogonal_initialisation_is_clipped_as_measured():
    report = clip_weights(make_algorithm(PPO, policy_kwargs={"net_arch": [64, 64]}), kappa=1.0)
    shares = {line.name: line.share_clipped for line in report}
    assert shares["mlp_extractor.policy_net.2.weight"] == pytest.approx(0.48, abs=0.02)
    assert shares["value_net.weight"] == pytest.approx(0.3, abs=0.15)
    assert shares["action_net.weight"] == 0
    assert {line.share_clipped for line in clip_weights(make_algorithm(DQN), kappa=1.0)} == {0.0}


@pytest.mark.parametrize("algorithm", [PPO, SAC])
def test_entropy_coefficients_and_log_std_are_free(algorithm):
    model = make_algorithm(algorithm, learning_rate=0.3)
    clip_weights(model, kappa=1e-3)
    model.learn(32)
    free = model.log_ent_coef if algorithm is SAC else model.policy.log_std
    assert free.abs().max() > 0.1
    assert largest_share_of_box(model) == pytest.approx(1e-3)


def test_algorithms_have_their_own_optimizer():
    model = make_algorithm(DQN)
    with pytest.raises(TypeError, match=r"^DQN has its own optimizers: leave `optimizer` out\.$"):
        clip_weights(model, model.policy.optimizer)
    with pytest.raises(
        ValueError, match=r"^ARS trains its policy without a torch optimizer, so nothing can be clipped"
    ):
        clip_weights(ARS("MlpPolicy", Noise("MlpPolicy", True)))


@pytest.mark.parametrize("algorithm", [PPO, DQN])
@pytest.mark.parametrize("route", ["optimizer_class", "clip_weights"])
def test_infinite_bounds_change_nothing(ring, algorithm, route):
    kwargs = {"optimizer_kwargs": {"eps": 1e-8}}  # Given optimizer_kwargs, PPO leaves Adam's own epsilon alone.
    plain = make_algorithm(algorithm, policy_kwargs=kwargs).learn(32)
    if route == "optimizer_class":
        kwargs = {"optimizer_class": ClippedAdam, "optimizer_kwargs": {"kappa": math.inf}}
    clipped = make_algorithm(algorithm, policy_kwargs=kwargs)
    if route == "clip_weights":
        clip_weights(clipped, kappa=math.inf)
    clipped.learn(32)
    for expected, parameter in zip(plain.policy.parameters(), clipped.policy.parameters(), strict=True):
        assert torch.equal(parameter, expected)


def go_on(algorithm, *models):
    """Trains models alike, from the buffer of the first one."""
    buffer = "replay_buffer" if algorithm in (DQN, SAC) else "rollout_buffer"
    for model in models:
        setattr(model, buffer, getattr(models[0], buffer))
        model.set_logger(Logger(folder=None, output_formats=[]))
        set_random_seed(5)
        model.train(**({"gradient_steps": 20} if buffer == "replay_buffer" else {}))


@pytest.mark.parametrize("algorithm", [PPO, DQN, SAC, A2C])
@pytest.mark.parametrize("bound", ["default", "initial"])
@pytest.mark.parametrize("route", ["optimizer_class", "clip_weights"])
def test_saved_agents_go_on_training_within_the_bounds(tmp_path, algorithm, route, bound):
    options = {"kappa": 1.5, "bound": bound}
    clipped = {"optimizer_class": weight_clipped(torch.optim.AdamW), "optimizer_kwargs": options}
    model = make_algorithm(algorithm, policy_kwargs=clipped if route == "optimizer_class" else {}, learning_rate=0.05)
    if route == "clip_weights":
        clip_weights(model, **options)
    model.learn(32)
    model.save(tmp_path / "model")
    loaded = algorithm.load(tmp_path / "model", device="cpu")
    assert [type(optimizer) for optimizer in optimizers_of(loaded)] == [type(each) for each in optimizers_of(model)]
    assert clipping_report(loaded) == clipping_report(model)
    go_on(algorithm, model, loaded)
    for expected, parameter in zip(model.policy.parameters(), loaded.policy.parameters(), strict=True):
        assert torch.equal(parameter, expected)
    assert any(line.share_clipped > 0 for line in clipping_report(loaded))


def test_saved_agent_whose_shapes_are_ambiguous_is_loaded(tmp_path):
    kwargs = {"activation_fn": NormalisedTanh}
    with pytest.raises(ValueError, match=r"use a plain optimizer and clip_weights\(model, optimizer\)"):
        make_algorithm(PPO, policy_kwargs={**kwargs, "optimizer_class": ClippedAdam})
    model = make_algorithm(PPO, policy_kwargs=kwargs)
    clip_weights(model, kappa=1.0)
    model.save(tmp_path / "model")
    assert clipping_report(PPO.load(tmp_path / "model", device="cpu")) == clipping_report(model)


class NormalisedTanh(nn.Module):
    """An activation with one parameter per unit, which shapes cannot tell from a normalisation's."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(8))

    def forward(self, inputs):
        return torch.tanh(self.gain * inputs)


@pytest.mark.parametrize("source", ["clipped", "plain"])
def test_set_parameters_keeps_clipping(source):
    model, other = make_algorithm(PPO), make_algorithm(PPO, learning_rate=0.05)
    clip_weights(model, kappa=1.0)
    if source == "clipped":
        clip_weights(other, kappa=1.0)
    other.learn(32)
    model.set_parameters(other.get_parameters())
    model.learn(32)
    assert largest_share_of_box(model) <= 1 + 1e-6


def test_clipping_joins_centering_in_one_line(ring):
    settings = {"policy_kwargs": {"optimizer_class": ClippedAdam, "optimizer_kwargs": {"kappa": 1.0}}, "seed": 0}
    for model in (
        CenteredPPO("MlpPolicy", ring(), learning_rate=0.05, **ON_POLICY, **settings),
        CenteredDQN("MlpPolicy", ring(), learning_rate=0.05, **OFF_POLICY, **settings),
    ):
        model.learn(32)
        assert largest_share_of_box(model) == pytest.approx(1.0)
        assert model.average_reward != 0
