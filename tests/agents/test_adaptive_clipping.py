from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest
import torch
from stable_baselines3 import PPO
from torch import nn

from hackatari.agents import AnchoredKappa, ClippedAdam, ClippedSGD, OccupancyKappa, clip_weights, clipping_report


def small_network():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))


def give_gradients(module, seed=0, scale=1.0):
    generator = torch.Generator().manual_seed(seed)
    for parameter in module.parameters():
        parameter.grad = scale * torch.randn(parameter.shape, generator=generator)


def kappa_of(optimizer):
    return optimizer.param_groups[0]["kappa"]


def run_on_noise(optimizer, weight, deviations, seed=0):
    """Makes each step of an SGD with step size 1 draw all weights anew from a normal distribution."""
    generator = torch.Generator().manual_seed(seed)
    for deviation in deviations:
        weight.grad = weight.detach() - deviation * torch.randn(weight.shape, generator=generator)
        optimizer.step()


def noise_driven(n_weights=20_000, **options):
    layer = nn.Linear(n_weights // 4, 4)
    nn.init.zeros_(layer.weight)
    optimizer = ClippedSGD(layer.parameters(), lr=1.0, kappa=OccupancyKappa(every=1, **options))
    layer.bias.requires_grad_(False)
    return optimizer, layer.weight, 1 / math.sqrt(n_weights // 4)


def test_occupancy_reaches_its_target_on_noise():
    optimizer, weight, scale = noise_driven()
    run_on_noise(optimizer, weight, [2 * scale] * 400)
    kappa = kappa_of(optimizer)
    assert kappa.occupancies[0] == pytest.approx(0.02, abs=0.01)
    # The kappa beyond which 2 % of a normal distribution lie.
    assert kappa.kappas[0] == pytest.approx(2 * 2.3263, rel=0.1)
    share = (weight.abs() >= kappa.kappas[0] * scale).double().mean()
    assert share == pytest.approx(0.02, abs=0.01)


def test_kappa_follows_the_noise_up_and_down():
    optimizer, weight, scale = noise_driven()
    kappas = []
    for deviation in (scale, 3 * scale, scale):
        run_on_noise(optimizer, weight, [deviation] * 300)
        kappas.append(kappa_of(optimizer).kappas[0])
    assert kappas[1] > 2 * kappas[0]
    assert kappas[1] > 2 * kappas[2]


def test_box_tightens_by_one_percent_per_update_at_most():
    optimizer, weight, _ = noise_driven(target=0.9, rate=10.0, initial=10.0)
    weight.grad = torch.zeros_like(weight)
    for n_updates in range(1, 20):
        optimizer.step()
        assert kappa_of(optimizer).kappas[0] == pytest.approx(10 * 0.99**n_updates)


def test_occupancy_counts_weights_and_bias_of_a_layer_together():
    layer = nn.Linear(4, 2)
    nn.init.zeros_(layer.weight)
    nn.init.constant_(layer.bias, 9.0)
    optimizer = ClippedSGD(layer.parameters(), lr=1.0, kappa=OccupancyKappa(every=2, initial=3.0))
    give_gradients(layer, scale=0.0)
    optimizer.step()
    assert kappa_of(optimizer).kappas == {}
    optimizer.step()
    assert kappa_of(optimizer).occupancies == {0: pytest.approx(0.2)}
    assert kappa_of(optimizer).kappas == {0: pytest.approx(3 * math.exp(0.5 * (0.2 - 0.02)))}


def test_no_rate_equals_a_fixed_kappa():
    adaptive, fixed = small_network(), small_network()
    adaptive_optimizer = ClippedAdam(
        adaptive.parameters(), lr=0.3, kappa=OccupancyKappa(rate=0.0, initial=1.7, every=1)
    )
    fixed_optimizer = ClippedAdam(fixed.parameters(), lr=0.3, kappa=1.7)
    for step in range(20):
        for network, optimizer in ((adaptive, adaptive_optimizer), (fixed, fixed_optimizer)):
            give_gradients(network, seed=step)
            optimizer.step()
    for expected, parameter in zip(fixed.parameters(), adaptive.parameters(), strict=True):
        assert torch.equal(parameter, expected)


@pytest.mark.parametrize("design", [OccupancyKappa, AnchoredKappa])
@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_kappa_stays_within_its_limits_and_weights_within_the_box(design, scale):
    network = small_network()
    kappa = design(minimum=1.5, maximum=2.5, initial=2.0, every=1)
    optimizer = ClippedSGD(network.parameters(), lr=1.0, kappa=kappa)
    reached = set()
    for step in range(200):
        # Changes of a tiny and of a huge size in turn, so that the anchor lies between them.
        give_gradients(network, seed=step, scale=1e-3 if step < 20 else scale)
        optimizer.step()
        kappas = [kappa_of(optimizer).of_layer(layer) for layer in (0, 2)]
        assert all(1.5 <= kappa <= 2.5 for kappa in kappas)
        for (layer, width), kappa in zip(((network[0], 2.0), (network[2], math.sqrt(8))), kappas, strict=True):
            assert layer.weight.abs().max() <= kappa / width * (1 + 1e-6)
        reached.update(kappas)
    assert (1.5 if scale < 1 else 2.5) in reached


def constant_steps(anchor, size, learning_rates, **options):
    """Moves a layer of fan-in 4 by `size` times the learning rate in each step, forth and back."""
    layer = nn.Linear(4, 8)
    kappa = AnchoredKappa(anchor=anchor, every=1, minimum=1e-3, maximum=1e3, **options)
    optimizer = ClippedSGD(layer.parameters(), lr=1.0, kappa=kappa)
    for step, learning_rate in enumerate(learning_rates):
        optimizer.param_groups[0]["lr"] = learning_rate
        for parameter in layer.parameters():
            parameter.grad = torch.full_like(parameter, size if step % 2 else -size)
        optimizer.step()
    return optimizer


def test_anchored_kappa_is_that_of_the_formula():
    optimizer = constant_steps(anchor=0.01, size=0.002, learning_rates=[1.0] * 10)
    assert kappa_of(optimizer).of_layer(0) == pytest.approx(math.sqrt(3) * 0.002 / (0.01 / math.sqrt(4)), rel=1e-3)


def test_annealing_the_learning_rate_leaves_the_box_as_it_is():
    constant = constant_steps(anchor=0.01, size=0.02, learning_rates=[0.5] * 50)
    annealed = constant_steps(
        anchor=0.01, size=0.02, learning_rates=[0.5 * (1 - step / 50) for step in range(50)] + [0.0]
    )
    assert kappa_of(annealed).of_layer(0) == pytest.approx(kappa_of(constant).of_layer(0), rel=1e-3)


def test_anchor_is_measured_in_each_layer():
    network = small_network()
    weights = [torch.cat([layer.weight.flatten(), layer.bias]) for layer in (network[0], network[2])]
    optimizer = ClippedSGD(network.parameters(), lr=1e-4, kappa=AnchoredKappa(every=2, n_anchor_updates=3))
    for _ in range(6):
        for parameter in network.parameters():
            parameter.grad = torch.ones_like(parameter)
        optimizer.step()
        assert kappa_of(optimizer).of_layer(0) == 3.0
    for layer, weight in zip((0, 2), weights, strict=True):
        assert kappa_of(optimizer).anchors[layer] == pytest.approx(
            1e-4 / weight.square().mean().sqrt().item(), rel=1e-2
        )
    optimizer.step()
    optimizer.step()
    # Steps as large as when the anchor was measured: the box that its weights would fill evenly.
    for layer, weight, scale in zip((0, 2), weights, (1 / 2, 1 / math.sqrt(8)), strict=True):
        box = math.sqrt(3) * weight.square().mean().sqrt().item() / scale
        assert kappa_of(optimizer).kappas[layer] == pytest.approx(max(box, 1.0), rel=1e-2)


def relative_changes(kappa):
    """Returns RMS(change) / RMS(weights) per layer, early and late in a stream of relabelled inputs."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(40, 16, generator=generator)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 5))
    optimizer = ClippedAdam(network.parameters(), lr=3e-3, kappa=kappa)
    weights = [network[layer].weight for layer in (0, 2, 4)]
    history = []
    optimizer.register_step_pre_hook(lambda *_: history.append([weight.detach().clone() for weight in weights]))
    for _ in range(40):
        labels = torch.randint(5, (40,), generator=generator)
        for _ in range(100):
            batch = torch.randint(40, (8,), generator=generator)
            loss = nn.functional.cross_entropy(network(inputs[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    early, late = [], []
    for steps in map(torch.stack, zip(*history, strict=True)):
        relative = steps.diff(dim=0).square().mean((1, 2)).sqrt() / steps[:-1].square().mean((1, 2)).sqrt()
        early.append(relative[:100].mean().item())
        late.append(relative[-400:].mean().item())
    return np.array(early), np.array(late)


def test_anchored_kappa_holds_the_relative_change_that_plain_adam_loses():
    early, late = relative_changes(math.inf)
    assert np.all(early > 0.008)
    assert np.all(late < 0.0025)
    _, late = relative_changes(AnchoredKappa(anchor=0.005, minimum=0.1))
    assert np.all(late[:2] >= 0.9 * 0.005)
    # The weights of the output layer pile up at the bound, where the box holds the fraction only up to sqrt(3).
    assert late[2] >= 0.005 / math.sqrt(3)


@pytest.mark.parametrize("design", [OccupancyKappa, AnchoredKappa])
@pytest.mark.parametrize("transport", ["state_dict", "pickle", "deepcopy"])
def test_checkpoints_restore_the_adaptation(tmp_path, design, transport):
    def steps(network, optimizer, seeds):
        for seed in seeds:
            give_gradients(network, seed)
            optimizer.step()

    network = small_network()
    optimizer = ClippedAdam(network.parameters(), lr=0.1, kappa=design(every=3, initial=1.0))
    steps(network, optimizer, range(50))
    if transport == "state_dict":
        torch.save((network.state_dict(), optimizer.state_dict()), tmp_path / "checkpoint.pt")
        weights, state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
        other = small_network()
        other_optimizer = ClippedAdam(other.parameters(), lr=0.5, kappa=2.0)
        other.load_state_dict(weights)
        other_optimizer.load_state_dict(state)
    elif transport == "pickle":
        other, other_optimizer = pickle.loads(pickle.dumps((network, optimizer)))
    else:
        other, other_optimizer = copy.deepcopy((network, optimizer))
    assert kappa_of(other_optimizer) == kappa_of(optimizer)
    steps(network, optimizer, range(50, 100))
    steps(other, other_optimizer, range(50, 100))
    for expected, parameter in zip(network.parameters(), other.parameters(), strict=True):
        assert torch.equal(parameter, expected)
    assert kappa_of(other_optimizer) == kappa_of(optimizer)


@pytest.mark.parametrize("design", [OccupancyKappa, AnchoredKappa])
@pytest.mark.parametrize("route", ["optimizer_class", "clip_weights"])
def test_saved_agents_keep_their_kappas(ring, tmp_path, design, route):
    kappa = design(every=2)
    clipped = {"optimizer_class": ClippedAdam, "optimizer_kwargs": {"kappa": kappa}}
    model = PPO("MlpPolicy", ring(), n_steps=32, batch_size=16, seed=0, learning_rate=0.05, device="cpu",
                policy_kwargs=clipped if route == "optimizer_class" else None)  # fmt: skip
    if route == "clip_weights":
        clip_weights(model, kappa=kappa)
    model.learn(64)
    model.save(tmp_path / "model")
    loaded = PPO.load(tmp_path / "model", device="cpu")
    assert kappa_of(loaded.policy.optimizer) == kappa_of(model.policy.optimizer)
    assert clipping_report(loaded) == clipping_report(model)
    assert len({line.bound for line in clipping_report(model)}) > 2
    assert kappa.kappas == {}, "what the user passes is a prototype"


def test_groups_adapt_on_their_own():
    network = small_network()
    kappa = OccupancyKappa(every=1)
    groups = [{"params": network[0].parameters()}, {"params": network[2].parameters(), "kappa": 1.0}]
    optimizer = ClippedSGD(groups, lr=100.0, kappa=kappa)
    give_gradients(network)
    optimizer.step()
    optimizer.add_param_group({"params": list(nn.Linear(2, 3).parameters())})
    first, second, third = (group["kappa"] for group in optimizer.param_groups)
    assert first.of_layer(0) > 3.0
    assert network[2].weight.abs().max().item() == pytest.approx(1 / math.sqrt(8))
    assert (second, third) == (1.0, kappa)


@pytest.mark.parametrize("design", [OccupancyKappa, AnchoredKappa])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"minimum": 2.0, "initial": 1.0},
            r"^`minimum`, `initial` and `maximum` must be > 0 and ascending, got 2.0, 1.0 ",
        ),
        ({"minimum": 0.0}, r"^`minimum`, `initial` and `maximum` must be > 0 "),
        ({"every": 0}, r"^`every` must be an integer >= 1, got 0\.$"),
        ({"every": 2.5}, r"^`every` must be an integer >= 1, got 2\.5\.$"),
        ({"decay": 1.0}, r"^`decay` must lie in \[0, 1\), got 1\.0\.$"),
    ],
)
def test_bad_settings(design, options, message):
    with pytest.raises(ValueError, match=message):
        design(**options)


@pytest.mark.parametrize(
    ("design", "options", "message"),
    [
        (OccupancyKappa, {"target": 0.0}, r"^`target` must lie in \(0, 1\), got 0\.0\.$"),
        (OccupancyKappa, {"rate": -0.1}, r"^`rate` must be a finite number >= 0, got -0\.1\.$"),
        (AnchoredKappa, {"anchor": 0.0}, r"^`anchor` must be a finite number > 0 or None, got 0\.0\.$"),
        (AnchoredKappa, {"n_anchor_updates": 0}, r"^`n_anchor_updates` must be an integer >= 1, got 0\.$"),
    ],
)
def test_bad_settings_of_a_design(design, options, message):
    with pytest.raises(ValueError, match=message):
        design(**options)
