"""Worlds without episodes."""

import gymnasium as gym
import numpy as np
import pytest

import hackatari  # noqa: F401  (registers the env IDs)
from hackatari.wrappers import Continuing


class Countdown(gym.Env):
    """Terminates after three steps with reward 1 each; observes the number of steps."""

    observation_space = gym.spaces.Discrete(4)
    action_space = gym.spaces.Discrete(1)

    def reset(self, *, seed=None, options=None):
        self.t = 0
        return self.t, {"t": 0}

    def step(self, action):
        self.t += 1
        return self.t, 1.0, self.t == 3, False, {"t": self.t}


def test_a_termination_becomes_a_reset_at_a_cost():
    env = Continuing(Countdown(), reset_cost=5.0)
    env.reset()
    steps = [env.step(0) for _ in range(6)]
    assert [step[0] for step in steps] == [1, 2, 0, 1, 2, 0]
    assert [step[1] for step in steps] == [1, 1, -4, 1, 1, -4]
    assert not any(step[2] or step[3] for step in steps)
    assert [step[4]["game_over"] for step in steps] == [False, False, True] * 2


def test_truncation_is_passed_on_and_does_not_reset():
    env = Continuing(gym.wrappers.TimeLimit(Countdown(), 2))
    env.reset()
    assert [env.step(0)[2:4] for _ in range(2)] == [(False, False), (False, True)]
    assert env.unwrapped.t == 2


def test_pong_goes_on_after_21_points():
    env = gym.make("HackAtari/Pong-Continuing-v0", max_episode_steps=900, reset_cost=2.0, modifs=["up_drift"])
    env.reset(seed=0)
    rewards, ends, game_overs = [], [], []
    for _ in range(900):
        _, reward, terminated, truncated, info = env.step(0)
        rewards.append(reward)
        ends.append((terminated, truncated))
        game_overs.append(info["game_over"])
    assert ends == [(False, False)] * 899 + [(False, True)]
    assert sum(game_overs) == 1
    over = game_overs.index(True)
    assert sum(rewards[: over + 1]) == -21 - 2.0
    assert env.get_wrapper_attr("ram").enemy_score < 21
    assert env.get_wrapper_attr("modifs") == ("up_drift",)


def test_there_is_no_longest_game():
    """ALE's own limit of frames would truncate; a continuing world has none."""
    assert gym.make("HackAtari/Pong-Continuing-v0").unwrapped.ale.getInt("max_num_frames_per_episode") == 0


def test_the_spec_makes_it_again():
    env = gym.make("HackAtari/Pong-Continuing-v0", reset_cost=3.0)
    again = gym.make(env.spec)
    assert again.spec == env.spec
    assert again.get_wrapper_attr("reset_cost") == 3.0


def test_seeds_reach_through():
    first, second = (gym.make("HackAtari/Pong-Continuing-v0").reset(seed=4)[0] for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("game", ["Alien", "Pong"])
def test_every_game_has_one(game):
    assert gym.spec(f"HackAtari/{game}-Continuing-v0").kwargs["max_num_frames_per_episode"] == 0
