"""The cost of reward centering is measured on all algorithms; how large it is, is no matter of tests."""

import hackatari.agents
from hackatari.benchmarks.centering_overhead import TASKS, measure_centering_overhead


def test_every_centred_algorithm_without_memory_is_measured():
    centred = {name for name in hackatari.agents.__all__ if name.startswith("Centered")}
    assert {f"Centered{name}" for name in TASKS} == centred - {"CenteredRecurrentPPO"}


def test_centering_is_compared_with_the_same_algorithm_without_it():
    plain, centred = measure_centering_overhead("A2C", rounds=1)
    assert (plain.way, centred.way, plain.ratio) == ("A2C", "CenteredA2C", 1)
    assert centred.ratio == centred.steps_per_second / plain.steps_per_second
