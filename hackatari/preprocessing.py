"""Observations of agents, straight from palette-indexed screens.

Gymnasium's `AtariPreprocessing` reads two screens in grey or RGB, takes their pixelwise maximum and resizes it with
OpenCV. `FrameReducer` makes the same bytes of the same screens in one pass, if Numba is installed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import cv2
import numpy as np


class FrameReducer:
    """Makes observations of one size from screens of one size: colour lookup, maximum of two screens, area resize.

    The result equals, byte for byte,
    `cv2.resize(np.maximum(table[first], table[second]), (width, height), interpolation=cv2.INTER_AREA)`.
    An instance owns scratch memory: do not share it between threads.

    Args:
        screen_height: height of the screens, in pixels.
        screen_width: width of the screens, in pixels.
        height: height of the observations, in pixels.
        width: width of the observations, in pixels.
        grayscale: whether observations are grey or RGB.

    Attributes:
        backend: "numba", or "cv2" where Numba is not installed or the observation is not a fractional reduction of the
            screen: as large or larger in a direction, or smaller by whole factors.

    Raises:
        ValueError: a size is below 1.
    """

    def __init__(
        self, screen_height: int, screen_width: int, height: int = 84, width: int = 84, *, grayscale: bool = True
    ) -> None:
        sizes = {"screen_height": screen_height, "screen_width": screen_width, "height": height, "width": width}
        for name, size in sizes.items():
            if size < 1:
                raise ValueError(f"{name} must be at least 1, not {size}.")
        colour = () if grayscale else (3,)
        self._screen_shape = (screen_height, screen_width)
        self._table_shape = (256, *colour)
        self._out_shape = (height, width, *colour)
        self._flat_out_shape = (height, -1)
        self.backend = "cv2"
        shrinks = height <= screen_height and width <= screen_width
        # OpenCV reduces by whole factors with other arithmetic.
        if shrinks and (screen_height % height or screen_width % width):
            self._use_kernel()

    def reduce(self, first: np.ndarray, second: np.ndarray | None, table: np.ndarray, out: np.ndarray) -> None:
        """Write the observation of two screens into `out`.

        Args:
            first: palette indices, uint8 of shape (screen_height, screen_width), C-contiguous.
            second: another such screen; None: the observation shows the first alone.
            table: what a palette index looks like: `Palette.grey`, uint8 of shape (256,), or `Palette.rgb`, uint8 of
                shape (256, 3); C-contiguous.
            out: the observation, uint8 of shape (height, width) or (height, width, 3), C-contiguous.

        Raises:
            ValueError: an array has another shape or dtype, or is not C-contiguous.
        """
        _check("first", first, self._screen_shape)
        if second is not None:
            _check("second", second, self._screen_shape)
        _check("table", table, self._table_shape)
        _check("out", out, self._out_shape)
        if self.backend == "numba":
            planes = np.ascontiguousarray(table.reshape(256, -1).T)
            flat_out = out.reshape(self._flat_out_shape)
            self._kernel(first, first if second is None else second, planes, flat_out, *self._plan)
        else:
            _reduce_with_cv2(first, second, table, out)

    def _use_kernel(self) -> None:
        """Switch to the compiled kernel, if there is one and it rounds as OpenCV does on this machine."""
        kernel = _compiled_kernel()
        if kernel is None:
            return
        self._kernel, self._plan, self.backend = kernel, self._make_plan(), "numba"
        # Some builds of OpenCV use fused multiply-adds, which round differently: noise shows it.
        noise = np.random.default_rng(0)
        first, second = noise.integers(256, size=(2, *self._screen_shape), dtype=np.uint8)
        table = noise.integers(256, size=self._table_shape, dtype=np.uint8)
        ours, expected = np.empty((2, *self._out_shape), np.uint8)
        self.reduce(first, second, table, ours)
        _reduce_with_cv2(first, second, table, expected)
        if not np.array_equal(ours, expected):
            self.backend = "cv2"

    def _make_plan(self) -> tuple[np.ndarray, ...]:
        """Return the kernel's weights and scratch memory for these sizes."""
        channels = 1 if len(self._out_shape) == 2 else 3
        (screen_height, screen_width), (height, width) = self._screen_shape, self._out_shape[:2]
        rows, row_weights = _cells(screen_height, height)
        columns, column_weights = _cells(screen_width, width)
        # The kernel's line holds one channel after another; an observation's row holds one pixel after another.
        offsets = screen_width * np.arange(channels, dtype=np.uintp)
        columns = (columns[..., None] + offsets).reshape(len(columns), -1)
        column_weights = np.repeat(column_weights, channels, axis=1)
        line = np.empty((channels, screen_width), np.float32)
        row, total = np.empty((2, width * channels), np.float32)
        return rows, row_weights, columns, column_weights, line, row, total


def _check(name: str, array: np.ndarray, shape: tuple[int, ...]) -> None:
    """Raise ValueError for an array that the kernel would read or write out of bounds."""
    if array.shape != shape or array.dtype != np.uint8 or not array.flags.c_contiguous:
        layout = "" if array.flags.c_contiguous else " with gaps"
        raise ValueError(
            f"{name} must be a C-contiguous uint8 array of shape {shape}, "
            f"not {array.dtype} of shape {array.shape}{layout}."
        )


def _reduce_with_cv2(first: np.ndarray, second: np.ndarray | None, table: np.ndarray, out: np.ndarray) -> None:
    picture = _look_up(first, table)
    if second is not None:
        picture = np.maximum(picture, _look_up(second, table))
    out[...] = cv2.resize(picture, (out.shape[1], out.shape[0]), interpolation=cv2.INTER_AREA)


def _look_up(screen: np.ndarray, table: np.ndarray) -> np.ndarray:
    return cv2.LUT(screen, table) if table.ndim == 1 else cv2.applyColorMap(screen, table[:, None])


def _cells(size: int, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Divide `size` pixels into equal cells, as OpenCV's area interpolation does.

    Returns:
        The pixels of each cell, uintp of shape (most pixels in a cell, cells), and the share of the cell that each
        covers, float32 of the same shape; 0 for the pixels that fill up the shape.
    """
    scale = size / cells
    shares: list[list[tuple[int, float]]] = []
    for cell in range(cells):
        start = cell * scale
        end = min(start + scale, size)
        first, last = math.ceil(start), math.floor(end)
        covered = [(pixel, 1.0) for pixel in range(first, last)]
        # OpenCV drops slivers of a pixel.
        if first - start > 1e-3:
            covered.insert(0, (first - 1, first - start))
        if end - last > 1e-3:
            covered.append((last, end - last))
        shares.append([(pixel, part / (end - start)) for pixel, part in covered])
    shape = max(map(len, shares)), cells
    pixels, weights = np.zeros(shape, np.uintp), np.zeros(shape, np.float32)
    for cell, share in enumerate(shares):
        pixels[: len(share), cell], weights[: len(share), cell] = zip(*share, strict=True)
    return pixels, weights


def _kernel(
    first: np.ndarray,
    second: np.ndarray,
    planes: np.ndarray,
    out: np.ndarray,
    rows: np.ndarray,
    row_weights: np.ndarray,
    columns: np.ndarray,
    column_weights: np.ndarray,
    line: np.ndarray,
    row: np.ndarray,
    total: np.ndarray,
) -> None:
    """Reduce two screens to an observation, in the order in which OpenCV sums: along rows, then across them.

    Args:
        first: palette indices, uint8 of shape (screen_height, screen_width).
        second: the same of another screen.
        planes: the colour table, uint8 of shape (channels, 256).
        out: the observation, uint8 of shape (height, width * channels).
        rows: screen rows of each row of `out`, uintp of shape (most per row, height).
        row_weights: their weights, float32 of the same shape.
        columns: entries of the flattened `line` of each entry of a row of `out`, uintp of shape
            (most per entry, width * channels).
        column_weights: their weights, float32 of the same shape.
        line: scratch: a screen row's colours, float32 of shape (channels, screen_width).
        row: scratch: `line` at the observation's width, float32 of shape (width * channels,).
        total: scratch: a row of `out` before rounding, float32 of shape (width * channels,).
    """
    flat_line = line.reshape(-1)
    previous = rows[0, 0]  # the screen row that `row` shows
    changes = np.uint8(1)
    for i in range(out.shape[0]):
        total[:] = 0
        for k in range(rows.shape[0]):
            y, weight = rows[k, i], row_weights[k, i]
            if weight == 0:
                continue
            # Most rows of a game's screen repeat the row above.
            for x in range(first.shape[1]):
                changes |= (first[y, x] ^ first[previous, x]) | (second[y, x] ^ second[previous, x])
            if changes:
                for c in range(planes.shape[0]):
                    for x in range(first.shape[1]):
                        line[c, x] = max(planes[c, first[y, x]], planes[c, second[y, x]])
                row[:] = 0
                for t in range(columns.shape[0]):
                    for j in range(row.shape[0]):
                        row[j] += flat_line[columns[t, j]] * column_weights[t, j]
                previous, changes = y, np.uint8(0)
            for j in range(total.shape[0]):
                total[j] += weight * row[j]
        for j in range(total.shape[0]):
            out[i, j] = np.uint8(np.rint(total[j]))


@cache
def _compiled_kernel() -> Callable[..., Any] | None:
    """Return the kernel as machine code, compiled at first use and then read from Numba's cache; None without Numba."""
    try:
        import numba
    except ImportError:
        return None
    types = numba.types

    def read(dtype: Any, ndim: int) -> Any:
        return types.Array(dtype, ndim, "C", readonly=True)

    signature = types.void(
        *(read(types.uint8, 2), read(types.uint8, 2), read(types.uint8, 2), types.uint8[:, ::1]),
        *(read(types.uintp, 2), read(types.float32, 2), read(types.uintp, 2), read(types.float32, 2)),
        *(types.float32[:, ::1], types.float32[::1], types.float32[::1]),
    )
    try:
        return numba.njit(signature, cache=True)(_kernel)
    except RuntimeError:  # no folder to cache in is writable
        return numba.njit(signature)(_kernel)
