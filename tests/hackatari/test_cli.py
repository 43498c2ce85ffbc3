"""The command line: what it prints, what it writes, and how it refuses bad input."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import gymnasium as gym
import pytest
from typer.testing import CliRunner

from hackatari.benchmarks.training import TrainingPlan, make_envs, make_model, save_model
from hackatari.cli import app

RANDOM_WALKER = '''
import torch
from hackatari.benchmarks.agents import EnvSettings

class Walker:
    """Moves at random."""
    settings = EnvSettings()
    env_kwargs = staticmethod(EnvSettings.env_kwargs)
    wrap = staticmethod(lambda env, settings: env)

    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        return int(torch.randint(3, ())), state

def load(path):
    return Walker()
'''


def run(*args):
    return CliRunner().invoke(app, [str(arg) for arg in args], terminal_width=200)


@pytest.fixture(scope="module")
def pong_zip(tmp_path_factory):
    """An untrained pixel agent for Pong, as `hackatari train` saves it."""
    plan = TrainingPlan("a2c", "HackAtari/Pong-v0", steps=1, n_envs=1, small_network=True)
    path = tmp_path_factory.mktemp("agents") / "untrained.zip"
    save_model(make_model(plan, make_envs(plan)), path, slim=True)
    return path


# --- list, show, play --------------------------------------------------------------------------------------------


def test_no_command_shows_help_and_is_bad_usage():
    result = run()
    assert result.exit_code == 2
    assert all(command in result.output for command in ("list", "show", "play", "train", "evaluate", "bench"))


def test_list_names_all_games():
    result = run("list")
    assert result.exit_code == 0
    assert "HackAtari/Pong-v0" in result.stdout
    assert "HackAtari/Alien-v0" in result.stdout


def test_list_game_documents_its_modifs():
    result = run("list", "pong")
    assert result.exit_code == 0
    assert "lazy_enemy" in result.stdout
    assert "stands still" in result.stdout


def test_list_as_json():
    (game,) = json.loads(run("list", "SpaceInvaders", "--json").stdout)["games"]
    assert game["rom"] == "space_invaders"
    (modif,) = (modif for modif in game["modifs"] if modif["name"] == "no_danger")
    assert modif["env_id"] == "HackAtari/SpaceInvaders-NoDanger-v0"
    assert modif["family"] == "assist"


def test_the_counts_are_those_of_the_registry():
    everything = json.loads(run("list", "--json").stdout)
    counts = everything["counts"]
    ids = [spec for spec in gym.registry.values() if spec.namespace == "HackAtari" and "game" in spec.kwargs]
    assert counts["env_ids"] == len(ids)
    assert counts["games"] == len(everything["games"]) == 104
    assert counts["modifs"] == sum(spec.kwargs.get("modifs") is not None for spec in ids)
    assert sum(counts["modifs_by_family"].values()) == counts["modifs"]
    assert counts["modifs_for_every_game"] == len(everything["every_game"])
    visual = json.loads(run("list", "--json", "--family", "visual").stdout)
    assert visual["counts"]["modifs"] == counts["modifs_by_family"]["visual"]
    assert {modif["family"] for game in visual["games"] for modif in game["modifs"]} == {"visual"}


def test_list_game_names_what_works_in_every_game():
    result = run("list", "adventure", "--family", "dynamics")
    assert "action_delay(frames=4)" in result.stdout
    assert "flicker" not in result.stdout


def test_show_writes_a_picture_of_all_variants(tmp_path):
    result = run("show", "pong", "--out", tmp_path / "pong.png", "--frame", 150)
    assert (result.exit_code, result.stdout.strip()) == (0, str(tmp_path / "pong.png"))
    height, width, _ = cv2.imread(str(tmp_path / "pong.png")).shape
    assert height > 500
    assert width > 1000


def test_show_takes_modifs_with_arguments(tmp_path):
    run("show", "pong", "-m", "flicker(1)", "-m", "mirror", "--out", tmp_path / "few.png", "--frame", 100)
    run("show", "adventure", "--family", "dynamics", "--out", tmp_path / "any.png", "--frame", 100)
    few, any_game = cv2.imread(str(tmp_path / "few.png")), cv2.imread(str(tmp_path / "any.png"))
    assert few.shape[1] < any_game.shape[1]  # three pictures and four


def test_check_objects_counts_boxes(tmp_path):
    result = run("check-objects", "pong", "--frames", 60, "--out", tmp_path / "objects.json")
    assert result.exit_code == 0
    assert json.loads((tmp_path / "objects.json").read_text())["Pong"]["Player"] == {"present": 60, "found": 60}


# --- bad usage ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["list", "pongg"], "There is no game 'pongg'. Did you mean 'Pong'?"),
        (["show", "pongg"], "There is no game 'pongg'. Did you mean 'Pong'?"),
        (["list", "--family", "visul"], "There is no family 'visul'. Did you mean 'visual'?"),
        (["show", "pong", "-m", "flicker(3)"], "flicker needs a probability between 0 and 1, got 3.0."),
        (["show", "pong", "--frame", "999999"], "Pong is over before frame 999999; choose an earlier one."),
        (["play", "pong", "-m", "lazy"], "Pong has no modif 'lazy'. Did you mean 'lazy_enemy'?"),
        (["evaluate", "-g", "pogn"], "There is no game 'pogn'. Did you mean 'Pong' or 'Pooyan'?"),
        (["evaluate", "-v", "lazy_enemi"], "Pong has no modif 'lazy_enemi'. Did you mean 'lazy_enemy'?"),
        (["evaluate", "-v", "up_drift+lazy"], "Pong has no modif 'lazy'. Did you mean 'lazy_enemy'?"),
        (["evaluate", "-m", "disable_cars"], "Pong has no modif 'disable_cars'. It is a modif of Freeway."),
        (["evaluate", "none.zip"], "Checkpoint `none.zip` does not exist."),
        (["evaluate", "-g", "alien"], "No checkpoint ships for Alien, only for pong; give the path of one."),
        (["evaluate", "--episodes", "0"], "Invalid value for '--episodes'"),
        (["evaluate", "--sticky", "2"], "Invalid value for '--sticky'"),
        (["evaluate", "--mode", "9"], "pong has no mode 9 with difficulty None: its modes are [0, 1]"),
        (["evaluate", "--policy", "nothing"], "Adapter `nothing` is not of the form `module:factory`"),
        (["train", "pppo", "HackAtari/Pong-v0"], "There is no algorithm 'pppo'. Did you mean 'PPO'"),
        (
            ["train", "ppo", "HackAtari/Pogn-v0"],
            "There is no env ID 'HackAtari/Pogn-v0'. Did you mean 'HackAtari/Pong-v0'",
        ),
        (
            ["train", "ppo", "HackAtari/Pong-v0", "--optimizer", "adm"],
            "There is no optimizer 'adm'. Did you mean 'adam'",
        ),
        (["train", "ppo", "HackAtari/Pong-v0", "-p", "gamma"], "'gamma' is not of the form name=value"),
        (["train", "ppo", "HackAtari/Pong-v0", "-m", "disable_cars"], "It is a modif of Freeway."),
        (["train", "ppo", "CartPole-v1", "-m", "lazy_enemy"], "CartPole-v1 takes no modifs"),
        (["train", "ppo", "CartPole-v1", "--n-envs", "1", "-p", "gama=1"], "unexpected keyword argument 'gama'"),
        (["train", "ppo", "CartPole-v1", "--resume"], "There is nothing to resume"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_usage_ends_with_one_clear_sentence(args, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(*args)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"hello", "bad.zip"),
        (b"", "bad.zip"),
        ("truncated", "bad.zip"),
    ],
    ids=["text", "empty", "truncated"],
)
def test_a_file_that_is_no_checkpoint(content, message, tmp_path, pong_zip):
    path = tmp_path / "bad.zip"
    path.write_bytes(pong_zip.read_bytes()[:5000] if content == "truncated" else content)
    result = run("evaluate", path, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.output
    assert not (tmp_path / "out" / "episodes.jsonl").exists()


def test_a_checkpoint_of_another_game(tmp_path, pong_zip):
    result = run("evaluate", pong_zip, "--game", "breakout", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "among 6 actions, but `HackAtari/Breakout-v0` has 4" in " ".join(result.stderr.split())


def test_a_folder_that_cannot_be_written(tmp_path, pong_zip):
    (tmp_path / "file").write_text("")
    result = run("evaluate", pong_zip, "--out", tmp_path / "file" / "out")
    assert result.exit_code == 2
    assert "Results cannot be written to" in result.stderr
    assert "Choose another folder with --out." in " ".join(result.stderr.split())


# --- evaluate ----------------------------------------------------------------------------------------------------


def test_evaluate_writes_table_report_and_data(tmp_path, pong_zip):
    out = tmp_path / "out"
    args = ["evaluate", pong_zip, "-g", "pong", "-v", "hidden_enemy", "-v", "mirror+cutout(10, 20)"]
    args += ["-m", "up_drift", "-m", "left_drift"]
    result = run(*args, "--episodes", 2, "--out", out, "--workers", 1)
    assert result.exit_code == 0, result.output
    assert {path.name for path in out.iterdir()} == {
        "episodes.jsonl",
        "plot.png",
        "report.html",
        "summary.csv",
        "summary.json",
    }
    with (out / "summary.csv").open() as file:
        rows = {row["variant"]: row for row in csv.DictReader(file)}
    assert list(rows) == ["unmodified", "hidden_enemy", "mirror + cutout(10, 20)", "up_drift + left_drift"]
    assert all(variant.split(" ")[0] in result.stdout for variant in rows)
    episodes = [json.loads(line) for line in (out / "episodes.jsonl").read_text().splitlines()]
    for variant, row in rows.items():
        scores = [e["score"] for e in episodes if (" + ".join(e["modifs"]) or "unmodified") == variant]
        assert len(scores) == 2
        assert float(row["mean"]) == sum(scores) / 2
    metadata = json.loads((out / "summary.json").read_text())["metadata"]
    assert metadata["seed"] == 0
    assert {"python", "ale-py", "torch", "stable-baselines3"} <= metadata["versions"].keys()
    assert "hidden_enemy" in (out / "report.html").read_text()

    again = run(*args, "--episodes", 2, "--out", out)
    assert "8 of 8 episodes are in" in " ".join(again.stderr.split())
    assert again.stdout == result.stdout


def test_an_interrupted_evaluation_goes_on_and_ends_with_the_same_numbers(tmp_path):
    (tmp_path / "walker.py").write_text(RANDOM_WALKER)
    (tmp_path / "walker.bin").write_bytes(b"weights")
    command = [sys.executable, "-m", "hackatari", "evaluate", "walker.bin", "--policy", "walker:load", "-g", "freeway"]
    command += ["-v", "speed_mode", "--episodes", "3", "--workers", "2", "--seed", "3"]
    undisturbed = subprocess.run([*command, "--out", "a"], cwd=tmp_path, capture_output=True, text=True, check=True)

    process = subprocess.Popen(
        [*command, "--out", "b"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        # Where the tests run in the background, the signal is ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while not (tmp_path / "b" / "episodes.jsonl").exists() and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    kept = len((tmp_path / "b" / "episodes.jsonl").read_text().splitlines())
    assert process.returncode == 1
    assert f"Interrupted. {kept} of 6 episodes are in" in " ".join(errors.split())
    assert "Traceback" not in errors
    assert 1 <= kept < 6

    subprocess.run([*command, "--out", "b"], cwd=tmp_path, capture_output=True, check=True)
    assert (tmp_path / "b" / "summary.csv").read_text() == (tmp_path / "a" / "summary.csv").read_text()
    assert undisturbed.stdout.splitlines()[-1] == f"Report: {Path('a', 'report.html')}"


# --- train -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("algorithm", "env_id", "options"),
    [
        ("ppo", "HackAtari/Pong-LazyEnemy-v0", ["--small-network", "-p", "n_steps=8", "-p", "batch_size=8"]),
        ("centered-ppo", "HackAtari/Pong-Continuing-v0", ["--small-network", "-p", "n_steps=8", "-p", "batch_size=8"]),
        ("CenteredDQN", "CartPole-v1", ["-p", "learning_starts=8", "--optimizer", "clipped-adam", "--kappa", "2"]),
        ("qrdqn", "CartPole-v1", ["-p", "learning_rate=linear:1e-3:1e-4"]),
    ],
)
@pytest.mark.filterwarnings("ignore::hackatari.agents.EpisodicTaskWarning")
def test_trained_models_are_saved_with_what_made_them(algorithm, env_id, options, tmp_path):
    result = run("train", algorithm, env_id, "--steps", 16, "--n-envs", 1, "--out", tmp_path, *options)
    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == str(tmp_path / "model.zip")
    record = json.loads((tmp_path / "training.json").read_text())
    assert (record["env_id"], record["finished"]) == (env_id, True)
    assert list((tmp_path / "tensorboard").rglob("events*"))

    more = run("train", algorithm, env_id, "--steps", 32, "--n-envs", 1, "--out", tmp_path, "--resume", *options)
    assert more.exit_code == 0, more.output
    assert json.loads((tmp_path / "training.json").read_text())["steps_done"] == 32


def test_a_slim_model_is_smaller_and_can_be_evaluated(tmp_path, pong_zip):
    plan = TrainingPlan("a2c", "HackAtari/Pong-v0", steps=1, n_envs=1, small_network=True)
    model = make_model(plan, make_envs(plan))
    model.learn(5)
    save_model(model, tmp_path / "full.zip")
    save_model(model, tmp_path / "slim.zip", slim=True)
    assert os.path.getsize(tmp_path / "slim.zip") < 2_000_000
    assert os.path.getsize(tmp_path / "slim.zip") < 0.7 * os.path.getsize(tmp_path / "full.zip")
    assert type(model).load(tmp_path / "slim.zip").num_timesteps == 5
