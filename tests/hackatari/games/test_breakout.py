"""Breakout: every modif does in the game what its documentation says; the objects are where the picture shows them."""

from __future__ import annotations

from functools import cache, partial
from itertools import pairwise
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from variants import boxes, inside, make_variant, shows

import hackatari  # registers the envs

NOOP, FIRE, RIGHT, LEFT = 0, 1, 2, 3

BLACK, GREY, RED = (0, 0, 0), (142, 142, 142), (200, 72, 72)
COLOURS = {"black": BLACK, "white": (214, 214, 214), "red": (144, 28, 0), "blue": (20, 0, 144), "green": (92, 186, 92)}
# From the top row to the bottom row.
BRICK_COLOURS = [RED, (198, 108, 58), (180, 122, 48), (162, 162, 42), (72, 160, 72), (66, 72, 200)]

# Rows and columns of the picture.
BRICKS = np.s_[57:93, 8:152]
BETWEEN_BRICKS_AND_PADDLE = np.s_[93:189, 8:152]
RIGHT_WALL_END = np.s_[189:195, 152:160]
SIDE_WALLS = np.s_[32:187, [*range(8), *range(152, 160)]]

make = partial(make_variant, "Breakout")


def is_all(picture: np.ndarray, colour: tuple[int, int, int]) -> bool:
    """Whether every pixel has this colour."""
    return bool((picture == colour).all())


@cache
def flight(*modifs: str) -> np.ndarray:
    """Launch the ball and return the column and row in which it is seen, int of shape (58 frames, 2)."""
    env = make(*modifs)
    positions = []
    for _ in range(58):
        picture = env.step(FIRE)[0][BETWEEN_BRICKS_AND_PADDLE]
        rows, columns = (picture == RED).all(-1).nonzero()
        positions.append((columns.min() + 8, rows.min() + 93))
    return np.array(positions)


def follow_ball(env: gym.Env[np.ndarray, Any]) -> int:
    """The action that keeps the paddle under the ball, and launches the next one."""
    ball = boxes(env, "Ball")
    if not ball:
        return FIRE
    distance = ball[0][0] - (boxes(env, "Player")[0][0] + 7)
    return RIGHT if distance > 2 else LEFT if distance < -2 else NOOP


# --- The ball's motion -------------------------------------------------------------------------------------------

# In pixels, by frame; the push in frame 0 comes before the ball is launched. Gravity ends near the paddle.
PUSHES = 2 * (np.arange(58) // 10)
RIGHTWARDS = np.outer(PUSHES, (1, 0))
DOWNWARDS = np.outer(np.minimum(PUSHES, 8), (0, 1))
EXPECTED_PUSHES = {
    "right_drift": RIGHTWARDS,
    "left_drift": -RIGHTWARDS,
    "gravity": DOWNWARDS,
    "inverse_gravity": np.outer(PUSHES, (0, -1)),
    "right_drift gravity": RIGHTWARDS + DOWNWARDS,
    "gravity right_drift": RIGHTWARDS + DOWNWARDS,
}


@pytest.mark.parametrize("modifs", EXPECTED_PUSHES)
def test_ball_is_pushed_by_2_pixels_every_10_frames(modifs: str) -> None:
    np.testing.assert_array_equal(flight(*modifs.split()) - flight(), EXPECTED_PUSHES[modifs])


@pytest.mark.parametrize("modif", ["right_drift", "left_drift", "gravity", "inverse_gravity"])
def test_pushed_ball_stays_in_the_field(modif: str) -> None:
    env = make(modif)
    frames = bounces = 0
    for _ in range(600):
        frame_before = boxes(env, "Ball")
        env.step(follow_ball(env))
        for x, y, _, _ in boxes(env, "Ball"):
            frames += 1
            bounces += bool(frame_before) and frame_before[0][1] > y
            assert y >= 189 or 6 <= x <= 152  # where it bounces off a wall, the ball is a little inside it
    assert frames > 500
    assert bounces > 50


# --- Colours -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COLOURS)
def test_colour_of_player_and_ball(name: str) -> None:
    env = make(f"color_player_and_ball_{name}")
    for _ in range(30):
        picture = env.step(FIRE)[0]
        assert is_all(inside(picture, boxes(env, "Player")[0]), COLOURS[name])
        assert is_all(inside(picture, boxes(env, "Ball")[0]), COLOURS[name])
        assert is_all(picture[RIGHT_WALL_END], COLOURS[name])
        assert not shows(picture[93:], RED)
        assert is_all(picture[SIDE_WALLS], GREY)
        for row, colour in enumerate(BRICK_COLOURS):
            assert is_all(picture[57 + 6 * row : 63 + 6 * row, 8:152], colour)


@pytest.mark.parametrize("name", COLOURS)
def test_colour_of_all_blocks(name: str) -> None:
    env = make(f"color_all_blocks_{name}")
    for _ in range(30):
        picture = env.step(FIRE)[0]
        assert is_all(picture[BRICKS], COLOURS[name])
        assert is_all(picture[SIDE_WALLS], GREY)
        assert is_all(inside(picture, boxes(env, "Player")[0]), RED)
        assert is_all(inside(picture, boxes(env, "Ball")[0]), RED)


def test_black_blocks_still_give_points() -> None:
    env = make("color_all_blocks_black")
    points = sum(float(env.step(follow_ball(env))[1]) for _ in range(400))
    assert points > 0
    assert len(boxes(env, "Block")) < 108


def row_colours(picture: np.ndarray) -> list[tuple[int, ...]]:
    """The colours of the six rows of bricks, all of which are there."""
    rows = [picture[57 + 6 * row : 63 + 6 * row, 8:152] for row in range(6)]
    for row in rows:
        assert is_all(row, row[0, 0])
    return [tuple(row[0, 0].tolist()) for row in rows]


def paddle_colour(env: gym.Env[np.ndarray, Any], picture: np.ndarray) -> tuple[int, ...]:
    paddle = inside(picture, boxes(env, "Player")[0])
    assert is_all(paddle, paddle[0, 0])
    return tuple(paddle[0, 0].tolist())


@pytest.mark.parametrize(("modif", "black"), [("strobo_mode_blocks", True), ("strobo_mode_blocks_no_black", False)])
def test_strobo_mode_of_blocks(modif: str, black: bool) -> None:
    env = make(modif)
    frames = []
    for _ in range(400):
        picture = env.step(NOOP)[0]
        frames.append(row_colours(picture))
        assert paddle_colour(env, picture) == RED
    assert sum(len(set(colours)) > 1 for colours in frames) > 395
    for row in zip(*frames, strict=True):
        assert len(set(row)) > 100  # of the 128 colours of the console
        assert sum(a != b for a, b in pairwise(row)) > 380
    assert any(BLACK in colours for colours in frames) == black


@pytest.mark.parametrize(
    ("modif", "black"), [("strobo_mode_player_and_ball", True), ("strobo_mode_player_and_ball_no_black", False)]
)
def test_strobo_mode_of_player_and_ball(modif: str, black: bool) -> None:
    env = make(modif)
    colours = []
    for frame in range(1200):
        picture = env.step(FIRE)[0]
        colours.append(paddle_colour(env, picture))
        if frame < 30:
            assert is_all(inside(picture, boxes(env, "Ball")[0]), colours[-1])
            assert row_colours(picture) == BRICK_COLOURS
    assert len(set(colours)) > 120
    assert (BLACK in colours) == black


def test_player_and_ball_colour_of_the_episode() -> None:
    env = make("sample_new_player_and_ball_color")
    episodes = []
    for _ in range(30):
        env.reset()
        pictures = [env.step(FIRE)[0] for _ in range(10)]
        colours = {paddle_colour(env, picture) for picture in pictures}
        assert len(colours) == 1
        assert is_all(inside(pictures[-1], boxes(env, "Ball")[0]), min(colours))
        episodes += colours
    assert set(episodes) == set(BRICK_COLOURS)


def test_brick_colours_of_the_episode() -> None:
    env = make("sample_new_brick_colors")
    episodes = []
    for _ in range(30):
        env.reset()
        first, *later = [row_colours(env.step(NOOP)[0]) for _ in range(10)]
        assert sorted(first) == sorted(BRICK_COLOURS)
        assert all(colours == first for colours in later)
        episodes.append(first)
    assert len(set(map(tuple, episodes))) > 25
    assert all(len(set(row)) > 3 for row in zip(*episodes, strict=True))


def test_both_samplings_work_together() -> None:
    env = make("sample_new_player_and_ball_color", "sample_new_brick_colors")
    paddles, bricks = set(), set()
    for _ in range(15):
        env.reset()
        picture = env.step(NOOP)[0]
        paddles.add(paddle_colour(env, picture))
        bricks.add(tuple(row_colours(picture)))
    assert len(paddles) > 3
    assert paddles <= set(BRICK_COLOURS)
    assert len(bricks) > 10


# --- Objects -----------------------------------------------------------------------------------------------------


def test_objects_are_where_the_picture_shows_them() -> None:
    env = make(seed=1)
    rng = np.random.default_rng(1)
    action, picture = NOOP, np.empty(0)
    ball = []
    for frame in range(800):
        if frame % 8 == 0:
            action = int(rng.integers(4))
        picture = env.step(action if boxes(env, "Ball") else FIRE)[0]
        x, _, w, h = boxes(env, "Player")[0]
        assert is_all(inside(picture, boxes(env, "Player")[0]), RED)
        if all(y < 180 for _, y, _, _ in boxes(env, "Ball")):
            columns_between_walls = min(x + w, 152) - x
            assert (picture[189:193, 8:152] == RED).all(-1).sum() == columns_between_walls * h
        for box in boxes(env, "Ball"):
            if box[1] > 93:  # among the bricks the ball has their colours
                ball.append(shows(inside(picture, box), RED))
    assert len(ball) > 400
    assert np.mean(ball) > 0.95


def test_ball_box_fits_exactly() -> None:
    env = make()
    for _ in range(58):
        picture = env.step(FIRE)[0][BETWEEN_BRICKS_AND_PADDLE]
        rows, columns = (picture == RED).all(-1).nonzero()
        seen = (columns.min() + 8, rows.min() + 93, np.ptp(columns) + 1, np.ptp(rows) + 1)
        assert boxes(env, "Ball") == [seen]


def test_blocks_are_the_bricks_of_the_picture() -> None:
    env = make()
    picture, hits = np.empty(0), 0
    while hits < 12 or boxes(env, "Ball")[0][1] < 100:  # among the bricks the ball would hide some
        picture, reward, *_ = env.step(follow_ball(env))
        hits += float(reward) > 0
    blocks = boxes(env, "Block")
    assert len(blocks) == 108 - hits
    for row, colour in enumerate(BRICK_COLOURS):
        for column in range(18):
            box = (8 + 8 * column, 57 + 6 * row, 8, 6)
            assert is_all(inside(picture, box), colour if box in blocks else BLACK)


def test_score_display() -> None:
    env = make()
    game = hackatari.GAMES["breakout"]
    for _ in range(300):
        picture = env.step(follow_ball(env))[0]
    display = [o for o in game.find_objects(env.get_wrapper_attr("ram"), hud=True) if game.objects[o.category].hud]
    assert [o.category for o in display] == ["PlayerScore", "Live", "PlayerNumber"]
    outside = picture[:17].copy()
    for _, x, y, w, h, _ in display:
        assert shows(inside(picture, (x, y, w, h)), GREY)
        outside[y : y + h, x : x + w] = BLACK
    assert is_all(outside, BLACK)
