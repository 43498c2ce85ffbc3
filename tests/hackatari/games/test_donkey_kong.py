"""Donkey Kong: every modif does what its documentation says."""

from __future__ import annotations

from functools import partial

import numpy as np
from variants import Box, Env, boxes, make_variant, play

NOOP, FIRE, UP, RIGHT, LEFT, DOWN = range(6)
RED, YELLOW = (200, 72, 72), (236, 200, 96)
USUAL_START = (49, 154)
BONUS = slice(6, 15)  # picture rows

make = partial(make_variant, "DonkeyKong")


def start(env: Env) -> np.ndarray:
    """Hold FIRE until play starts, and land again from the jump that follows; return the last picture."""
    play(env, 10, FIRE)
    return play(env, 40)


def shows(picture: np.ndarray, box: Box, colour: tuple[int, int, int]) -> bool:
    """Whether the colour is inside the box."""
    x, y, w, h = box
    return bool((picture[y : y + h, x : x + w] == colour).all(-1).any())


def climb_to_the_girlfriend(env: Env) -> float:
    """Complete the barrel screen from its highest girder; return the points for it."""
    ram = env.get_wrapper_attr("ram")
    start(env)
    points = 0.0
    ram.player_x, ram.player_y = 111, 21
    while ram.player_x > 78:
        points += float(env.step(LEFT)[1])
    for _ in range(100):
        points += float(env.step(UP)[1])
        if ram.screen_number == 1:
            break
    assert ram.screen_number == 1
    return points


# --- No barrels --------------------------------------------------------------------------------------------------


def test_no_barrel() -> None:
    env = make("no_barrel")
    start(env)
    for frame in range(1000):
        picture = env.step(NOOP)[0]
        assert not boxes(env, "Barrel")
        if frame % 20 == 0:
            ((x, y, w, h),) = boxes(env, "Hammer")
            picture[y : y + h, x : x + w] = 0
            assert not shows(picture, (0, 40, 160, 170), YELLOW)
    assert env.get_wrapper_attr("ram").lives == 2


def test_barrels_roll_in_the_unmodified_game() -> None:
    env = make()
    start(env)
    seen = 0
    for _ in range(1000):
        env.step(NOOP)
        seen = max(seen, len(boxes(env, "Barrel")))
    assert seen == 4
    assert env.get_wrapper_attr("ram").lives == 1


def test_no_barrel_leaves_the_fireballs_and_the_rivet_screen_as_they_are() -> None:
    env = make("no_barrel")
    climb_to_the_girlfriend(env)
    play(env, 60)
    picture = start(env)
    assert not boxes(env, "Barrel")
    assert len(boxes(env, "Fireball")) == 4
    assert all(shows(picture, box, YELLOW) for box in boxes(env, "Fireball"))
    found = env.get_wrapper_attr("objects")
    ladders = [o for o in found if o.category == "Ladder"]
    assert len(ladders) == 20
    assert all(shows(picture, (o.x, o.y, o.w, o.h), o.colour) for o in found)


# --- Unlimited time ----------------------------------------------------------------------------------------------


def test_bonus_stays() -> None:
    env = make("unlimited_time")
    before = start(env)[BONUS]
    changed = sum(not np.array_equal(play(env, 1)[BONUS], before) for _ in range(400))
    assert changed <= 4  # in every 128th frame, for one frame

    normal = make()
    before = start(normal)[BONUS]
    assert not np.array_equal(play(normal, 400)[BONUS], before)


def lives_after_the_end_of_the_time(*modifs: str) -> int:
    env = make("no_barrel", *modifs)
    ram = env.get_wrapper_attr("ram")
    start(env)
    ram.bonus = 1
    play(env, 400)
    return ram.lives


def test_no_life_is_lost_because_of_time() -> None:
    assert lives_after_the_end_of_the_time() == 1
    assert lives_after_the_end_of_the_time("unlimited_time") == 2


def test_completed_screen_pays_4600() -> None:
    assert climb_to_the_girlfriend(make("no_barrel", "unlimited_time")) == 4600
    assert climb_to_the_girlfriend(make("no_barrel")) > 4600


# --- Random start ------------------------------------------------------------------------------------------------


def test_every_life_starts_somewhere_else() -> None:
    env = make("random_start", "no_barrel")
    ram = env.get_wrapper_attr("ram")
    starts = []
    for seed in range(6):
        env.reset(seed=seed)
        for lives in (2, 1):
            assert ram.lives == lives
            picture = play(env, 2)
            starts.append((ram.player_x, ram.player_y))
            assert shows(picture, boxes(env, "Player")[0], RED)
            start(env)
            assert abs(ram.player_x - starts[-1][0]) <= 2, "Mario stands there"
            assert abs(ram.player_y - starts[-1][1]) <= 2
            ram.bonus = 1
            while lives == 2 and ram.lives == 2:
                env.step(NOOP)
    assert len(set(starts)) >= 5
    assert len({y for _, y in starts}) >= 4


def test_lost_life_does_not_cost_points() -> None:
    env = make("random_start")
    ram = env.get_wrapper_attr("ram")
    start(env)
    ram.score_low = 0x12
    points = 0.0
    for _ in range(3):
        points += float(env.step(NOOP)[1])
    ram.bonus = 1
    while ram.lives == 2:
        points += float(env.step(NOOP)[1])
    for _ in range(20):
        points += float(env.step(NOOP)[1])
    assert points >= 1200


def test_unmodified_lives_start_at_the_bottom() -> None:
    env = make()
    ram = env.get_wrapper_attr("ram")
    for seed in range(3):
        env.reset(seed=seed)
        play(env, 2)
        assert (ram.player_x, ram.player_y) == USUAL_START
