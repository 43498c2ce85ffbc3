"""The claims of Elsayed et al. (2024), "Weight Clipping for Deep Continual and Reinforcement Learning"."""

from __future__ import annotations

from hackatari.benchmarks.reproduction.continual_atari import continual_study
from hackatari.benchmarks.reproduction.permuted_streams import stream_studies
from hackatari.benchmarks.reproduction.policy_collapse import collapse_study
from hackatari.benchmarks.reproduction.replay_ratio import replay_study
from hackatari.benchmarks.reproduction.studies import Study
from hackatari.benchmarks.reproduction.warm_start import warm_start_study


def studies(quick: bool, seed: int) -> list[Study]:
    """Return the studies behind `hackatari reproduce weight-clipping`.

    Args:
        quick: A small version that shows the machinery at work, too small to decide much.
        seed: First of the seeds; the others follow it.
    """
    return [
        *stream_studies(quick, seed),
        warm_start_study(quick, seed),
        collapse_study(quick, seed),
        replay_study(quick, seed),
        continual_study(quick, seed),
    ]
