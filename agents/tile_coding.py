"""Tile coding: binary features of continuous observations for linear agents."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


class TileCoder:
    """Overlapping grids over a box of observations (Sutton & Barto, 2018, section 9.5.4).

    Each of `tilings` grids cuts every dimension of the box into `tiles` tiles of equal width and activates the one tile
    an observation lies in. Grid `i` is displaced against the first by `i * (1, 3, 5, ...) / tilings` tile widths,
    modulo one width: asymmetric displacements spread the generalisation better than equal ones. A displaced grid needs
    one more tile per dimension to cover the box. Every tile has its own index, nothing is hashed.

    Args:
        low: Lower limits of the box, shape (d,).
        high: Upper limits, shape (d,). Observations beyond the limits are clipped to them.
        tiles: Tiles per dimension of the box: one number, or one per dimension.
        tilings: Number of grids.
        bias: Whether one further feature is always active, which the values of all observations share.

    Attributes:
        n_features: Number of features: `tilings * prod(tiles + 1)`, and one for the bias.
        n_active: Number of active features of every observation: `tilings`, and one for the bias.

    Raises:
        ValueError: If the limits are no box, or `tiles` or `tilings` is not positive.

    Example:
        >>> coder = TileCoder([0.0], [1.0], tiles=2, tilings=2)
        >>> coder(np.array([[0.1], [0.4]]))
        array([[0, 3, 6],
               [0, 4, 6]])
    """

    def __init__(
        self, low: ArrayLike, high: ArrayLike, *, tiles: int | tuple[int, ...], tilings: int, bias: bool = True
    ) -> None:
        self.low = np.asarray(low, np.float64)
        self.high = np.asarray(high, np.float64)
        if self.low.ndim != 1 or self.low.shape != self.high.shape or not np.all(self.low < self.high):
            raise ValueError(
                f"`low` and `high` must be vectors of equal length with low < high, got {low!r} and {high!r}."
            )
        n_dimensions = len(self.low)
        tiles = (tiles,) * n_dimensions if isinstance(tiles, int) else tuple(tiles)
        if len(tiles) != n_dimensions or min(tiles) < 1:
            raise ValueError(f"`tiles` must be one positive number or {n_dimensions} of them, got {tiles}.")
        if tilings < 1:
            raise ValueError(f"`tilings` must be positive, got {tilings}.")

        shape = np.array(tiles) + 1
        tiles_per_grid = int(np.prod(shape))
        grid = np.arange(tilings)
        self._scale = np.array(tiles) / (self.high - self.low)
        self._displacements = np.outer(grid, 2 * np.arange(n_dimensions) + 1) % tilings / tilings
        # In floats, so that the index of a tile is a matrix product, which NumPy has fast routines for.
        self._strides = tiles_per_grid / np.cumprod(shape)
        self._first_tiles = grid * tiles_per_grid
        self.n_features = tilings * tiles_per_grid + bias
        self.n_active = tilings + bias

    def __call__(self, observations: NDArray[np.floating]) -> NDArray[np.int64]:
        """Find the active features.

        Args:
            observations: Shape (n, d).

        Returns:
            Indices in [0, n_features), one column per grid and the bias last, int64 of shape (n, n_active).
        """
        positions = (np.clip(observations, self.low, self.high) - self.low) * self._scale
        tiles = np.floor(positions[:, None, :] + self._displacements)
        active = np.full((len(positions), self.n_active), self.n_features - 1)
        np.add(tiles @ self._strides, self._first_tiles, out=active[:, : len(self._first_tiles)], casting="unsafe")
        return active
