"""Defender: every modif does in the game and in the picture what its documentation says."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from variants import make_variant, play

NOOP, FIRE, DOWN = 0, 1, 5
START = 150  # frames until play begins
SHIP = (132, 144, 252)
SKY = slice(40, 150)

make = partial(make_variant, "Defender")


def count(picture: np.ndarray, colour: tuple[int, int, int]) -> int:
    """The number of pixels of this colour in the sky."""
    return int((picture[SKY] == colour).all(-1).sum())


# --- The start ---------------------------------------------------------------------------------------------------


def bombs_displayed(picture: np.ndarray) -> int:
    """The number of icons of smart bombs in the lower right corner."""
    columns = (picture[187:192, 110:] == SHIP).all(-1).any(0)
    return int((np.diff(columns.astype(int)) == 1).sum())


def drop_bombs(*modifs: str) -> list[int]:
    """Dive behind the skyline and fire; return the number of bombs displayed at the start and after each bomb."""
    env = make(*modifs)
    ram = env.get_wrapper_attr("ram")
    displayed = [bombs_displayed(play(env, START))]
    play(env, 80, DOWN)
    for _ in range(2):
        left = ram.smart_bombs
        for frame in range(300):
            env.step(FIRE if frame % 20 < 4 else NOOP)
            if ram.smart_bombs < left:
                displayed.append(bombs_displayed(play(env, 2)))
                break
    return displayed


def test_more_bombs() -> None:
    assert drop_bombs() == [3, 2, 1]
    assert drop_bombs("more_bombs") == [3, 3, 3]


@pytest.mark.parametrize(("modifs", "frames"), [(["quick_start"], 5), ([], 149)])
def test_ship_appears(modifs: list[str], frames: int) -> None:
    env = make(*modifs)
    picture = env.step(NOOP)[0]
    waited = 1
    while not count(picture, SHIP):
        picture = env.step(NOOP)[0]
        waited += 1
    assert waited == pytest.approx(frames, abs=1)


# --- The picture -------------------------------------------------------------------------------------------------


def test_ship_is_seen_in_every_frame() -> None:
    pixels = {}
    for modifs in (["no_flickering"], []):
        env = make(*modifs)
        play(env, START)
        pixels[len(modifs)] = [count(env.step(NOOP)[0], SHIP) >= 19 for _ in range(60)]
    assert all(pixels[1])
    assert 0 < pixels[0].count(False) < 20


def test_all_enemies_are_seen_in_every_frame() -> None:
    env = make("no_flickering")
    ram = env.get_wrapper_attr("ram")
    play(env, START + 200)
    patched, usual = [], []
    for _ in range(400):
        picture = env.step(NOOP)[0]
        original = env.unwrapped.ale._ale.getScreenRGB()  # type: ignore[attr-defined]
        assert not ((original[SKY] > 0).any(-1) & (picture[SKY] == 0).all(-1)).any(), "nothing is taken away"
        if ram.enemy_multiplex not in (0, 255) and not ram.start_timer:
            patched.append((picture[SKY] > 0).any(-1))
            usual.append((original[SKY] > 0).any(-1))
    assert len(patched) > 50
    flicker = [np.mean([np.sum(a != b) for a, b in pairwise(p)]) for p in (patched, usual)]
    assert flicker[0] < flicker[1] / 2
