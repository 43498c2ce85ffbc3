from __future__ import annotations

import numpy as np
import pytest
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.utils import set_random_seed

from hackatari.agents import CenteredDictRolloutBuffer, CenteredPPO, CenteredRolloutBuffer

GAMMA, GAE_LAMBDA, N_STEPS, N_ENVS = 0.9, 0.8, 6, 2
SMALL = {"n_steps": 32, "batch_size": 32, "n_epochs": 2, "seed": 0, "device": "cpu"}


def fill_rollout_buffer(model, subtract=0.0):
    """Adds a random rollout with rewards far from 0 and episode ends in both environments."""
    rng = np.random.default_rng(0)
    model.rollout_buffer.reset()
    for step in range(N_STEPS):
        model.rollout_buffer.add(
            rng.random((N_ENVS, 5), dtype=np.float32),
            rng.integers(2, size=N_ENVS),
            (rng.normal(20.0, 3.0, size=N_ENVS).astype(np.float32) - subtract),
            np.array([step == 2, step == 4]),
            torch.as_tensor(rng.normal(size=N_ENVS), dtype=torch.float32),
            torch.as_tensor(np.log(rng.uniform(0.3, 0.7, size=N_ENVS)), dtype=torch.float32),
        )
    last_values = torch.as_tensor(rng.normal(size=(N_ENVS, 1)), dtype=torch.float32)
    return last_values, np.array([True, False])


def rollout_ppo(algorithm, env_class, **kwargs):
    settings = {"gamma": GAMMA, "gae_lambda": GAE_LAMBDA, "n_steps": N_STEPS, "batch_size": N_STEPS * N_ENVS}
    env = make_vec_env(env_class, n_envs=N_ENVS)
    model = algorithm("MlpPolicy", env, n_epochs=2, seed=0, device="cpu", **settings, **kwargs)
    model.set_logger(Logger(folder=None, output_formats=[]))
    return model


def test_returns_and_advantages_equal_a_hand_computation(ring):
    model = rollout_ppo(CenteredPPO, ring, eta=50.0, learning_rate=0.01, initial_average_reward=7.0)
    average_reward = 7.0
    for update in range(1, 4):
        last_values, dones = fill_rollout_buffer(model)
        buffer = model.rollout_buffer
        buffer.compute_returns_and_advantage(last_values, dones)

        values = np.vstack([buffer.values, last_values.numpy().T]).astype(float)
        continues = 1.0 - np.vstack([buffer.episode_starts[1:], dones])
        td_errors = buffer.rewards + GAMMA * continues * values[1:] - values[:-1]
        step_size = 0.5 / (1 - 0.5**update)
        average_reward += step_size * (td_errors.mean() - average_reward)
        assert model.average_reward == pytest.approx(average_reward, rel=1e-6)

        for env in range(N_ENVS):
            for step in range(N_STEPS):
                advantage, weight = 0.0, 1.0
                for later in range(step, N_STEPS):
                    advantage += weight * (td_errors[later, env] - average_reward)
                    weight *= GAMMA * GAE_LAMBDA * continues[later, env]
                assert buffer.advantages[step, env] == pytest.approx(advantage, rel=1e-4, abs=1e-4)
        np.testing.assert_allclose(buffer.returns, buffer.advantages + values[:-1], rtol=1e-6)


def test_update_equals_ppo_on_rewards_centred_by_hand(ring):
    centered = rollout_ppo(CenteredPPO, ring)
    centered.rollout_buffer.compute_returns_and_advantage(*fill_rollout_buffer(centered))
    plain = rollout_ppo(PPO, ring)
    plain.rollout_buffer.compute_returns_and_advantage(*fill_rollout_buffer(plain, centered.average_reward))
    for model in (centered, plain):
        set_random_seed(1)
        model.train()
    for expected, parameter in zip(plain.policy.parameters(), centered.policy.parameters(), strict=True):
        torch.testing.assert_close(parameter, expected, atol=1e-6, rtol=0)


def test_rollout_buffer_keeps_the_collected_rewards(ring):
    model = rollout_ppo(CenteredPPO, ring)
    last_values, dones = fill_rollout_buffer(model)
    rewards = model.rollout_buffer.rewards.copy()
    model.rollout_buffer.compute_returns_and_advantage(last_values, dones)
    assert np.array_equal(model.rollout_buffer.rewards, rewards)


@pytest.mark.parametrize("offset", [-5.0, 100.0])
def test_reward_offset_shifts_only_the_average_reward(ring, offset):
    states = torch.eye(5)

    def train(offset):
        model = CenteredPPO("MlpPolicy", ring(offset), learning_rate=1e-3, eta=100.0, **SMALL).learn(256)
        with torch.no_grad():
            return (
                model.average_reward,
                model.policy.predict_values(states),
                model.policy.get_distribution(states).distribution.probs,
            )

    average_reward, values, policy = train(0.0)
    shifted_average_reward, shifted_values, shifted_policy = train(offset)
    assert shifted_average_reward - average_reward == pytest.approx(offset, abs=1e-3)
    torch.testing.assert_close(shifted_values, values, atol=1e-3, rtol=0)
    torch.testing.assert_close(shifted_policy, policy, atol=1e-3, rtol=0)


def test_eta_zero_is_ppo_bit_for_bit(ring):
    plain = PPO("MlpPolicy", ring(), **SMALL).learn(128)
    centered = CenteredPPO("MlpPolicy", ring(), eta=0.0, **SMALL).learn(128)
    for expected, parameter in zip(plain.policy.parameters(), centered.policy.parameters(), strict=True):
        assert torch.equal(parameter, expected)
    assert centered.average_reward == 0.0


def test_time_limit_bootstraps_and_termination_does_not(ring):
    """One rollout that ends its only episode at the last step, so that the mean TD error tells the two apart."""

    class Terminal(BaseCallback):
        """Notes the value of the last observation of the episode."""

        def _on_step(self):
            info = self.locals["infos"][0]
            if "terminal_observation" in info:
                observation = torch.as_tensor(info["terminal_observation"])[None]
                self.value = self.model.policy.predict_values(observation).item()
            return True

    def first_estimate(**ending):
        model = CenteredPPO("MlpPolicy", ring(**ending), **{**SMALL, "gamma": GAMMA})
        terminal = Terminal()
        model.learn(32, callback=terminal)
        return model.average_reward, terminal.value

    truncated, value = first_estimate(truncate_after=32)
    with pytest.warns(UserWarning, match="episode terminate"):
        terminated, _ = first_estimate(terminate_after=32)
    assert value != 0
    assert truncated - terminated == pytest.approx(GAMMA * value / 32, abs=1e-6)


@pytest.mark.parametrize("dict_observation", [False, True])
def test_training_goes_on_after_loading_as_if_never_stopped(ring, tmp_path, dict_observation):
    policy = "MultiInputPolicy" if dict_observation else "MlpPolicy"
    model = CenteredPPO(policy, ring(dict_observation=dict_observation), eta=10.0, **SMALL).learn(96)
    model.save(tmp_path / "model")
    loaded = CenteredPPO.load(tmp_path / "model", device="cpu")
    assert loaded.average_reward == model.average_reward != 0
    assert loaded.step_size_trace == model.step_size_trace != 0
    assert (loaded.eta, loaded.unbiased_step_size) == (10.0, True)

    for agent in (model, loaded):
        agent.set_env(make_vec_env(lambda: ring(dict_observation=dict_observation)), force_reset=True)
        set_random_seed(5)
        agent.learn(64, reset_num_timesteps=False)
    assert loaded.average_reward == model.average_reward
    for expected, parameter in zip(model.policy.parameters(), loaded.policy.parameters(), strict=True):
        assert torch.equal(parameter, expected)


def test_dictionary_observations(ring):
    plain = CenteredPPO("MlpPolicy", ring(), **SMALL).learn(64)
    nested = CenteredPPO("MultiInputPolicy", ring(dict_observation=True), **SMALL).learn(64)
    assert type(nested.rollout_buffer) is CenteredDictRolloutBuffer
    assert nested.average_reward == plain.average_reward != 0


def test_saved_ppo_goes_on_training_with_centred_rewards(ring, tmp_path):
    PPO("MlpPolicy", ring(offset=100.0), **SMALL).learn(32).save(tmp_path / "model")
    model = CenteredPPO.load(tmp_path / "model", env=ring(offset=100.0), rollout_buffer_class=None, device="cpu")
    assert model.learn(32).average_reward == pytest.approx(100.0, abs=5.0)


class HalvedRewards(RolloutBuffer):
    """A user's buffer with a change of its own."""

    def add(self, obs, action, reward, *args):
        super().add(obs, action, reward / 2, *args)


class CenteredHalvedRewards(CenteredRolloutBuffer, HalvedRewards):
    pass


def test_user_rollout_buffer_is_centred_by_the_mixin(ring):
    settings = {**SMALL, "rollout_buffer_class": CenteredHalvedRewards}
    model = CenteredPPO("MlpPolicy", ring(offset=100.0), **settings).learn(32)
    assert model.average_reward == pytest.approx(50.0, abs=2.0)


def test_rollout_buffer_that_does_not_centre_is_refused(ring):
    message = (
        r"got HalvedRewards: pass None or `class CenteredHalvedRewards\(CenteredRolloutBuffer, HalvedRewards\)`\.$"
    )
    with pytest.raises(ValueError, match=message):
        CenteredPPO("MlpPolicy", ring(), rollout_buffer_class=HalvedRewards)
