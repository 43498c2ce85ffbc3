"""The measurements of speed measure what they say; how fast anything is, is no matter of tests."""

import pytest

from hackatari import GAMES
from hackatari.benchmarks.overhead import find_slowest, measure_overhead
from hackatari.benchmarks.throughput import PATCHES, measure_throughput


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
    found = measure_throughput("pong", num_envs=2, rounds=2, steps=5)
    assert [t.name for t in found] == [
        "AtariVectorEnv",
        "HackAtariVectorEnv",
        "HackAtariVectorEnv, lazy_enemy",
        "AsyncVectorEnv",
    ]
    assert found[0].ratio == 1
    assert all(t.steps_per_second > 0 for t in found)
