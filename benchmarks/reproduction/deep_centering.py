"""Reward centering in deep reinforcement learning: agents of Stable-Baselines3 (SB3) with and without it.

DQN on the small problems of Naik et al. (2024), PPO on an Atari game as Wan et al. (2025) play it. A run trains one
agent. Agents with equal seeds start with equal weights: differences between cases are differences between pairs of runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
import torch
from gymnasium.vector import VectorEnv
from gymnasium.wrappers.vector import TransformObservation
from numpy.typing import NDArray
from stable_baselines3 import DQN, PPO
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback

import hackatari  # noqa: F401 - registers the env IDs
from hackatari.agents import CenteredDQN, CenteredPPO, SmallCNN
from hackatari.benchmarks.reproduction.page import Claim, Curves, Section, Table, format_estimate
from hackatari.benchmarks.reproduction.studies import Run, RunResult, Study
from hackatari.benchmarks.reproduction.verdicts import all_hold, exceeds, undecided
from hackatari.benchmarks.statistics import Estimate, mean_interval
from hackatari.wrappers import SB3VecEnv

GAMMAS = (0.99, 0.999)
BINS = 40
FINAL_BINS = BINS // 4
"""The last parts of a run, over which its reward rate is taken."""

MARGIN = 0.05
"""Share of its reward rate that an agent may lose and still count as no worse."""

ATARI_ENVS = 8


class Case(NamedTuple):
    """Settings of the agents of one case.

    Attributes:
        gamma: Discount factor.
        step_size: Learning rate of the networks.
        eta: Step size of the average reward relative to that; 0 for an agent of SB3, without centering.
    """

    gamma: float
    step_size: float
    eta: float


@dataclass(frozen=True)
class Task:
    """A problem, the agent that is trained on it, and the settings it is studied with.

    Attributes:
        title: Name for people.
        algorithm: Name of the algorithm.
        text: How agents are trained, in words.
        make_agent: Makes an untrained agent.
        cases: For each of `GAMMAS` one with centering and one without.
        n_steps: Steps of a run, of all envs together.
        n_seeds: Seeds of a case.
        quick_steps: Steps of a run of the quick version, which has 2 seeds.
    """

    title: str
    algorithm: str
    text: str
    make_agent: Callable[[Case, int], BaseAlgorithm]
    cases: Sequence[Case]
    n_steps: int
    n_seeds: int
    quick_steps: int


def deep_study(name: str, quick: bool, seed: int) -> Study:
    """Return the study of one task.

    Args:
        name: A key of `TASKS`.
        quick: A short version with 2 seeds, which decides nothing.
        seed: First seed; the seeds of a case are consecutive.
    """
    task = TASKS[name]
    n_steps, n_seeds = (task.quick_steps, 2) if quick else (task.n_steps, task.n_seeds)
    runs = [
        Run(name, {**case._asdict(), "n_steps": n_steps}, seed + k) for k in range(n_seeds) for case in task.cases
    ]
    return Study(name, f"{task.title}: {task.algorithm}", runs, play, partial(_describe, name, quick))


def play(run: Run) -> dict[str, Any]:
    """Train one agent.

    Returns:
        "curve": mean reward per step in each of `BINS` equal parts of the run, shape (BINS,). "largest_value": largest
        magnitude of a value of the trained agent among the states of its buffer. "average_reward": its estimate of the
        average reward; nan without centering.
    """
    settings = dict(run.settings)
    n_steps = settings.pop("n_steps")
    agent, rewards = TASKS[run.study].make_agent(Case(**settings), run.seed), _Rewards()
    agent.learn(n_steps, callback=rewards)
    bin_size = len(rewards.means) // BINS
    return {
        "curve": np.reshape(rewards.means[: BINS * bin_size], (BINS, bin_size)).mean(axis=1),
        "largest_value": _largest_value(agent),
        "average_reward": getattr(agent, "average_reward", math.nan),
    }


class _Rewards(BaseCallback):
    """Keeps the rewards of all steps, each as the mean over the envs."""

    def __init__(self) -> None:
        super().__init__()
        self.means: list[float] = []

    def _on_step(self) -> bool:
        self.means.append(float(self.locals["rewards"].mean()))
        return True


def _largest_value(agent: BaseAlgorithm) -> float:
    if isinstance(agent, PPO):
        return float(np.abs(agent.rollout_buffer.values).max())
    assert isinstance(agent, DQN) and agent.replay_buffer is not None
    observations = agent.replay_buffer.observations[: agent.replay_buffer.size(), 0]
    with torch.no_grad():
        return agent.q_net(torch.as_tensor(observations)).abs().max().item()


# Agents


def _dqn(env: VectorEnv, hidden_units: list[int], case: Case, seed: int) -> DQN:
    settings: dict[str, Any] = {
        "learning_rate": case.step_size,
        "gamma": case.gamma,
        "buffer_size": 10_000,
        "batch_size": 64,
        "learning_starts": 64,
        "train_freq": 32,
        "target_update_interval": 128,
        "exploration_initial_eps": 0.1,
        "exploration_final_eps": 0.1,
        "max_grad_norm": math.inf,
        "policy_kwargs": {"net_arch": hidden_units, "activation_fn": torch.nn.Tanh},
        "seed": seed,
        "device": "cpu",
    }
    vec_env = SB3VecEnv(env, monitor=False)
    if case.eta == 0:
        return DQN("MlpPolicy", vec_env, **settings)
    return CenteredDQN("MlpPolicy", vec_env, eta=case.eta, **settings)


def _catch_agent(case: Case, seed: int) -> DQN:
    return _dqn(gym.make_vec("HackAtari/ContinuingCatch-v0"), [128], case, seed)


def _pendulum_agent(case: Case, seed: int) -> DQN:
    scale = np.array([1, 1, 0.1], np.float32)
    env = gym.make_vec("HackAtari/ContinuingPendulum-v0")
    return _dqn(TransformObservation(env, lambda observations: scale * observations), [64, 64], case, seed)


def _atari_agent(env_id: str, case: Case, seed: int) -> PPO:
    env = gym.make_vec(env_id, num_envs=ATARI_ENVS, reward_clipping=True, num_workers=0)
    settings: dict[str, Any] = {
        "learning_rate": case.step_size,
        "gamma": case.gamma,
        "n_steps": 128,
        "batch_size": 256,
        "n_epochs": 3,
        "clip_range": 0.1,
        "ent_coef": 0.01,
        "policy_kwargs": {"features_extractor_class": SmallCNN},
        # Env i is seeded with the agent's seed plus i: agents with consecutive seeds would share envs.
        "seed": ATARI_ENVS * seed,
        "device": "cpu",
    }
    vec_env = SB3VecEnv(env, monitor=False)
    if case.eta == 0:
        return PPO("CnnPolicy", vec_env, **settings)
    return CenteredPPO("CnnPolicy", vec_env, eta=case.eta, **settings)


_DQN_TEXT = """
    A constant epsilon of 0.1, a gradient step with a batch of 64 every 32 steps, a replay buffer of 10,000 transitions,
    a target network that is copied every 128 steps, Adam, no clipping of gradients; SB3's loss is Huber's, not squared
    as in the paper.
"""

TASKS: Mapping[str, Task] = {
    "catch-dqn": Task(
        title="Catch",
        algorithm="DQN",
        text=f"""
            Catch with binary observations; 50-128-3 tanh units. {_DQN_TEXT}
        """,
        make_agent=_catch_agent,
        cases=[Case(gamma, 1 / 64, eta) for gamma in GAMMAS for eta in (0.0, 8.0)],
        n_steps=80_000,
        n_seeds=10,
        quick_steps=8_000,
    ),
    "pendulum-dqn": Task(
        title="Pendulum",
        algorithm="DQN",
        text=f"""
            Pendulum with dense rewards; the agent sees a tenth of the angular velocity; 3-64-64-3 tanh units.
            {_DQN_TEXT}
        """,
        make_agent=_pendulum_agent,
        cases=[Case(gamma, 1 / 128, eta) for gamma in GAMMAS for eta in (0.0, 8.0)],
        n_steps=100_000,
        n_seeds=10,
        quick_steps=8_000,
    ),
    "breakout-ppo": Task(
        title="Breakout",
        algorithm="PPO",
        text="",
        make_agent=partial(_atari_agent, "HackAtari/Breakout-Continuing-v0"),
        cases=[Case(gamma, 5e-4, eta) for gamma in GAMMAS for eta in (0.0, 100.0)],
        n_steps=100 * 1024,
        n_seeds=3,
        quick_steps=4_096,
    ),
}
"""The tasks by the name of their study."""
