"""Does DQN that learns often from each observation collapse, and does weight clipping prevent it?

After the large replay ratios of Elsayed et al. (2024), who play Atari with DQN and Rainbow; here DQN balances a pole.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from stable_baselines3 import DQN

from hackatari.benchmarks.reproduction.page import Claim, Section, Table, format_estimate
from hackatari.benchmarks.reproduction.rl_clipping import (
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

NAME = "replay-ratio"
TITLE = "DQN: replay ratio"
RATIOS = (8, 4, 1)  # the slowest runs first
KAPPAS = (1.0, 3.0)
BLOCK = 750  # longer than an episode can be, so that one ends in each block
LEARNING_RATE = 1e-3
BATCH = 32
GAMMA = 0.99
WIDTHS = (64, 64)

MARGIN = 25.0
"""Return that an agent may lose and still count as not worse; the best possible is 500."""

MIDDLE, LAST = (0.25, 0.75), (0.75, 1)
MEASURES = {
    "weight_norm": "norm of the weights",
    "dormant_ratio": "share of dormant units",
    "effective_rank": "effective rank of the features",
}


def replay_study(quick: bool, seed: int) -> Study:
    """Return the study: each replay ratio, with and without clipping.

    Args:
        quick: A quarter of the steps, one seed.
        seed: First of the seeds; they are the same for all agents.
    """
    blocks, seeds = (2, 1) if quick else (8, 6)
    runs = [
        Run(NAME, {"ratio": ratio, "remedy": remedy, "blocks": blocks}, seed + k)
        for ratio in RATIOS
        for remedy in (PLAIN, *map(clipped, KAPPAS))
        for k in range(seeds)
    ]
    return Study(NAME, TITLE, runs, play, partial(_describe, quick))


def play(run: Run) -> dict[str, Any]:
    """Train an agent; see `Training.result`. Performance is the return of the episodes that end in a block."""
    settings = run.settings
    model = DQN(
        "MlpPolicy",
        "CartPole-v1",
        learning_rate=LEARNING_RATE,
        learning_starts=200,
        batch_size=BATCH,
        gamma=GAMMA,
        train_freq=1,
        gradient_steps=settings["ratio"],
        target_update_interval=200,
        exploration_fraction=0.1,
        policy_kwargs={"net_arch": list(WIDTHS), "optimizer_kwargs": {"fused": True}},
        seed=run.seed,
        device="cpu",
    )
    training = Training(model, settings["remedy"], BLOCK, "return")
    training.run(settings["blocks"])
    return training.result()


def _describe(quick: bool, results: list[RunResult]) -> Section:
    agents = {
        ratio: agents_of([result for result in results if result.run.settings["ratio"] == ratio])
        for ratio in sorted(RATIOS)
    }
    largest = max(RATIOS)
    curves = [
        performance_curves(f"DQN, replay ratio {ratio}: return", "return", group, BLOCK)
        for ratio, group in agents.items()
    ]
    curves += plasticity_curves(f"DQN, replay ratio {largest}", MEASURES, agents[largest], BLOCK)
    text = f"""
        DQN on `CartPole-v1` for {results[0].run.settings["blocks"] * BLOCK:,} steps, with as many gradient steps after
        each environment step as the replay ratio says: batches of {BATCH} from all observations so far, Adam with
        learning rate {LEARNING_RATE:g}, gamma {GAMMA:g}, target network copied every 200 steps, epsilon from 1 to 0.05
        within a tenth of the steps; {"-".join(map(str, WIDTHS))} ReLUs. The return is that of the learning agent, with
        its exploration, in blocks of {BLOCK} steps; 500 is the most there is.

        The paper plays Atari games: this is very small. {len(agents[largest][0].performance)} seeds, the same for all;
        differences are between runs of equal seeds, brackets and bands are 95 % intervals over seeds. "In the end"
        means the last quarter, the middle are the two quarters before; "does not fall" allows for {MARGIN:g}. Of the
        values of `kappa` the one with the highest return over all is judged, at each ratio by itself.
    """
    claims = _claims(agents)
    return Section(TITLE, text, undecided(claims) if quick else claims, [_table(agents)], curves)


def _claims(agents: dict[int, list[Agents]]) -> list[Claim]:
    smallest, *_, largest = agents
    plain, fixed = ({ratio: of_kind(group, kind) for ratio, group in agents.items()} for kind in ("plain", "clipped"))
    leads = {ratio: fixed[ratio].part(*LAST) - plain[ratio].part(*LAST) for ratio in agents}
    fall = mean_interval(plain[largest].part(*MIDDLE) - plain[largest].part(*LAST))
    growth = mean_interval(plain[largest].last("weight_norm") / plain[largest].plasticity["weight_norm"][:, 0])
    gain = mean_interval(leads[largest] - leads[smallest])
    dormant = fixed[largest].plasticity["dormant_ratio"]
    deaths = mean_interval(dormant[:, -1] - dormant[:, 0])
    claims = [
        Claim(
            f"DQN, replay ratio {ratio}: clipped Adam is better than plain Adam in the end.",
            exceeds(mean_interval(lead)),
            f"return higher by {format_estimate(mean_interval(lead))} with {fixed[ratio].name}",
        )
        for ratio, lead in leads.items()
        if ratio > smallest
    ]
    return [
        *claims,
        Claim(
            f"DQN: clipping helps more at replay ratio {largest} than at {smallest}.",
            exceeds(gain),
            f"by {format_estimate(gain)}",
        ),
        Claim(
            f"DQN, replay ratio {largest}: with plain Adam the return falls in the end while the weights grow.",
            all_hold(exceeds(fall), exceeds(growth, 1.0)),
            f"{figures(plain[largest], MIDDLE, LAST)}; norm of the weights times {format_estimate(growth)}",
        ),
        Claim(
            f"DQN, replay ratio {largest}: with clipping the return does not fall.",
            exceeds(change(fixed[largest], MIDDLE, LAST), -MARGIN),
            f"{figures(fixed[largest], MIDDLE, LAST)}, {fixed[largest].name}",
        ),
        Claim(
            f"DQN, replay ratio {largest}: clipping does not keep units from becoming dormant.",
            exceeds(deaths),
            f"dormant units with {fixed[largest].name} more by {format_estimate(deaths)} at the end than after the "
            "first block",
        ),
        bound_claim([each for group in agents.values() for each in group], "DQN"),
    ]


def _table(agents: dict[int, list[Agents]]) -> Table:
    rows = [
        [
            f"ratio {ratio}, {each.name}",
            *(mean_interval(values) for values in (each.part(*MIDDLE), each.part(*LAST), each.mean)),
            *(mean_interval(each.last(measure)) for measure in MEASURES),
        ]
        for ratio, group in agents.items()
        for each in group
    ]
    columns = ["Agent", "Middle", "Last quarter", "All", "Final norm", "Dormant", "Effective rank"]
    return Table("Return, and measures of plasticity in the end.", columns, rows)
