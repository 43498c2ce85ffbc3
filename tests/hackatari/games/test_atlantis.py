"""Atlantis: every modif does in the game what its documentation says; the objects are where the picture shows them."""

from __future__ import annotations

from collections import defaultdict
from functools import partial

import numpy as np
import pytest
from variants import Env, make_variant

NOOP = 0
FLIGHT_BAND = (158, 208, 101)  # colour of the row that all kinds of ships have in common
RAY = (101, 209, 174)
LANE_ROWS = (86, 65, 44, 23)  # of this colour, lowest lane first

Flight = tuple[str, int, int]

make = partial(make_variant, "Atlantis")


def ships(env: Env) -> dict[int, tuple[str, int]]:
    """Kind and left column of the ships that are not close to the borders, by lane."""
    return {
        (82 - o.y + 20) // 21: (o.category, o.x)
        for o in env.get_wrapper_attr("objects")
        if o.category in ("GorgonShip", "BanditBomber") and o.x > 20 and o.x + o.w < 140
    }


def flights(env: Env, frames: int) -> list[list[tuple[str, int, int]]]:
    """Watch without shooting; for each crossing of a lane, the kind, column and lane of the ship in every frame."""
    tracks: list[list[Flight]] = []
    current: dict[int, list[Flight]] = {}
    for _ in range(frames):
        ended = env.step(NOOP)[2]
        if ended:
            break
        found = ships(env)
        for lane in list(current):
            if lane not in found:
                tracks.append(current.pop(lane))
        for lane, (kind, x) in found.items():
            current.setdefault(lane, []).append((kind, x, lane))
    return tracks


def speeds(track: list[Flight]) -> set[int]:
    """The distances that a ship covers in a frame."""
    return set(np.abs(np.diff([x for _, x, _ in track])).tolist())


def kinds(tracks: list[list[Flight]]) -> list[set[str]]:
    return [{kind for kind, _, _ in track} for track in tracks]


# --- The ships ---------------------------------------------------------------------------------------------------


def test_no_last_line_keeps_ships_and_ray_from_the_city() -> None:
    env, usual = make("no_last_line"), make()
    rays = [False, False]
    points = 0.0
    for _ in range(3000):
        picture, reward, terminated, _, info = env.step(NOOP)
        points += float(reward)
        assert not (picture[LANE_ROWS[0]] == FLIGHT_BAND).all(-1).any()
        rays[0] |= bool((picture[92:108] == RAY).all(-1).all(0).any())
        rays[1] |= bool((usual.step(NOOP)[0][92:108] == RAY).all(-1).all(0).any())
        if usual.unwrapped.ale.game_over():  # type: ignore[attr-defined]
            usual.reset()
    assert rays == [False, True]
    assert not terminated
    assert info["lives"] == 6
    assert points >= 3500  # the city's bonus after a wave, so waves go on
    lanes = {lane for track in flights(env, 1000) for *_, lane in track}
    assert lanes == {1, 2, 3}


def test_jets_only_makes_all_ships_fast_bombers() -> None:
    tracks = flights(make("jets_only"), 1200)
    assert len(tracks) > 10
    assert kinds(tracks) == [{"BanditBomber"}] * len(tracks)
    assert set().union(*map(speeds, tracks)) == {2}
    usual = flights(make(), 1200)
    assert kinds(usual) == [{"GorgonShip"}] * len(usual)
    assert set().union(*map(speeds, usual)) == {1}


def test_jets_of_later_waves_are_faster_than_the_ships_they_replace() -> None:
    env = make("jets_only", "no_last_line")
    ram = env.get_wrapper_attr("ram")
    ram.ship_type[0], ram.ship_speed[0], ram.ship_lane[0] = 0, 0, 7
    while 3 not in ram.ship_lane[:]:
        env.step(NOOP)
    slot = ram.ship_lane[:].index(3)
    ram.ship_type[slot], ram.ship_speed[slot] = 64, 253  # as in a later wave
    (track, *_) = flights(env, 100)
    assert kinds([track]) == [{"BanditBomber"}]
    assert speeds(track) == {4}


def test_random_enemies_are_of_one_kind_each() -> None:
    env = make("random_enemies", "no_last_line", seed=3)
    tracks = flights(env, 4000)
    assert len(tracks) > 25
    assert all(len(kind) == 1 for kind in kinds(tracks))
    assert 0.1 < np.mean([kind == {"BanditBomber"} for kind in kinds(tracks)]) < 0.6
    for track in tracks:
        assert len(speeds(track)) == 1


def test_random_enemies_differ_from_seed_to_seed() -> None:
    first, same, other = (flights(make("random_enemies", seed=seed), 900) for seed in (1, 1, 2))
    assert first == same
    assert first != other


@pytest.mark.parametrize(("name", "pixels"), [("slow", 2), ("medium", 4), ("fast", 6), ("ultrafast", 7)])
def test_speed_modes(name: str, pixels: int) -> None:
    by_kind = defaultdict(set)
    env = make(f"speed_mode_{name}", "no_last_line")
    for track in flights(env, 2500):
        by_kind[track[0][0]] |= speeds(track)
    assert by_kind["GorgonShip"] == {pixels}
    assert by_kind["BanditBomber"] <= {pixels + 1}


def test_ultrafast_ships_still_destroy_the_city() -> None:
    env = make("speed_mode_ultrafast")
    ended = [env.step(NOOP)[2] for _ in range(1000)]
    assert any(ended)


# --- Objects -----------------------------------------------------------------------------------------------------


def test_ray_is_where_the_picture_shows_it() -> None:
    env = make()
    hits = []
    previous = env.step(NOOP)[0]
    for _ in range(700):
        picture = env.step(NOOP)[0]
        for o in env.get_wrapper_attr("objects"):
            if o.category == "Deathray":
                both = np.stack([previous, picture])[:, o.y : o.y + o.h, o.x : o.x + o.w]
                hits.append(bool((both == RAY).all(-1).any(-1).sum(-1).max() > 10))
        previous = picture
    assert len(hits) > 80
    assert np.mean(hits) > 0.95
