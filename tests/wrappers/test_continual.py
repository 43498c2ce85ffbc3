"""Variants that take turns, and the same in the vector env."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import AtariPreprocessing, FrameStackObservation

from hackatari import GAMES, HackAtariEnv, UnknownNameError
from hackatari.schedulers import CycleScheduler
from hackatari.vector_env import HackAtariVectorEnv
from hackatari.wrappers import Continuing, Curriculum


def played(env, n_steps, seed=0):
    """Play NOOP with resets; return the modifs at work in each step and the steps (from 1) that were truncated."""
    env.reset(seed=seed)
    modifs, truncations = [], []
    for step in range(1, n_steps + 1):
        modifs.append(env.get_wrapper_attr("modifs"))
        _, _, terminated, truncated, _ = env.step(0)
        if truncated:
            truncations.append(step)
        if terminated or truncated:
            env.reset()
    return modifs, truncations


def test_variants_switch_after_exactly_so_many_steps():
    env = gym.make("HackAtari/Pong-Continual-v0", variants=[[], ["up_drift"], ["lazy_enemy"]], switch_every=10)
    modifs, truncations = played(env, 45)
    assert modifs == [()] * 10 + [("up_drift",)] * 10 + [("lazy_enemy",)] * 10 + [()] * 10 + [("up_drift",)] * 5
    assert truncations == [10, 20, 30, 40]


def test_the_last_variant_stays_after_the_last_cycle():
    env = gym.make("HackAtari/Pong-Continual-v0", variants=[["up_drift"], []], switch_every=5, cycles=2)
    modifs, truncations = played(env, 60)
    assert modifs == ([("up_drift",)] * 5 + [()] * 5) * 2 + [()] * 40
    assert truncations == [5, 10, 15]


def test_an_ended_episode_is_followed_by_the_variant_that_is_due():
    env = gym.make(
        "HackAtari/Pong-Continual-v0",
        variants=[[], ["up_drift"]],
        switch_every=10,
        max_num_frames_per_episode=28,
    )
    modifs, truncations = played(env, 20)
    assert modifs == [()] * 10 + [("up_drift",)] * 10
    assert truncations == [7, 10, 17, 20]


def test_the_agent_is_told_by_nothing_but_what_it_sees():
    variants = [[], ["lazy_enemy"]]
    env = gym.make("HackAtari/Pong-Continual-v0", variants=variants, switch_every=3)
    plain = gym.make("HackAtari/Pong-v0")
    assert env.observation_space == plain.observation_space
    observation, info = env.reset(seed=0)
    expected, expected_info = plain.reset(seed=0)
    assert np.array_equal(observation, expected)
    assert info == {**expected_info, "modifs": ()}
    for _ in range(2):
        step, expected_step = env.step(2), plain.step(2)
        assert np.array_equal(step[0], expected_step[0])
        assert step[1:] == expected_step[1:]
    assert env.step(2)[2:4] == (False, True)
    assert env.reset()[1]["modifs"] == ("lazy_enemy",)


def test_by_default_the_games_modifs_come_in_turn():
    scheduler = gym.make("HackAtari/Pong-Continual-v0").get_wrapper_attr("scheduler")
    assert scheduler.variants == [(), *((modif,) for modif in GAMES["pong"].modifs)]
    assert (scheduler.rotation.switch_every, scheduler.rotation.cycles) == (100_000, None)


def test_mistakes_are_found_before_training():
    with pytest.raises(UnknownNameError, match="Did you mean 'lazy_enemy'"):
        gym.make("HackAtari/Pong-Continual-v0", variants=[["lazy_enmy"]])
    with pytest.raises(ValueError, match="switch_every must be an integer of at least 1, got 0"):
        gym.make("HackAtari/Pong-Continual-v0", switch_every=0)
    with pytest.raises(ValueError, match="cycles must be an integer of at least 1, got 0"):
        gym.make_vec("HackAtari/Pong-Continual-v0", num_workers=0, cycles=0)
    with pytest.raises(ValueError, match="at least one variant"):
        gym.make_vec("HackAtari/Pong-Continual-v0", num_workers=0, variants=[])


def test_the_spec_makes_it_again():
    env = gym.make("HackAtari/Pong-Continual-v0", variants=[[], ["up_drift"]], switch_every=10, cycles=3)
    again = gym.make(env.spec)
    assert again.spec == env.spec
    assert again.get_wrapper_attr("scheduler") == env.get_wrapper_attr("scheduler")


@pytest.mark.parametrize("autoreset_mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
@pytest.mark.parametrize("num_workers", [0, 2])
def test_the_vector_env_plays_the_same(autoreset_mode, num_workers):
    variants = [[], ["lazy_enemy"], ["flicker(0.5)"]]
    kwargs = {"max_num_frames_per_episode": 60}
    envs = gym.make_vec(
        "HackAtari/Pong-Continual-v0",
        num_envs=2,
        variants=variants,
        switch_every=12,
        autoreset_mode=autoreset_mode,
        use_fire_reset=False,
        num_workers=num_workers,
        **kwargs,
    )

    def make_one():
        env = AtariPreprocessing(HackAtariEnv("pong", frameskip=1, **kwargs))
        return FrameStackObservation(Curriculum(env, CycleScheduler(variants, 12)), 4, padding_type="zero")

    expected = SyncVectorEnv([make_one] * 2, autoreset_mode=autoreset_mode)
    assert np.array_equal(envs.reset(seed=3)[0], expected.reset(seed=3)[0])
    rng = np.random.default_rng(0)
    truncations = np.zeros(2)
    for _ in range(60):
        actions = rng.integers(6, size=2)
        step, expected_step = envs.step(actions), expected.step(actions)
        assert all(np.array_equal(part, other) for part, other in zip(step[:4], expected_step[:4], strict=True))
        truncations += step[3]
    assert envs.call("scheduler") == expected.call("scheduler")
    assert (truncations >= 4).all()
    envs.close()


@pytest.mark.parametrize("num_workers", [0, 1])
def test_a_continuing_world_switches_too(num_workers):
    """A game over does not show; only the switch truncates."""
    scheduler = CycleScheduler([[], ["up_drift"]], 300)
    kwargs = {"repeat_action_probability": 0.0, "max_num_frames_per_episode": 0}
    envs = HackAtariVectorEnv(
        "pong",
        scheduler=scheduler,
        reset_cost=0.0,
        obs_type="ram",
        stack_num=1,
        noop_max=0,
        use_fire_reset=False,
        num_workers=num_workers,
        **kwargs,
    )
    single = Continuing(Curriculum(HackAtariEnv("pong", obs_type="ram", frameskip=4, **kwargs), scheduler))
    envs.reset(seed=0), single.reset(seed=0)
    for step in range(1, 301):
        observation, _, terminated, truncated, _ = single.step(0)
        batch = envs.step(np.array([0]))
        assert np.array_equal(batch[0][0, 0], observation)
        assert (batch[2][0], batch[3][0]) == (terminated, truncated) == (False, step == 300)
    envs.close()
