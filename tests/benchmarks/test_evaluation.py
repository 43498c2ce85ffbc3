"""Evaluation: whole games, raw scores, the same numbers in one process and in many, and after an interruption."""

import sys
from dataclasses import replace
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
import torch

from hackatari.benchmarks.agents import EnvSettings
from hackatari.benchmarks.episodes import BATCH_SIZE, Checkpoint, Job, WholeGame, play_episode
from hackatari.benchmarks.evaluation import EvaluationPlan, episode_seed, evaluate, plan_jobs
from hackatari.benchmarks.results import EpisodeSpec, ResultStore
from hackatari.vector_processes import WorkerDiedError

ADAPTER = '''
from hackatari.benchmarks.agents import EnvSettings
import torch

class Walker:
    """Plays Freeway: walks up, or steps at random from torch's generator."""
    settings = EnvSettings(repeat_action_probability=0.0)

    def env_kwargs(self, settings):
        return settings.env_kwargs()

    def wrap(self, env, settings):
        return env

    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        return (1 if deterministic else int(torch.randint(3, ()))), state

def load(path):
    return Walker()
'''


@pytest.fixture
def walker(tmp_path, monkeypatch):
    """A checkpoint of an agent that walks up, or at random if it is not deterministic."""
    (tmp_path / "walker_adapter.py").write_text(ADAPTER)
    (tmp_path / "walker.bin").write_bytes(b"weights")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return Checkpoint(tmp_path / "walker.bin", policy="walker_adapter:load")


def jobs_of(checkpoint, **kwargs):
    defaults = {"game": "freeway", "variants": [(), ("disable_cars",)], "episodes": 1, "deterministic": True}
    return plan_jobs(EvaluationPlan([checkpoint], **{**defaults, **kwargs}))


def test_scores_are_those_of_the_game(walker, tmp_path):
    results = evaluate(jobs_of(walker), ResultStore(tmp_path))
    assert [(r.variant, r.score) for r in results] == [("unmodified", 21.0), ("disable_cars", 41.0)]
    assert [(r.steps, r.frames, r.truncated) for r in results] == [(2048, 8192, False)] * 2


def test_one_process_and_several_agree(walker, tmp_path):
    limit = {"max_num_frames_per_episode": 2000}
    jobs = jobs_of(walker, deterministic=False, variants=[("strobo_mode",)], episodes=2, env_kwargs=limit)
    alone = evaluate(jobs, ResultStore(tmp_path / "alone"), workers=1)
    together = evaluate(jobs, ResultStore(tmp_path / "together"), workers=2)
    assert alone == together
    assert len({result.score for result in alone} | {result.seed for result in alone}) >= 3


def test_the_callers_random_stream_is_left_alone(walker):
    (job,) = jobs_of(walker, deterministic=False, variants=[()])
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    play_episode(job.checkpoint.load(), job)
    assert torch.equal(torch.rand(3), expected)


def test_what_is_stored_is_not_played_again(walker, tmp_path):
    jobs = jobs_of(walker)
    first = evaluate(jobs[:1], ResultStore(tmp_path))
    played = []
    results = evaluate(jobs, ResultStore(tmp_path), on_result=played.append)
    assert results[:1] == first
    assert [result.variant for result in played] == ["disable_cars"]
    assert evaluate(jobs, ResultStore(tmp_path), on_result=played.append) == results
    assert len(played) == 1


def test_an_interruption_keeps_what_is_finished(walker, tmp_path):
    jobs = jobs_of(walker)

    def interrupt(result):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(jobs, ResultStore(tmp_path), on_result=interrupt)
    assert [result.variant for result in ResultStore(tmp_path).load()] == ["unmodified"]


def test_other_settings_are_other_episodes(walker):
    keys = {
        jobs_of(walker, **change)[0].spec.key()
        for change in (
            {},
            {"seed": 1},
            {"deterministic": False},
            {"overrides": {"repeat_action_probability": 0.25}},
            {"env_kwargs": {"difficulty": 1}},
            {"variants": [("speed_mode",)]},
        )
    }
    assert len(keys) == 6


def test_overrides_replace_the_agents_settings(walker):
    (job,) = jobs_of(walker, variants=[()], overrides={"frameskip": 8})
    assert job.settings == EnvSettings(frameskip=8, repeat_action_probability=0.0)
    assert play_episode(job.checkpoint.load(), job).steps == 1024


def test_variants_share_seeds_and_early_episodes_come_first(walker):
    jobs = jobs_of(walker, episodes=3, seed=5)
    assert [job.spec.episode for job in jobs] == [0, 0, 1, 1, 2, 2]
    assert [job.spec.seed for job in jobs[::2]] == [job.spec.seed for job in jobs[1::2]]
    assert [job.spec.seed for job in jobs[::2]] == [episode_seed(5, k) for k in range(3)]
    assert len({episode_seed(s, k) for s in range(20) for k in range(20)}) == 400


def test_checkpoints_of_the_same_name_are_told_apart(walker, tmp_path):
    other = tmp_path / "other" / "walker.bin"
    other.parent.mkdir()
    other.write_bytes(b"other weights")
    jobs = plan_jobs(EvaluationPlan([walker, replace(walker, path=other)], "freeway", [()], episodes=1))
    assert [job.spec.checkpoint for job in jobs] == [str(walker.path), str(other)]
    assert jobs[0].spec.checkpoint_sha256 != jobs[1].spec.checkpoint_sha256


def test_a_checkpoint_may_be_a_folder(tmp_path):
    (tmp_path / "a").write_bytes(b"1")
    one = Checkpoint(tmp_path).sha256()
    (tmp_path / "a").rename(tmp_path / "b")
    assert Checkpoint(tmp_path).sha256() != one


def test_no_episodes_are_refused(walker):
    with pytest.raises(ValueError, match="at least 1 episode, got 0"):
        jobs_of(walker, episodes=0)


class Lives(gym.Env):
    """Three lives of two steps each; each step is worth 10. As in SB3, wrappers end an episode at each lost life."""

    observation_space = gym.spaces.Box(0, 255, (1,), np.uint8)
    action_space = gym.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        self.t = 0
        return np.zeros(1, np.uint8), {}

    def step(self, action):
        self.t += 1
        return np.zeros(1, np.uint8), 10.0, self.t >= 6, False, {"episode_frame_number": 4 * self.t}


def test_a_whole_game_is_counted_below_the_preprocessing():
    env = WholeGame(Lives())
    env.reset()
    for _ in range(6):
        env.step(0)
    assert (env.score, env.frames, env.over, env.truncated) == (60.0, 24, True, False)
    env.reset()  # as some preprocessing does unasked
    env.step(0)
    assert (env.score, env.frames, env.over) == (60.0, 24, True)


def test_a_lost_life_ends_nothing(tmp_path):
    """An SB3 agent's wrappers report each lost life as the end; the score is that of all five."""
    from hackatari.benchmarks.training import TrainingPlan, make_envs, make_model, save_model

    plan = TrainingPlan("a2c", "HackAtari/Breakout-v0", steps=1, n_envs=1, small_network=True)
    save_model(make_model(plan, make_envs(plan)), tmp_path / "model.zip", slim=True)
    (job,) = plan_jobs(EvaluationPlan([Checkpoint(tmp_path / "model.zip")], "breakout", [()], episodes=1))
    agent = job.checkpoint.load()
    lives = []

    class Watch(gym.Wrapper):
        def step(self, action):
            result = super().step(action)
            lives.append(result[4]["lives"])
            return result

    wrap = agent.wrap
    agent.wrap = lambda env, settings: Watch(wrap(env, settings))
    result = play_episode(agent, job)
    assert sorted(set(lives)) == [0, 1, 2, 3, 4, 5]
    assert result.steps == len(lives)
    assert result == play_episode(job.checkpoint.load(), job)


@pytest.fixture(scope="module")
def untrained(tmp_path_factory):
    """A checkpoint of an untrained SB3 agent of Breakout; its games are short."""
    from hackatari.benchmarks.training import TrainingPlan, make_envs, make_model, save_model

    path = tmp_path_factory.mktemp("untrained") / "model.zip"
    plan = TrainingPlan("a2c", "HackAtari/Breakout-v0", steps=1, n_envs=1, small_network=True, device="cpu")
    save_model(make_model(plan, make_envs(plan)), path, slim=True)
    return Checkpoint(path)


SHORT = {"game": "breakout", "variants": [()], "env_kwargs": {"max_num_frames_per_episode": 600}}


def test_games_played_at_once_are_those_played_alone(untrained, tmp_path):
    jobs = jobs_of(untrained, **{**SHORT, "variants": [(), ("gravity",), ("inverted_colors",)]}, episodes=4)
    assert len(jobs) > BATCH_SIZE
    together = evaluate(jobs, ResultStore(tmp_path))
    agent = untrained.load()
    assert together == [play_episode(agent, job) for job in jobs]
    assert {result.truncated for result in together} == {True, False}


def test_sampled_games_do_not_depend_on_their_company(untrained, tmp_path):
    jobs = jobs_of(untrained, **{**SHORT, "variants": [(), ("gravity",)]}, episodes=2, deterministic=False)
    together = evaluate(jobs, ResultStore(tmp_path / "together"))
    assert evaluate(jobs, ResultStore(tmp_path / "processes"), workers=2) == together
    torch.manual_seed(1)
    assert [evaluate([job], ResultStore(tmp_path / "alone"))[0] for job in jobs[3:]] == together[3:]
    assert len({(result.score, result.steps) for result in together}) > 2


def test_what_has_changed_the_sampling_is_recorded(untrained, walker):
    sampled, greedy = (jobs_of(untrained, **SHORT, deterministic=d)[0].spec.settings for d in (False, True))
    assert sampled["sampling"] == "inverse"
    assert "sampling" not in greedy
    assert "sampling" not in jobs_of(walker, deterministic=False)[0].spec.settings


def test_an_interruption_ends_games_that_are_under_way(untrained, tmp_path):
    jobs = jobs_of(untrained, **SHORT, episodes=10)
    finished = []

    def interrupt(result):
        finished.append(result)
        if len(finished) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(jobs, ResultStore(tmp_path), on_result=interrupt)
    assert ResultStore(tmp_path).load() == finished
    assert len(evaluate(jobs, ResultStore(tmp_path))) == 10


def test_one_checkpoint_comes_after_the_other(walker, tmp_path):
    other = replace(walker, path=tmp_path / "other.bin")
    other.path.write_bytes(b"other weights")
    jobs = plan_jobs(EvaluationPlan([walker, other], "freeway", [(), ("disable_cars",)], episodes=2))
    assert [job.checkpoint for job in jobs] == [walker] * 4 + [other] * 4
    assert [job.spec.episode for job in jobs] == [0, 0, 1, 1] * 2


def test_errors_of_workers_reach_the_caller(walker, tmp_path):
    jobs = [replace(job, env_kwargs={"difficulty": 77}) for job in jobs_of(walker)]
    with pytest.raises(ValueError, match="has no mode None with difficulty 77"):
        evaluate(jobs, ResultStore(tmp_path), workers=2)


# The process that evaluates waits until its worker has taken a job and died.
DEADLY = """
import multiprocessing, os, time

predict = Walker.predict

def deadly(*args):
    if multiprocessing.parent_process():
        os._exit(9)
    while multiprocessing.active_children():
        time.sleep(0.05)
    return predict(*args)

Walker.predict = deadly
"""


def test_the_death_of_a_worker_is_an_error(walker, tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "walker_adapter", raising=False)
    path = tmp_path / "walker_adapter.py"
    path.write_text(path.read_text() + DEADLY)
    with pytest.raises(WorkerDiedError, match="A process of the evaluation died with exit code 9; evaluate again"):
        evaluate(jobs_of(walker), ResultStore(tmp_path), workers=2)


def test_jobs_travel_to_workers(walker):
    import pickle

    (job,) = jobs_of(walker, variants=[()])
    assert isinstance(pickle.loads(pickle.dumps(job)), Job)
    assert isinstance(job.spec, EpisodeSpec)
    assert isinstance(job.checkpoint.path, Path)
