"""Catch against a game of balls that are objects."""

import numpy as np
import pytest

from hackatari.problems import Catch


def drawn(balls, paddle, rows=10, columns=5):
    board = np.zeros((rows, columns), np.float32)
    board[rows - 1, paddle] = 1
    for row, column in balls:
        board[row, column] = 1
    return board


def test_the_game_is_the_one_of_its_rules():
    envs = Catch(1, ball_probability=0.5)
    board = envs.reset(seed=1)[0][0]
    paddle, balls = 2, [(0, int(board[0].argmax()))]
    assert np.array_equal(board, drawn(balls, paddle))
    rewards_seen = set()
    for action in np.random.default_rng(0).integers(3, size=300):
        observations, rewards, *_ = envs.step(np.array([action]))
        paddle = min(max(paddle + int(action) - 1, 0), 4)
        balls = [(row + 1, column) for row, column in balls]
        reward = sum(1 if column == paddle else -1 for row, column in balls if row == 9)
        balls = [(row, column) for row, column in balls if row < 9]
        balls += [(0, column) for column in np.flatnonzero(observations[0, 0]).tolist()]  # chance decides
        assert rewards[0] == reward
        assert np.array_equal(observations[0], drawn(balls, paddle))
        rewards_seen.add(reward)
    assert rewards_seen == {-1, 0, 1}


def test_new_balls_are_as_frequent_as_told_and_anywhere():
    envs = Catch(5000)
    envs.reset(seed=0)
    top = np.concatenate([envs.step(np.ones(5000, int))[0][:, 0] for _ in range(20)])
    # Five standard deviations of a frequency of 0.02 in 100,000.
    assert np.abs(top.mean(axis=0) - 0.02).max() < 5 * np.sqrt(0.02 * 0.98 / len(top))
    assert top.sum(axis=1).max() == 1


def test_a_ball_in_every_step():
    envs = Catch(1, ball_probability=1.0)
    envs.reset(seed=0)
    for _ in range(12):
        board = envs.step(np.array([1]))[0][0]
    assert board.sum(axis=1).tolist() == [1] * 10


def test_continuous_observations_are_of_paddle_and_lowest_ball():
    binary, continuous = Catch(3, ball_probability=0.3), Catch(3, ball_probability=0.3, obs_type="continuous")
    boards, observations = binary.reset(seed=0)[0], continuous.reset(seed=0)[0]
    without_ball = 0
    for actions in np.random.default_rng(0).integers(3, size=(200, 3)):
        for board, observation in zip(boards, observations, strict=True):
            rows, columns = np.nonzero(board[:-1])
            ball = (columns[-1] / 5, rows[-1] / 10) if len(rows) else (0, 0)
            without_ball += not len(rows)
            assert observation == pytest.approx([board[-1].argmax() / 5, *ball])
        boards, observations = binary.step(actions)[0], continuous.step(actions)[0]
    assert without_ball > 0


def test_one_who_follows_the_lowest_ball_catches_nearly_all():
    envs = Catch(50, obs_type="continuous")
    observations, rewards = envs.reset(seed=0)[0], []
    for _ in range(500):
        paddle, ball, row = observations.T
        actions = 1 + np.sign(np.where(row > 0, ball - paddle, 0)).astype(int)
        observations, reward, *_ = envs.step(actions)
        rewards.append(reward)
    assert 0.08 < np.mean(rewards) <= 0.1


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="obs_type must be 'binary' or 'continuous', got 'pixels'"):
        Catch(1, obs_type="pixels")
    with pytest.raises(ValueError, match=r"ball_probability must be in \(0, 1\], got 0"):
        Catch(1, ball_probability=0)
    with pytest.raises(ValueError, match="rows and columns must be at least 2, got 1 and 5"):
        Catch(1, rows=1)
