"""The queue's dynamics, and the figures known for it."""

import numpy as np
import pytest

from hackatari.problems import AccessControl

COIN = [0.5, 0.5]


def test_figures_of_known_policies():
    mdp = AccessControl().mdp()
    assert mdp.average_reward(COIN) == pytest.approx(1.6982, abs=5e-5)
    assert mdp.average_reward([0.0, 1.0]) == pytest.approx(2.1814, abs=5e-5)
    best = np.eye(2)[mdp.optimal_policy()]
    assert mdp.average_reward(best) == pytest.approx(2.7476, abs=5e-5)
    assert mdp.average_reward(0.9 * best + 0.05) == pytest.approx(2.6469, abs=5e-5)


@pytest.mark.parametrize(
    ("gamma", "figure"), [(0.0, 2.181), (0.5, 2.402), (0.8, 2.640), (0.9, 2.673), (0.99, 2.7476), (0.999, 2.7476)]
)
def test_short_sight_costs_reward(gamma, figure):
    mdp = AccessControl().mdp()
    assert mdp.average_reward(np.eye(2)[mdp.optimal_policy(gamma)]) == pytest.approx(figure, abs=5e-4)


def test_the_best_policy_turns_away_those_who_pay_little():
    policy = AccessControl().mdp().optimal_policy().reshape(11, 4)
    assert not policy[:, 0].any()
    assert policy[:10, 1].tolist() == [1] * 7 + [0] * 3
    assert policy[:10, 2:].all()


def test_transitions_are_probabilities():
    transitions = AccessControl().mdp().transitions
    assert transitions.shape == (44, 2, 44)
    assert transitions.sum(axis=2) == pytest.approx(np.ones((44, 2)))
    assert (transitions >= 0).all()


def test_the_env_follows_its_transition_probabilities():
    n = 10_000
    envs = AccessControl(n)
    envs.reset(seed=0)
    mdp = envs.mdp()
    for busy, rank, action in ((0, 3, 1), (4, 1, 1), (9, 2, 1), (10, 3, 1), (10, 0, 0)):
        envs._busy[:], envs._rank[:] = busy, rank
        observations, rewards, *_ = envs.step(np.full(n, action))
        state = 4 * busy + rank
        expected = mdp.transitions[state, action]
        assert (rewards == mdp.rewards[state, action]).all()
        frequencies = np.bincount(observations, minlength=44) / n
        # Five standard deviations of a frequency.
        assert (np.abs(frequencies - expected) <= 5 * np.sqrt(expected * (1 - expected) / n)).all()


def test_a_fair_coin_earns_what_the_matrix_says():
    envs, rng = AccessControl(1000), np.random.default_rng(0)
    envs.reset(seed=0)
    rewards = [envs.step(rng.integers(2, size=1000))[1].mean() for _ in range(500)]
    assert np.mean(rewards[100:]) == pytest.approx(1.698, abs=0.015)


def test_full_servers_reject():
    envs = AccessControl(1, num_servers=1, priorities=[3.0], free_probability=1e-9)
    assert envs.reset(seed=0)[0] == 0
    steps = [envs.step(np.array([1])) for _ in range(3)]
    assert [step[0][0] for step in steps] == [1, 1, 1]
    assert [step[1][0] for step in steps] == [3, 0, 0]


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match=r"free_probability must be in \(0, 1\), got 1"):
        AccessControl(1, free_probability=1)
    with pytest.raises(ValueError, match=r"There must be servers and priorities, got 10 and \[\]"):
        AccessControl(1, priorities=[])
