"""The agents that ship with the package."""

from importlib import resources
from pathlib import Path

import pytest
from stable_baselines3 import PPO

from hackatari.benchmarks.episodes import Checkpoint, play_episode
from hackatari.benchmarks.evaluation import EvaluationPlan, plan_jobs

FOLDER = Path(str(resources.files("hackatari.benchmarks") / "checkpoints"))


def test_pong_is_there():
    assert [path.name for path in FOLDER.glob("*.zip")] == ["pong.zip"]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.zip")), ids=lambda path: path.stem)
def test_small_enough_to_ship(path):
    assert path.stat().st_size <= 2_000_000


def test_pong_wins_a_game():
    plan = EvaluationPlan([Checkpoint(FOLDER / "pong.zip")], "pong", [()], episodes=1, deterministic=True)
    (job,) = plan_jobs(plan)
    assert job.settings.repeat_action_probability == 0.25
    assert play_episode(job.checkpoint.load(), job).score > 0


def test_pong_can_be_trained_on():
    assert PPO.load(FOLDER / "pong.zip", device="cpu").num_timesteps >= 2_500_000
