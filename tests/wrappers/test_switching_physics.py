"""Physics that changes while an agent learns."""

import gymnasium as gym
import numpy as np
import pytest

pytest.importorskip("mujoco")

from hackatari.wrappers.continuing import Continuing
from hackatari.wrappers.switching_physics import SwitchingPhysics

PHASES = [{}, {"gravity": 0.25}, {"gravity": 2.0, "friction": 0.5}]


def hopper(**kwargs):
    return gym.make("Hopper-v5", **kwargs)


def model(env):
    return env.unwrapped.model


def test_factors_multiply_the_models_values():
    env = SwitchingPhysics(hopper(), PHASES, switch_every=2)
    friction, gravity = model(env).geom_friction.copy(), model(env).opt.gravity.copy()
    env.reset(seed=0)
    phases, frictions, gravities = [], [], []
    for _ in range(8):
        phases.append(env.step(np.zeros(3))[4]["phase"])
        frictions.append(model(env).geom_friction.copy())
        gravities.append(model(env).opt.gravity.copy())
    assert phases == [0, 0, 1, 1, 2, 2, 0, 0]
    assert np.allclose(gravities, gravity * np.array([1, 1, 0.25, 0.25, 2, 2, 1, 1])[:, None])
    assert np.allclose(frictions, friction * np.array([1, 1, 1, 1, 0.5, 0.5, 1, 1])[:, None, None])


def test_the_steps_of_a_phase_are_those_of_an_env_with_these_values():
    env, by_hand = SwitchingPhysics(hopper(), PHASES, switch_every=3), hopper()
    (first, info), (expected, _) = env.reset(seed=5), by_hand.reset(seed=5)
    assert info["phase"] == 0
    assert np.array_equal(first, expected)
    rng = np.random.default_rng(0)
    for step in range(9):
        if step == 3:
            model(by_hand).opt.gravity[:] *= 0.25
        if step == 6:
            model(by_hand).opt.gravity[:] *= 8
            model(by_hand).geom_friction[:] *= 0.5
        action = rng.uniform(-1, 1, size=3)
        observation, reward, terminated, truncated, _ = env.step(action)
        expected = by_hand.step(action)
        assert np.array_equal(observation, expected[0])
        assert (reward, terminated, truncated) == expected[1:4]


def test_steps_are_counted_over_episodes():
    env = SwitchingPhysics(hopper(max_episode_steps=2), [{}, {"gravity": 0.5}], switch_every=3, cycles=1)
    phases = []
    for _ in range(4):
        phases.append(env.reset(seed=0)[1]["phase"])
        for _ in range(2):
            phases.append(env.step(np.zeros(3))[4]["phase"])
    assert phases == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1]


def test_it_fits_into_a_continuing_world():
    env = Continuing(SwitchingPhysics(hopper(max_episode_steps=-1), PHASES, switch_every=40), reset_cost=10.0)
    env.reset(seed=0)
    env.action_space.seed(0)
    falls, phases = 0, set()
    for _ in range(150):
        _, _, terminated, truncated, info = env.step(env.action_space.sample())
        assert not terminated
        assert not truncated
        falls += info["game_over"]
        phases.add(info["phase"])
    assert falls > 1
    assert phases == {0, 1, 2}


def test_wrong_arguments_are_named():
    with pytest.raises(TypeError, match=r"needs a Gymnasium MuJoCo env such as 'Hopper-v5', got .*CartPole"):
        SwitchingPhysics(gym.make("CartPole-v1"), PHASES, 10)
    for phases, error, message in (
        ([], ValueError, "at least one phase"),
        (["gravity"], TypeError, "A phase is a mapping such as {'gravity': 0.5}, got 'gravity'"),
        ([{"gravty": 1.0}], ValueError, "friction and gravity, not 'gravty'. Did you mean 'gravity'"),
        ([{"friction": -1.0}], ValueError, "friction must be 0 or more, got -1.0"),
    ):
        with pytest.raises(error, match=message):
            SwitchingPhysics(hopper(), phases, 10)
    with pytest.raises(ValueError, match="switch_every must be an integer of at least 1, got 0"):
        SwitchingPhysics(hopper(), PHASES, 0)


def test_the_spec_makes_it_again():
    env = SwitchingPhysics(hopper(), PHASES, switch_every=7, cycles=2)
    again = gym.make(env.spec)
    assert again.spec == env.spec
    assert again.get_wrapper_attr("phases") == PHASES
