"""The centred algorithms in the scripts of RL Zoo (`rl_zoo3`).

The scripts `train` and `enjoy` with all their arguments:

    python -m hackatari.agents.rl_zoo train --algo centered_dqn --env HackAtari/AccessControl-v0
    python -m hackatari.agents.rl_zoo enjoy --algo centered_dqn --env HackAtari/AccessControl-v0 --folder logs

A program that calls the functions of `rl_zoo3` itself calls `register_algorithms` first.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from stable_baselines3.common.base_class import BaseAlgorithm

from hackatari.agents import (
    CenteredA2C,
    CenteredDDPG,
    CenteredDQN,
    CenteredPPO,
    CenteredQRDQN,
    CenteredRecurrentPPO,
    CenteredSAC,
    CenteredTD3,
)

PREFIX = "centered_"

# Without the prefix they are the Zoo's own names of the uncentred algorithms.
ALGORITHMS: dict[str, type[BaseAlgorithm]] = {
    "centered_a2c": CenteredA2C,
    "centered_ddpg": CenteredDDPG,
    "centered_dqn": CenteredDQN,
    "centered_ppo": CenteredPPO,
    "centered_ppo_lstm": CenteredRecurrentPPO,
    "centered_qrdqn": CenteredQRDQN,
    "centered_sac": CenteredSAC,
    "centered_td3": CenteredTD3,
}


def register_algorithms() -> None:
    """Make the centred algorithms known to `rl_zoo3`, for as long as the process lives.

    `rl_zoo3.ALGOS` gets all of `ALGORITHMS`. The hyperparameter search (`train --optimize-hyperparameters`) samples for
    each what it samples for the uncentred algorithm.

    Raises:
        ImportError: If `rl_zoo3` is not installed; the message says how to install it.
    """
    try:
        from rl_zoo3 import ALGOS
        from rl_zoo3.hyperparams_opt import HYPERPARAMS_CONVERTER, HYPERPARAMS_SAMPLER
    except ModuleNotFoundError as error:
        if error.name != "rl_zoo3":
            raise
        raise ImportError("RL Zoo is missing: pip install 'hackatari-suite[zoo]'") from error
    for name, algorithm in ALGORITHMS.items():
        uncentered = name.removeprefix(PREFIX)
        ALGOS[name] = algorithm
        HYPERPARAMS_SAMPLER[name] = HYPERPARAMS_SAMPLER[uncentered]
        HYPERPARAMS_CONVERTER[name] = HYPERPARAMS_CONVERTER[uncentered]


def hyperparameter_file(algorithm: str) -> Path:
    """Return the file of hyperparameters of one of `ALGORITHMS`, in the format of the Zoo."""
    return Path(__file__).parent / "hyperparams" / f"{algorithm}.yml"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a script of RL Zoo.

    Two arguments of `train` have other defaults than the Zoo's. `--conf-file` is `hyperparameter_file(algorithm)` for
    the centred algorithms. `--eval-freq` is -1: an evaluation counts episodes, and would not come to an end in a
    continuing problem.

    Args:
        arguments: The name of the script, `"train"` or `"enjoy"`, and its arguments; by default those of the command
            line.
    """
    parser = argparse.ArgumentParser(
        prog="python -m hackatari.agents.rl_zoo",
        description="Scripts of RL Zoo with the centred algorithms.",
    )
    parser.add_argument("script", choices=["train", "enjoy"], help="`train --help` lists its arguments")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="what the script is given")
    options = parser.parse_args(arguments)

    register_algorithms()
    script = getattr(importlib.import_module(f"rl_zoo3.{options.script}"), options.script)
    defaults = _train_defaults(options.arguments) if options.script == "train" else []
    # The scripts have no parameters; they read the command line.
    sys.argv = [f"{parser.prog} {options.script}", *options.arguments, *defaults]
    script()


def _train_defaults(arguments: Sequence[str]) -> list[str]:
    """Return the arguments to add to those a user gave to `train`."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--algo")
    parser.add_argument("-conf", "--conf-file")
    parser.add_argument("--eval-freq")
    given, _ = parser.parse_known_args(arguments)
    defaults = []
    if given.conf_file is None and given.algo in ALGORITHMS:
        defaults += ["--conf-file", str(hyperparameter_file(given.algo))]
    if given.eval_freq is None:
        defaults += ["--eval-freq", "-1"]
    return defaults


if __name__ == "__main__":
    main()
