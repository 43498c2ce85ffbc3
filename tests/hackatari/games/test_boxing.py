"""Boxing: every modif does in the ring what its documentation says; the objects are where the picture shows them."""

from __future__ import annotations

from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from variants import make_variant

NOOP, FIRE, UP, RIGHT, LEFT, DOWN = range(6)
RING_ROWS, RING_COLUMNS = slice(36, 177), slice(32, 128)  # between the ropes
COLOURS = {
    "black": (0, 0, 0),
    "white": (214, 214, 214),
    "red": (144, 28, 0),
    "blue": (20, 0, 144),
    "green": (92, 186, 92),
}
UPPER_LEFT, LOWER_RIGHT = (35, 42), (112, 124)  # on the screen

make = partial(make_variant, "Boxing")


def path(env: gym.Env[np.ndarray, Any], frames: int, action: int = NOOP) -> np.ndarray:
    """Play and return the player's place after each frame, int of shape (frames, 2)."""
    ram = env.get_wrapper_attr("ram")
    places = []
    for _ in range(frames):
        env.step(action)
        places.append((ram.player_x, ram.player_y))
    return np.array(places)


def box(env: gym.Env[np.ndarray, Any], category: str) -> tuple[int, int, int, int]:
    game, ram = env.unwrapped.ale.game, env.get_wrapper_attr("ram")  # type: ignore[attr-defined]
    (found,) = [o for o in game.find_objects(ram, hud=True) if o.category == category]
    return found.x, found.y, found.w, found.h


def extent(screen: np.ndarray, colour: tuple[int, ...]) -> tuple[int, int, int, int]:
    """The box around all pixels of a colour in the ring."""
    rows, cols = np.nonzero((screen[RING_ROWS, RING_COLUMNS] == colour).all(-1))
    return (
        int(cols.min()) + RING_COLUMNS.start,
        int(rows.min()) + RING_ROWS.start,
        int(np.ptp(cols)) + 1,
        int(np.ptp(rows)) + 1,
    )


def has_colour(screen: np.ndarray, area: tuple[int, int, int, int], colour: tuple[int, ...]) -> bool:
    x, y, w, h = area
    return bool((screen[y : y + h, x : x + w] == colour).all(-1).any())


# --- Objects -----------------------------------------------------------------------------------------------------


def test_boxers_are_in_their_boxes() -> None:
    env = make()
    rng = np.random.default_rng(0)
    for frame in range(600):
        if frame % 8 == 0:
            action = int(rng.integers(18))
        screen = env.step(action)[0]
        assert [o.category for o in env.get_wrapper_attr("objects")] == ["Player", "Enemy"]
        for o in env.get_wrapper_attr("objects"):
            assert has_colour(screen, o[1:5], o.colour)


@pytest.mark.parametrize(("player_x", "enemy_x"), [(40, 90), (90, 40), (60, 61), (61, 60)])
def test_boxes_of_resting_boxers_are_exact_whichever_way_they_face(player_x: int, enemy_x: int) -> None:
    env = make()
    ram = env.get_wrapper_attr("ram")
    for player_y, enemy_y in ((5, 80), (80, 5), (20, 70)):
        for _ in range(20):
            ram.enemy_left_arm_state = ram.enemy_right_arm_state = 128  # it does not punch
            ram.player_x, ram.player_y, ram.enemy_x, ram.enemy_y = player_x, player_y, enemy_x, enemy_y
            screen = env.step(NOOP)[0]
        assert extent(screen, COLOURS["white"]) == box(env, "Player")
        assert extent(screen, COLOURS["black"]) == box(env, "Enemy")


def test_score_and_clock_boxes() -> None:
    env = make()
    ram = env.get_wrapper_attr("ram")
    for points, wider in ((9, 0), (0x28, 8)):
        ram.player_score = ram.enemy_score = points
        for _ in range(3):
            screen = env.step(NOOP)[0]
        boxes = {
            "PlayerScore": (47 - wider, 5, 6 + wider, 7),
            "EnemyScore": (111 - wider, 5, 6 + wider, 7),
            "Clock": (63, 17, 30, 7),
        }
        for category, colour in (("PlayerScore", "white"), ("EnemyScore", "black")):
            assert box(env, category) == boxes[category]
            rows, cols = np.nonzero((screen[:14, 8:] == COLOURS[colour]).all(-1))
            assert (cols.min() + 8, rows.min(), np.ptp(cols) + 1, np.ptp(rows) + 1) == boxes[category]
        assert box(env, "Clock") == boxes["Clock"]
        rows, cols = np.nonzero((screen[14:25, 8:] == (20, 60, 0)).all(-1))
        assert (cols.min() + 8, rows.min() + 14, np.ptp(cols) + 1, np.ptp(rows) + 1) == boxes["Clock"]


# --- Arms and legs -----------------------------------------------------------------------------------------------


def gloves_used(env: gym.Env[np.ndarray, Any]) -> tuple[bool, bool]:
    """Whether the player punches with its upper glove when below the opponent, with its lower glove when above."""
    ram = env.get_wrapper_attr("ram")
    env.step(NOOP)
    reach = {60: 0, 20: 0}
    for player_y, enemy_y in ((60, 20), (20, 60)):
        for frame in range(40):
            ram.player_x, ram.player_y, ram.enemy_x, ram.enemy_y = 40, player_y, 100, enemy_y
            screen = env.step(FIRE if frame % 20 < 10 else NOOP)[0]
            x, y, w, h = box(env, "Player")
            half = slice(y, y + h // 2) if player_y > enemy_y else slice(y + h // 2, y + h)
            beyond = (screen[half, x + w : x + w + 20] == COLOURS["white"]).all(-1)
            reach[player_y] = max(reach[player_y], int(beyond.any(0).sum()))
    return reach[60] > 4, reach[20] > 4


def test_one_armed_player_only_punches_with_the_lower_right_arm() -> None:
    assert gloves_used(make("one_armed")) == (False, True)
    assert gloves_used(make()) == (True, True)


def test_gravity_pulls_the_player_to_the_lower_rope() -> None:
    heights = path(make("gravity"), 400)[:, 1]
    assert heights[30] - heights[0] == 10  # a pixel every 3 frames
    assert heights[-1] == 87
    assert path(make(), 400)[:, 1].max() < 60


def test_gravity_does_not_pull_a_player_down_that_goes_up() -> None:
    assert path(make("gravity"), 100, UP)[:, 1].max() <= 5


@pytest.mark.parametrize(
    ("modif", "direction", "against"),
    [("offensive", (1, 0), LEFT), ("antigravity", (0, -1), DOWN), ("defensive", (-1, 0), RIGHT), ("down", (0, 1), UP)],
)
def test_pushes_move_the_player_by_a_pixel_per_frame(modif: str, direction: tuple[int, int], against: int) -> None:
    for action, pixels in ((NOOP, 15), (against, 1)):
        env = make(modif)
        ram = env.get_wrapper_attr("ram")
        env.step(NOOP)
        ram.player_x, ram.player_y = 60, 40
        assert path(env, 15, action)[-1].tolist() == [60 + pixels * direction[0], 40 + pixels * direction[1]]


def test_offensive_stops_at_the_opponent() -> None:
    env = make("offensive")
    gaps = []
    for _ in range(200):
        env.step(NOOP)
        gaps.append(env.get_wrapper_attr("ram").enemy_x - env.get_wrapper_attr("ram").player_x)
    assert min(gaps) == 14


def test_drunken_player_staggers_in_all_directions() -> None:
    env = make("drunken_boxing")
    ram = env.get_wrapper_attr("ram")
    env.step(NOOP)
    ram.player_x, ram.player_y, ram.enemy_x, ram.enemy_y = 60, 40, 109, 87
    steps = [tuple(step) for step in np.diff(path(env, 25), axis=0).tolist()]
    assert set(steps) == {(1, 0), (0, -1), (-1, 0), (0, 1)}


def test_drunken_steps_are_a_circle_half_of_the_time() -> None:
    env = make("drunken_boxing")
    ram = env.get_wrapper_attr("ram")
    env.step(NOOP)
    directions = []
    for _ in range(2000):
        ram.player_x, ram.player_y, ram.enemy_x, ram.enemy_y = 60, 40, 109, 87
        env.step(NOOP)
        directions.append([(61, 40), (60, 39), (59, 40), (60, 41)].index((ram.player_x, ram.player_y)))
    counts = np.bincount(directions)
    assert counts.min() > 400
    next_in_circle = (np.diff(directions) % 4 == 1).mean()
    assert 0.38 < next_in_circle < 0.55  # 1/4 by chance


def test_drunken_boxing_starts_anew_in_every_episode() -> None:
    env = make("drunken_boxing", seed=3)
    first = path(env, 41)
    env.reset(seed=3)
    assert np.array_equal(path(env, 41), first)
    env.reset()
    assert not np.array_equal(path(env, 41), first)


# --- The start ---------------------------------------------------------------------------------------------------


def test_switch_positions_swaps_the_corners() -> None:
    places = {}
    for modifs in (["switch_positions"], []):
        env = make(*modifs)
        ram = env.get_wrapper_attr("ram")
        for _ in range(2):
            env.step(NOOP)
        places[len(modifs)] = (ram.player_x, ram.player_y), (ram.enemy_x, ram.enemy_y)
    player, enemy = places[0]
    # The rule puts the player four pixels off the exact corner.
    assert places[1] == (pytest.approx(enemy, abs=4), pytest.approx(player, abs=4))


def test_switched_boxers_are_seen_in_their_corners_and_fight_on() -> None:
    env = make("switch_positions")
    for _ in range(3):
        screen = env.step(NOOP)[0]
    assert extent(screen, COLOURS["black"])[:2] == pytest.approx(UPPER_LEFT, abs=3)
    assert extent(screen, COLOURS["white"])[:2] == pytest.approx(LOWER_RIGHT, abs=4)
    for _ in range(60):
        screen = env.step(UP)[0]
    assert extent(screen, COLOURS["black"])[0] > UPPER_LEFT[0] + 20
    assert extent(screen, COLOURS["white"])[1] < LOWER_RIGHT[1] - 20


# --- Colours -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COLOURS)
@pytest.mark.parametrize(
    ("boxer", "category", "default", "other"),
    [("player", "Player", "white", "black"), ("enemy", "Enemy", "black", "white")],
)
def test_boxer_and_points_have_the_colour(name: str, boxer: str, category: str, default: str, other: str) -> None:
    env = make(f"color_{boxer}_{name}")
    for _ in range(5):
        screen = env.step(NOOP)[0]
    for area in (box(env, category), box(env, f"{category}Score")):
        assert has_colour(screen, area, COLOURS[name])
        assert has_colour(screen, area, COLOURS[default]) == (name == default)
    opponent = "Enemy" if category == "Player" else "Player"
    assert has_colour(screen, box(env, opponent), COLOURS[other])


def test_classic_colors_are_red_against_blue() -> None:
    env = make("classic_colors")
    for _ in range(5):
        screen = env.step(NOOP)[0]
    assert extent(screen, COLOURS["red"]) == box(env, "Player")
    assert extent(screen, COLOURS["blue"]) == box(env, "Enemy")
    ring = {tuple(map(int, pixel)) for pixel in screen[RING_ROWS, RING_COLUMNS].reshape(-1, 3)}
    assert not ring & {COLOURS["white"], COLOURS["black"]}
