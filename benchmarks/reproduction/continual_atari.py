"""Does weight clipping help PPO on an Atari game whose rules change every so often?"""

from __future__ import annotations

from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode
from stable_baselines3 import PPO

from hackatari.agents.networks import SmallCNN
from hackatari.benchmarks.continual_metrics import average_performance, forgetting, task_performance
from hackatari.benchmarks.reproduction.page import Claim, Section, Table, format_estimate
from hackatari.benchmarks.reproduction.rl_clipping import (
    PLAIN,
    Agents,
    Training,
    agents_of,
    bound_claim,
    clipped,
    of_kind,
    performance_curves,
    plasticity_curves,
)
from hackatari.benchmarks.reproduction.studies import Run, RunResult, Study
from hackatari.benchmarks.reproduction.verdicts import exceeds, undecided
from hackatari.benchmarks.statistics import mean_interval
from hackatari.wrappers import SB3VecEnv

NAME = "continual-atari"
TITLE = "PPO: an Atari game that changes"
GAME = "Freeway"
VARIANTS = ((), ("speed_mode",), ("vary_car_speeds",), ("invisible_mode",))
KAPPA = 3.0
SUB_ENVS = 8
ROLLOUT = 1024  # environment steps, summed over sub-envs
EPOCHS = 3
BATCH = 256
LEARNING_RATE = 5e-4
SIZE = 42  # pixels

MEASURES = {
    "weight_norm": "norm of the weights",
    "dormant_ratio": "share of dormant units",
    "actor/effective_rank": "effective rank of the features",
    "clipped_ratio": "share of clipped weights",
}


def continual_study(quick: bool, seed: int) -> Study:
    """Return the study: Adam with and without clipping.

    Args:
        quick: 1/24 of the steps, one seed.
        seed: First of the seeds; they are the same for both.
    """
    size = {"blocks": 1, "rollouts": 2, "test": 64} if quick else {"blocks": 4, "rollouts": 12, "test": 512}
    runs = [
        Run(NAME, {"remedy": remedy, **size}, seed + k)
        for k in range(1 if quick else 3)
        for remedy in (PLAIN, clipped(KAPPA))
    ]
    return Study(NAME, TITLE, runs, play, partial(_describe, quick))


def play(run: Run) -> dict[str, Any]:
    """Train an agent on one variant after the other and test it on all of them after each.

    Returns:
        `Training.result`, the performance being the reward per step in `settings["blocks"]` blocks of each variant, and
        "matrix", in row j and column i the reward per step on variant i after variant j has been learned.
    """
    settings = run.settings
    block = settings["rollouts"] * ROLLOUT
    envs = _make_envs(
        f"HackAtari/{GAME}-Continual-v0",
        SUB_ENVS,
        variants=VARIANTS,
        switch_every=settings["blocks"] * block // SUB_ENVS,
        cycles=1,
    )
    model = PPO(
        "CnnPolicy",
        envs,
        n_steps=ROLLOUT // SUB_ENVS,
        batch_size=BATCH,
        n_epochs=EPOCHS,
        learning_rate=LEARNING_RATE,
        clip_range=0.1,
        ent_coef=0.01,
        policy_kwargs={"features_extractor_class": SmallCNN, "optimizer_kwargs": {"eps": 1e-5, "fused": True}},
        seed=run.seed,
        device="cpu",
    )
    training = Training(model, settings["remedy"], block, "reward")
    modifs = [list(variant) for variant in VARIANTS for _ in range(SUB_ENVS)]
    test_envs = _make_envs(f"HackAtari/{GAME}-v0", len(modifs), modifs=modifs)
    matrix = []
    for _ in VARIANTS:
        training.run(settings["blocks"])
        test_envs.seed(run.seed)
        matrix.append(_test(model, test_envs, settings["test"]))
    test_envs.close()
    envs.close()
    return {**training.result(), "matrix": matrix}


def _make_envs(env_id: str, num_envs: int, **kwargs: Any) -> SB3VecEnv:
    """Make envs that are stepped in this process, as one of several that play runs."""
    envs = gym.make_vec(
        env_id,
        num_envs,
        preprocessing="sb3",
        img_height=SIZE,
        img_width=SIZE,
        episodic_life=True,
        reward_clipping=True,
        autoreset_mode=AutoresetMode.SAME_STEP,
        num_workers=0,
        **kwargs,
    )
    return SB3VecEnv(envs, monitor=False)


def _test(model: PPO, envs: SB3VecEnv, steps: int) -> list[float]:
    """Return the reward per step on each variant, in new games of `SUB_ENVS` sub-envs each that take so many steps."""
    observations: Any = envs.reset()
    total = np.zeros(envs.num_envs)
    for _ in range(steps):
        actions, _ = model.predict(observations)
        observations, rewards, _, _ = envs.step(actions)
        total += rewards
    return (total.reshape(len(VARIANTS), -1).mean(1) / steps).tolist()


def _describe(quick: bool, results: list[RunResult]) -> Section:
    agents = agents_of(results)
    matrices = {
        each.name: np.array(
            [result.result["matrix"] for result in results if result.run.settings["remedy"] == each.remedy]
        )
        for each in agents
    }
    settings = results[0].run.settings
    block = settings["rollouts"] * ROLLOUT
    names = [_variant_name(variant) for variant in VARIANTS]
    tables = [
        Table(
            "Reward per step in each variant while it is learned.",
            ["Adam", *names],
            [[each.name, *_columns(task_performance(each.performance, len(names)))] for each in agents],
        ),
        Table(
            "Reward per step in each variant at the end of all learning.",
            ["Adam", *names, "mean"],
            [
                [name, *_columns(matrix[:, -1]), mean_interval(average_performance(matrix))]
                for name, matrix in matrices.items()
            ],
        ),
        Table(
            "Forgetting: what was earned per step when a variant had been learned, less what is earned at the end.",
            ["Adam", *names[:-1], "mean"],
            [
                [name, *_columns(forgetting(matrix)), mean_interval(forgetting(matrix).mean(1))]
                for name, matrix in matrices.items()
            ],
        ),
    ]
    curves = [performance_curves(f"PPO, {GAME} that changes: reward per step", "reward per step", agents, block)]
    for measure, label in MEASURES.items():
        measured = [each for each in agents if measure in each.plasticity]
        curves += plasticity_curves(f"PPO, {GAME} that changes", {measure: label}, measured, block)
    text = f"""
        PPO with `SmallCNN`, pictures of {SIZE}x{SIZE} pixels, {EPOCHS} epochs from each {ROLLOUT:,} steps, learning
        rate {LEARNING_RATE:g}, on `HackAtari/{GAME}-Continual-v0`: {", ".join(names)}, one after the other for
        {settings["blocks"] * block:,} steps each. Rewards are clipped. After each variant the agent is tested on all,
        {SUB_ENVS} times for the first {settings["test"]} steps of a game. Weights start orthogonal, as SB3 has it; of
        those a few are beyond the bounds of `kappa` = {KAPPA:g}, which the first step clips.

        The paper has no such experiment. This one is much smaller than what is usual on Atari, where agents learn for
        millions of steps: it shows how to look at plasticity and forgetting rather than deciding much.
        {len(agents[0].performance)} seeds, the same for both; brackets and bands are 95 % intervals over seeds.
    """
    claims = _claims(agents)
    return Section(TITLE, text, undecided(claims) if quick else claims, tables, curves)


def _claims(agents: list[Agents]) -> list[Claim]:
    plain, fixed = of_kind(agents, "plain"), of_kind(agents, "clipped")
    norms = mean_interval(plain.last("weight_norm") - fixed.last("weight_norm"))
    lead = mean_interval(fixed.mean - plain.mean)
    last_variant = 1 - 1 / len(VARIANTS), 1
    late_lead = mean_interval(fixed.part(*last_variant) - plain.part(*last_variant))
    return [
        Claim(
            f"(Ours) PPO, {GAME} that changes: clipping keeps the weights smaller.",
            exceeds(norms),
            f"norm smaller by {format_estimate(norms)} in the end",
        ),
        Claim(
            f"(Ours) PPO, {GAME} that changes: clipped Adam earns more than plain Adam.",
            exceeds(lead),
            f"reward per step higher by {format_estimate(lead)} over all variants",
        ),
        Claim(
            f"(Ours) PPO, {GAME} that changes: clipped Adam learns the last variant better than plain Adam.",
            exceeds(late_lead),
            f"reward per step higher by {format_estimate(late_lead)}",
        ),
        bound_claim(agents, f"PPO, {GAME} that changes"),
    ]


def _variant_name(variant: tuple[str, ...]) -> str:
    return " + ".join(variant) or "unmodified"


def _columns(values: np.ndarray) -> list[Any]:
    """Return the mean interval of each column of an array of shape (seeds, columns)."""
    return [mean_interval(column) for column in values.T]
