"""Stepping into the loops of Stable-Baselines3 without copying them: methods of one object, replaced for a while."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def shadowed(owner: object, name: str, function: Callable[..., Any]) -> Iterator[None]:
    """Let an attribute of one object shadow a method of its class within a `with` block.

    Args:
        owner: The object.
        name: Name of the method.
        function: What is called in its place, without `owner`.
    """
    setattr(owner, name, function)
    try:
        yield
    finally:
        # A leftover would be pickled with the object.
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
