"""The puck against an integration step by step."""

import numpy as np
import pytest

from hackatari.problems import PuckWorld

NORTH, WEST, SOUTH, EAST = range(4)


def test_the_puck_is_pushed_and_bounces():
    rng = np.random.default_rng(0)
    envs = PuckWorld(1, acceleration=2.0)
    x, y, vx, vy, goal_x, goal_y = envs.reset(seed=3)[0][0].astype(float)
    assert vx == vy == 0
    bounces = 0
    for action in np.repeat(rng.integers(4, size=30), 10):
        ax, ay = {NORTH: (0, 2), WEST: (-2, 0), SOUTH: (0, -2), EAST: (2, 0)}[int(action)]
        for _ in range(4):
            vx, vy = vx + (ax - 0.5 * vx) * 0.05, vy + (ay - 0.5 * vy) * 0.05
            x, y = x + vx * 0.05, y + vy * 0.05
            if not 0.5 <= x <= 4.5:
                x, vx, bounces = min(max(x, 0.5), 4.5), -0.5 * vx, bounces + 1
            if not 0.5 <= y <= 4.5:
                y, vy, bounces = min(max(y, 0.5), 4.5), -0.5 * vy, bounces + 1
        observations, rewards, *_ = envs.step(np.array([action]))
        assert observations[0] == pytest.approx([x, y, vx, vy, goal_x, goal_y], abs=1e-4)
        assert rewards[0] == pytest.approx(-np.hypot(x - goal_x, y - goal_y), abs=1e-4)
        if bounces > 5:
            break
    assert bounces > 5


def test_the_goal_moves_on_after_its_period():
    envs = PuckWorld(5, goal_period=300)
    goals = [envs.reset(seed=0)[0][:, 4:]]
    goals += [envs.step(np.zeros(5, int))[0][:, 4:] for _ in range(601)]
    moves = [t for t in range(1, 602) if not np.array_equal(goals[t], goals[t - 1])]
    assert moves == [300, 600]


def test_a_reset_starts_the_goals_period_anew():
    envs = PuckWorld(1, goal_period=3)
    envs.reset(seed=0)
    envs.step(np.array([0]))
    goal = envs.reset()[0][0, 4:]
    goals = [envs.step(np.array([0]))[0][0, 4:] for _ in range(3)]
    assert [np.array_equal(goal, one) for one in goals] == [True, True, False]


def test_places_are_uniform_over_what_the_puck_can_reach():
    observations, _ = PuckWorld(4000).reset(seed=0)
    for column in (0, 1, 4, 5):
        places = np.sort(observations[:, column])
        assert 0.5 <= places[0] < 0.51
        assert 4.49 < places[-1] <= 4.5
        # Kolmogorov-Smirnov: the 0.999 quantile of the distance is 1.95 / sqrt(n).
        assert np.abs((places - 0.5) / 4 - np.linspace(0, 1, 4000)).max() < 1.95 / np.sqrt(4000)


def test_speed_stays_below_what_friction_allows():
    envs = PuckWorld(1)
    envs.reset(seed=0)
    speeds = [envs.step(np.array([EAST]))[0][0, 2] for _ in range(60)]
    assert 0.19 < max(speeds) <= 0.2


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="goal_period must be at least 1, got 0"):
        PuckWorld(1, goal_period=0)
    with pytest.raises(ValueError, match=r"acceleration and friction must be above 0, got 0\.1 and 0"):
        PuckWorld(1, friction=0)
