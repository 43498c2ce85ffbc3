from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from stable_baselines3.common.logger import Logger

from hackatari.agents import CenteredDQN, CenteredPPO, EpisodicTaskWarning


def make_dqn(env, **kwargs):
    return CenteredDQN("MlpPolicy", env, **{"learning_starts": 8, "buffer_size": 100, "device": "cpu", **kwargs})


def make_ppo(env, **kwargs):
    return CenteredPPO("MlpPolicy", env, **{"n_steps": 16, "batch_size": 16, "n_epochs": 1, "device": "cpu", **kwargs})


both = pytest.mark.parametrize("make", [make_dqn, make_ppo], ids=["dqn", "ppo"])


@both
def test_unbiased_estimate_is_recency_weighted_average_free_of_its_start(ring, make):
    model = make(ring(), learning_rate=0.1, eta=0.5, initial_average_reward=1000.0)
    samples = [3.0, -1.0, 4.0, 1.0, -5.0]
    for sample in samples:
        model.update_average_reward(sample - model.average_reward)

    beta = 0.05
    weights = beta * (1 - beta) ** np.arange(len(samples))[::-1]
    assert model.average_reward == pytest.approx(np.average(samples, weights=weights), abs=1e-12)
    assert model.step_size_trace == pytest.approx(weights.sum(), abs=1e-12)
    assert model.average_reward_step_size == pytest.approx(beta / weights.sum(), abs=1e-12)


@both
def test_first_unbiased_step_size_is_one(ring, make):
    model = make(ring(), learning_rate=0.1, eta=0.5)
    model.update_average_reward(7.0)
    assert (model.average_reward, model.average_reward_step_size) == (7.0, 1.0)


@both
def test_constant_step_size_keeps_the_start(ring, make):
    model = make(ring(), learning_rate=0.1, eta=0.5, initial_average_reward=8.0, unbiased_step_size=False)
    for _ in range(10):
        model.update_average_reward(2.0 - model.average_reward)
    assert model.average_reward == pytest.approx(2.0 + 6.0 * 0.95**10)
    assert model.average_reward_step_size == 0.05


@both
def test_step_size_follows_the_learning_rate_schedule_down_to_zero(ring, make):
    model = make(ring(), learning_rate=lambda progress: 0.1 * progress, eta=1.0, unbiased_step_size=False)
    model._update_current_progress_remaining(num_timesteps=75, total_timesteps=100)
    model.update_average_reward(1.0)
    assert model.average_reward_step_size == pytest.approx(0.025)
    model._update_current_progress_remaining(num_timesteps=100, total_timesteps=100)
    assert model.update_average_reward(1.0) == pytest.approx(0.025)


@both
def test_learning_rate_that_warms_up_from_zero(ring, make):
    model = make(ring(), learning_rate=lambda progress: 0.1 * (1 - progress), eta=1.0)
    assert model.update_average_reward(5.0) == 0.0
    model._update_current_progress_remaining(num_timesteps=50, total_timesteps=100)
    assert model.update_average_reward(5.0) == 5.0


@both
def test_estimate_is_logged(ring, make):
    model = make(ring(), seed=0)
    recorded = {}
    logger = Logger(folder=None, output_formats=[])
    logger.record = lambda key, value, exclude=None: recorded.update({key: value})
    model.set_logger(logger)
    model.learn(16, log_interval=None)
    assert recorded["train/average_reward"] == model.average_reward != 0
    assert recorded["train/average_reward_step_size"] == model.average_reward_step_size > 0


@both
@pytest.mark.parametrize("eta", [-0.1, math.inf, math.nan, "1"])
def test_bad_eta(ring, make, eta):
    with pytest.raises(ValueError, match=r"^`eta` must be a finite number >= 0, got .*\.$"):
        make(ring(), eta=eta)


@both
@pytest.mark.parametrize("value", [-math.inf, math.nan, None])
def test_bad_initial_average_reward(ring, make, value):
    with pytest.raises(ValueError, match=r"^`initial_average_reward` must be a finite number, got .*\.$"):
        make(ring(), initial_average_reward=value)


@both
def test_step_size_is_at_most_one(ring, make):
    model = make(ring(), eta=30.0, learning_rate=0.05)
    for _ in range(3):
        model.update_average_reward(2.0 - model.average_reward)
        assert (model.average_reward, model.average_reward_step_size, model.step_size_trace) == (2.0, 1.0, 1.0)


@both
def test_termination_warns_once_and_names_the_continuing_task(ring, make):
    model = make(ring(terminate_after=4))
    with pytest.warns(EpisodicTaskWarning, match=r"HackAtari/<Game>-Continuing-v0\.$") as record:
        model.learn(32)
    assert len(record) == 1


@both
def test_time_limit_and_eta_zero_do_not_warn(ring, make):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        truncated = make(ring(truncate_after=4)).learn(32)
        uncentered = make(ring(terminate_after=4), eta=0.0).learn(32)
    assert truncated.average_reward != 0
    assert uncentered.average_reward == 0
