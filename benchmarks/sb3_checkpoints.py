"""Agents saved by Stable-Baselines3 and sb3-contrib.

Their zip files hold `data`, a JSON object of plain and pickled values, and `policy.pth`, a state dict. Only
the four members of `data` that describe the policy are unpickled, by `safe_pickle`; the policy is built anew
from them and filled with the weights. The algorithm, its optimizer and its buffers are not needed for acting.

The file does not say how observations were preprocessed, but their shape does: see `derive_preprocessing`.
"""

from __future__ import annotations

import base64
import inspect
import io
import json
import os
import pickle
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import gymnasium as gym
import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.atari_wrappers import AtariWrapper, NoopResetEnv
from stable_baselines3.common.policies import BasePolicy

from hackatari.benchmarks.agents import CheckpointError, EnvSettings, State, check_action_count
from hackatari.benchmarks.safe_pickle import describe, load_weights, restore_weights, safe_loads

RAM_SIZE = 128
"""Bytes of memory in the console."""

SCREEN_WIDTH = 160
"""Pixels per line in all games; the number of lines is 210 in most and up to 250 in some."""

FULL_ACTION_SET = 18
"""Number of actions of the console; a game's minimal set has those that have an effect in it."""


class FrameStack(gym.ObservationWrapper):
    """Concatenate the last `n` observations along their last axis, oldest first, as `VecFrameStack` does.

    After a reset the older observations are zeros.
    """

    def __init__(self, env: gym.Env[Any, Any], n: int) -> None:
        """Wrap an environment.

        Args:
            env: Environment with array observations of shape (..., channels).
            n: Number of observations in the stack, which has the shape (..., n * channels).
        """
        super().__init__(env)
        space = env.observation_space
        assert isinstance(space, spaces.Box)
        low, high = np.tile(space.low, n), np.tile(space.high, n)
        self.observation_space = spaces.Box(low, high, dtype=space.dtype.type)
        self._channels = space.shape[-1]
        self._frames = np.zeros_like(low)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Reset the environment and forget the observations before."""
        self._frames = np.zeros_like(self._frames)
        return super().reset(seed=seed, options=options)

    def observation(self, observation: np.ndarray) -> np.ndarray:
        """Append an observation and drop the oldest one."""
        self._frames = np.concatenate((self._frames[..., self._channels :], observation), axis=-1)
        return self._frames


class ChannelsFirst(gym.ObservationWrapper):
    """Turn pictures of shape (height, width, channels) into (channels, height, width)."""

    def __init__(self, env: gym.Env[Any, Any]) -> None:
        """Wrap an environment whose observations are pictures."""
        super().__init__(env)
        space = env.observation_space
        assert isinstance(space, spaces.Box)
        low, high = self.observation(space.low), self.observation(space.high)
        self.observation_space = spaces.Box(low, high, dtype=space.dtype.type)

    def observation(self, observation: np.ndarray) -> np.ndarray:
        """Move the channels to the front."""
        return np.moveaxis(observation, -1, 0)


@dataclass(frozen=True)
class Preprocessing:
    """How the observations of an SB3 agent come about.

    Attributes:
        obs_type: What the emulator shows.
        screen_size: Side, in pixels, of the square greyscale pictures that SB3's `AtariWrapper` makes; None
            if the agent sees the RAM or whole RGB frames.
        n_stack: Number of stacked observations.
        channels_first: Whether pictures have the shape (channels, height, width).
    """

    obs_type: Literal["rgb", "ram"]
    screen_size: int | None = None
    n_stack: int = 1
    channels_first: bool = False

    def wrap(self, env: gym.Env[Any, Any], settings: EnvSettings) -> gym.Env[Any, Any]:
        """Put the wrappers around an environment."""
        if self.screen_size is not None:
            assert isinstance(settings.frameskip, int)
            env = AtariWrapper(
                env,
                noop_max=settings.noop_max,
                frame_skip=settings.frameskip,
                screen_size=self.screen_size,
                clip_reward=False,
            )
        elif settings.noop_max:
            env = NoopResetEnv(env, settings.noop_max)
        if self.n_stack > 1:
            env = FrameStack(env, self.n_stack)
        return ChannelsFirst(env) if self.channels_first else env


def derive_preprocessing(space: spaces.Space[Any]) -> Preprocessing:
    """Tell from an observation space how SB3 agents with that space see a game.

    - (n, s, s) or (s, s, n), uint8: `AtariWrapper(screen_size=s)` and `VecFrameStack(n)`. The pictures must
      be square, and n not 3, because three channels may as well be a shrunk RGB frame.
    - (h, 160, 3) or (3, h, 160), uint8: RGB frames, as they come from ALE.
    - (128 * n,), uint8: the bytes of the RAM, with `VecFrameStack(n)`.

    Args:
        space: Observation space of the agent.

    Returns:
        The preprocessing.

    Raises:
        CheckpointError: If the space is none of these.
    """
    if isinstance(space, spaces.Box) and space.dtype == np.uint8:
        if len(space.shape) == 1 and space.shape[0] % RAM_SIZE == 0:
            return Preprocessing("ram", n_stack=space.shape[0] // RAM_SIZE)
        if len(space.shape) == 3:
            channels_first = space.shape[0] < space.shape[2]
            n, height, width = space.shape if channels_first else (space.shape[2], *space.shape[:2])
            if n == 3 and width == SCREEN_WIDTH:
                return Preprocessing("rgb", channels_first=channels_first)
            if n != 3 and n < height == width:
                return Preprocessing("rgb", height, n, channels_first)
    raise CheckpointError(
        f"Cannot tell how observations of shape {space.shape} and type {space.dtype} are made: they are "
        "neither square greyscale pictures like (4, 84, 84), nor RGB frames like (210, 160, 3), nor RAM like "
        "(128,), all of type uint8; write an adapter and name it with --policy."
    )


class Sb3Agent:
    """A policy of Stable-Baselines3 or sb3-contrib with discrete actions.

    Pixel agents see what SB3's `AtariWrapper` makes: up to 30 frames without action, 4 frames per step with
    the maximum over the last two, an end at every lost life, FIRE after every reset, greyscale, shrinking,
    and then the frame stack; rewards are not clipped. Agents that see RAM or RGB frames get them from ALE at
    every fourth frame. The probability of sticky actions is not in the file: it is that of `ALE/<Game>-v5`,
    0.25.

    Value-based policies (DQN, QR-DQN) have no distribution to sample from; they always act greedily.
    """

    def __init__(self, policy: BasePolicy) -> None:
        """Make an agent of a policy.

        Args:
            policy: The policy; it is put into evaluation mode.

        Raises:
            CheckpointError: If the policy's observations or actions are not understood.
        """
        if not isinstance(policy.action_space, spaces.Discrete):
            raise CheckpointError(f"The agent's actions are {policy.action_space}, but Atari games take Discrete.")
        policy.set_training_mode(False)
        self.policy = policy
        self.preprocessing = derive_preprocessing(policy.observation_space)
        self.n_actions = int(policy.action_space.n)
        self.settings = EnvSettings(
            frameskip=4,
            repeat_action_probability=0.25,
            noop_max=0 if self.preprocessing.screen_size is None else 30,
            obs_type=self.preprocessing.obs_type,
            # In games whose minimal set has 18 actions the two sets are the same.
            full_action_space=self.n_actions == FULL_ACTION_SET,
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str], trust: bool = False, device: str = "cpu") -> Sb3Agent:
        """Load an agent from a file written by `model.save`.

        Args:
            path: The zip file.
            trust: Whether what the allow-list refuses may be unpickled all the same, which can run any code.
            device: Torch device on which the policy runs, whatever it was trained on.

        Returns:
            The agent.

        Raises:
            CheckpointError: If the file is no SB3 checkpoint, if it is damaged or would run code without
                being trusted, or if the policy is not understood.
        """
        path = Path(path)
        data, weights = _read_zip(path)
        policy = _build_policy(data, f"`{path}`", trust)
        origin = f"`{path}` (policy.pth)"
        restore_weights(policy, _complete(load_weights(io.BytesIO(weights), origin), policy), origin)
        return cls(policy.to(device))

    def env_kwargs(self, settings: EnvSettings) -> dict[str, Any]:
        """Give the arguments of `gym.make`; pixel agents get frameskip 1 because `AtariWrapper` skips.

        Raises:
            ValueError: If a pixel agent is to skip a random number of frames.
        """
        kwargs = settings.env_kwargs()
        if self.preprocessing.screen_size is not None:
            if not isinstance(settings.frameskip, int):
                raise ValueError(
                    f"An SB3 pixel agent skips a fixed number of frames, got the range {settings.frameskip}."
                )
            kwargs["frameskip"] = 1
        return kwargs

    def wrap(self, env: gym.Env[Any, Any], settings: EnvSettings) -> gym.Env[Any, Any]:
        """Put the preprocessing around an environment made with `env_kwargs(settings)`.

        Raises:
            CheckpointError: If the observations or the number of actions are not those of the training.
        """
        check_action_count(env, self.n_actions)
        env = self.preprocessing.wrap(env, settings)
        expected, actual = self.policy.observation_space.shape, env.observation_space.shape
        if actual != expected:
            raise CheckpointError(f"The agent sees observations of shape {expected}, the game gives {actual}.")
        return env

    def predict(
        self,
        observation: np.ndarray,
        state: State | None = None,
        episode_start: np.ndarray | None = None,
        deterministic: bool = False,
    ) -> tuple[int, State | None]:
        """Choose an action, see `Agent.predict`."""
        action, state = self.policy.predict(observation, state, episode_start, deterministic)
        return int(action), state

    def vector_env_kwargs(self, settings: EnvSettings) -> dict[str, Any] | None:
        """Give the arguments of a `HackAtariVectorEnv`; None if the agent sees RAM or RGB frames."""
        size = self.preprocessing.screen_size
        if size is None:
            return None
        return {
            "preprocessing": "sb3",
            "img_height": size,
            "img_width": size,
            "stack_num": self.preprocessing.n_stack,
            "frameskip": settings.frameskip,
            "noop_max": settings.noop_max,
            "repeat_action_probability": settings.repeat_action_probability,
            "full_action_space": settings.full_action_space,
            "episodic_life": True,
        }

    def predict_batch(
        self, observations: np.ndarray, state: State | None, episode_starts: np.ndarray, uniforms: np.ndarray | None
    ) -> tuple[np.ndarray, State | None]:
        """Choose actions, see `BatchAgent.predict_batch`."""
        if not self.preprocessing.channels_first:
            observations = np.moveaxis(observations, 1, -1)
        with _draws(getattr(self.policy, "action_dist", None), uniforms):
            return self.policy.predict(observations, state, episode_starts, deterministic=uniforms is None)


@contextmanager
def _draws(distribution: Any, uniforms: np.ndarray | None) -> Iterator[None]:
    """Let a policy's distribution of actions, if it has one, sample by these numbers instead of torch's generator."""
    if distribution is None or uniforms is None:
        yield
        return
    distribution.sample = lambda: torch.from_numpy(
        sample_actions(distribution.distribution.probs.cpu().numpy(), uniforms)
    )
    try:
        yield
    finally:
        del distribution.sample


def sample_actions(probabilities: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
    """Sample actions by inverting the cumulative distribution function.

    Args:
        probabilities: Of the actions, shape (n, n_actions); each row need only sum to about 1.
        uniforms: Numbers from [0, 1), float64 of shape (n,).

    Returns:
        int64 of shape (n,).
    """
    cumulative = probabilities.cumsum(axis=1, dtype=np.float64)
    return (cumulative[:, :-1] <= uniforms[:, None] * cumulative[:, -1:]).sum(axis=1)


def _read_zip(path: Path) -> tuple[dict[str, Any], bytes]:
    """Return `data`, with its pickled values still encoded, and the bytes of `policy.pth`."""
    if path.is_dir():
        raise CheckpointError(f"`{path}` is a directory; name a file in it, or an adapter with --policy.")
    try:
        with zipfile.ZipFile(path) as archive:
            # The end of an incomplete file can be that of a zip file within: `policy.pth` is one.
            if min((info.header_offset for info in archive.infolist()), default=0) > 0:
                raise zipfile.BadZipFile("does not start at its first member")
            names = archive.namelist()
            if "data" not in names or "policy.pth" not in names:
                raise CheckpointError(
                    f"`{path}` is {_kind_of_zip(names)} and no checkpoint of Stable-Baselines3, which has "
                    "the members `data` and `policy.pth`; name an adapter with --policy."
                )
            data, weights = json.loads(archive.read("data")), archive.read("policy.pth")
    except zipfile.BadZipFile as error:
        raise CheckpointError(_describe_non_zip(path)) from error
    except json.JSONDecodeError as error:
        raise CheckpointError(f"`{path}` is damaged: its member `data` is not JSON ({error}).") from error
    if not isinstance(data, dict):
        raise CheckpointError(f"`{path}` is damaged: its member `data` is not a JSON object.")
    return data, weights


def _kind_of_zip(names: list[str]) -> str:
    is_torch = any(name.endswith("/data.pkl") for name in names)
    return "a file of `torch.save` or TorchScript" if is_torch else "some other zip file"


def _describe_non_zip(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(2)
    if not start:
        return f"`{path}` is empty."
    if start == b"PK":
        return f"`{path}` is a damaged or incomplete zip file."
    return f"`{path}` is no zip file, so no checkpoint of Stable-Baselines3; name an adapter with --policy."


def _build_policy(data: dict[str, Any], origin: str, trust: bool) -> BasePolicy:
    """Make the policy, on the CPU and with new weights."""
    observation_space = _rebuild(_member(data, "observation_space", origin, trust), origin)
    action_space = _rebuild(_member(data, "action_space", origin, trust), origin)
    policy_class = _member(data, "policy_class", origin, trust)
    policy_kwargs = _member(data, "policy_kwargs", origin, trust)
    if not (isinstance(policy_class, type) and issubclass(policy_class, BasePolicy)):
        raise CheckpointError(f"{origin} (policy_class) is not a policy of Stable-Baselines3.")
    try:
        # The initial weights are drawn from torch's global generator.
        with torch.random.fork_rng(devices=[]):
            return policy_class(observation_space, action_space, **_clean_kwargs(policy_kwargs, policy_class))
    except Exception as error:  # the arguments are whatever the file says
        raise CheckpointError(
            f"{origin} holds a `{policy_class.__name__}` that cannot be built ({describe(error)})."
        ) from error


def _clean_kwargs(policy_kwargs: dict[str, Any], policy_class: type[BasePolicy]) -> dict[str, Any]:
    """Reduce a policy's arguments to what acting needs, in today's notation."""
    not_needed = ("optimizer_class", "optimizer_kwargs", "device")
    kwargs = {name: value for name, value in policy_kwargs.items() if name not in not_needed}
    net_arch = kwargs.get("net_arch")
    if isinstance(net_arch, list) and net_arch and isinstance(net_arch[0], dict):
        kwargs["net_arch"] = net_arch[0]  # SB3 before 1.8
    if "lr_schedule" in inspect.signature(policy_class).parameters:
        kwargs["lr_schedule"] = lambda _progress_remaining: 0.0
    return kwargs


def _member(data: dict[str, Any], name: str, origin: str, trust: bool) -> Any:
    """Return a value of `data`, unpickled if need be."""
    if name not in data:
        raise CheckpointError(f"{origin} is no complete checkpoint: its member `data` has no `{name}`.")
    value = data[name]
    if not (isinstance(value, dict) and ":serialized:" in value):
        return value
    origin = f"{origin} ({name})"
    try:
        pickled = base64.b64decode(value[":serialized:"])
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"{origin} is damaged ({describe(error)}).") from error
    try:
        return safe_loads(pickled, origin)
    except CheckpointError:
        if not trust:
            raise
    try:
        return pickle.loads(pickled)
    except Exception as error:  # code from the file runs here
        raise CheckpointError(f"{origin} cannot be unpickled ({describe(error)}).") from error


def _rebuild(space: Any, origin: str) -> spaces.Space[Any]:
    """Make an unpickled space anew, because its attributes may be anything and its generator is missing."""
    try:
        if isinstance(space, spaces.Box):
            return spaces.Box(space.low, space.high, dtype=space.dtype.type)
        if isinstance(space, spaces.Discrete):
            return spaces.Discrete(int(space.n))
    except Exception as error:  # the attributes are whatever the file says
        raise CheckpointError(f"{origin} holds a damaged space ({describe(error)}).") from error
    raise CheckpointError(
        f"{origin} holds a `{type(space).__name__}` space, but only Box observations and Discrete actions "
        "are supported; write an adapter and name it with --policy."
    )


def _complete(weights: dict[str, Any], policy: BasePolicy) -> dict[str, Any]:
    """Add the other names of a shared features extractor: SB3 before 1.7 stored it under one of them only."""
    for name in policy.state_dict():
        shared = name.removeprefix("pi_").removeprefix("vf_")
        if name not in weights and shared in weights:
            weights[name] = weights[shared]
    return weights
