"""Kung-Fu Master: every modif does in the game what its documentation says; objects of the later floors."""

from __future__ import annotations

from collections import defaultdict
from functools import partial

import numpy as np
import pytest
from variants import Env, make_variant

from hackatari.games import find_game

NOOP, RIGHT = 0, 2
INTRO = 360  # frames until the fight starts
ENERGY = (232, 232, 74)

make = partial(make_variant, "KungFuMaster")


def play(env: Env, frames: int, action: int = NOOP) -> tuple[np.ndarray, bool]:
    """Repeat an action; return the last picture and whether the episode has ended."""
    ended = False
    for _ in range(frames):
        picture, _, terminated, *_ = env.step(action)
        ended = ended or terminated
    return picture, ended


def energy(picture: np.ndarray) -> int:
    """The length of the agent's energy bar in the picture."""
    return int((picture[43, 45:100] == ENERGY).all(-1).sum())


def shown_time(picture: np.ndarray) -> bytes:
    """The picture of the clock."""
    return picture[10:17, 30:62].tobytes()


def test_no_damage_keeps_the_energy_full() -> None:
    env, usual = make("no_damage"), make()
    levels: tuple[list[int], list[int]] = ([], [])
    play(env, INTRO)
    play(usual, INTRO)
    for _ in range(2500):
        levels[0].append(energy(env.step(NOOP)[0]))
        levels[1].append(energy(usual.step(NOOP)[0]))
    # A hit or a henchman's grip is seen for the one frame in which the game counts it.
    assert min(levels[0]) > 30
    assert np.mean(np.array(levels[0]) >= 38) > 0.95
    assert min(levels[1]) < 30


def test_unlimited_time_stops_the_clock() -> None:
    env, usual = make("unlimited_time"), make()
    start = shown_time(play(env, INTRO - 60)[0])
    pictures = [shown_time(env.step(NOOP)[0]) for _ in range(800)]
    assert len(set(pictures)) == 2  # the game counts one unit down before the clock is set back
    assert np.mean([picture == start for picture in pictures]) > 0.7
    assert shown_time(play(usual, INTRO - 60)[0]) == start
    assert shown_time(play(usual, 300)[0]) != start


@pytest.mark.parametrize("modifs", [["no_damage"], ["unlimited_time"], ["no_damage", "unlimited_time"]], ids=str)
def test_the_next_floor_is_reached_when_the_floor_has_been_counted(modifs: list[str]) -> None:
    """On even floors the stairs are on the right, where the agent starts on the first one."""
    env = make(*modifs)
    ram = env.get_wrapper_attr("ram")
    play(env, 200)
    ram.floor = 2
    points = 0.0
    for _ in range(1500):
        points += float(env.step(RIGHT)[1])
        if ram.floor == 3 and ram.phase == 0:
            break
    assert ram.floor == 3
    assert points >= 1000
    assert energy(play(env, 5)[0]) == 39


def test_unlimited_lives_never_end_the_episode() -> None:
    ends = []
    for modifs in ([], ["unlimited_lives"]):
        env = make(*modifs)
        ram = env.get_wrapper_attr("ram")
        ended = False
        for _ in range(1000):
            if ram.phase == 0:  # the agent loses life after life because its time is up
                ram.time_high, ram.time_low = 0, 1
            ended = ended or play(env, 1)[1]
        ends.append(ended)
    assert ends == [True, False]


def test_objects_of_floors_2_and_4_are_where_the_picture_shows_them() -> None:
    hits = defaultdict(list)
    for floor in (2, 4):
        env = make("no_damage", "unlimited_time")
        ram = env.get_wrapper_attr("ram")
        play(env, 200)
        ram.floor = 2
        while ram.phase != 130:
            env.step(RIGHT)
        ram.floor = floor - 1
        while ram.phase != 0:
            env.step(NOOP)
        for frame in range(2200):
            picture = env.step(RIGHT if frame % 4 else NOOP)[0]
            for o in env.get_wrapper_attr("objects") if frame % 2 else ():
                if o.x > 8 and o.x + o.w < 152:
                    box = picture[o.y : o.y + o.h, o.x : o.x + o.w]
                    hits[o.category].append(bool((box == o.colour).all(-1).any()))
    assert {"Player", "Snake", "KillerMoth"} <= set(hits) <= set(find_game("kung_fu_master").objects)
    assert min(np.mean(hit) for hit in hits.values() if len(hit) > 50) > 0.95
