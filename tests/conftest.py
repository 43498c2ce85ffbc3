"""Fixtures for all tests."""

import signal

import pytest


def pytest_configure():
    """Let Ctrl-C, which some tests send, interrupt them even where a shell has started them in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    """Run each test in a folder of its own.

    In the repository's root, child processes of the tests would find the bare source folders before the installed
    package.
    """
    monkeypatch.chdir(tmp_path)
