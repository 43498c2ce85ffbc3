"""A small study that worker processes can import: tosses of a biased coin."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from hackatari.benchmarks.reproduction.page import Claim, Curves, Line, Section, Table
from hackatari.benchmarks.reproduction.studies import Run, RunResult, Study
from hackatari.benchmarks.statistics import mean_interval

FOLDER = Path(__file__).parent


def toss(run: Run) -> dict[str, Any]:
    """Return the share of heads after each toss."""
    heads = np.random.default_rng(run.seed).random(run.settings["tosses"]) < run.settings["bias"]
    return {
        "share": heads.mean(),
        "shares": np.cumsum(heads) / np.arange(1, len(heads) + 1),
        "threads": [os.environ.get(name) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")],
    }


def toss_slowly(run: Run) -> dict[str, Any]:
    """Wait for the file `go` in the current folder, except for the run with seed 0."""
    while run.seed and not Path("go").exists():
        time.sleep(0.01)
    return toss(run)


def fail_on_seed_two(run: Run) -> dict[str, Any]:
    """Fail in one run."""
    if run.seed == 2:
        raise ArithmeticError("the coin stood on its edge")
    return toss(run)


def fail_while_the_others_wait(run: Run) -> dict[str, Any]:
    """Fail in the run with seed 0; the others never end."""
    if run.seed == 0:
        raise ArithmeticError("the coin stood on its edge")
    return toss_slowly(run)


def die(run: Run) -> dict[str, Any]:
    """End the process as if it were killed."""
    os._exit(1)


def describe(results: list[RunResult]) -> Section:
    """Say whether the coin is biased."""
    share = mean_interval([result.result["share"] for result in results])
    shares = [result.result["shares"] for result in results]
    return Section(
        title="The coin",
        text="A coin is tossed.\n\nIt is `biased` & bent.",
        claims=[Claim("Heads | tails: heads are < 60 % of the tosses.", share.high < 0.6, f"{share.mean:.3f}")],
        tables=[Table("Shares.", ["Coin", "Share of heads"], [["bent", share]])],
        curves=[
            Curves("Share of heads", "tosses", "share", {"bent": Line(range(len(shares[0])), *mean_interval(shares))})
        ],
    )


def coin_study(name: str = "coin", n_runs: int = 4, tosses: int = 50, play: Any = toss) -> Study:
    """Return the study."""
    runs = [Run(name, {"tosses": tosses, "bias": 0.25}, seed) for seed in range(n_runs)]
    return Study(name, "The coin", runs, play, describe)


def studies(quick: bool, seed: int) -> list[Study]:
    """Return what a module of the package returns."""
    runs = [Run("coin", {"tosses": 20 if quick else 50, "bias": 0.25}, seed + k) for k in range(3)]
    other = [Run("edge", {"tosses": 10, "bias": 1.0}, seed)]
    return [
        Study("coin", "The coin", runs, toss, describe),
        Study("edge", "The edge", other, toss, lambda results: Section("The edge")),
    ]
