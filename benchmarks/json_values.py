"""Turning what NumPy computes into what JSON can hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np


def json_value(value: Any) -> Any:
    """Return a value in the form in which strict JSON gives it back.

    Args:
        value: Anything made of mappings with string keys, lists, tuples, NumPy arrays and scalars, and JSON's own
            values.

    Returns:
        The same with dicts for mappings, lists for tuples and arrays, Python numbers for NumPy's, and None for nan
        and infinities, which JSON does not have: `np.asarray(values, dtype=float)` makes nan of it again.

    Raises:
        TypeError: If there is anything else in it.
    """
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, Mapping):
        if odd := [key for key in value if not isinstance(key, str)]:
            raise TypeError(f"The keys of a JSON object are strings, got {odd[0]!r}.")
        return {key: json_value(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(entry) for entry in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, str | bool | int):
        return value
    raise TypeError(f"JSON cannot hold {value!r} of type {type(value).__name__}.")
