"""How fast vector envs step: ours and others, in alternation with the same actions."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import json
import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

import ale_py
import gymnasium as gym
import numpy as np
from ale_py.vector_env import AtariVectorEnv
from gymnasium.wrappers import AtariPreprocessing, FrameStackObservation
from stable_baselines3.common.env_util import make_atari_env
from stable_baselines3.common.vec_env import SubprocVecEnv, VecFrameStack

from hackatari.benchmarks.provenance import versions
from hackatari.env import HackAtariEnv
from hackatari.games import find_game
from hackatari.vector_env import HackAtariVectorEnv

PATCHES = {
    "pong": "lazy_enemy",
    "breakout": "gravity",
    "freeway": "all_black_cars",
    "space_invaders": "controlable_missile",
    "seaquest": "gravity",
    "ms_pacman": "disable_red",
    "boxing": "gravity",
    "kangaroo": "unlimited_time",
}
"""The games that are measured, each with a modif that acts in every frame or every few."""

REFERENCE, LIMIT, OURS, PATCHED = "AtariVectorEnv", "ale.act alone", "HackAtariVectorEnv", "HackAtariVectorEnv, patched"
FRAMESKIP = 4


@dataclass(frozen=True)
class Throughput:
    """Speed of a vector env next to ALE's `AtariVectorEnv`.

    Attributes:
        game: ROM id.
        name: Which vector env.
        num_envs: Number of sub-envs.
        steps_per_second: Agent steps of 4 frames, summed over the sub-envs; median over the rounds.
        ratio: Median over the rounds of its speed divided by that of `AtariVectorEnv` in the same round.
        ratio_low: 25 % quantile of these ratios.
        ratio_high: 75 % quantile.
    """

    game: str
    name: str
    num_envs: int
    steps_per_second: float
    ratio: float
    ratio_low: float
    ratio_high: float


class BareEmulators:
    """The limit: emulators on all cores, of which nothing is asked but `act`.

    Args:
        game: ROM id.
        num_envs: Number of emulators.
    """

    def __init__(self, game: str, num_envs: int) -> None:
        shares = np.array_split(np.arange(num_envs), min(num_envs, len(os.sched_getaffinity(0))))
        context = multiprocessing.get_context("fork")
        self._pipes, self._processes = [], []
        for share in shares:
            ours, theirs = context.Pipe()
            process = context.Process(target=_emulate, args=(theirs, game, len(share)), daemon=True)
            process.start()
            self._pipes.append(ours)
            self._processes.append(process)
        self._bounds = np.cumsum([len(share) for share in shares])[:-1]

    def reset(self) -> None:
        """Games start by themselves."""

    def run(self, actions: np.ndarray) -> None:
        """Do many agent steps at once, so that no process waits for another; actions: int of (steps, num_envs)."""
        for pipe, part in zip(self._pipes, np.split(actions, self._bounds, axis=1), strict=True):
            pipe.send(part)
        for pipe in self._pipes:
            pipe.recv()

    def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            process.kill()
            process.join()


def _emulate(pipe: Connection, game: str, n: int) -> None:
    envs = [HackAtariEnv(game, frameskip=1) for _ in range(n)]
    for env in envs:
        env.reset()
    emulators: list[ale_py.ALEInterface] = [env.ale._ale for env in envs]
    commands = [action.value for action in envs[0]._action_set]
    while True:
        for actions in pipe.recv().tolist():
            for ale, action in zip(emulators, actions, strict=True):
                for _ in range(FRAMESKIP):
                    ale.act(commands[action])
                if ale.game_over():
                    ale.reset_game()
        pipe.send(None)


def _subproc_vec_env(env_id: str, num_envs: int, modif: str) -> VecFrameStack:
    envs = make_atari_env(
        env_id,
        num_envs,
        env_kwargs={"modifs": [modif], "frameskip": 1},
        vec_env_cls=SubprocVecEnv,
        vec_env_kwargs={"start_method": "fork"},
    )
    return VecFrameStack(envs, 4)


def _envpool(name: str, num_envs: int) -> Any:
    envpool = importlib.import_module("envpool")
    cores = len(os.sched_getaffinity(0))
    return envpool.make(
        f"{name}-v5", env_type="gymnasium", num_envs=num_envs, num_threads=cores, repeat_action_probability=0.25
    )


def contenders(game: str, num_envs: int) -> dict[str, Callable[[], Any]]:
    """Return what makes each of the compared; all but the limit stack four grey pictures of 84x84 pixels.

    EnvPool is among them if it is installed.

    Args:
        game: ROM id, one of `PATCHES`.
        num_envs: Number of sub-envs.
    """
    name, modif = find_game(game).name, PATCHES[game]
    env_id = f"HackAtari/{name}-v0"
    found: dict[str, Callable[[], Any]] = {
        LIMIT: partial(BareEmulators, game, num_envs),
        REFERENCE: partial(AtariVectorEnv, game=game, num_envs=num_envs, repeat_action_probability=0.25),
        OURS: partial(HackAtariVectorEnv, game, num_envs),
        PATCHED: partial(HackAtariVectorEnv, game, num_envs, modifs=[modif]),
        "AsyncVectorEnv, patched": partial(
            gym.make_vec,
            env_id,
            num_envs=num_envs,
            vectorization_mode="async",
            wrappers=[AtariPreprocessing, partial(FrameStackObservation, stack_size=4)],
            frameskip=1,
            modifs=[modif],
        ),
        "SubprocVecEnv, patched": partial(_subproc_vec_env, env_id, num_envs, modif),
    }
    if importlib.util.find_spec("envpool"):
        found["EnvPool"] = partial(_envpool, name, num_envs)
    return found


def measure_throughput(
    game: str,
    num_envs: int = 16,
    rounds: int = 9,
    turn: float = 0.3,
    names: Sequence[str] | None = None,
    on_round: Callable[[], None] | None = None,
) -> list[Throughput]:
    """Step the contenders in turns and compare their speeds.

    Args:
        game: ROM id, one of `PATCHES`.
        num_envs: Number of sub-envs.
        rounds: Number of turns.
        turn: About how long `AtariVectorEnv` takes for a turn, in seconds.
        names: Which of the `contenders`; default: all. `AtariVectorEnv` is always among them.
        on_round: Called after each turn.
    """
    makers = contenders(game, num_envs)
    envs = {name: make() for name, make in makers.items() if names is None or name in (*names, REFERENCE)}
    speeds: dict[str, list[float]] = {name: [] for name in envs}
    rng = np.random.default_rng(0)
    n_actions = int(envs[REFERENCE].single_action_space.n)
    for env in envs.values():
        env.reset()
    warm_up = rng.integers(n_actions, size=(10, num_envs))
    seconds = {name: _time_of(env, warm_up) for name, env in envs.items()}
    steps = max(round(turn * len(warm_up) / seconds[REFERENCE]), 2)
    for _ in range(rounds):
        actions = rng.integers(n_actions, size=(steps, num_envs))
        for name, env in envs.items():
            speeds[name].append(actions.size / _time_of(env, actions))
        if on_round:
            on_round()
    for env in envs.values():
        env.close()
    found = []
    for name, values in speeds.items():
        ratios = np.array(values) / np.array(speeds[REFERENCE])
        low, middle, high = np.quantile(ratios, [0.25, 0.5, 0.75])
        found.append(Throughput(game, name, num_envs, float(np.median(values)), float(middle), float(low), float(high)))
    return found


def _time_of(env: Any, actions: np.ndarray) -> float:
    """Return the seconds that these steps take; the garbage collector waits."""
    gc.collect()
    gc.disable()
    try:
        start = time.perf_counter()
        if isinstance(env, BareEmulators):
            env.run(actions)
        else:
            for action in actions:
                env.step(action)
        return time.perf_counter() - start
    finally:
        gc.enable()


def geometric_means(found: Sequence[Throughput]) -> dict[tuple[str, int], float]:
    """Return the geometric mean over the games of each contender's ratio, by its name and number of sub-envs."""
    keys = dict.fromkeys((t.name, t.num_envs) for t in found)
    return {
        key: float(np.exp(np.mean([np.log(t.ratio) for t in found if (t.name, t.num_envs) == key]))) for key in keys
    }


def throughput_json(found: Sequence[Throughput]) -> str:
    """Return all figures, their geometric means over the games and the versions of what was measured, as JSON."""
    figures = {
        "versions": versions(),
        "throughput": [asdict(t) for t in found],
        "geometric_means": [
            {"name": name, "num_envs": size, "ratio": mean} for (name, size), mean in geometric_means(found).items()
        ],
    }
    return json.dumps(figures, indent=2)
