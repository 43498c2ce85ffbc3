"""River Raid: every modif does in the game what its documentation says."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from variants import objects, play, shared_env, shows, start_variant

NOOP, FIRE, UP, UP_FIRE, RIGHT_FIRE = 0, 1, 2, 10, 14
START = 80  # frames until the jet can fly
BLUE, RED, LAND, PANEL, DEPOT = (45, 50, 184), (167, 26, 26), (110, 156, 66), (142, 142, 142), (214, 92, 92)
YELLOW = (232, 232, 74)
FIELD = slice(2, 162)

the_env = partial(shared_env, "Riverraid")
make = partial(start_variant, "Riverraid")


def fly(*modifs: str, frames: int = 80) -> np.ndarray:
    """Start an episode, fly up and shoot for some frames and return the last picture."""
    env = make(*modifs)
    play(env, START)
    return play(env, frames, UP_FIRE)


# --- Objects -----------------------------------------------------------------------------------------------------


def test_enemy_jets_are_where_the_picture_shows_them() -> None:
    fly()
    env = the_env()
    env.get_wrapper_attr("ram").object_type[2:4] = 4
    picture = play(env, 1)
    boxes = objects(env, "Jet")
    assert len(boxes) == 2
    assert all(shows(picture[o.y : o.y + o.h, o.x : o.x + o.w], o.colour) for o in boxes)


# --- The river ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("modifs", "depots"), [((), True), (("no_fuel",), False)])
def test_no_fuel_removes_the_depots(modifs: tuple[str, ...], depots: bool) -> None:
    env = make(*modifs)
    play(env, START)
    seen = [shows(play(env, 1, UP)[FIELD], DEPOT) or bool(objects(env, "FuelDepot")) for _ in range(120)]
    assert any(seen) == depots


@pytest.mark.parametrize(("modifs", "constant"), [((), False), (("no_fuel",), True)])
def test_no_fuel_keeps_the_tank_full(modifs: tuple[str, ...], constant: bool) -> None:
    env = make(*modifs)
    play(env, START)
    gauges = []
    for _ in range(300):
        env.get_wrapper_attr("ram").object_type[:] = 0
        gauges.append(play(env, 1, UP)[178:186, 60:110])
    assert np.array_equal(gauges[0], gauges[-1]) == constant


@pytest.mark.parametrize(("modifs", "river", "other"), [((), BLUE, RED), (("red_river",), RED, BLUE)])
def test_red_river(modifs: tuple[str, ...], river: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    picture = fly(*modifs)
    assert shows(picture, river)
    assert shows(picture, LAND)
    assert not shows(picture, other)


def river_edges(*modifs: str) -> set[tuple[int, ...]]:
    """The first and last columns of the river that are seen during a flight over an empty river."""
    env = make(*modifs)
    edges = set()
    for frame in range(START + 130):
        env.get_wrapper_attr("ram").object_type[:] = 0
        picture = play(env, 1, NOOP if frame < START else UP)
        water = ((picture == BLUE) | (picture == YELLOW)).all(-1)
        if frame > 1:  # the upper rows of a new segment are seen for a frame
            edges.update(tuple(np.flatnonzero(row)[[0, -1]].tolist()) for row in water[6:160])
    return edges


def test_linear_river_is_straight() -> None:
    assert river_edges("linear_river") == {(44, 115)}
    assert len(river_edges()) > 5


# --- Colours -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "land", "river", "panel"),
    [
        ("01", (162, 134, 56), (45, 109, 152), (180, 122, 48)),
        ("02", (66, 114, 194), (50, 132, 50), (200, 72, 72)),
        ("03", (66, 136, 176), (134, 106, 38), (104, 72, 198)),
    ],
)
def test_game_color_change_changes_all_colours(name: str, land: Any, river: Any, panel: Any) -> None:
    normal, changed = fly(frames=60), fly(f"game_color_change{name}", frames=60)
    for before, after in ((LAND, land), (BLUE, river), (PANEL, panel)):
        assert (changed[(normal == before).all(-1)] == after).all()
    inside = (slice(2, 200), slice(8, 152))
    assert (normal[inside] != changed[inside]).any(-1).mean() > 0.98


@pytest.mark.parametrize("name", ["01", "02", "03"])
def test_object_color_change_changes_the_objects_only(name: str) -> None:
    normal = fly(frames=60)
    boxes = the_env().get_wrapper_attr("objects")
    changed = fly(f"object_color_change{name}", frames=60)
    differs = (normal != changed).any(-1)
    for o in boxes:
        box = differs[o.y : o.y + o.h, o.x : o.x + o.w]
        assert box.any() == (o.category not in ("Player", "PlayerMissile"))
        box[:] = False
    assert {o.category for o in boxes} >= {"FuelDepot", "Helicopter", "Player"}
    assert not differs.any()


def test_object_color_change02_has_one_tone() -> None:
    fly(frames=60)
    depot = objects(the_env(), "FuelDepot")[0]
    for modifs, one_tone in ((("object_color_change02",), True), (("object_color_change01",), False)):
        box = fly(*modifs, frames=60)[depot.y : depot.y + depot.h, depot.x : depot.x + depot.w].reshape(-1, 3)
        assert (np.unique(box, axis=0, return_counts=True)[1].max() > len(box) / 2) == one_tone


# --- Points, shots and lives -------------------------------------------------------------------------------------


def rewards_of_a_depot(points: int, *modifs: str) -> list[float]:
    """Shoot a fuel depot with this score and return the rewards that are not 0."""
    env = make(*modifs)
    ram = env.get_wrapper_attr("ram")
    play(env, START)
    while not objects(env, "FuelDepot"):
        play(env, 1, UP)
    ram.score_digit[2:] = [8 * int(digit) for digit in f"{points:04}"]
    play(env, 1, UP)
    while not (found := objects(env, "FuelDepot")) or found[0].y < 10:
        play(env, 1, UP)
    ram.missile_x, ram.missile_y = found[0].x + 4, 162 - found[0].y - 20
    rewards = [float(env.step(UP)[1]) for _ in range(8)]
    return [reward for reward in rewards if reward]


@pytest.mark.parametrize(
    ("points", "rewards"), [(0, [80, -80]), (30, [80, -110]), (240, [80, -160]), (9990, [80, -160])]
)
def test_exploding_fuels_cost_80_points(points: int, rewards: list[float]) -> None:
    assert rewards_of_a_depot(points) == [80]
    assert rewards_of_a_depot(points, "exploding_fuels") == rewards


def test_exploding_fuels_leaves_the_points_for_all_else() -> None:
    env = make("exploding_fuels")
    play(env, START)
    assert sum(float(env.step(UP_FIRE)[1]) for _ in range(30)) == 30  # the tanker


def shoot(*modifs: str) -> np.ndarray:
    """Fly up over an empty river and shoot; return in which frames a shot is seen, and a canal."""
    env = make(*modifs)
    play(env, START)
    rows = []
    for _ in range(150):
        env.get_wrapper_attr("ram").object_type[:] = 0
        picture = play(env, 1, UP_FIRE)
        canal = ((picture[FIELD] == BLUE) | (picture[FIELD] == YELLOW)).all(-1).sum(-1).min() <= 32
        rows.append((shows(picture[2:140], YELLOW), canal))
    return np.array(rows)


def test_restricted_firing_allows_shots_in_canals_only() -> None:
    shots, canal = shoot("restricted_firing").T
    end = np.flatnonzero(canal)[-1]
    assert 20 < end < 110
    assert shots[:end].mean() > 0.7
    assert not shots[end + 30 :].any()  # the lowest segment is partly below the picture
    assert shoot()[end + 30 :, 0].mean() > 0.7


def test_restricted_firing_allows_shots_near_a_bridge() -> None:
    for bridge in (True, False):
        shoot("restricted_firing")
        env = the_env()
        if bridge:
            env.get_wrapper_attr("ram").object_type[4] = 8
        play(env, 4, NOOP)
        picture = play(env, 10, FIRE)
        assert shows(picture[2:140], YELLOW) == bridge


def test_restricted_firing_gives_50_points_for_a_segment() -> None:
    for modifs, reward in ((("restricted_firing",), 50), ((), 0)):
        env = make(*modifs)
        ram = env.get_wrapper_attr("ram")
        play(env, START)
        gained, passed = 0.0, 0
        for _ in range(160):
            ram.object_type[:] = 0
            before = ram.segment_scroll
            gained += float(env.step(UP)[1])
            passed += ram.segment_scroll < before
        assert passed >= 4
        assert gained in (reward * passed, reward * (passed - 1))  # they are given a frame later


def test_unlimited_lives_never_end_the_game() -> None:
    for modifs, ends in ((("unlimited_lives",), False), ((), True)):
        env = make(*modifs)
        ended, crashes, flying = False, 0, False
        for frame in range(1200):
            picture, _, terminated, *_ = env.step(NOOP if frame < START else RIGHT_FIRE)
            crashes += flying and not objects(env, "Player")
            flying = bool(objects(env, "Player"))
            ended = ended or terminated
            if ended:
                break
            if frame == START:
                digit = picture[192:200, 57:63]
        assert ended == ends
        assert crashes >= 4
        assert ends or np.array_equal(picture[192:200, 57:63], digit)
