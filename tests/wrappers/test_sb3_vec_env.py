"""The adapter to SB3: what its own `DummyVecEnv` and `VecMonitor` return for the same envs is the measure."""

import re
import subprocess
import sys
from functools import partial
from types import ModuleType

import gymnasium as gym
import numpy as np
import pytest
from ale_py.vector_env import AtariVectorEnv
from gymnasium.envs.classic_control.cartpole import CartPoleVectorEnv
from gymnasium.spaces import Box, Dict, Discrete
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv
from gymnasium.wrappers.vector import RecordEpisodeStatistics
from stable_baselines3 import PPO
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import (
    DummyVecEnv,
    VecFrameStack,
    VecMonitor,
    VecTransposeImage,
    VecVideoRecorder,
)

import hackatari.wrappers
from hackatari.wrappers import SB3VecEnv

# Only a fork knows the classes of this file; that SB3 has brought torch's threads along does not matter to them.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")

MODES = list(AutoresetMode)
PONG = {"max_num_frames_per_episode": 64, "render_mode": "rgb_array", "modifs": ["lazy_enemy"]}


class Counter(gym.Env):
    """Counts its steps; the episode ends after `length` of them, by truncation if `truncates`."""

    observation_space = Dict({"step": Box(0, 99, (1,), np.int64), "parity": Discrete(2)})
    action_space = Discrete(2)
    metadata = {"render_modes": []}

    def __init__(self, length, truncates=False):
        self.length = length
        self.truncates = truncates
        self.options = None
        self.history = []

    def observe(self):
        return {"step": np.array([self.steps]), "parity": np.int64(self.steps % 2)}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.options = options
        self.steps = 0
        return self.observe(), {"fresh": True}

    def step(self, action):
        self.steps += 1
        over = self.steps >= self.length
        info = {"steps": self.steps, "nested": {"half": self.steps / 2, "row": np.full(3, self.steps)}, "_private": "a"}
        if self.steps % 2:
            info["odd"] = ("tuple", self.steps)
        return self.observe(), float(action), over and not self.truncates, over and self.truncates, info

    def note(self, value):
        self.history.append(value)
        return self.length, tuple(self.history)


def counters():
    return [lambda: Counter(2), lambda: Counter(3, truncates=True), lambda: Counter(5)]


def adapt(env_id, mode, num_envs=3, **kwargs):
    return SB3VecEnv(
        gym.make_vec(
            env_id, num_envs, vectorization_mode="sync", vector_kwargs={"autoreset_mode": mode, "copy": False}, **kwargs
        )
    )


def dummy(env_id, num_envs=3, **kwargs):
    return DummyVecEnv([lambda: gym.make(env_id, **kwargs) for _ in range(num_envs)])


def assert_equal(ours, theirs):
    """Equality of observations and infos, with the types and all the way down; but for episode statistics."""
    if isinstance(theirs, dict):  # an OrderedDict or not
        assert {*ours} - {"episode"} == {*theirs} - {"episode"}
        for key in theirs.keys() - {"episode"}:
            assert_equal(ours[key], theirs[key])
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs)
        for our, their in zip(ours, theirs, strict=True):
            assert_equal(our, their)
    elif isinstance(theirs, np.ndarray):
        np.testing.assert_array_equal(ours, theirs, strict=True)
    else:
        assert type(ours) is type(theirs)
        assert ours == theirs


def assert_same_play(ours, theirs, steps, seed=3):
    """Step both vector envs with the same actions, over the ends of some episodes."""
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    assert ours.seed(seed) == theirs.seed(seed)
    assert_equal(ours.reset(), theirs.reset())
    rng = np.random.default_rng(0)
    ends = np.zeros(ours.num_envs, dtype=int)
    for _ in range(steps):
        actions = rng.integers(ours.action_space.n, size=ours.num_envs)
        expected = theirs.step(actions)
        for our, their in zip(ours.step(actions), expected, strict=True):
            assert_equal(our, their)
        assert_equal(ours.reset_infos, theirs.reset_infos)
        ends += expected[2]
    assert ends.min() >= 2


@pytest.mark.parametrize("mode", MODES)
def test_same_as_dummy_vec_env_on_cartpole(mode):
    ours, theirs = adapt("CartPole-v1", mode, max_episode_steps=20), dummy("CartPole-v1", max_episode_steps=20)
    assert_same_play(ours, theirs, steps=100)


@pytest.mark.parametrize("mode", MODES)
def test_same_as_dummy_vec_env_on_pong(mode):
    ours = adapt("HackAtari/Pong-v0", mode, num_envs=2, **PONG)
    assert_same_play(ours, dummy("HackAtari/Pong-v0", num_envs=2, **PONG), steps=40)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("copy", [False, True])
def test_same_as_dummy_vec_env_with_dict_observations_and_uneven_infos(mode, copy):
    ours = SB3VecEnv(SyncVectorEnv(counters(), copy=copy, autoreset_mode=mode))
    assert_same_play(ours, DummyVecEnv(counters()), steps=12)


@pytest.mark.parametrize("mode", MODES)
def test_same_as_dummy_vec_env_with_processes(mode):
    ours = SB3VecEnv(AsyncVectorEnv(counters(), copy=False, context="fork", autoreset_mode=mode))
    assert_same_play(ours, DummyVecEnv(counters()), steps=12)
    ours.close()


@pytest.mark.parametrize("mode", MODES)
def test_image_wrappers_see_the_ends_of_episodes(mode):
    def wrapped(envs):
        return VecFrameStack(VecTransposeImage(envs), n_stack=2)

    ours, theirs = adapt("HackAtari/Pong-v0", mode, num_envs=2, **PONG), dummy("HackAtari/Pong-v0", 2, **PONG)
    assert_same_play(wrapped(ours), wrapped(theirs), steps=36)


@pytest.mark.parametrize("mode", MODES)
def test_what_a_step_returns_at_the_end_of_an_episode(mode):
    envs = SB3VecEnv(SyncVectorEnv(counters(), autoreset_mode=mode))
    envs.reset()
    envs.step(np.array([1, 0, 1]))
    observations, rewards, dones, infos = envs.step(np.array([1, 1, 0]))
    assert observations["step"].tolist() == [[0], [2], [2]]
    assert rewards.tolist() == [1, 1, 0]
    assert dones.tolist() == [True, False, False]
    assert infos[0]["terminal_observation"]["step"] == [2]
    assert infos[0]["steps"] == 2
    assert infos[0]["TimeLimit.truncated"] is False
    assert infos[0]["episode"]["r"] == 2
    assert infos[0]["episode"]["l"] == 2
    assert infos[0]["episode"]["t"] > 0
    assert not {"terminal_observation", "episode", "final_obs", "final_info"} & {*infos[1], *infos[2]}
    observations, _, dones, infos = envs.step(np.array([1, 1, 0]))
    assert observations["step"].tolist() == [[1], [0], [3]]
    assert dones.tolist() == [False, True, False]
    assert infos[1]["TimeLimit.truncated"] is True


@pytest.mark.parametrize("mode", MODES)
def test_earlier_results_stay_as_they_were(mode):
    envs = SB3VecEnv(SyncVectorEnv(counters(), copy=False, autoreset_mode=mode))
    first = envs.reset()
    second, _, _, _ = envs.step(np.zeros(3, dtype=int))
    _, _, _, infos = envs.step(np.zeros(3, dtype=int))
    envs.step(np.zeros(3, dtype=int))
    assert first["step"].tolist() == [[0]] * 3
    assert second["step"].tolist() == [[1]] * 3
    assert infos[0]["terminal_observation"]["step"] == [2]


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_env_with_its_own_loop(mode):
    vector = AtariVectorEnv("pong", 2, num_threads=1, max_num_frames_per_episode=40, noop_max=0, autoreset_mode=mode)
    envs = SB3VecEnv(vector)
    envs.seed(0)
    first = envs.reset()
    lengths = []
    for step in range(1, 22):
        observations, _, dones, infos = envs.step(np.zeros(2, dtype=int))
        if dones.any():
            lengths.append(step)
            np.testing.assert_array_equal(observations, first)
            assert [info["TimeLimit.truncated"] for info in infos] == [True, True]
            assert (infos[0]["terminal_observation"] != first[0]).any()
            assert infos[0]["episode"]["l"] == 10
            assert envs.reset_infos[0]["episode_frame_number"] == 1
        else:
            assert "final_obs" not in infos[0]
    assert lengths == [10, 20]
    with pytest.raises(AttributeError, match="AtariVectorEnv gives no access to its sub-envs: it has no method 'call'"):
        envs.env_method("note", 1)
    assert not envs.has_attr("ale")
    assert envs.env_is_wrapped(gym.Wrapper) == [False, False]


def test_seeds_and_options_are_used_once():
    envs = SB3VecEnv(gym.make_vec("CartPole-v1", 2, vectorization_mode="sync"))
    assert envs.seed(np.int64(5)) == [5, 6]
    first, second = envs.reset(), envs.reset()
    assert (first != second).any()
    envs.seed(5)
    np.testing.assert_array_equal(envs.reset(), first)
    envs.set_options({"low": 0.01, "high": 0.02})
    assert ((envs.reset() >= 0.01) & (envs.reset() <= 0.02)).any()
    assert (envs.reset() < 0.01).any()


def test_options_per_sub_env_are_refused():
    envs = SB3VecEnv(SyncVectorEnv(counters()))
    with pytest.raises(ValueError, match="takes one dict of reset options for all of its sub-envs, got a list"):
        envs.set_options([{"low": 0.01}, {}, {}])


def test_monitor_counts_as_vec_monitor_does():
    play = []
    for envs in (
        adapt("CartPole-v1", AutoresetMode.NEXT_STEP),
        VecMonitor(SB3VecEnv(gym.make_vec("CartPole-v1", 3, vectorization_mode="sync"), monitor=False)),
        VecMonitor(dummy("CartPole-v1")),
    ):
        envs.seed(1)
        envs.reset()
        steps = [envs.step(np.full(3, step % 2))[3] for step in range(150)]
        play.append(
            [[(info["episode"]["r"], info["episode"]["l"]) for info in infos if "episode" in info] for infos in steps]
        )
    assert play[0] == play[1] == play[2]
    assert sum(map(len, play[0])) > 5


def test_reset_starts_the_statistics_anew():
    envs = SB3VecEnv(SyncVectorEnv(counters()))
    envs.reset()
    envs.step(np.ones(3, dtype=int))
    envs.reset()
    envs.step(np.zeros(3, dtype=int))
    assert envs.step(np.zeros(3, dtype=int))[3][0]["episode"]["r"] == 0


def test_without_monitor():
    envs = SB3VecEnv(SyncVectorEnv(counters()), monitor=False)
    envs.reset()
    envs.step(np.zeros(3, dtype=int))
    assert "episode" not in envs.step(np.zeros(3, dtype=int))[3][0]
    assert envs.env_is_wrapped(Monitor) == [False] * 3


def test_ppo_trains_and_is_evaluated():
    envs = adapt("CartPole-v1", AutoresetMode.DISABLED)
    model = PPO("MlpPolicy", envs, n_steps=64, n_epochs=1, seed=0, device="cpu").learn(192)
    assert len(model.ep_info_buffer) > 3
    returns, lengths = evaluate_policy(model, envs, n_eval_episodes=4, return_episode_rewards=True)
    assert returns == lengths


@pytest.mark.parametrize("vectorization", [SyncVectorEnv, partial(AsyncVectorEnv, context="fork")])
def test_attributes_of_chosen_sub_envs(vectorization):
    envs = SB3VecEnv(vectorization(counters()))
    assert envs.get_attr("length") == [2, 3, 5]
    assert envs.get_attr("length", indices=[2, 0]) == [5, 2]
    envs.set_attr("length", 7, indices=1)
    assert envs.get_attr("length") == [2, 7, 5]
    envs.set_attr("new", [1, 2, 3])
    assert envs.get_attr("new", indices=-1) == [[1, 2, 3]]
    assert envs.env_method("note", "all") == [(2, ("all",)), (7, ("all",)), (5, ("all",))]
    assert envs.env_method("note", value="some", indices=[1])[0] == (7, ("all", "some"))
    assert envs.has_attr("truncates")
    assert envs.has_attr("render_mode")
    assert not envs.has_attr("truncated")
    assert envs.get_attr("truncates", indices=1) == [True]  # the question before has broken nothing
    envs.close()


def test_a_method_is_only_called_in_the_chosen_sub_envs():
    envs = SB3VecEnv(SyncVectorEnv(counters()))
    envs.env_method("note", "some", indices=[1])
    assert envs.get_attr("history") == [[], ["some"], []]


def test_a_variant_is_only_switched_in_the_chosen_sub_envs():
    envs = SB3VecEnv(gym.make_vec("HackAtari/Pong-v0", 3, num_workers=2))
    assert envs.env_method("set_modifs", ["lazy_enemy"], indices=[2, 0]) == [None, None]
    envs.reset()
    assert envs.get_attr("modifs") == [("lazy_enemy",), (), ("lazy_enemy",)]
    envs.close()


def test_episodes_that_the_vector_env_reports_are_those_that_have_ended():
    sub_envs = RecordEpisodeStatistics(SyncVectorEnv(counters(), autoreset_mode=AutoresetMode.SAME_STEP))
    envs = SB3VecEnv(sub_envs, monitor=False)
    envs.reset()
    lengths = []
    for _ in range(8):
        _, _, dones, infos = envs.step(np.zeros(3, int))
        assert ["episode" in info for info in infos] == dones.tolist()
        lengths += [info["episode"]["l"] for info in infos if "episode" in info]
        assert not any("episode" in info for info in envs.reset_infos)
    assert set(lengths) == {2, 3, 5}


def test_wrappers_of_sub_envs():
    envs = adapt("CartPole-v1", AutoresetMode.SAME_STEP)
    assert envs.env_is_wrapped(gym.wrappers.TimeLimit) == [True] * 3
    assert envs.env_is_wrapped(gym.wrappers.RecordVideo, indices=0) == [False]
    assert envs.env_is_wrapped(Monitor, indices=[0, 2]) == [True] * 2


def test_pictures():
    ours = adapt("HackAtari/Pong-v0", AutoresetMode.DISABLED, **PONG)
    theirs = dummy("HackAtari/Pong-v0", **PONG)
    for envs in (ours, theirs):
        envs.seed(0)
        envs.reset()
    assert ours.render_mode == "rgb_array"
    assert_equal(ours.get_images(), theirs.get_images())
    assert ours.render().shape == (420, 320, 3)
    np.testing.assert_array_equal(ours.render(), theirs.render())


def test_no_pictures_without_render_mode():
    assert adapt("CartPole-v1", AutoresetMode.DISABLED).get_images() == [None] * 3


def test_video_recorder(monkeypatch, tmp_path):
    """The recorder is SB3's; what encodes its frames is replaced by something that keeps them."""
    clips = []

    class Clip:
        def __init__(self, frames, fps):
            clips.append((np.array(frames), fps))

        def write_videofile(self, path):
            assert path.endswith("rl-video-step-0-to-step-5.mp4")

    for name in ("moviepy", "moviepy.video", "moviepy.video.io", "moviepy.video.io.ImageSequenceClip"):
        module = ModuleType(name)
        module.ImageSequenceClip = Clip
        monkeypatch.setitem(sys.modules, name, module)

    envs = adapt("HackAtari/Pong-v0", AutoresetMode.SAME_STEP, num_envs=1, **PONG)
    recorder = VecVideoRecorder(envs, str(tmp_path), lambda step: step == 0, video_length=5)
    observations = [recorder.reset()[0]]
    observations += [recorder.step(np.array([2]))[0][0] for _ in range(5)]
    recorder.close()
    frames, fps = clips[0]
    np.testing.assert_array_equal(frames, observations)
    assert fps == envs.metadata["render_fps"]


def test_close_closes_the_vector_env():
    envs = SB3VecEnv(AsyncVectorEnv(counters(), context="fork"))
    processes = envs.env.processes
    envs.close()
    assert envs.env.closed
    assert not any(process.is_alive() for process in processes)


def test_single_env_is_refused():
    message = "SB3VecEnv adapts vector envs of Gymnasium, as made by gymnasium.make_vec, got Counter."
    with pytest.raises(TypeError, match=re.escape(message)):
        SB3VecEnv(Counter(2))


def test_env_that_cannot_reset_some_of_its_sub_envs_is_refused():
    message = (
        "SB3 needs sub-envs that are reset in the step that ends their episode, and CartPoleVectorEnv in mode "
        "NEXT_STEP cannot reset some of them: make it with autoreset_mode=AutoresetMode.SAME_STEP, or by "
        'gymnasium.make_vec(..., vectorization_mode="sync").'
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        SB3VecEnv(CartPoleVectorEnv(num_envs=2))


def test_processes_that_forget_that_they_were_reset_are_refused():
    vector = AsyncVectorEnv(counters(), shared_memory=False, context="fork")
    with pytest.raises(ValueError, match="AsyncVectorEnv in mode NEXT_STEP cannot reset some of them"):
        SB3VecEnv(vector)
    vector.close()


def test_env_without_autoreset_mode_is_refused():
    vector = SyncVectorEnv(counters())
    del vector.metadata["autoreset_mode"]
    with pytest.raises(ValueError, match=r"SyncVectorEnv does not say when it resets its sub-envs: .*, got None\."):
        SB3VecEnv(vector)


def test_env_that_steps_a_part_of_its_sub_envs_is_refused():
    with pytest.raises(ValueError, match="steps all sub-envs at once: make AtariVectorEnv without batch_size"):
        SB3VecEnv(AtariVectorEnv("pong", 4, batch_size=2, num_threads=1))


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def test_package_alone_does_not_import_sb3():
    code = "import sys, hackatari.wrappers; print({'torch', 'stable_baselines3'} & set(sys.modules))"
    assert run(code).stdout.strip() == "set()"


def test_missing_extra_is_named():
    result = run("import sys; sys.modules['torch'] = None; from hackatari.wrappers import SB3VecEnv")
    message = "ImportError: SB3VecEnv needs torch: pip install 'hackatari-suite[train]'"
    assert result.stderr.splitlines()[-1] == message


def test_names_of_the_package():
    assert set(hackatari.wrappers.__all__) <= set(dir(hackatari.wrappers))
    with pytest.raises(AttributeError, match=r"module 'hackatari\.wrappers' has no attribute 'SB3Env'"):
        hackatari.wrappers.SB3Env  # noqa: B018 - the access is the test
