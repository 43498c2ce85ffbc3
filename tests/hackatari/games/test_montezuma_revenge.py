"""Montezuma's Revenge: every modif does what its documentation says; the objects are where the picture shows them."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from variants import Env, start_variant

import hackatari  # registers the envs

NOOP, RIGHT, LEFT, LEFT_JUMP = 0, 3, 4, 12
ENTERED_FROM_THE_LEFT = (2, 7, 9, 14, 20, 23)
ITEMS = ("Ruby", "Torch", "Sword", "Amulet", "Key")
USUAL_ITEMS = {0: "Ruby", 5: "Torch", 6: "Sword", 7: "Key", 8: "Key", 10: "Ruby", 14: "Key", 19: "Amulet"}
GREEN, PURPLE, BLUE = (66, 158, 130), (104, 25, 154), (45, 87, 176)

make = partial(start_variant, "MontezumaRevenge")


def play(env: Env, frames: int, action: int = NOOP) -> tuple[np.ndarray, float]:
    """Repeat an action and return the last picture and the sum of the rewards."""
    rewards = 0.0
    for _ in range(frames):
        picture, reward, *_ = env.step(action)
        rewards += float(reward)
    return picture, rewards


def visit(env: Env, room: int) -> np.ndarray:
    """Walk into a room, with the torch, from one of its sides, and return the picture."""
    ram = env.get_wrapper_attr("ram")
    from_left = room in ENTERED_FROM_THE_LEFT
    ram.inventory = 128
    ram.room, ram.player_x, ram.player_y = (room - 1, 152, 235) if from_left else (room + 1, 0, 235)
    play(env, 8, RIGHT if from_left else LEFT)
    picture, _ = play(env, 2)
    assert ram.room == room
    return picture


def shown(env: Env, picture: np.ndarray, category: str, hud: bool = False) -> list[tuple[int, int]]:
    """Positions of the objects of a category whose colour is seen in their box."""
    game, ram = env.unwrapped.ale.game, env.get_wrapper_attr("ram")  # type: ignore[attr-defined]
    return [
        (o.x, o.y)
        for o in game.find_objects(ram, hud=hud)
        if o.category == category and (picture[o.y : o.y + o.h, o.x : o.x + o.w] == o.colour).all(-1).any()
    ]


def item_of(env: Env, room: int) -> str:
    """The kind of item that is seen in a room."""
    picture = visit(env, room)
    (kind,) = [kind for kind in ITEMS if shown(env, picture, kind)]
    return kind


# --- Objects -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [0, 1, 2])
def test_objects_of_all_rooms_are_where_the_picture_shows_them(level: int) -> None:
    env = make(f"set_level_{level}")
    game, ram = hackatari.find_game("montezuma_revenge"), env.get_wrapper_attr("ram")
    start = env.unwrapped.clone_state()  # type: ignore[attr-defined]
    seen = set()
    for room in range(24):
        env.unwrapped.restore_state(start)  # type: ignore[attr-defined]
        pictures = np.stack([visit(env, room), play(env, 1)[0]])  # the ruby of the treasure chamber flickers
        for o in game.find_objects(ram, hud=True):
            assert (pictures[:, o.y : o.y + o.h, o.x : o.x + o.w] == o.colour).all(-1).any(), (room, o)
            seen.add(o.category)
    assert seen == set(game.objects) - {"SwordHUD", "KeyHUD", "AmuletHUD"}


def test_dark_rooms_hide_what_the_torch_shows() -> None:
    env = make()
    visit(env, 20)
    assert {"Ruby", "Wall", "Platform"} <= {o.category for o in env.get_wrapper_attr("objects")}
    env.get_wrapper_attr("ram").inventory = 0
    picture, _ = play(env, 2)
    assert {o.category for o in env.get_wrapper_attr("objects")} == {"Player", "DisappearingPlatform"}
    assert not (picture[50:] == (213, 130, 74)).all(-1).any()


# --- The start ---------------------------------------------------------------------------------------------------


def test_random_position_start_draws_one_of_five_safe_places() -> None:
    usual, starts = (76, 73), set()
    for modifs, episodes in (((), 2), (("random_position_start",), 24)):
        for _ in range(episodes):
            env = make(*modifs)
            (start,) = shown(env, play(env, 1)[0], "Player")
            if start not in starts:
                starts.add(start)
                assert shown(env, play(env, 120)[0], "Player") == [start]
                assert env.unwrapped.ale.lives() == 6  # type: ignore[attr-defined]
        if not modifs:
            assert starts == {usual}
    assert starts == {usual, (127, 116), (132, 160), (32, 160), (21, 116)}


@pytest.mark.parametrize(("level", "colour"), [(0, GREEN), (1, PURPLE), (2, BLUE)])
def test_set_level_changes_walls_and_items(level: int, colour: tuple[int, int, int]) -> None:
    env = make(f"set_level_{level}")
    picture, _ = play(env, 1)
    assert [(picture[93:180] == c).all(-1).any() for c in (GREEN, PURPLE, BLUE)] == [
        c == colour for c in (GREEN, PURPLE, BLUE)
    ]
    content = {0: "Ruby", 1: "Sword", 2: "Skull"}[level]
    assert shown(env, visit(env, 0), content)


# --- Items -------------------------------------------------------------------------------------------------------


def test_items_lie_in_their_usual_rooms_without_modif() -> None:
    env = make()
    assert {room: item_of(env, room) for room in USUAL_ITEMS} == USUAL_ITEMS


def test_randomize_items_exchanges_the_items_anew_in_each_episode() -> None:
    env = make("randomize_items")
    episodes = []
    for _ in range(3):
        episodes.append({room: item_of(env, room) for room in USUAL_ITEMS})
        assert item_of(env, 1) == "Key"
        env.reset()
    assert all(sorted(items.values()) == sorted(USUAL_ITEMS.values()) for items in episodes)
    assert len({tuple(items.values()) for items in [*episodes, USUAL_ITEMS]}) == 4


def test_randomized_items_are_what_they_look_like_and_are_taken_once() -> None:
    env = make("randomize_items")
    ram = env.get_wrapper_attr("ram")
    points = {"Ruby": 1000, "Torch": 3000, "Sword": 100, "Key": 100, "Amulet": 200}
    for room in (0, 6, 10):
        kind = item_of(env, room)
        ram.player_x, ram.player_y = ram.object_x, 250
        assert play(env, 10)[1] == points[kind]
        picture = visit(env, room)
        assert not any(shown(env, picture, item) for item in ITEMS)


def test_randomize_items_leaves_the_group_of_rubies() -> None:
    env = make("randomize_items")
    ram = env.get_wrapper_attr("ram")
    for left in (3, 2, 1):
        assert len(shown(env, visit(env, 23), "Ruby")) == left
        ram.player_x, ram.player_y = ram.object_x, 250
        assert play(env, 10)[1] == 1000


def test_randomize_items_leaves_the_other_pyramids_as_they_are() -> None:
    for room in (6, 19):
        env = make("set_level_1", "randomize_items")
        assert shown(env, visit(env, room), "Skull")


def test_full_inventory_shows_six_items() -> None:
    places = {"TorchHUD": [56], "SwordHUD": [64, 72], "KeyHUD": [80, 88], "AmuletHUD": [96]}
    for modifs, expected in (((), {category: [] for category in places}), (("full_inventory",), places)):
        env = make(*modifs)
        picture, _ = play(env, 2)
        assert {category: [x for x, _ in shown(env, picture, category, hud=True)] for category in places} == expected


def test_full_inventory_gives_the_points_for_a_seventh_item_and_no_more() -> None:
    for modifs, carried in ((["full_inventory"], [56, 64, 72, 80, 88, 96]), ([], [56])):
        env = make(*modifs)
        ram = env.get_wrapper_attr("ram")
        play(env, 1)
        ram.player_x, ram.player_y = 22, 192  # next to the key
        assert play(env, 60, LEFT_JUMP)[1] == 100
        picture, _ = play(env, 2)
        assert np.flatnonzero((picture[28:42] != 0).any((0, 2)))[0] == carried[0]
        assert len({(x - 56) // 8 for x in np.flatnonzero((picture[28:42] != 0).any((0, 2)))}) == len(carried)


def test_full_inventory_lights_the_dark_rooms() -> None:
    env = make("full_inventory")
    ram = env.get_wrapper_attr("ram")
    ram.room, ram.player_x, ram.player_y = 20, 0, 235
    play(env, 10, LEFT)
    assert {"Ladder", "Platform"} <= {o.category for o in env.get_wrapper_attr("objects")}
