"""Studies: independent runs whose results are kept on disk, so that playing them may stop and go on at any time."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import pickle
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hackatari.benchmarks.json_values import json_value
from hackatari.benchmarks.processes import map_in_processes
from hackatari.benchmarks.reproduction.page import Section
from hackatari.errors import UnknownNameError, did_you_mean

NAMES = ("reward-centering", "weight-clipping")
"""What can be reproduced: each is a module of this package with a function `studies(quick, seed)`."""


class RunError(RuntimeError):
    """A run failed; the results of all runs before it are on disk."""


@dataclass(frozen=True)
class Run:
    """One unit of work, up to a few minutes long.

    Attributes:
        study: Name of the study.
        settings: All that determines the result apart from the seed, by name. Kept in the form in which it returns
            from JSON, in which a tuple has become a list.
        seed: Seed of everything that is random in the run. A run may be a batch of many seeds, all made from this
            one; then their number belongs to the settings.

    Raises:
        TypeError: If a setting is not a JSON value.
    """

    study: str
    settings: Mapping[str, Any]
    seed: int

    def __post_init__(self) -> None:
        """Bring the settings into the form in which they return from a file."""
        object.__setattr__(self, "settings", json_value(dict(self.settings)))

    def key(self) -> str:
        """Return the SHA-256 over study, settings and seed, by which a result is found again."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    def __str__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self.settings.items())
        return f"{self.study}({settings}), seed {self.seed}"


@dataclass(frozen=True)
class RunResult:
    """A played run.

    Attributes:
        run: What was played.
        result: What `Study.play` returned, as JSON values: figures and curves by name. Arrays have become lists, nan
            and infinities None.
        seconds: How long it took.
    """

    run: Run
    result: Mapping[str, Any]
    seconds: float = 0.0


@dataclass(frozen=True)
class Study:
    """An experiment: its runs, how one is played, and what all of them say together.

    Attributes:
        name: Short name, such as `"access-control"`.
        title: Title for people.
        runs: The runs, all different; they are started in this order, so the longest should come first.
        play: Plays a run and returns its figures and curves by name: JSON values, NumPy arrays and scalars. Defined
            at the top of a module, where worker processes can import it. All randomness comes from the run's seed.
        describe: Makes the section of the page from the results of all runs, in their order.

    Raises:
        ValueError: If a run belongs to another study, is there twice, or `play` cannot be imported by workers.
    """

    name: str
    title: str
    runs: Sequence[Run]
    play: Callable[[Run], Mapping[str, Any]]
    describe: Callable[[list[RunResult]], Section]

    def __post_init__(self) -> None:
        """Find what would only show after hours of work."""
        keys = set()
        for run in self.runs:
            if run.study != self.name:
                raise ValueError(f"The run {run} is among those of the study {self.name!r}.")
            if run.key() in keys:
                raise ValueError(f"The run {run} is there twice.")
            keys.add(run.key())
        try:
            pickle.dumps(self.play)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise ValueError(
                f"play of the study {self.name!r} must be a function at the top of a module: {error}."
            ) from error


class RunStore:
    """Results of runs in `runs.jsonl`, one JSON object a line, safe to kill at any moment.

    A result is appended and flushed to the disk as soon as it is known. One process writes at a time; any number may
    read.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        """Read what is there.

        Args:
            folder: Folder of the file; made when the first result is added.

        Raises:
            ValueError: If a line of the file is not a result.
        """
        self.path = Path(folder) / "runs.jsonl"
        self._results: dict[str, RunResult] = {}
        text = self.path.read_bytes() if self.path.exists() else b""
        # What follows the last line end was cut off when its writer was killed; the next result takes its place.
        self._size = text.rfind(b"\n") + 1
        for number, line in enumerate(text[: self._size].splitlines(), start=1):
            try:
                data = json.loads(line)
                result = RunResult(Run(data["study"], data["settings"], data["seed"]), data["result"], data["seconds"])
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(
                    f"{self.path}, line {number} is not the result of a run ({error!r}); remove the line."
                ) from error
            self._results[result.run.key()] = result

    def get(self, run: Run) -> RunResult | None:
        """Look up the result of a run; None if it has not been played yet."""
        return self._results.get(run.key())

    def add(self, result: RunResult) -> None:
        """Write a result to the disk."""
        line = json.dumps({**asdict(result.run), "result": result.result, "seconds": result.seconds}).encode() + b"\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            file.truncate(self._size)
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self._size += len(line)
        self._results[result.run.key()] = result

    def results(self, study: Study) -> list[RunResult]:
        """Return the results of a study's runs in their order, as far as they have been played."""
        return [result for run in study.runs if (result := self.get(run))]

    def complete(self, study: Study) -> bool:
        """Whether all runs of a study have been played."""
        return all(self.get(run) for run in study.runs)


def find_studies(name: str, quick: bool, seed: int) -> list[Study]:
    """Return the studies of one of `NAMES`.

    Args:
        name: Such as `"reward-centering"`.
        quick: A small version that shows the machinery at work, too small to decide much.
        seed: The seeds of all runs derive from it.

    Raises:
        UnknownNameError: If there is no such name.
    """
    if name not in NAMES:
        raise UnknownNameError(
            f"There is no reproduction {name!r}.{did_you_mean(name, NAMES)} Known: {', '.join(NAMES)}."
        )
    module = importlib.import_module(f"hackatari.benchmarks.reproduction.{name.replace('-', '_')}")
    return module.studies(quick, seed)


def select_studies(studies: Sequence[Study], names: Iterable[str]) -> list[Study]:
    """Return the studies of these names, in the order of `studies`; all of them if no name is given.

    Raises:
        UnknownNameError: If there is no study of a name.
    """
    names = list(names)
    known = [study.name for study in studies]
    for name in names:
        if name not in known:
            raise UnknownNameError(
                f"There is no study {name!r}.{did_you_mean(name, known)} Studies: {', '.join(known)}."
            )
    return [study for study in studies if not names or study.name in names]


def run_studies(
    studies: Sequence[Study],
    folder: str | os.PathLike[str],
    workers: int = 1,
    on_result: Callable[[RunResult], None] | None = None,
) -> dict[str, list[RunResult]]:
    """Play the runs that `folder/runs.jsonl` does not have yet; each result is on disk as soon as it is known.

    The runs of all studies share one pool of processes, with one thread each: no process waits for the end of a study,
    and results do not depend on the number of workers.

    Args:
        studies: What to play, of different names.
        folder: Folder of `runs.jsonl`.
        workers: Number of processes.
        on_result: Called after each new result.

    Returns:
        The results of each study by its name, in the order of its runs.

    Raises:
        RunError: If a run fails or its process dies, with all finished runs on disk.
        KeyboardInterrupt: On Ctrl-C, with all finished runs on disk.
        ValueError: If `workers` is not positive or `runs.jsonl` is malformed.
    """
    store = RunStore(folder)
    pending = [(study.play, run) for study in studies for run in study.runs if store.get(run) is None]
    with closing(map_in_processes(_play, pending, workers)) as played:
        for (_, run), future in played:
            try:
                result = future.result()
            except BrokenProcessPool as error:
                raise RunError("A worker process was killed, perhaps for want of memory; try fewer workers.") from error
            except Exception as error:
                raise RunError(f"{run} failed: {type(error).__name__}: {error}") from error
            store.add(result)
            if on_result:
                on_result(result)
    return {study.name: store.results(study) for study in studies}


def _play(task: tuple[Callable[[Run], Mapping[str, Any]], Run]) -> RunResult:
    play, run = task
    start = time.perf_counter()
    result = json_value(play(run))
    return RunResult(run, result, time.perf_counter() - start)
