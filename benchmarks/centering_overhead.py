"""What reward centering costs: training with and without it, in alternation.

Run as `python -m hackatari.benchmarks.centering_overhead`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

import torch
import typer
from stable_baselines3.common.base_class import BaseAlgorithm

from hackatari.benchmarks.end_to_end import Speed, compare, show, take_turns
from hackatari.benchmarks.training import TrainingPlan, make_envs, make_model

STEPS = 512
"""Agent steps of a turn."""

_PICTURES, _TORQUES = "HackAtari/Pong-v0", "Pendulum-v1"
_OFF_POLICY: Mapping[str, Any] = {"learning_starts": 128, "buffer_size": 2_000}

TASKS: dict[str, tuple[str, Mapping[str, Any]]] = {
    "PPO": (_PICTURES, {"n_steps": 64, "batch_size": 256, "n_epochs": 4}),
    "A2C": (_PICTURES, {}),
    "DQN": (_PICTURES, {**_OFF_POLICY, "train_freq": 1, "batch_size": 32}),
    "QRDQN": (_PICTURES, {**_OFF_POLICY, "train_freq": 1, "batch_size": 32}),
    "SAC": (_TORQUES, _OFF_POLICY),
    "TD3": (_TORQUES, _OFF_POLICY),
    "DDPG": (_TORQUES, _OFF_POLICY),
}
"""By the name of an algorithm: an env ID and hyperparameters, the same with and without centering."""


def measure_centering_overhead(algorithm: str, rounds: int = 9) -> list[Speed]:
    """Train an algorithm and its centred variant in turns, on 8 envs: Pong with `NatureCNN`, or Pendulum.

    Args:
        algorithm: Key of `TASKS`.
        rounds: Number of turns.
    """
    env_id, hyperparameters = TASKS[algorithm]
    models = {}
    for name in (algorithm, f"Centered{algorithm}"):
        plan = TrainingPlan(name, env_id, steps=1, n_envs=8, hyperparameters=hyperparameters, device="cpu")
        models[name] = make_model(plan, make_envs(plan))
    work = {name: partial(_train, model) for name, model in models.items()}
    for warm_up in work.values():
        warm_up()
    speeds = take_turns(work, rounds)
    for model in models.values():
        model.get_env().close()  # type: ignore[union-attr]
    return compare(f"{algorithm} on {env_id}", speeds)


def _train(model: BaseAlgorithm) -> int:
    model.learn(STEPS, reset_num_timesteps=False)
    return STEPS


def main(
    algorithm: Annotated[list[str] | None, typer.Option("--algorithm", help="Default: all that are measured.")] = None,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="Turns of each way.")] = 9,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Threads of torch.")] = 1,
) -> None:
    """Measure how fast algorithms with and without reward centering train."""
    if unknown := set(algorithm or ()) - set(TASKS):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))} is not measured; choose among {', '.join(TASKS)}.")
    torch.set_num_threads(threads)
    show([speed for name in algorithm or TASKS for speed in measure_centering_overhead(name, rounds)])


if __name__ == "__main__":
    typer.run(main)
