"""The studies of `hackatari reproduce reward-centering`: Naik, Wan, Tomar & Sutton (2024), "Reward Centering"."""

from __future__ import annotations

from hackatari.benchmarks.reproduction.centering_control import PROBLEMS, control_study
from hackatari.benchmarks.reproduction.centering_prediction import random_walk_study
from hackatari.benchmarks.reproduction.deep_centering import TASKS, deep_study
from hackatari.benchmarks.reproduction.studies import Study


def studies(quick: bool, seed: int) -> list[Study]:
    """Return all studies.

    Args:
        quick: A small version, of a minute or so.
        seed: First seed of every study.
    """
    return [
        *(control_study(name, quick, seed) for name in PROBLEMS),
        random_walk_study(quick, seed),
        *(deep_study(name, quick, seed) for name in TASKS),
    ]
