"""Exact solutions, by hand and against each other."""

import numpy as np
import pytest

from hackatari.problems import MDP

# Two states. Action 0 stays, action 1 goes to the other one; staying in state 1 pays 3, leaving it 5.
SWITCH = MDP(
    transitions=np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]]),
    rewards=np.array([[0.0, 0.0], [3.0, 5.0]]),
)


def random_mdp(seed, states=6, actions=3):
    rng = np.random.default_rng(seed)
    return MDP(rng.dirichlet(np.ones(states), (states, actions)), rng.normal(size=(states, actions)))


def test_a_coin_in_the_switch():
    coin = [0.5, 0.5]
    assert SWITCH.stationary_distribution(coin) == pytest.approx([0.5, 0.5])
    assert SWITCH.average_reward(coin) == pytest.approx(2.0)
    # v = r - 2 + P v: v(0) - v(1) = -4 as all rows of P are equal, and the mean is 0.
    assert SWITCH.differential_values(coin) == pytest.approx([-2.0, 2.0])
    assert SWITCH.values(coin, 0.5) == pytest.approx([2.0, 6.0])


def test_policies_may_depend_on_the_state():
    leave_then_stay = [[0.0, 1.0], [1.0, 0.0]]
    assert SWITCH.stationary_distribution(leave_then_stay) == pytest.approx([0.0, 1.0])
    assert SWITCH.average_reward(leave_then_stay) == pytest.approx(3.0)


def test_the_best_policy_depends_on_the_discount():
    assert SWITCH.optimal_policy(gamma=0.0)[1] == 1
    assert SWITCH.optimal_policy().tolist() == [1, 0]


@pytest.mark.parametrize("seed", range(5))
def test_identities_of_the_values(seed):
    mdp = random_mdp(seed)
    policy = np.random.default_rng(seed).dirichlet(np.ones(3), 6)
    matrix, rewards = mdp.under(policy)
    stationary, average = mdp.stationary_distribution(policy), mdp.average_reward(policy)
    differential = mdp.differential_values(policy)
    assert stationary @ matrix == pytest.approx(stationary)
    assert stationary.sum() == pytest.approx(1.0)
    assert differential == pytest.approx(rewards - average + matrix @ differential)
    assert stationary @ differential == pytest.approx(0.0)
    assert stationary @ mdp.values(policy, 0.9) == pytest.approx(average / 0.1)
    # The Laurent series: discounted values are the average's share, differential values, and what vanishes.
    assert mdp.values(policy, 1 - 1e-5) - average / 1e-5 == pytest.approx(differential, abs=1e-4)


@pytest.mark.parametrize("gamma", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_no_deterministic_policy_is_better_than_the_optimal_one(seed, gamma):
    mdp = random_mdp(seed, states=4, actions=2)

    def worth(actions):
        policy = np.eye(2)[actions]
        return np.array([mdp.average_reward(policy)]) if gamma == 1 else mdp.values(policy, gamma)

    best = worth(mdp.optimal_policy(gamma))
    all_policies = np.array(np.meshgrid(*[[0, 1]] * 4)).reshape(4, -1).T
    assert all((best >= worth(actions) - 1e-9).all() for actions in all_policies)
