"""Asterix: every modif does what its documentation says."""

from __future__ import annotations

from collections import Counter
from functools import cache, partial

import numpy as np
import pytest
from variants import boxes, make_variant

NOOP = 0
CAULDRON, HELMET, SHIELD, FISH = (184, 50, 50), (240, 128, 128), (214, 214, 214), (198, 89, 179)

make = partial(make_variant, "Asterix")


def colours(picture: np.ndarray, box: tuple[int, int, int, int]) -> set[tuple[int, ...]]:
    x, y, w, h = box
    return {tuple(pixel) for pixel in picture[y : y + h, x : x + w].reshape(-1, 3).tolist()}


@cache
def collect(modif: str | None) -> tuple[list[float], set[tuple[int, ...]], float, float]:
    """Play at random for 1000 frames.

    Returns:
        The rewards, the colours that all consumables had, the mean speed of what flies, in pixels per frame, and the
        width of the player in half of the frames or more.
    """
    env = make(*[modif] if modif else [])
    ram = env.get_wrapper_attr("ram")
    rng = np.random.default_rng(0)
    rewards, speeds, widths, seen = [], [], [], []
    before = np.array(ram.lane_x[:])
    for frame in range(1000):
        if frame % 8 == 0:
            action = int(rng.integers(9))
        picture, reward, terminated, *_ = env.step(action)
        if terminated:
            break
        if reward:
            rewards.append(float(reward))
        after = np.array(ram.lane_x[:])
        moved = np.abs(after - before)
        speeds += moved[(moved > 0) & (moved < 8)].tolist()
        before = after
        widths.append(boxes(env, "Player")[0][2])
        if frame % 10 == 9:
            px, py = boxes(env, "Player")[0][:2]
            seen += [
                colours(picture, box)
                for box in boxes(env, "Consumable")
                if 16 < box[0] < 130 and (abs(box[0] - px) > 20 or abs(box[1] - py) > 8)
            ]
    return rewards, set.intersection(*seen), float(np.sum(speeds)) / len(widths), float(np.median(widths))


@pytest.mark.parametrize(
    ("modif", "points", "colour"),
    [
        (None, 50, CAULDRON),
        ("set_consumable_1", 100, HELMET),
        ("set_consumable_2", 200, SHIELD),
        ("obelix", 500, FISH),
    ],
)
def test_what_there_is_to_collect(modif: str | None, points: int, colour: tuple[int, ...]) -> None:
    rewards, seen, *_ = collect(modif)
    assert len(rewards) >= 3
    assert set(rewards) == {points}
    assert colour in seen


def test_obelix_is_narrower_and_all_is_faster() -> None:
    *_, speed, width = collect("obelix")
    *_, usual_speed, usual_width = collect(None)
    assert width < usual_width
    assert speed > 1.2 * usual_speed


def deaths(modif: str | None, frames: int) -> tuple[int, bool]:
    """Wait in the middle of the lanes; return how often the player dies, and whether the episode has ended."""
    env = make(*[modif] if modif else [])
    ram = env.get_wrapper_attr("ram")
    count, dying = 0, False
    for _ in range(frames):
        terminated = env.step(NOOP)[2]
        count += ram.death_timer >= 82 and not dying
        dying = ram.death_timer >= 82
        if terminated:
            return count, True
    return count, False


def test_unlimited_lives() -> None:
    assert deaths(None, 4000) == (3, True)
    count, ended = deaths("unlimited_lives", 4000)
    assert count > 3
    assert not ended


def used_lanes(modif: str | None) -> tuple[set[int], set[int], float]:
    """Play at random for 1200 frames.

    Returns:
        The lanes, counted from 1 at the top, in which something else than the player is seen; those in which something
        is listed for more than a moment; and the points.
    """
    env = make("unlimited_lives", *[modif] if modif else [])
    ram = env.get_wrapper_attr("ram")
    rng = np.random.default_rng(0)
    used: set[int] = set()
    listed: Counter[int] = Counter()
    points, lane_before = 0.0, -1
    for frame in range(1200):
        if frame % 8 == 0:
            action = int(rng.integers(9))
        picture, reward, *_ = env.step(action)
        points += float(reward)
        listed.update({(o.y - 20) // 16 + 1 for o in env.get_wrapper_attr("objects") if o.category != "Player"})
        if frame % 5 == 4:
            seen = {lane for lane in range(1, 9) if picture[10 + 16 * lane :][:11, 16:140].any()}
            used |= seen - {ram.player_lane + 1, lane_before}
        lane_before = ram.player_lane + 1
    # In the first frame of a wave something is at the edge of each lane.
    return used, {lane for lane, frames in listed.items() if frames > 20}, points


@pytest.mark.parametrize(
    ("modif", "expected"),
    [
        (None, {1, 2, 3, 4, 5, 6, 7, 8}),
        ("odd_lines_free", {2, 4, 6, 8}),
        ("even_lines_free", {1, 3, 5, 7}),
    ],
)
def test_free_lines(modif: str | None, expected: set[int]) -> None:
    used, listed, points = used_lanes(modif)
    assert used == expected
    assert listed == expected
    assert points > 0
