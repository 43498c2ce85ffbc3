"""Playing episodes: one game at a time with any agent, or several at once with a `BatchAgent`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from gymnasium.vector import AutoresetMode

from hackatari.benchmarks.agents import Agent, BatchAgent, EnvSettings, State, load_agent
from hackatari.benchmarks.results import EpisodeResult, EpisodeSpec
from hackatari.games import find_game
from hackatari.vector_env import HackAtariVectorEnv

BATCH_SIZE = 8
"""Games that are played at once, and rows of each forward pass. Their number is always the same, however many games are
under way, because matrix products of other shapes are rounded in other ways."""


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint file and how it is to be read; see `load_agent` for the arguments.

    Attributes:
        path: The file, or the folder if the adapter reads folders.
        policy: Adapter `module:factory`, or None for SB3 zips.
        trust: Whether code in the checkpoint may run.
    """

    path: Path
    policy: str | None = None
    trust: bool = False

    def load(self) -> Agent:
        """Return the agent.

        Raises:
            CheckpointError: If it cannot be loaded.
        """
        return load_agent(self.path, self.policy, self.trust)

    def sha256(self) -> str:
        """Return the SHA-256 of the file, or of the names and contents of a folder's files."""
        digest = hashlib.sha256()
        if self.path.is_file():
            digest.update(self.path.read_bytes())
        for file in sorted(file for file in self.path.rglob("*") if file.is_file()):
            digest.update(f"{file.relative_to(self.path)}\0".encode() + file.read_bytes())
        return digest.hexdigest()


@dataclass(frozen=True)
class Job:
    """One episode to be played: by whom, how, and under which name its result is kept."""

    checkpoint: Checkpoint
    settings: EnvSettings
    env_kwargs: Mapping[str, Any]
    spec: EpisodeSpec


class WholeGame(gym.Wrapper):
    """Counts the raw score of one whole game, below all preprocessing.

    Preprocessing may clip rewards, end episodes at the loss of a life, and play no-ops within a reset; some starts
    the next game unasked. What counts is the game that was reset first.
    """

    def __init__(self, env: gym.Env) -> None:
        super().__init__(env)
        self.score = 0.0
        self.frames = 0
        self.over = False
        self.truncated = False

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Step the env and count."""
        observation, reward, terminated, truncated, info = super().step(action)
        if not self.over:
            self.score += float(reward)
            self.frames = info["episode_frame_number"]
            self.over = terminated or truncated
            self.truncated = truncated and not terminated
        return observation, reward, terminated, truncated, info


def make_env(
    agent: Agent, settings: EnvSettings, game: str, modifs: Sequence[str], env_kwargs: Mapping[str, Any]
) -> tuple[gym.Env, WholeGame]:
    """Return a variant with an agent's preprocessing, and the layer below it that counts.

    Args:
        agent: The agent.
        settings: How the env is run.
        game: Name of the game in env IDs.
        modifs: Names of the modifs.
        env_kwargs: Further arguments of the env.

    Raises:
        CheckpointError: If the agent does not fit the game.
        ValueError: If the agent cannot act under these settings.
    """
    env = gym.make(f"HackAtari/{game}-v0", modifs=list(modifs), **agent.env_kwargs(settings), **env_kwargs)
    whole_game = WholeGame(env)
    return agent.wrap(whole_game, settings), whole_game


def play_episode(agent: Agent, job: Job) -> EpisodeResult:
    """Play one whole game and return its raw score.

    A loss of life that the agent's wrappers report as `terminated` ends nothing: the game goes on after their reset.
    The same job gives the same result in every process.

    Args:
        agent: The agent.
        job: The episode.
    """
    spec = job.spec
    env, game = make_env(agent, job.settings, find_game(spec.game).name, spec.modifs, job.env_kwargs)
    steps, truncated, state, start = 0, False, None, True
    # Policies sample from torch's global generator; the fork leaves the caller's stream as it was.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(spec.seed)
        observation, _ = env.reset(seed=spec.seed)
        while not (game.over or truncated):
            action, state = agent.predict(observation, state, np.array([start]), spec.settings["deterministic"])
            observation, _, start, truncated, _ = env.step(action)
            steps += 1
            if start and not game.over:
                observation, _ = env.reset()
    env.close()
    return EpisodeResult(
        **vars(spec),
        score=game.score,
        steps=steps,
        frames=game.frames,
        truncated=bool(game.truncated or (truncated and not game.over)),
    )


def vector_env_kwargs(agent: Agent, settings: EnvSettings) -> dict[str, Any] | None:
    """Return the arguments of the vector env in which an agent plays several games; None if it plays them singly."""
    return agent.vector_env_kwargs(settings) if isinstance(agent, BatchAgent) else None


def play_episodes(jobs: Iterator[Job], first: Job, n_games: int) -> Iterator[EpisodeResult]:
    """Yield the results of episodes as they end, with several games under way if the agent can do that.

    An episode's result does not depend on which others are played with it.

    Args:
        jobs: The episodes, of one checkpoint and with the same settings; taken one by one when they are to begin.
        first: One of them.
        n_games: Number of games under way, at most `BATCH_SIZE`.
    """
    agent = _cached_agent(first.checkpoint)
    kwargs = vector_env_kwargs(agent, first.settings)
    if not (isinstance(agent, BatchAgent) and kwargs is not None):
        yield from (play_episode(agent, job) for job in jobs)
        return
    begun = list(islice(jobs, n_games))
    if begun:
        kwargs |= {"num_workers": 0, "autoreset_mode": AutoresetMode.SAME_STEP, **first.env_kwargs}
        with closing(HackAtariVectorEnv(first.spec.game, len(begun), **kwargs)) as envs:
            yield from _GameBatch(agent, envs, chain(begun, jobs), first.spec.settings["deterministic"]).play()


@cache
def _cached_agent(checkpoint: Checkpoint) -> Agent:
    return checkpoint.load()


class _GameBatch:
    """Plays episodes in the sub-envs of a vector env; in each, one after another."""

    def __init__(self, agent: BatchAgent, envs: HackAtariVectorEnv, jobs: Iterator[Job], deterministic: bool) -> None:
        self._agent = agent
        self._envs = envs
        self._waiting = jobs
        self._deterministic = deterministic
        self._jobs: list[Job | None] = [None] * envs.num_envs
        self._generators = [np.random.default_rng(0)] * BATCH_SIZE
        self._steps = np.zeros(BATCH_SIZE, np.int64)
        shape: Any = envs.single_observation_space.shape
        self._observations = np.zeros((BATCH_SIZE, *shape), np.uint8)
        self._starts = np.zeros(BATCH_SIZE, np.bool_)
        self._state: State | None = None

    def play(self) -> Iterator[EpisodeResult]:
        """Yield the results as the games end."""
        infos = self._begin(range(self._envs.num_envs))
        while True:
            # A game can also end within a reset: that after a lost life goes on with it.
            while ended := [i for i in np.flatnonzero(infos.get("_episode", ())).tolist() if self._jobs[i]]:
                for i in ended:
                    yield self._result(i, infos["episode"][i])
                infos = self._begin(ended)
            if not any(self._jobs):
                return
            infos = self._step()

    def _begin(self, indices: Sequence[int]) -> dict[str, Any]:
        """Begin the next episodes in these sub-envs, if there are any left; return the infos of their reset."""
        n = self._envs.num_envs
        mask, seeds = np.zeros(n, np.bool_), [0] * n
        modifs: list[tuple[str, ...]] = [()] * n
        for i in indices:
            self._jobs[i] = job = next(self._waiting, None)
            if job:
                mask[i], seeds[i], modifs[i] = True, job.spec.seed, job.spec.modifs
                # Not the seed alone, by which the env draws too.
                self._generators[i] = np.random.default_rng([job.spec.seed, 1])
                self._steps[i], self._starts[i] = 0, True
        if not mask.any():
            return {}
        observations, infos = self._envs.reset(seed=seeds, options={"reset_mask": mask, "modifs": modifs})
        self._observations[:n] = observations
        return infos

    def _step(self) -> dict[str, Any]:
        """Do a step in all games; return the infos."""
        n = self._envs.num_envs
        uniforms = None if self._deterministic else np.array([rng.random() for rng in self._generators])
        actions, self._state = self._agent.predict_batch(self._observations, self._state, self._starts, uniforms)
        observations, _, terminations, truncations, infos = self._envs.step(actions[:n])
        self._observations[:n] = observations
        self._starts[:n] = terminations | truncations
        self._steps += 1
        return infos

    def _result(self, i: int, game: Mapping[str, Any]) -> EpisodeResult:
        job = self._jobs[i]
        assert job is not None
        return EpisodeResult(
            **vars(job.spec),
            score=game["r"],
            steps=int(self._steps[i]),
            frames=game["frames"],
            truncated=game["truncated"],
        )
