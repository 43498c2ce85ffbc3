"""Time Pilot: every modif does in the game what its documentation says; each level's objects are found."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from variants import Env, make_variant, play

NOOP = 0
INTRO = 120  # frames until play begins
EXPLODES = 128  # enemy_heading
SKY = slice(33, 177)
SKY_COLOURS = [(51, 26, 163), (84, 160, 197), (142, 142, 142), (168, 48, 143), (0, 0, 0)]
ENEMIES = ["Green", "Black", "Yellow", "Blue", "Orange"]
GREEN = (135, 183, 84)

make = partial(make_variant, "TimePilot")


def sky_colour(picture: np.ndarray) -> tuple[int, ...]:
    """The most frequent colour of the sky."""
    colours, counts = np.unique(picture[SKY].reshape(-1, 3), axis=0, return_counts=True)
    return tuple(int(channel) for channel in colours[counts.argmax()])


def shows(picture: np.ndarray, colour: tuple[int, int, int]) -> bool:
    """Whether some pixel of the sky has this colour."""
    return bool((picture[SKY] == colour).all(-1).any())


def lose_a_plane(env: Env) -> None:
    """Send an enemy into the agent's plane, and wait until the next one flies."""
    ram = env.get_wrapper_attr("ram")
    lives = ram.lives_and_level % 16
    for _ in range(400):
        if ram.lives_and_level % 16 == lives and ram.player_sprite < 124:
            ram.enemy_x[0], ram.enemy_y[0] = 80, 62
        env.step(NOOP)
        if ram.phase == 2 and ram.lives_and_level % 16 < lives:
            return


# --- The start ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", range(5))
def test_level_is_the_first_and_stays_after_a_lost_plane(level: int) -> None:
    env = make(f"level_{level + 1}", frameskip=2)
    assert sky_colour(play(env, 20)) == SKY_COLOURS[level]
    play(env, 60)
    lives = env.get_wrapper_attr("ram").lives_and_level % 16
    assert lives == 4
    lose_a_plane(env)
    assert env.get_wrapper_attr("ram").lives_and_level % 16 == 3
    assert sky_colour(play(env, 20)) == SKY_COLOURS[level]


def test_game_usually_starts_in_1910() -> None:
    assert sky_colour(play(make(), 40)) == SKY_COLOURS[0]


@pytest.mark.parametrize("level", range(5))
def test_objects_of_the_level_are_where_the_picture_shows_them(level: int) -> None:
    env = make(f"level_{level + 1}")
    rng = np.random.default_rng(2)
    play(env, INTRO)
    found: dict[str, list[bool]] = defaultdict(list)
    for frame in range(500):
        if frame % 10 == 0:
            action = int(rng.integers(10))
        picture = env.step(action)[0]
        for category, x, y, w, h, colour in env.get_wrapper_attr("objects"):
            found[category].append(bool((picture[y : y + h, x : x + w] == colour).all(-1).any()))
    assert found.keys() - {f"Enemy{ENEMIES[level]}Shot"} == {"Player", "PlayerShot", f"Enemy{ENEMIES[level]}"}
    assert np.mean(found["Player"]) > 0.98
    assert np.mean(found[f"Enemy{ENEMIES[level]}"]) > 0.98
    assert 0.45 < np.mean(found["PlayerShot"]) < 0.55  # one half of the double shot in each frame


@pytest.mark.parametrize("level", range(5))
def test_shots_of_the_enemies_are_drawn_in_every_other_frame(level: int) -> None:
    env = make(f"level_{level + 1}")
    ram = env.get_wrapper_attr("ram")
    play(env, INTRO)
    shown = []
    for slot in (0, 1):
        ram.enemy_shot_x[slot], ram.enemy_shot_y[slot] = 35, 76  # between the clouds
        for _ in range(2):
            picture = env.step(NOOP)[0]
            shot = next(o for o in env.get_wrapper_attr("objects") if o.category == f"Enemy{ENEMIES[level]}Shot")
            shown.append((picture[shot.y : shot.y + 2, shot.x] == shot.colour).all())
        ram.enemy_shot_x[slot] = 0
    assert sorted(shown[:2]) == sorted(shown[2:]) == [False, True]


# --- The enemies -------------------------------------------------------------------------------------------------


def enemies_at_most(*modifs: str) -> int:
    """The highest number of enemies in the object list during random play; none of them is seen if there is none."""
    env = make(*modifs, frameskip=4)
    rng = np.random.default_rng(0)
    most = 0
    for _ in range(350):
        picture = env.step(int(rng.integers(10)))[0]
        enemies = [o for o in env.get_wrapper_attr("objects") if o.category == "EnemyGreen"]
        assert enemies or not shows(picture, GREEN)
        most = max(most, len(enemies))
    return most


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_number_of_enemies_is_limited(number: int) -> None:
    assert enemies_at_most(f"enemies_{number}") == number


def test_there_are_usually_four_enemies() -> None:
    assert enemies_at_most() == 4


def share_of_equal_pictures(*modifs: str) -> float:
    """How often two enemies in the open sky look the same."""
    env = make(*modifs)
    ram = env.get_wrapper_attr("ram")
    play(env, INTRO)
    equal = []
    for _ in range(500):
        screen = env.step(NOOP)[0]
        shapes = [
            (screen[165 - y : 177 - y, x - 4 : x + 4] == GREEN).all(-1)
            for x, y, heading in zip(ram.enemy_x, ram.enemy_y, ram.enemy_heading, strict=True)
            if 15 < x < 130 and 15 < y < 120 and heading < EXPLODES
        ]
        equal += [np.array_equal(first, second) for first, second in pairwise(shapes)]
    assert len(equal) > 100
    return float(np.mean(equal))


def test_enemies_point_in_different_directions() -> None:
    assert share_of_equal_pictures() > 0.5
    assert share_of_equal_pictures("random_orientation") < 0.25


def frames_of_explosion(*modifs: str) -> int:
    """How long two enemies explode that are hit at the same time."""
    env = make(*modifs)
    ram = env.get_wrapper_attr("ram")
    play(env, INTRO + 40)
    ram.enemy_x[:2], ram.enemy_y[:2], ram.enemy_heading[:2] = (20, 120), (60, 100), (129, 129)
    frames = 0
    while ram.enemy_heading[0] >= EXPLODES and ram.enemy_x[0]:
        env.step(NOOP)
        frames += 1
    return frames


def test_random_orientation_leaves_explosions_alone() -> None:
    assert frames_of_explosion("random_orientation") == frames_of_explosion() > 10
