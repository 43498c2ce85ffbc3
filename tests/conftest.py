"""Fixtures for all tests."""

import pytest


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    """Run each test in a folder of its own.

    In the repository's root, child processes of the tests would find the bare source folders before the installed
    package.
    """
    monkeypatch.chdir(tmp_path)
