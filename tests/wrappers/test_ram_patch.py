"""Patching an env that exists already."""

import gymnasium as gym
import pytest

from hackatari import UnknownNameError
from hackatari.emulator import PatchedALE
from hackatari.wrappers import RamPatch


def test_the_emulator_is_replaced_for_everyone():
    env = gym.make("ALE/Pong-v5")
    patched = RamPatch(env, modifs=["lazy_enemy"])
    assert isinstance(env.unwrapped.ale, PatchedALE)
    assert patched.modifs == ("lazy_enemy",)
    patched.set_modifs([])
    patched.reset(seed=0)
    assert patched.modifs == ()
    patched.reset(options={"modifs": ["up_drift"]})
    assert patched.modifs == ("up_drift",)


def test_the_spec_makes_it_again():
    env = gym.make(RamPatch(gym.make("ALE/Pong-v5"), modifs=["lazy_enemy"]).spec)
    assert env.get_wrapper_attr("modifs") == ("lazy_enemy",)


def test_what_cannot_be_patched_is_refused():
    with pytest.raises(TypeError, match="RamPatch needs an Atari env, got <CartPoleEnv"):
        RamPatch(gym.make("CartPole-v1"))
    with pytest.raises(TypeError, match="patched already; choose other modifs with set_modifs"):
        RamPatch(gym.make("HackAtari/Pong-v0"))
    env = gym.make("ALE/Pong-v5")
    with pytest.raises(UnknownNameError, match="Did you mean 'lazy_enemy'"):
        RamPatch(env, ["lazy_enmy"])
    assert not isinstance(env.unwrapped.ale, PatchedALE)
