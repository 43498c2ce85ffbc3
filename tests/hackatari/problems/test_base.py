"""All problems: Gymnasium's conventions, and batches that are the single envs."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env

from hackatari.problems import AccessControl, ContinuingProblem, RandomWalk
from hackatari.registration import PROBLEMS

IDS = [f"HackAtari/{name}-v0" for name in PROBLEMS]
MORE = [
    ("HackAtari/ContinuingCatch-v0", {"obs_type": "continuous", "ball_probability": 0.4}),
    ("HackAtari/ContinuingPendulum-v0", {"torque": 1.0, "friction": 0.1, "reward": "sparse"}),
    ("HackAtari/PuckWorld-v0", {"goal_period": 7, "acceleration": 1.0}),
    ("HackAtari/AccessControl-v0", {"num_servers": 3, "priorities": [1.0, 5.0, 2.0], "free_probability": 0.3}),
]
ALL = [*((env_id, {}) for env_id in IDS), *MORE]


def play(envs, actions, seed=None):
    """Return observations (steps + 1, n, ...) and rewards (steps, n) of a vector env."""
    observations, rewards = [envs.reset(seed=seed)[0]], []
    for action in actions:
        observation, reward, *_ = envs.step(action)
        observations.append(observation)
        rewards.append(reward)
    return np.array(observations), np.array(rewards)


def play_single(env, actions, seed=None):
    observations, rewards = [env.reset(seed=seed)[0]], []
    for action in actions:
        observation, reward, terminated, truncated, info = env.step(action)
        assert (terminated, truncated, info) == (False, False, {})
        observations.append(observation)
        rewards.append(reward)
    return np.array(observations), np.array(rewards)


def random_actions(env_id, *shape):
    return np.random.default_rng(0).integers(gym.make(env_id).action_space.n, size=shape)


@pytest.mark.parametrize("env_id", IDS)
def test_gymnasiums_checker_is_content(env_id):
    env = gym.make(env_id, render_mode="rgb_array").unwrapped
    assert check_env(env) is None
    picture = env.render()
    assert (picture.dtype, picture.ndim, picture.shape[2]) == (np.uint8, 3, 3)
    assert len(np.unique(picture)) > 1


@pytest.mark.parametrize(("env_id", "kwargs"), ALL)
def test_a_batch_is_its_single_envs_to_the_last_bit(env_id, kwargs):
    actions = random_actions(env_id, 650, 19)
    observations, rewards = play(gym.make_vec(env_id, num_envs=19, **kwargs), actions, seed=5)
    assert observations.dtype == gym.make(env_id, **kwargs).observation_space.dtype
    assert rewards.dtype == np.float64
    for i in (0, 7, 18):
        single = play_single(gym.make(env_id, **kwargs), actions[:, i].tolist(), seed=5 + i)
        assert np.array_equal(single[0], observations[:, i])
        assert np.array_equal(single[1], rewards[:, i])


@pytest.mark.parametrize(("env_id", "kwargs"), ALL)
def test_observations_are_in_the_space_and_never_end(env_id, kwargs):
    envs = gym.make_vec(env_id, num_envs=50, **kwargs)
    assert envs.observation_space.contains(envs.reset(seed=0)[0])
    for action in random_actions(env_id, 300, 50):
        observations, _, terminations, truncations, infos = envs.step(action)
        assert envs.observation_space.contains(observations)
        assert not (terminations | truncations).any()
        assert infos == {}


@pytest.mark.parametrize("env_id", IDS)
def test_an_offset_is_added_to_each_reward_and_changes_nothing_else(env_id):
    actions = random_actions(env_id, 60, 3)
    plain = play(gym.make_vec(env_id, num_envs=3), actions, seed=1)
    shifted = play(gym.make_vec(env_id, num_envs=3, reward_offset=-4.0), actions, seed=1)
    assert np.array_equal(plain[0], shifted[0])
    assert np.array_equal(plain[1] - 4.0, shifted[1])


def test_a_reset_without_seed_goes_on_with_the_random_numbers():
    actions = random_actions("HackAtari/AccessControl-v0", 200, 2)
    envs = AccessControl(2)
    first, second = play(envs, actions, seed=3), play(envs, actions)
    assert not np.array_equal(first[0], second[0])
    again = AccessControl(2)
    play(again, actions, seed=3)
    assert np.array_equal(play(again, actions)[0], second[0])
    single = gym.make("HackAtari/AccessControl-v0")
    play_single(single, actions[:, 1], seed=4)
    assert np.array_equal(play_single(single, actions[:, 1])[0], second[0][:, 1])


def test_sub_envs_can_have_seeds_of_their_own_or_none():
    actions = random_actions("HackAtari/AccessControl-v0", 300, 3)
    envs = AccessControl(3)
    play(envs, actions[:77], seed=[8, 1, 5])
    assert envs.np_random_seed == (8, 1, 5)
    observations, _ = play(envs, actions, seed=[None, 20, None])
    assert envs.np_random_seed == (8, 20, 5)
    for i, seed in ((0, 8), (2, 5)):
        single = gym.make("HackAtari/AccessControl-v0")
        play_single(single, actions[:77, i], seed=seed)
        assert np.array_equal(play_single(single, actions[:, i])[0], observations[:, i])
    fresh = play_single(gym.make("HackAtari/AccessControl-v0"), actions[:, 1], seed=20)
    assert np.array_equal(fresh[0], observations[:, 1])


def test_unseeded_envs_differ():
    actions = random_actions("HackAtari/AccessControl-v0", 100, 2)
    observations, _ = play(AccessControl(2), actions)
    assert not np.array_equal(observations[:, 0], observations[:, 1])


def test_results_are_the_callers_own():
    envs = RandomWalk(2)
    observations, _ = envs.reset()
    observations[:] = 0
    assert envs.step(np.array([1, 1]))[0].tolist() == [4, 4]


@pytest.mark.parametrize("env_id", IDS)
def test_specs_make_the_env_again(env_id):
    env = gym.make(env_id, reward_offset=2.0)
    assert gym.make(env.spec).unwrapped.problem.reward_offset == 2.0
    envs = gym.make_vec(env_id, num_envs=4)
    assert isinstance(envs, ContinuingProblem)
    assert (envs.num_envs, envs.spec.id) == (4, env_id)


def test_wrong_arguments_are_named():
    envs = RandomWalk(2)
    with pytest.raises(ResetNeeded, match="Call reset before step"):
        envs.step(np.array([0, 0]))
    with pytest.raises(ValueError, match="made with render_mode='rgb_array'"):
        envs.render()
    with pytest.raises(ResetNeeded, match="Call reset before render"):
        RandomWalk(2, render_mode="rgb_array").render()
    with pytest.raises(ValueError, match=r"Got 3 seeds for 2 sub-envs: give one for each, or an int\."):
        envs.reset(seed=[1, 2, 3])
    envs.reset(seed=0)
    with pytest.raises(ValueError, match=r"actions must be integers of shape \(2,\), got int64 of \(3,\)\."):
        envs.step(np.array([0, 0, 0]))
    with pytest.raises(ValueError, match=r"actions must be integers of shape \(2,\), got float64"):
        envs.step(np.array([0.0, 1.0]))
    with pytest.raises(ValueError, match=r"actions must be 0 to 1, got \[0, 2\]\."):
        envs.step(np.array([0, 2]))
    with pytest.raises(ValueError, match="num_envs must be at least 1, got 0"):
        RandomWalk(0)
    with pytest.raises(ValueError, match="reward_offset must be a finite number, got nan"):
        RandomWalk(1, reward_offset=float("nan"))
    with pytest.raises(ValueError, match="render_mode must be 'rgb_array' or None, got 'ansi'"):
        RandomWalk(1, render_mode="ansi")


@pytest.mark.parametrize("env_id", ["HackAtari/ContinuingPendulum-v0", "HackAtari/ContinuingCatch-v0"])
def test_stable_baselines_learns_on_the_vector_env(env_id):
    stable_baselines3 = pytest.importorskip("stable_baselines3")
    from hackatari.wrappers import SB3VecEnv

    envs = SB3VecEnv(gym.make_vec(env_id, num_envs=2))
    model = stable_baselines3.DQN("MlpPolicy", envs, learning_starts=10, buffer_size=100, seed=0)
    before = model.policy.parameters_to_vector()
    model.learn(40)
    assert not np.array_equal(model.policy.parameters_to_vector(), before)


def test_each_sub_env_has_its_picture():
    envs = RandomWalk(2, render_mode="rgb_array")
    envs.reset()
    envs.step(np.array([0, 1]))
    left, right = envs.render()
    assert left.shape == right.shape == (40, 280, 3)
    assert not np.array_equal(left, right)
