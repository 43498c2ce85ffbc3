"""Robotank: every modif changes the weather, the tank's parts or the radar's picture as its documentation says."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from variants import Env, make_variant

NOOP, FIRE, RIGHT = 0, 1, 3
BLACK, SKY = (0, 0, 0), (84, 92, 214)
DOT, PANEL, GREEN, RED = (146, 70, 192), (80, 0, 132), (110, 156, 66), (184, 50, 50)
VIEW, RADAR = (slice(24, 125), slice(8, 160)), (slice(139, 171), slice(57, 100))
LAMPS = {"VisionSensor": (142, 44), "RadarSensor": (142, 108), "CanonSensor": (158, 44), "TreadSensor": (158, 108)}

make = partial(make_variant, "Robotank")


def play(env: Env, frames: int, action: int = NOOP) -> list[np.ndarray]:
    return [env.step(action)[0] for _ in range(frames)]


def colours(picture: np.ndarray) -> set[tuple[int, ...]]:
    return {tuple(map(int, pixel)) for pixel in np.unique(picture.reshape(-1, 3), axis=0)}


def categories(env: Env) -> set[str]:
    return {o.category for o in env.get_wrapper_attr("objects")}


def bearing_change(*modifs: str, action: int) -> int:
    """Degrees by which the enemy's direction changes in 60 frames."""
    env = make(*modifs)
    ram = env.get_wrapper_attr("ram")
    play(env, 10)
    bearings = []
    for _ in range(61):
        env.step(action)
        bearings.append(ram.enemy_bearing + 256 * ram.enemy_bearing_high)
    steps = np.diff(bearings)
    return int(steps[np.abs(steps) < 20].sum())  # without the step where the circle closes


def turn(*modifs: str) -> int:
    """Degrees by which the tank turns in 60 frames to the right, without the enemy's own movement."""
    return bearing_change(*modifs, action=NOOP) - bearing_change(*modifs, action=RIGHT)


# --- The weather -------------------------------------------------------------------------------------------------


def test_fog_hides_everything_but_the_sight() -> None:
    env = make("fog")
    view = play(env, 20)[-1][VIEW]
    assert all(len(set(colour)) == 1 for colour in colours(view)), "it is grey"
    assert not (view[40:] == BLACK).all(-1).any(), "no enemy is seen"
    assert "EnemyTank" not in categories(env)
    assert "EnemyRadarPosition" in categories(env)

    clear = make()
    assert SKY in colours(play(clear, 20)[-1][VIEW])
    assert "EnemyTank" in categories(clear)


@pytest.mark.parametrize("modif", ["rain", "snow"])
def test_the_sky_is_grey_in_rain_and_snow(modif: str) -> None:
    picture = play(make(modif), 20)[-1]
    assert all(len(set(colour)) == 1 for colour in colours(picture[30:60, 8:]))
    assert SKY not in colours(picture[VIEW])


def test_the_tank_turns_slower_in_bad_weather_and_with_damaged_treads() -> None:
    normal = turn()
    assert 0.65 < turn("snow") / normal < 0.85
    assert turn("rain") / normal < 0.5
    assert turn("tread_damage") / normal < 0.4
    assert turn("fog") == normal


# --- Damage ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("modif", "lamp"),
    [
        ("no_radar", "RadarSensor"),
        ("tread_damage", "TreadSensor"),
        ("canon_damage", "CanonSensor"),
        ("vision_damage", "VisionSensor"),
    ],
)
def test_only_the_lamp_of_the_damaged_part_blinks(modif: str, lamp: str) -> None:
    env = make(modif)
    pictures = play(env, 24)
    for name, (y, x) in LAMPS.items():
        seen = [colours(picture[y : y + 10, x : x + 8]) & {RED, GREEN} for picture in pictures[2:]]
        if name == lamp:
            assert {RED} in seen
            assert set() in seen
            assert {GREEN} not in seen
        else:
            assert all(colour == {GREEN} for colour in seen)


def test_no_radar_does_not_show_the_enemy() -> None:
    env = make("no_radar")
    assert not any(DOT in colours(picture[RADAR][:, 10:-4]) for picture in play(env, 30)[2:])
    assert "EnemyRadarPosition" not in categories(env)
    clear = make()
    assert all(DOT in colours(picture[RADAR]) for picture in play(clear, 30))
    assert "EnemyRadarPosition" in categories(clear)


def test_canon_damage_leaves_out_shots() -> None:
    def shots(*modifs: str) -> int:
        env = make(*modifs)
        flights = []
        for frame in range(400):
            env.step(FIRE if frame % 8 < 4 else NOOP)
            flights.append("PlayerShot" in categories(env))
        return int(np.sum(np.diff(np.array(flights, dtype=int)) == 1))

    assert 0 < shots("canon_damage") <= 0.8 * shots()


def test_vision_damage_makes_the_view_black_for_64_of_128_frames() -> None:
    dark = [not picture[VIEW].any() for picture in play(make("vision_damage"), 260)]
    changes = np.flatnonzero(np.diff(np.array(dark, dtype=int)))
    assert np.diff(changes).tolist() == [64] * (len(changes) - 1)
    assert len(changes) >= 3
    assert all(picture[VIEW].any() for picture in play(make(), 130))


@pytest.mark.filterwarnings("ignore:Robotank. the modifs:hackatari.errors.ModifConflictWarning")  # different bits
def test_damages_combine() -> None:
    env = make("no_radar", "canon_damage")
    play(env, 5)
    assert env.get_wrapper_attr("ram").damage == 6


# --- The radar's picture -----------------------------------------------------------------------------------------


def test_no_radar_inpainting_covers_the_radar() -> None:
    env, clear = make("no_radar_inpainting"), make()
    covered, picture = play(env, 20)[-1], play(clear, 20)[-1]
    assert colours(covered[RADAR]) == {PANEL}
    assert "EnemyRadarPosition" not in categories(env)
    covered[RADAR] = picture[RADAR]
    np.testing.assert_array_equal(covered, picture)


@pytest.mark.parametrize("order", [1, -1])
def test_enemy_is_painted_on_the_covered_radar(order: int) -> None:
    env = make(*["no_radar_inpainting", "radar_enemy_pos_inpainting"][::order])
    clear = make()
    columns = set()
    for _ in range(60):
        picture = env.step(RIGHT)[0]
        clear.step(RIGHT)
        dot = next(o for o in clear.get_wrapper_attr("objects") if o.category == "EnemyRadarPosition")
        seen = np.argwhere((picture == DOT).all(-1))
        assert seen.tolist() == [[dot.y, dot.x]]
        columns.add(dot.x)
    assert len(columns) > 3


def test_enemy_is_not_painted_on_a_damaged_radar() -> None:
    env = make("no_radar", "no_radar_inpainting", "radar_enemy_pos_inpainting")
    assert all(colours(picture[RADAR]) == {PANEL} for picture in play(env, 20)[2:])
