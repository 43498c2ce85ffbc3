"""The reinforcement learning studies of weight clipping: what is measured, and how figures become verdicts."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest

pytest.importorskip("stable_baselines3")

from stable_baselines3 import A2C
from stable_baselines3.common.vec_env import VecEnvWrapper

from hackatari.benchmarks.continual_metrics import forgetting
from hackatari.benchmarks.reproduction import continual_atari, policy_collapse, replay_ratio
from hackatari.benchmarks.reproduction.page import write_page
from hackatari.benchmarks.reproduction.rl_clipping import (
    PLAIN,
    BlockMeans,
    Training,
    agents_of,
    bound_claim,
    clipped,
    of_kind,
)
from hackatari.benchmarks.reproduction.studies import Run, RunResult
from hackatari.wrappers import SB3VecEnv

STUDIES = {
    "policy-collapse": policy_collapse.collapse_study,
    "replay-ratio": replay_ratio.replay_study,
    "continual-atari": continual_atari.continual_study,
}
MEASURES = sorted({*policy_collapse.MEASURES, *replay_ratio.MEASURES, *continual_atari.MEASURES})


def catch(num_envs=4):
    return SB3VecEnv(gym.make_vec("HackAtari/ContinuingCatch-v0", num_envs=num_envs), monitor=False)


def made_up(study, performance, measures, seeds_differ=0.001):
    """Return results of a study: `performance(settings)` gives the one of each block, `measures` the plasticity.

    Seeds differ by a constant that is not the same for all remedies, so that differences have an interval.
    """
    results = []
    for number, run in enumerate(study.runs):
        noise = seeds_differ * np.random.default_rng(number).normal()
        curve = np.asarray(performance(run.settings)) + noise
        plasticity = {name: measures(run.settings, name, len(curve)) for name in MEASURES}
        result = {"performance": curve.tolist(), "plasticity": plasticity}
        if run.settings["remedy"]["kind"] != "plain":
            result["fill"] = [1.0, 0.5]
        if study.name == "continual-atari":
            result["matrix"] = (curve.mean() * np.tri(4)).tolist()
        results.append(RunResult(run, result))
    return results


def outcomes(section):
    return {claim.text: claim.outcome for claim in section.claims}


# --- training and measuring ----------------------------------------------------------------------------------------


def test_means_of_rewards_are_those_of_the_blocks():
    rewards = BlockMeans(40, "reward")
    seen = []
    model = A2C("MlpPolicy", catch(), n_steps=5, seed=0, device="cpu")

    class Recorder(BlockMeans):
        def _on_step(self):
            seen.append(self.locals["rewards"].copy())
            return True

    model.learn(120, [rewards, Recorder(40, "reward")])
    np.testing.assert_allclose(rewards.means, np.reshape(seen, (3, 40)).mean(1), rtol=1e-6)


def test_means_of_returns_are_those_of_the_episodes_that_end_in_a_block():
    model = A2C("MlpPolicy", "CartPole-v1", seed=0, device="cpu")
    returns = BlockMeans(500, "return")
    model.learn(1000, returns)
    assert len(returns.means) == 2
    # Every step of CartPole is worth 1, so episodes fill the steps but for the one that is not over.
    assert 8 < returns.means[0] < 100


def test_training_can_be_done_in_parts():
    results = []
    for parts in ((4,), (1, 3)):
        training = Training(A2C("MlpPolicy", catch(), seed=0, device="cpu"), PLAIN, 80, "reward")
        for blocks in parts:
            training.run(blocks)
        results.append(training.result())
    whole, in_parts = results
    assert whole["performance"] == in_parts["performance"]
    assert whole["plasticity"]["weight_norm"] == in_parts["plasticity"]["weight_norm"]
    assert in_parts["plasticity"]["timesteps"] == [80, 160, 240, 320]


@pytest.mark.parametrize("remedy", [clipped(0.5), {"kind": "occupancy"}, {"kind": "anchored"}])
def test_clipped_agents_say_how_far_they_fill_their_bounds(remedy):
    training = Training(A2C("MlpPolicy", catch(), seed=0, device="cpu"), remedy, 80, "reward")
    training.run(2)
    weight, norm = training.result()["fill"]
    assert weight <= 1 + 1e-6
    assert 0 < norm < 1
    if remedy["kind"] == "clipped":
        assert weight == pytest.approx(1.0)


def test_plain_agents_have_no_bounds():
    training = Training(A2C("MlpPolicy", catch(), seed=0, device="cpu"), PLAIN, 80, "reward")
    training.run(1)
    assert "fill" not in training.result()


class NumberedPixels(VecEnvWrapper):
    """Shows the number of each pixel in place of its value, so that observations are orders."""

    def reset(self):
        self.venv.reset()
        return np.tile(np.arange(50).reshape(10, 5), (self.num_envs, 1, 1))

    def step_wait(self):
        return self.reset(), *self.venv.step_wait()[1:]


def orders(period, seed, steps=6):
    envs = policy_collapse.PermutedPixels(NumberedPixels(catch()), period, seed)
    shown = [envs.reset(), *(envs.step(np.ones(4, dtype=int))[0] for _ in range(steps))]
    return np.array(shown)


def test_pixels_get_a_new_order_after_each_period():
    shown = orders(period=3, seed=0)
    assert shown.shape == (7, 4, 10, 5)
    np.testing.assert_array_equal(np.sort(shown.reshape(28, 50)), np.tile(np.arange(50), (28, 1)))
    assert (shown == shown[:, :1]).all()  # the same in all sub-envs
    for period in (shown[:3], shown[3:6]):
        assert (period == period[0]).all()
    assert len({order.tobytes() for order in shown[::3, 0]}) == 3


def test_the_orders_of_pixels_belong_to_the_seed():
    np.testing.assert_array_equal(orders(2, seed=1), orders(2, seed=1))
    assert not np.array_equal(orders(2, seed=1), orders(2, seed=2))


# --- playing runs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changing", [True, False])
def test_a_ppo_run_is_repeatable(changing):
    run = Run("policy-collapse", {"changing": changing, "remedy": clipped(1.0), "blocks": 2, "rollouts": 1}, seed=3)
    result = policy_collapse.play(run)
    assert len(result["performance"]) == 2
    assert set(policy_collapse.MEASURES) <= set(result["plasticity"])
    assert result == policy_collapse.play(run)


@pytest.mark.parametrize("remedy", [PLAIN, clipped(1.0)])
def test_a_dqn_run_has_its_replay_ratio(remedy, monkeypatch):
    monkeypatch.setattr(replay_ratio, "BLOCK", 300)
    updates = []

    class CountedDQN(replay_ratio.DQN):
        def train(self, gradient_steps, batch_size):
            updates.append(gradient_steps)
            super().train(gradient_steps, batch_size)

    monkeypatch.setattr(replay_ratio, "DQN", CountedDQN)
    result = replay_ratio.play(Run("replay-ratio", {"ratio": 2, "remedy": remedy, "blocks": 1}, seed=0))
    assert set(updates) == {2}
    assert len(result["performance"]) == 1
    assert set(replay_ratio.MEASURES) <= set(result["plasticity"])


def test_an_atari_run_is_tested_on_all_variants_after_each(monkeypatch):
    monkeypatch.setattr(continual_atari, "ROLLOUT", 256)
    monkeypatch.setattr(continual_atari, "SUB_ENVS", 2)
    run = Run("continual-atari", {"remedy": clipped(3.0), "blocks": 1, "rollouts": 1, "test": 4}, seed=0)
    result = continual_atari.play(run)
    assert np.shape(result["matrix"]) == (len(continual_atari.VARIANTS),) * 2
    assert len(result["performance"]) == len(continual_atari.VARIANTS)
    assert set(continual_atari.MEASURES) <= set(result["plasticity"])
    assert forgetting(result["matrix"]).shape == (len(continual_atari.VARIANTS) - 1,)


# --- verdicts ----------------------------------------------------------------------------------------------------


def test_full_size_has_the_seeds_that_were_asked_for():
    for name, seeds in (("policy-collapse", 5), ("replay-ratio", 5), ("continual-atari", 3)):
        runs = STUDIES[name](False, 0).runs
        settings = [run.settings for run in runs]
        assert all(len({run.seed for run in runs if run.settings == each}) >= seeds for each in settings)
    assert {run.settings["ratio"] for run in STUDIES["replay-ratio"](False, 0).runs} == {1, 4, 8}


def test_the_best_kappa_stands_for_clipping():
    study = STUDIES["replay-ratio"](False, 0)
    results = made_up(study, lambda s: [s["remedy"].get("kappa", 0.0)] * 8, lambda s, name, blocks: [1.0] * blocks)
    agents = agents_of([result for result in results if result.run.settings["ratio"] == 8])
    assert [each.name for each in agents] == ["plain", "clipped, kappa 1", "clipped, kappa 3"]
    assert of_kind(agents, "clipped").remedy == clipped(3.0)
    assert agents[0].performance.shape == (len({run.seed for run in study.runs}), 8)
    np.testing.assert_allclose(agents[2].part(0.25, 0.75), agents[2].performance[:, 2:6].mean(1))


def test_a_weight_beyond_its_bound_is_told():
    study = STUDIES["replay-ratio"](True, 0)
    results = made_up(study, lambda s: [1.0, 1.0], lambda s, name, blocks: [1.0] * blocks)
    assert bound_claim(agents_of(results), "DQN").reproduced is True
    next(result for result in results if "fill" in result.result).result["fill"] = [1.1, 0.5]
    assert bound_claim(agents_of(results), "DQN").reproduced is False


def grows_when_plain(settings, name, blocks):
    plain = settings["remedy"]["kind"] == "plain"
    return np.linspace(1.0, 3.0 if plain else 1.2, blocks).tolist()


def falls_when_plain(settings):
    blocks = settings["blocks"] * (4 if "test" in settings else 1)
    start, end = (0.5, 0.1) if settings["remedy"]["kind"] == "plain" else (0.5, 0.5)
    return 100 * np.linspace(start, end, blocks)


def rises_when_plain(settings):
    blocks = settings["blocks"] * (4 if "test" in settings else 1)
    start, end = (0.1, 0.5) if settings["remedy"]["kind"] == "plain" else (0.5, 0.1)
    return 100 * np.linspace(start, end, blocks)


def test_the_papers_result_is_told_from_its_opposite():
    for name, make in STUDIES.items():
        study = make(False, 0)
        told = outcomes(study.describe(made_up(study, falls_when_plain, grows_when_plain)))
        opposite = outcomes(study.describe(made_up(study, rises_when_plain, grows_when_plain)))
        better = [text for text in told if "clipped Adam" in text]
        assert better, name
        assert {told[text] for text in better} == {"reproduced"}
        assert "not reproduced" in {opposite[text] for text in better}
    collapse = STUDIES["policy-collapse"](False, 0)
    told = outcomes(collapse.describe(made_up(collapse, falls_when_plain, grows_when_plain)))
    assert told[
        "PPO, new pixels: with plain Adam the reward falls from task to task, weights grow, units saturate."
    ] == ("reproduced")
    # It only falls here; policy collapse is to rise first.
    assert told["PPO, always the same pixels: with plain Adam the reward rises and then falls (policy collapse)."] == (
        "not reproduced"
    )


def test_claims_are_open_where_seeds_differ_more_than_remedies():
    study = STUDIES["replay-ratio"](False, 0)
    results = made_up(study, lambda s: [100.0] * 8, lambda s, name, blocks: [1.0] * blocks, seeds_differ=50.0)
    told = outcomes(study.describe(results))
    assert {told[text] for text in told if "clipped Adam" in text} == {"undecided"}


def test_quick_studies_decide_nothing_and_come_to_a_page(tmp_path):
    sections = []
    for make in STUDIES.values():
        study = make(True, 0)
        section = study.describe(made_up(study, falls_when_plain, grows_when_plain))
        assert set(outcomes(section).values()) == {"undecided"}
        sections.append(section)
    write_page(tmp_path, "Weight clipping", sections, {})
    text = (tmp_path / "index.md").read_text()
    assert all(section.title in text for section in sections)
    assert len(list(tmp_path.glob("*.png"))) == sum(len(section.curves) for section in sections)
