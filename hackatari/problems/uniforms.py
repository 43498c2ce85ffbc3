"""Random numbers of many generators at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from gymnasium.utils import seeding


class UniformStreams:
    """Uniform random numbers of n generators that do not share anything, drawn in blocks.

    The numbers of stream i are those which its generator returns one by one, whatever the other streams are: so a
    sub-env does the same in every batch.

    Args:
        n: Number of streams.
        block: Numbers that a generator draws at a time.
    """

    def __init__(self, n: int, block: int = 256) -> None:
        self.generators: list[np.random.Generator] = []
        self.seeds: list[int] = []
        self._numbers = np.empty((n, block))
        self._position = 0

    def seed(self, seeds: Sequence[int | None]) -> None:
        """Begin streams anew.

        Args:
            seeds: One for each stream; None lets it go on, or begin with a random seed if it has not begun yet.
        """
        if not self.generators:
            begun = [seeding.np_random(seed) for seed in seeds]
            self.generators, self.seeds = [generator for generator, _ in begun], [seed for _, seed in begun]
            self._position = 0
            self._fill(range(len(seeds)), 0)
            return
        renewed = [i for i, seed in enumerate(seeds) if seed is not None]
        for i in renewed:
            self.generators[i], self.seeds[i] = seeding.np_random(seeds[i])
        if len(renewed) == len(seeds):
            self._position = 0
        self._fill(renewed, self._position)

    def take(self, k: int) -> np.ndarray:
        """Return the next k numbers of each stream, float64 in [0, 1) of shape (k, n): a view, valid until next time.

        Args:
            k: At most the size of a block.
        """
        if self._position + k > self._numbers.shape[1]:
            rest = self._numbers[:, self._position :].copy()
            self._numbers[:, : rest.shape[1]] = rest
            self._position = 0
            self._fill(range(len(self.generators)), rest.shape[1])
        self._position += k
        return self._numbers[:, self._position - k : self._position].T

    def _fill(self, streams: Sequence[int], start: int) -> None:
        """Draw what the block holds from `start` on."""
        for i in streams:
            self.generators[i].random(out=self._numbers[i, start:])
