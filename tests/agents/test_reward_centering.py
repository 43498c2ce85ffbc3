from __future__ import annotations

import math
import pickle
import warnings

import numpy as np
import pytest
import torch
from centered_algorithms import ALGORITHMS, OFF_POLICY_ALGORITHMS, ON_POLICY_ALGORITHMS
from stable_baselines3.common.buffers import NStepReplayBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecNormalize

from hackatari.agents import EpisodicTaskWarning

DQN = ALGORITHMS[0]
PPO = ON_POLICY_ALGORITHMS[0]

every = pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda algorithm: algorithm.name)
off_policy = pytest.mark.parametrize("algorithm", OFF_POLICY_ALGORITHMS, ids=lambda algorithm: algorithm.name)
on_policy = pytest.mark.parametrize("algorithm", ON_POLICY_ALGORITHMS, ids=lambda algorithm: algorithm.name)
both_families = pytest.mark.parametrize("algorithm", [DQN, PPO], ids=lambda algorithm: algorithm.name)


class Rewards(BaseCallback):
    """Notes the rewards of every step as the envs give them."""

    def _on_training_start(self):
        self.rewards = []

    def _on_step(self):
        self.rewards.append(self.locals["rewards"].copy())
        return True


def assert_equal_parameters(model, expected, **tolerance):
    for parameter, value in zip(model.policy.parameters(), expected.policy.parameters(), strict=True):
        torch.testing.assert_close(parameter, value, **(tolerance or {"rtol": 0, "atol": 0}))


# Uncentred


@every
def test_without_centering_it_is_the_parent_bit_for_bit(algorithm):
    plain = algorithm.make(plain=True).learn(96)
    for off in ({"eta": 0}, {"eta": None}, {"centering": None, "initial_average_reward": 5.0}):
        centered = algorithm.make(**off).learn(96)
        assert_equal_parameters(centered, plain)
        assert centered.average_reward == off.get("initial_average_reward", 0)


@both_families
def test_eta_zero_centres_by_a_given_average_reward(algorithm):
    centered = algorithm.make(algorithm.env(offset=100.0), eta=0, initial_average_reward=100.0).learn(128)
    plain = algorithm.make(plain=True).learn(128)
    assert centered.average_reward == 100.0
    assert_equal_parameters(centered, plain)


# Invariance


def assert_offset_shifts_only_the_average_reward(algorithm, env_kwargs, **settings):
    # Steps in proportion to the gradient; Adam's would blow up rounding errors wherever the gradient vanishes.
    policy_kwargs = {**algorithm.settings["policy_kwargs"], "optimizer_class": torch.optim.SGD}
    settings = {"learning_rate": 0.01, "eta": 5.0, "policy_kwargs": policy_kwargs, **settings}
    model = algorithm.make(algorithm.env(**env_kwargs), **settings).learn(160)
    shifted = algorithm.make(algorithm.env(offset=-32.0, **env_kwargs), **settings).learn(160)
    assert shifted.average_reward - model.average_reward == pytest.approx(-32.0, abs=1e-4)
    assert_equal_parameters(shifted, model, rtol=0, atol=1e-4)
    return shifted


@every
@pytest.mark.parametrize("centering", ["value", "simple", "moving_average"])
def test_reward_offset_shifts_only_the_average_reward(algorithm, centering):
    assert_offset_shifts_only_the_average_reward(algorithm, {}, centering=centering)


@off_policy
@pytest.mark.parametrize("gamma", [0.9999, 1.0])
def test_reward_offset_shifts_only_the_average_reward_of_n_step_returns(algorithm, gamma):
    model = assert_offset_shifts_only_the_average_reward(algorithm, {"truncate_after": 7}, gamma=gamma, n_steps=3)
    assert isinstance(model.replay_buffer, NStepReplayBuffer)


# The estimate


@every
def test_moving_average_is_that_of_the_observed_rewards(algorithm):
    observed = Rewards()
    env = algorithm.env(truncate_after=5)
    model = algorithm.make(env, centering="moving_average", moving_average_rate=0.9).learn(64, callback=observed)
    rewards = np.mean(observed.rewards, axis=1)
    weights = 0.9 ** np.arange(len(rewards))[::-1]
    assert model.average_reward == pytest.approx(np.average(rewards, weights=weights), abs=1e-6)


@on_policy
def test_simple_centering_leaves_out_the_values_at_time_limits(algorithm):
    observed = Rewards()
    n_steps = algorithm.settings["n_steps"]
    model = algorithm.make(algorithm.env(truncate_after=2), centering="simple", eta=1e9, gamma=0.99)
    model.learn(2 * n_steps, callback=observed)
    assert model.average_reward == pytest.approx(np.mean(observed.rewards), abs=1e-6)


@off_policy
@pytest.mark.parametrize("n_steps", [1, 3])
def test_simple_centering_follows_replayed_rewards(algorithm, n_steps):
    model = algorithm.make(algorithm.env(offset=3.0), centering="simple", n_steps=n_steps, learning_starts=100).learn(
        64
    )
    model.replay_buffer.rewards[:] = 7.0
    model.train(gradient_steps=1, batch_size=16)
    assert model.average_reward == pytest.approx(7.0, abs=1e-5)


@on_policy
def test_rvi_takes_the_mean_value_of_states_of_the_first_rollout(algorithm):
    if algorithm.name == "RecurrentPPO":
        message = r"^`centering` must be one of 'value', 'simple', 'moving_average' or None, got 'rvi'\.$"
        with pytest.raises(ValueError, match=message):
            algorithm.make(centering="rvi")
        return
    n_states = 2 * algorithm.settings["n_steps"]
    model = algorithm.make(centering="rvi", n_reference_states=n_states, learning_rate=0.0).learn(4 * n_states)
    observations = torch.as_tensor(model._reference)
    with torch.no_grad():
        values = model.policy.predict_values(observations)
    assert len(observations) == n_states
    assert model.average_reward == pytest.approx(values.mean().item(), abs=1e-6)
    first = algorithm.make(centering="rvi", n_reference_states=n_states, learning_rate=0.0).learn(n_states)
    assert model.average_reward == pytest.approx(first.rollout_buffer.values.mean(), abs=1e-6)


def test_rvi_has_its_fixed_point_off_policy():
    # With reward c in all states, q = c - q + gamma q: the value of the reference states is c / (2 - gamma).
    settings = {"gamma": 0.9, "learning_rate": 0.005, "learning_starts": 400, "target_update_interval": 2}
    model = DQN.make(centering="rvi", **settings).learn(400)
    model.replay_buffer.rewards[:] = 2.0
    for _ in range(500):
        model.train(gradient_steps=1, batch_size=32)
        model._on_step()
    assert model.average_reward == pytest.approx(2.0 / (2 - 0.9), abs=0.01)


@both_families
def test_step_size_is_eta_times_the_scheduled_learning_rate_and_at_most_one(algorithm):
    schedule = {"learning_rate": lambda progress: 0.1 * progress, "unbiased_step_size": False}
    model = algorithm.make(**schedule, eta=2.0)
    model._update_current_progress_remaining(num_timesteps=75, total_timesteps=100)
    model._update_average_reward(lambda: 1.0, lambda: 0.0, lambda: 0.0)
    assert model.average_reward == pytest.approx(0.05)
    model._update_current_progress_remaining(num_timesteps=100, total_timesteps=100)
    model._update_average_reward(lambda: 1.0, lambda: 0.0, lambda: 0.0)
    assert model.average_reward == pytest.approx(0.05)

    large = algorithm.make(learning_rate=0.1, eta=1000.0, unbiased_step_size=False)
    large._update_average_reward(lambda: 3.0, lambda: 0.0, lambda: 0.0)
    assert large.average_reward == 3.0


# Undiscounted


@off_policy
@pytest.mark.parametrize("centering", ["simple", "moving_average"])
def test_undiscounted_off_policy_values_need_an_anchor(algorithm, centering):
    message = (
        rf'^`centering="{centering}"` needs `gamma` < 1 in Centered{algorithm.name}, .* or choose "value" or "rvi"\.$'
    )
    with pytest.raises(ValueError, match=message):
        algorithm.make(centering=centering, gamma=1.0)
    assert algorithm.make(centering=centering, gamma=1.0, eta=0).average_reward == 0


def test_undiscounted_centering_finds_the_best_reward_rate_while_acting_at_random():
    # Going to and fro between the states of rewards 0 and 4 is best; acting at random gives 0.8.
    linear = {"net_arch": [], "optimizer_class": torch.optim.SGD}
    settings = {"gamma": 1.0, "learning_rate": 0.2, "learning_starts": 400, "target_update_interval": 2}
    model = DQN.make(policy_kwargs=linear, **settings).learn(400)
    for _ in range(1000):
        model.train(gradient_steps=1, batch_size=16)
        model._on_step()
    assert model.average_reward == pytest.approx(2.0, abs=0.05)
    values = model.q_net(torch.eye(5))
    assert values.abs().max() < 20
    assert values.argmax(dim=1)[[0, 4]].tolist() == [0, 1]


# Save and load


@pytest.mark.parametrize(
    ("algorithm", "centering"),
    [(algorithm, "value") for algorithm in ALGORITHMS]
    + [(algorithm, centering) for algorithm in (DQN, PPO) for centering in ("simple", "moving_average", "rvi")],
    ids=lambda value: getattr(value, "name", value),
)
def test_training_goes_on_after_loading_as_if_never_stopped(algorithm, centering, tmp_path):
    model = algorithm.make(centering=centering, eta=3.0, initial_average_reward=1.0, moving_average_rate=0.8).learn(96)
    model.save(tmp_path / "model")
    loaded = algorithm.centered.load(tmp_path / "model", device="cpu")
    loaded.set_logger(model.logger)
    assert loaded.average_reward == model.average_reward != 1.0
    assert (loaded.centering, loaded.eta, loaded.moving_average_rate) == (centering, 3.0, 0.8)
    if not algorithm.on_policy:
        loaded.replay_buffer = pickle.loads(pickle.dumps(model.replay_buffer))

    for agent in (model, loaded):
        agent.set_env(algorithm.env(), force_reset=True)
        agent.set_random_seed(5)
        agent.learn(64, reset_num_timesteps=False)
    assert loaded.average_reward == model.average_reward
    assert_equal_parameters(loaded, model)


@every
def test_saved_plain_model_goes_on_with_centred_rewards(algorithm, tmp_path):
    algorithm.make(algorithm.env(offset=100.0), plain=True).learn(32).save(tmp_path / "model")
    model = algorithm.centered.load(tmp_path / "model", env=algorithm.env(offset=100.0), device="cpu")
    assert model.learn(64).average_reward == pytest.approx(100.0, abs=15.0)


# What is left behind


@every
def test_collected_rewards_are_left_as_they_were_and_nothing_stays_shadowed(algorithm):
    observed = Rewards()
    model = algorithm.make(algorithm.env(offset=100.0), centering="value")
    model.learn(2 * algorithm.settings.get("n_steps", 32), callback=observed)
    buffer = model.rollout_buffer if algorithm.on_policy else model.replay_buffer
    rewards = buffer.rewards[: len(observed.rewards)]
    assert np.array_equal(rewards, np.array(observed.rewards, dtype=np.float32))
    for owner in (buffer, observed, *model.policy.modules()):
        assert not {"sample", "_normalize_reward", "compute_returns_and_advantage", "on_step", "forward"} & set(
            vars(owner)
        )


@both_families
def test_checkpoint_can_be_written_while_the_agent_trains(algorithm, tmp_path):
    class Checkpoint(BaseCallback):
        def _on_step(self):
            self.model.save(tmp_path / "model")
            self.model.get_vec_normalize_env().save(tmp_path / "normalizer")
            return True

    env = VecNormalize(algorithm.env())
    model = algorithm.make(env, centering="moving_average").learn(64, callback=Checkpoint())
    loaded = algorithm.centered.load(
        tmp_path / "model", env=VecNormalize.load(tmp_path / "normalizer", algorithm.env())
    )
    assert math.isfinite(loaded.average_reward)
    assert loaded.n_envs == model.n_envs


def forward_passes(algorithm, **kwargs):
    """Count how often 5 gradient steps run a linear layer."""
    model = algorithm.make(**kwargs).learn(64)
    calls = []
    for module in model.policy.modules():
        if isinstance(module, torch.nn.Linear):
            module.register_forward_hook(lambda module, *_: calls.append(module))
    model.train(gradient_steps=5, batch_size=16)
    return len(calls)


@off_policy
@pytest.mark.parametrize("centering", ["value", "simple", "moving_average"])
def test_networks_are_not_asked_twice(algorithm, centering):
    passes, plain_passes = forward_passes(algorithm, centering=centering), forward_passes(algorithm, plain=True)
    if algorithm.name in ("TD3", "DDPG") and centering == "value":
        # TD3 draws the noise on the target actions where it is out of reach: the target critic runs once more.
        assert plain_passes < passes < 1.5 * plain_passes
    else:
        assert passes == plain_passes


# Logging


def record(model):
    recorded = {}
    model.logger.record = lambda key, value, exclude=None: recorded.update({key: value})
    return recorded


@every
def test_estimate_and_value_magnitudes_are_logged(algorithm):
    model = algorithm.make(algorithm.env(offset=100.0), gamma=0.9)
    recorded = record(model)
    model.learn(64, log_interval=None)
    assert recorded["train/average_reward"] == model.average_reward
    assert 0 < recorded["train/average_reward_step_size"] <= 1
    assert 0 < recorded["train/centered_value_magnitude"] < 20
    # The values are near 0 beside the constant that centering removes.
    constant = model.average_reward / (1 - 0.9)
    assert recorded["train/uncentered_value_magnitude"] == pytest.approx(constant, abs=20)


@both_families
def test_uncentred_values_of_undiscounted_returns_are_not_logged(algorithm):
    model = algorithm.make(gamma=1.0)
    recorded = record(model)
    model.learn(64, log_interval=None)
    assert "train/centered_value_magnitude" in recorded
    assert "train/uncentered_value_magnitude" not in recorded


# VecNormalize


@both_families
@pytest.mark.parametrize("centering", ["value", "simple", "moving_average"])
def test_average_reward_is_in_units_of_the_environment_under_vec_normalize(algorithm, centering):
    env = VecNormalize(algorithm.env(offset=50.0), gamma=0.9, clip_reward=1e6)
    model = algorithm.make(env, centering=centering, gamma=0.9, learning_rate=1e-3).learn(640)
    scale = math.sqrt(env.ret_rms.var)
    assert scale > 20
    assert model.average_reward == pytest.approx(51.0, rel=0.15)
    recorded = record(model)
    model.learn(64, log_interval=None)
    assert recorded["train/uncentered_value_magnitude"] == pytest.approx(51.0 / scale / (1 - 0.9), rel=0.5)


# Warnings and errors


@both_families
def test_termination_warns_once_and_names_the_continuing_task(algorithm):
    model = algorithm.make(algorithm.env(terminate_after=4))
    with pytest.warns(EpisodicTaskWarning, match=r"HackAtari/<Game>-Continuing-v0\.$") as record:
        model.learn(64)
    assert len(record) == 1


@both_families
def test_warning_can_be_silenced(algorithm):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", EpisodicTaskWarning)
        model = algorithm.make(algorithm.env(terminate_after=4)).learn(64)
    assert model.average_reward != 0


@both_families
@pytest.mark.parametrize("kwargs", [{"eta": 0}, {"centering": None}])
def test_time_limit_and_plain_algorithms_do_not_warn(algorithm, kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        truncated = algorithm.make(algorithm.env(truncate_after=4)).learn(64)
        uncentered = algorithm.make(algorithm.env(terminate_after=4), **kwargs).learn(64)
    assert truncated.average_reward != 0
    assert uncentered.average_reward == 0


@both_families
@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"eta": -0.1}, r'`eta` must be a finite number >= 0, "auto" or None, got -0\.1\.'),
        ({"eta": math.inf}, r'`eta` must be a finite number >= 0, "auto" or None, got inf\.'),
        ({"eta": "1"}, r"`eta` must be a finite number >= 0, \"auto\" or None, got '1'\."),
        ({"initial_average_reward": math.nan}, r"`initial_average_reward` must be a finite number, got nan\."),
        ({"initial_average_reward": None}, r"`initial_average_reward` must be a finite number, got None\."),
        ({"moving_average_rate": 1.0}, r"`moving_average_rate` must be a number in \[0, 1\), got 1\.0\."),
        ({"n_reference_states": 0}, r"`n_reference_states` must be an integer > 0, got 0\."),
        (
            {"centering": "values"},
            r"`centering` must be one of 'value', 'simple', 'moving_average', 'rvi' or None, got 'values'\. "
            r"Did you mean 'value'\?",
        ),
        ({"centering": 1}, r"`centering` must be one of .* or None, got 1\."),
    ],
)
def test_bad_arguments(algorithm, kwargs, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        algorithm.make(**kwargs)
