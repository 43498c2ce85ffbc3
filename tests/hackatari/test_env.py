"""Env IDs as users make them: specs, pickling, preprocessing, vector envs, processes."""

import json
import pickle
import subprocess
import sys

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.wrappers import AtariPreprocessing
from stable_baselines3.common.env_util import make_atari_env
from stable_baselines3.common.vec_env import DummyVecEnv

from hackatari import GAMES
from hackatari.registration import variant_id
from hackatari.wrappers import RamPatch


def rollout(env, seed=0, n=200):
    """Return observations and rewards of seeded random play."""
    observations, rewards = [env.reset(seed=seed)[0]], []
    rng = np.random.default_rng(seed)
    for _ in range(n):
        observation, reward, terminated, truncated, _ = env.step(int(rng.integers(env.action_space.n)))
        observations.append(observation)
        rewards.append(reward)
        if terminated or truncated:
            env.reset()
    return np.array(observations), rewards


def test_the_three_ways_to_make_a_variant_are_one_game():
    makers = [
        lambda: gym.make("HackAtari/Pong-v0", modifs=["random_perturbation_enemy"]),
        lambda: gym.make("HackAtari/Pong-RandomPerturbationEnemy-v0"),
        lambda: RamPatch(gym.make("ALE/Pong-v5"), modifs=["random_perturbation_enemy"]),
    ]
    (first, rewards), *others = (rollout(make()) for make in makers)
    for observations, other_rewards in others:
        assert np.array_equal(observations, first)
        assert other_rewards == rewards


def test_specs_survive_json_pickle_and_make():
    env = gym.make("HackAtari/Pong-v0", modifs=["lazy_enemy"], frameskip=(2, 5))
    for spec in (
        env.spec,
        gym.envs.registration.EnvSpec.from_json(env.spec.to_json()),
        pickle.loads(pickle.dumps(env.spec)),
    ):
        again = gym.make(spec)
        assert again.get_wrapper_attr("modifs") == ("lazy_enemy",)
        assert np.array_equal(rollout(again, n=30)[0], rollout(env, n=30)[0])


def test_the_env_itself_is_pickled_with_its_modifs():
    env = pickle.loads(pickle.dumps(gym.make("HackAtari/Pong-LazyEnemy-v0").unwrapped))
    assert env.modifs == ("lazy_enemy",)


@pytest.mark.parametrize("modif", ["lazy_enemy", "hidden_enemy"])
def test_atari_preprocessing_sees_the_patched_game(modif):
    def preprocessed(modifs):
        return AtariPreprocessing(gym.make("HackAtari/Pong-v0", modifs=modifs, frameskip=1), noop_max=5)

    patched, plain = rollout(preprocessed([modif]), n=100), rollout(preprocessed([]), n=100)
    patched_by_wrapper = AtariPreprocessing(RamPatch(gym.make("ALE/Pong-v5", frameskip=1), [modif]), noop_max=5)
    assert not np.array_equal(patched[0], plain[0])
    assert np.array_equal(patched[0], rollout(patched_by_wrapper, n=100)[0])


def test_make_atari_env_and_env_method():
    envs = make_atari_env("HackAtari/Pong-v0", n_envs=2, seed=0, env_kwargs={"modifs": ["up_drift"], "frameskip": 1})
    assert isinstance(envs, DummyVecEnv)
    assert envs.observation_space.shape == (84, 84, 1)
    assert envs.get_attr("modifs") == [("up_drift",), ("up_drift",)]
    envs.env_method("set_modifs", ["lazy_enemy"], indices=[1])
    envs.reset()
    assert envs.get_attr("modifs") == [("up_drift",), ("lazy_enemy",)]
    envs.close()


def test_a_vector_env_gives_the_same_bytes():
    envs = gym.make_vec(
        "HackAtari/Pong-v0", num_envs=2, vectorization_mode="async", modifs=["random_perturbation_enemy"]
    )
    single = gym.make("HackAtari/Pong-v0", modifs=["random_perturbation_enemy"])
    assert np.array_equal(envs.reset(seed=[4, 5])[0][1], single.reset(seed=5)[0])
    for action in (0, 2, 3, 5) * 20:
        assert np.array_equal(envs.step(np.array([action, action]))[0][1], single.step(action)[0])
    envs.call("set_modifs", ["up_drift"])
    envs.reset()
    assert envs.get_attr("modifs") == (("up_drift",), ("up_drift",))
    envs.close()


def test_ram_by_name_reads_and_writes():
    env = gym.make("HackAtari/Pong-v0")
    env.reset(seed=0)
    ram = env.get_wrapper_attr("ram")
    ram.player_score = 20
    for _ in range(40):
        env.step(0)
    assert ram.player_score == 20
    assert ram.ball_x == env.unwrapped.ale.getRAM()[49]


@pytest.mark.parametrize("rom", GAMES)
def test_every_modif_has_an_id(rom):
    game = GAMES[rom]
    for modif in game.modifs:
        assert gym.spec(variant_id(game.name, modif)).kwargs["modifs"] == [modif]


def test_importing_is_quiet_and_light():
    code = (
        "import sys, hackatari, hackatari.wrappers, hackatari.agents\n"
        "heavy = {'torch', 'stable_baselines3', 'cv2', 'numba', 'matplotlib', 'rich', 'typer'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_making_an_env_is_quiet():
    code = "import gymnasium as gym, hackatari; gym.make('HackAtari/Pong-v0').reset(seed=0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_generic_names_are_not_importable():
    code = (
        "import importlib.util, sys; sys.path = [p for p in sys.path if p]\n"
        "print([name for name in ('wrappers', 'agents', 'benchmarks') if importlib.util.find_spec(name)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    assert json.loads(done.stdout.replace("'", '"')) == []
