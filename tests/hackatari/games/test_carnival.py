"""Carnival: every modif does in the game what its documentation says; bullets and targets are in their boxes."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from variants import Env, make_variant

import hackatari  # registers the envs

NOOP, FIRE = 0, 1
BULLET, DUCK, BAR = (183, 194, 95), (187, 187, 53), (24, 59, 157)
GROUND = slice(108, 180)  # below the targets, above the gun
BAR_ROWS = slice(203, 208)

make = partial(make_variant, "Carnival")


def rows(picture: np.ndarray, colour: tuple[int, int, int]) -> list[int]:
    """The rows below the targets with pixels of this colour."""
    return ((picture[GROUND] == colour).all(-1).any(1).nonzero()[0] + GROUND.start).tolist()


def bullets_shown(picture: np.ndarray) -> float:
    """What the bar of bullets shows, 4 pixels for each."""
    return (picture[BAR_ROWS] == BAR).all(-1).any(0).sum() / 4


def box(env: Env, category: str) -> tuple[int, int, int, int] | None:
    return next(((o.x, o.y, o.w, o.h) for o in env.get_wrapper_attr("objects") if o.category == category), None)


# --- Objects -----------------------------------------------------------------------------------------------------


def test_bullet_is_shown_in_its_box() -> None:
    env = make()
    env.step(FIRE)
    flights = 0
    for frame in range(300):
        picture = env.step([FIRE, NOOP, 2, 3][frame // 10 % 4])[0]
        found = box(env, "PlayerMissile")
        if found and GROUND.start <= found[1] < GROUND.stop - 10:
            ys, xs = (picture[GROUND] == BULLET).all(-1).nonzero()
            assert (xs.min(), np.ptp(xs) + 1) == (found[0], found[2])
            assert (ys.min() + GROUND.start, np.ptp(ys) + 1) == pytest.approx((found[1], found[3]), abs=1)
            flights += 1
    assert flights > 20


def test_bar_of_the_last_bullets_blinks_in_the_object_list_too() -> None:
    env = make()
    ram = env.get_wrapper_attr("ram")
    ram.ammo = 9
    seen = set()
    for _ in range(80):
        picture = env.step(NOOP)[0]
        bars = [o for o in hackatari.GAMES["carnival"].find_objects(ram, hud=True, height=214) if o[0] == "AmmoBar"]
        assert bullets_shown(picture) == sum(o.w for o in bars) / 4
        seen.add(len(bars))
    assert seen == {0, 1}


# --- Modifs ------------------------------------------------------------------------------------------------------


def watch_ducks(*modifs: str) -> tuple[bool, int]:
    """Wait; return whether a duck was seen on its way to the bullets, and how many bullets were left in the end."""
    env = make(*modifs, frameskip=4)
    seen = False
    for _ in range(400):
        picture = env.step(NOOP)[0]
        seen = seen or bool(rows(picture, DUCK)) or box(env, "FlyingDuck") is not None
    return seen, env.get_wrapper_attr("ram").ammo


def test_no_duck_flies() -> None:
    flew, left = watch_ducks()
    assert flew
    assert left < 40
    assert watch_ducks("no_flying_ducks") == (False, 40)


def shots_until_the_end(*modifs: str, steps: int) -> tuple[int, set[float]]:
    """Shoot at random; return the number of steps that the episode lasts, and what the bar of bullets shows."""
    env = make(*modifs, frameskip=4)
    rng = np.random.default_rng(0)
    shown = set()
    for step in range(1, steps + 1):
        picture, _, terminated, _, _ = env.step(int(rng.integers(6)))
        if step % 10 == 0:
            shown.add(bullets_shown(picture))
        if terminated:
            return step, shown
    return steps, shown


def test_ammunition_is_unlimited() -> None:
    ended, shown = shots_until_the_end(steps=1000)
    assert ended < 600
    assert min(shown) < 5
    lasted, shown = shots_until_the_end("unlimited_ammo", steps=2 * ended)
    assert lasted == 2 * ended
    assert min(shown) >= 30  # a duck eats several bullets at once before the bar is full again


@pytest.mark.parametrize(("name", "speed"), [("small", 6), ("medium", 7), ("large", 8), (None, 5)])
def test_speed_of_the_bullet(name: str | None, speed: int) -> None:
    env = make(*([f"missile_speed_{name}_increase"] if name else []))
    env.step(FIRE)
    tops = []
    for _ in range(9):
        shown = rows(env.step(NOOP)[0], BULLET)
        if shown and shown[-1] < GROUND.stop - 1:
            tops.append(shown[0])
    assert len(tops) >= 5
    assert np.mean(-np.diff(tops)) == pytest.approx(speed, abs=0.2)  # the picture rounds some rows
