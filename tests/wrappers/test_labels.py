"""Named RAM bytes in `info`, and only where they are asked for."""

import gymnasium as gym

from hackatari.wrappers import RamLabels, RamPatch


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
