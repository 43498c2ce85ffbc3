"""Ms. Pac-Man: every modif does in the game what its documentation says."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from variants import Env, boxes, make_variant, play, shows

from hackatari.game import GameObject

NOOP, RIGHT, LEFT = 0, 2, 3
START = 266  # frames until play
PLAY = 255
GHOSTS = {"orange": (180, 122, 48), "cyan": (84, 184, 153), "pink": (198, 89, 179), "red": (200, 72, 72)}
BLUE, PINK, CHERRY, YELLOW = (66, 114, 194), (228, 111, 111), (184, 50, 50), (195, 144, 61)
MAZE_DOTS = (154, 150, 158, 154)
PEN = (64, 63, 32, 30)  # x, y, width and height of the pen's inside

Cell = tuple[int, int]

make = partial(make_variant, "MsPacman")


def play_until(env: Env, condition: Callable[[], bool], limit: int = 600) -> float:
    """Wait until a condition holds and return the rewards."""
    rewards = 0.0
    for _ in range(limit):
        rewards += float(env.step(NOOP)[1])
        if condition():
            return rewards
    raise AssertionError(f"The condition did not hold within {limit} frames.")


def play_until_reward(env: Env, limit: int = 12) -> float:
    rewards = (float(env.step(NOOP)[1]) for _ in range(limit))
    return next((reward for reward in rewards if reward), 0.0)


def ghosts(env: Env) -> list[GameObject]:
    return [o for o in env.get_wrapper_attr("objects") if o.category == "Ghost"]


def ghost_places(env: Env, frames: int) -> dict[str, set[tuple[int, int]]]:
    """Where each ghost is over some frames."""
    places: dict[str, set[tuple[int, int]]] = {name: set() for name in GHOSTS}
    for _ in range(frames):
        env.step(NOOP)
        for seen, (x, y, _, _) in zip(places.values(), boxes(env, "Ghost"), strict=True):
            seen.add((x, y))
    return places


def in_pen(places: set[tuple[int, int]]) -> bool:
    x, y, w, h = PEN
    return all(x <= column <= x + w - 8 and y <= row <= y + h - 10 for column, row in places)


def visit(env: Env, x: int, y: int) -> float:
    """Put Ms. Pac-Man on a dot and return what it is worth."""
    ram = env.get_wrapper_attr("ram")
    ram.player_x, ram.player_y = x + 12, y - 5
    reward = play_until_reward(env)
    play(env, 2)  # the next dot of maze_man appears
    return reward


# --- Objects -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("maze", range(4))
def test_pills_are_all_dots_of_the_picture(maze: int) -> None:
    env = make(f"set_level_{maze}")
    picture = play(env, 5)
    pills, power_pills = boxes(env, "Pill"), boxes(env, "PowerPill")
    assert (len(pills), len(power_pills)) == (MAZE_DOTS[maze] - 4, 2)
    for x, y, w, h in pills + power_pills:
        around = picture[y - 2 : y + h + 2, x : x + w]
        covered = y in (79, 103) and 68 <= x <= 84
        assert covered or (around[2:-2] == PINK).all()
        assert not (around[[0, -1]] == PINK).all()


def test_fruit_is_where_the_picture_shows_it() -> None:
    env = make()
    ram = env.get_wrapper_attr("ram")
    play(env, START)
    ram.fruit_x, ram.fruit_y = 100, 98
    seen = 0
    for _ in range(20):
        picture = play(env, 1)[:171]
        ((x, y, w, h),) = boxes(env, "Fruit")
        rows, columns = (picture == CHERRY).all(-1).nonzero()
        seen += len(rows) > 0
        assert all((x - 2 <= columns) & (columns < x + w + 2) & (y - 2 <= rows) & (rows < y + h + 2))
    assert seen > 5


def test_edible_ghosts_are_blue_in_the_object_list() -> None:
    env = make("caged_ghosts")
    play(env, START)
    assert {o.colour for o in ghosts(env)} == set(GHOSTS.values())
    assert visit(env, 8, 151) == 50
    play(env, 2)
    assert {o.colour for o in ghosts(env)} == {BLUE}


# --- Ghosts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GHOSTS)
def test_disabled_ghost_stays_in_the_pen(name: str) -> None:
    env, unmodified = make(f"disable_{name}"), make()
    play(env, START)
    play(unmodified, START)
    places = ghost_places(env, 160)
    assert in_pen(places[name])
    assert np.ptp(list(places[name]), axis=0).max() <= 2
    moved = [other for other in GHOSTS if not in_pen(places[other])]
    assert name not in moved
    assert len(moved) >= 1
    assert not in_pen(ghost_places(unmodified, 400)[name])


@pytest.mark.parametrize("modif", ["caged_ghosts", "static_ghosts"])
def test_caged_ghosts_catch_nobody(modif: str) -> None:
    env = make(modif)
    play(env, START)
    ram = env.get_wrapper_attr("ram")
    for _ in range(4):
        assert all(map(in_pen, ghost_places(env, 20).values()))
        play(env, 400)
    assert ram.lives_and_fruit == 2


def test_an_idle_player_is_caught_by_free_ghosts() -> None:
    env = make()
    ram = env.get_wrapper_attr("ram")
    play_until(env, lambda: ram.lives_and_fruit < 2, 1800)
    assert ram.lives_and_fruit < 2


def test_edible_ghosts_are_blue() -> None:
    env, unmodified = make("edible_ghosts"), make()
    seen = 0
    for _ in range(40):
        picture = play(env, 9)[:171]
        assert not any(shows(picture, colour) for colour in GHOSTS.values())
        assert not shows(play(unmodified, 9), BLUE)
        seen += shows(picture, BLUE)
    assert seen > 30


def test_edible_ghosts_are_eaten_again_and_again() -> None:
    env = make("edible_ghosts")
    ram = env.get_wrapper_attr("ram")
    play(env, START)
    for _ in range(6):
        play_until(env, lambda: ram.phase == PLAY and any(o.colour == BLUE and o.y == 51 for o in ghosts(env)), 1500)
        hunted = next(o for o in ghosts(env) if o.colour == BLUE and o.y == 51)
        ram.player_x, ram.player_y = hunted.x + 12, hunted.y - 1
        assert play_until(env, lambda: ram.phase != PLAY, 30) in (200, 210)
        assert ram.lives_and_fruit == 2


# --- Mazes -------------------------------------------------------------------------------------------------------


def walls(picture: np.ndarray) -> np.ndarray:
    """The cells of 4 by 12 pixels that are wall all over, bool."""
    return (picture[2:170] == picture[1, 4]).all(-1).reshape(14, 12, 40, 4).all((1, 3))


def test_mazes_differ() -> None:
    pictures = [walls(play(make(f"set_level_{maze}"), 5)) for maze in range(4)]
    assert len({picture.tobytes() for picture in pictures}) == 4
    assert np.array_equal(pictures[0], walls(play(make(), 5)))


@pytest.mark.parametrize("maze", range(4))
def test_set_level_keeps_the_maze(maze: int) -> None:
    env = make(f"set_level_{maze}", "caged_ghosts")
    ram = env.get_wrapper_attr("ram")
    first = walls(play(env, START))
    for _ in range(2):
        level = ram.lives_and_fruit >> 4
        ram.dots_eaten = MAZE_DOTS[maze] - 1
        assert visit(env, *boxes(env, "Pill")[0][:2]) == 10
        play_until(env, lambda: ram.phase == PLAY, 800)
        assert ram.lives_and_fruit >> 4 == level + 1
        assert np.array_equal(walls(play(env, 1)), first)


def cells(pills: list[tuple[int, int, int, int]]) -> set[Cell]:
    """Rows and columns of dots."""
    return {((y - 7) // 12, x // 8 if x < 80 else (x - 84) // 8 + 9) for x, y, _, _ in pills}


def is_connected(found: set[Cell]) -> bool:
    reached, edge = set(), {next(iter(found))}
    while edge:
        reached |= edge
        edge = {(r + dr, c + dc) for r, c in edge for dr, dc in ((0, 1), (0, -1), (1, 0), (-1, 0))} & found - reached
    return reached == found


def test_end_game_leaves_one_cluster_of_15_dots() -> None:
    clusters = []
    for seed in range(4):
        env = make("end_game", seed=seed)
        play(env, 5)
        pills = boxes(env, "Pill")
        assert len(pills) == 15
        assert not boxes(env, "PowerPill")
        assert is_connected(cells(pills))
        clusters.append(tuple(pills))
    assert len(set(clusters)) == 4


def test_end_game_level_is_won_by_15_dots_and_the_next_is_short_too() -> None:
    env = make("end_game", "caged_ghosts")
    ram = env.get_wrapper_attr("ram")
    play_until(env, lambda: ram.phase == PLAY)
    for eaten in range(1, 16):
        assert ram.phase == PLAY
        assert visit(env, *boxes(env, "Pill")[0][:2]) == 10
        assert len(boxes(env, "Pill")) == 15 - eaten
    assert 55 <= ram.phase <= 71
    play_until(env, lambda: ram.phase == PLAY, 800)
    assert len(boxes(env, "Pill")) == 15


# --- Maze man ----------------------------------------------------------------------------------------------------


def timer_width(picture: np.ndarray) -> int:
    """Columns of the bar that shows the time left."""
    return int((picture[201] == YELLOW).all(-1).sum())


def test_maze_man_shows_one_dot_and_no_ghosts() -> None:
    env = make("maze_man")
    ram = env.get_wrapper_attr("ram")
    play_until(env, lambda: ram.phase == PLAY)
    places = set()
    for _ in range(6):
        picture = play(env, 1)
        assert not any(shows(picture[:171], colour) for colour in GHOSTS.values())
        assert not boxes(env, "Ghost")
        ((x, y, w, h),) = boxes(env, "Pill")
        assert (picture[y : y + h, x : x + w] == PINK).all()
        places.add((x, y))
        assert visit(env, x, y) == 10
    assert len(places) > 3


def test_maze_man_time_runs_down_and_dots_add_to_it() -> None:
    env = make("maze_man")
    ram = env.get_wrapper_attr("ram")
    play_until(env, lambda: ram.phase == PLAY)
    full = timer_width(play(env, 2))
    assert full >= 119
    assert timer_width(play(env, 600)) == pytest.approx(full - 60, abs=1)
    assert visit(env, *boxes(env, "Pill")[0][:2]) == 10
    assert timer_width(play(env, 2)) == pytest.approx(full - 60 + 36, abs=1)


def test_maze_man_ends_when_the_time_is_over_for_the_third_time() -> None:
    env = make("maze_man")
    rewards, terminated, frames, lives = 0.0, False, 0, [3]
    while not terminated:
        _, reward, terminated, _, info = env.step(NOOP)
        rewards, frames = rewards + float(reward), frames + 1
        if info["lives"] != lives[-1]:
            lives.append(info["lives"])
    assert lives == [3, 2, 1, 0]
    assert rewards <= 30  # dots that appear where Ms. Pac-Man stands
    assert 4000 < frames < 5500


def test_maze_man_20_dots_win_the_level_and_give_a_life() -> None:
    env = make("maze_man")
    ram = env.get_wrapper_attr("ram")
    play_until(env, lambda: ram.phase == PLAY)
    ram.lives_and_fruit = 1
    eaten = 0
    while ram.phase == PLAY:
        if boxes(env, "Pill"):
            ram.player_x, ram.player_y = boxes(env, "Pill")[0][0] + 12, boxes(env, "Pill")[0][1] - 5
        eaten += float(env.step(NOOP)[1]) > 0
    assert eaten == 20
    assert 55 <= ram.phase <= 71
    play_until(env, lambda: ram.phase == PLAY, 800)
    assert ram.lives_and_fruit % 4 == 2
    assert ram.lives_and_fruit >> 4 == 1
    play(env, 2)
    assert len(boxes(env, "Pill")) == 1
    assert ram.dots_eaten == 134
