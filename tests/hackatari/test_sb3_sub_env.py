"""The preprocessing of Stable-Baselines3 in the vector env: the same bytes, ends and statistics as `make_atari_env`."""

import cv2
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.env_util import make_atari_env
from stable_baselines3.common.vec_env import VecFrameStack, VecTransposeImage

from hackatari import find_game
from hackatari.palette import palette_of
from hackatari.sb3_sub_env import pooled_grey
from hackatari.schedulers import CycleScheduler, PromotionScheduler
from hackatari.vector_env import HackAtariVectorEnv
from hackatari.wrappers import SB3VecEnv

SAME_STEP = AutoresetMode.SAME_STEP


def make(game, num_envs=1, **kwargs):
    defaults = {"episodic_life": True, "autoreset_mode": SAME_STEP, "num_workers": 0}
    return HackAtariVectorEnv(game, num_envs, preprocessing="sb3", **{**defaults, **kwargs})


def reference(game, num_envs, seed, wrapper_kwargs, **kwargs):
    env_id = f"hackatari:HackAtari/{find_game(game).name}-v0"
    envs = make_atari_env(env_id, num_envs, seed, env_kwargs={"frameskip": 1, **kwargs}, wrapper_kwargs=wrapper_kwargs)
    return VecTransposeImage(VecFrameStack(envs, 4))


def assert_same_play(envs, expected, n_steps, seed=3):
    """Compare two vector envs of SB3 step by step; return the numbers of episodes and of games that ended."""
    envs.seed(seed)
    np.testing.assert_array_equal(envs.reset(), expected.reset())
    rng = np.random.default_rng(0)
    n_episodes = n_games = 0
    for _ in range(n_steps):
        actions = rng.integers(envs.action_space.n, size=envs.num_envs)
        *step, infos = envs.step(actions)
        *expected_step, expected_infos = expected.step(actions)
        for value, expected_value in zip(step, expected_step, strict=True):
            np.testing.assert_array_equal(value, expected_value)
        for info, expected_info in zip(infos, expected_infos, strict=True):
            # The end of a game within a reset is lost to SB3.
            assert info.keys() - expected_info.keys() <= {"env_id", "episode"}
            for key in expected_info.keys() - {"episode"}:
                np.testing.assert_array_equal(info[key], expected_info[key])
            if "episode" in expected_info:
                assert info["episode"]["r"] == expected_info["episode"]["r"]
                assert info["episode"]["l"] == expected_info["episode"]["l"]
                n_games += 1
        n_episodes += step[2].sum()
    envs.close()
    expected.close()
    return n_episodes, n_games


@pytest.mark.parametrize(
    ("game", "kwargs"),
    [
        ("breakout", {}),
        ("pong", {"modifs": ["lazy_enemy"], "max_num_frames_per_episode": 203}),
        ("seaquest", {"modifs": ["flicker(0.5)"]}),
        ("ms_pacman", {"modifs": ["inverted_colors"], "max_num_frames_per_episode": 402}),
        ("pacman", {"full_action_space": True, "max_num_frames_per_episode": 401}),
        ("freeway", {"max_num_frames_per_episode": 300}),
        ("carnival", {"mode": 0, "difficulty": 0, "repeat_action_probability": 0.0}),
    ],
)
def test_is_make_atari_env_with_stacked_frames(game, kwargs):
    envs = SB3VecEnv(make(game, 2, reward_clipping=True, **kwargs), monitor=False)
    n_episodes, n_games = assert_same_play(envs, reference(game, 2, 3, {}, **kwargs), 120)
    if game == "breakout":
        assert n_episodes > n_games > 0
    assert n_games > 0 or "max_num_frames_per_episode" not in kwargs


@pytest.mark.parametrize(
    ("kwargs", "wrapper_kwargs"),
    [
        ({"frameskip": 1}, {"frame_skip": 1}),
        ({"frameskip": 2, "noop_max": 0}, {"frame_skip": 2, "noop_max": 0}),
        ({"frameskip": 7, "noop_max": 5}, {"frame_skip": 7, "noop_max": 5}),
        ({"episodic_life": False}, {"terminal_on_life_loss": False}),
        ({"img_height": 60, "img_width": 60, "reward_clipping": False}, {"screen_size": 60, "clip_reward": False}),
    ],
)
@pytest.mark.parametrize("num_workers", [0, 2])
def test_settings_are_those_of_the_atari_wrapper(kwargs, wrapper_kwargs, num_workers):
    limit = {"max_num_frames_per_episode": 200}
    envs = make("breakout", 2, num_workers=num_workers, **{"reward_clipping": True, **kwargs}, **limit)
    expected = reference("breakout", 2, 3, wrapper_kwargs, **limit)
    assert_same_play(SB3VecEnv(envs, monitor=False), expected, 40)


def test_frames_are_pooled_in_colour():
    rgb = palette_of("pong").rgb
    first, second = np.random.default_rng(0).integers(256, size=(2, 50, 60), dtype=np.uint8)
    expected = cv2.cvtColor(np.maximum(rgb[first], rgb[second]), cv2.COLOR_RGB2GRAY)
    np.testing.assert_array_equal(pooled_grey(rgb)[first, second], expected)
    greys = pooled_grey(rgb).diagonal()
    assert (expected != np.maximum(greys[first], greys[second])).any()


def until_life_lost(envs):
    """Play until the first episode ends; return the infos of its last step."""
    for _ in range(300):
        _, _, terminations, _, infos = envs.step([1])
        if terminations[0]:
            return infos
    raise AssertionError("No life was lost.")


def test_the_game_goes_on_after_a_lost_life_unless_the_reset_has_a_seed():
    envs = make("breakout", autoreset_mode="Disabled")
    envs.reset(seed=0)
    infos = until_life_lost(envs)
    assert infos["lives"][0] == 4
    assert "episode" not in infos
    frames = infos["episode_frame_number"][0]
    _, infos = envs.reset(options={"reset_mask": np.array([True])})
    assert infos["lives"][0] == 4
    # A step without action, one with FIRE and one with the button after it.
    assert infos["episode_frame_number"][0] == frames + 12
    until_life_lost(envs)
    _, infos = envs.reset(seed=0)
    assert infos["lives"][0] == 5
    assert infos["episode_frame_number"][0] < frames


def test_a_finished_game_is_reported_with_its_unclipped_score():
    envs = make("space_invaders", reward_clipping=True, repeat_action_probability=0.0)
    raw = make("space_invaders", repeat_action_probability=0.0)
    envs.reset(seed=0), raw.reset(seed=0)
    score, t, games = 0.0, 0, []
    while not games:
        infos = envs.step([t % 6])[4]
        score += raw.step([t % 6])[1][0]
        t += 1
        games = [game for game in infos.get("episode", ()) if game]
    assert games == [{"r": score, "l": games[0]["l"], "frames": games[0]["frames"], "truncated": False}]
    assert games[0]["l"] == games[0]["frames"] == infos["final_info"]["episode_frame_number"][0]
    assert score >= 20


def test_a_lost_life_is_no_end_for_a_curriculum():
    envs = make("breakout", scheduler=PromotionScheduler([[], []], threshold=1000), repeat_action_probability=0.0)
    envs.reset(seed=0)
    scores = []
    while not scores:
        infos = envs.step([1])[4]
        scores = [game["r"] for game in infos.get("episode", ()) if game]
    assert list(envs.get_attr("scheduler")[0].scores) == scores


def test_a_switch_of_variants_begins_a_new_game():
    envs = make("pong", scheduler=CycleScheduler([[], ["lazy_enemy"]], switch_every=20))
    envs.reset(seed=0)
    for _ in range(20):
        _, _, _, truncations, infos = envs.step([0])
    assert truncations[0]
    assert infos["episode"][0]["truncated"]
    assert infos["modifs"][0] == ("lazy_enemy",)


@pytest.mark.parametrize(
    "kwargs", [{"obs_type": "rgb"}, {"grayscale": False}, {"continuous": True}, {"maxpool": False}]
)
def test_what_sb3_does_not_do_is_refused(kwargs):
    with pytest.raises(ValueError, match=r"^preprocessing='sb3' is for grey, pooled pictures and for actions that are"):
        make("pong", **kwargs)
    with pytest.raises(ValueError, match=r"preprocessing must be one of 'gymnasium', 'sb3', got 'sb'"):
        HackAtariVectorEnv("pong", preprocessing="sb")
