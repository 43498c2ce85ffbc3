"""What a training plan becomes: envs, models, hyperparameters."""

import zipfile

import numpy as np
import pytest
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_atari_env, make_vec_env
from stable_baselines3.common.utils import LinearSchedule
from stable_baselines3.common.vec_env import DummyVecEnv, VecFrameStack, VecTransposeImage

from hackatari.agents import CenteredDQN, ClippedAdam, SmallCNN
from hackatari.benchmarks.training import (
    TrainingPlan,
    algorithms,
    find_algorithm,
    make_envs,
    make_model,
    parse_hyperparameter,
    train,
)


def test_algorithms_of_all_three_packages_are_found_by_any_spelling():
    assert find_algorithm("ppo") is PPO
    assert find_algorithm("centered-dqn") is find_algorithm("CenteredDQN") is CenteredDQN
    assert {"dqn", "qrdqn", "recurrentppo", "centeredppo"} <= algorithms().keys()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("gamma=0.9", 0.9),
        ("n_steps=128", 128),
        ("learning_rate=2.5e-4", 2.5e-4),
        ("use_sde=True", True),
        ("target_kl=none", None),
        ("train_freq=step", "step"),
    ],
)
def test_hyperparameters_are_parsed(text, value):
    name, parsed = parse_hyperparameter(text)
    assert name == text.split("=")[0]
    assert parsed == value
    assert type(parsed) is type(value)


def test_schedules_are_parsed():
    _, schedule = parse_hyperparameter("learning_rate=linear:1e-3:1e-4")
    assert isinstance(schedule, LinearSchedule)
    assert [schedule(1.0), schedule(0.5), schedule(0.0)] == pytest.approx([1e-3, 5.5e-4, 1e-4])


@pytest.mark.parametrize("env_id", ["HackAtari/Breakout-v0", "ALE/Breakout-v5"])
def test_atari_is_preprocessed_as_sb3_does(env_id):
    modifs = {"modifs": ["gravity"]} if env_id.startswith("HackAtari/") else {}
    envs = make_envs(TrainingPlan("ppo", env_id, steps=1, n_envs=2, seed=4, sticky=0.1, **modifs))
    env_kwargs = {"frameskip": 1, "repeat_action_probability": 0.1, **modifs}
    expected = VecTransposeImage(VecFrameStack(make_atari_env(env_id, 2, 4, env_kwargs=env_kwargs), 4))
    assert envs.observation_space == expected.observation_space
    np.testing.assert_array_equal(envs.reset(), expected.reset())
    episodes = 0
    for step in range(120):
        actions = np.array([step % 4, 1])
        *values, infos = envs.step(actions)
        *expected_values, expected_infos = expected.step(actions)
        for value, expected_value in zip(values, expected_values, strict=True):
            np.testing.assert_array_equal(value, expected_value)
        for info, expected_info in zip(infos, expected_infos, strict=True):
            assert ("episode" in info) == ("episode" in expected_info)
            if "episode" in info:
                assert [info["episode"][key] for key in "rl"] == [expected_info["episode"][key] for key in "rl"]
                episodes += 1
    assert episodes > 0
    envs.close()


def test_the_plan_reaches_the_emulator():
    envs = make_envs(TrainingPlan("ppo", "HackAtari/Breakout-v0", steps=1, n_envs=1, modifs=["gravity"], sticky=0.1))
    assert envs.get_attr("modifs") == [("gravity",)]
    (ale,) = envs.get_attr("ale")
    assert abs(ale.getFloat("repeat_action_probability") - 0.1) < 1e-6
    assert envs.reset().shape == (1, 4, 84, 84)


def test_models_trained_on_frame_stacks_of_sb3_are_resumed(tmp_path):
    hyperparameters = {"n_steps": 8, "batch_size": 8}
    envs = VecFrameStack(make_atari_env("HackAtari/Pong-v0", 1, env_kwargs={"frameskip": 1}), 4)
    policy_kwargs = {"features_extractor_class": SmallCNN}
    PPO("CnnPolicy", envs, policy_kwargs=policy_kwargs, **hyperparameters).learn(8).save(tmp_path / "model.zip")
    plan = TrainingPlan("ppo", "HackAtari/Pong-v0", steps=16, n_envs=1)
    assert train(plan, tmp_path, resume=True).steps == 16
    assert PPO.load(tmp_path / "model.zip").observation_space.shape == (4, 84, 84)


def test_a_continuing_world_has_no_ends_at_lost_lives():
    envs = make_envs(TrainingPlan("ppo", "HackAtari/Breakout-Continuing-v0", steps=1, n_envs=1))
    envs.seed(0)
    envs.reset()
    dones = [envs.step([1])[2][0] for _ in range(300)]
    assert not any(dones)


@pytest.mark.parametrize(
    ("env_id", "algorithm", "hyperparameters"),
    [
        ("HackAtari/PuckWorld-v0", "dqn", {"learning_starts": 10}),
        ("HackAtari/RandomWalk-v0", "ppo", {"n_steps": 32, "batch_size": 32}),
    ],
)
def test_a_continuing_problem_trains_the_same_whatever_steps_it(env_id, algorithm, hyperparameters):
    plan = TrainingPlan(algorithm, env_id, steps=1, n_envs=3, seed=5, hyperparameters=hyperparameters)
    weights = []
    for envs in (make_envs(plan), make_vec_env(env_id, 3, 5, vec_env_cls=DummyVecEnv)):
        model = make_model(plan, envs).learn(96)
        weights.append(torch.nn.utils.parameters_to_vector(model.policy.parameters()))
        envs.close()
    assert torch.equal(*weights)


@pytest.mark.parametrize(("optimizer", "eps"), [(None, 1e-5), ("clipped-adam", 1e-5), ("adam", 1e-5)])
def test_clipping_changes_nothing_else_of_adam(optimizer, eps):
    plan = TrainingPlan("ppo", "CartPole-v1", steps=1, n_envs=1, optimizer=optimizer)
    model = make_model(plan, make_envs(plan))
    assert model.policy.optimizer.defaults["eps"] == eps
    assert isinstance(model.policy.optimizer, ClippedAdam if optimizer == "clipped-adam" else torch.optim.Adam)


def test_the_small_network_is_used():
    plan = TrainingPlan("a2c", "HackAtari/Pong-v0", steps=1, n_envs=1, small_network=True)
    model = make_model(plan, make_envs(plan))
    assert isinstance(model.policy.features_extractor, SmallCNN)
    assert sum(p.numel() for p in model.policy.parameters()) < 400_000


def test_resuming_takes_new_hyperparameters(tmp_path):
    plan = TrainingPlan("ppo", "CartPole-v1", steps=16, n_envs=1, hyperparameters={"n_steps": 8, "batch_size": 8})
    train(plan, tmp_path)
    more = TrainingPlan("ppo", "CartPole-v1", steps=24, n_envs=1, hyperparameters={"gae_lambda": 0.5})
    result = train(more, tmp_path, resume=True)
    model = PPO.load(result.path)
    assert (model.gae_lambda, model.n_steps, result.steps) == (0.5, 8, 24)


def test_the_same_seed_trains_the_same_weights(tmp_path):
    plan = TrainingPlan(
        "ppo", "CartPole-v1", steps=32, n_envs=1, seed=5, hyperparameters={"n_steps": 16, "batch_size": 8}
    )
    first, second = (PPO.load(train(plan, tmp_path / name).path).policy.state_dict() for name in "ab")
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_slim_model_does_not_tell_where_it_was_trained(tmp_path):
    plan = TrainingPlan("ppo", "CartPole-v1", steps=8, n_envs=1, hyperparameters={"n_steps": 8, "batch_size": 8})
    path = train(plan, tmp_path / "run", tensorboard=True, slim=True).path
    assert str(tmp_path) not in zipfile.ZipFile(path).read("data").decode()
    assert PPO.load(path).num_timesteps == 8
