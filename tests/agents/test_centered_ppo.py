from __future__ import annotations

import numpy as np
import pytest
import torch
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.logger import Logger

from hackatari.agents import CenteredPPO

GAMMA, GAE_LAMBDA, N_STEPS, N_ENVS = 0.9, 0.8, 6, 2
SMALL = {"n_steps": 32, "batch_size": 32, "n_epochs": 2, "seed": 0, "device": "cpu"}


class Rollouts(BaseCallback):
    """Keeps what each rollout held."""

    def _on_training_start(self):
        self.rollouts = []

    def _on_step(self):
        return True

    def _on_rollout_end(self):
        buffer = self.model.rollout_buffer
        names = ("rewards", "values", "episode_starts", "advantages", "returns")
        rollout = {name: getattr(buffer, name).astype(float) for name in names}
        rollout["last_values"] = self.locals["values"].numpy().reshape(1, -1).astype(float)
        rollout["dones"] = self.locals["dones"].copy()
        rollout["average_reward"] = self.model.average_reward
        self.rollouts.append(rollout)


def rollout_ppo(algorithm, env_class, **kwargs):
    settings = {"gamma": GAMMA, "gae_lambda": GAE_LAMBDA, "n_steps": N_STEPS, "batch_size": N_STEPS * N_ENVS}
    env = make_vec_env(env_class, n_envs=N_ENVS, env_kwargs={"offset": 20.0, "truncate_after": 4})
    model = algorithm("MlpPolicy", env, n_epochs=2, seed=0, device="cpu", **settings, **kwargs)
    model.set_logger(Logger(folder=None, output_formats=[]))
    return model


def test_returns_and_advantages_equal_a_hand_computation(ring):
    model = rollout_ppo(CenteredPPO, ring, eta=50.0, learning_rate=0.01, initial_average_reward=7.0)
    record = Rollouts()
    model.learn(3 * N_STEPS * N_ENVS, callback=record)
    average_reward = 7.0
    for update, rollout in enumerate(record.rollouts, start=1):
        values = np.vstack([rollout["values"], rollout["last_values"]])
        continues = 1.0 - np.vstack([rollout["episode_starts"][1:], rollout["dones"]])
        td_errors = rollout["rewards"] + GAMMA * continues * values[1:] - values[:-1]
        step_size = 0.5 / (1 - 0.5**update)
        average_reward += step_size * (td_errors.mean() - average_reward)
        assert rollout["average_reward"] == pytest.approx(average_reward, rel=1e-6)

        for env in range(N_ENVS):
            for step in range(N_STEPS):
                advantage, weight = 0.0, 1.0
                for later in range(step, N_STEPS):
                    advantage += weight * (td_errors[later, env] - average_reward)
                    weight *= GAMMA * GAE_LAMBDA * continues[later, env]
                assert rollout["advantages"][step, env] == pytest.approx(advantage, rel=1e-4, abs=1e-4)
        np.testing.assert_allclose(rollout["returns"], rollout["advantages"] + values[:-1], rtol=1e-6)
    assert len(record.rollouts) == 3


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


def test_dictionary_observations(ring):
    plain = CenteredPPO("MlpPolicy", ring(), **SMALL).learn(64)
    nested = CenteredPPO("MultiInputPolicy", ring(dict_observation=True), **SMALL).learn(64)
    assert nested.average_reward == plain.average_reward != 0


class HalvedRewards(RolloutBuffer):
    """A user's buffer with a change of its own."""

    def add(self, obs, action, reward, *args):
        super().add(obs, action, reward / 2, *args)


def test_user_rollout_buffer_is_centred(ring):
    model = CenteredPPO("MlpPolicy", ring(offset=100.0), rollout_buffer_class=HalvedRewards, **SMALL).learn(32)
    assert model.average_reward == pytest.approx(50.0, abs=2.0)
