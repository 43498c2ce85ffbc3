from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from stable_baselines3 import DQN
from stable_baselines3.common.logger import Logger

from hackatari.agents import CenteredDQN

GAMMA = 0.9


def linear_dqn(env, n_steps=1, **kwargs):
    """A DQN whose network is one linear layer, trained by plain gradient descent."""
    settings = {"gamma": GAMMA, "learning_rate": 0.01, "eta": 5.0, "max_grad_norm": 1e9, "seed": 0, "device": "cpu"}
    policy_kwargs = {"net_arch": [], "optimizer_class": torch.optim.SGD}
    model = CenteredDQN("MlpPolicy", env, n_steps=n_steps, policy_kwargs=policy_kwargs, **{**settings, **kwargs})
    model.set_logger(Logger(folder=None, output_formats=[]))
    return model


def fill_replay_buffer(model, size=40):
    """Adds random transitions with rewards far from 0; some end by termination, some by the time limit."""
    rng = np.random.default_rng(0)
    for step in range(size):
        terminated, truncated = step % 7 == 3, step % 7 == 6
        model.replay_buffer.add(
            rng.random((1, 5), dtype=np.float32),
            rng.random((1, 5), dtype=np.float32),
            rng.integers(2, size=1),
            rng.normal(20.0, 3.0, size=1),
            np.array([terminated or truncated]),
            [{"TimeLimit.truncated": truncated}],
        )


def next_batch(model, batch_size):
    """Returns the batch the next gradient step will draw, as float64 arrays."""
    state = np.random.get_state()  # noqa: NPY002 - SB3 samples from the global generator
    samples = model.replay_buffer.sample(batch_size)
    np.random.set_state(state)  # noqa: NPY002
    return [None if part is None else part.double().numpy() for part in samples]


def linear_layer(network):
    layer = network.q_net[-1]
    return layer.weight.detach().double().numpy().copy(), layer.bias.detach().double().numpy().copy()


def perturb_target(model):
    with torch.no_grad():
        for parameter in model.q_net_target.parameters():
            parameter.add_(0.5)


@pytest.mark.parametrize("n_steps", [1, 3])
def test_updates_equal_a_hand_computation(ring, n_steps):
    model = linear_dqn(ring(), n_steps=n_steps, initial_average_reward=7.0)
    fill_replay_buffer(model)
    perturb_target(model)
    beta, average_reward, batch_size = 5.0 * 0.01, 7.0, 16

    for update in range(1, 4):
        observations, actions, next_observations, dones, rewards, discounts = next_batch(model, batch_size)
        weight, bias = linear_layer(model.q_net)
        target_weight, target_bias = linear_layer(model.q_net_target)
        model.train(gradient_steps=1, batch_size=batch_size)

        m = np.ones_like(rewards) if discounts is None else np.rint(np.log(discounts) / math.log(GAMMA))
        n_rewards = (1 - GAMMA**m) / (1 - GAMMA)
        rows, chosen = np.arange(batch_size), actions[:, 0].astype(int)
        q = (observations @ weight.T + bias)[rows, chosen, None]
        next_q = (next_observations @ target_weight.T + target_bias).max(axis=1, keepdims=True)
        td_errors = rewards - average_reward * n_rewards + (1 - dones) * GAMMA**m * next_q - q
        if update > 1:
            td_errors = np.clip(td_errors, -1, 1)
        step_size = beta / (1 - (1 - beta) ** update)
        average_reward += step_size * td_errors.mean() / n_rewards.mean()
        assert model.average_reward == pytest.approx(average_reward, rel=1e-5)

        errors = rewards - average_reward * n_rewards + (1 - dones) * GAMMA**m * next_q - q
        gradient = np.clip(errors, -1, 1)[:, 0] / batch_size
        for row, action in zip(rows, chosen, strict=True):
            weight[action] += 0.01 * gradient[row] * observations[row]
            bias[action] += 0.01 * gradient[row]
        new_weight, new_bias = linear_layer(model.q_net)
        np.testing.assert_allclose(new_weight, weight, atol=1e-6)
        np.testing.assert_allclose(new_bias, bias, atol=1e-6)


def test_dictionary_observations(ring):
    settings = {"learning_starts": 20, "seed": 0, "device": "cpu"}
    plain = CenteredDQN("MlpPolicy", ring(), **settings).learn(100)
    nested = CenteredDQN("MultiInputPolicy", ring(dict_observation=True), **settings).learn(100)
    assert nested.average_reward == plain.average_reward != 0


def test_centred_values_stay_bounded_where_plain_ones_grow(access_control):
    # The rewards of this task are skewed and beyond the reach of the Huber loss: an estimate that followed the
    # unclipped TD errors would drift off, and the values with it, to a mean magnitude beyond 25.
    settings = {"learning_rate": 1e-3, "buffer_size": 10_000, "target_update_interval": 200, "seed": 0}
    settings |= {"policy_kwargs": {"net_arch": [64]}, "exploration_final_eps": 0.1, "device": "cpu"}
    states = torch.eye(44)
    plain = DQN("MlpPolicy", access_control(offset=4.0), **settings).learn(4000)
    centered = CenteredDQN("MlpPolicy", access_control(offset=4.0), eta=100.0, **settings).learn(4000)
    assert plain.q_net(states).mean() > 40
    assert centered.q_net(states).abs().mean() < 15
    assert 4.5 < centered.average_reward < 7
