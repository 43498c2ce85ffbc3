"""The measurements of speed measure what they say; how fast anything is, is no matter of tests."""

import cv2
import numpy as np
import pytest

from hackatari import GAMES
from hackatari.benchmarks.overhead import find_slowest, measure_overhead
from hackatari.benchmarks.throughput import (
    LIMIT,
    OURS,
    PATCHED,
    PATCHES,
    REFERENCE,
    Throughput,
    geometric_means,
    measure_throughput,
)
from hackatari.benchmarks.throughput_plot import throughput_png


def test_overhead_is_a_ratio_to_the_native_env():
    turns = []
    found = measure_overhead("Pong", ["lazy_enemy"], rounds=3, steps=20, on_round=lambda: turns.append(1))
    assert (found.game, found.modifs, len(turns)) == ("pong", ("lazy_enemy",), 3)
    assert found.ratio_low <= found.ratio <= found.ratio_high
    assert found.fps > 0


def test_the_slowest_modif_is_one_of_the_games():
    seen = []
    assert find_slowest("amidar", lambda: seen.append(1)) in GAMES["amidar"].modifs
    assert len(seen) == len(GAMES["amidar"].modifs)


@pytest.mark.parametrize("game", PATCHES)
def test_every_patch_of_the_comparison_exists(game):
    assert PATCHES[game] in GAMES[game].modifs


def test_throughput_compares_with_ales_vector_env():
    turns = []
    found = measure_throughput("pong", num_envs=2, rounds=2, turn=0.01, on_round=lambda: turns.append(1))
    assert len(turns) == 2
    speeds = {t.name: t for t in found}
    assert {REFERENCE, LIMIT, OURS, PATCHED, "AsyncVectorEnv, patched", "SubprocVecEnv, patched"} <= speeds.keys()
    assert speeds[REFERENCE].ratio == 1
    assert all(t.steps_per_second > 0 and t.ratio_low <= t.ratio <= t.ratio_high for t in found)


def test_some_contenders_can_be_chosen():
    found = measure_throughput("pong", num_envs=1, rounds=2, turn=0.01, names=[PATCHED])
    assert [t.name for t in found] == [REFERENCE, PATCHED]


def test_geometric_means_are_over_the_games():
    found = [Throughput(game, OURS, 8, 1.0, ratio, ratio, ratio) for game, ratio in (("pong", 1.0), ("boxing", 4.0))]
    assert geometric_means(found) == {(OURS, 8): pytest.approx(2)}


def test_the_plot_has_a_panel_for_each_number_of_sub_envs():
    found = [
        Throughput("pong", name, size, 1.0, 1.1, 1.0, 1.3) for size in (1, 8) for name in (REFERENCE, LIMIT, PATCHED)
    ]
    one, two = (cv2.imdecode(np.frombuffer(throughput_png(f), np.uint8), cv2.IMREAD_COLOR) for f in (found[:3], found))
    assert two.shape[0] > one.shape[0]
    assert two.shape[1] == one.shape[1]
