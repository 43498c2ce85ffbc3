"""Streams of random numbers: those of the generators, whatever the blocks."""

import numpy as np
import pytest
from gymnasium.utils import seeding

from hackatari.problems.uniforms import UniformStreams


def numbers(seed, count):
    return seeding.np_random(seed)[0].random(count)


@pytest.mark.parametrize("block", [3, 7, 64])
def test_each_stream_is_that_of_its_generator(block):
    streams = UniformStreams(3, block)
    streams.seed([4, 5, 6])
    taken = np.concatenate([streams.take(k).copy() for k in (1, 2, 3, 3, 1, 2, 3)])
    assert np.array_equal(taken, np.stack([numbers(seed, 15) for seed in (4, 5, 6)], axis=1))


def test_streams_are_seeded_alone():
    streams = UniformStreams(2, 8)
    streams.seed([1, 2])
    streams.take(5)
    streams.seed([None, 9])
    taken = np.concatenate([streams.take(2).copy() for _ in range(5)])
    assert np.array_equal(taken[:, 0], numbers(1, 15)[5:])
    assert np.array_equal(taken[:, 1], numbers(9, 10))
    assert streams.seeds == [1, 9]


def test_seeding_all_puts_the_generators_into_the_same_state():
    streams = UniformStreams(2, 8)
    streams.seed([1, 2])
    state = streams.generators[0].bit_generator.state
    streams.take(5)
    streams.seed([1, 2])
    assert streams.generators[0].bit_generator.state == state
