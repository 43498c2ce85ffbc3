"""Worlds without episodes."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import SyncVectorEnv
from gymnasium.wrappers import AtariPreprocessing

from hackatari import HackAtariEnv
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


# --- Lost lives ---------------------------------------------------------------------------------------------------


class Lives(gym.Env):
    """Loses a life every second step; terminates with the third. One life is won in step 3."""

    observation_space = gym.spaces.Discrete(10)
    action_space = gym.spaces.Discrete(1)

    def reset(self, *, seed=None, options=None):
        self.t = 0
        return 0, {"lives": 2}

    def step(self, action):
        self.t += 1
        lives = [2, 2, 1, 2, 1, 1, 0][self.t]
        return self.t, 1.0, lives == 0, False, {"lives": lives}


def test_each_lost_life_has_a_cost_the_last_one_too():
    env = Continuing(Lives(), reset_cost=0.25, life_loss_cost=0.5)
    env.reset()
    assert [env.step(0)[1] for _ in range(6)] == [1, 0.5, 1, 0.5, 1, 0.25]
    assert [env.step(0)[1] for _ in range(2)] == [1, 0.5]


def test_lives_have_no_cost_by_default():
    env = Continuing(Lives())
    env.reset()
    assert [env.step(0)[1] for _ in range(8)] == [1] * 8


def test_a_reset_by_hand_loses_no_life():
    env = Continuing(Lives(), life_loss_cost=1.0)
    for _ in range(2):
        env.reset()
        assert [env.step(0)[1] for _ in range(2)] == [1, 0]


def test_envs_without_lives_cannot_have_the_cost():
    with pytest.raises(ValueError, match="life_loss_cost needs an env with info"):
        Continuing(Countdown(), life_loss_cost=1.0).reset()


def test_a_game_without_rewards_costs_its_lives():
    """Breakout's ball is missed five times where the paddle stays away; a lost life costs 1 unless told otherwise."""
    kwargs = dict(frameskip=4, repeat_action_probability=0.0)
    free, costly = (gym.make("HackAtari/Breakout-Continuing-v0", life_loss_cost=c, **kwargs) for c in (0.0, 2.0))
    default = gym.make("HackAtari/Breakout-Continuing-v0", **kwargs)
    rewards = []
    for env in (free, default, costly):
        env.reset(seed=0)
        steps = [env.step(1 + 2 * (t % 3 > 0)) for t in range(400)]  # FIRE, LEFT, LEFT
        assert any(step[4]["game_over"] for step in steps)
        rewards.append(np.array([step[1] for step in steps]))
    lost = rewards[0] - rewards[1]
    assert set(lost) == {0.0, 1.0}
    assert lost.sum() >= 5
    assert np.array_equal(rewards[0] - rewards[2], 2 * lost)


def test_the_vector_env_has_the_same_costs():
    costs = dict(reset_cost=3.0, life_loss_cost=0.5)
    game = dict(max_num_frames_per_episode=0, repeat_action_probability=0.25)

    def single():
        return Continuing(AtariPreprocessing(HackAtariEnv("breakout", frameskip=1, **game)), **costs)

    envs = gym.make_vec(
        "HackAtari/Breakout-Continuing-v0", num_envs=2, num_workers=0, use_fire_reset=False, stack_num=1, **costs
    )
    expected = SyncVectorEnv([single] * 2)
    assert np.array_equal(envs.reset(seed=0)[0][:, 0], expected.reset(seed=0)[0])
    rng = np.random.default_rng(0)
    game_overs = 0
    for _ in range(350):
        actions = rng.integers(4, size=2)
        (observations, *results, infos), step = envs.step(actions), expected.step(actions)
        assert np.array_equal(observations[:, 0], step[0])
        assert np.array_equal(results, step[1:4])
        game_overs += infos["game_over"].sum()
    assert game_overs > 0
    assert envs.call("life_loss_cost") == (0.5, 0.5)
    assert gym.make_vec("HackAtari/Pong-Continuing-v0", num_workers=0).get_attr("life_loss_cost") == (1.0,)


def test_clipped_rewards_do_not_clip_the_costs():
    kwargs = dict(num_workers=0, use_fire_reset=False, life_loss_cost=4.0)
    envs = gym.make_vec("HackAtari/Breakout-Continuing-v0", num_envs=1, reward_clipping=True, **kwargs)
    envs.reset(seed=0)
    rewards = [envs.step([1 + 2 * (t % 3 > 0)])[1][0] for t in range(60)]
    assert -4.0 in rewards


def test_a_vector_env_with_episodes_has_no_cost_of_lives():
    with pytest.raises(ValueError, match="life_loss_cost is for continuing worlds: give a reset_cost too"):
        gym.make_vec("HackAtari/Breakout-v0", num_workers=0, life_loss_cost=1.0)


# --- Continuing control -------------------------------------------------------------------------------------------


def test_mujoco_without_time_limit_falls_and_goes_on():
    pytest.importorskip("mujoco")
    env = Continuing(gym.make("Hopper-v5", max_episode_steps=-1), reset_cost=10.0)
    env.reset(seed=0)
    env.action_space.seed(0)
    steps = [env.step(env.action_space.sample()) for _ in range(1100)]
    assert not any(step[2] or step[3] for step in steps)
    falls = [step[1] for step in steps if step[4]["game_over"]]
    assert len(falls) > 10
    assert max(falls) < -5.0 < min(step[1] for step in steps if not step[4]["game_over"])


# glfw, which dm_control loads, warns where there is no display; dm_control's own models use a deprecated attribute.
@pytest.mark.filterwarnings("ignore:.*X11.*", "ignore::DeprecationWarning")
def test_dm_control_without_time_limit_never_ends(monkeypatch):
    monkeypatch.setenv("MUJOCO_GL", "disable")
    pytest.importorskip("shimmy")
    pytest.importorskip("dm_control")
    env = Continuing(gym.make("dm_control/cartpole-swingup-v0", task_kwargs={"time_limit": float("inf")}))
    env.reset(seed=0)
    env.action_space.seed(0)
    steps = [env.step(env.action_space.sample()) for _ in range(1100)]  # the time limit is 1000 steps
    assert not any(step[2] or step[3] or step[4]["game_over"] for step in steps)
