"""Settings of a process that make training on CPUs faster, without any effect on what is computed."""

from __future__ import annotations

import ctypes
import os

ENVIRONMENT = {"GOMP_SPINCOUNT": "1000"}
"""Makes idle threads of torch sleep after some microseconds.

By default they look for work for milliseconds, on the cores on which the envs' processes would like to run.
"""

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # numbers of options in <malloc.h>
_MOST_KEPT = 2**31 - 1  # bytes
_LARGEST_BLOCK_KEPT = 2**30  # bytes; what is larger, such as a replay buffer, stays a mapping of its own


def tune_process() -> None:
    """Tune this process for training on its CPUs; to be called before torch is imported.

    What the user has set in the process's environment stays as it is.
    """
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    keep_freed_memory()


def keep_freed_memory() -> None:
    """Make glibc keep the memory that tensors give back; does nothing with another C library.

    By default it returns large blocks to the system, and each batch of pictures pays for thousands of page faults when
    it gets them again.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # not glibc, or not even a POSIX system
        return
    mallopt(M_MMAP_THRESHOLD, _LARGEST_BLOCK_KEPT)
    mallopt(M_TRIM_THRESHOLD, _MOST_KEPT)
