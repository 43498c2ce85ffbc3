from __future__ import annotations

import math
from itertools import count

import numpy as np
import pytest
from stable_baselines3 import DQN, PPO

from hackatari.agents import CenteredDQN, CenteredPPO
from hackatari.benchmarks.reproduction.deep_centering import BINS, GAMMAS, TASKS, Case, deep_study, play
from hackatari.benchmarks.reproduction.page import write_page
from hackatari.benchmarks.reproduction.studies import Run, RunResult
from hackatari.problems import Pendulum

CATCH = {"step_size": 1 / 64, "n_steps": 2_000}


def made_up(study, rate, largest=lambda case: 10.0, noise=0.01):
    """Return results of a study in which each case has the given rate and largest value, up to noise over seeds."""
    rng = np.random.default_rng(0)
    results = []
    for run in study.runs:
        case = Case(*(run.settings[field] for field in Case._fields))
        result = {
            "curve": np.full(BINS, rate(case) + noise * rng.normal()),
            "largest_value": largest(case) + noise * rng.normal(),
            "average_reward": rate(case) if case.eta else None,
        }
        results.append(RunResult(run, result))
    return results


def outcomes(section):
    """Return the outcome of each claim by its text without the task."""
    return {claim.text.split(": ", 1)[1]: claim.reproduced for claim in section.claims}


def outcome(section, start):
    """Return the outcome of the claim that starts so."""
    (found,) = [result for text, result in outcomes(section).items() if text.startswith(start)]
    return found


@pytest.mark.parametrize("name", TASKS)
def test_each_gamma_is_played_with_and_without_centering_with_equal_seeds(name):
    study = deep_study(name, quick=False, seed=5)
    seeds = {}
    for run in study.runs:
        settings = run.settings
        key = settings["gamma"], settings["eta"] > 0, settings["offset"]
        seeds.setdefault(key, []).append(run.seed)
    assert {key for key in seeds if key[2] == 0} == {(gamma, kind, 0) for gamma in GAMMAS for kind in (False, True)}
    expected = list(range(5, 8 if name.endswith("ppo") else 15))
    assert all(of_case == expected for of_case in seeds.values())


@pytest.mark.parametrize(
    ("name", "plain", "centered"), [("catch-dqn", DQN, CenteredDQN), ("atari-ppo", PPO, CenteredPPO)]
)
def test_without_centering_the_agent_is_that_of_sb3(name, plain, centered):
    assert type(TASKS[name].make_agent(Case(0.99, 0.01, 0.0), 0)) is plain
    agent = TASKS[name].make_agent(Case(0.99, 0.01, 2.0), 0)
    assert type(agent) is centered
    assert (agent.gamma, agent.learning_rate, agent.eta, agent.centering) == (0.99, 0.01, 2.0, "value")


@pytest.mark.parametrize(("name", "n_steps"), [("catch-dqn", 2_000), ("pendulum-dqn", 2_000), ("atari-ppo", 1_024)])
def test_agents_are_compared_from_equal_starts(name, n_steps):
    settings = {"gamma": 0.999, "step_size": 1e-3, "n_steps": n_steps}
    plain, centered = (play(Run(name, {**settings, "eta": eta}, seed=1)) for eta in (0.0, 4.0))
    assert plain["curve"].shape == centered["curve"].shape == (BINS,)
    # Nothing has been learned in the first half of so short a run.
    np.testing.assert_array_equal(plain["curve"][: BINS // 2], centered["curve"][: BINS // 2])
    assert math.isnan(plain["average_reward"])
    assert math.isfinite(centered["average_reward"])
    assert plain["largest_value"] > 0


def test_runs_are_reproducible():
    run = Run("catch-dqn", {**CATCH, "gamma": 0.99, "eta": 8.0}, seed=3)
    first, second = play(run), play(run)
    np.testing.assert_array_equal(first["curve"], second["curve"])
    assert first["largest_value"] == second["largest_value"]


def test_reported_rates_are_without_the_offset():
    results = [play(Run("catch-dqn", {**CATCH, "gamma": 0.99, "eta": 8.0, "offset": c}, seed=0)) for c in (0.0, -4.0)]
    for key, tolerance in (("curve", 1e-6), ("largest_value", 1e-3), ("average_reward", 1e-3)):
        np.testing.assert_allclose(results[1][key], results[0][key], atol=tolerance)


def test_pendulum_agent_sees_a_tenth_of_the_velocity():
    env = TASKS["pendulum-dqn"].make_agent(Case(0.99, 0.01, 0.0), 0).get_env()
    env.reset()
    pendulum = Pendulum()
    pendulum.reset()
    for action in [2, 2, 1, 0]:
        seen, *_ = env.step(np.array([action]))
        true, *_ = pendulum.step(np.array([action]))
        np.testing.assert_allclose(seen, true * [1, 1, 0.1], rtol=1e-6)
    assert abs(seen[0, 2]) > 0


def test_claims_hold_where_centering_works_as_published():
    def rate(case):
        if case.eta:
            return 2.0
        return 1.0 - 40 * (case.gamma - 0.99) - 0.2 * abs(case.offset)

    study = deep_study("catch-dqn", quick=False, seed=0)
    section = study.describe(made_up(study, rate, lambda case: 5.0 if case.eta else 0.1 / (1 - case.gamma)))
    assert len(section.claims) == 10
    assert [claim.text for claim in section.claims if not claim.reproduced] == []


def test_claims_fail_where_centering_does_harm():
    study = deep_study("pendulum-dqn", quick=False, seed=0)
    results = made_up(study, lambda case: -2.0 - 100 * (case.gamma - 0.99) if case.eta else -1.0, lambda case: 9.0)
    section = study.describe(results)
    assert outcome(section, "DQN has a higher reward rate with centering than without at gamma = 0.99.") is False
    assert outcome(section, "The advantage of centering grows") is False
    assert outcome(section, "DQN with centering loses no more than") is False
    assert outcome(section, "Centered values stay small") is False


def test_claims_are_open_where_seeds_differ_more_than_methods():
    study = deep_study("atari-ppo", quick=False, seed=0)
    section = study.describe(made_up(study, lambda case: 0.05, noise=0.05))
    assert outcome(section, "PPO has a higher reward rate with centering than without at gamma = 0.999.") is None
    assert outcome(section, "The advantage of centering grows") is None


def test_quick_version_decides_nothing_and_makes_a_page(tmp_path):
    seeds = count()
    studies = [deep_study(name, quick=True, seed=next(seeds)) for name in TASKS]
    sections = [study.describe(made_up(study, lambda case: case.gamma)) for study in studies]
    assert {claim.reproduced for section in sections for claim in section.claims} == {None}
    write_page(tmp_path, "Reward centering", sections, {})
    assert "centered, gamma = 0.999" in (tmp_path / "index.md").read_text()
    assert len(list(tmp_path.glob("*.png"))) == len(TASKS)
