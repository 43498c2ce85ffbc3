from __future__ import annotations

import os

import pytest

from hackatari.benchmarks.files import atomic_write


def test_text_is_written_as_utf8_and_bytes_as_they_are(tmp_path):
    atomic_write(tmp_path / "text", "12.4 ± 3\r\n")
    atomic_write(tmp_path / "bytes", b"\x89PNG\r\n")
    assert (tmp_path / "text").read_bytes() == "12.4 ± 3\r\n".encode()
    assert (tmp_path / "bytes").read_bytes() == b"\x89PNG\r\n"


def test_missing_folders_are_made_and_old_content_is_replaced(tmp_path):
    path = tmp_path / "a" / "b" / "file.txt"
    atomic_write(path, "a long first content")
    atomic_write(path, "second")
    assert path.read_text() == "second"
    assert list(path.parent.iterdir()) == [path]


def test_a_failure_leaves_the_old_file_and_no_temporary_file(tmp_path, monkeypatch):
    path = tmp_path / "file.txt"
    atomic_write(path, "old")

    def fail(descriptor):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        atomic_write(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_is_readable_by_whom_the_umask_allows(tmp_path):
    ordinary = tmp_path / "ordinary"
    ordinary.write_text("")
    atomic_write(tmp_path / "atomic", "")
    assert (tmp_path / "atomic").stat().st_mode == ordinary.stat().st_mode
