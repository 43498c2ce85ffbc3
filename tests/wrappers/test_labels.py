"""Named RAM bytes in `info` or as the observation, and only where they are asked for."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from hackatari.wrappers import RamLabels, RamObservation, RamPatch


def test_labels_are_those_of_the_present_frame():
    env = RamLabels(RamPatch(gym.make("ALE/Freeway-v5")))
    _, info = env.reset(seed=0)
    assert info["labels"]["player_y"] == 6
    for _ in range(30):
        _, _, _, _, info = env.step(1)
    ram = env.unwrapped.ale.getRAM()
    assert info["labels"]["player_y"] == ram[14] > 6
    assert info["labels"]["car_x"] == ram[108:118].tolist()


def test_info_stays_ales_otherwise():
    env = gym.make("HackAtari/Freeway-v0")
    env.reset(seed=0)
    assert set(env.step(0)[4]) == {"lives", "episode_frame_number", "frame_number"}


def test_the_observation_is_the_named_bytes_in_order():
    env = RamObservation(gym.make("HackAtari/Freeway-v0"))
    observation, _ = env.reset(seed=0)
    for _ in range(30):
        observation, *_ = env.step(1)
    ram = env.unwrapped.ale.getRAM()
    by_name = dict(zip(env.names, observation.tolist(), strict=True))
    assert by_name["player_y"] == ram[14] > 6
    assert [by_name[f"car_x[{i}]"] for i in range(10)] == ram[108:118].tolist()
    assert env.observation_space.contains(observation)
    assert (observation.dtype, observation.shape) == (np.uint8, (len(env.names),))


@pytest.mark.filterwarnings("ignore:.*is different from the unwrapped version.*:UserWarning")  # it is a wrapper
def test_the_observation_passes_gymnasiums_checker_and_its_spec_makes_it_again():
    env = RamObservation(gym.make("HackAtari/Pong-v0", disable_env_checker=True))
    check_env(env, skip_render_check=True)
    assert np.array_equal(gym.make(env.spec).reset(seed=3)[0], env.reset(seed=3)[0])


def test_what_has_no_names_is_refused():
    with pytest.raises(ValueError, match="No byte of Adventure has a name; use obs_type='ram'"):
        RamObservation(gym.make("HackAtari/Adventure-v0"))
    with pytest.raises(TypeError, match="has no patched emulator: make HackAtari/<Game>-v0, or put RamPatch"):
        RamLabels(gym.make("ALE/Pong-v5"))
