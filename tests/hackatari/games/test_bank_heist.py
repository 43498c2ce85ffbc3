"""Bank Heist: every modif does in the cities what its documentation says; dynamite and score are where they look."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from variants import Box, Env, make_variant

NOOP, FIRE, RIGHT, LEFT = 0, 1, 3, 4
WALLS = [(162, 162, 42), (66, 158, 130), (210, 164, 74), (104, 72, 198)]  # of the four mazes

make = partial(make_variant, "BankHeist")


def play(env: Env, frames: int, action: int = NOOP) -> tuple[np.ndarray, list[float]]:
    """Repeat an action; return the last picture and the rewards that are not 0."""
    rewards = []
    for _ in range(frames):
        picture, reward, *_ = env.step(action)
        rewards += [float(reward)] if reward else []
    return picture, rewards


def boxes(env: Env, category: str) -> list[Box]:
    game, ram = env.unwrapped.ale.game, env.get_wrapper_attr("ram")  # type: ignore[attr-defined]
    return [(o.x, o.y, o.w, o.h) for o in game.find_objects(ram, hud=True) if o.category == category]


def shows(picture: np.ndarray, box: Box, colour: tuple[int, int, int]) -> bool:
    x, y, w, h = box
    return bool((picture[y : y + h, x : x + w] == colour).all(-1).any())


def rob(env: Env) -> list[float]:
    """Put a bank where the car is and drive on; return the rewards."""
    ram = env.get_wrapper_attr("ram")
    play(env, 4, RIGHT)
    slot = list(ram.object_type).index(253)
    ram.object_x[slot], ram.object_y[slot] = ram.player_x, ram.player_y
    return play(env, 10, RIGHT)[1]


def leave(env: Env, action: int) -> int:
    """Leave the city to the right or left and return the number of the city on the other side."""
    ram = env.get_wrapper_attr("ram")
    for x in (60, 136 if action == RIGHT else 14):
        ram.player_x, ram.player_y = x, 41
        play(env, 1, action)
    picture, _ = play(env, 20, action)
    assert (ram.player_x < 30) == (action == RIGHT)
    assert tuple(picture[40, 20]) == WALLS[ram.city % 4], "the maze has the city's colour"
    return ram.city


# --- Gas ---------------------------------------------------------------------------------------------------------


def test_unlimited_gas_keeps_the_tank_full() -> None:
    height = {}
    for modifs in (["unlimited_gas"], []):
        env = make(*modifs)
        env.get_wrapper_attr("ram").gas_used = 20
        picture, _ = play(env, 3)
        height[len(modifs)] = boxes(env, "GasTank")[0][3]
        red_rows = (picture[10:40, 40:52] == (167, 26, 26)).all(-1).any(1).sum()
        assert red_rows == height[len(modifs)]
    assert height == {1: 25, 0: 5}


# --- Banks and police --------------------------------------------------------------------------------------------


def test_robbed_banks_call_the_police_unless_there_is_none() -> None:
    cars_seen = {}
    for modifs in (["no_police"], []):
        env = make(*modifs)
        assert rob(env) == [10]
        cars_seen[len(modifs)] = 0
        for _ in range(200):
            play(env, 1)
            cars_seen[len(modifs)] += len(boxes(env, "Police"))
        assert len(boxes(env, "Bank")) == 2
    assert cars_seen[0] > 20
    assert cars_seen[1] <= 1  # the game makes it a police car, and before the next frame it is gone


def test_without_police_a_city_has_three_banks() -> None:
    env = make("no_police")
    assert rob(env) + rob(env) + rob(env) == [10, 20, 30]
    play(env, 300)
    assert not boxes(env, "Bank")
    leave(env, RIGHT)
    assert len(boxes(env, "Bank")) == 3, "the next city has new ones"


def test_only_police_leaves_no_bank_to_rob() -> None:
    env = make("only_police")
    play(env, 1)
    for _ in range(5):
        picture, _ = play(env, 20, RIGHT)
        assert not boxes(env, "Bank")
        assert len(boxes(env, "Police")) == 3
        assert not shows(picture, (16, 45, 128, 130), (142, 142, 142)), "no bank in the maze"
        assert all(shows(picture, box, (24, 26, 167)) for box in boxes(env, "Police"))
    assert shows(play(make(), 2)[0], (16, 45, 128, 130), (142, 142, 142))


def test_only_police_gives_points_for_blowing_up_police() -> None:
    env = make("only_police")
    ram = env.get_wrapper_attr("ram")
    play(env, 20, RIGHT)
    play(env, 1, FIRE)
    rewards = []
    for _ in range(120):
        if ram.dynamite_fuse > 62:
            ram.object_x[0], ram.object_y[0] = ram.dynamite_x, 41
        rewards += play(env, 1, RIGHT)[1]
    assert rewards == [50]


def test_two_police_cars_in_every_city() -> None:
    env = make("two_police_cars")
    for _ in range(6):
        play(env, 10, RIGHT)
        assert len(boxes(env, "Police")) == 2
        assert len(boxes(env, "Bank")) == 1
        leave(env, RIGHT)
    unmodified = make()
    play(unmodified, 10, RIGHT)
    assert not boxes(unmodified, "Police")


def test_two_police_cars_raise_the_points_of_a_bank_to_50() -> None:
    env = make("two_police_cars")
    for _ in range(2):
        play(env, 2)
        assert rob(env) == [10, 40]
        env.reset()
    assert rob(make()) == [10]


def test_two_police_cars_do_not_raise_what_is_worth_50_anyway() -> None:
    env = make("two_police_cars")
    play(env, 2)
    env.get_wrapper_attr("ram").robbed_in_city = 5
    play(env, 2)
    assert rob(env) == [60]


def test_score_carries_over() -> None:
    env = make("two_police_cars")
    play(env, 2)
    env.get_wrapper_attr("ram").score[:] = (0x00, 0x19, 0x80)
    play(env, 2)
    assert rob(env) == [10, 40]
    assert list(env.get_wrapper_attr("ram").score) == [0x00, 0x20, 0x30]


# --- Cities ------------------------------------------------------------------------------------------------------


def test_random_city_starts_and_goes_on_in_random_cities() -> None:
    env = make("random_city")
    cities = []
    for _ in range(4):
        play(env, 2)
        cities.append(env.get_wrapper_attr("ram").city)
        cities += [leave(env, RIGHT) for _ in range(4)]
        env.reset()
    assert len(set(cities)) > 10
    assert not any(new == (old + 1) % 256 for old, new in pairwise(cities))
    assert leave(make(), RIGHT) == 1


def test_random_city_is_seeded() -> None:
    paths = []
    for seed in (1, 1, 2):
        env = make("random_city", seed=seed)
        paths.append([env.get_wrapper_attr("ram").city, *(leave(env, RIGHT) for _ in range(3))])
    assert paths[0] == paths[1] != paths[2]


def test_left_exit_leads_to_the_previous_city() -> None:
    env = make("revisit_city")
    assert [leave(env, action) for action in (RIGHT, RIGHT, LEFT, LEFT, RIGHT)] == [1, 2, 1, 0, 1]
    assert leave(make("revisit_city"), LEFT) == 255
    unmodified = make()
    assert [leave(unmodified, action) for action in (RIGHT, LEFT)] == [1, 1]


def test_revisited_city_keeps_its_banks() -> None:
    env = make("revisit_city")
    leave(env, RIGHT)
    rob(env)
    leave(env, LEFT)
    assert len(boxes(env, "Bank")) == 2


@pytest.mark.parametrize("modifs", [["random_city", "revisit_city"], ["revisit_city", "random_city"]])
@pytest.mark.filterwarnings("ignore:.*both write city")
def test_random_and_revisited_cities_together(modifs: list[str]) -> None:
    env = make(*modifs, seed=4)
    city = leave(env, RIGHT)
    assert leave(env, LEFT) == (city - 1) % 256
    assert leave(env, RIGHT) != city


# --- Objects -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("city", range(4))
def test_dynamite_burns_in_the_colour_of_the_walls(city: int) -> None:
    env = make()
    ram = env.get_wrapper_attr("ram")
    ram.city = city
    play(env, 60, RIGHT)
    picture, _ = play(env, 6, FIRE)
    (box,) = boxes(env, "Dynamite")
    assert shows(picture, box, WALLS[city])
    play(env, 40)
    assert not boxes(env, "Dynamite"), "it has exploded"


@pytest.mark.parametrize("points", [0, 10, 150, 1230, 12340, 123450])
def test_score_box_fits(points: int) -> None:
    env = make()
    env.get_wrapper_attr("ram").score[:] = bytes.fromhex(f"{points:06}")
    picture, _ = play(env, 3)
    rows, columns = (picture[178:187, 12:148] == (0, 0, 0)).all(-1).nonzero()
    assert boxes(env, "Score") == [(columns.min() + 12, rows.min() + 178, np.ptp(columns) + 1, np.ptp(rows) + 1)]


def test_wrecked_car_is_no_player() -> None:
    env = make()
    env.get_wrapper_attr("ram").player_y = 136
    assert not boxes(env, "Player")
