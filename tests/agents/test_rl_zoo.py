from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from hackatari.agents import CenteredDQN, CenteredPPO, ClippedAdam
from hackatari.agents.rl_zoo import ALGORITHMS, hyperparameter_file, register_algorithms

# Importing it changes Gymnasium's TimeLimit, so that only child processes do.
needs_rl_zoo = pytest.mark.skipif(find_spec("rl_zoo3") is None, reason="RL Zoo is not installed")


def run(*arguments):
    result = subprocess.run([sys.executable, *arguments], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


def zoo(*arguments):
    return run("-m", "hackatari.agents.rl_zoo", *arguments)


def enjoyed_episodes(algorithm, env_id):
    """How many episodes of 50 steps `enjoy` reports of a trained agent in 100 steps."""
    arguments = ["--algo", algorithm, "--env", env_id, "--folder", "logs", "--no-render"]
    output = zoo("enjoy", *arguments, "-n", "100", "--env-kwargs", "max_episode_steps:50")
    return output.splitlines().count("Episode Length 50")


@needs_rl_zoo
def test_train_and_enjoy_with_our_hyperparameters():
    env_id = "HackAtari/AccessControl-v0"
    zoo("train", "--algo", "centered_dqn", "--env", env_id, "-n", "320", "-params", "learning_starts:100")
    saved = "logs/centered_dqn/HackAtari-AccessControl-v0_1/HackAtari-AccessControl-v0.zip"
    model = CenteredDQN.load(saved)
    assert model.num_timesteps == 320
    assert model.average_reward > 0
    settings = yaml.safe_load(hyperparameter_file("centered_dqn").read_text())[env_id]
    assert (model.eta, model.batch_size) == (settings["eta"], settings["batch_size"])
    assert enjoyed_episodes("centered_dqn", env_id) == 2


@needs_rl_zoo
def test_train_and_enjoy_with_the_users_hyperparameters():
    env_id = "HackAtari/ContinuingPendulum-v0"
    clipping = "dict(optimizer_class=importlib.import_module('hackatari.agents').ClippedAdam)"
    settings = {"policy": "MlpPolicy", "n_timesteps": 300, "n_steps": 100, "batch_size": 50, "policy_kwargs": clipping}
    Path("own.yml").write_text(yaml.safe_dump({env_id: settings}))
    zoo("train", "--algo", "centered_ppo", "--env", env_id, "--conf-file", "own.yml", "-params", "eta:7.0")
    model = CenteredPPO.load("logs/centered_ppo/HackAtari-ContinuingPendulum-v0_1/HackAtari-ContinuingPendulum-v0.zip")
    assert (model.num_timesteps, model.n_steps, model.eta) == (300, 100, 7.0)
    assert isinstance(model.policy.optimizer, ClippedAdam)
    assert model.average_reward < 0
    assert enjoyed_episodes("centered_ppo", env_id) == 2


@needs_rl_zoo
def test_an_unknown_algorithm_is_the_zoos_own_error():
    arguments = ["-m", "hackatari.agents.rl_zoo", "train", "--algo", "centred_dqn"]
    result = subprocess.run([sys.executable, *arguments], capture_output=True, text=True)
    assert result.returncode == 2
    message = result.stderr.splitlines()[-1]
    assert message.startswith("python -m hackatari.agents.rl_zoo train: error: argument --algo: invalid choice:")
    assert "'ppo_lstm', 'centered_a2c'" in message


BUILD_ALL = """
import argparse

import yaml
from rl_zoo3.exp_manager import ExperimentManager
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm

from hackatari.agents.rl_zoo import ALGORITHMS, hyperparameter_file, register_algorithms

register_algorithms()
for name, algorithm in ALGORITHMS.items():
    path = hyperparameter_file(name)
    stand_ins = {
        "default": "CartPole-v1" if "dqn" in name else "Pendulum-v1",
        "small": None,
        "atari": "HackAtari/Breakout-Continuing-v0",
    }
    settings = {"buffer_size": 1000} if issubclass(algorithm, OffPolicyAlgorithm) else None
    for entry in yaml.safe_load(path.read_text()):
        if env_id := stand_ins.get(entry, entry):
            manager = ExperimentManager(
                argparse.Namespace(), name, env_id, "logs", eval_freq=-1, hyperparams=settings, config=str(path)
            )
            model, _ = manager.setup_experiment()
            assert type(model) is algorithm
            model.env.close()
"""


@needs_rl_zoo
def test_the_zoo_makes_an_agent_of_every_entry_of_our_files():
    output = run("-c", BUILD_ALL)
    assert output.count("Loading hyperparameters from:") == 2 * 6 + 2 * 5 + 1 + 3 * 2


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_file_has_defaults_for_other_envs(name):
    assert "default" in yaml.safe_load(hyperparameter_file(name).read_text())


def test_missing_rl_zoo_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "rl_zoo3", None)
    with pytest.raises(ImportError, match=r"^RL Zoo is missing: pip install 'hackatari-suite\[zoo\]'$"):
        register_algorithms()
