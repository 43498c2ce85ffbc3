"""The pendulum against an integration step by step."""

import math

import numpy as np
import pytest

from hackatari.problems import Pendulum


@pytest.mark.parametrize(("torque", "friction"), [(2.0, 0.3), (1.0, 0.1)])
def test_the_pendulum_swings(torque, friction):
    envs = Pendulum(1, torque=torque, friction=friction)
    assert envs.reset()[0].tolist() == [[1, 0, 0]]
    angle = velocity = 0.0
    for action in np.random.default_rng(0).integers(3, size=200):
        for _ in range(4):
            velocity += ((int(action) - 1) * torque - friction * velocity - 9.81 * math.sin(angle)) * 0.05
            angle = (angle + velocity * 0.05) % (2 * math.pi)
        observations, rewards, *_ = envs.step(np.array([action]))
        assert observations[0] == pytest.approx([math.cos(angle), math.sin(angle), velocity], abs=1e-5)
        assert rewards[0] == pytest.approx(-((math.pi - angle) ** 2) - 0.1 * velocity**2, abs=1e-6)


def test_the_sparse_reward_is_for_being_upright():
    envs = Pendulum(5, reward="sparse")
    envs.reset()
    envs._angle = np.pi + np.radians([0.0, 28.0, -28.0, 32.0, 180.0])
    rewards = envs.step(np.ones(5, int))[1]
    # 0.2 s are enough to fall from 28 to more than 30 degrees.
    assert rewards.tolist() == [1, 0, 0, 0, 0]


def test_upright_is_best_and_hanging_costs_pi_squared():
    envs = Pendulum(2)
    envs.reset()
    envs._angle = np.array([np.pi, 0.0])
    assert envs.step(np.array([1, 1]))[1] == pytest.approx([0.0, -(np.pi**2)], abs=1e-12)


def test_speeding_up_never_reaches_the_limit_of_the_space():
    envs = Pendulum(1)
    observation, speeds = envs.reset()[0][0], []
    for _ in range(500):
        observation = envs.step(np.array([2 if observation[2] >= 0 else 0]))[0][0]
        speeds.append(abs(observation[2]))
    assert 5.0 < max(speeds) < envs.single_observation_space.high[2] == pytest.approx(11.81 / 0.3)


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="reward must be 'dense' or 'sparse', got 'densee'"):
        Pendulum(1, reward="densee")
    with pytest.raises(ValueError, match=r"torque must be above 0, friction in \(0, 20\), got 2.0 and 0"):
        Pendulum(1, friction=0)
