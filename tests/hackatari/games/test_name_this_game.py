"""Name This Game: every modif does in the game what its documentation says."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from variants import Env, boxes, play

import hackatari  # registers the envs

NOOP, FIRE = 0, 1
PLAY = 10
BLACK, ORANGE, GREEN, WHITE = (0, 0, 0), (198, 108, 58), (50, 132, 50), (236, 236, 236)
OXYGEN_ROWS, TIMER_ROW = slice(179, 181), 176
FIRST_ROW = slice(63, 69)  # of the cells below the octopus


def make(*modifs: str, quick: bool = True, seed: int = 0) -> Env:
    names = [*modifs, "quick_start"] if quick else list(modifs)
    env = gym.make("HackAtari/NameThisGame-v0", modifs=names, frameskip=1, repeat_action_probability=0.0)
    env.reset(seed=seed)
    return env


def bar_width(picture: np.ndarray, row: int, colour: tuple[int, int, int]) -> int:
    return int((picture[row] == colour).all(-1).sum())


def columns(picture: np.ndarray, rows: slice, colour: tuple[int, int, int]) -> list[int]:
    """The left columns of the 4 pixel wide cells that have this colour, between columns 16 and 144."""
    cells = (picture[rows, 16:144] == colour).all((0, 2)).reshape(32, 4).all(1)
    return [16 + 4 * int(cell) for cell in np.flatnonzero(cells)]


# --- Objects -----------------------------------------------------------------------------------------------------


def test_tentacles_are_all_black_cells_below_the_octopus() -> None:
    env = make()
    picture = play(env, 1000)
    cells = boxes(env, "Tentacle")
    assert len(cells) > 5
    black = (picture[63:133, 16:144] == BLACK).all(-1)
    expected = np.zeros_like(black)
    for x, y, w, h in cells:
        expected[y - 63 : y - 63 + h, x - 16 : x - 16 + w] = True
    assert np.array_equal(black, expected)


@pytest.mark.parametrize(("chests", "box"), [(1, (78, 167, 4, 2)), (2, (74, 165, 10, 4)), (3, (72, 163, 16, 6))])
def test_treasure_box(chests: int, box: tuple[int, int, int, int]) -> None:
    env = make()
    env.get_wrapper_attr("ram").treasure = chests
    picture = play(env, 3)
    assert boxes(env, "Treasure") == [box]
    rows, cols = (picture[155:171] == (195, 144, 61)).all(-1).nonzero()
    assert (cols.min(), rows.min() + 155, np.ptp(cols) + 1, np.ptp(rows) + 1) == box


@pytest.mark.parametrize("halves", [(255, 255), (63, 255), (1, 255), (0, 252), (0, 128)])
def test_bars_shrink_from_both_ends(halves: tuple[int, int]) -> None:
    env = make()
    game, ram = hackatari.GAMES["name_this_game"], env.get_wrapper_attr("ram")
    play(env, 3)
    ram.oxygen_outer, ram.oxygen_inner = halves
    ram.wave_timer_outer, ram.wave_timer_inner = halves
    picture = play(env, 2)
    found = {o.category: o for o in game.find_objects(ram, hud=True)}
    for category, row, colour in (("Timer", TIMER_ROW, GREEN), ("OxygenMeter", 180, ORANGE)):
        cols = (picture[row] == colour).all(-1).nonzero()[0]
        assert (found[category].x, found[category].w) == (cols.min(), np.ptp(cols) + 1)


# --- Modifs ------------------------------------------------------------------------------------------------------


def test_quick_start_needs_no_fire() -> None:
    quick, slow = make(), make(quick=False)
    game = hackatari.GAMES["name_this_game"]
    assert bar_width(play(quick, 3), TIMER_ROW, GREEN) == 128
    assert bar_width(play(slow, 700), TIMER_ROW, GREEN) == 0
    play(slow, 2, FIRE)
    assert bar_width(play(slow, 40), TIMER_ROW, GREEN) == 128
    assert "Score" in {o.category for o in game.find_objects(quick.get_wrapper_attr("ram"), hud=True)}
    play(quick, 20, FIRE)
    assert boxes(quick, "Shot")


def short_of_oxygen(*modifs: str) -> Env:
    """Play on until the oxygen has got from one unit more than half of it to at most three."""
    env = make("unlimited_lives", *modifs)
    play(env, 3)
    ram = env.get_wrapper_attr("ram")
    ram.oxygen_outer = 1
    play(env, 200)
    ram.oxygen_inner = 128
    return env


def test_unlimited_oxygen_stops_at_half_of_the_bar() -> None:
    env = short_of_oxygen("unlimited_oxygen")
    for _ in range(3):
        picture = play(env, 200)
        assert bar_width(picture, 180, ORANGE) >= 64 - 8
        assert env.get_wrapper_attr("ram").game_state < 18


def test_oxygen_runs_out_without_it() -> None:
    env = short_of_oxygen()
    states = []
    for _ in range(600):
        play(env, 1)
        states.append(env.get_wrapper_attr("ram").game_state)
    assert max(states) >= 18


def lives_after_losses(losses: int, *modifs: str) -> list[int]:
    """Run out of oxygen some times and return the lives that are left when the game goes on or has ended."""
    env = make(*modifs)
    ram = env.get_wrapper_attr("ram")
    lives = []
    for _ in range(losses):
        play(env, 5)
        for _ in range(300):
            ram.oxygen_outer = ram.oxygen_inner = 0
            _, _, terminated, _, info = env.step(NOOP)
            if ram.game_state != PLAY:
                break
        for _ in range(600):
            if terminated or ram.game_state == PLAY:
                break
            _, _, terminated, _, info = env.step(FIRE)  # which the game waits for after a loss
        lives.append(info["lives"])
    return lives


def test_unlimited_lives_bring_the_treasure_back() -> None:
    assert lives_after_losses(3) == [2, 1, 0]
    assert lives_after_losses(4, "unlimited_lives") == [3, 3, 3, 3]


def timer_steps(*modifs: str) -> list[int]:
    """Frames between the first steps of the wave's timer, without those that last for a frame only."""
    env = make("unlimited_lives", *modifs)
    ram = env.get_wrapper_attr("ram")
    play(env, 2)
    times = []
    for _ in range(1100):
        play(env, 1)
        times.append(ram.wave_timer_outer)
    steps = np.flatnonzero(np.diff(np.maximum(times[1:], times[:-1])))
    return np.diff(steps).tolist()


def test_double_wave_length_halves_the_speed_of_the_timer() -> None:
    assert timer_steps() == [256] * 3
    assert timer_steps("double_wave_length") == [512]


def test_double_wave_length_ends_the_wave_too() -> None:
    env = make("double_wave_length", "unlimited_lives")
    ram = env.get_wrapper_attr("ram")
    play(env, 2)
    for _ in range(2):  # the first of two changes is taken back
        ram.wave_timer_outer, ram.wave_timer_inner = 0, 128
        play(env, 1)
    shown = [bar_width(play(env, 10), TIMER_ROW, GREEN) for _ in range(80)]
    assert 8 in shown
    assert shown[-1] == 128


def test_octopus_start_keeps_five_tentacles_and_no_others() -> None:
    env = make("octopus_start", "unlimited_lives")
    for _ in range(20):
        picture = play(env, 40)
        assert set(columns(picture, FIRST_ROW, BLACK)) <= {20, 72, 88, 100, 132}
    assert len(boxes(env, "Tentacle")) >= 5


def test_octopus_reset_erases_the_first_cells_on_the_left() -> None:
    left = {}
    for modifs in ((), ("octopus_reset",)):
        env = make(*modifs)
        play(env, 5)
        env.get_wrapper_attr("ram").tentacle_cells[9::10] = 255
        seen = columns(play(env, 2), FIRST_ROW, BLACK)
        left[modifs] = [x for x in seen if x < 48]
        assert len(seen) > len(left[modifs])
    assert left["octopus_reset",] == []
    assert len(left[()]) > 4
