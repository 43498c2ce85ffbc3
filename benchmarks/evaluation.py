"""Evaluation: plays episodes of agents on the variants of a game; may be interrupted at any time."""

from __future__ import annotations

import math
import multiprocessing
import signal
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from itertools import groupby
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

import numpy as np
import torch

from hackatari.benchmarks.episodes import BATCH_SIZE, Checkpoint, Job, make_env, play_episodes, vector_env_kwargs
from hackatari.benchmarks.results import EpisodeResult, EpisodeSpec, ResultStore
from hackatari.games import find_game
from hackatari.vector_processes import WorkerDiedError


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


def plan_jobs(plan: EvaluationPlan) -> list[Job]:
    """Return the episodes of a plan; everything that can be wrong is found here, before a game is started.

    One checkpoint comes after the other; of each, episode 0 of all variants comes first, so that an interrupted
    evaluation has something of every variant.

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
        make_env(agent, settings, game.name, (), plan.env_kwargs)[0].close()  # refuses what does not fit
        recorded = {**asdict(settings), **plan.env_kwargs, "deterministic": plan.deterministic}
        recorded["policy"] = checkpoint.policy or "stable-baselines3"
        if not plan.deterministic and vector_env_kwargs(agent, settings) is not None:
            recorded["sampling"] = "inverse"  # of the distribution function, by random numbers of the episode's own
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
    return jobs


def episode_seed(seed: int, episode: int) -> int:
    """Return the seed of the k-th episode, the same for every agent and variant."""
    return int(np.random.SeedSequence([seed, episode]).generate_state(1)[0])


def _display_names(checkpoints: Sequence[Checkpoint]) -> list[str]:
    """Return the file names of checkpoints, or their paths where names are not unique."""
    names = [checkpoint.path.name for checkpoint in checkpoints]
    return [name if names.count(name) == 1 else str(c.path) for c, name in zip(checkpoints, names, strict=True)]


def evaluate(
    jobs: Sequence[Job], store: ResultStore, workers: int = 1, on_result: Callable[[EpisodeResult], None] | None = None
) -> list[EpisodeResult]:
    """Play the episodes that the store does not have yet; each result is on disk as soon as it is known.

    Args:
        jobs: What to play.
        store: Holds the results; what it has is not played again.
        workers: Number of processes, this one among them. A `BatchAgent` plays several games at once in each.
        on_result: Called after each new result.

    Returns:
        The results of all jobs, in their order.

    Raises:
        KeyboardInterrupt: On Ctrl-C, with all finished episodes in the store.
        WorkerDiedError: If a process is killed or crashes, likewise.
    """
    pending = [job for job in jobs if store.get(job.spec.key()) is None]
    with closing(_play_all(pending, workers)) as results:
        for result in results:
            store.add(result)
            if on_result:
                on_result(result)
    return [played for job in jobs if (played := store.get(job.spec.key()))]


@dataclass(frozen=True)
class _Group:
    """Episodes of one checkpoint with the same settings, and how many of them are played at once in a process."""

    jobs: list[Job]
    n_games: int

    def play(self, tickets: Iterator[int]) -> Iterator[EpisodeResult]:
        """Yield the results of the jobs with these numbers."""
        return play_episodes((self.jobs[ticket] for ticket in tickets), self.jobs[0], self.n_games)


def _play_all(jobs: Sequence[Job], workers: int) -> Generator[EpisodeResult, None, None]:
    """Yield results as they are known."""
    workers = min(workers, len(jobs))
    same = groupby(jobs, key=lambda job: (job.checkpoint, job.spec.game, job.spec.settings))
    parts = [list(part) for _, part in same]
    groups = [_Group(part, min(BATCH_SIZE, math.ceil(len(part) / workers))) for part in parts]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # small batches are no work for several, which then wait for each other
    try:
        if workers > 1:
            yield from _play_in_processes(groups, workers)
        else:
            for group in groups:
                yield from group.play(iter(range(len(group.jobs))))
    finally:
        torch.set_num_threads(threads)


def _play_in_processes(groups: Sequence[_Group], workers: int) -> Iterator[EpisodeResult]:
    """Yield what worker processes and this one play; each takes the next job when it has time for it."""
    # Not forked: a fork copies torch's thread pool in an unusable state.
    context = multiprocessing.get_context("spawn")
    counters = [context.Value("q", 0) for _ in groups]
    processes: dict[Connection, SpawnProcess] = {}
    try:
        for _ in range(workers - 1):
            ours, theirs = context.Pipe(duplex=False)
            processes[ours] = context.Process(target=_work, args=(theirs, groups, counters), daemon=True)
            processes[ours].start()
            theirs.close()
        for group, counter in zip(groups, counters, strict=True):
            for result in group.play(_tickets(counter, len(group.jobs))):
                yield result
                yield from _received(processes, timeout=0)
        while processes:
            yield from _received(processes)
    finally:
        for process in processes.values():
            process.kill()
            process.join()


def _received(processes: dict[Connection, SpawnProcess], timeout: float | None = None) -> Iterator[EpisodeResult]:
    """Yield results that have come, waiting for some up to a time in seconds; forget processes that have ended."""
    for connection in wait(list(processes), timeout):
        assert isinstance(connection, Connection)
        try:
            message = connection.recv()
        except EOFError:
            process = processes.pop(connection)
            process.join()
            if process.exitcode:
                raise WorkerDiedError(
                    f"A process of the evaluation died with exit code {process.exitcode}; "
                    "evaluate again to play the episodes that are missing."
                ) from None
            continue
        if isinstance(message, Exception):
            raise message
        yield message


def _work(connection: Connection, groups: Sequence[_Group], counters: Sequence[Any]) -> None:
    """Play in a worker process, and send the results or the exception that was raised."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    torch.set_num_threads(1)  # the other cores are for the other workers
    try:
        for group, counter in zip(groups, counters, strict=True):
            for result in group.play(_tickets(counter, len(group.jobs))):
                connection.send(result)
    except Exception as error:
        connection.send(error)


def _tickets(counter: Any, end: int) -> Iterator[int]:
    """Yield numbers below `end` that no other process gets."""
    while True:
        with counter.get_lock():
            ticket = counter.value
            counter.value += 1
        if ticket >= end:
            return
        yield ticket
