"""Amidar: every modif does in the game and in the picture what its documentation says."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from variants import make_variant, objects, play

NOOP, FIRE = 0, 1
JINGLE = 260  # frames
GREEN, RED, YELLOW = (135, 183, 84), (214, 92, 92), (252, 252, 84)

make = partial(make_variant, "Amidar")


def shows(picture: np.ndarray, colour: tuple[int, int, int]) -> bool:
    """Whether some pixel of the maze has this colour."""
    return bool((picture[:170] == colour).all(-1).any())


@pytest.mark.parametrize(
    ("modifs", "category", "colour", "other"), [(["pig_enemies"], "Pig", RED, GREEN), ([], "Warrior", GREEN, RED)]
)
def test_enemies_look_like_pigs(
    modifs: list[str], category: str, colour: tuple[int, int, int], other: tuple[int, int, int]
) -> None:
    env = make(*modifs)
    play(env, 5)
    for _ in range(JINGLE + 100):
        picture = play(env, 1)
        assert len(objects(env, category)) == 6
        assert shows(picture, colour)
        assert not shows(picture, other)


def test_enemies_cannot_be_seen_in_a_jump_with_pigs_either() -> None:
    env = make("pig_enemies")
    play(env, JINGLE + 20)
    play(env, 2, FIRE)
    picture = play(env, 8)
    assert len(objects(env, "Shadow")) == 6
    assert not objects(env, "Chicken")
    assert not shows(picture, RED)


def test_pigs_play_like_warriors() -> None:
    def course(*modifs: str) -> list[tuple[float, int, int]]:
        env = make(*modifs)
        rng = np.random.default_rng(0)
        rows = []
        for frame in range(1500):
            if frame % 10 == 0:
                action = int(rng.integers(10))
            _, reward, _, _, info = env.step(action)
            rows.append((float(reward), info["lives"], *(objects(env, "Player")[0][1:3] if frame else (0, 0))))
        return rows

    plain = course()
    assert course("pig_enemies") == plain
    assert course("paint_roller_player") == plain
    assert sum(row[0] for row in plain) > 0


def test_player_is_a_paint_roller() -> None:
    def look(*modifs: str) -> np.ndarray:
        env = make(*modifs)
        picture = play(env, 30)
        (o,) = objects(env, "Player")
        return (picture[o.y : o.y + o.h, o.x : o.x + o.w] == YELLOW).all(-1)

    gorilla, roller = look(), look("paint_roller_player")
    assert gorilla.any()
    assert roller.any()
    assert (gorilla != roller).sum() > 5
    assert (look("pig_enemies") == gorilla).all()


def test_unlimited_lives() -> None:
    for modifs, goes_on in ((["unlimited_lives"], True), ([], False)):
        env = make(*modifs)
        lives = []
        for _ in range(6000):
            _, _, terminated, _, info = env.step(NOOP)
            lives.append(info["lives"])
            if terminated:
                break
        assert (not terminated) == goes_on
        if goes_on:
            assert lives.count(10) >= 3  # deaths, one frame each
            assert lives[-1] == 11
