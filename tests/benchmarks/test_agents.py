from __future__ import annotations

import dataclasses
import json
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import stable_baselines3
import torch
from gymnasium import spaces

from hackatari.benchmarks.agents import CheckpointError, EnvSettings, check_action_count, load_agent
from hackatari.benchmarks.sb3_checkpoints import Sb3Agent


class RamOnly(gym.Env):
    """An environment for a model that is never trained."""

    observation_space = spaces.Box(0, 255, (128,), np.uint8)
    action_space = spaces.Discrete(6)


@pytest.fixture(scope="module")
def sb3_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sb3") / "a2c.zip"
    stable_baselines3.A2C("MlpPolicy", RamOnly(), device="cpu").save(path)
    return path


# --- settings ---------------------------------------------------------------------------------------------------


def test_default_settings_are_those_of_ale_v5() -> None:
    settings = EnvSettings()
    specified = gym.spec("ALE/Pong-v5").kwargs
    assert {name: specified[name] for name in settings.env_kwargs() if name in specified} == {
        name: value for name, value in settings.env_kwargs().items() if name in specified
    }
    assert {"frameskip", "repeat_action_probability", "full_action_space"} <= specified.keys()
    assert settings.noop_max == 0


def test_env_kwargs_make_the_environment() -> None:
    settings = EnvSettings(frameskip=2, repeat_action_probability=0.5, obs_type="grayscale", full_action_space=True)
    env = gym.make("ALE/Pong-v5", **settings.env_kwargs())
    env.reset(seed=0)
    env.step(0)
    assert env.unwrapped.ale.getEpisodeFrameNumber() == 2
    assert env.unwrapped.ale.getFloat("repeat_action_probability") == 0.5
    assert env.observation_space.shape == (210, 160)
    assert env.action_space.n == 18


@pytest.mark.parametrize("settings", [EnvSettings(), EnvSettings((2, 5), 0.0, 30, "ram", True)])
def test_settings_survive_json(settings: EnvSettings) -> None:
    assert EnvSettings(**json.loads(json.dumps(dataclasses.asdict(settings)))) == settings


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"frameskip": 0}, "`frameskip` must be a number of frames from 1 on, or a range .*, got 0."),
        ({"frameskip": (4, 4)}, "`frameskip` must be .*, or a range .* 1 <= low < high, got \\(4, 4\\)."),
        ({"frameskip": (0, 4)}, "`frameskip` must be .*, got \\(0, 4\\)."),
        ({"frameskip": (1, 2, 3)}, "`frameskip` must be .*, got \\(1, 2, 3\\)."),
        ({"repeat_action_probability": 1.5}, "`repeat_action_probability` must be in \\[0, 1\\], got 1.5."),
        ({"repeat_action_probability": float("nan")}, "`repeat_action_probability` must be .* got nan."),
        ({"noop_max": -1}, "`noop_max` must be 0 or more, got -1."),
        ({"obs_type": "rbg"}, "`obs_type` must be one of rgb, grayscale, ram, got 'rbg'."),
    ],
)
def test_impossible_settings_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        EnvSettings(**values)


# --- number of actions ------------------------------------------------------------------------------------------


def test_equal_numbers_of_actions_pass_and_others_do_not() -> None:
    env = RamOnly()
    check_action_count(env, 6)
    expected = (
        "The agent chooses among 18 actions, but the environment has 6: the agent was trained on another game, or "
        "one of them uses the full set of 18 actions and the other the minimal set."
    )
    with pytest.raises(CheckpointError, match=f"^{re.escape(expected)}$"):
        check_action_count(env, 18)


def test_continuous_games_are_refused() -> None:
    env = gym.make("ALE/Pong-v5", continuous=True)
    with pytest.raises(CheckpointError, match=r"^The agent chooses among 6 actions, but `ALE/Pong-v5` takes Box"):
        check_action_count(env, 6)


# --- loading ----------------------------------------------------------------------------------------------------


def test_sb3_files_are_known_by_their_content(sb3_zip: Path, tmp_path: Path) -> None:
    renamed = tmp_path / "model"
    renamed.write_bytes(sb3_zip.read_bytes())
    for path in (sb3_zip, str(sb3_zip), renamed):
        assert isinstance(load_agent(path), Sb3Agent)


def test_missing_files_are_reported_with_close_matches(sb3_zip: Path, tmp_path: Path) -> None:
    path = sb3_zip.with_name("ac2.zip")
    message = f"Checkpoint `{path}` does not exist. Did you mean 'a2c.zip'?"
    with pytest.raises(CheckpointError, match=f"^{re.escape(message)}$"):
        load_agent(path)
    path = tmp_path / "nowhere" / "a2c.zip"
    with pytest.raises(CheckpointError, match=f"^Checkpoint `{re.escape(str(path))}` does not exist\\.$"):
        load_agent(path, policy="module:factory")


def no_file(path: Path) -> None:
    path.mkdir()


def empty_file(path: Path) -> None:
    path.touch()


def text_file(path: Path) -> None:
    path.write_text("PPO, 20 points")


def some_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data", "{}")


def torch_file(path: Path) -> None:
    torch.save({"weight": torch.zeros(2)}, path)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (no_file, "is a directory; name a file in it, or an adapter with --policy."),
        (empty_file, "is empty."),
        (text_file, "is no zip file, so no checkpoint of Stable-Baselines3; name an adapter with --policy."),
        (
            some_zip,
            "is some other zip file and no checkpoint of Stable-Baselines3, which has the members `data` and "
            "`policy.pth`; name an adapter with --policy.",
        ),
        (
            torch_file,
            "is a file of `torch.save` or TorchScript and no checkpoint of Stable-Baselines3, which has the members "
            "`data` and `policy.pth`; name an adapter with --policy.",
        ),
    ],
)
def test_other_files_are_refused(write: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    write(path)
    with pytest.raises(CheckpointError, match=f"^{re.escape(f'`{path}` {message}')}$"):
        load_agent(path)


@pytest.mark.parametrize("damage", ["truncated", "changed"])
def test_damaged_zip_files_are_refused(damage: str, sb3_zip: Path, tmp_path: Path) -> None:
    content = bytearray(sb3_zip.read_bytes())
    if damage == "truncated":
        del content[-100:]
    else:
        content[100] ^= 0xFF  # within `data`: the checksum fails
    path = tmp_path / "damaged.zip"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"damaged\.zip` is a damaged or incomplete zip file\.$"):
        load_agent(path)


# --- adapters ---------------------------------------------------------------------------------------------------

ADAPTER = """
from hackatari.benchmarks.agents import CheckpointError, EnvSettings

class GoesUp:
    settings = EnvSettings(frameskip=3)

    def __init__(self, path):
        self.path = path

    def env_kwargs(self, settings):
        return settings.env_kwargs()

    def wrap(self, env, settings):
        return env

    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        return 2, None

class NoPolicy:
    settings = EnvSettings()
    predict = None

def load(path):
    return GoesUp(path)

def load_nothing(path):
    return NoPolicy()

def load_version_2(path):
    raise CheckpointError(f"{path.name} is of version 1.")
"""


@pytest.fixture
def adapter_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, with a module `my_agents.up`, and a file `weights` to load."""
    (tmp_path / "my_agents").mkdir()
    (tmp_path / "my_agents" / "up.py").write_text(ADAPTER)
    (tmp_path / "broken.py").write_text("import no_such_package")
    (tmp_path / "weights").touch()
    monkeypatch.chdir(tmp_path)
    for name in ("my_agents", "my_agents.up", "broken"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


def test_adapters_are_found_in_the_current_directory(adapter_folder: Path) -> None:
    import_path = list(sys.path)
    agent: Any = load_agent("weights", policy="my_agents.up:load")
    assert agent.path == Path("weights")
    assert agent.settings.frameskip == 3
    assert agent.predict(None) == (2, None)
    assert sys.path == import_path


def test_adapters_read_whatever_exists(adapter_folder: Path) -> None:
    assert load_agent(adapter_folder, policy="my_agents.up:load").settings.frameskip == 3


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("my_agents.up", "Adapter `my_agents.up` is not of the form `module:factory`, like"),
        ("my_agents/up.py:load", "Adapter `my_agents/up.py:load` is not of the form"),
        ("up.py:load", "Adapter `up.py:load` is not of the form"),
        (":load", "Adapter `:load` is not of the form"),
        ("my_agents.up:load()", "Adapter `my_agents.up:load()` is not of the form"),
        ("my_agents.down:load", "Adapter `my_agents.down:load` cannot be imported: No module named 'my_agents.down'."),
        ("broken:load", "Adapter `broken:load` cannot be imported: No module named 'no_such_package'."),
        ("my_agents.up:laod", "Module `my_agents.up` has no function `laod`. Did you mean 'load'"),
        ("my_agents.up:xyz", "Module `my_agents.up` has no function `xyz`."),
        (
            "my_agents.up:load_nothing",
            "Adapter `my_agents.up:load_nothing` returned a `NoPolicy`, which is no agent: it lacks `env_kwargs`, "
            "`wrap`.",
        ),
        ("my_agents.up:load_version_2", "weights is of version 1."),
    ],
)
def test_unusable_adapters_are_reported(policy: str, message: str, adapter_folder: Path) -> None:
    with pytest.raises(CheckpointError, match=f"^{re.escape(message)}"):
        load_agent("weights", policy=policy)
