"""`HackAtari/<Game>-Continual-v0`: variants that take turns during an agent's life, without telling it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium as gym

from hackatari.env import HackAtariEnv
from hackatari.schedulers import CycleScheduler, Variant
from hackatari.wrappers.curriculum import Curriculum, single_variants


def continual_scheduler(
    game: str, variants: Sequence[Variant] | None, switch_every: int, cycles: int | None
) -> CycleScheduler:
    """Return the scheduler of `HackAtari/<Game>-Continual-v0`; see `ContinualAtariEnv` for the arguments."""
    return CycleScheduler(single_variants(game) if variants is None else variants, switch_every, cycles)


def ContinualAtariEnv(
    game: str,
    variants: Sequence[Variant] | None = None,
    switch_every: int = 100_000,
    cycles: int | None = None,
    **kwargs: Any,
) -> gym.Env:
    """Make `HackAtari/<Game>-Continual-v0`.

    The variant switches after exactly `switch_every` agent steps, counted over episodes and never started again: the
    episode under way is truncated, and the next one is of the next variant. The observations do not tell which variant
    is played; `info["modifs"]` of a reset does, for people.

    Args:
        game: ROM id.
        variants: Lists of modif names, in their order; by default the unmodified game and then each of its modifs.
        switch_every: Agent steps from one switch to the next.
        cycles: Number of rounds through the variants, after which the last one stays; by default they have no end.
        **kwargs: See `HackAtariEnv`.

    Raises:
        UnknownNameError: If the game has no such modif.
        ValueError: If `switch_every` or `cycles` is not an integer of at least 1, or there is no variant.
    """
    return Curriculum(HackAtariEnv(game, **kwargs), continual_scheduler(game, variants, switch_every, cycles))
