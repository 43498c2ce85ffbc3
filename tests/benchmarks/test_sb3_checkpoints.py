from __future__ import annotations

import base64
import dataclasses
import io
import json
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ale_py
import cloudpickle
import gymnasium as gym
import numpy as np
import pytest
import sb3_contrib
import stable_baselines3
import torch
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.env_util import make_atari_env
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.sb2_compat.rmsprop_tf_like import RMSpropTFLike
from stable_baselines3.common.vec_env import VecEnv, VecFrameStack, VecTransposeImage

from hackatari.agents import ClippedAdam, SmallCNN
from hackatari.benchmarks.agents import BatchAgent, CheckpointError, EnvSettings
from hackatari.benchmarks.sb3_checkpoints import (
    FrameStack,
    Preprocessing,
    Sb3Agent,
    derive_preprocessing,
    sample_actions,
)

gym.register_envs(ale_py)

PIXELS = spaces.Box(0, 255, (4, 36, 36), np.uint8)  # the smallest picture for which NatureCNN is made
RAM = spaces.Box(0, 255, (128,), np.uint8)
SMALL_CNN = {"features_extractor_kwargs": {"features_dim": 8}}


class SpacesOnly(gym.Env):
    """An environment for models that are never trained."""

    def __init__(self, observation_space: spaces.Space[Any], n_actions: int = 6) -> None:
        self.observation_space = observation_space
        self.action_space = spaces.Discrete(n_actions)


MODELS: dict[str, Callable[[], BaseAlgorithm]] = {
    "PPO": lambda: stable_baselines3.PPO(
        "CnnPolicy", SpacesOnly(PIXELS), n_steps=8, batch_size=8, policy_kwargs=SMALL_CNN, device="cpu"
    ),
    "A2C": lambda: stable_baselines3.A2C("MlpPolicy", SpacesOnly(RAM), device="cpu"),
    "DQN": lambda: stable_baselines3.DQN(
        "CnnPolicy",
        SpacesOnly(PIXELS),
        buffer_size=1,
        exploration_initial_eps=0.0,
        policy_kwargs=SMALL_CNN,
        device="cpu",
    ),
    "QRDQN": lambda: sb3_contrib.QRDQN(
        "MlpPolicy", SpacesOnly(RAM), buffer_size=1, exploration_initial_eps=0.0, device="cpu"
    ),
    "TRPO": lambda: sb3_contrib.TRPO("MlpPolicy", SpacesOnly(RAM), n_steps=8, batch_size=8, device="cpu"),
    "MaskablePPO": lambda: sb3_contrib.MaskablePPO("MlpPolicy", SpacesOnly(RAM), n_steps=8, batch_size=8, device="cpu"),
    "RecurrentPPO": lambda: sb3_contrib.RecurrentPPO(
        "CnnLstmPolicy",
        SpacesOnly(PIXELS),
        n_steps=8,
        batch_size=8,
        policy_kwargs={**SMALL_CNN, "lstm_hidden_size": 8},
        device="cpu",
    ),
    "ARS": lambda: sb3_contrib.ARS("MlpPolicy", SpacesOnly(RAM), zero_policy=False, device="cpu"),
}


@pytest.fixture
def ppo_zip(tmp_path: Path) -> Path:
    path = tmp_path / "ppo.zip"
    MODELS["PPO"]().save(path)
    return path


def rewrite(path: Path, **members: Any) -> None:
    """Replace members of a zip file: pickled values of `data` by name, or a whole file if bytes are given."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    data = json.loads(files["data"])
    for name, value in members.items():
        if isinstance(value, bytes):
            files[name.replace("__", ".")] = value
        else:
            data[name] = {":serialized:": base64.b64encode(cloudpickle.dumps(value)).decode()}
            files["data"] = json.dumps(data).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def saved(value: object) -> bytes:
    file = io.BytesIO()
    torch.save(value, file)
    return file.getvalue()


class MakesFolder:
    """Pickles to a call of `os.mkdir`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


# --- acting -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", MODELS)
@pytest.mark.parametrize("deterministic", [True, False])
def test_agent_acts_like_the_saved_model(algorithm: str, deterministic: bool, tmp_path: Path) -> None:
    model = MODELS[algorithm]()
    model.save(tmp_path / "model.zip")
    agent = Sb3Agent.load(tmp_path / "model.zip")

    expected = model.policy.state_dict()
    for name, tensor in agent.policy.state_dict().items():
        torch.testing.assert_close(tensor, expected[name])

    model_state = agent_state = None
    for step in range(20):
        observation = model.observation_space.sample()
        episode_start = np.array([step % 7 == 0])
        actions = []
        for predict, state in ((model.predict, model_state), (agent.predict, agent_state)):
            torch.manual_seed(step)
            actions.append(predict(observation, state, episode_start, deterministic))
        (model_action, model_state), (agent_action, agent_state) = actions
        assert agent_action == model_action
        assert isinstance(agent_action, int)
        if model_state is not None:
            np.testing.assert_array_equal(agent_state, model_state)
    assert (agent_state is not None) == (algorithm == "RecurrentPPO")


@pytest.mark.parametrize(
    "policy_kwargs",
    [
        {"features_extractor_class": SmallCNN, "features_extractor_kwargs": {"features_dim": 8}},
        {**SMALL_CNN, "optimizer_class": ClippedAdam, "optimizer_kwargs": {"kappa": 2.0}},
        {**SMALL_CNN, "optimizer_class": RMSpropTFLike, "optimizer_kwargs": {"eps": 1e-5}},
        {**SMALL_CNN, "activation_fn": torch.nn.ELU, "net_arch": [4]},
        {**SMALL_CNN, "share_features_extractor": False},
    ],
    ids=["SmallCNN", "ClippedAdam", "RMSpropTFLike", "ELU", "unshared"],
)
def test_policies_with_arguments_need_no_trust(policy_kwargs: dict[str, Any], tmp_path: Path) -> None:
    model = stable_baselines3.PPO(
        "CnnPolicy", SpacesOnly(PIXELS), n_steps=8, batch_size=8, policy_kwargs=policy_kwargs, device="cpu"
    )
    model.save(tmp_path / "model.zip")
    agent = Sb3Agent.load(tmp_path / "model.zip")
    observation = torch.as_tensor(PIXELS.sample())[None]
    torch.testing.assert_close(agent.policy.predict_values(observation), model.policy.predict_values(observation))


def test_loading_leaves_the_global_generator_alone(ppo_zip: Path) -> None:
    before = torch.random.get_rng_state()
    Sb3Agent.load(ppo_zip)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_policy_trained_on_a_gpu_loads_on_the_cpu(ppo_zip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = Sb3Agent.load(ppo_zip).policy.state_dict()
    monkeypatch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
    rewrite(ppo_zip, policy__pth=saved(weights))
    agent = Sb3Agent.load(ppo_zip)
    assert {parameter.device.type for parameter in agent.policy.parameters()} == {"cpu"}
    torch.testing.assert_close(agent.policy.state_dict(), weights)


def test_files_of_old_versions_load(ppo_zip: Path) -> None:
    """Before SB3 1.7 a shared extractor was saved once, and before 1.8 `net_arch` was a list."""
    model = stable_baselines3.PPO(
        "CnnPolicy",
        SpacesOnly(PIXELS),
        n_steps=8,
        batch_size=8,
        policy_kwargs={**SMALL_CNN, "net_arch": {"pi": [5], "vf": [4]}},
        device="cpu",
    )
    model.save(ppo_zip)
    weights = model.policy.state_dict()
    once = {name: w for name, w in weights.items() if not name.startswith(("pi_features", "vf_features"))}
    assert len(once) < len(weights)
    rewrite(
        ppo_zip,
        policy__pth=saved(once),
        policy_kwargs={**SMALL_CNN, "net_arch": [{"pi": [5], "vf": [4]}], "device": "cuda"},
    )
    torch.testing.assert_close(Sb3Agent.load(ppo_zip).policy.state_dict(), weights)


# --- several games at once --------------------------------------------------------------------------------------


def batch_of(agent: Sb3Agent, n: int = 8) -> np.ndarray:
    return np.random.default_rng(0).integers(256, size=(n, 4, 36, 36), dtype=np.uint8)


@pytest.mark.parametrize("name", ["PPO", "DQN", "RecurrentPPO"])
def test_most_probable_actions_of_a_batch_are_those_of_its_rows(name: str, tmp_path: Path) -> None:
    MODELS[name]().save(tmp_path / "model.zip")
    agent = Sb3Agent.load(tmp_path / "model.zip")
    observations = batch_of(agent)
    starts = np.zeros(8, bool)
    actions, state = agent.predict_batch(observations, None, starts, None)
    assert actions.tolist() == [agent.predict(row, None, starts[:1], True)[0] for row in observations]
    actions, _ = agent.predict_batch(observations, state, starts, None)
    states = [agent.predict(row, None, starts[:1], True)[1] for row in observations]
    again = [agent.predict(row, s, starts[:1], True)[0] for row, s in zip(observations, states, strict=True)]
    assert actions.tolist() == again


@pytest.mark.parametrize("name", ["PPO", "RecurrentPPO"])
def test_sampled_actions_depend_on_their_own_game_only(name: str, tmp_path: Path) -> None:
    MODELS[name]().save(tmp_path / "model.zip")
    agent = Sb3Agent.load(tmp_path / "model.zip")
    observations, starts = batch_of(agent), np.zeros(8, bool)
    uniforms = np.random.default_rng(1).random(8)
    torch.manual_seed(0)
    before = torch.random.get_rng_state()
    actions, _ = agent.predict_batch(observations, None, starts, uniforms)
    assert torch.equal(torch.random.get_rng_state(), before)
    order = np.random.default_rng(2).permutation(8)
    shuffled, _ = agent.predict_batch(observations[order], None, starts, uniforms[order])
    assert shuffled.tolist() == actions[order].tolist()
    # The least and the greatest number choose the first and the last action.
    assert agent.predict_batch(observations, None, starts, np.zeros(8))[0].tolist() == [0] * 8
    assert agent.predict_batch(observations, None, starts, np.full(8, 1 - 2**-53))[0].tolist() == [5] * 8
    single = {agent.predict(observations[0])[0] for _ in range(100)}  # samples as before
    assert len(single) > 1


def test_pictures_may_have_their_channels_last() -> None:
    first, last = agent_for((4, 84, 84)), agent_for((84, 84, 4))
    observations = np.random.default_rng(0).integers(256, size=(8, 4, 84, 84), dtype=np.uint8)
    actions, _ = last.predict_batch(observations, None, np.zeros(8, bool), None)
    assert actions.tolist() == [last.predict(np.moveaxis(row, 0, -1), deterministic=True)[0] for row in observations]
    assert first.vector_env_kwargs(first.settings) == last.vector_env_kwargs(last.settings)


def test_only_agents_of_grey_pictures_play_several_games() -> None:
    assert agent_for((128,)).vector_env_kwargs(EnvSettings()) is None
    assert agent_for((3, 210, 160)).vector_env_kwargs(EnvSettings()) is None
    assert isinstance(agent_for((128,)), BatchAgent)


def test_sampling_inverts_the_distribution_function() -> None:
    probabilities = np.tile(np.array([0.2, 0.0, 0.5, 0.3], np.float32), (10, 1))
    uniforms = np.array([0, 0.19, 0.21, 0.4, 0.69, 0.71, 0.9, 0.99, 1 - 2**-53, 0.5])
    assert sample_actions(probabilities, uniforms).tolist() == [0, 0, 2, 2, 2, 3, 3, 3, 3, 2]
    many = sample_actions(np.repeat(probabilities[:1], 20_000, axis=0), np.random.default_rng(0).random(20_000))
    assert np.bincount(many, minlength=4) / 20_000 == pytest.approx([0.2, 0.0, 0.5, 0.3], abs=0.015)


# --- trust ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("member", ["policy_class", "policy_kwargs", "observation_space", "action_space"])
def test_code_in_a_member_runs_only_with_trust(member: str, ppo_zip: Path, tmp_path: Path) -> None:
    folder = tmp_path / "made"
    rewrite(ppo_zip, **{member: MakesFolder(folder)})
    with pytest.raises(CheckpointError, match=rf"ppo\.zip` \({member}\) refers to `\w+\.mkdir`.+ --trust\.$"):
        Sb3Agent.load(ppo_zip)
    assert not folder.exists()
    with pytest.raises(CheckpointError, match=r"ppo\.zip`"):  # None is no member's value
        Sb3Agent.load(ppo_zip, trust=True)
    assert folder.exists()


@pytest.mark.parametrize("trust", [False, True])
def test_weights_are_never_unpickled(trust: bool, ppo_zip: Path, tmp_path: Path) -> None:
    folder = tmp_path / "made"
    rewrite(ppo_zip, policy__pth=saved({"weight": MakesFolder(folder)}))
    with pytest.raises(CheckpointError, match=r"\(policy\.pth\) is not a file of plain tensors: it refers to"):
        Sb3Agent.load(ppo_zip, trust=trust)
    assert not folder.exists()


@pytest.mark.parametrize("trust", [False, True])
def test_other_members_are_not_unpickled(trust: bool, ppo_zip: Path, tmp_path: Path) -> None:
    folder = tmp_path / "made"
    rewrite(ppo_zip, _last_obs=MakesFolder(folder), lr_schedule=MakesFolder(folder))
    assert Sb3Agent.load(ppo_zip, trust=trust).n_actions == 6
    assert not folder.exists()


def test_policy_class_of_the_user_needs_trust(tmp_path: Path) -> None:
    class GreedyPolicy(ActorCriticPolicy):  # local, so its code is in the file
        def _predict(self, observation: Any, deterministic: bool = False) -> torch.Tensor:
            return super()._predict(observation, deterministic=True)

    model = stable_baselines3.A2C(GreedyPolicy, SpacesOnly(RAM), device="cpu")
    model.save(tmp_path / "model.zip")
    with pytest.raises(CheckpointError, match=r"\(policy_class\) refers to .+ load it with --trust\.$"):
        Sb3Agent.load(tmp_path / "model.zip")
    agent = Sb3Agent.load(tmp_path / "model.zip", trust=True)
    observation = RAM.sample()
    assert agent.predict(observation)[0] == model.predict(observation, deterministic=True)[0]


# --- damaged and unsuitable files -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"data": b"{"}, "is damaged: its member `data` is not JSON"),
        ({"data": b"[]"}, "is damaged: its member `data` is not a JSON object."),
        ({"data": b"{}"}, "is no complete checkpoint: its member `data` has no `observation_space`."),
        ({"data": b'{"observation_space": {":serialized:": "#"}}'}, "(observation_space) cannot be unpickled"),
        ({"data": b'{"observation_space": {":serialized:": 3}}'}, "(observation_space) is damaged (TypeError"),
        ({"policy_class": torch.nn.ReLU}, "(policy_class) is not a policy of Stable-Baselines3."),
        ({"policy_kwargs": {"depth": 3}}, "holds a `ActorCriticCnnPolicy` that cannot be built (TypeError"),
        ({"action_space": 6}, "holds a `int` space, but only Box observations and Discrete actions"),
        ({"observation_space": spaces.Dict(a=RAM)}, "holds a `Dict` space, but only Box"),
        ({"policy__pth": b""}, "(policy.pth) is damaged or not a PyTorch file"),
        ({"action_space": spaces.Discrete(5)}, "(policy.pth) does not fit the network: `action_net.weight` has"),
    ],
)
def test_damaged_files_are_refused(members: dict[str, Any], message: str, ppo_zip: Path) -> None:
    rewrite(ppo_zip, **members)
    with pytest.raises(CheckpointError, match=f"^{re.escape(f'`{ppo_zip}`')} {re.escape(message)}"):
        Sb3Agent.load(ppo_zip)


def test_a_space_with_foreign_attributes_is_refused(ppo_zip: Path) -> None:
    space = spaces.Box(0, 255, (4, 36, 36), np.uint8)
    space.low = slice(1, 2)
    rewrite(ppo_zip, observation_space=space)
    with pytest.raises(CheckpointError, match=r"ppo\.zip` holds a damaged space \("):
        Sb3Agent.load(ppo_zip)


def test_continuous_actions_are_refused(tmp_path: Path) -> None:
    env = SpacesOnly(RAM)
    env.action_space = spaces.Box(-1.0, 1.0, (2,))
    stable_baselines3.A2C("MlpPolicy", env, device="cpu").save(tmp_path / "model.zip")
    with pytest.raises(CheckpointError, match=r"^The agent's actions are Box\(-1\.0, 1\.0, \(2,\), float32\), but"):
        Sb3Agent.load(tmp_path / "model.zip")


# --- preprocessing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "preprocessing"),
    [
        ((4, 84, 84), Preprocessing("rgb", screen_size=84, n_stack=4, channels_first=True)),
        ((84, 84, 4), Preprocessing("rgb", screen_size=84, n_stack=4)),
        ((1, 64, 64), Preprocessing("rgb", screen_size=64, n_stack=1, channels_first=True)),
        ((128,), Preprocessing("ram")),
        ((512,), Preprocessing("ram", n_stack=4)),
        ((210, 160, 3), Preprocessing("rgb")),
        ((3, 250, 160), Preprocessing("rgb", channels_first=True)),
    ],
)
def test_preprocessing_follows_from_the_shape(shape: tuple[int, ...], preprocessing: Preprocessing) -> None:
    assert derive_preprocessing(spaces.Box(0, 255, shape, np.uint8)) == preprocessing


@pytest.mark.parametrize(
    "space",
    [
        spaces.Box(0, 255, (3, 84, 84), np.uint8),  # three grey pictures or one in colour
        spaces.Box(0, 255, (12, 210, 160), np.uint8),  # twelve grey pictures or four in colour
        spaces.Box(0, 255, (84, 4, 84), np.uint8),
        spaces.Box(0, 255, (84, 84, 84), np.uint8),
        spaces.Box(0, 255, (210, 160), np.uint8),
        spaces.Box(0, 255, (100,), np.uint8),
        spaces.Box(0.0, 1.0, (4, 84, 84), np.float32),
        spaces.Box(0.0, 255.0, (128,), np.float32),
    ],
    ids=str,
)
def test_ambiguous_observations_are_refused(space: spaces.Box) -> None:
    start = f"Cannot tell how observations of shape {space.shape} and type {space.dtype} are made"
    with pytest.raises(CheckpointError, match=f"^{re.escape(start)}: .+ with --policy\\.$"):
        derive_preprocessing(space)


class Brightening(gym.Env):
    """Frames that are brighter at every step, reset included: 10, 20, 30, ..."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.observation_space = spaces.Box(0, 255, shape, np.uint8)
        self.action_space = spaces.Discrete(2)

    def reset(self, **kwargs: Any) -> tuple[np.ndarray, dict[str, Any]]:
        self.brightness = 0
        return self.step(0)[0], {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self.brightness += 10
        return np.full(self.observation_space.shape, self.brightness, np.uint8), 0.0, False, False, {}


@pytest.mark.parametrize("shape", [(5, 5, 1), (3,)], ids=["pictures", "RAM"])
def test_frame_stack_begins_with_zeros_and_ends_with_the_newest(shape: tuple[int, ...]) -> None:
    env = FrameStack(Brightening(shape), 3)
    assert env.observation_space == spaces.Box(0, 255, (*shape[:-1], 3 * shape[-1]), np.uint8)

    def brightness(observation: np.ndarray) -> list[int]:
        assert observation in env.observation_space
        return observation.reshape(-1, 3, shape[-1])[0, :, 0].tolist()

    for _ in range(2):
        first = env.reset()[0]
        second, third, fourth = (env.step(0)[0] for _ in range(3))
        assert brightness(first) == [0, 0, 10]
        assert brightness(second) == [0, 10, 20]
        assert brightness(third) == [10, 20, 30]
        assert brightness(fourth) == [20, 30, 40]


def agent_for(shape: tuple[int, ...], n_actions: int = 6) -> Sb3Agent:
    space = spaces.Box(0, 255, shape, np.uint8)
    return Sb3Agent(ActorCriticPolicy(space, spaces.Discrete(n_actions), lambda _: 0.0, net_arch=[]))


@pytest.mark.parametrize("channels_first", [True, False])
@pytest.mark.parametrize(("game", "n_actions"), [("Breakout", 4), ("SpaceInvaders", 6)])
def test_pixels_and_rewards_equal_those_of_sb3(game: str, n_actions: int, channels_first: bool) -> None:
    """Lives are lost, games end, and rewards are above 1 within these 200 steps."""
    reference: VecEnv = VecFrameStack(
        make_atari_env(
            f"ALE/{game}-v5",
            env_kwargs={"frameskip": 1, "repeat_action_probability": 0.25},
            wrapper_kwargs={"clip_reward": False},
            seed=3,
        ),
        n_stack=4,
    )
    if channels_first:
        reference = VecTransposeImage(reference)
    agent = agent_for((4, 84, 84) if channels_first else (84, 84, 4), n_actions)
    env = agent.wrap(gym.make(f"ALE/{game}-v5", **agent.env_kwargs(agent.settings)), agent.settings)
    assert env.observation_space == reference.observation_space

    actions = np.random.default_rng(0).integers(n_actions, size=200)
    observation, _ = env.reset(seed=3)
    np.testing.assert_array_equal(observation, reference.reset()[0])
    total, ends = 0.0, 0
    for action in actions:
        observation, reward, terminated, truncated, _ = env.step(action)
        expected, expected_reward, done, _ = reference.step(np.array([action]))
        assert reward == expected_reward[0]
        assert (terminated or truncated) == done[0]
        if done[0]:
            observation, _ = env.reset()
            ends += 1
        np.testing.assert_array_equal(observation, expected[0])
        total += float(reward)
    assert ends >= 1
    assert total > 1


@pytest.mark.parametrize("shape", [(4, 84, 84), (84, 84, 1), (128,), (256,), (210, 160, 3), (3, 210, 160)], ids=str)
def test_agents_live_in_the_game_they_were_trained_on(shape: tuple[int, ...]) -> None:
    agent = agent_for(shape)
    space = agent.policy.observation_space
    assert agent.settings.repeat_action_probability == 0.25
    settings = dataclasses.replace(agent.settings, repeat_action_probability=0.0)
    env = agent.wrap(gym.make("ALE/Pong-v5", **agent.env_kwargs(settings)), settings)
    observation, _ = env.reset(seed=0)
    assert env.observation_space == space
    assert observation in space
    before = env.unwrapped.ale.getEpisodeFrameNumber()
    observation = env.step(agent.predict(observation)[0])[0]
    assert observation in space
    assert env.unwrapped.ale.getEpisodeFrameNumber() - before == 4


def test_ram_and_rgb_are_those_of_ale() -> None:
    ram_agent, rgb_agent = agent_for((256,)), agent_for((3, 210, 160))
    for agent in (ram_agent, rgb_agent):
        env = agent.wrap(gym.make("ALE/Pong-v5", **agent.env_kwargs(agent.settings)), agent.settings)
        first, _ = env.reset(seed=0)
        ale = env.unwrapped.ale
        memory = ale.getRAM()
        second = env.step(2)[0]
        if agent is ram_agent:
            np.testing.assert_array_equal(first, np.concatenate((np.zeros(128, np.uint8), memory)))
            np.testing.assert_array_equal(second, np.concatenate((memory, ale.getRAM())))
        else:
            np.testing.assert_array_equal(second, ale.getScreenRGB().transpose(2, 0, 1))


@pytest.mark.parametrize("shape", [(4, 84, 84), (128,)], ids=["pixels", "RAM"])
def test_changed_settings_are_honoured(shape: tuple[int, ...]) -> None:
    agent = agent_for(shape)
    settings = dataclasses.replace(agent.settings, frameskip=2, noop_max=2, repeat_action_probability=0.5)
    frames = set()
    for seed in range(5):
        env = agent.wrap(gym.make("ALE/Pong-v5", **agent.env_kwargs(settings)), settings)
        assert env.unwrapped.ale.getFloat("repeat_action_probability") == 0.5
        env.reset(seed=seed)
        before = env.unwrapped.ale.getEpisodeFrameNumber()
        frames.add(before)
        env.step(0)
        assert env.unwrapped.ale.getEpisodeFrameNumber() - before == 2
    # No-ops are base steps: one frame each for pixels, before the two of FIRE and RIGHT; two frames each for RAM.
    assert frames == ({5, 6} if len(shape) == 3 else {2, 4})


def test_pixel_agents_skip_a_fixed_number_of_frames() -> None:
    agent = agent_for((4, 84, 84))
    settings = dataclasses.replace(agent.settings, frameskip=(2, 5))
    message = "An SB3 pixel agent skips a fixed number of frames, got the range (2, 5)."
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        agent.env_kwargs(settings)


def test_full_action_set_is_asked_for_if_the_agent_has_18_actions() -> None:
    agent = agent_for((128,), n_actions=18)
    env = agent.wrap(gym.make("ALE/Pong-v5", **agent.env_kwargs(agent.settings)), agent.settings)
    assert env.action_space == spaces.Discrete(18)


def test_another_game_is_refused() -> None:
    agent = agent_for((210, 160, 3))
    breakout = gym.make("ALE/Breakout-v5", **agent.env_kwargs(agent.settings))
    with pytest.raises(CheckpointError, match=r"^The agent chooses among 6 actions, but `ALE/Breakout-v5` has 4: "):
        agent.wrap(breakout, agent.settings)
    air_raid = gym.make("ALE/AirRaid-v5", **agent.env_kwargs(agent.settings))
    message = "The agent sees observations of shape (210, 160, 3), the game gives (250, 160, 3)."
    with pytest.raises(CheckpointError, match=f"^{re.escape(message)}$"):
        agent.wrap(air_raid, agent.settings)
