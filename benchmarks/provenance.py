"""What a result was made with."""

from __future__ import annotations

import platform
from importlib import metadata

_DISTRIBUTIONS = (
    "hackatari-suite",
    "ale-py",
    "gymnasium",
    "numpy",
    "torch",
    "stable-baselines3",
    "sb3-contrib",
    "opencv-python-headless",
)


def versions() -> dict[str, str]:
    """Return the kind of machine, and the versions of Python and of the packages that results depend on."""
    found = {"python": platform.python_version(), "platform": f"{platform.system()} {platform.machine()}"}
    for name in _DISTRIBUTIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
