"""Pong: every modif does in the game what its documentation says; the objects are where the picture shows them."""

from functools import partial

import numpy as np
import pytest
from variants import make_variant

import hackatari

NOOP, UP, DOWN = 0, 2, 3
ENEMY, BALL, PLAYER = (213, 130, 74), (236, 236, 236), (92, 186, 92)

make = partial(make_variant, "Pong")


def follow(ram):
    """A simple player: keep the paddle at the ball's height."""
    if not ram.ball_y or abs(ram.player_y - ram.ball_y) < 4:
        return NOOP
    return UP if ram.player_y > ram.ball_y else DOWN


def watch(env, frames, policy=follow):
    """Play and return, for each frame of a rally, ball_x, ball_y, enemy_y and player_y as the picture shows them."""
    ram = env.get_wrapper_attr("ram")
    rows = []
    for _ in range(frames):
        env.step(policy(ram))
        rows.append((ram.ball_x, ram.ball_y, ram.enemy_y, ram.player_y) if ram.ball_y else (0, 0, 0, 0))
    return np.array(rows, dtype=int)


def flights(ball_x):
    """Return the index ranges in which the ball flies to the right for at least 20 frames."""
    right = np.diff(ball_x) > 0
    edges = np.flatnonzero(np.diff(np.concatenate(([0], right.astype(int), [0]))))
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= 20]


def test_lazy_enemy_stands_still_while_the_ball_flies_to_the_agent():
    def travel(env):
        rows = watch(env, 3000)
        return [np.ptp(rows[a + 3 : b, 2]) for a, b in flights(rows[:, 0])]

    lazy, normal = travel(make("lazy_enemy")), travel(make())
    assert len(lazy) >= 8
    assert max(lazy) <= 4  # within the 2 pixels up and down that the game adds itself
    assert max(normal) > 20


def test_lazy_enemy_moves_while_the_ball_comes_back():
    rows = watch(make("lazy_enemy"), 3000)
    returns = np.diff(rows[:, 0]) < 0
    assert np.abs(np.diff(rows[:, 2]))[returns].max() >= 2


def test_parallel_enemy_copies_the_agent():
    rows = watch(make("parallel_enemy"), 1500, policy=lambda ram: UP if ram.rally_clock % 2 else DOWN)
    rally = rows[rows[:, 1] > 0][10:]
    # A frame behind, plus the game's own step; right after a serve the paddle is still at the centre.
    assert np.quantile(np.abs(rally[:, 2] - rally[:, 3]), 0.98) <= 4
    normal = watch(make(), 1500, policy=lambda ram: UP if ram.rally_clock % 2 else DOWN)
    normal = normal[normal[:, 1] > 0][10:]
    assert np.abs(normal[:, 2] - normal[:, 3]).max() > 50


def test_parallel_enemy_after_hit_copies_only_while_the_ball_flies_to_the_agent():
    rows = watch(make("parallel_enemy_after_hit"), 3000)
    apart = np.abs(rows[:, 2] - rows[:, 3])
    outward = np.concatenate([np.arange(a + 6, b - 2) for a, b in flights(rows[:, 0])])
    assert np.quantile(apart[outward], 0.98) <= 10
    homeward = np.flatnonzero((np.diff(rows[:, 0]) < 0) & (rows[1:, 0] < 100) & (rows[1:, 1] > 0))
    to_ball = np.abs(rows[homeward + 1, 2] - rows[homeward + 1, 1])
    assert len(homeward) > 100
    assert np.median(to_ball) < np.median(np.abs(rows[outward, 2] - rows[outward, 1])) + 20


def test_random_perturbation_enemy_shakes():
    def turns(env):
        rows = watch(env, 1500)
        moves = np.sign(np.diff(rows[rows[:, 1] > 0, 2]))
        return np.mean(moves[1:] * moves[:-1] < 0)

    assert turns(make("random_perturbation_enemy")) > 0.25
    assert turns(make()) < 0.1


def test_random_perturbation_enemy_stays_on_the_field():
    rows = watch(make("random_perturbation_enemy"), 3000)
    assert rows[rows[:, 1] > 0, 2].max() <= 205


def test_hidden_enemy_is_nowhere_but_plays():
    env = make("hidden_enemy")
    ram = env.get_wrapper_attr("ram")
    colours = []
    for _ in range(1500):
        field = env.step(NOOP)[0][34:194]
        colours.append((field == ENEMY).all(-1).any())
        assert all(o.category != "Enemy" for o in env.get_wrapper_attr("objects"))
    assert not any(colours[2:])
    assert ram.enemy_score > 0  # it returns serves and wins points


def test_hidden_enemy_does_not_hide_the_ball():
    env = make("hidden_enemy")
    ram = env.get_wrapper_attr("ram")
    seen = []
    for _ in range(3000):
        observation = env.step(follow(ram))[0]
        ball = [o for o in env.get_wrapper_attr("objects") if o.category == "Ball" and 14 <= o.x <= 19]
        seen += [(observation[o.y : o.y + o.h, o.x : o.x + o.w] == BALL).all(-1).any() for o in ball]
    assert len(seen) > 5
    assert np.mean(seen) > 0.9


@pytest.mark.parametrize(
    ("modif", "column", "drift"),
    [("up_drift", 1, -1), ("down_drift", 1, 1), ("left_drift", 0, -1), ("right_drift", 0, 1)],
)
def test_drifts_add_a_pixel_every_four_frames(modif, column, drift):
    """Compared with the unmodified flight from the same state, the ball is off by one more pixel every four frames."""
    plain, patched = make(), make(modif)
    while not plain.get_wrapper_attr("ram").ball_y or plain.get_wrapper_attr("ram").ball_y < 80:
        plain.step(NOOP)
    for env in (plain, patched):
        ram = env.get_wrapper_attr("ram")
        if env is patched:
            env.unwrapped.ale._ale.restoreState(plain.unwrapped.clone_state().ale_state)
        ram.ball_y, ram.ball_x = 120, 130
    start = plain.unwrapped.clone_state().ale_state
    tracks = []
    for env in (plain, patched):
        env.unwrapped.ale._ale.restoreState(start)
        tracks.append(watch(env, 16, policy=lambda ram: NOOP)[:, column])
    offset = (tracks[1] - tracks[0]) * drift
    assert offset.tolist() == [
        offset[0] + sum(1 for f in range(1, i + 1) if offset[f] > offset[f - 1]) for i in range(16)
    ]
    assert offset[-1] in (4, 5)
    assert set(np.diff(offset).tolist()) == {0, 1}


def test_drifts_combine_to_a_diagonal():
    env, plain = make("up_drift", "left_drift"), make()
    tracks = [watch(e, 75, policy=lambda ram: NOOP) for e in (plain, env)]
    last = np.flatnonzero((tracks[0][:, 1] > 0) & (tracks[1][:, 1] > 0))[-1]
    dx, dy = (tracks[1] - tracks[0])[last, :2]
    assert dx < 0
    assert dy < 0


def test_objects_are_where_the_picture_shows_them():
    """Boxes are exactly those of the colours; only the ball is a row off in some frames and cut off at the walls."""
    env = make()
    ram = env.get_wrapper_attr("ram")
    exact = {"Player": [], "Ball": [], "Enemy": []}
    for frame in range(800):
        observation = env.step(follow(ram))[0]
        if frame < 2:
            continue  # drawn in other colours
        for o in env.get_wrapper_attr("objects"):
            mask = (observation[34:194] == o.colour).all(-1)
            rows, columns = np.flatnonzero(mask.any(1)) + 34, np.flatnonzero(mask.any(0))
            box = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1) if len(rows) else None
            exact[o.category].append(box == (o.x, o.y, o.x + o.w, o.y + o.h))
    assert min(len(hits) for hits in exact.values()) > 300
    assert np.mean(exact["Player"]) > 0.95
    assert np.mean(exact["Enemy"]) > 0.95
    assert np.mean(exact["Ball"]) > 0.85


def test_the_score_display_grows_with_the_points():
    env = make()
    ram = env.get_wrapper_attr("ram")
    for points in (3, 12, 20):
        ram.player_score = points
        observation = env.step(NOOP)[0]
        observation = env.step(NOOP)[0]
        found = {o.category: o for o in hackatari.find_game("pong").find_objects(ram, hud=True)}
        o = found["PlayerScore"]
        columns = np.flatnonzero((observation[:24] == PLAYER).all(-1).any(0))
        assert o.x <= columns[0]
        assert columns[-1] < o.x + o.w
