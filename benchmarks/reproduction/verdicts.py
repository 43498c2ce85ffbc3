"""What an interval says about a claim."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hackatari.benchmarks.reproduction.page import Claim
from hackatari.benchmarks.statistics import Estimate

MARGIN = 0.01
"""How much accuracy may be lost where a claim says that none is: no experiment can show a loss of exactly nothing."""


def exceeds(estimate: Estimate, threshold: float = 0.0) -> bool | None:
    """Whether a figure exceeds a threshold: True or False if its whole interval says so, otherwise None, undecided."""
    if estimate.low > threshold:
        return True
    return False if estimate.high < threshold else None


def all_hold(*verdicts: bool | None) -> bool | None:
    """Whether several statements hold: False if one does not, None if none is False but some are undecided."""
    if False in verdicts:
        return False
    return None if None in verdicts else True


def undecided(claims: Iterable[Claim]) -> list[Claim]:
    """Return claims without verdicts, for experiments that are too small to have any."""
    return [replace(claim, reproduced=None) for claim in claims]
