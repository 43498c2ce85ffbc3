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
        self._picture = np.zeros((*self._screen_shape, *colour), np.uint8)
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
            self._picture = _reduce_with_cv2(first, second, table, out)

    def picture(self) -> np.ndarray:
        """Return the maximum of the last two screens before it was resized.

        Returns:
            Colours, uint8 of shape (screen_height, screen_width), or (screen_height, screen_width, 3) if not grey.
        """
        if self.backend == "numba":
            scratch = self._plan[-1]
            rows = scratch.picture[scratch.sources]
            if len(self._out_shape) == 3:
                rows = rows.reshape(len(rows), 3, -1).transpose(0, 2, 1)
            return rows
        return self._picture

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

    def _make_plan(self) -> tuple[Any, ...]:
        """Return the kernel's cells and scratch memory for these sizes."""
        from hackatari.reduction_kernel import Cells, Scratch

        channels = 1 if len(self._out_shape) == 2 else 3
        (screen_height, screen_width), (height, width) = self._screen_shape, self._out_shape[:2]
        rows, columns = Cells(*_cells(screen_height, height)), Cells(*_cells(screen_width, width))
        unit = np.float32(1 / (rows.weights[0].sum() * columns.weights[0].sum()))
        # A picture's row holds one channel after another, an observation's row one pixel after another.
        offsets = screen_width * np.arange(channels, dtype=np.uintp)
        columns = Cells(
            *((pixels[:, None] + offsets).reshape(-1) for pixels in columns[:2]),
            *(np.repeat(weights, channels, axis=0) for weights in columns[2:]),
        )
        scratch = Scratch(
            picture=np.empty((screen_height, channels * screen_width), np.uint8),
            sources=np.empty(screen_height, np.uintp),
            line=np.zeros(channels * screen_width + columns.weights.shape[1], np.float32),
            sums=np.empty(channels * width, np.float32),
        )
        return rows, columns, unit, scratch


def _check(name: str, array: np.ndarray, shape: tuple[int, ...]) -> None:
    """Raise ValueError for an array that the kernel would read or write out of bounds."""
    if array.shape != shape or array.dtype != np.uint8 or not array.flags.c_contiguous:
        layout = "" if array.flags.c_contiguous else " with gaps"
        raise ValueError(
            f"{name} must be a C-contiguous uint8 array of shape {shape}, "
            f"not {array.dtype} of shape {array.shape}{layout}."
        )


def _reduce_with_cv2(first: np.ndarray, second: np.ndarray | None, table: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Write the observation into `out`; return the picture that is resized."""
    picture = _look_up(first, table)
    if second is not None:
        picture = np.maximum(picture, _look_up(second, table))
    out[...] = cv2.resize(picture, (out.shape[1], out.shape[0]), interpolation=cv2.INTER_AREA)
    return picture


def _look_up(screen: np.ndarray, table: np.ndarray) -> np.ndarray:
    return cv2.LUT(screen, table) if table.ndim == 1 else cv2.applyColorMap(screen, table[:, None])


def _cells(size: int, cells: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Divide `size` pixels into equal cells; see `hackatari.reduction_kernel.Cells` for what is returned."""
    # Measured in parts that divide both a pixel and a cell.
    factor = math.gcd(size, cells)
    pixel_length, cell_length = cells // factor, size // factor
    starts = cell_length * np.arange(cells)
    first, last = starts // pixel_length, (starts + cell_length - 1) // pixel_length
    pixels = first[:, None] + np.arange((last - first).max() + 1)
    begins = np.maximum(pixels * pixel_length, starts[:, None])
    ends = np.minimum((pixels + 1) * pixel_length, starts[:, None] + cell_length)
    weights = np.maximum(ends - begins, 0)
    shares = weights / pixel_length / (size / cells)
    return first.astype(np.uintp), last.astype(np.uintp), weights.astype(np.float32), shares.astype(np.float32)


@cache
def _compiled_kernel() -> Callable[..., None] | None:
    """Return the kernel as machine code; None without Numba."""
    try:
        from hackatari.reduction_kernel import reduce
    except ModuleNotFoundError as error:
        if error.name != "numba":
            raise
        return None
    return reduce
