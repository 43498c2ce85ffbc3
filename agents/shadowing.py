"""Stepping into the loops of Stable-Baselines3 without copying them: methods of one object, replaced for a while."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

Shadow: TypeAlias = tuple[object, str, Callable[..., Any]]
"""An object, the name of one of its methods, and what is called in its place, without the object."""


@contextmanager
def shadowed(*shadows: Shadow) -> Iterator[None]:
    """Let attributes of single objects shadow methods of their classes within a `with` block."""
    for owner, name, function in shadows:
        setattr(owner, name, function)
    try:
        yield
    finally:
        # A leftover would be pickled with the object.
        for owner, name, _ in shadows:
            delattr(owner, name)


class RepeatedCalls:
    """A function that is computed once for the same argument objects: repeated calls get the first result.

    Args:
        function: The function, of positional arguments.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._calls: list[tuple[tuple[Any, ...], Any]] = []

    def __call__(self, *args: Any) -> Any:
        """Return the result for these arguments."""
        for known, result in self._calls:
            if len(known) == len(args) and all(map(operator.is_, known, args)):
                return result
        result = self._function(*args)
        self._calls.append((args, result))
        return result

    def forget(self) -> None:
        """Compute every call anew, for instance because the weights of the network behind it have changed."""
        self._calls.clear()
