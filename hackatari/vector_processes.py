"""How `HackAtariVectorEnv` talks to the workers that step its sub-envs: processes, or this process itself."""

from __future__ import annotations

import multiprocessing
import os
import pickle
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from typing import Any

from hackatari.vector_worker import STEP, Failure, SharedArrays, SubEnvConfig, SubEnvGroup, run_worker


class WorkerDiedError(RuntimeError):
    """A worker process of a vector env was killed or crashed."""


class WorkerTraceback(Exception):
    """The cause of an exception that comes from a worker process: its traceback there, as text."""

    def __str__(self) -> str:
        return f'\n"""\n{self.args[0]}"""'


class LocalWorker:
    """Steps sub-envs in this process when it is asked for the outcome, with the methods of a `ProcessWorker`.

    Args:
        rows: Indices of its sub-envs.
        config: How they are made.
        modifs: The names of each sub-env's modifs.
        shared: The shared arrays of the whole vector env.
    """

    def __init__(self, rows: range, config: SubEnvConfig, modifs: Sequence[Sequence[str]], shared: SharedArrays):
        self.rows = rows
        self._group = SubEnvGroup(rows.start, config, modifs, shared)
        self._calls: deque[tuple[str, tuple[Any, ...]]] = deque()

    @property
    def pending(self) -> int:
        """Number of answers that have not been fetched."""
        return len(self._calls)

    def post(self, method: str, *args: Any) -> None:
        """Take note of a call of a method of its `SubEnvGroup`."""
        self._calls.append((method, args))

    def fetch(self) -> Any:
        """Do the oldest call and return the answer: a `Failure` if it raised an exception."""
        method, args = self._calls.popleft()
        try:
            return getattr(self._group, method)(*args)
        except Exception as error:
            return Failure(error)

    def kill(self) -> None:
        """Nothing remains of it."""


class ProcessWorker:
    """A worker process that steps some of the sub-envs.

    Args:
        rows: Indices of its sub-envs.
        config: How they are made.
        modifs: The names of each sub-env's modifs.
        shared: The shared arrays of the whole vector env.
        context: The way in which processes are started.

    Attributes:
        connection: The pipe to the process.
        pending: Number of answers that have not been fetched.
    """

    connection: Connection

    def __init__(
        self,
        rows: range,
        config: SubEnvConfig,
        modifs: Sequence[Sequence[str]],
        shared: SharedArrays,
        context: BaseContext,
    ) -> None:
        self.rows = rows
        self.connection, theirs = context.Pipe()
        self._process = context.Process(  # type: ignore[attr-defined]
            target=run_worker,
            args=(theirs, rows.start, config, modifs, shared),
            name=f"HackAtariVectorEnv-{rows.start}",
            daemon=True,
        )
        self._owner = os.getpid()
        with _children_allowed():
            self._process.start()
        theirs.close()
        self.pending = 1  # it tells when its sub-envs are made
        self._started = False

    @property
    def channels(self) -> list[Any]:
        """What becomes ready when it answers or dies."""
        return [self.connection, self._process.sentinel]

    def post(self, method: str, *args: Any) -> None:
        """Make it call a method of its `SubEnvGroup`.

        Raises:
            WorkerDiedError: If the process has died.
        """
        try:
            self.connection.send_bytes(STEP if method == "step" else pickle.dumps((method, args)))
        except OSError:
            raise self._death() from None
        self.pending += 1

    def fetch(self) -> Any:
        """Wait for the answer to the oldest call and return it: a `Failure` if it raised an exception.

        Raises:
            WorkerDiedError: If the process has died.
        """
        try:
            if self.connection not in wait(self.channels):
                raise self._death()
            answer = self.connection.recv_bytes()
        except (EOFError, OSError):
            raise self._death() from None
        self.pending -= 1
        self._started = True
        if answer == STEP:
            return {}
        return pickle.loads(answer)

    def _death(self) -> WorkerDiedError:
        self.pending = 0
        self._process.join(timeout=1.0)
        hint = "; make the env with on_worker_death='restart' to go on after that"
        return WorkerDiedError(
            f"The worker process of sub-envs {self.rows.start} to {self.rows.stop - 1} died with exit code "
            f"{self._process.exitcode}{hint if self._started else ' while it was starting'}."
        )

    def kill(self) -> None:
        """End the process at once; it holds nothing that would have to be put in order."""
        if os.getpid() == self._owner:  # not in a copy that a fork has made
            self.connection.close()
            self._process.kill()
            self._process.join()


@contextmanager
def _children_allowed() -> Iterator[None]:
    """Let a daemonic process, such as a worker of Ray or of another vector env, have children too.

    The standard library forbids it because they might outlive their parent; ours notice that it is gone.
    """
    config = multiprocessing.current_process()._config  # type: ignore[attr-defined]
    daemon = config.get("daemon")
    config["daemon"] = False
    try:
        yield
    finally:
        config["daemon"] = daemon


def kill_all(workers: list[Any]) -> None:
    """End all workers at once."""
    for worker in workers:
        worker.kill()


def unless_failed(answer: Any) -> Any:
    """Return a worker's answer, or raise the exception that it reports."""
    if isinstance(answer, Failure):
        raise answer.error from WorkerTraceback(answer.trace)
    return answer
