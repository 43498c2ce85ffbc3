"""The vector env: the same game as the single env, Gymnasium's conventions, and what happens when processes die."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time

import gymnasium as gym
import numpy as np
import pytest
from ale_py.vector_env import AtariVectorEnv
from gymnasium.error import AlreadyPendingCallError, ClosedEnvironmentError, NoAsyncCallError, ResetNeeded
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import AtariPreprocessing, FrameStackObservation
from gymnasium.wrappers.vector import DictInfoToList, RecordEpisodeStatistics

from hackatari import HackAtariEnv, ModifConflictWarning, UnknownNameError
from hackatari.schedulers import PromotionScheduler, SequenceScheduler
from hackatari.vector_env import HackAtariVectorEnv, WorkerDiedError
from hackatari.wrappers import Continuing, Curriculum, RamLabels, RamObservation

NEXT_STEP, SAME_STEP, DISABLED = AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP, AutoresetMode.DISABLED


def make(game, num_envs, **kwargs):
    """Return a vector env that does what `AtariPreprocessing` can do, in this process by default."""
    return HackAtariVectorEnv(game, num_envs, **{"use_fire_reset": False, "num_workers": 0, **kwargs})


def reference(
    game,
    num_envs,
    *,
    autoreset_mode=NEXT_STEP,
    stack_num=4,
    outer=lambda env: env,
    modifs=(),
    preprocessing=None,
    **kwargs,
):
    """Return the same as a `SyncVectorEnv` of preprocessed single envs."""

    def make_one():
        env = AtariPreprocessing(HackAtariEnv(game, modifs, frameskip=1, **kwargs), **(preprocessing or {}))
        return FrameStackObservation(outer(env), stack_num, padding_type="zero")

    return SyncVectorEnv([make_one] * num_envs, autoreset_mode=autoreset_mode)


def equal(value, expected):
    """Whether two results of envs are equal; infos may have more keys than expected."""
    if isinstance(expected, dict):
        return all(equal(value[key], part) for key, part in expected.items())
    if isinstance(expected, (tuple, list)) or (isinstance(expected, np.ndarray) and expected.dtype == object):
        return len(value) == len(expected) and all(map(equal, value, expected))
    return np.array_equal(value, expected)


def assert_same_play(envs, expected, n_steps, seed=0):
    """Compare two vector envs step by step; return the number of episodes that ended."""
    assert equal(envs.reset(seed=seed), expected.reset(seed=seed))
    rng = np.random.default_rng(seed)
    n_ended = 0
    for _ in range(n_steps):
        actions = rng.integers(expected.single_action_space.n, size=envs.num_envs)
        step, expected_step = envs.step(actions), expected.step(actions)
        assert equal(step, expected_step)
        ended = expected_step[2] | expected_step[3]
        n_ended += ended.sum()
        if ended.any() and envs.metadata["autoreset_mode"] is DISABLED:
            mask = {"reset_mask": ended}
            assert equal(envs.reset(options=mask), expected.reset(options=dict(mask)))
    envs.close()
    return n_ended


def alive(pid):
    """Whether a process exists and is no zombie."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually(condition, seconds=10.0):
    """Whether a condition becomes true in time."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def worker_pids():
    """Return the process ids of the workers."""
    return [process.pid for process in multiprocessing.active_children() if process.name.startswith("HackAtariVector")]


# --- The same game as the single env ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("autoreset_mode", "num_workers"),
    [(NEXT_STEP, 0), (NEXT_STEP, 2), (NEXT_STEP, None), (SAME_STEP, 2), (DISABLED, None)],
)
def test_is_gymnasiums_sync_vector_env_of_preprocessed_envs(autoreset_mode, num_workers):
    kwargs = {"autoreset_mode": autoreset_mode, "max_num_frames_per_episode": 150}
    envs, expected = make("breakout", 2, num_workers=num_workers, **kwargs), reference("breakout", 2, **kwargs)
    assert envs.observation_space == expected.observation_space
    assert envs.single_observation_space == expected.single_observation_space
    assert envs.action_space == expected.action_space
    assert [part.dtype for part in (envs.reset()[0], *envs.step([0, 0])[:4])] == [
        part.dtype for part in (expected.reset()[0], *expected.step(np.zeros(2, int))[:4])
    ]
    assert assert_same_play(envs, expected, 70) > 2


@pytest.mark.parametrize("modifs", [["lazy_enemy"], ["random_perturbation_enemy", "flicker(0.5)", "color_permutation"]])
def test_modifs_act_as_in_the_single_env(modifs):
    assert_same_play(make("pong", 2, modifs=modifs), reference("pong", 2, modifs=modifs), 40)


@pytest.mark.parametrize(
    ("kwargs", "preprocessing"),
    [
        ({"grayscale": False}, {"grayscale_obs": False}),
        ({"obs_type": "rgb", "img_height": 60, "img_width": 100}, {"grayscale_obs": False, "screen_size": (100, 60)}),
        ({"img_height": 250, "img_width": 84}, {"screen_size": (84, 250)}),
        ({"frameskip": 1, "noop_max": 0}, {"frame_skip": 1, "noop_max": 0}),
        ({"frameskip": 2}, {"frame_skip": 2}),
        ({"frameskip": 7}, {"frame_skip": 7}),
        ({"episodic_life": True}, {"terminal_on_life_loss": True}),
        ({"full_action_space": True, "mode": 4, "difficulty": 1, "stack_num": 1}, {}),
    ],
)
def test_preprocessing_is_gymnasiums(kwargs, preprocessing):
    both = {"autoreset_mode": SAME_STEP, "max_num_frames_per_episode": 12 * kwargs.get("frameskip", 4) + 2}
    kwargs, preprocessing = {"noop_max": 5, **kwargs}, {"noop_max": 5, **preprocessing}
    names = {"full_action_space", "mode", "difficulty", "stack_num"} & set(kwargs)
    shared = {name: kwargs[name] for name in names}
    expected = reference("breakout", 1, preprocessing=preprocessing, **both, **shared)
    assert assert_same_play(make("breakout", 1, **both, **kwargs), expected, 40) > 1


@pytest.mark.parametrize("rom", ["pooyan", "carnival", "journey_escape", "adventure", "klax", "pacman", "freeway"])
def test_screens_of_other_heights_and_european_colours_are_gymnasiums(rom):
    expected = reference(rom, 1, stack_num=1, preprocessing={"noop_max": 5})
    assert_same_play(make(rom, 1, noop_max=5, stack_num=1), expected, 10)


@pytest.mark.parametrize(
    "kwargs",
    [
        {"use_fire_reset": True},
        {"maxpool": False, "max_num_frames_per_episode": 50},
        {"life_loss_info": True},
        {"episodic_life": True, "frameskip": 3},
        {"grayscale": False, "stack_num": 2, "img_width": 80},
    ],
)
def test_is_ales_vector_env_where_that_can_do_the_same(kwargs):
    both = {"noop_max": 0, "use_fire_reset": False, "repeat_action_probability": 0.0, **kwargs}
    envs, expected = make("breakout", 2, **both), AtariVectorEnv("breakout", 2, reward_clipping=False, **both)
    observations, infos = expected.reset(seed=0)
    assert equal(envs.reset(seed=0), (observations, infos))
    rng = np.random.default_rng(0)
    for _ in range(120):
        actions = rng.integers(envs.single_action_space.n, size=2)
        assert equal(envs.step(actions), expected.step(actions))


def test_each_sub_env_may_have_its_own_modifs():
    modifs = [["lazy_enemy"], [], ["flicker(0.5)"]]
    envs = make("pong", 3, modifs=modifs, num_workers=2)
    singles = [reference("pong", 1, modifs=names) for names in modifs]
    pictures, _ = envs.reset(seed=5)
    assert equal(pictures, np.concatenate([env.reset(seed=5 + i)[0] for i, env in enumerate(singles)]))
    for _ in range(30):
        pictures = envs.step(np.array([2, 3, 0]))[0]
        expected = [env.step(np.array([action]))[0] for action, env in zip([2, 3, 0], singles, strict=True)]
        assert equal(pictures, np.concatenate(expected))
    assert envs.call("modifs") == (("lazy_enemy",), (), ("flicker(0.5)",))
    envs.close()


def test_reset_switches_the_variant():
    envs = make("pong", 3, num_workers=2)
    envs.reset(seed=0, options={"modifs": ["lazy_enemy"]})
    assert envs.call("modifs") == (("lazy_enemy",),) * 3
    mask = np.array([True, False, True])
    envs.reset(options={"modifs": [[], ["flicker"], ["flicker"]], "reset_mask": mask})
    assert envs.call("modifs") == ((), ("lazy_enemy",), ("flicker",))
    envs.call("set_modifs", ["lazy_enemy"])
    envs.reset()
    assert envs.call("modifs") == (("lazy_enemy",),) * 3
    envs.close()


def test_reset_mask_leaves_the_others_alone():
    envs = make("pong", 3, num_workers=2)
    options = {"reset_mask": np.array([False, True, False])}
    before, _ = envs.reset(seed=0)
    for _ in range(5):
        before = envs.step(np.zeros(3, int))[0]
    after, infos = envs.reset(seed=[7, 8, 9], options=options)
    assert equal(after[[0, 2]], before[[0, 2]])
    assert equal(after[1], make("pong", 1).reset(seed=8)[0][0])
    assert infos["_lives"].tolist() == [False, True, False]
    assert "reset_mask" in options
    assert envs.get_attr("np_random_seed")[1] == 8
    envs.close()


def test_reset_takes_consecutive_or_single_seeds():
    envs = make("pong", 2)
    first = envs.reset(seed=3)
    assert equal(envs.reset(seed=[3, 4]), first)
    assert equal(envs.reset(seed=np.array([3, 4])), first)
    assert not equal(envs.reset(seed=4)[0], first[0])


def test_rewards_are_clipped_to_their_signs():
    envs = make("seaquest", 2, reward_clipping=True)
    raw = make("seaquest", 2)
    envs.reset(seed=1), raw.reset(seed=1)
    seen = set()
    for t in range(250):
        actions = np.array([t % 18, 1])
        rewards, expected = envs.step(actions)[1], raw.step(actions)[1]
        assert equal(rewards, np.sign(expected))
        seen |= set(expected.tolist())
    assert max(seen) > 1


# --- Other observations and infos ---------------------------------------------------------------------------------


def test_ram_and_labels_can_be_the_observation():
    kwargs = {"stack_num": 2, "noop_max": 0, "frameskip": 4}
    ram, labels = make("pong", 1, obs_type="ram", **kwargs), make("pong", 1, obs_type="labels", **kwargs)
    single = HackAtariEnv("pong", obs_type="ram", frameskip=4)
    named = RamObservation(single)
    expected, _ = single.reset(seed=0)
    assert equal(ram.reset(seed=0)[0], [[np.zeros(128), expected]])
    labels.reset(seed=0)
    assert labels.label_names == named.names
    assert labels.single_observation_space.shape == (2, len(named.names))
    for _ in range(5):
        before, expected = expected, single.step(2)[0]
        assert equal(ram.step([2])[0], [[before, expected]])
        assert equal(labels.step([2])[0][0, 1], named.observation(expected))


def test_sound_is_that_of_the_last_frame():
    envs = make("pong", 2, sound_obs=True, noop_max=0, autoreset_mode=SAME_STEP, max_num_frames_per_episode=40)
    single = HackAtariEnv("pong", sound_obs=True, frameskip=4, max_num_frames_per_episode=40)
    observations, _ = envs.reset(seed=0)
    assert observations in envs.observation_space
    assert equal(observations["sound"][0], single.reset(seed=0)[0]["sound"])
    for _ in range(10):
        observations, _, _, truncations, infos = envs.step([1, 1])
        last = infos["final_obs"][0] if truncations[0] else {"sound": observations["sound"][0]}
        assert equal(last["sound"], single.step(1)[0]["sound"])
    assert truncations.all()
    assert infos["final_obs"][0]["image"].shape == (4, 84, 84)


def test_infos_have_ram_and_labels_on_request():
    envs = make("freeway", 2, ram_info=True, labels_info=True, noop_max=0, num_workers=2)
    single = RamLabels(HackAtariEnv("freeway", frameskip=4))
    _, infos = envs.reset(seed=0)
    _, info = single.reset(seed=0)
    for _ in range(5):
        assert equal(infos["ram"][0], single.unwrapped.ale.getRAM())
        assert {name: value[0].tolist() for name, value in infos["labels"].items() if name[0] != "_"} == info["labels"]
        infos, info = envs.step([1, 0])[4], single.step(1)[4]
    envs.close()


def test_a_life_lost_is_reported_without_ending_the_episode():
    envs = make("breakout", 1, life_loss_info=True, use_fire_reset=True, repeat_action_probability=0.0)
    lives = [envs.reset(seed=0)[1]["lives"][0]]
    for _ in range(200):
        _, _, terminated, _, infos = envs.step([1])
        lives.append(infos["lives"][0])
        assert terminated[0] == (lives[-1] < lives[-2])
        if lives[-1] == 0:
            break
    assert lives[-1] == 0
    assert infos["episode_frame_number"][0] > 300


def test_the_caller_chooses_between_copies_and_views():
    own, views = make("pong", 2), make("pong", 2, copy=False)
    first, first_view = own.reset(seed=0)[0], views.reset(seed=0)[0]
    kept = first.copy()
    assert equal(first_view, first)
    assert not first_view.flags.writeable
    last, last_view = own.step([2, 3])[0], views.step([2, 3])[0]
    assert equal(first, kept)
    assert equal(last_view, last)
    assert equal(first_view, last)


# --- Curricula and continuing worlds ------------------------------------------------------------------------------


@pytest.mark.parametrize("autoreset_mode", [NEXT_STEP, SAME_STEP])
def test_curriculum_is_that_of_the_wrapper(autoreset_mode):
    scheduler = SequenceScheduler([[], ["lazy_enemy"], ["flicker(0.5)"]], switch_at=[10, 30])
    kwargs = {"autoreset_mode": autoreset_mode, "max_num_frames_per_episode": 60}
    envs = make("pong", 2, scheduler=scheduler, num_workers=2, **kwargs)
    expected = reference("pong", 2, outer=lambda env: Curriculum(env, scheduler), **kwargs)
    assert envs.call("modifs") == ((),) * 2
    envs.reset(seed=0)
    expected.reset(seed=0)
    rng = np.random.default_rng(0)
    for _ in range(60):
        actions = rng.integers(6, size=2)
        assert equal(envs.step(actions), expected.step(actions))
    assert envs.call("scheduler") == expected.call("scheduler")
    assert envs.call("modifs") == (("flicker(0.5)",),) * 2
    envs.close()


def test_curriculum_hears_unclipped_scores():
    envs = make("seaquest", 1, scheduler=PromotionScheduler([[], []], threshold=20), reward_clipping=True)
    envs.reset(seed=0)
    score = 0.0
    single = make("seaquest", 1)
    single.reset(seed=0)
    for t in range(2000):
        reward, terminated = single.step([t % 18])[1:3]
        assert equal(envs.step([t % 18])[1:3], (np.sign(reward), terminated))
        score += reward[0]
        if terminated[0]:
            break
    assert terminated[0]
    assert score > 20
    assert list(envs.get_attr("scheduler")[0].scores) == [score]


def test_continuing_is_that_of_the_wrapper():
    envs = make("breakout", 2, reset_cost=5.0, max_num_frames_per_episode=0, num_workers=2)
    expected = reference("breakout", 2, outer=lambda env: Continuing(env, 5.0), max_num_frames_per_episode=0)
    resets = 0
    envs.reset(seed=0)
    expected.reset(seed=0)
    rng = np.random.default_rng(0)
    for _ in range(350):
        actions = rng.integers(4, size=2)
        (_, rewards, *flags, infos), (_, expected_rewards, *expected_flags, expected_infos) = (
            envs.step(actions),
            expected.step(actions),
        )
        assert equal((rewards, *flags, infos), (expected_rewards, *expected_flags, expected_infos))
        resets += infos["game_over"].sum()
    assert resets > 0
    envs.set_attr("reset_cost", [1.0, 2.0])
    assert envs.get_attr("reset_cost") == (1.0, 2.0)
    envs.close()


# --- Asynchronous batches -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("num_workers", [0, 2])
def test_batches_of_sub_envs_are_the_same_games(num_workers):
    envs = make("pong", 3, batch_size=2, num_workers=num_workers)
    whole = make("pong", 3)
    played = [whole.reset(seed=0)[0], *(whole.step(np.full(3, t % 6))[0] for t in range(20))]
    steps = dict.fromkeys(range(3), 0)
    pictures, infos = envs.reset(seed=0)
    assert pictures.shape == envs.observation_space.shape == (2, 4, 84, 84)
    for _ in range(10):
        for i, picture in zip(infos["env_id"].tolist(), pictures, strict=True):
            assert equal(picture, played[steps[i]][i])
        actions = np.array([steps[i] % 6 for i in infos["env_id"]])
        for i in infos["env_id"].tolist():
            steps[i] += 1
        envs.send(actions)
        pictures, rewards, _, _, infos = envs.recv()
        assert len(set(infos["env_id"].tolist())) == len(rewards) == 2
    assert sum(steps.values()) == 20
    assert min(steps.values()) > 0
    envs.close()


def test_send_and_recv_alternate():
    envs = make("pong", 2, num_workers=2)
    with pytest.raises(ResetNeeded, match="Call reset before step"):
        envs.step([0, 0])
    envs.reset(seed=0)
    with pytest.raises(NoAsyncCallError, match="call send first"):
        envs.recv()
    envs.send([0, 0])
    with pytest.raises(AlreadyPendingCallError, match="call recv or reset first"):
        envs.send([0, 0])
    with pytest.raises(AlreadyPendingCallError, match="call has to wait"):
        envs.call("modifs")
    envs.reset(seed=0)
    assert envs.step([0, 0])[1].tolist() == [0.0, 0.0]
    envs.close()


# --- Errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"modifs": ["lazy_enmy"]}, UnknownNameError, "Did you mean 'lazy_enemy'"),
        ({"modifs": [["lazy_enemy"]]}, ValueError, "modifs has 1 lists for 2 sub-envs"),
        ({"modifs": "lazy_enemy"}, TypeError, "write modifs=\\['lazy_enemy'\\]"),
        ({"mode": 77}, ValueError, "pong has no mode 77"),
        ({"obs_type": "gray"}, ValueError, "obs_type must be one of .*Did you mean 'grayscale'"),
        ({"on_worker_death": "ignore"}, ValueError, "on_worker_death must be one of 'raise', 'restart'"),
        ({"render_mode": "human"}, ValueError, "render_mode must be one of None, 'rgb_array'"),
        ({"batch_size": 3}, ValueError, "batch_size must be at most num_envs=2, got 3"),
        ({"stack_num": 0}, ValueError, "stack_num must be an integer of at least 1, got 0"),
        ({"frameskip": (2, 5)}, ValueError, "frameskip must be an integer of at least 1"),
        ({"scheduler": SequenceScheduler([["nonsense"]], [])}, UnknownNameError, "Pong has no modif 'nonsense'"),
    ],
)
def test_wrong_arguments_are_explained(kwargs, error, message):
    with pytest.raises(error, match=message):
        make("pong", 2, **kwargs)


def test_wrong_actions_are_explained():
    envs = make("pong", 2)
    envs.reset(seed=0)
    for actions, message in [
        ([0, 6], r"actions must be 0 to 5, got \[0, 6\]"),
        ([-1, 0], "actions must be 0 to 5"),
        ([0], r"integers of shape \(2,\)"),
        ([0.0, 1.0], "integers of shape"),
    ]:
        with pytest.raises(ValueError, match=message):
            envs.step(actions)
    assert envs.step([0, 0])[0].shape == (2, 4, 84, 84)


def test_wrong_masks_are_explained():
    envs = make("pong", 2)
    with pytest.raises(ResetNeeded, match="Reset all sub-envs once"):
        envs.reset(options={"reset_mask": np.array([True, False])})
    envs.reset(seed=0)
    for mask, error, message in [
        ([True, False], TypeError, "must be a NumPy array of bool"),
        (np.array([1, 0]), TypeError, "must be a NumPy array of bool"),
        (np.array([True]), ValueError, r"must have shape \(2,\)"),
        (np.array([False, False]), ValueError, "True somewhere"),
    ]:
        with pytest.raises(error, match=message):
            envs.reset(options={"reset_mask": mask})


def test_wrong_seeds_and_values_are_explained():
    envs = make("pong", 2)
    with pytest.raises(ValueError, match="Got 3 seeds for 2 sub-envs"):
        envs.reset(seed=[1, 2, 3])
    with pytest.raises(ValueError, match="Got 1 values for 2 sub-envs"):
        envs.set_attr("reset_cost", [1.0])


def test_without_autoreset_ended_episodes_must_be_reset():
    envs = make("pong", 2, autoreset_mode="Disabled", max_num_frames_per_episode=4, noop_max=0)
    envs.reset(seed=0)
    assert envs.step([0, 0])[3].all()
    with pytest.raises(ResetNeeded, match="sub-envs \\[0, 1\\] have ended"):
        envs.step([0, 0])


@pytest.mark.parametrize("num_workers", [0, 2])
def test_conflicting_modifs_warn_once(num_workers):
    drifts = ["up_drift", "down_drift"]
    with pytest.warns(ModifConflictWarning, match="both write") as warnings:
        envs = make("pong", 4, modifs=drifts, num_workers=num_workers)
    assert len(warnings) == 1
    with pytest.warns(ModifConflictWarning, match="both write") as warnings:
        envs.call("set_modifs", drifts)
    envs.reset()
    assert len(warnings) == 1
    envs.close()


@pytest.mark.parametrize("num_workers", [0, 2])
def test_calls_can_be_for_some_sub_envs_only(num_workers):
    envs = make("pong", 4, num_workers=num_workers)
    assert envs.call("set_modifs", ["lazy_enemy"], indices=[3, 1]) == (None, None)
    envs.reset(seed=0)
    assert envs.call("modifs") == ((), ("lazy_enemy",), (), ("lazy_enemy",))
    assert envs.call("np_random_seed", indices=np.array([2, 0])) == (2, 0)
    assert envs.call("modifs", indices=[]) == ()
    with pytest.raises(IndexError, match=r"^There is no sub-env 4: indices are 0 to 3\.$"):
        envs.call("modifs", indices=[0, 4])
    envs.close()


def test_errors_of_workers_reach_the_caller_with_their_traceback():
    envs = make("pong", 2, num_workers=2)
    envs.reset(seed=0)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'") as raised:
        envs.call("nonsense")
    assert "in call" in str(raised.value.__cause__)
    with pytest.raises(RuntimeError, match="A worker cannot send its result"):
        envs.get_attr("ale")
    with pytest.raises(UnknownNameError, match="no modif 'nonsense'"):
        envs.call("set_modifs", ["nonsense"])
    assert envs.call("modifs") == ((), ())
    envs.close()
    with pytest.raises(ClosedEnvironmentError, match="has been closed"):
        envs.step([0, 0])


# --- Processes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("context", ["fork", "spawn", "forkserver"])
def test_every_way_to_start_processes_works(context):
    envs = make("pong", 1, num_workers=1, context=context, modifs=["lazy_enemy"])
    expected = make("pong", 1, modifs=["lazy_enemy"])
    assert worker_pids()
    assert_same_play(envs, expected, 3)
    assert not worker_pids()


def _play_in_daemon(connection):
    envs = make("pong", 2, num_workers=2)
    connection.send((envs.reset(seed=0)[0], worker_pids()))
    connection.recv()


@pytest.mark.parametrize("end", ["returns", "killed"])
def test_works_in_daemonic_processes(end):
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_play_in_daemon, args=(theirs,), daemon=True)
    process.start()
    pictures, pids = ours.recv()
    assert equal(pictures, make("pong", 2).reset(seed=0)[0])
    assert len(pids) == 2
    assert all(map(alive, pids))
    ours.send(None) if end == "returns" else process.kill()
    process.join()
    assert eventually(lambda: not any(map(alive, pids)))


def shared_memory():
    """Return the files in which Python keeps shared memory; semaphores of other programs come and go there."""
    return {name for name in os.listdir("/dev/shm") if name.startswith(("psm_", "pym-"))}


def test_close_and_garbage_collection_leave_nothing_behind():
    memory = shared_memory()
    for end in (HackAtariVectorEnv.close, lambda envs: None):
        envs = make("pong", 2, num_workers=2)
        envs.reset(seed=0)
        envs.send([0, 0])
        pids = worker_pids()
        assert len(pids) == 2
        end(envs)
        del envs
        assert not any(map(alive, pids))
    assert shared_memory() <= memory


def test_a_copy_in_a_forked_process_does_not_end_the_workers():
    envs = make("pong", 2, num_workers=2)
    process = multiprocessing.get_context("fork").Process(target=envs.close)
    process.start()
    process.join()
    assert process.exitcode == 0
    assert envs.reset(seed=0)[0].shape == (2, 4, 84, 84)
    envs.close()


PROGRAM = """
import multiprocessing, signal, numpy as np
from hackatari.vector_env import HackAtariVectorEnv

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may ignore it
    envs = HackAtariVectorEnv("pong", 4, num_workers={num_workers}, context="{context}")
    envs.reset(seed=0)
    print(*[process.pid for process in multiprocessing.active_children()], flush=True)
    while True:
        envs.step(np.zeros(4, int))
"""


@pytest.mark.parametrize(
    ("context", "num_workers", "number"),
    [
        ("fork", 2, signal.SIGINT),
        ("spawn", 2, signal.SIGINT),
        ("fork", 2, signal.SIGKILL),
        ("fork", None, signal.SIGINT),
    ],
)
def test_no_worker_outlives_the_program(context, num_workers, number, tmp_path):
    memory = shared_memory()
    path = tmp_path / "program.py"
    path.write_text(PROGRAM.format(context=context, num_workers=num_workers))
    program = subprocess.Popen(
        [sys.executable, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    pids = [int(pid) for pid in program.stdout.readline().split()]
    assert len(pids) == (num_workers or min(len(os.sched_getaffinity(0)), 4) - 1)
    time.sleep(0.1)
    if number == signal.SIGINT:  # a terminal sends it to all processes of the program
        os.killpg(program.pid, number)
    else:
        program.send_signal(number)
    try:
        complaints = program.communicate(timeout=20)[1]
    finally:
        program.kill()
    assert eventually(lambda: not any(map(alive, pids)))
    assert complaints.count("Traceback") == (number == signal.SIGINT)
    assert shared_memory() <= memory


def test_an_interrupted_step_can_be_finished_or_forgotten():
    envs, expected = make("pong", 2, num_workers=2), make("pong", 2)
    envs.reset(seed=0), expected.reset(seed=0)
    pids = worker_pids()
    for end in ("recv", "reset"):
        os.kill(pids[1], signal.SIGSTOP)
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            envs.step([2, 2])
        os.kill(pids[1], signal.SIGCONT)
        if end == "recv":
            assert equal(envs.recv(), expected.step([2, 2]))
        else:
            assert equal(envs.reset(seed=1), expected.reset(seed=1))
            assert equal(envs.step([3, 3]), expected.step([3, 3]))
    envs.close()


def kill_when(when, pid):
    """Kill a worker now, or let it be killed in the step that begins next."""
    if when == "idle":
        os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: not alive(pid))
    else:
        os.kill(pid, signal.SIGSTOP)
        threading.Timer(0.2, os.kill, (pid, signal.SIGKILL)).start()


@pytest.mark.parametrize("when", ["idle", "in a step"])
def test_the_death_of_a_worker_is_an_error(when):
    envs = make("pong", 2, num_workers=2)
    envs.reset(seed=0)
    kill_when(when, worker_pids()[0])
    message = r"sub-envs \d to \d died with exit code -9; make the env with on_worker_death='restart'"
    with pytest.raises(WorkerDiedError, match=message):
        envs.step([0, 0])
    envs.close()
    assert not worker_pids()


def test_a_worker_that_cannot_start_is_told_from_one_that_dies_later(monkeypatch):
    monkeypatch.setattr("hackatari.vector_processes.run_worker", lambda *args: os._exit(3))
    with pytest.raises(WorkerDiedError, match=r"sub-envs 0 to 0 died with exit code 3 while it was starting\.$"):
        make("pong", 2, num_workers=2, context="fork")


def test_a_restarted_worker_keeps_the_modifs_that_were_set():
    envs = make("pong", 2, num_workers=2, on_worker_death="restart")
    envs.call("set_modifs", ["lazy_enemy"], indices=[0])
    envs.reset(seed=0)
    for pid in worker_pids():
        kill_when("idle", pid)
    assert envs.step([0, 0])[3].all()
    envs.step([0, 0])
    assert envs.call("modifs") == (("lazy_enemy",), ())
    envs.close()


@pytest.mark.parametrize(
    ("autoreset_mode", "when"),
    [(NEXT_STEP, "idle"), (NEXT_STEP, "in a step"), (SAME_STEP, "in a step"), (DISABLED, "in a step")],
)
def test_a_dead_worker_is_restarted(when, autoreset_mode):
    kwargs = {"autoreset_mode": autoreset_mode, "modifs": ["lazy_enemy"], "noop_max": 0}
    envs = make("pong", 2, num_workers=2, on_worker_death="restart", **kwargs)
    expected = make("pong", 2, **kwargs)
    envs.reset(seed=0), expected.reset(seed=0)
    before = envs.step([2, 2])[0]
    expected.step([2, 2])
    (pid,) = [process.pid for process in multiprocessing.active_children() if process.name.endswith("-1")]
    kill_when(when, pid)
    pictures, rewards, terminations, truncations, infos = envs.step([3, 3])
    survivors = expected.step([3, 3])
    assert truncations.tolist() == [False, True]
    assert not terminations.any()
    assert rewards.tolist() == [0.0] * 2
    assert equal(pictures[0], survivors[0][0])
    fresh = make("pong", 1, **kwargs).reset()[0][0]
    if autoreset_mode is SAME_STEP:
        assert equal(pictures[1], fresh)
        assert infos["_final_obs"].tolist() == [False, True]
        assert equal(infos["final_obs"][1], before[1])
    else:
        assert equal(pictures[1], before[1])
        if autoreset_mode is DISABLED:
            pictures = envs.reset(options={"reset_mask": truncations})[0]
        else:
            pictures, _, _, truncations, _ = envs.step([3, 3])
            assert not truncations.any()
        assert equal(pictures[1], fresh)
    assert envs.call("modifs") == (("lazy_enemy",),) * 2
    assert not envs.step([0, 0])[3].any()
    envs.close()


def test_a_worker_that_dies_before_a_reset_or_call_is_restarted():
    envs = make("pong", 2, num_workers=2, on_worker_death="restart")
    expected = make("pong", 2).reset(seed=0)
    kill_when("idle", worker_pids()[0])
    assert equal(envs.reset(seed=0), expected)
    assert not envs.step([0, 0])[3].any()
    kill_when("in a step", worker_pids()[0])
    assert envs.call("modifs") == ((),) * 2
    assert envs.step([0, 0])[3].sum() == 1
    envs.close()


def test_dead_workers_are_restarted_in_batches_too():
    envs = make("pong", 4, num_workers=2, batch_size=2, on_worker_death="restart")
    _, infos = envs.reset(seed=0)
    truncated = set()
    for t in range(12):
        if t == 3:
            kill_when("idle", worker_pids()[0])
        _, _, _, truncations, infos = envs.step([0, 0])
        truncated |= set(infos["env_id"][truncations].tolist())
    assert len(truncated) == 2
    envs.close()


# --- Gymnasium's API ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("env_id", ["HackAtari/Pong-v0", "HackAtari/Pong-LazyEnemy-v0"])
def test_make_vec_makes_variants(env_id):
    envs = gym.make_vec(env_id, num_envs=2, num_workers=0)
    assert type(envs) is HackAtariVectorEnv
    assert envs.spec.id == env_id
    assert envs.observation_space.shape == (2, 4, 84, 84)
    assert envs.call("modifs") == (("lazy_enemy",) * ("Lazy" in env_id),) * 2


def test_make_vec_makes_curricula_and_continuing_worlds():
    envs = gym.make_vec("HackAtari/Pong-Curriculum-v0", num_envs=2, num_workers=0)
    assert envs.call("scheduler") == (gym.make("HackAtari/Pong-Curriculum-v0").get_wrapper_attr("scheduler"),) * 2
    scheduler = SequenceScheduler([["lazy_enemy"], []], [5])
    envs = gym.make_vec("HackAtari/Pong-Curriculum-v0", num_envs=2, num_workers=0, scheduler=scheduler)
    assert envs.reset()[1]["modifs"].tolist() == [("lazy_enemy",)] * 2
    assert envs.call("modifs") == (("lazy_enemy",),) * 2
    envs = gym.make_vec("HackAtari/Pong-Continuing-v0", num_envs=2, num_workers=0, reset_cost=2.0)
    assert envs.get_attr("reset_cost") == (2.0, 2.0)


def test_every_id_has_a_vector_entry_point():
    specs = [spec for name, spec in gym.registry.items() if name.startswith("HackAtari/")]
    modules = {spec.vector_entry_point.partition(":")[0] for spec in specs}
    assert modules == {"hackatari.vector_env", "hackatari.problems"}


@pytest.mark.parametrize("autoreset_mode", [NEXT_STEP, SAME_STEP])
def test_gymnasiums_vector_wrappers_work(autoreset_mode):
    kwargs = {"autoreset_mode": autoreset_mode, "max_num_frames_per_episode": 60}
    envs = RecordEpisodeStatistics(make("breakout", 2, **kwargs))
    expected = RecordEpisodeStatistics(reference("breakout", 2, **kwargs))
    envs.reset(seed=0), expected.reset(seed=0)
    for _ in range(30):
        infos, expected_infos = envs.step([1, 2])[4], expected.step(np.array([1, 2]))[4]
        assert ("episode" in infos) == ("episode" in expected_infos)
        if "episode" in infos:
            assert equal([infos["episode"][key] for key in "rl"], [expected_infos["episode"][key] for key in "rl"])
    assert envs.episode_count == expected.episode_count > 0
    assert DictInfoToList(make("pong", 2)).reset(seed=0)[1][1]["lives"] == 0


def test_render_returns_the_whole_pictures():
    envs = make("pong", 2, render_mode="rgb_array", noop_max=0, num_workers=2)
    single = HackAtariEnv("pong", render_mode="rgb_array", frameskip=1)
    envs.reset(seed=0), single.reset(seed=0)
    assert equal(envs.render()[0], single.render())
    envs.close()


def test_continuous_actions_are_those_of_the_single_env():
    envs = make("breakout", 2, continuous=True, obs_type="ram", stack_num=1, noop_max=0)
    single = HackAtariEnv("breakout", continuous=True, obs_type="ram", frameskip=4)
    assert envs.single_action_space == single.action_space
    envs.action_space.seed(0)
    envs.reset(seed=0), single.reset(seed=0)
    for _ in range(60):
        actions = envs.action_space.sample()
        assert equal(envs.step(actions)[0][0, 0], single.step(actions[0])[0])
    with pytest.raises(ValueError, match="actions must have shape \\(2, 3\\)"):
        envs.step(np.zeros(2))


@pytest.mark.parametrize("copy", [True, False])
def test_the_adapter_to_sb3_keeps_what_it_has_returned(copy):
    from hackatari.wrappers import SB3VecEnv

    envs = SB3VecEnv(HackAtariVectorEnv("pong", 2, num_workers=0, copy=copy, noop_max=0))
    envs.seed(0)
    first = envs.reset()
    kept = np.array(first)
    for _ in range(3):
        envs.step(np.array([2, 3]))
    assert np.array_equal(first, kept)
    assert not np.array_equal(envs.step(np.array([2, 3]))[0], kept)
    envs.close()
