"""Evaluation: plays episodes of agents on the variants of a game; may be interrupted at any time."""

from __future__ import annotations

import hashlib
import multiprocessing
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch

from hackatari.benchmarks.agents import Agent, EnvSettings, load_agent
from hackatari.benchmarks.results import EpisodeResult, EpisodeSpec, ResultStore
from hackatari.games import find_game


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
class EvaluationPlan:
    """What is to be played.

    Attributes:
        checkpoints: The agents.
        game: ROM id.
        variants: Variants as tuples of modif names; `()` is the unmodified game.
        episodes: Episodes per agent and variant.
        seed: Episode k of every agent and variant has the same seed, derived from this one and k.
        deterministic: Take the most probable action instead of sampling.
        overrides: Fields of `EnvSettings` that replace the agent's own (frameskip, sticky actions, no-ops).
        env_kwargs: Further arguments of the env: `mode`, `difficulty`.
    """

    checkpoints: Sequence[Checkpoint]
    game: str
    variants: Sequence[tuple[str, ...]]
    episodes: int = 10
    seed: int = 0
    deterministic: bool = False
    overrides: Mapping[str, Any] = field(default_factory=dict)
    env_kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """One episode to be played: by whom, how, and under which name its result is kept."""

    checkpoint: Checkpoint
    settings: EnvSettings
    env_kwargs: Mapping[str, Any]
    spec: EpisodeSpec


def plan_jobs(plan: EvaluationPlan) -> list[Job]:
    """Return the episodes of a plan; everything that can be wrong is found here, before a game is started.

    Episode 0 of all variants comes first, so that an interrupted evaluation has something of each.

    Raises:
        CheckpointError: If a checkpoint cannot be loaded or does not fit the game.
        UnknownNameError: If there is no such game or modif.
        ValueError: If a setting is out of range.
    """
    game = find_game(plan.game)
    for variant in plan.variants:
        game.select(variant)
    if plan.episodes < 1:
        raise ValueError(f"An evaluation needs at least 1 episode, got {plan.episodes}.")
    jobs = []
    for checkpoint, name in zip(plan.checkpoints, _display_names(plan.checkpoints), strict=True):
        agent = checkpoint.load()
        settings = replace(agent.settings, **plan.overrides)
        _make_env(agent, settings, game.name, (), plan.env_kwargs)[0].close()  # refuses what does not fit
        recorded = {**asdict(settings), **plan.env_kwargs, "deterministic": plan.deterministic}
        recorded["policy"] = checkpoint.policy or "stable-baselines3"
        sha256 = checkpoint.sha256()
        jobs += [
            Job(
                checkpoint,
                settings,
                plan.env_kwargs,
                EpisodeSpec(
                    checkpoint=name,
                    checkpoint_sha256=sha256,
                    game=game.rom,
                    modifs=tuple(variant),
                    episode=episode,
                    seed=episode_seed(plan.seed, episode),
                    settings=recorded,
                ),
            )
            for episode in range(plan.episodes)
            for variant in plan.variants
        ]
    return sorted(jobs, key=lambda job: job.spec.episode)


def episode_seed(seed: int, episode: int) -> int:
    """Return the seed of the k-th episode, the same for every agent and variant."""
    return int(np.random.SeedSequence([seed, episode]).generate_state(1)[0])


def _display_names(checkpoints: Sequence[Checkpoint]) -> list[str]:
    """Return the file names of checkpoints, or their paths where names are not unique."""
    names = [checkpoint.path.name for checkpoint in checkpoints]
    return [name if names.count(name) == 1 else str(c.path) for c, name in zip(checkpoints, names, strict=True)]


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


def _make_env(
    agent: Agent, settings: EnvSettings, game: str, modifs: Sequence[str], env_kwargs: Mapping[str, Any]
) -> tuple[gym.Env, WholeGame]:
    """Return a variant with the agent's preprocessing, and the layer below it that counts."""
    env = gym.make(f"HackAtari/{game}-v0", modifs=list(modifs), **agent.env_kwargs(settings), **env_kwargs)
    whole_game = WholeGame(env)
    return agent.wrap(whole_game, settings), whole_game


def play_episode(agent: Agent, job: Job) -> EpisodeResult:
    """Play one whole game and return its raw score.

    A loss of life that the agent's wrappers report as `terminated` ends nothing: the game goes on after their reset.
    The same job gives the same result in every process.
    """
    spec = job.spec
    env, game = _make_env(agent, job.settings, find_game(spec.game).name, spec.modifs, job.env_kwargs)
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


def evaluate(
    jobs: Sequence[Job], store: ResultStore, workers: int = 1, on_result: Callable[[EpisodeResult], None] | None = None
) -> list[EpisodeResult]:
    """Play the episodes that the store does not have yet; each result is on disk as soon as it is known.

    Args:
        jobs: What to play.
        store: Holds the results; what it has is not played again.
        workers: Number of processes; 1 plays in this one.
        on_result: Called after each new result.

    Returns:
        The results of all jobs, in their order.

    Raises:
        KeyboardInterrupt: On Ctrl-C, with all finished episodes in the store.
    """
    pending = [job for job in jobs if store.get(job.spec.key()) is None]
    for result in _play_all(pending, workers):
        store.add(result)
        if on_result:
            on_result(result)
    return [played for job in jobs if (played := store.get(job.spec.key()))]


def _play_all(jobs: Sequence[Job], workers: int) -> Iterator[EpisodeResult]:
    """Yield results as they are known."""
    if workers == 1 or len(jobs) < 2:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # a single observation is no work for several, which then wait for each other
        try:
            yield from map(_play, jobs)
        finally:
            torch.set_num_threads(threads)
        return
    # Not forked: a fork copies torch's thread pool in an unusable state.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(workers, len(jobs)), mp_context=context, initializer=_start_worker)
    try:
        for future in as_completed([pool.submit(_play, job) for job in jobs]):
            yield future.result()
    except BaseException:
        for process in list((pool._processes or {}).values()):
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _start_worker() -> None:
    """Leave Ctrl-C to the parent, and the other cores to the other workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)


def _play(job: Job) -> EpisodeResult:
    return play_episode(_cached_agent(job.checkpoint), job)


@cache
def _cached_agent(checkpoint: Checkpoint) -> Agent:
    return checkpoint.load()
