"""The supervised studies of weight clipping: batched runs are what single runs are, and figures become verdicts."""

import math

import numpy as np
import pytest
import torch
from torch import nn

pytest.importorskip("sklearn")

from hackatari.agents.weight_clipping import clip_weights, clipping_bounds
from hackatari.benchmarks.reproduction import permuted_streams, warm_start
from hackatari.benchmarks.reproduction.learners import learner_name, make_optimizer
from hackatari.benchmarks.reproduction.page import Claim, write_page
from hackatari.benchmarks.reproduction.parallel import (
    parallel_hits,
    parallel_loss,
    parallel_mlp,
    parallel_norms,
)
from hackatari.benchmarks.reproduction.studies import Run, RunResult, find_studies
from hackatari.benchmarks.reproduction.verdicts import all_hold, exceeds, undecided
from hackatari.benchmarks.statistics import Estimate

WIDTHS = (6, 5, 4)
REMEDIES = [
    {"kind": "plain"},
    {"kind": "clipped", "kappa": 1.0},
    {"kind": "L2-Init", "strength": 0.1},
]


def single_mlp(network, run):
    """Return the perceptron of one run, made of ordinary layers."""
    layers = []
    for layer in network:
        if isinstance(layer, nn.LeakyReLU):
            layers.append(nn.LeakyReLU())
            continue
        weight = layer.weight.detach().squeeze(-1).chunk(layer.groups)[run]
        layers.append(nn.Linear(weight.shape[1], weight.shape[0]))
        layers[-1].load_state_dict({"weight": weight, "bias": layer.bias.detach().chunk(layer.groups)[run]})
    return nn.Sequential(*layers)


# --- runs in a batch ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["Adam", "SGD"])
@pytest.mark.parametrize("remedy", REMEDIES, ids=learner_name)
def test_runs_in_a_batch_learn_what_ordinary_networks_learn(optimizer, remedy):
    torch.manual_seed(0)
    inputs, labels = torch.randn(20, 3, 8, 6), torch.randint(4, (20, 3, 8))
    network = parallel_mlp(WIDTHS, seeds=[0, 1, 2])
    singles = [single_mlp(network, run) for run in range(3)]
    networks = [network, *singles]
    optimizers = [make_optimizer(each, optimizer, 0.05, remedy, seed=0) for each in networks]
    for step in range(20):
        losses = [parallel_loss(network(inputs[step]), labels[step])]
        losses += [nn.functional.cross_entropy(singles[run](inputs[step, run]), labels[step, run]) for run in range(3)]
        assert losses[0].item() == pytest.approx(sum(loss.item() for loss in losses[1:]), rel=1e-4)
        for each, loss in zip(optimizers, losses, strict=True):
            each.zero_grad()
            loss.backward()
            each.step()
    norms = parallel_norms(network, runs=3)
    for run, single in enumerate(singles):
        assert torch.allclose(network(inputs[0])[run], single(inputs[0, run]), atol=1e-4)
        assert norms[run].item() == pytest.approx(math.sqrt(sum(p.square().sum().item() for p in single.parameters())))
    hits = [int((single(inputs[0, run]).argmax(1) == labels[0, run]).sum()) for run, single in enumerate(singles)]
    assert parallel_hits(network(inputs[0]), labels[0]).tolist() == hits


def test_initial_weights_are_torchs_default_and_belong_to_the_seed():
    network, other = parallel_mlp((50, 200, 3), seeds=[4, 5]), parallel_mlp((50, 200, 3), seeds=[5])
    assert torch.equal(network[0].weight[200:], other[0].weight)
    assert torch.equal(network[2].bias[3:], other[2].bias)
    assert not torch.equal(network[0].weight[:200], network[0].weight[200:])
    for parameter in (network[0].weight, network[0].bias):
        assert parameter.abs().max().item() == pytest.approx(1 / math.sqrt(50), rel=0.02)
        assert parameter.std().item() == pytest.approx(1 / math.sqrt(3 * 50), rel=0.05)


def test_making_a_network_leaves_torchs_generator_alone():
    before = torch.get_rng_state()
    parallel_mlp(WIDTHS, seeds=[0])
    assert torch.equal(torch.get_rng_state(), before)


def test_bounds_are_those_of_linear_layers():
    single = nn.Sequential(nn.Linear(6, 5), nn.LeakyReLU(), nn.Linear(5, 4))
    assert clipping_bounds(parallel_mlp(WIDTHS, seeds=[0, 1]), 2.0) == clipping_bounds(single, 2.0)


def test_weights_at_their_bounds_have_the_largest_norm():
    network = parallel_mlp(permuted_streams.WIDTHS, seeds=[0])
    for parameter in network.parameters():
        parameter.data.fill_(100.0)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.0)
    clip_weights(network, optimizer, kappa=3.0)
    network(torch.zeros(1, 1, 64)).sum().backward()
    optimizer.step()
    assert parallel_norms(network, runs=1).item() == pytest.approx(permuted_streams._largest_norm(3.0), rel=1e-5)


# --- the streams -------------------------------------------------------------------------------------------------


def stream_run(seed=0, runs=2, **settings):
    settings = {"optimizer": "SGD", "learning_rate": 0.1, "remedy": {"kind": "plain"}, **settings}
    return Run("x", {"change": "labels", "tasks": 3, "examples": 80, "runs": runs, **settings}, seed)


@pytest.mark.parametrize("change", permuted_streams.STREAMS)
def test_a_run_does_not_depend_on_the_others_of_its_batch(change):
    batch = permuted_streams.play(stream_run(change=change))
    alone = permuted_streams.play(stream_run(seed=1, runs=1, change=change))
    assert batch["accuracy"].shape == batch["norm"].shape == (2, 3)
    assert np.array_equal(batch["accuracy"][1], alone["accuracy"][0])
    assert np.allclose(batch["norm"][1], alone["norm"][0])
    again = permuted_streams.play(stream_run(change=change))
    assert all(np.array_equal(batch[key], again[key]) for key in batch)


@pytest.mark.parametrize(
    "remedy",
    [*permuted_streams.ADAPTIVE, permuted_streams.PERTURBED[0], permuted_streams.L2_INIT[1]],
    ids=learner_name,
)
def test_every_remedy_changes_something(remedy):
    plain = permuted_streams.play(stream_run(runs=1, tasks=30))
    treated = permuted_streams.play(stream_run(runs=1, tasks=30, remedy=remedy))
    assert not np.array_equal(plain["norm"], treated["norm"])


def test_a_remedy_that_does_nothing_is_the_plain_learner():
    plain = permuted_streams.play(stream_run())
    for remedy in (
        {"kind": "clipped", "kappa": 1e9},
        {"kind": "L2-Init", "strength": 0.0},
        {"kind": "Shrink & Perturb", "decay": 0.0, "noise": 0.0},
    ):
        assert np.array_equal(permuted_streams.play(stream_run(remedy=remedy))["norm"], plain["norm"])


def stream_results(change_of_plain, change_of_clipped, loss_at_ends):
    """Return made-up results of a study in which accuracy changes linearly, by these amounts over 100 tasks.

    The smallest and the largest kappa lose so much more.
    """
    ends = {permuted_streams.KAPPAS[0], permuted_streams.KAPPAS[-1]}
    (study,) = [study for study in find_studies("weight-clipping", False, 0) if study.name == "permuted-inputs"]
    noise = np.random.default_rng(0)
    results = []
    for run in study.runs:
        remedy = run.settings["remedy"]
        change = change_of_plain if remedy["kind"] == "plain" else change_of_clipped
        change -= loss_at_ends if remedy.get("kappa") in ends else 0
        ramp = 0.8 + change * np.linspace(0, 1, 100)
        accuracy = ramp + noise.normal(0, 0.001, size=(run.settings["runs"], 100))
        results.append(RunResult(run, {"accuracy": accuracy.tolist(), "norm": accuracy[:, ::-1].tolist()}))
    return study, results


def test_the_papers_result_is_told_from_its_opposite():
    study, results = stream_results(change_of_plain=-0.3, change_of_clipped=0.0, loss_at_ends=0.05)
    outcomes = {claim.text: claim.outcome for claim in study.describe(results).claims}
    assert len(outcomes) == 14
    assert set(outcomes.values()) == {"reproduced"}
    study, results = stream_results(change_of_plain=0.1, change_of_clipped=-0.3, loss_at_ends=-0.05)
    outcomes = {claim.text: claim.outcome for claim in study.describe(results).claims}
    for name in ("Adam", "SGD"):
        for claim in (
            f"with plain {name} the accuracy falls from task to task while the weights grow.",
            f"with clipped {name} the accuracy does not fall.",
            f"clipped {name} is better than plain {name} in the end.",
            f"the best kappa of clipped {name} is neither the smallest nor the largest.",
        ):
            assert outcomes[f"Permuted inputs: {claim}"] == "not reproduced"


# --- the warm start ----------------------------------------------------------------------------------------------


def warm_run(learner, runs=2, seed=0, **settings):
    return Run("warm-start", {"learner": learner, "epochs": 2, "runs": runs, **settings}, seed)


def test_learners_differ_after_the_switch_only():
    warm = warm_start.play(warm_run("warm start"))["accuracy"]
    assert warm.shape == (2, 4)
    for learner, settings in (("from scratch", {}), ("one clip", {"kappa": 0.5})):
        other = warm_start.play(warm_run(learner, **settings))["accuracy"]
        assert np.array_equal(other[:, :2], warm[:, :2])
        assert not np.array_equal(other[:, 2:], warm[:, 2:])
    assert np.array_equal(warm_start.play(warm_run("one clip", kappa=1e9))["accuracy"], warm)
    assert not np.array_equal(warm_start.play(warm_run("clipped", kappa=0.5))["accuracy"][:, 0], warm[:, 0])
    assert np.array_equal(warm_start.play(warm_run("warm start", runs=1, seed=1))["accuracy"][0], warm[1])


def warm_outcomes(final):
    """Return the outcomes of made-up results: by a learner's name, its accuracy in the end."""
    (study,) = [study for study in find_studies("weight-clipping", False, 0) if study.name == "warm-start"]
    noise = np.random.default_rng(0)
    results = []
    for run in study.runs:
        accuracy = final.get(run.settings["learner"], 0.8) - 0.01 * abs(run.settings.get("kappa", 2.0) - 2.0)
        results.append(RunResult(run, {"accuracy": (accuracy + noise.normal(0, 0.001, size=(40, 4))).tolist()}))
    return [claim.outcome for claim in study.describe(results).claims]


def test_a_clip_that_closes_most_of_the_gap_is_told_from_one_that_only_helps():
    assert warm_outcomes({"warm start": 0.7, "one clip": 0.78}) == ["reproduced"] * 8
    helps = ["reproduced", "reproduced", "not reproduced", "reproduced"]
    assert warm_outcomes({"warm start": 0.7, "one clip": 0.73}) == helps * 2


# --- verdicts and the page ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimate", "verdict"),
    [
        (Estimate(2.0, 1.5, 2.5), True),
        (Estimate(0.5, 0.0, 0.9), False),
        (Estimate(1.0, 0.5, 1.5), None),
        (Estimate(2.0, math.nan, math.nan), None),
    ],
)
def test_an_interval_decides_only_as_a_whole(estimate, verdict):
    assert exceeds(estimate, 1.0) is verdict


def test_several_statements_hold_together():
    assert all_hold(True, True) is True
    assert all_hold(True, None) is None
    assert all_hold(None, False) is False
    assert [claim.outcome for claim in undecided([Claim("a", True, "1"), Claim("b", False, "2")])] == ["undecided"] * 2


def test_all_studies_come_to_a_page(tmp_path):
    studies = find_studies("weight-clipping", quick=True, seed=0)
    supervised = ["permuted-inputs", "permuted-labels", "random-labels", "warm-start"]
    assert [study.name for study in studies] == [*supervised, "policy-collapse", "replay-ratio", "continual-atari"]
    sections = []
    for study in studies[: len(supervised)]:
        results = []
        for run in study.runs:
            rng, points = np.random.default_rng(run.seed), (run.settings["runs"], 20)
            result = {"accuracy": rng.random(points).tolist(), "norm": rng.random(points).tolist()}
            results.append(RunResult(run, result))
        sections.append(study.describe(results))
    write_page(tmp_path, "Weight clipping", [sections[0], sections[-1]], {})
    text = (tmp_path / "index.md").read_text()
    assert all(learner_name(remedy) in text for remedy in permuted_streams.CLIPPED)
    assert {claim.outcome for section in sections for claim in section.claims} == {"undecided"}
