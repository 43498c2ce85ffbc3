"""The patched emulator: the native game without modifs, and exact switching, cloning and pictures with them."""

import cv2
import gymnasium as gym
import numpy as np
import pytest
from ale_py import roms

import hackatari
from hackatari.emulator import modif_seed
from hackatari.games import rom_ids
from hackatari.names import pascal_case
from hackatari.palette import NTSC


def make(modifs=(), game="Pong", **kwargs):
    return gym.make(f"HackAtari/{game}-v0", modifs=modifs, **kwargs)


def play(env, n, seed=0):
    """Step with seeded random actions; return the RAM after each step."""
    rng = np.random.default_rng(seed)
    trace = []
    for _ in range(n):
        _, _, terminated, truncated, _ = env.step(int(rng.integers(env.action_space.n)))
        trace.append(env.unwrapped.ale.getRAM())
        if terminated or truncated:
            env.reset()
    return np.array(trace)


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        {"obs_type": "grayscale"},
        {"obs_type": "ram", "full_action_space": True},
        {"frameskip": (2, 5), "mode": 1, "difficulty": 1},
        {"frameskip": 1, "repeat_action_probability": 0.0, "max_num_frames_per_episode": 300},
        {"sound_obs": True},
        {"continuous": True, "render_mode": "rgb_array"},
    ],
    ids=str,
)
@pytest.mark.parametrize("game", ["Pong", "Breakout", "SpaceInvaders", "Freeway", "Boxing"])
def test_without_modifs_it_is_the_native_env(game, kwargs):
    if "mode" in kwargs:
        kwargs = {**kwargs, "mode": {"Boxing": 0, "Breakout": 4}.get(game, 1)}
    native, ours = gym.make(f"ALE/{game}-v5", **kwargs), make(game=game, **kwargs)
    assert (ours.observation_space, ours.action_space) == (native.observation_space, native.action_space)
    assert_same((native.reset(seed=7)), ours.reset(seed=7))
    native.action_space.seed(1)
    for _ in range(150):
        action = native.action_space.sample()
        expected, got = native.step(action), ours.step(action)
        assert_same(expected, got)
        assert np.array_equal(native.unwrapped.ale.getRAM(), ours.unwrapped.ale.getRAM())
        if expected[2] or expected[3]:
            assert_same(native.reset(), ours.reset())
    if kwargs.get("render_mode"):
        assert np.array_equal(native.render(), ours.render())


def assert_same(expected, got):
    """Compare nested tuples and dicts of arrays and numbers."""
    if isinstance(expected, dict):
        assert expected.keys() == got.keys()
        expected, got = list(expected.values()), list(got.values())
    if isinstance(expected, (tuple, list)):
        assert len(expected) == len(got)
        for e, g in zip(expected, got, strict=True):
            assert_same(e, g)
    else:
        assert np.array_equal(expected, got)


@pytest.mark.parametrize("rom", rom_ids())
def test_every_game_of_ale_is_there(rom):
    name = pascal_case(rom)
    native, ours = gym.spec(f"ALE/{name}-v5"), gym.spec(f"HackAtari/{name}-v0")
    assert ours.kwargs == native.kwargs
    assert ours.max_episode_steps == native.max_episode_steps


def test_no_game_is_missing():
    assert {f"HackAtari/{spec.name}-v0" for spec in gym.registry.values() if spec.namespace == "ALE"} <= set(
        gym.registry
    )
    assert len(rom_ids()) == len(roms.get_all_rom_ids()) - 4


def test_modifs_do_not_move_the_emulators_random_stream():
    words = np.random.SeedSequence(5).generate_state(2)
    assert list(np.random.SeedSequence(5).generate_state(3)[:2]) == list(words)
    assert modif_seed(5) not in words
    assert make(["lazy_enemy"]).reset(seed=5)[1]["seeds"] == gym.make("ALE/Pong-v5").reset(seed=5)[1]["seeds"]


def test_set_modifs_acts_from_the_next_reset_on():
    env = make()
    env.reset(seed=0)
    env.get_wrapper_attr("set_modifs")(["lazy_enemy"])
    assert env.get_wrapper_attr("modifs") == ()
    switched = play(env, 100)
    env.reset(seed=0)
    assert env.get_wrapper_attr("modifs") == ("lazy_enemy",)
    lazy = play(env, 100)

    fresh = make(["lazy_enemy"])
    fresh.reset(seed=0)
    assert np.array_equal(lazy, play(fresh, 100))
    plain = make()
    plain.reset(seed=0)
    assert np.array_equal(switched, play(plain, 100))


def test_reset_options_switch_at_once_and_stay():
    env = make()
    env.reset(seed=0, options={"modifs": ["up_drift"]})
    assert env.get_wrapper_attr("modifs") == ("up_drift",)
    env.reset()
    assert env.get_wrapper_attr("modifs") == ("up_drift",)


def test_a_misspelt_switch_changes_nothing():
    env = make(["up_drift"])
    with pytest.raises(hackatari.UnknownNameError, match="Did you mean 'lazy_enemy'"):
        env.get_wrapper_attr("set_modifs")(["lazy_enmy"])
    env.reset(seed=0)
    assert env.get_wrapper_attr("modifs") == ("up_drift",)


@pytest.mark.parametrize("modif", ["lazy_enemy", "random_perturbation_enemy", "up_drift"])
def test_a_restored_state_has_the_same_future(modif):
    # Without sticky actions: the action to be repeated is no part of ALE's state.
    env = make([modif], repeat_action_probability=0.0)
    env.reset(seed=0)
    play(env, 83)
    state = env.unwrapped.clone_state(include_rng=True)
    future = play(env, 150, seed=1)
    env.unwrapped.restore_state(state)
    assert np.array_equal(future, play(env, 150, seed=1))


def test_a_restored_state_brings_its_variant_and_the_rules_state_back():
    env = make(["lazy_enemy"], frameskip=1, repeat_action_probability=0.0)
    env.reset(seed=0)
    play(env, 151)
    state = env.unwrapped.clone_state()
    future = play(env, 100, seed=1)
    env.reset(options={"modifs": ["up_drift"]})
    play(env, 100)
    env.unwrapped.restore_state(state)
    assert env.get_wrapper_attr("modifs") == ("lazy_enemy",)
    assert np.array_equal(future, play(env, 100, seed=1))


def test_rules_start_anew_at_every_reset():
    env = make(["up_drift"], frameskip=1, repeat_action_probability=0.0)
    env.reset(seed=0)
    first = play(env, 200)
    env.reset(seed=0)
    assert np.array_equal(first, play(env, 200))


def test_pictures_agree_and_are_the_callers_own():
    env = make(["hidden_enemy"])
    env.reset(seed=0)
    ale = env.unwrapped.ale
    for _ in range(60):
        observation = env.step(3)[0]
        screen, rgb, grey = ale.getScreen(), ale.getScreenRGB(), ale.getScreenGrayscale()
        assert np.array_equal(observation, rgb)
        assert np.array_equal(NTSC.rgb[screen], rgb)
        assert np.array_equal(NTSC.grey[screen], grey)
        buffers = np.empty_like(screen), np.empty_like(rgb), np.empty_like(grey)
        ale.getScreen(buffers[0]), ale.getScreenRGB(buffers[1]), ale.getScreenGrayscale(buffers[2])
        for expected, buffer in zip((screen, rgb, grey), buffers, strict=True):
            assert np.array_equal(expected, buffer)
        screen[:] = rgb[:] = grey[:] = 0
        assert ale.getScreen().any()
        assert ale.getScreenRGB().any()


def test_a_saved_picture_is_patched(tmp_path):
    env = make(["hidden_enemy"])
    observation = env.reset(seed=0)[0]
    env.unwrapped.ale.saveScreenPNG(tmp_path / "screen.png")
    assert np.array_equal(cv2.imread(str(tmp_path / "screen.png"))[..., ::-1], observation)


def test_the_palette_is_the_emulators():
    """Breakout's bricks show every colour that is written to their colour registers."""
    env = gym.make("ALE/Breakout-v5", frameskip=1)
    env.reset(seed=0)
    ale = env.unwrapped.ale
    seen = set()
    for first in range(0, 256, 12):
        for row in range(6):
            ale.setRAM(64 + row, (first + 2 * row) % 256)
        ale.act(0)
        screen = ale.getScreen()
        assert np.array_equal(NTSC.rgb[screen], ale.getScreenRGB())
        assert np.array_equal(NTSC.grey[screen], ale.getScreenGrayscale())
        seen |= set(np.unique(screen).tolist())
    assert len(seen) == 128


@pytest.mark.parametrize("kwargs", [{"mode": 77}, {"difficulty": 9}])
def test_a_wrong_mode_or_difficulty_lists_the_right_ones(kwargs):
    with pytest.raises(ValueError, match=r"its modes are \[0, 1\], its difficulties \[0, 1, 2, 3\]"):
        make(**kwargs)


def test_what_is_not_patched_is_the_emulators():
    ale = make().unwrapped.ale
    assert ale.getAvailableModes() == [0, 1]
    with pytest.raises(AttributeError, match="no_such_method"):
        ale.no_such_method()
