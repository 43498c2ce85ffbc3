"""Freeway: every modif does in the game what its documentation says; the objects are where the picture shows them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from itertools import pairwise
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from variants import boxes, make_variant

NOOP, UP, DOWN = 0, 1, 2
BOTTOM, TOP = range(5), range(5, 10)  # lanes, counted from below
NORMAL_PERIODS = [5, 4, 3, 2, 1, 1, 2, 3, 4, 5]

BLACK, ROAD, CHICKEN = (0, 0, 0), (142, 142, 142), (252, 252, 84)
COLOURS = {
    "black": BLACK,
    "dark grey": (74, 74, 74),
    "red": (167, 26, 26),
    "white": (236, 236, 236),
    "green": (53, 95, 24),
    "purple": (127, 92, 213),
    "blue": (0, 28, 136),
    "invisible": ROAD,
}

make = partial(make_variant, "Freeway")


@cache
def points(*modifs: str, frames: int = 2048) -> float:
    """The score of a chicken that always goes up."""
    env = make(*modifs, frameskip=4)
    return sum(float(env.step(UP)[1]) for _ in range(frames // 4))


def drive(env: gym.Env[np.ndarray, Any], frames: int, action: int = NOOP) -> np.ndarray:
    """Play and return how many pixels each car moves forward in each frame, int of shape (frames, 10)."""
    ram = env.get_wrapper_attr("ram")
    env.step(action)  # the game places the cars in the first frame
    columns = [list(ram.car_x)]
    for _ in range(frames):
        env.step(action)
        columns.append(list(ram.car_x))
    forward = np.array([1] * 5 + [-1] * 5)
    return np.diff(columns, axis=0) * forward % 160


@cache
def unmodified_drive() -> np.ndarray:
    return drive(make(), 480)


def body_colours(modif: str, frames: int, seed: int = 0) -> Iterator[list[set[tuple[int, ...]]]]:
    """The colours between the wheels of each car but the road's, top to bottom, in each frame.

    The cars stand still; in the first frame they are not yet there.
    """
    env = make("stop_all_cars_edge", modif, seed=seed)
    for frame in range(frames):
        screen = env.step(NOOP)[0]
        if frame > 0:
            yield [
                {tuple(map(int, pixel)) for pixel in screen[y + 1 : y + h - 1, x : x + w].reshape(-1, 3)} - {ROAD}
                for x, y, w, h in boxes(env, "Car")
            ]


# --- Objects -----------------------------------------------------------------------------------------------------


def test_objects_are_where_the_picture_shows_them() -> None:
    env = make()
    rng = np.random.default_rng(0)
    hits: dict[str, list[bool]] = {"Chicken": [], "Car": []}
    for _ in range(800):
        screen = env.step(int(rng.choice([NOOP, UP, UP, UP, DOWN])))[0]
        for o in env.get_wrapper_attr("objects"):
            hits[o.category].append(bool((screen[o.y : o.y + o.h, o.x : o.x + o.w] == o.colour).all(-1).any()))
    assert len(hits["Chicken"]) == 1600
    assert len(hits["Car"]) > 7900
    assert np.mean(hits["Chicken"]) == 1
    assert np.mean(hits["Car"]) > 0.95


def test_chicken_box_is_exact() -> None:
    env = make()
    screen = env.step(NOOP)[0]
    for (x, y, w, h), columns in zip(boxes(env, "Chicken"), (slice(30, 80), slice(90, 150)), strict=True):
        rows, cols = np.nonzero((screen[184:200, columns] == CHICKEN).all(-1))
        assert (x, y) == (cols.min() + columns.start, rows.min() + 184)
        assert (w, h) == (np.ptp(cols) + 1, np.ptp(rows) + 1)


def test_right_driving_car_box_is_exact() -> None:
    env = make()
    for _ in range(80):
        screen = env.step(NOOP)[0]
    for x, y, w, h in boxes(env, "Car")[5:]:
        rows, cols = np.nonzero((screen[y - 2 : y + h + 2] != ROAD).any(-1)[:, 8:])
        assert (x, y, w, h) == (cols.min() + 8, rows.min() + y - 2, np.ptp(cols) + 1, np.ptp(rows) + 1)


def test_score_box_grows_with_the_score() -> None:
    env = make("disable_cars")
    game = env.unwrapped.ale.game  # type: ignore[attr-defined]
    for score, expected in ((9, (49, 5, 6, 8)), (0x10, (41, 5, 14, 8))):
        ram = env.get_wrapper_attr("ram")
        ram.score = score
        for _ in range(3):  # the game draws one digit per frame anew
            screen = env.step(NOOP)[0]
        agents = next(o for o in game.find_objects(ram, hud=True) if o.category == "Score")
        assert agents[1:5] == expected
        rows, cols = np.nonzero((screen[:14, 30:80] == agents.colour).all(-1))
        assert agents.x <= cols.min() + 30 <= agents.x + 2
        assert (rows.min(), rows.max()) == (5, 12)
        assert cols.max() + 30 < agents.x + agents.w


# --- Standing cars -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("modif", "standing"),
    [
        ("stop_top_2", [8, 9]),
        ("stop_bottom_2", [0, 1]),
        ("stop_top_4", [6, 7, 8, 9]),
        ("stop_bottom_4", [0, 1, 2, 3]),
    ],
)
def test_stopped_lanes_stay_at_the_edge(modif: str, standing: list[int]) -> None:
    env = make(modif)
    moved = drive(env, 200).sum(axis=0)
    expected = unmodified_drive()[:200].sum(axis=0)
    expected[standing] = 0
    assert moved.tolist() == expected.tolist()
    lanes = {(171 - y) // 16: x for x, y, _, _ in boxes(env, "Car")}
    assert all(lanes[lane] >= 156 for lane in standing)


@pytest.mark.parametrize(
    ("modif", "bottom_x", "top_x"), [("stop_all_cars_tunnel", 32, 52), ("stop_all_cars_edge", 12, 147)]
)
def test_standing_cars_form_two_walls_and_let_the_chicken_pass(modif: str, bottom_x: int, top_x: int) -> None:
    env = make(modif)
    screens = [env.step(NOOP)[0] for _ in range(60)]
    assert np.array_equal(screens[30], screens[59])
    assert [x for x, *_ in boxes(env, "Car")] == [top_x] * 5 + [bottom_x] * 5
    way = screens[59][24:182, 44:50].reshape(-1, 3)
    assert not any((way == BLACK).all(-1))  # no wheels
    assert points(modif) == 10 > points()


def test_disable_cars_empties_the_road() -> None:
    env = make("disable_cars")
    for _ in range(30):
        screen = env.step(NOOP)[0]
    assert boxes(env, "Car") == []
    road = {tuple(map(int, pixel)) for pixel in screen[27:182, 8:].reshape(-1, 3)}
    assert road == {ROAD, (214, 214, 214), CHICKEN}  # the lines are grey, those at the centre yellow


def test_chicken_scores_41_without_cars() -> None:
    assert points("disable_cars", frames=8192) == 41


def test_stop_random_car_stops_one_car_after_another() -> None:
    moves = drive(make("stop_random_car"), 2000) > 0
    stands = []  # (first frame, length, lane)
    for lane in range(10):
        frames = np.flatnonzero(moves[:, lane])
        stands += [(int(t), int(gap), lane) for t, gap in zip(frames, np.diff(frames), strict=False) if gap > 10]
    stands.sort()
    lanes = [lane for _, _, lane in stands]
    assert len(stands) > 15
    assert len(set(lanes)) > 5
    assert all(first != second for first, second in pairwise(lanes))
    assert all(30 <= length <= 120 + 5 for _, length, _ in stands)
    assert len({length for _, length, _ in stands}) > 10
    assert all(a + length <= b + 5 for (a, length, _), (b, _, _) in pairwise(stands))


def test_stop_random_car_does_not_change_the_speed_of_the_other_cars() -> None:
    moves = drive(make("stop_random_car"), 2000) > 0
    for lane, period in enumerate(NORMAL_PERIODS):
        gaps = np.diff(np.flatnonzero(moves[:, lane]))
        assert np.median(gaps) == period


def test_stop_nearest_5_stops_the_half_with_the_chicken() -> None:
    env = make("stop_nearest_5")
    ram = env.get_wrapper_attr("ram")
    env.step(NOOP)
    for player_y, drives in ((60, [False] * 5 + [True] * 5), (160, [True] * 5 + [False] * 5)):
        columns = []
        for _ in range(130):
            ram.player_y = player_y
            env.step(NOOP)
            columns.append(list(ram.car_x))
        assert (np.ptp(columns, axis=0) > 0).tolist() == drives


# --- Speed -------------------------------------------------------------------------------------------------------


def test_align_all_cars_moves_all_or_none() -> None:
    env = make("align_all_cars")
    moves = drive(env, 1000)
    assert (moves == moves[:, :1]).all()
    assert 0.55 < moves.mean() < 0.65
    assert [len({x for x, *_ in half}) for half in (boxes(env, "Car")[:5], boxes(env, "Car")[5:])] == [1, 1]


def test_speed_mode_adds_two_pixels_per_frame() -> None:
    faster, normal = drive(make("speed_mode"), 480), unmodified_drive()
    assert (faster.sum(axis=0) - normal.sum(axis=0)).tolist() == [2 * 480] * 10
    assert set(np.unique(faster)) == {2, 3}


def test_speed_mode_stops_the_chicken() -> None:
    assert points("speed_mode") == 0


def test_vary_car_speeds_shuffles_the_normal_speeds() -> None:
    env = make("vary_car_speeds")
    orders = []
    for _ in range(3):
        moves = drive(env, 600)  # longer than the game's frame counter
        gaps = [set(np.diff(np.flatnonzero(lane))) for lane in moves.T]
        assert all(len(gap) == 1 for gap in gaps)
        orders.append(tuple(int(gap.pop()) for gap in gaps))
        env.reset()
    assert len(set(orders)) == 3
    assert all(sorted(order) == sorted(NORMAL_PERIODS) for order in orders)


def test_vary_car_speeds_follows_the_seed() -> None:
    first, same, other = (drive(make("vary_car_speeds", seed=seed), 20) for seed in (1, 1, 2))
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(("modif", "half", "other"), [("bottom", BOTTOM, TOP), ("top", TOP, BOTTOM)])
def test_reverse_car_speed_reverses_one_half(modif: str, half: range, other: range) -> None:
    moved, normal = drive(make(f"reverse_car_speed_{modif}"), 120).sum(axis=0), unmodified_drive()[:120].sum(axis=0)
    assert moved[half].tolist() == pytest.approx(normal[half][::-1].tolist(), abs=1)
    assert moved[other].tolist() == normal[other].tolist()


# --- Colours -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["black", "white", "red", "green", "blue"])
def test_all_cars_have_one_colour(name: str) -> None:
    assert list(body_colours(f"all_{name}_cars", 5)) == [[{COLOURS[name]}] * 10] * 4


def test_invisible_cars_have_the_road_s_colour_but_for_their_wheels() -> None:
    assert list(body_colours("invisible_mode", 5)) == [[set()] * 10] * 4
    env = make("stop_all_cars_edge", "invisible_mode")
    for _ in range(5):
        screen = env.step(NOOP)[0]
    assert all((screen[y, x : x + w] == BLACK).all(-1).any() for x, y, w, _ in boxes(env, "Car"))


def test_invisible_cars_still_hit() -> None:
    assert points("invisible_mode") == points()


def test_strobo_mode_changes_every_car_in_every_frame() -> None:
    series = list(body_colours("strobo_mode", 30))
    changed = [[a != b for a, b in zip(before, after, strict=True)] for before, after in pairwise(series)]
    assert np.mean(changed) > 0.95
    assert np.mean([len(set(map(frozenset, cars))) for cars in series]) > 8


def test_phantom_mode_alternates_every_30_frames() -> None:
    for frame, cars in enumerate(body_colours("phantom_mode", 150), start=1):
        assert cars == [{BLACK} if frame % 60 < 30 else set()] * 10


@pytest.mark.parametrize("modif", ["phantom_mode", "blinking_mode"])
def test_phases_start_anew_with_the_episode(modif: str) -> None:
    env = make(modif)
    ram = env.get_wrapper_attr("ram")
    for frames in (50, 65):  # the first episode ends in the middle of a phase
        colours = []
        for _ in range(frames):
            env.step(NOOP)
            colours.append(tuple(ram.car_colour))
        changes = [frame for frame, (before, after) in enumerate(pairwise(colours), start=1) if before != after]
        assert changes == list(range(30, frames, 30))
        env.reset()


def test_blinking_mode_changes_the_colours_every_30_frames() -> None:
    series = [tuple(map(frozenset, cars)) for cars in body_colours("blinking_mode", 240)]
    changes = [frame for frame, (before, after) in enumerate(pairwise(series), start=2) if before != after]
    assert changes == list(range(30, 240, 30))
    seen = set().union(*(car for cars in series for car in cars))
    assert seen == set(COLOURS.values()) - {ROAD}
    assert any(car == frozenset() for cars in series for car in cars)
