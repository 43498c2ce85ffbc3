"""The compiled part of `hackatari.preprocessing`; importing it needs Numba.

OpenCV sums float32 products, along rows and then across them, and rounds half to even. Times the size of a cell all
weights are whole numbers, so the same sums can be had without any rounding, in the order that suits the processor. Only
where such an exact sum lies about half way between two values does OpenCV's order decide: these few pixels are done
again in it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np


class Cells(NamedTuple):
    """How the pixels of a direction are divided into n equal cells.

    Attributes:
        first: First pixel of each cell, uintp of shape (n,).
        last: Last pixel of each cell, uintp of shape (n,).
        weights: How much of each pixel from the first on belongs to the cell, in whole parts, float32 of shape
            (n, most pixels of a cell); 0 fills up the shape.
        shares: The same, divided by their sum as OpenCV does it.
    """

    first: np.ndarray
    last: np.ndarray
    weights: np.ndarray
    shares: np.ndarray


class Scratch(NamedTuple):
    """Memory that a reduction works in.

    Attributes:
        picture: The screen's colours, one channel after another, uint8 of shape
            (screen_height, channels * screen_width).
        sources: The row of `picture` that shows each row of the screen, uintp of shape (screen_height,).
        line: The sum of some rows of `picture`, float32, longer by what `weights` are filled up with.
        sums: A row of the observation before it is divided, float32 of shape (width * channels,).
    """

    picture: np.ndarray
    sources: np.ndarray
    line: np.ndarray
    sums: np.ndarray


MARGIN = np.float32(1e-3)
"""How near to half way counts, in grey levels: far above what OpenCV's sums are off."""


@numba.njit(inline="always")
def _look_up(first: Any, second: Any, planes: Any, picture: Any, sources: Any) -> None:
    """Fill `picture` with the brighter colour of two screens, leaving out rows that repeat the row above.

    Row y of the screen is then row `sources[y]` of the picture: most rows of a game's screen repeat the one above.
    """
    height, width = first.shape
    for y in range(height):
        above = max(y - 1, 0)
        new = np.uint8(y == 0)
        for x in range(width):
            new |= (first[y, x] ^ first[above, x]) | (second[y, x] ^ second[above, x])
        if not new:
            sources[y] = sources[above]
            continue
        sources[y] = y
        differ = np.uint8(0)
        for x in range(width):
            differ |= first[y, x] ^ second[y, x]
        for c in range(planes.shape[0]):
            colours, row = planes[c], picture[y, c * width : (c + 1) * width]
            if differ:
                for x in range(width):
                    row[x] = max(colours[first[y, x]], colours[second[y, x]])
            else:
                for x in range(width):
                    row[x] = colours[first[y, x]]


@numba.njit(inline="always")
def _sum_rows(i: int, rows: Any, scratch: Any) -> None:
    """Add up the screen rows of row i of the observation."""
    line = scratch.line
    line[:] = 0
    for k in range(rows.last[i] - rows.first[i] + 1):
        weight = rows.weights[i, k]
        row = scratch.picture[scratch.sources[rows.first[i] + k]]
        for x in range(row.shape[0]):
            line[x] += weight * np.float32(row[x])


@numba.njit(inline="always")
def _sum_columns(line: Any, columns: Any, sums: Any) -> None:
    """Add up the columns of a line that are part of each pixel."""
    first, weights = columns.first, columns.weights
    if weights.shape[1] == 3:  # spelt out, this common case takes half the time
        for j in range(sums.shape[0]):
            x = first[j]
            sums[j] = weights[j, 0] * line[x] + weights[j, 1] * line[x + 1] + weights[j, 2] * line[x + 2]
        return
    for j in range(sums.shape[0]):
        total = np.float32(0)
        for t in range(weights.shape[1]):
            total += weights[j, t] * line[first[j] + t]
        sums[j] = total


@numba.njit(inline="always")
def _round(sums: Any, unit: Any, out: Any) -> bool:
    """Divide and round a row; return whether some value was too near to half way to be sure."""
    unsure = np.int32(0)
    for j in range(sums.shape[0]):
        value = sums[j] * unit + np.float32(0.5)
        whole = np.int32(value)
        out[j] = np.uint8(whole)
        rest = value - np.float32(whole)
        unsure |= np.int32(rest < MARGIN) | np.int32(rest > 1 - MARGIN)
    return unsure != 0


@numba.njit(inline="always")
def _round_as_opencv(i: int, rows: Any, columns: Any, unit: Any, scratch: Any, out: Any) -> None:
    """Do the unsure pixels of row i again, in float32 and in OpenCV's order."""
    for j in range(out.shape[0]):
        value = scratch.sums[j] * unit + np.float32(0.5)
        rest = value - np.float32(np.int32(value))
        if MARGIN <= rest <= 1 - MARGIN:
            continue
        total = np.float32(0)
        for k in range(rows.last[i] - rows.first[i] + 1):
            row = scratch.picture[scratch.sources[rows.first[i] + k]]
            along = np.float32(0)
            for t in range(columns.last[j] - columns.first[j] + 1):
                along += np.float32(row[columns.first[j] + t]) * columns.shares[j, t]
            total += rows.shares[i, k] * along
        out[j] = np.uint8(np.rint(total))


def _reduce(first: Any, second: Any, planes: Any, out: Any, rows: Any, columns: Any, unit: Any, scratch: Any) -> None:
    """Reduce two screens to an observation.

    Args:
        first: Palette indices, uint8 of shape (screen_height, screen_width).
        second: The same of another screen.
        planes: The colour table, uint8 of shape (channels, 256).
        out: The observation, uint8 of shape (height, width * channels).
        rows: The rows of the screen in each row of `out`.
        columns: The columns of `scratch.picture` in each column of `out`.
        unit: One divided by the sum of a pixel's weights, float32.
        scratch: Working memory.
    """
    _look_up(first, second, planes, scratch.picture, scratch.sources)
    repeatable = False  # whether the row above shows a single row of the screen, and none of its pixels was unsure
    for i in range(out.shape[0]):
        top, bottom = scratch.sources[rows.first[i]], scratch.sources[rows.last[i]]
        if repeatable and top == bottom == scratch.sources[rows.first[i - 1]]:
            out[i] = out[i - 1]
            continue
        _sum_rows(i, rows, scratch)
        _sum_columns(scratch.line, columns, scratch.sums)
        unsure = _round(scratch.sums, unit, out[i])
        if unsure:
            _round_as_opencv(i, rows, columns, unit, scratch, out[i])
        repeatable = top == bottom and not unsure


def _compile(function: Any) -> Any:
    """Return `_reduce` as machine code, made at first use and then read from Numba's cache."""
    types = numba.types
    array = types.Array
    cells = types.NamedTuple(
        [
            array(types.uintp, 1, "C"),
            array(types.uintp, 1, "C"),
            array(types.float32, 2, "C"),
            array(types.float32, 2, "C"),
        ],
        Cells,
    )
    scratch = types.NamedTuple(
        [
            array(types.uint8, 2, "C"),
            array(types.uintp, 1, "C"),
            array(types.float32, 1, "C"),
            array(types.float32, 1, "C"),
        ],
        Scratch,
    )
    read = array(types.uint8, 2, "C", readonly=True)
    signature = types.void(read, read, read, array(types.uint8, 2, "C"), cells, cells, types.float32, scratch)
    try:
        return numba.njit(signature, cache=True)(function)
    except RuntimeError:  # no folder to cache in is writable
        return numba.njit(signature)(function)


reduce = _compile(_reduce)
