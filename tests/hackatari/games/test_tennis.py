"""Tennis: every modif changes the wind, the serves or the ends as its documentation says."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from variants import Env, make_variant

NOOP, FIRE, LEFT = 0, 1, 4
RED, BLUE = (240, 128, 128), (117, 128, 240)
NET = 105  # row of the picture

make = partial(make_variant, "Tennis")


def box(env: Env, category: str) -> tuple[int, int, int, int] | None:
    found = [(o.x, o.y, o.w, o.h) for o in env.get_wrapper_attr("objects") if o.category == category]
    return found[0] if found else None


def columns_of_the_ball(*modifs: str) -> np.ndarray:
    """The ball's column during the agent's first serve."""
    env = make(*modifs)
    columns = []
    for _ in range(45):
        env.step(FIRE)
        columns.append(env.get_wrapper_attr("ram").ball_x)
    return np.array(columns)


def test_wind_blows_the_ball_to_the_right() -> None:
    drift = columns_of_the_ball("wind_effect") - columns_of_the_ball()
    assert set(np.diff(drift)) == {0, 1}
    assert 10 <= drift[-1] <= 30


def test_wind_lets_the_ball_rest_before_a_serve() -> None:
    env = make("wind_effect")
    for _ in range(60):
        env.step(NOOP)
    ball = box(env, "Ball")
    assert ball is not None
    assert ball[0] == 75


def sides_of_serves(*modifs: str, games: int, action: int) -> list[str]:
    """From which half of the court the serves come after so many games."""
    env = make(*modifs)
    ram = env.get_wrapper_attr("ram")
    for _ in range(5):  # the game sets the scores to 0 first
        env.step(action)
    ram.enemy_games = games
    sides, last_pause = [], ram.pause
    for frame in range(800):
        env.step(action if frame % 4 == 0 else NOOP)
        if last_pause == 0 and ram.pause == 255:
            for _ in range(2):
                env.step(NOOP)
            ball = box(env, "Ball")
            sides.append("lost" if ball is None else "upper" if ball[1] < NET else "lower")
        last_pause = ram.pause
    return sides


@pytest.mark.parametrize(
    ("modif", "side", "other", "games"), [("upper", "upper", "lower", 2), ("lower", "lower", "upper", 0)]
)
def test_every_serve_comes_from_one_half(modif: str, side: str, other: str, games: int) -> None:
    unmodified = sides_of_serves(games=games, action=FIRE)
    serves = sides_of_serves(f"always_{modif}_pitches", games=games, action=FIRE)
    assert set(unmodified) == {other}
    assert set(serves) == {side}
    assert len(serves) >= 2


@pytest.mark.parametrize(("modif", "depth"), [("always_upper_pitches", 7), ("always_lower_pitches", 142)])
def test_balls_in_flight_may_cross_the_base_line(modif: str, depth: int) -> None:
    env = make(modif)
    ram = env.get_wrapper_attr("ram")
    for _ in range(25):
        env.step(FIRE)
    assert ram.pause == 255
    ram.ball_depth = depth
    for _ in range(2):
        env.step(NOOP)
        assert abs(ram.ball_depth - depth) < 20


def ends(*modifs: str) -> list[bool]:
    """Whether the agent plays in the upper half, before and after a game that it loses."""
    env = make(*modifs)
    ram = env.get_wrapper_attr("ram")
    seen = []
    for frame in range(420):
        if frame == 5:
            ram.enemy_points = 3
        picture = env.step(FIRE if frame % 4 == 0 else NOOP)[0]
        if frame in (10, 415):
            for category, colour in (("Player", RED), ("Enemy", BLUE)):
                found = box(env, category)
                assert found is not None
                x, y, w, h = found
                assert (picture[y : y + h, x : x + w] == colour).all(-1).any()
            player, enemy = box(env, "Player"), box(env, "Enemy")
            assert player is not None
            assert enemy is not None
            assert player[1] < NET < enemy[1] or enemy[1] < NET < player[1]
            seen.append(player[1] < NET)
    assert ram.enemy_games == 1
    return seen


def test_the_agent_stays_at_its_end() -> None:
    assert ends() == [True, False]
    assert ends("always_upper_player") == [True, True]
    assert ends("always_lower_player") == [False, False]


@pytest.mark.parametrize("modif", ["always_upper_player", "always_lower_player"])
def test_the_agent_moves_the_player_at_its_end(modif: str) -> None:
    env = make(modif)
    before = after = None
    for frame in range(40):
        env.step(LEFT)
        if frame == 3:
            before = box(env, "Player")
        after = box(env, "Player")
    assert before is not None
    assert after is not None
    assert after[0] < before[0] - 15
