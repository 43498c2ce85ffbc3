"""Kangaroo: every modif does in the game and in the picture what its documentation says."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from variants import Env, boxes, inside, make_variant, play, shows

NOOP, UP, RIGHT, LEFT = 0, 2, 3, 4
TUNE = 160  # frames
APE, BROWN, SKIN = (227, 151, 89), (162, 98, 33), (223, 183, 85)
GROUND, FLOOR_1, FLOOR_2 = (23, 148), (80, 100), (115, 52)  # left and top of the kangaroo's box

make = partial(make_variant, "Kangaroo")


def player_place(env: Env) -> tuple[int, int]:
    ((x, y, _, _),) = boxes(env, "Player")
    return x, y


# --- Monkeys and coconuts ----------------------------------------------------------------------------------------


def wait(*modifs: str, frames: int = 3200) -> dict[str, int]:
    """How often dangers are seen, in every tenth frame, while the kangaroo with endless lives waits for them."""
    env = make("quick_start", "unlimited_time", *modifs)
    ram = env.get_wrapper_attr("ram")
    seen = {"apes": 0, "Monkey": 0, "FallingCoconut": 0, "ThrownCoconut": 0, "deaths": 0}
    for frame in range(frames):
        # Coconuts are thrown at a kangaroo that moves.
        picture = env.step((NOOP, NOOP, NOOP, RIGHT, LEFT)[frame // 40 % 5])[0]
        if ram.lives < 2:
            seen["deaths"] += 1
            ram.lives = 2
        if frame % 10 == 0:
            seen["apes"] += shows(picture[:180], APE)
            for o in env.get_wrapper_attr("objects"):
                if o.category in seen and o.y > 17:  # a new coconut is at the very top for a frame
                    seen[o.category] += 1
    return seen


@pytest.fixture(scope="module")
def unmodified() -> dict[str, int]:
    return wait()


def test_unmodified_game_is_dangerous(unmodified: dict[str, int]) -> None:
    assert all(unmodified.values())


def test_disable_monkeys() -> None:
    seen = wait("disable_monkeys", frames=1000)
    assert seen["apes"] == seen["Monkey"] == seen["ThrownCoconut"] == 0
    assert seen["FallingCoconut"] > 0


def test_disable_coconut() -> None:
    seen = wait("disable_coconut", frames=1000)
    assert seen["FallingCoconut"] == 0
    assert seen["Monkey"] > 0


def test_disable_thrown_coconut() -> None:
    seen = wait("disable_thrown_coconut")
    assert seen["ThrownCoconut"] == 0
    assert seen["Monkey"] > 0
    assert seen["deaths"] > 0


def test_no_danger() -> None:
    assert set(wait("no_danger").values()) == {0}


def test_unlimited_time_keeps_the_clock_at_its_start() -> None:
    def displays(*modifs: str) -> list[bytes]:
        env = make("quick_start", "no_danger", *modifs)
        return [env.step(NOOP)[0][191:196, 80:95].tobytes() for _ in range(500)]

    kept, running = displays("unlimited_time"), displays()
    start = kept[5]
    assert np.mean([display == start for display in kept]) > 0.98  # the game counts on for a frame at a time
    assert running[5] == start
    assert np.mean([display == start for display in running]) < 0.7


# --- The start ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("modif", "place"), [("set_kangaroo_position_floor1", FLOOR_1), ("set_kangaroo_position_floor2", FLOOR_2)]
)
def test_start_position_holds_in_every_episode(modif: str, place: tuple[int, int]) -> None:
    env = make(modif)
    for _ in range(2):
        pictures = [play(env, 1) for _ in range(4)]
        assert player_place(env) == place
        assert any(shows(inside(picture, (*place, 8, 24)), SKIN) for picture in pictures[2:])
        assert not any(shows(inside(picture, (*GROUND, 8, 24)), SKIN) for picture in pictures[2:])
        play(env, TUNE)
        assert player_place(env) == place
        env.reset()


def test_kangaroo_starts_on_the_ground_otherwise() -> None:
    env = make()
    assert shows(inside(play(env, 3), (*GROUND, 8, 24)), SKIN)
    assert player_place(env) == GROUND


def test_randomized_position_is_on_the_first_or_the_second_floor() -> None:
    env = make("randomize_kangaroo_position")
    places = []
    for _ in range(16):
        env.reset()
        play(env, 2)
        places.append(player_place(env))
    assert set(places) == {FLOOR_1, FLOOR_2}


def test_quick_start_lets_the_kangaroo_walk_at_once_in_every_episode() -> None:
    env, plain = make("quick_start"), make()
    for _ in range(2):
        play(env, 30, RIGHT)
        play(plain, 30, RIGHT)
        assert player_place(env)[0] > GROUND[0] + 5
        assert player_place(plain) == GROUND
        env.reset()
        plain.reset()


# --- The level ---------------------------------------------------------------------------------------------------


def brown(env: Env) -> np.ndarray:
    """Where platforms and ladders are drawn below the child, bool of shape (160, 160)."""
    return (play(env, 2)[20:180] == BROWN).all(-1)


def complete_the_level(env: Env) -> None:
    """Tell the game that the child has been reached and wait for the next level."""
    ram = env.get_wrapper_attr("ram")
    ram.game_phase = 192
    points = sum(float(env.step(NOOP)[1]) for _ in range(400))
    assert points >= 1900  # for the time left
    assert ram.game_phase == 0


@pytest.mark.parametrize("level", [0, 1, 2])
def test_level_is_the_same_before_and_after_its_completion(level: int) -> None:
    env = make("quick_start", "no_danger", f"change_level_{level}")
    before = brown(env)
    platforms = boxes(env, "Platform")
    assert len(platforms) == (4, 18, 20)[level]
    assert all(before[y - 20 : y - 16, x : x + w].mean() > 0.8 for x, y, w, _ in platforms)
    complete_the_level(env)
    assert (brown(env) == before).mean() > 0.995  # the kangaroo covers a few pixels


def test_levels_change_otherwise() -> None:
    env = make("quick_start", "no_danger")
    before = brown(env)
    complete_the_level(env)
    assert (brown(env) == before).mean() < 0.98


# --- The picture -------------------------------------------------------------------------------------------------


def share_of_frames_with(category: str, x: int, y: int, *modifs: str) -> float:
    """In what share of the frames all objects of a category are seen while the kangaroo stands here."""
    env = make("quick_start", "no_danger", *modifs)
    ram = env.get_wrapper_attr("ram")
    play(env, 3)
    ram.kangaroo_x, ram.kangaroo_y = x, y
    play(env, 4)
    seen = []
    for _ in range(40):
        picture = env.step(NOOP)[0]
        found = [o for o in env.get_wrapper_attr("objects") if o.category == category]
        seen.append(all(shows(inside(picture, o[1:5]), o.colour) for o in found))
    return float(np.mean(seen))


@pytest.mark.parametrize(
    ("category", "x", "y"),
    [("Player", 65, 12), ("Fruit", 65, 12), ("Player", 100, 6), ("Bell", 100, 6), ("Player", 40, 0), ("Child", 40, 0)],
)
def test_nothing_flickers(category: str, x: int, y: int) -> None:
    assert share_of_frames_with(category, x, y, "no_flickering") > 0.97
    assert share_of_frames_with(category, x, y) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("kinds", [(0, 1, 2), (3, 0, 1), (2, 3, 0)])
@pytest.mark.parametrize(("x", "y"), [(65, 12), (100, 6), (104, 18)])
def test_what_is_drawn_is_what_the_console_draws_in_the_other_frame(x: int, y: int, kinds: tuple[int, ...]) -> None:
    pictures: dict[str, list[np.ndarray]] = {}
    for modif in ("no_flickering", "quick_start"):
        env = make(*dict.fromkeys(("quick_start", "no_danger", modif)))
        ram = env.get_wrapper_attr("ram")
        play(env, 3)
        ram.kangaroo_x, ram.kangaroo_y = x, y
        ram.fruit_state[:] = kinds
        play(env, 4)
        pictures[modif] = [env.step(NOOP)[0][30:180].astype(int) for _ in range(2)]
    first, second = pictures["quick_start"]
    background = np.array([80, 0, 132])
    both = np.where((first == background).all(-1, keepdims=True), second, first)
    for steady in pictures["no_flickering"]:
        np.testing.assert_array_equal(steady, both)


def test_kangaroo_is_seen_in_all_its_poses() -> None:
    def share(*modifs: str) -> float:
        env = make("quick_start", "disable_monkeys", "set_kangaroo_position_floor1", *modifs)
        rng = np.random.default_rng(0)
        seen = []
        for _ in range(60):
            action = int(rng.integers(18))
            for _ in range(8):
                picture = env.step(action)[0]
                seen += [shows(inside(picture, box), SKIN) for box in boxes(env, "Player")]
        assert len(seen) > 400
        return float(np.mean(seen))

    assert share("no_flickering") > 0.97
    assert share() < 0.7
