from __future__ import annotations

import re

import numpy as np
import pytest

from hackatari.agents.tile_coding import TileCoder


@pytest.mark.parametrize(
    ("low", "high", "tiles", "tilings", "n_features"),
    [
        ([0, 0, -0.2, -0.2, 0, 0], [5, 5, 0.2, 0.2, 5, 5], 3, 32, 32 * 4**6 + 1),
        ([-1, -1, -10], [1, 1, 10], 7, 8, 8 * 8**3 + 1),
        ([0, 0], [1, 2], (2, 5), 4, 4 * 3 * 6 + 1),
    ],
)
def test_each_grid_has_one_active_tile_of_its_own(low, high, tiles, tilings, n_features):
    coder = TileCoder(low, high, tiles=tiles, tilings=tilings)
    observations = np.random.default_rng(0).uniform(low, high, (500, len(low)))
    active = coder(np.vstack([observations, low, high]))
    tiles_per_grid = (n_features - 1) // tilings
    assert coder.n_features == n_features
    assert active.shape == (502, coder.n_active) == (502, tilings + 1)
    assert active.dtype == np.int64
    assert (active // tiles_per_grid == np.arange(tilings + 1)).all()


def test_bias_is_optional():
    coder = TileCoder([0.0], [1.0], tiles=2, tilings=3, bias=False)
    assert (coder.n_features, coder.n_active) == (9, 3)
    assert coder(np.array([[0.9]])).tolist() == [[1, 5, 8]]


def test_tiles_are_those_of_displaced_grids_built_edge_by_edge():
    low, high, tilings = np.array([-1.0, 2.0]), np.array([1.0, 8.0]), 5
    coder = TileCoder(low, high, tiles=(4, 3), tilings=tilings, bias=False)
    for x in np.random.default_rng(1).uniform(low, high, (200, 2)):
        expected = []
        for grid in range(tilings):
            place = []
            for dimension, n_tiles in enumerate((4, 3)):
                width = (high[dimension] - low[dimension]) / n_tiles
                start = low[dimension] - (grid * (2 * dimension + 1) % tilings) / tilings * width
                edges = [start + k * width for k in range(n_tiles + 2)]
                (tile,) = [k for k in range(n_tiles + 1) if edges[k] <= x[dimension] < edges[k + 1]]
                place.append(tile)
            expected.append(grid * 20 + place[0] * 4 + place[1])
        assert coder(x[None])[0].tolist() == expected


def test_a_fraction_of_a_tile_moves_an_observation_across_one_edge():
    coder = TileCoder([0.0], [1.0], tiles=4, tilings=8, bias=False)
    positions = (np.arange(32) + 0.5) / 32
    active = coder(positions[:, None])
    assert ((active[1:] != active[:-1]).sum(axis=1) == 1).all()


def test_observations_beyond_the_limits_count_as_at_the_limits():
    coder = TileCoder([0.0, -1.0], [1.0, 1.0], tiles=3, tilings=4)
    inside = coder(np.array([[0.0, 1.0], [1.0, -1.0]]))
    outside = coder(np.array([[-5.0, 2.0], [1.5, -np.inf]], np.float32))
    np.testing.assert_array_equal(outside, inside)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 0], [1], 2, 2), "`low` and `high` must be vectors of equal length with low < high, got [0, 0] and [1]."),
        (([0], [0], 2, 2), "`low` and `high` must be vectors of equal length with low < high, got [0] and [0]."),
        (([0, 0], [1, 1], (2,), 2), "`tiles` must be one positive number or 2 of them, got (2,)."),
        (([0], [1], 0, 2), "`tiles` must be one positive number or 1 of them, got (0,)."),
        (([0], [1], 2, 0), "`tilings` must be positive, got 0."),
    ],
)
def test_bad_arguments(arguments, message):
    low, high, tiles, tilings = arguments
    with pytest.raises(ValueError, match=re.escape(message)):
        TileCoder(low, high, tiles=tiles, tilings=tilings)
