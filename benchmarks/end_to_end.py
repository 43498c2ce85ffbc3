"""How fast agents are trained and evaluated from end to end, next to the usual ways, in alternation.

`python -m hackatari.benchmarks.end_to_end` measures both.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from rich.console import Console
from rich.table import Table
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_atari_env
from stable_baselines3.common.vec_env import SubprocVecEnv, VecEnv, VecFrameStack

from hackatari.agents import SmallCNN
from hackatari.benchmarks.cpu_tuning import ENVIRONMENT, keep_freed_memory
from hackatari.benchmarks.episodes import Checkpoint, play_episode
from hackatari.benchmarks.evaluation import EvaluationPlan, evaluate, plan_jobs
from hackatari.benchmarks.files import atomic_write
from hackatari.benchmarks.processes import environment_of_children
from hackatari.benchmarks.provenance import versions
from hackatari.benchmarks.results import EpisodeResult, ResultStore
from hackatari.benchmarks.training import TrainingPlan, make_envs, make_model, save_model
from hackatari.games import find_game


@dataclass(frozen=True)
class Speed:
    """Speed of one way to do something, next to another one.

    Attributes:
        task: What is done.
        way: How it is done.
        steps_per_second: Agent steps, summed over the games; median over the rounds.
        ratio: Median over the rounds of its speed divided by that of the first way in the same round.
        ratio_low: 25 % quantile of these ratios.
        ratio_high: 75 % quantile.
    """

    task: str
    way: str
    steps_per_second: float
    ratio: float
    ratio_low: float
    ratio_high: float


@dataclass(frozen=True)
class TrainingWay:
    """A way to train.

    Attributes:
        make_envs: Makes the envs of a plan.
        tuned: Whether the process is tuned as `hackatari train` tunes its own.
    """

    make_envs: Callable[[TrainingPlan], VecEnv]
    tuned: bool


def measure_training(game: str = "pong", num_envs: int = 16, rounds: int = 7, rollouts: int = 2) -> list[Speed]:
    """Train PPO with a `SmallCNN`: on SB3's `make_atari_env` with `SubprocVecEnv`, and as `hackatari train` does it.

    Each way has a process of its own. A second one with SB3's envs, in a tuned process, tells what our envs alone do.

    Args:
        game: Name or ROM id.
        num_envs: Number of envs.
        rounds: Number of turns.
        rollouts: Rollouts of 128 steps of each env, with their updates, in a turn.
    """
    plan = TrainingPlan("ppo", f"HackAtari/{find_game(game).name}-v0", steps=1, n_envs=num_envs)
    ways = {
        "make_atari_env, SubprocVecEnv": TrainingWay(_usual_envs, tuned=False),
        "the same in a tuned process": TrainingWay(_usual_envs, tuned=True),
        "hackatari train": TrainingWay(make_envs, tuned=True),
    }
    context = multiprocessing.get_context("spawn")
    with ExitStack() as stack:
        work = {}
        for name, way in ways.items():
            process = stack.enter_context(ProcessPoolExecutor(1, mp_context=context))
            with environment_of_children(ENVIRONMENT if way.tuned else {}):
                _call_in(process, _start_training, way, plan)
            stack.callback(partial(_call_in, process, _end_training))
            work[name] = partial(_call_in, process, _go_on_training, rollouts)
            work[name]()
        speeds = take_turns(work, rounds)
    return compare(f"PPO on {plan.env_id}, {num_envs} envs", speeds)


def _call_in(process: ProcessPoolExecutor, function: Callable[..., Any], *args: Any) -> Any:
    return process.submit(function, *args).result()


_model: PPO
"""What this process trains."""


def _start_training(way: TrainingWay, plan: TrainingPlan) -> None:
    global _model
    if way.tuned:
        keep_freed_memory()
    _model = _ppo(way.make_envs(plan))


def _go_on_training(rollouts: int) -> int:
    steps = rollouts * _model.n_steps * _model.n_envs
    _model.learn(steps, reset_num_timesteps=False)
    return steps


def _end_training() -> None:
    _model.get_env().close()  # type: ignore[union-attr]


def _usual_envs(plan: TrainingPlan) -> VecEnv:
    envs = make_atari_env(
        f"hackatari:{plan.env_id}",
        plan.n_envs,
        plan.seed,
        env_kwargs={"frameskip": 1, "repeat_action_probability": plan.sticky},
        vec_env_cls=SubprocVecEnv,
    )
    return VecFrameStack(envs, n_stack=4)


def _ppo(envs: VecEnv) -> PPO:
    return PPO(
        "CnnPolicy",
        envs,
        n_steps=128,
        batch_size=256,
        n_epochs=4,
        policy_kwargs={"features_extractor_class": SmallCNN},
        seed=0,
        device="cpu",
    )


def measure_evaluation(
    game: str = "pong", modifs: int = 4, episodes: int = 10, rounds: int = 3, workers: int | None = None
) -> list[Speed]:
    """Evaluate a `NatureCNN` on a game and its first modifs: one env after the other, and as `hackatari evaluate` does.

    The network is untrained, so that it samples its actions almost evenly.

    Args:
        game: Name or ROM id.
        modifs: Number of modifs, each a variant besides the unmodified game.
        episodes: Episodes on each variant.
        rounds: Number of turns, each with all episodes.
        workers: Number of processes of the evaluation, default one per core.
    """
    sheet = find_game(game)
    variants: list[tuple[str, ...]] = [(), *((name,) for name in list(sheet.modifs)[:modifs])]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "nature_cnn.zip"
        plan = TrainingPlan("ppo", f"HackAtari/{sheet.name}-v0", steps=1, n_envs=1, device="cpu")
        envs = make_envs(plan)
        save_model(make_model(plan, envs), path, slim=True)
        envs.close()
        jobs = plan_jobs(EvaluationPlan([Checkpoint(path)], sheet.rom, variants, episodes))

        def one_by_one() -> int:
            agent = jobs[0].checkpoint.load()
            return _count_steps(play_episode(agent, job) for job in jobs)

        def together() -> int:
            with tempfile.TemporaryDirectory() as results:
                return _count_steps(evaluate(jobs, ResultStore(results), workers or os.cpu_count() or 1))

        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # which is faster for one observation than several
        speeds = take_turns({"one env, batch size 1": one_by_one, "hackatari evaluate": together}, rounds)
        torch.set_num_threads(threads)
    return compare(f"{episodes} episodes on each of {len(variants)} variants of {sheet.name}", speeds)


def _count_steps(results: Iterable[EpisodeResult]) -> int:
    return sum(result.steps for result in results)


def take_turns(ways: Mapping[str, Callable[[], int]], rounds: int) -> dict[str, list[float]]:
    """Return the speeds of each way in each round; calling a way does its work and returns its number of steps."""
    speeds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, work in ways.items():
            start = time.perf_counter()
            steps = work()
            speeds[way].append(steps / (time.perf_counter() - start))
    return speeds


def compare(task: str, speeds: Mapping[str, Sequence[float]]) -> list[Speed]:
    """Summarise speeds, next to those of the first way."""
    base = np.array(next(iter(speeds.values())))
    found = []
    for way, values in speeds.items():
        low, middle, high = np.quantile(np.array(values) / base, [0.25, 0.5, 0.75])
        found.append(Speed(task, way, float(np.median(values)), float(middle), float(low), float(high)))
    return found


def show(found: Sequence[Speed]) -> None:
    """Write a table of speeds to the terminal."""
    table = Table("Task", "Way", "Steps/s", "Ratio [quartiles]")
    for speed in found:
        ratio = f"{speed.ratio:.2f} \\[{speed.ratio_low:.2f}, {speed.ratio_high:.2f}]"
        table.add_row(speed.task, speed.way, f"{speed.steps_per_second:,.0f}", ratio)
    Console().print(table)


def main(
    game: Annotated[str, typer.Option("--game", help="Game, such as pong.")] = "pong",
    num_envs: Annotated[int, typer.Option("--num-envs", min=1, help="Envs of the training.")] = 16,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="Turns of each way.")] = 7,
    episodes: Annotated[int, typer.Option("--episodes", min=1, help="Episodes per variant.")] = 10,
    out: Annotated[Path | None, typer.Option("--out", help="Write the figures to this JSON file.")] = None,
) -> None:
    """Measure how fast agents are trained and evaluated."""
    found = measure_training(game, num_envs, rounds) + measure_evaluation(game, episodes=episodes, rounds=rounds)
    show(found)
    if out:
        atomic_write(out, json.dumps({"versions": versions(), "results": [asdict(s) for s in found]}, indent=2) + "\n")


if __name__ == "__main__":
    typer.run(main)
