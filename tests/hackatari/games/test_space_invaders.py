"""Space Invaders: every modif does what its documentation says; the objects are where the picture shows them."""

from __future__ import annotations

from collections import defaultdict
from functools import partial

import numpy as np
import pytest
from variants import Box, boxes, inside, make_variant, play, shows

import hackatari  # registers the envs

NOOP, FIRE, RIGHT = 0, 1, 2
START = 130  # frames until the invaders march and the cannon can move

BLACK, GREEN, YELLOW = (0, 0, 0), (50, 132, 50), (162, 134, 56)
SHIELD, BULLET, SHIP = (181, 83, 40), (142, 142, 142), (151, 25, 122)
SHIELD_COLUMNS = {"left": 42, "middle": 74, "right": 106}
SHIFTS = {"slight_left": -8, "off_by_one": 1, "off_by_three": 3, "right": 10}

make = partial(make_variant, "SpaceInvaders")


def columns(picture: np.ndarray, colour: tuple[int, int, int]) -> list[int]:
    """The columns with pixels of this colour."""
    return (picture == colour).all(-1).any(0).nonzero()[0].tolist()


def erase(picture: np.ndarray, found: list[Box]) -> np.ndarray:
    """Return a copy of the picture that is black inside the boxes."""
    rest = picture.copy()
    for box in found:
        inside(rest, box)[:] = BLACK
    return rest


# --- The shields -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", SHIELD_COLUMNS)
def test_disabled_shield_is_missing_and_the_others_are_not(side: str) -> None:
    env = make(f"disable_shield_{side}")
    missing = SHIELD_COLUMNS[side]
    others = [(x, 157, 8, 18) for x in SHIELD_COLUMNS.values() if x != missing]
    for _ in range(START + 20):
        picture = env.step(NOOP)[0]
        assert boxes(env, "Shield") == others
        assert all(shows(inside(picture, box), SHIELD) for box in others)
        assert not shows(erase(picture, others), SHIELD)


def height_of_shot_under(column: int, *modifs: str) -> int:
    """Shoot from under a shield at this column and return the row that the shot reaches."""
    env = make(*modifs)
    ram = env.get_wrapper_attr("ram")
    play(env, START)
    while boxes(env, "Player")[0][0] < column:
        env.step(RIGHT)
    play(env, 2, FIRE)
    rows = []
    while ram.player_bullet_y < 100:
        rows.append(2 * ram.player_bullet_y + 3)
        env.step(NOOP)
    return min(rows)


@pytest.mark.parametrize("side", SHIELD_COLUMNS)
def test_shots_pass_where_a_shield_is_disabled(side: str) -> None:
    column = SHIELD_COLUMNS[side]
    assert height_of_shot_under(column) > 157
    assert height_of_shot_under(column, f"disable_shield_{side}") < 140


@pytest.mark.parametrize("name", SHIFTS)
def test_relocated_shields(name: str) -> None:
    env = make(f"relocate_shields_{name}")
    expected = [(x + SHIFTS[name], 157, 8, 18) for x in SHIELD_COLUMNS.values()]
    picture = play(env, 1)
    assert boxes(env, "Shield") == expected
    assert columns(picture, SHIELD) == [column for x, _, w, _ in expected for column in range(x, x + w)]
    assert height_of_shot_under(expected[0][0], f"relocate_shields_{name}") > 157, "the shields stop shots there"


# --- Shots and bombs ---------------------------------------------------------------------------------------------


def columns_of_cannon_and_shot(*modifs: str) -> np.ndarray:
    """Shoot, then move right; return the left column of both while the shot is seen, int of shape (frames, 2)."""
    env = make(*modifs)
    ram = env.get_wrapper_attr("ram")
    play(env, START)
    play(env, 3, FIRE)
    seen = []
    while ram.player_bullet_y > 60:  # below the invaders
        picture = env.step(RIGHT)[0]
        top = 2 * ram.player_bullet_y + 3
        if ram.timer % 2:  # the other frames show the bombs
            seen.append((columns(picture[185:195], GREEN)[0], columns(picture[top : top + 10], BULLET)[0]))
    return np.array(seen)


def test_shot_follows_the_cannon() -> None:
    straight = columns_of_cannon_and_shot("disable_shield_left")
    steered = columns_of_cannon_and_shot("controlable_missile", "disable_shield_left")
    muzzle = straight[0, 1] - straight[0, 0]
    np.testing.assert_array_equal(straight[:, 0], steered[:, 0])
    assert np.ptp(straight[:, 0]) >= 10
    assert np.ptp(straight[:, 1]) == 0
    np.testing.assert_array_equal(steered[:, 1], steered[:, 0] + muzzle)


def test_no_danger() -> None:
    env = make("no_danger")
    ram = env.get_wrapper_attr("ram")
    terminated, frames = False, 0
    while not terminated:
        picture, _, terminated, *_ = env.step(NOOP)
        frames += 1
        assert ram.lives == 3
        assert not boxes(env, "Bullet")
        assert not boxes(env, "Shield")
        if frames % 7 < 2 and frames < 2000:  # bombs are drawn in every other frame
            assert not shows(picture, BULLET)
            assert not shows(picture, SHIELD)
    landed = max(y + h for _, y, _, h in boxes(env, "Alien"))
    assert landed >= 185, "the game ends when the invaders are on the ground"


def test_cannon_is_hit_without_no_danger() -> None:
    env = make()
    play(env, 800)
    assert env.get_wrapper_attr("ram").lives == 2


def test_no_danger_lets_the_agent_shoot() -> None:
    env = make("no_danger")
    bullets, points = set(), 0.0
    for frame in range(500):
        picture, reward, *_ = env.step(FIRE if frame % 10 < 2 else NOOP)
        points += float(reward)
        bullets |= {shows(inside(picture, box), BULLET) for box in boxes(env, "Bullet")}
    assert points > 0
    assert True in bullets


@pytest.mark.parametrize("modif", ["disable_shield_right", "no_danger"])
def test_command_ship_still_comes(modif: str) -> None:
    env = make(modif)
    game = hackatari.GAMES["space_invaders"]
    for _ in range(1800):
        picture = env.step(NOOP)[0]
        if boxes(env, "Satellite"):
            break
    assert shows(inside(picture, boxes(env, "Satellite")[0]), SHIP)

    picture = play(env, 20)
    seen = columns(picture, SHIP)
    assert len(seen) == 7
    assert abs(seen[0] - boxes(env, "Satellite")[0][0]) <= 1  # the picture is a frame behind
    hud = {o.category for o in game.find_objects(env.get_wrapper_attr("ram"), hud=True)}
    assert not hud & {"P1Score", "P2Score"}
    assert not shows(picture[:30], GREEN)


# --- Objects -----------------------------------------------------------------------------------------------------


def test_objects_are_where_the_picture_shows_them() -> None:
    env = make(seed=2)
    ram, ale = env.get_wrapper_attr("ram"), env.get_wrapper_attr("ale")
    rng = np.random.default_rng(2)
    action, before = NOOP, play(env, START)
    shields = boxes(env, "Shield")
    found: dict[str, list[bool]] = defaultdict(list)
    for frame in range(1200):
        if frame % 8 == 0:
            action = int(rng.integers(6))
        picture = env.step(action)[0]
        for category, *box, colour in ale.find_objects():
            if category == "Player" and (ram.lives_shown or ram.death_graphic):
                continue  # it blinks
            # Bombs and shots are drawn in every other frame only.
            found[category].append(any(shows(inside(p, tuple(box)), colour) for p in (picture, before)))
        shields, shields_before = boxes(env, "Shield"), shields
        assert not shows(erase(picture, shields + shields_before), SHIELD)  # the picture is a frame behind
        before = picture
    assert set(found) == {"Player", "Shield", "Bullet", "Alien"}
    for category, hits in found.items():
        assert len(hits) > 500, category
        assert np.mean(hits) > 0.95, category


def test_boxes_fit_at_the_start() -> None:
    env = make()
    game = hackatari.GAMES["space_invaders"]
    picture = play(env, 5)  # the lives are shown, and the cannon is in the lit phase of its blinking
    objects = game.find_objects(env.get_wrapper_attr("ram"), hud=True)
    assert [o.category for o in objects].count("Alien") == 36
    assert {o.category for o in objects} == {"Player", "Shield", "Alien", "P1Score", "P2Score", "Lives"}
    for _, x, y, w, h, colour in objects:
        rows, cols = (inside(picture, (x, y, w, h)) == colour).all(-1).nonzero()
        assert (cols.min(), np.ptp(cols) + 1) == (0, w)
        assert (rows.min(), np.ptp(rows) + 1) == (0, h)
    everything_else = erase(picture, [(o.x, o.y, o.w, o.h) for o in objects])
    assert not everything_else[:195].any()  # above the ground


def test_shields_are_gone_when_the_invaders_reach_them() -> None:
    env = make()
    play(env, START)
    assert len(boxes(env, "Shield")) == 3
    env.get_wrapper_attr("ram").invaders_y = 15
    picture = play(env, 10)
    assert not boxes(env, "Shield")
    assert not shows(picture, SHIELD)


def test_invaders_that_are_shot_leave_the_object_list() -> None:
    env = make("disable_shield_left")
    play(env, START)
    shot_invaders = 0
    for frame in range(300):
        shot_invaders += float(env.step(FIRE if frame % 10 < 2 else NOOP)[1]) > 0
    assert shot_invaders > 0
    assert len(boxes(env, "Alien")) == 36 - shot_invaders
