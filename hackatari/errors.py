"""Errors and warnings of the suite, and the wording of "did you mean"."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UnknownNameError(ValueError):
    """A game, modif or RAM name that does not exist; the message names close matches."""


class ModifConflictWarning(UserWarning):
    """Two modifs of one variant write the same byte, so the later one wins."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x' or 'y'?" for names like `name`, or else names that contain it; "" if there are none."""
    by_lower_case = {candidate.lower(): candidate for candidate in known}
    matches = difflib.get_close_matches(name.lower(), by_lower_case, n=3)
    if not matches and len(name) > 1:
        matches = [candidate for candidate in by_lower_case if name.lower() in candidate][:3]
    if not matches:
        return ""
    return f" Did you mean {' or '.join(repr(by_lower_case[match]) for match in matches)}?"
