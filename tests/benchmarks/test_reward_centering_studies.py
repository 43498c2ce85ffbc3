from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hackatari.benchmarks.reproduction import centering_prediction
from hackatari.benchmarks.reproduction.centering_control import BINS, PROBLEMS, control_study, play_control
from hackatari.benchmarks.reproduction.centering_prediction import METHODS, play_prediction, random_walk_study
from hackatari.benchmarks.reproduction.deep_centering import TASKS
from hackatari.benchmarks.reproduction.page import write_page
from hackatari.benchmarks.reproduction.reward_centering import studies
from hackatari.benchmarks.reproduction.studies import Run, RunResult


def outcome(section, start):
    """Return whether the claim that starts so was reproduced."""
    (claim,) = [claim for claim in section.claims if claim.text.split(": ", 1)[1].startswith(start)]
    return claim.reproduced


def made_up(study, rate, largest=lambda gamma, eta, offset: 10.0, noise=0.01):
    """Return results of a study in which each case has the given rate and largest value, up to noise over seeds."""
    results = []
    for run in study.runs:
        settings = run.settings
        spread = noise * np.linspace(-1, 1, settings["n_seeds"])
        rates, values = (
            [f(settings["gamma"], eta, offset) + spread for eta, offset in settings["cases"]] for f in (rate, largest)
        )
        curves = np.zeros((len(settings["cases"]), 3, BINS))
        results.append(RunResult(run, {"rates": rates, "largest_values": values, "curves": curves}))
    return results


def test_full_size_has_the_settings_of_the_paper():
    by_name = {study.name: study for study in studies(quick=False, seed=0)}
    assert list(by_name) == [*PROBLEMS, "random-walk", *TASKS]
    runs = by_name["access-control"].runs
    assert {run.settings["gamma"] for run in runs} == {0.8, 0.9, 0.99, 0.999, 1.0}
    for run in runs:
        assert run.settings["n_steps"] == 30_000
        assert {offset for _, offset in run.settings["cases"]} == {-8, -4, 0, 4, 8}
    for name in ("puck-world", "pendulum", "catch"):
        assert all(run.settings["n_seeds"] >= 10 for run in by_name[name].runs)


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_case_does_not_depend_on_the_others_of_its_run(name):
    settings = {"gamma": 0.99, "step_size": 0.3, "n_steps": 400, "n_seeds": 2}
    cases = [(0.0, 0.0), (1 / 16, 0.0), (1 / 16, 4.0)]
    together = play_control(Run(name, {**settings, "cases": cases}, seed=3))
    alone = play_control(Run(name, {**settings, "cases": cases[1:2]}, seed=3))
    assert together["rates"].shape == together["largest_values"].shape == (3, 2)
    assert together["curves"].shape == (3, 3, BINS)
    for key in together:
        np.testing.assert_array_equal(together[key][1], alone[key][0])
    # Rates do not count the offset, and centering keeps it from mattering.
    np.testing.assert_allclose(together["rates"][2], together["rates"][1], atol=1e-9)
    assert not np.allclose(together["rates"][0], together["rates"][1])


def test_rate_is_the_mean_reward_of_the_second_half():
    run = Run("catch", {"gamma": 0.9, "step_size": 0.1, "n_steps": 500, "n_seeds": 4, "cases": [(0.0, 0.0)]}, seed=0)
    result = play_control(run)
    assert result["rates"].mean() == pytest.approx(result["curves"][0, 0, BINS // 2 :].mean())


def test_claims_hold_where_centering_works_as_published():
    def rate(gamma, eta, offset):
        return 2.6 if eta else 2.65 - 0.5 * gamma - 0.05 * abs(offset)

    def largest(gamma, eta, offset):
        return 10.0 if eta else 3 / (1.001 - gamma)

    study = control_study("access-control", quick=True, seed=0)
    section = study.describe(made_up(study, rate, largest))
    assert [claim.text for claim in section.claims if not claim.reproduced] == []


def test_claims_fail_where_centering_does_harm():
    study = control_study("catch", quick=True, seed=0)
    section = study.describe(made_up(study, lambda gamma, eta, offset: 0.05 if eta else 0.05 + 0.02 * gamma))
    assert outcome(section, "centered Q-learning has a higher reward rate than uncentered at gamma = 0.99.") is False
    assert outcome(section, "the advantage of centering grows") is False
    assert outcome(section, "uncentered Q-learning gets worse") is False
    assert outcome(section, "centered action values stay small") is False


def test_claims_are_open_where_seeds_differ_more_than_methods():
    study = control_study("catch", quick=True, seed=0)
    results = made_up(study, lambda gamma, eta, offset: 0.05)
    rng = np.random.default_rng(0)
    noisy = [replace(r, result={**r.result, "rates": rng.normal(size=np.shape(r.result["rates"]))}) for r in results]
    section = study.describe(noisy)
    assert outcome(section, "centered Q-learning has a higher reward rate than uncentered at gamma = 0.99.") is None
    assert outcome(section, "the advantage of centering grows") is None


def test_each_case_counts_with_its_best_step_size():
    study = control_study("pendulum", quick=False, seed=0)
    best = {0.0: 0.1, 1 / 16: 0.9}
    results = []
    for run in study.runs:
        step_size = run.settings["step_size"]
        alone = replace(study, runs=[run])
        results += made_up(alone, lambda gamma, eta, offset, a=step_size: -2.0 if best.get(eta) == a else -4.0, noise=0)
    _, etas, _ = study.describe(results).tables
    assert etas.columns == ["gamma", "eta = 0", "eta = 1/64", "eta = 1/16", "eta = 1/4"]
    for _, uncentered, _, centered, _ in etas.rows:
        assert (uncentered, centered) == ("\u22122, 0.1", "\u22122, 0.9")


def test_too_large_an_eta_is_judged_at_the_largest_step_size():
    study = control_study("access-control", quick=False, seed=0)
    results = made_up(study, lambda gamma, eta, offset: 2.0 if eta == 1 else 2.5)
    assert outcome(study.describe(results), "with a large step size, 1/2, too large an `eta` does harm") is True


# The random walk


@pytest.fixture(scope="module")
def walk():
    study = random_walk_study(quick=True, seed=0)
    runs = [Run(run.study, {**run.settings, "n_steps": 4_000, "n_seeds": 8}, run.seed) for run in study.runs]
    return study, [RunResult(run, play_prediction(run)) for run in runs]


def test_each_method_is_played_on_and_off_policy(walk):
    _, results = walk
    for result in results:
        n_etas = len(METHODS[result.run.settings["method"]].etas)
        assert result.result["errors"].shape == result.result["average_rewards"].shape == (n_etas, 8)
        assert result.result["curves"].shape == (n_etas, 3, 4_000 // centering_prediction.ERROR_EVERY)
    assert len(results) == 4 * 2 * 2


def test_without_a_step_size_the_average_reward_stays_where_it_starts(walk):
    for result in walk[1]:
        expected = {"uncentered": 0.0, "oracle": 0.25}.get(result.run.settings["method"])
        if expected is not None:
            np.testing.assert_allclose(result.result["average_rewards"], expected, atol=1e-12)


def test_error_starts_at_that_of_no_knowledge_and_falls(walk):
    for result in walk[1]:
        if result.run.settings == {
            "method": "uncentered",
            "gamma": 0.99,
            "sampling": "on-policy",
            "n_steps": 4_000,
            "n_seeds": 8,
        }:
            curve = result.result["curves"][0, 0]
    # Estimates of 0 err by the values, whose mean is 0.25 / (1 - 0.99).
    assert curve[0] == pytest.approx(25.0, abs=0.6)
    assert curve[-1] < 22


def test_walk_claims_hold(walk):
    study, results = walk
    section = study.describe(results)
    assert outcome(section, "on-policy at gamma = 0.99, value-based centering cuts") is True
    assert outcome(section, "on-policy at gamma = 0.99, simple centering cuts") is True
    assert outcome(section, "off-policy, simple centering settles on a wrong average reward") is True
    assert outcome(section, "off-policy at gamma = 0.99, value-based centering cuts") is True
    assert outcome(section, "to know the average reward from the start is best") is True
    assert len(section.tables) == len(section.curves) == 4


def test_a_section_makes_a_page(tmp_path):
    catch = control_study("catch", quick=True, seed=0)
    section = catch.describe(made_up(catch, lambda gamma, eta, offset: gamma))
    write_page(tmp_path, "Reward centering", [section], {})
    assert "catch-learning-curves-at-gamma-0-999.png" in (tmp_path / "index.md").read_text()
