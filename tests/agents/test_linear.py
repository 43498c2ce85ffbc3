from __future__ import annotations

import re

import numpy as np
import pytest

from hackatari.agents.linear import OneHot, QLearning, Sarsa, TDPrediction
from hackatari.agents.tile_coding import TileCoder
from hackatari.problems import AccessControl, RandomWalk

HYPERPARAMETERS = {"step_size": 0.1, "gamma": 0.9, "eta": 0.1}
UNIFORM = (0.5, 0.5)


class QueueTiles(TileCoder):
    """Tiles over the busy servers and the priority of a state of access control."""

    def __call__(self, states):
        return super().__call__(np.stack(np.divmod(states, 4), axis=1))


def control(agent, envs, seeds, n_steps, offset=0.0):
    """Return all rewards without the offset and all actions, shape (n_steps, n_runs)."""
    history = []
    observations, _ = envs.reset(seed=seeds)
    actions = agent.start(observations)
    for _ in range(n_steps):
        observations, rewards, *_ = envs.step(actions)
        history.append((rewards, actions))
        actions = agent.step(rewards + offset, observations)
    return tuple(map(np.array, zip(*history, strict=True)))


def predict(agent, envs, n_steps, right=0.5, offset=0.0):
    """Let a policy act that goes right with a probability, and learn the values of the uniform one."""
    uniforms = np.random.default_rng(0).random((n_steps, envs.num_envs))
    observations, _ = envs.reset(seed=0)
    agent.start(observations)
    for goes_right in uniforms < right:
        observations, rewards, *_ = envs.step(goes_right.astype(int))
        agent.step(rewards + offset, observations, np.where(goes_right, 0.5 / right, 0.5 / (1 - right)))


# The update against its definition


@pytest.mark.parametrize("agent_class", [QLearning, Sarsa])
@pytest.mark.parametrize("centering", ["value", "simple"])
@pytest.mark.parametrize("unbiased", [False, True])
def test_weights_are_those_of_the_algorithm_written_with_dictionaries(agent_class, centering, unbiased):
    features = TileCoder([0.0, 0.0], [1.0, 1.0], tiles=2, tilings=3)
    options = {"centering": centering, "unbiased_step_size": unbiased, "initial_average_reward": 0.5}
    agent = agent_class(features, 3, [7], step_size=0.3, gamma=0.8, eta=0.2, step_size_decay=0.99, **options)
    rng = np.random.default_rng(0)
    observation = rng.random((1, 2))
    (action,) = agent.start(observation)
    weights = {(i, a): 0.0 for i in range(features.n_features) for a in range(3)}
    average, trace, alpha = 0.5, 0.0, 0.3

    def value(observation, action):
        return sum(weights[i, action] for i in features(observation)[0])

    for _ in range(300):
        next_observation, reward = rng.random((1, 2)), rng.normal()
        (next_action,) = agent.step(np.array([reward]), next_observation)
        next_values = [value(next_observation, a) for a in range(3)]
        bootstrap = max(next_values) if agent_class is QLearning else next_values[next_action]
        error = reward - average + 0.8 * bootstrap - value(observation, action)
        beta = 0.2 * alpha
        if unbiased:
            trace += beta * (1 - trace)
            beta /= trace
        change = beta * (error if centering == "value" else reward - average)
        average += change
        for i in features(observation)[0]:
            weights[i, action] += alpha / 4 * (error - change if unbiased else error)
        alpha *= 0.99
        observation, action = next_observation, next_action

    expected = np.array([[weights[i, a] for a in range(3)] for i in range(features.n_features)])
    np.testing.assert_allclose(agent.weights[0], expected, atol=1e-12)
    np.testing.assert_allclose(agent.average_reward.value, [average], atol=1e-12)
    np.testing.assert_allclose(agent.step_size, [alpha])
    np.testing.assert_allclose(agent.values(observation)[0], [value(observation, a) for a in range(3)], atol=1e-12)


def test_importance_ratio_weights_values_and_average_reward():
    agent = TDPrediction(OneHot(2), 1, step_size=0.5, gamma=0.9, eta=0.2, unbiased_step_size=False)
    agent.weights[0, :, 0] = 1.0, 2.0
    agent.start(np.array([0]))
    agent.step(np.array([3.0]), np.array([1]), rho=2.0)
    td_error = 3.0 + 0.9 * 2.0 - 1.0
    assert agent.average_reward.value == pytest.approx([2.0 * 0.2 * 0.5 * td_error])
    assert agent.weights[0, :, 0] == pytest.approx([1.0 + 2.0 * 0.5 * td_error, 2.0])


def test_step_size_of_one_makes_a_prediction_equal_to_its_target():
    agent = TDPrediction(TileCoder([0.0], [1.0], tiles=3, tilings=4), 1, step_size=1.0, gamma=0.9, eta=0.0)
    agent.start(np.array([[0.1]]))
    agent.step(np.array([5.0]), np.array([[0.9]]))
    assert agent.values(np.array([[0.1]])) == pytest.approx(5.0)


# Identities of reward centering


def test_average_reward_moves_by_eta_times_the_sum_of_the_values():
    # Both follow the same TD errors, so it holds at any time, off-policy and while step sizes decay too.
    eta = np.array([0.01, 0.1, 0.5])
    agent = TDPrediction(
        OneHot(7),
        3,
        step_size=0.1,
        step_size_decay=0.999,
        gamma=0.9,
        eta=eta,
        initial_average_reward=-1.0,
        unbiased_step_size=False,
    )
    predict(agent, RandomWalk(3), 2_000, right=0.7)
    np.testing.assert_allclose(agent.average_reward.value + 1.0, eta * agent.weights.sum(axis=(1, 2)), rtol=1e-10)


@pytest.mark.parametrize("agent_class", [QLearning, Sarsa])
@pytest.mark.parametrize("centering", ["value", "simple"])
@pytest.mark.parametrize("offset", [-8.0, 4.0])
def test_a_constant_added_to_the_rewards_shifts_the_average_reward_only(agent_class, centering, offset):
    def learn(offset):
        agent = agent_class(OneHot(44), 2, range(5), step_size=0.1, gamma=0.99, eta=0.1, centering=centering)
        _, actions = control(agent, AccessControl(5), range(5), 3_000, offset)
        return agent, actions

    (plain, actions), (shifted, shifted_actions) = learn(0.0), learn(offset)
    np.testing.assert_array_equal(shifted_actions, actions)
    np.testing.assert_allclose(shifted.weights, plain.weights, atol=1e-9)
    np.testing.assert_allclose(shifted.average_reward.value, plain.average_reward.value + offset, atol=1e-9)


def test_without_centering_the_same_constant_changes_the_values():
    def learn(offset):
        agent = TDPrediction(OneHot(7), 4, step_size=0.1, gamma=0.5, eta=0.0)
        predict(agent, RandomWalk(4), 3_000, offset=offset)
        return agent

    np.testing.assert_allclose(learn(4.0).weights - learn(0.0).weights, 4.0 / (1 - 0.5), atol=1e-3)


def test_eta_zero_subtracts_the_initial_average_reward():
    agents = [
        TDPrediction(OneHot(7), 2, step_size=0.1, gamma=0.9, eta=0.0, initial_average_reward=average)
        for average in (0.25, 0.0)
    ]
    predict(agents[0], RandomWalk(2), 500)
    predict(agents[1], RandomWalk(2), 500, offset=-0.25)
    np.testing.assert_array_equal(agents[0].average_reward.value, 0.25)
    np.testing.assert_allclose(agents[0].weights, agents[1].weights, atol=1e-12)


# Learning


@pytest.mark.parametrize("right", [0.5, 0.7])
def test_values_of_the_random_walk(right):
    gammas, envs = (0.9, 0.99, 1.0), RandomWalk(90)
    agent = TDPrediction(OneHot(7), 90, step_size=0.1, step_size_decay=0.9998, gamma=np.repeat(gammas, 30), eta=0.1)
    predict(agent, envs, 12_000, right)
    mdp = envs.mdp()
    visits = mdp.stationary_distribution(UNIFORM)
    estimates = agent.weights.reshape(3, 30, 7).mean(axis=1)
    np.testing.assert_allclose(agent.average_reward.value.reshape(3, 30).mean(axis=1), 0.25, atol=0.05)
    for gamma, estimate in zip(gammas, estimates, strict=True):
        true_values = mdp.differential_values(UNIFORM) if gamma == 1 else mdp.values(UNIFORM, gamma)
        # Relative to their mean: what is left of r_bar's error is a constant of no consequence.
        np.testing.assert_allclose(estimate - visits @ estimate, true_values - visits @ true_values, atol=0.25)
        assert np.ptp(true_values) > 4


def test_simple_centering_is_misled_off_policy():
    envs = RandomWalk(40)
    mdp = envs.mdp()
    agent = TDPrediction(OneHot(7), 40, step_size=0.1, gamma=0.99, eta=0.025, centering="simple")
    predict(agent, envs, 5_000, right=0.7)
    misled = mdp.stationary_distribution((0.3, 0.7)) @ mdp.under(UNIFORM)[1]
    assert misled == pytest.approx(0.523, abs=1e-3)
    assert agent.average_reward.value.mean() == pytest.approx(misled, abs=0.02)


def test_centering_learns_access_control_where_discounting_alone_does_not():
    gamma, eta = np.array([(0.99, 0.0), (0.99, 1 / 16), (1.0, 1 / 16)]).repeat(8, axis=0).T
    agent = QLearning(OneHot(44), 2, list(range(8)) * 3, step_size=1 / 8, gamma=gamma, eta=eta)
    rewards, _ = control(agent, AccessControl(24), list(range(8)) * 3, 30_000)
    uncentered, centered, differential = rewards[15_000:].mean(axis=0).reshape(3, 8).mean(axis=1)
    largest = np.abs(agent.weights).max(axis=(1, 2)).reshape(3, 8)
    assert uncentered < 2.3
    assert centered > 2.5
    assert differential > 2.5
    assert largest[1:].max() < 15
    assert largest[0].min() > 100


def test_sarsa_learns_access_control():
    agent = Sarsa(OneHot(44), 2, range(8), step_size=1 / 8, gamma=0.99, eta=1 / 16)
    rewards, _ = control(agent, AccessControl(8), range(8), 10_000)
    assert rewards[5_000:].mean() > 2.4


# Runs of a batch


@pytest.mark.parametrize("agent_class", [QLearning, Sarsa])
@pytest.mark.parametrize(
    "features", [OneHot(44), QueueTiles([0, 0], [10, 3], tiles=3, tilings=4)], ids=["one-hot", "tiles"]
)
def test_a_run_does_not_depend_on_its_batch(agent_class, features):
    settings = [(3, 0.1, 0.9, 0.1), (8, 0.2, 1.0, 0.05), (5, 0.3, 0.99, 0.0)]

    def learn(settings):
        seeds, step_size, gamma, eta = map(list, zip(*settings, strict=True))
        agent = agent_class(features, 2, seeds, step_size=step_size, gamma=gamma, eta=eta)
        _, actions = control(agent, AccessControl(len(seeds)), seeds, 600)
        return agent.weights, agent.average_reward.value, actions

    weights, average_rewards, actions = learn(settings)
    for i, setting in enumerate(settings):
        alone = learn([setting])
        np.testing.assert_array_equal(alone[0][0], weights[i])
        assert alone[1][0] == average_rewards[i]
        np.testing.assert_array_equal(alone[2][:, 0], actions[:, i])


def test_exploration_is_not_drawn_from_the_numbers_of_an_environment_with_the_same_seed():
    agent = QLearning(OneHot(1), 1_000, [5], epsilon=1.0, **HYPERPARAMETERS)
    actions = [agent.start(np.array([0]))[0] for _ in range(100)]
    numbers = np.random.default_rng(5).random(200)
    assert not np.isin(actions, (numbers * 1_000).astype(int)).all()
    assert len(set(actions)) > 80


@pytest.mark.parametrize(
    ("epsilon", "probabilities"), [(0.0, [0.0, 0.5, 0.5]), (0.3, [0.1, 0.45, 0.45]), (1.0, [1 / 3, 1 / 3, 1 / 3])]
)
def test_epsilon_greedy_actions(epsilon, probabilities):
    agent = QLearning(OneHot(1), 3, range(4_000), epsilon=epsilon, **HYPERPARAMETERS)
    agent.weights[:, 0] = -1.0, 2.0, 2.0
    counts = np.zeros(3)
    for _ in range(5):
        counts += np.bincount(agent.start(np.zeros(4_000, int)), minlength=3)
    np.testing.assert_allclose(counts / 20_000, probabilities, atol=0.02)


# Bad input


@pytest.mark.parametrize(
    ("hyperparameters", "message"),
    [
        ({"gamma": 1.1}, "`gamma` must be finite and in [0, 1], got 1.1."),
        ({"eta": -1}, "`eta` must be finite and in [0, inf], got -1."),
        ({"step_size": np.nan}, "`step_size` must be finite and in [0, inf], got nan."),
        ({"epsilon": [0.1, 2.0]}, "`epsilon` must be finite and in [0, 1], got [0.1, 2.0]."),
        ({"step_size": [0.1] * 3}, "`step_size` must be one number or one per run (2), got an array of shape (3,)."),
        ({"eta": 11.0}, "`eta * step_size`, the step size of the average reward, must be at most 1: lower `eta`."),
        ({"centering": "td"}, '`centering` must be "value" or "simple", got \'td\'; `eta=0` turns it off.'),
    ],
)
def test_bad_hyperparameters(hyperparameters, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        QLearning(OneHot(2), 2, [0, 1], **{**HYPERPARAMETERS, **hyperparameters})


def test_step_before_start():
    agent = TDPrediction(OneHot(2), 1, **HYPERPARAMETERS)
    with pytest.raises(RuntimeError, match=re.escape("Call `start` with the first observations before `step`.")):
        agent.step(np.array([0.0]), np.array([1]))
