"""The walk's dynamics and its exact values."""

import numpy as np
import pytest

from hackatari.problems import RandomWalk

COIN = [0.5, 0.5]


def test_a_walk_to_both_ends():
    envs = RandomWalk(2)
    assert envs.reset()[0].tolist() == [3, 3]
    steps = [envs.step(np.array([0, 1])) for _ in range(5)]
    assert [step[0].tolist() for step in steps] == [[2, 4], [1, 5], [0, 6], [3, 3], [2, 4]]
    assert [step[1].tolist() for step in steps] == [[0, 0], [0, 0], [0, 0], [1, 7], [0, 0]]


def test_length_and_rewards_can_be_chosen():
    envs = RandomWalk(1, num_states=5, left_reward=-1.0, right_reward=2.0)
    assert envs.reset()[0] == 2
    assert [envs.step(np.array([0]))[1][0] for _ in range(3)] == [0, 0, -1]
    assert [envs.step(np.array([1]))[1][0] for _ in range(3)] == [0, 0, 2]


@pytest.mark.parametrize("n", [2, 1, 4])
def test_the_walk_has_a_middle(n):
    with pytest.raises(ValueError, match=f"num_states must be an odd number of at least 3, got {n}"):
        RandomWalk(1, num_states=n)


def test_exact_values_of_the_coin():
    mdp = RandomWalk().mdp()
    assert mdp.stationary_distribution(COIN) == pytest.approx(np.array([1, 2, 3, 4, 3, 2, 1]) / 16)
    assert mdp.average_reward(COIN) == pytest.approx(0.25)
    differential = [-0.625, -1.125, -1.125, -0.625, 0.375, 1.875, 3.875]
    assert mdp.differential_values(COIN) == pytest.approx(differential)
    short_sighted = [2.121, 1.684, 1.621, 1.918, 2.642, 3.953, 6.142]
    assert mdp.values(COIN, 0.9) == pytest.approx(short_sighted, abs=5e-4)
    far_sighted = [24.405, 23.913, 23.905, 24.379, 25.346, 26.825, 28.846]
    assert mdp.values(COIN, 0.99) == pytest.approx(far_sighted, abs=5e-4)


def test_the_offset_is_in_the_average_reward():
    assert RandomWalk(reward_offset=2.0).mdp().average_reward(COIN) == pytest.approx(2.25)


def test_the_env_is_its_transition_matrix():
    envs, mdp = RandomWalk(14), RandomWalk().mdp()
    states, actions = np.repeat(np.arange(7), 2), np.tile([0, 1], 7)
    envs.reset()
    envs._states = states.copy()
    observations, rewards, *_ = envs.step(actions)
    assert np.array_equal(mdp.transitions[states, actions], np.eye(7)[observations])
    assert np.array_equal(mdp.rewards[states, actions], rewards)
