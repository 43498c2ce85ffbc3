"""Spreading independent work over processes; may be interrupted at any time."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def map_in_processes(
    function: Callable[[_Item], _Result], items: Sequence[_Item], workers: int
) -> Generator[tuple[_Item, Future[_Result]], None, None]:
    """Call a function on every item in worker processes that compute with one thread each.

    Even a single worker is a process of its own, so that the number of threads, with which the rounding of sums
    varies, is always the same. Workers leave Ctrl-C to the caller. Closing the iterator before its end
    (`contextlib.closing`) stops them in the midst of their work.

    Args:
        function: Defined at the top of a module, where the workers can import it.
        items: Picklable; started in their order, so those that take longest should come first.
        workers: Greatest number of processes.

    Yields:
        Each item with its finished future, in the order in which they finish.

    Raises:
        ValueError: If `workers` is not positive.
    """
    if workers < 1:
        raise ValueError(f"There must be at least 1 worker, got {workers}.")
    if not items:
        return
    # Not forked: a fork copies torch's thread pool in an unusable state.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(workers, len(items)), mp_context=context, initializer=_leave_interrupts_to_parent)
    try:
        with environment_of_children(_ONE_THREAD):
            futures = {pool.submit(function, item): item for item in items}
        for future in as_completed(futures):
            yield futures[future], future
    except BaseException:
        for process in list((pool._processes or {}).values()):
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _leave_interrupts_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def environment_of_children(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables that a child's libraries read when they are loaded: later is too late for it."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
