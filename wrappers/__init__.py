"""Gymnasium wrappers of the suite, and an adapter to Stable-Baselines3 (SB3).

`SB3VecEnv` is imported on first use, so that `import hackatari.wrappers` does not import SB3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hackatari.wrappers.continuing import Continuing
from hackatari.wrappers.curriculum import Curriculum
from hackatari.wrappers.labels import RamLabels, RamObservation
from hackatari.wrappers.objects import ObjectLabels, ObjectObservation
from hackatari.wrappers.ram_patch import RamPatch
from hackatari.wrappers.switching_physics import SwitchingPhysics

if TYPE_CHECKING:
    from hackatari.wrappers.sb3_vec_env import SB3VecEnv

__all__ = [
    "Continuing",
    "Curriculum",
    "ObjectLabels",
    "ObjectObservation",
    "RamLabels",
    "RamObservation",
    "RamPatch",
    "SB3VecEnv",
    "SwitchingPhysics",
]


def __getattr__(name: str) -> Any:
    if name != "SB3VecEnv":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from hackatari.wrappers.sb3_vec_env import SB3VecEnv
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "stable_baselines3"):
            raise
        raise ImportError(f"{name} needs {error.name}: pip install 'hackatari-suite[train]'") from error
    globals()[name] = SB3VecEnv
    return SB3VecEnv


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
