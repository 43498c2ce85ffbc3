"""What an evaluation needs of an agent, and how one is loaded from a checkpoint.

A checkpoint holds weights; it seldom says how the frames were cut, shrunk and stacked on which they were
trained. An `Agent` knows that. It is asked four things: which settings it was trained with, which arguments
the environment is to be made with, which wrappers go around it, and, at every step, which action to take::

    settings = dataclasses.replace(agent.settings, repeat_action_probability=0.0)
    env = agent.wrap(gym.make("HackAtari/Pong-v0", **agent.env_kwargs(settings)), settings)
    action, state = agent.predict(observation, state, episode_start, deterministic)
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias, get_args, runtime_checkable

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from hackatari.errors import did_you_mean

ObservationType: TypeAlias = Literal["rgb", "grayscale", "ram"]

State: TypeAlias = tuple[np.ndarray, ...]
"""What a recurrent policy carries from one step to the next."""


class CheckpointError(ValueError):
    """A checkpoint cannot be loaded, or the agent in it does not fit the game."""


@dataclass(frozen=True)
class EnvSettings:
    """How an agent's environment is run: as it was in training, or as it is to be in an evaluation.

    The values describe the game *as the agent sees it*. How they are brought about is the agent's own affair:
    a Stable-Baselines3 pixel agent with a frameskip of 4 wants a base environment that skips nothing and a
    wrapper that skips 4 frames and takes the maximum of the last two; a RAM agent leaves the skipping to ALE.
    So settings become an environment only through `Agent.env_kwargs` and `Agent.wrap`, which both receive
    them. The defaults are those of `ALE/<Game>-v5`.

    Attributes:
        frameskip: Emulated frames per agent step, or the half-open range (low, high) from which their number
            is drawn at every step. A list, which is what JSON makes of a tuple, is taken as a range too.
        repeat_action_probability: Probability with which the emulator repeats the previous action instead of
            taking the new one, drawn at every emulated frame (sticky actions, Machado et al. 2018).
        noop_max: An episode begins with 1 to `noop_max` no-op steps of the base environment; 0 for none. Such
            a step is one emulated frame where a wrapper does the skipping, and otherwise one agent step.
        obs_type: What the base environment shows: `"rgb"`, `"grayscale"` or `"ram"`.
        full_action_space: All 18 actions of the console instead of those that have an effect in the game.
    """

    frameskip: int | tuple[int, int] = 4
    repeat_action_probability: float = 0.25
    noop_max: int = 0
    obs_type: ObservationType = "rgb"
    full_action_space: bool = False

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ValueError: If a value is out of range.
        """
        if isinstance(self.frameskip, list):
            object.__setattr__(self, "frameskip", tuple(self.frameskip))
        skip = self.frameskip
        skip_range = (skip, skip + 1) if isinstance(skip, int) else skip
        if len(skip_range) != 2 or not 1 <= skip_range[0] < skip_range[1]:
            raise ValueError(
                "`frameskip` must be a number of frames from 1 on, or a range (low, high) with "
                f"1 <= low < high, got {skip}."
            )
        if not 0.0 <= self.repeat_action_probability <= 1.0:
            raise ValueError(f"`repeat_action_probability` must be in [0, 1], got {self.repeat_action_probability}.")
        if self.noop_max < 0:
            raise ValueError(f"`noop_max` must be 0 or more, got {self.noop_max}.")
        if self.obs_type not in get_args(ObservationType):
            raise ValueError(
                f"`obs_type` must be one of {', '.join(get_args(ObservationType))}, got {self.obs_type!r}."
            )

    def env_kwargs(self) -> dict[str, Any]:
        """Arguments for `gym.make` if the base environment itself is to do the skipping."""
        return {
            "frameskip": self.frameskip,
            "repeat_action_probability": self.repeat_action_probability,
            "obs_type": self.obs_type,
            "full_action_space": self.full_action_space,
        }


class Agent(Protocol):
    """An agent that can be evaluated: a policy together with the preprocessing it was trained on.

    Any object with these four attributes will do; it need not inherit from this class.
    """

    @property
    def settings(self) -> EnvSettings:
        """The settings the agent was trained with."""

    def env_kwargs(self, settings: EnvSettings) -> dict[str, Any]:
        """Give the arguments of `gym.make` for an environment that `wrap` can bring to `settings`.

        Args:
            settings: The agent's own settings, possibly with some of them replaced.

        Returns:
            `frameskip`, `repeat_action_probability`, `obs_type` and `full_action_space`; often just
            `settings.env_kwargs()`.

        Raises:
            ValueError: If the agent cannot act under these settings.
        """

    def wrap(self, env: gym.Env[Any, Any], settings: EnvSettings) -> gym.Env[Any, Any]:
        """Put the agent's preprocessing around an environment made with `env_kwargs(settings)`.

        Rewards stay those of the game. A `terminated` that only means the loss of a life is allowed: `reset`
        then goes on with the same game, which also means that a game has to be played to its end before a
        `reset` starts a new one.

        Raises:
            CheckpointError: If the observations or the number of actions are not those the agent knows.
        """

    def predict(
        self,
        observation: Any,
        state: State | None = None,
        episode_start: np.ndarray | None = None,
        deterministic: bool = False,
    ) -> tuple[int, State | None]:
        """Choose an action, with the arguments of Stable-Baselines3's `predict`.

        Args:
            observation: One observation of the wrapped environment, without batch dimension.
            state: What the previous call returned; None at the first call.
            episode_start: Bool array of shape (1,), true right after a reset: a recurrent policy then starts
                from its initial state. None stands for false.
            deterministic: Whether to take the most probable action instead of sampling one. Sampling draws
                from torch's global generator, which the caller seeds.

        Returns:
            The action, and the state for the next call (None for a policy without memory).
        """


@runtime_checkable
class BatchAgent(Agent, Protocol):
    """An agent that can act in several games at once, for which a network needs much less time than for one by one.

    `hackatari evaluate` plays its games in a `HackAtariVectorEnv` then, and otherwise as those of any `Agent`.
    """

    def vector_env_kwargs(self, settings: EnvSettings) -> dict[str, Any] | None:
        """Give the arguments of a `HackAtariVectorEnv` that shows what `wrap` makes the agent see.

        Returns:
            Its keyword arguments; None if there is no such vector env.
        """

    def predict_batch(
        self, observations: np.ndarray, state: State | None, episode_starts: np.ndarray, uniforms: np.ndarray | None
    ) -> tuple[np.ndarray, State | None]:
        """Choose actions. What is chosen in a game does not depend on the other games of the batch.

        Args:
            observations: Those of the vector env, shape (n, ...).
            state: What the previous call returned; None at the first call.
            episode_starts: Bool array of shape (n,), true right after a reset.
            uniforms: Random numbers from [0, 1) that decide which actions are sampled, float64 of shape (n,); None for
                the most probable actions.

        Returns:
            Integer actions of shape (n,), and the state for the next call.
        """


_AGENT_ATTRIBUTES = ("settings", "env_kwargs", "wrap", "predict")


def load_agent(
    path: str | os.PathLike[str], policy: str | None = None, trust: bool = False, device: str = "cpu"
) -> Agent:
    """Load an agent from a checkpoint.

    Args:
        path: The checkpoint's file, or whatever else the adapter reads that exists on disk.
        policy: Adapter `module:factory`: the module is imported, from the current directory too, and
            `factory(path)` returns an `Agent`. None for a zip file of Stable-Baselines3 or sb3-contrib.
        trust: Whether a zip file may run code of its own while it is loaded. It has to if it was trained with
            a policy class that its author wrote. Meaningless with an adapter, which is code anyway.
        device: Torch device on which a Stable-Baselines3 policy runs.

    Returns:
        The agent.

    Raises:
        CheckpointError: If there is no such file, if it is damaged or no checkpoint of a known kind, if it
            would run code without being trusted, or if the adapter is unusable.
    """
    path = Path(path)
    if not path.exists():
        siblings = os.listdir(path.parent) if path.parent.is_dir() else []
        raise CheckpointError(f"Checkpoint `{path}` does not exist.{did_you_mean(path.name, siblings)}")
    if policy is not None:
        return _load_with_adapter(path, policy)

    # Imported here because that module imports this one, and because it needs seconds to import torch.
    from hackatari.benchmarks.sb3_checkpoints import Sb3Agent

    return Sb3Agent.load(path, trust=trust, device=device)


def check_action_count(env: gym.Env[Any, Any], n_actions: int) -> None:
    """Refuse a game that has another number of actions than the agent.

    Args:
        env: Environment of the game.
        n_actions: Number of actions among which the agent chooses.

    Raises:
        CheckpointError: If the numbers differ.
    """
    game = f"`{env.spec.id}`" if env.spec is not None else "the environment"
    space = env.action_space
    if not isinstance(space, spaces.Discrete):
        raise CheckpointError(f"The agent chooses among {n_actions} actions, but {game} takes {space}.")
    if space.n != n_actions:
        raise CheckpointError(
            f"The agent chooses among {n_actions} actions, but {game} has {space.n}: the agent was trained "
            "on another game, or one of them uses the full set of 18 actions and the other the minimal set."
        )


def _load_with_adapter(path: Path, policy: str) -> Agent:
    if not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*", policy) or ".py:" in policy:
        raise CheckpointError(
            f"Adapter `{policy}` is not of the form `module:factory`, like `my_agents.dreamer:load` for the "
            "function `load` in my_agents/dreamer.py."
        )
    module_name, _, factory_name = policy.partition(":")
    with _current_directory_importable():
        try:
            module = importlib.import_module(module_name)
        except ImportError as error:
            raise CheckpointError(f"Adapter `{policy}` cannot be imported: {error}.") from error
        factory = getattr(module, factory_name, None)
        if not callable(factory):
            functions = [name for name, value in vars(module).items() if callable(value)]
            raise CheckpointError(
                f"Module `{module_name}` has no function `{factory_name}`.{did_you_mean(factory_name, functions)}"
            )
        agent = factory(path)
    missing = [f"`{name}`" for name in _AGENT_ATTRIBUTES if not hasattr(agent, name)]
    if missing:
        raise CheckpointError(
            f"Adapter `{policy}` returned a `{type(agent).__name__}`, which is no agent: it lacks {', '.join(missing)}."
        )
    return agent


@contextmanager
def _current_directory_importable() -> Iterator[None]:
    # Unlike `python -m`, a console script does not find modules in the current directory.
    directory = os.getcwd()
    sys.path.insert(0, directory)
    try:
        yield
    finally:
        sys.path.remove(directory)
