"""Tuning a process for training on CPUs."""

import os
import platform
import subprocess
import sys

import pytest

from hackatari.benchmarks.cpu_tuning import ENVIRONMENT, tune_process

PAGE_FAULTS = """
import resource
from hackatari.benchmarks.cpu_tuning import keep_freed_memory

keep_freed_memory()
size = {size}
for _ in range({blocks}):
    b"x" * size
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""
SIZE = 2**25  # bytes


def _page_faults(blocks):
    code = PAGE_FAULTS.format(blocks=blocks, size=SIZE)
    return int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_freed_memory_is_used_again():
    more = _page_faults(blocks=50) - _page_faults(blocks=1)
    assert more < SIZE / os.sysconf("SC_PAGE_SIZE")


def test_what_the_user_has_set_stays(monkeypatch):
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    tune_process()
    assert os.environ["GOMP_SPINCOUNT"] == "7"
    monkeypatch.delenv("GOMP_SPINCOUNT")
    tune_process()
    assert os.environ["GOMP_SPINCOUNT"] == ENVIRONMENT["GOMP_SPINCOUNT"]


def test_torch_is_imported_after_the_process_has_been_tuned():
    code = "import sys, hackatari.cli, hackatari.benchmarks.cpu_tuning; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    assert found.strip() == "False"
