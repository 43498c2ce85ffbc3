"""Writing result files so that a killed process never leaves half a file behind."""

from __future__ import annotations

import os
from pathlib import Path


def atomic_write(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Replace a file by new content in one step.

    The content goes to a temporary file in the same folder, is flushed to the disk, and takes the place of
    `path` with `os.replace`: a reader sees the old file or the new one, never a part.

    Args:
        path: The file to write; missing parent folders are made.
        content: Text, written as UTF-8 with its line ends unchanged, or bytes.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
