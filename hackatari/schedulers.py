"""Schedulers: they decide which variant the next episode of a curriculum plays.

A variant is a list of modif names; the empty list is the unmodified game. Write your own by subclassing `Scheduler`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Variant = Sequence[str]


class Scheduler:
    """Chooses variants. The env calls `step_done`, `episode_done` and `choose`; time is counted in its agent steps.

    Args:
        variants: The variants to choose from, at least one.

    Attributes:
        steps: Agent steps since the beginning.
        stage: Index in `variants` of the variant chosen last.

    Raises:
        TypeError: If a variant is a string instead of a list of names.
        ValueError: If there is no variant.
    """

    def __init__(self, variants: Sequence[Variant]) -> None:
        for variant in variants:
            if isinstance(variant, str):
                raise TypeError(f"A variant is a list of modif names, got the string {variant!r}: write [{variant!r}].")
        if not variants:
            raise ValueError("A scheduler needs at least one variant; [] is the unmodified game.")
        self.variants = [tuple(variant) for variant in variants]
        self.steps = 0
        self.stage = 0

    def choose(self) -> tuple[str, ...]:
        """Return the modifs of the next episode."""
        return self.variants[self.stage]

    def step_done(self) -> None:
        """Take note of an agent step."""
        self.steps += 1

    def episode_done(self, score: float) -> None:
        """Take note of the end of an episode with its score, the sum of its rewards as the env gives them."""

    def cuts_episode(self) -> bool:
        """Whether the episode under way has to be truncated, so that another variant can begin; asked after a step."""
        return False

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


class SequenceScheduler(Scheduler):
    """Plays the variants one after the other, each until a fixed number of agent steps has been done.

    Args:
        variants: The variants in their order.
        switch_at: One number of agent steps fewer than there are variants, ascending: variant i+1 begins with the
            first episode that starts when at least `switch_at[i]` agent steps have been done.

    Raises:
        ValueError: If the switching points do not fit.

    Example:
        >>> scheduler = SequenceScheduler([[], ["lazy_enemy"]], switch_at=[1_000_000])
        >>> scheduler.choose()
        ()
    """

    def __init__(self, variants: Sequence[Variant], switch_at: Sequence[int]) -> None:
        super().__init__(variants)
        if len(switch_at) != len(variants) - 1:
            raise ValueError(
                f"{len(variants)} variants need {len(variants) - 1} switching points, got {len(switch_at)}."
            )
        if any(first >= second for first, second in pairwise([0, *switch_at])):
            raise ValueError(f"Switching points must be positive and ascending, got {list(switch_at)}.")
        self.switch_at = list(switch_at)

    def choose(self) -> tuple[str, ...]:
        """Return the modifs of the next episode."""
        self.stage = sum(self.steps >= point for point in self.switch_at)
        return super().choose()


@dataclass(frozen=True)
class Rotation:
    """Stages that follow one another every so many steps, round after round.

    Attributes:
        stages: Number of stages, at least 1.
        switch_every: Steps from one switch to the next, at least 1.
        cycles: Number of rounds, after which the last stage stays; None for rounds without end.

    Raises:
        ValueError: If one of them is not an integer of at least 1.
    """

    stages: int
    switch_every: int
    cycles: int | None = None

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            endless = name == "cycles" and value is None
            if not (endless or (isinstance(value, int) and value >= 1)):
                raise ValueError(f"{name} must be an integer of at least 1, got {value!r}.")

    def stage_at(self, step: int) -> int:
        """Return the index of the stage after a number of steps: their whole periods modulo the number of stages."""
        switches = step // self.switch_every
        if self.cycles is not None:
            switches = min(switches, self.cycles * self.stages - 1)
        return switches % self.stages


class CycleScheduler(Scheduler):
    """Plays each variant for the same number of agent steps, round after round.

    A switch does not wait: it truncates the episode under way, and the next one is of the next variant.

    Args:
        variants: The variants in their order.
        switch_every: Agent steps from one switch to the next.
        cycles: Number of rounds, after which the last variant stays; by default they have no end.

    Raises:
        ValueError: If `switch_every` or `cycles` is not an integer of at least 1.

    Example:
        >>> scheduler = CycleScheduler([[], ["lazy_enemy"]], switch_every=100_000)
        >>> scheduler.choose()
        ()
    """

    def __init__(self, variants: Sequence[Variant], switch_every: int, cycles: int | None = None) -> None:
        super().__init__(variants)
        self.rotation = Rotation(len(variants), switch_every, cycles)

    def choose(self) -> tuple[str, ...]:
        """Return the modifs of the next episode."""
        self.stage = self.rotation.stage_at(self.steps)
        return super().choose()

    def cuts_episode(self) -> bool:
        """Whether it is time for another variant than the one that is played."""
        return self.rotation.stage_at(self.steps) != self.stage


class PromotionScheduler(Scheduler):
    """Goes on to the next variant when the agent is good enough at the present one; stays with the last.

    Args:
        variants: The variants, from the first to the last lesson.
        threshold: Mean score that the last `window` episodes of a variant must reach.
        window: Number of episodes, counted from the promotion on.

    Raises:
        ValueError: If `window` is below 1.
    """

    def __init__(self, variants: Sequence[Variant], threshold: float, window: int = 10) -> None:
        super().__init__(variants)
        if window < 1:
            raise ValueError(f"window must be at least 1 episode, got {window}.")
        self.threshold = threshold
        self.scores: deque[float] = deque(maxlen=window)

    def episode_done(self, score: float) -> None:
        """Take note of a score; promote if the mean of the last `window` ones reaches the threshold."""
        self.scores.append(score)
        full = len(self.scores) == self.scores.maxlen
        if full and sum(self.scores) / len(self.scores) >= self.threshold and self.stage < len(self.variants) - 1:
            self.stage += 1
            self.scores.clear()
