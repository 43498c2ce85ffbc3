"""Star Gunner: every modif does in play what its documentation says."""

from __future__ import annotations

from functools import partial

import numpy as np
from variants import Env, make_variant, play

NOOP, RIGHT, LEFT, LEFT_FIRE = 0, 3, 4, 12
START = 300  # frames until play
LANDSCAPE = slice(188, 210)  # rows

make = partial(make_variant, "StarGunner")


def places(env: Env, category: str, frames: int) -> np.ndarray:
    """Fly right, then left, and return where the category's objects are, int of shape (objects, 2)."""
    found = []
    for frame in range(frames):
        env.step(RIGHT if frame < frames // 2 else LEFT)
        found += [(o.x, o.y) for o in env.get_wrapper_attr("objects") if o.category == category]
    return np.array(found)


def test_bomber_stays_in_the_middle() -> None:
    env = make("static_bomber")
    play(env, START)
    columns = places(env, "BombThrower", 120)[:, 0]
    assert len(columns) == 120
    assert np.all(abs(columns - 82) <= 2)
    unmodified = make()
    play(unmodified, START)
    assert np.ptp(places(unmodified, "BombThrower", 120)[:, 0]) > 60


def test_bomber_is_seen_in_the_middle() -> None:
    picture = play(make("static_bomber"), START)
    columns = picture[37:47].any(axis=(0, 2)).nonzero()[0]
    assert columns.min() >= 80
    assert columns.max() <= 91


def test_flyer_stays_where_it_appeared_while_the_ship_flies() -> None:
    env = make("static_flyers")
    play(env, START)
    held = places(env, "FlyingEnemy", 160)
    assert len(held) == 160
    assert np.ptp(held, axis=0).max() <= 2
    unmodified = make()
    play(unmodified, START)
    assert np.ptp(places(unmodified, "FlyingEnemy", 160), axis=0).max() > 10


def test_flyers_that_stand_still_are_shot_and_the_next_one_stands_elsewhere() -> None:
    env = make("static_flyers")
    ram = env.get_wrapper_attr("ram")
    play(env, START)
    first = places(env, "FlyingEnemy", 4)[0]
    points = 0.0
    for frame in range(250):
        if points == 0:
            ram.player_y = ram.flyer_y[0] + 3
            points += float(env.step(LEFT_FIRE if frame % 8 < 4 else LEFT)[1])
    assert points == 100

    while ram.flyer_x[0] or ram.game_state != 2:
        env.step(NOOP)
    for _ in range(400):
        env.step(NOOP)
        if ram.flyer_x[0] and ram.game_state == 2:
            break
    following = places(env, "FlyingEnemy", 10)
    assert np.ptp(following, axis=0).max() <= 2
    assert abs(following[0] - first).max() > 10


def test_mountains_are_removed() -> None:
    env, unmodified = make("remove_mountains"), make()
    for action in (NOOP, RIGHT, LEFT):
        assert not play(env, START, action)[LANDSCAPE].any()
        assert play(unmodified, START, action)[LANDSCAPE].any(axis=-1).mean() > 0.5


def test_mountains_stand_still_but_for_a_step_when_the_ship_turns() -> None:
    seen: dict[tuple[int, int], set[bytes]] = {}
    for modifs in (["static_mountains"], []):
        env = make(*modifs)
        play(env, START)
        for action in (RIGHT, LEFT):
            last = play(env, 5, action)[LANDSCAPE]
            pictures = {play(env, 10, action)[LANDSCAPE].tobytes() for _ in range(6)}
            seen[len(modifs), action] = pictures
            if modifs:
                assert pictures == {last.tobytes()}
            else:
                assert len(pictures) > 1
    shift_by_step = [
        np.roll(np.frombuffer(picture, np.uint8).reshape(22, 160, 3), 8, axis=1)[:, 8:-8] for picture in seen[1, RIGHT]
    ]
    np.testing.assert_array_equal(
        shift_by_step[0], np.frombuffer(*seen[1, LEFT], np.uint8).reshape(22, 160, 3)[:, 8:-8]
    )


def test_standing_mountains_are_mountains() -> None:
    landscape = play(make("static_mountains"), START)[LANDSCAPE].any(axis=-1)
    heights = landscape.sum(axis=0)
    assert heights.min() >= 12, "the ground"
    assert heights.max() - heights.min() >= 6
