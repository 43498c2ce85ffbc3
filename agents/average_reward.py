"""The estimate of the average reward that all reward-centred agents share."""

from __future__ import annotations

from typing import Any


class AverageReward:
    """An estimate `r_bar` of the average reward per step, moved by `r_bar <- r_bar + step_size * error`.

    Works on a float, or on one estimate for each of n independent runs: then every number below is an array of shape
    (n,), float64.

    Args:
        initial: First value, in units of reward per step. It has no influence when `unbiased_step_size` is on.
        unbiased_step_size: Use the unbiased constant step size of Sutton & Barto (2018, eq. 2.7): the first step is 1
            and the steps decay to the given size, so the estimate does not depend on where it started.

    Attributes:
        value: The estimate `r_bar`.
        step_size: Size of the latest step, 0 before the first.
        trace: The trace of eq. 2.7, from 0 (no step yet) towards 1.
    """

    def __init__(self, initial: Any = 0.0, *, unbiased_step_size: bool = True) -> None:
        self.value = initial
        self.unbiased_step_size = unbiased_step_size
        self.step_size: Any = 0.0
        self.trace: Any = 0.0

    def update(self, error: Any, step_size: Any) -> Any:
        """Move the estimate one step.

        Args:
            error: What it lacks: a TD error with the old estimate, or a reward minus the old estimate.
            step_size: Size of the step in the long run, in [0, 1]. Steps of 0 leave estimate and trace as they are.

        Returns:
            The new estimate.
        """
        if self.unbiased_step_size:
            self.trace = self.trace + step_size * (1 - self.trace)
            # A trace of 0 means that all steps were 0, this one included: 0 / 1, not 0 / 0.
            step_size = step_size / (self.trace + (self.trace == 0))
        self.step_size = step_size
        self.value = self.value + step_size * error
        return self.value
