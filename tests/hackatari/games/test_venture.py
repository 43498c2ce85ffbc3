"""Venture: every modif gives the monsters the colours that its documentation says, in the hall and in the rooms."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import hackatari  # noqa: F401  # registers the envs

NOOP, UP, RIGHT, LEFT = 0, 2, 3, 4
COLOURS = {
    "black": (0, 0, 0),
    "white": (214, 214, 214),
    "red": (144, 28, 0),
    "blue": (20, 0, 144),
    "green": (92, 186, 92),
}
HALL_GREEN, SKELETON_GREY, PLAYER_RED = (82, 126, 45), (111, 111, 111), (167, 26, 26)
# Where a room's door is, as columns and rows of the picture in the hall, and how to go in.
DOORS = {0: (150, 122, LEFT), 1: (68, 148, LEFT), 2: (150, 46, LEFT), 3: (12, 60, RIGHT)}

Env = gym.Env[np.ndarray, Any]


def make(*modifs: str, seed: int = 0) -> Env:
    env = gym.make("HackAtari/Venture-v0", modifs=list(modifs), frameskip=1, repeat_action_probability=0.0)
    env.reset(seed=seed)
    for _ in range(5):
        env.step(NOOP)
    return env


def enter(env: Env, room: int) -> None:
    """Put the player before a room's door and walk in."""
    ram = env.get_wrapper_attr("ram")
    for _ in range(30):
        env.step(NOOP)
    x, y, action = DOORS[room]
    ram.player_x, ram.player_y = x + 1, (y - 25) // 2
    for _ in range(110):
        env.step(action)
        if ram.room == room:
            break
    for _ in range(4):
        env.step(NOOP)
    assert ram.room == room


def colours_of(env: Env, category: str) -> set[tuple[int, ...]]:
    """The colours of the objects of a category over some frames, as they are drawn in turns."""
    seen: set[tuple[int, ...]] = set()
    for _ in range(8):
        picture = env.step(NOOP)[0]
        for o in env.get_wrapper_attr("objects"):
            if o.category == category:
                box = picture[o.y : o.y + o.h, o.x : o.x + o.w]
                seen |= {tuple(map(int, pixel)) for pixel in box.reshape(-1, 3)}
    return seen - {(0, 0, 0)}


@pytest.mark.parametrize("name", COLOURS)
def test_monsters_of_the_hall_have_the_colour(name: str) -> None:
    assert HALL_GREEN in colours_of(make(), "HallMonster")
    seen = colours_of(make(f"enemy_color_{name}"), "HallMonster")
    assert HALL_GREEN not in seen
    assert (COLOURS[name] in seen) == (name != "black")


@pytest.mark.parametrize("name", COLOURS)
def test_monsters_of_a_room_have_the_colour_and_the_player_has_its_own(name: str) -> None:
    env = make(f"enemy_color_{name}")
    enter(env, 0)
    assert colours_of(env, "Skeleton") == ({COLOURS[name]} if name != "black" else set())
    assert colours_of(env, "Player") == {PLAYER_RED}


def test_random_enemy_colors_change_with_the_room_only() -> None:
    env = make("random_enemy_colors")
    ram = env.get_wrapper_attr("ram")
    hall = tuple(ram.sprite_colour)
    for _ in range(60):
        env.step(UP)
        assert tuple(ram.sprite_colour) == hall
    enter(env, 0)
    room = tuple(ram.sprite_colour)[1:]
    for _ in range(60):
        env.step(NOOP)
        assert tuple(ram.sprite_colour)[1:] == room
    assert room != hall[:-1]
    assert colours_of(env, "Player") == {PLAYER_RED}


def test_reset_random_colors_stay_for_the_whole_episode() -> None:
    env = make("reset_random_colors")
    env.step(UP)
    hall = tuple(env.get_wrapper_attr("ram").sprite_colour)
    enter(env, 0)
    for _ in range(60):
        env.step(NOOP)
        assert tuple(env.get_wrapper_attr("ram").sprite_colour)[1:] == hall[:-1]
    assert colours_of(env, "Player") == {PLAYER_RED}


@pytest.mark.parametrize("modif", ["random_enemy_colors", "reset_random_colors"])
def test_random_colors_are_seen_and_new_in_every_episode(modif: str) -> None:
    env = make(modif)
    seen, episodes = set(), set()
    for _ in range(6):
        env.reset()
        for _ in range(5):
            env.step(NOOP)
        episodes.add(tuple(env.get_wrapper_attr("ram").sprite_colour))
        seen |= colours_of(env, "HallMonster")
    assert len(episodes) >= 5
    assert HALL_GREEN not in seen
    assert seen >= {COLOURS[name] for name in COLOURS if name != "black"}


@pytest.mark.parametrize(
    ("room", "categories"),
    [
        (0, ["Skeleton", "PurpleCollectable"]),
        (1, ["Goblin", "YellowCollectable"]),
        (2, ["Serpent", "PinkCollectable"]),
        (3, ["Wall", "GreyCollectable"]),
    ],
)
def test_what_is_in_the_rooms_is_where_the_picture_shows_it(room: int, categories: list[str]) -> None:
    env = make()
    enter(env, room)
    found: dict[tuple[int, str], bool] = {}
    for frame in range(4, 44):
        picture = env.step(NOOP)[0]
        for i, o in enumerate(env.get_wrapper_attr("objects")):
            if o.category in [*categories, "Player"]:
                shown = (picture[o.y : o.y + o.h, o.x : o.x + o.w] == o.colour).all(-1).any()
                key = (frame // 4 * 100 + i, o.category)  # all are drawn within four frames
                found[key] = found.get(key, False) or bool(shown)
    for category in [*categories, "Player"]:
        shares = [shown for (_, name), shown in found.items() if name == category]
        assert len(shares) >= 5
        assert np.mean(shares) > 0.95
