"""Reward centering in deep reinforcement learning: agents of Stable-Baselines3 (SB3) with and without it.

DQN on small problems of Naik et al. (2024), PPO on an Atari game as Wan et al. (2025) play it. A run trains one agent.
Agents with equal seeds start with equal weights: differences between cases are differences between pairs of runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
import torch
from gymnasium.vector import VectorEnv
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
from hackatari.problems import Catch, Pendulum
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
        offset: Added to every reward; reported rates are without it.
    """

    gamma: float
    step_size: float
    eta: float
    offset: float = 0.0


@dataclass(frozen=True)
class Task:
    """A problem, the agent that is trained on it, and the settings it is studied with.

    Attributes:
        title: Name for people.
        algorithm: Name of the algorithm.
        text: How agents are trained, in words.
        make_agent: Makes an untrained agent.
        cases: For each of `GAMMAS` one with centering and one without; and, if an offset is studied, such a pair with
            it at the first of `GAMMAS`.
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
    runs = [Run(name, {**case._asdict(), "n_steps": n_steps}, seed + k) for k in range(n_seeds) for case in task.cases]
    return Study(name, f"{task.title}: {task.algorithm}", runs, play, partial(_describe, name, quick))


def play(run: Run) -> dict[str, Any]:
    """Train one agent.

    Returns:
        "curve": mean reward per step in each of `BINS` equal parts of the run, without the offset, shape (BINS,).
        "largest_value": largest magnitude of a value of the trained agent among the states of its buffer.
        "average_reward": its estimate of the average reward, without the offset; nan without centering.
    """
    settings = dict(run.settings)
    n_steps = settings.pop("n_steps")
    case, rewards = Case(**settings), _Rewards()
    agent = TASKS[run.study].make_agent(case, run.seed)
    agent.learn(n_steps, callback=rewards)
    bin_size = len(rewards.means) // BINS
    return {
        "curve": np.reshape(rewards.means[: BINS * bin_size], (BINS, bin_size)).mean(axis=1) - case.offset,
        "largest_value": _largest_value(agent),
        "average_reward": getattr(agent, "average_reward", math.nan) - case.offset,
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
    assert isinstance(agent, DQN)
    buffer: Any = agent.replay_buffer
    observations = buffer.observations[: buffer.size(), 0]
    with torch.no_grad():
        return agent.q_net(torch.as_tensor(observations)).abs().max().item()


# Agents


def _dqn(env: VectorEnv, hidden_units: list[int], case: Case, seed: int) -> DQN:
    settings: dict[str, Any] = {
        "learning_rate": case.step_size,
        "gamma": case.gamma,
        "buffer_size": 10_000,
        "batch_size": 1024,
        "learning_starts": 1024,
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
    return _dqn(Catch(reward_offset=case.offset), [128], case, seed)


class _ScaledPendulum(Pendulum):
    """Shows a tenth of the angular velocity, so that all observations are of order 1."""

    def _observe(self) -> np.ndarray:
        return super()._observe() * np.array([1, 1, 0.1], np.float32)


def _pendulum_agent(case: Case, seed: int) -> DQN:
    return _dqn(_ScaledPendulum(reward_offset=case.offset), [64, 64], case, seed)


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
    As in the paper: a constant epsilon of 0.1, a gradient step every 32 steps, a replay buffer of 10,000 transitions, a
    target network that is copied every 128 steps, Adam, no clipping of gradients. Unlike there: batches of 1024, where
    the authors' code takes the whole buffer, and SB3's Huber loss in place of the squared one, which makes the estimate
    of the average reward a robust mean.
"""

TASKS: Mapping[str, Task] = {
    "catch-dqn": Task(
        title="Catch",
        algorithm="DQN",
        text=f"""
            Catch with binary observations, 50-128-3 tanh units. {_DQN_TEXT}

            A pilot with one other seed tried step sizes 1/256, 1/64 and 1/16 at both discount factors, for either
            algorithm, and `eta` of 1 and 8: all cases have the setting with the best mean in the end.
        """,
        make_agent=_catch_agent,
        cases=[
            *(Case(gamma, 1 / 64, eta) for gamma in GAMMAS for eta in (0.0, 8.0)),
            *(Case(GAMMAS[0], 1 / 64, eta, offset) for offset in (-4.0, 4.0) for eta in (0.0, 8.0)),
        ],
        n_steps=40_000,
        n_seeds=10,
        quick_steps=6_000,
    ),
    "pendulum-dqn": Task(
        title="Pendulum",
        algorithm="DQN",
        text=f"""
            Pendulum with dense rewards, of which the agent sees a tenth of the angular velocity; 3-64-64-3 tanh units.
            {_DQN_TEXT}

            A pilot with one other seed tried step sizes 1/1024, 1/256, 1/64 and 1/16 at both discount factors, for
            either algorithm, and `eta` of 1 (up to 1/64) and 8: each algorithm has the setting with the best mean in
            the end. Without centering all step sizes came to between -9.4 and -8.6.
        """,
        make_agent=_pendulum_agent,
        cases=[Case(gamma, step_size, eta) for gamma in GAMMAS for step_size, eta in ((1 / 16, 0.0), (1 / 64, 8.0))],
        n_steps=60_000,
        n_seeds=10,
        quick_steps=6_000,
    ),
    "atari-ppo": Task(
        title="MsPacman",
        algorithm="PPO",
        text=f"""
            `HackAtari/MsPacman-Continuing-v0` with signs of rewards, from which each lost life takes 1, and sticky
            actions; {ATARI_ENVS} envs and `SmallCNN`. Rollouts of 128 steps, batches of 256, 3 epochs, clip range 0.1,
            entropy coefficient 0.01; `eta` is the default, and nothing has been tuned. Of three games of
            Wan et al. this is the one on which PPO gained most within 60,000 steps, with one seed; the others were
            Breakout and SpaceInvaders.

            This is far from the paper: less than a hundredth of the usual training of ten million steps, a small
            network, few seeds. All agents are beginners, and what is undecided here may well show later.
        """,
        make_agent=partial(_atari_agent, "HackAtari/MsPacman-Continuing-v0"),
        cases=[Case(gamma, 5e-4, eta) for gamma in GAMMAS for eta in (0.0, 100.0)],
        n_steps=60 * 1024,
        n_seeds=3,
        quick_steps=2 * 1024,
    ),
}
"""The tasks by the name of their study."""


# What the results say


@dataclass(frozen=True)
class _Outcome:
    """What the runs of one case came to, each array with an entry per seed."""

    case: Case
    curves: NDArray[np.float64]  # (seeds, BINS)
    largest_values: NDArray[np.float64]
    average_rewards: NDArray[np.float64]

    @property
    def rates(self) -> NDArray[np.float64]:
        return self.curves[:, -FINAL_BINS:].mean(axis=1)

    @property
    def rate(self) -> Estimate:
        return mean_interval(self.rates)


_Outcomes = Mapping[tuple[bool, float, float], _Outcome]
"""By whether rewards are centered, discount factor and offset."""


def _outcomes(results: Sequence[RunResult]) -> _Outcomes:
    """Gather results by case, with seeds in the same order in all cases."""
    by_case: dict[Case, list[Mapping[str, Any]]] = {}
    for result in results:
        case = Case(*(result.run.settings[field] for field in Case._fields))
        by_case.setdefault(case, []).append(result.result)
    keys = ("curve", "largest_value", "average_reward")
    return {
        (case.eta > 0, case.gamma, case.offset): _Outcome(
            case, *(np.array([one[key] for one in of_case], float) for key in keys)
        )
        for case, of_case in by_case.items()
    }


def _describe(name: str, quick: bool, results: list[RunResult]) -> Section:
    task, outcomes = TASKS[name], _outcomes(results)
    n_steps = results[0].run.settings["n_steps"]
    n_seeds = len(outcomes[True, GAMMAS[0], 0.0].rates)
    text = f"""
        {task.text}

        {n_steps:,} steps, {n_seeds} seeds. The reward rate is the mean reward per step in the last
        {FINAL_BINS / BINS:.0%} of a run, exploration included. Uncentered is SB3's {task.algorithm}, centered
        `Centered{task.algorithm}` with value-based centering. Intervals are 95 % t intervals over seeds; differences
        are between runs with equal seeds.
    """
    claims = _claims(task, outcomes)
    return Section(
        f"{task.title}, {task.algorithm}",
        text,
        undecided(claims) if quick else claims,
        [_table(outcomes)],
        [_curves(task, outcomes, n_steps)],
    )


def _claims(task: Task, outcomes: _Outcomes) -> list[Claim]:
    agent = task.algorithm
    lower, higher = GAMMAS
    plain, centered = ({gamma: outcomes[kind, gamma, 0.0] for gamma in GAMMAS} for kind in (False, True))
    gaps = {gamma: centered[gamma].rates - plain[gamma].rates for gamma in GAMMAS}
    growth = mean_interval(gaps[higher] - gaps[lower])
    loss = mean_interval(plain[lower].rates - plain[higher].rates)
    change = mean_interval(centered[higher].rates - centered[lower].rates)
    claims = [
        *(
            Claim(
                f"{agent} has a higher reward rate with centering than without at gamma = {gamma:g}.",
                exceeds(mean_interval(gaps[gamma])),
                f"{format_estimate(centered[gamma].rate)} against {format_estimate(plain[gamma].rate)}; difference "
                f"{format_estimate(mean_interval(gaps[gamma]))}",
            )
            for gamma in GAMMAS
        ),
        Claim(
            f"The advantage of centering grows from gamma = {lower:g} to {higher:g}.",
            exceeds(growth),
            f"by {format_estimate(growth)}",
        ),
        Claim(
            f"{agent} without centering gets worse from gamma = {lower:g} to {higher:g}.",
            exceeds(loss),
            f"by {format_estimate(loss)}",
        ),
        Claim(
            f"{agent} with centering loses no more than {MARGIN:.0%} of its reward rate from gamma = {lower:g} to "
            f"{higher:g}.",
            exceeds(change, -MARGIN * abs(centered[lower].rate.mean)),
            f"changes by {format_estimate(change)} from {format_estimate(centered[lower].rate)}",
        ),
        _value_claim(outcomes),
        *_offset_claims(agent, outcomes),
    ]
    return [replace(claim, text=f"{task.title}: {claim.text}") for claim in claims]


def _value_claim(outcomes: _Outcomes) -> Claim:
    """Return the claim that the values of centered rewards do not grow like `1 / (1 - gamma)`."""
    lower, higher = GAMMAS
    small, large, plain = (
        outcomes[kind, gamma, 0.0].largest_values for kind, gamma in ((True, lower), (True, higher), (False, higher))
    )
    return Claim(
        f"Centered values stay small as gamma approaches 1: at gamma = {higher:g} the largest is less than half the "
        f"uncentered one, and less than 1.5 times that at gamma = {lower:g}.",
        all_hold(exceeds(mean_interval(plain - 2 * large)), exceeds(mean_interval(1.5 * small - large))),
        f"{format_estimate(mean_interval(large))} against {format_estimate(mean_interval(plain))}; "
        f"{format_estimate(mean_interval(small))} at gamma = {lower:g}",
    )


def _offset_claims(agent: str, outcomes: _Outcomes) -> list[Claim]:
    """Return the claims about an offset on the rewards, none if there was none."""
    gamma = GAMMAS[0]
    claims = []
    for offset in sorted({offset for _, _, offset in outcomes} - {0.0}):
        plain, shifted_plain, centered, shifted = (
            outcomes[kind, gamma, shift].rates for kind in (False, True) for shift in (0.0, offset)
        )
        margin = MARGIN * abs(centered.mean())
        claims += [
            Claim(
                f"{agent} without centering earns less with an offset of {offset:+g} on all rewards than without "
                f"(gamma = {gamma:g}).",
                exceeds(mean_interval(plain - shifted_plain)),
                f"{format_estimate(mean_interval(shifted_plain))} against {format_estimate(mean_interval(plain))}",
            ),
            Claim(
                f"{agent} with centering earns the same with an offset of {offset:+g} as without, up to {MARGIN:.0%} "
                f"(gamma = {gamma:g}).",
                all_hold(
                    exceeds(mean_interval(shifted - centered), -margin),
                    exceeds(mean_interval(centered - shifted), -margin),
                ),
                f"{format_estimate(mean_interval(shifted))} against {format_estimate(mean_interval(centered))}",
            ),
        ]
    return claims


def _label(case: Case) -> str:
    label = f"{'centered' if case.eta else 'uncentered'}, gamma = {case.gamma:g}"
    return f"{label}, offset {case.offset:+g}" if case.offset else label


def _table(outcomes: _Outcomes) -> Table:
    return Table(
        "Reward per step at first and in the end, the estimate of the average reward, and the largest magnitude of a "
        "value of the trained agent among the states it saw last",
        ["Agent", "Step size", "`eta`", f"First {1 / BINS:.1%}", "Reward rate", "Estimate", "Largest value"],
        [
            [
                _label(outcome.case),
                f"{outcome.case.step_size:.4g}",
                outcome.case.eta,
                mean_interval(outcome.curves[:, 0]),
                outcome.rate,
                mean_interval(outcome.average_rewards) if outcome.case.eta else None,
                mean_interval(outcome.largest_values),
            ]
            for outcome in outcomes.values()
        ],
    )


def _curves(task: Task, outcomes: _Outcomes, n_steps: int) -> Curves:
    steps = np.arange(1, BINS + 1) * n_steps / BINS
    return Curves(
        f"{task.title}, {task.algorithm}: learning curves",
        "steps",
        "reward per step",
        {_label(outcome.case): (steps, *mean_interval(outcome.curves)) for outcome in outcomes.values()},
    )
