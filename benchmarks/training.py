"""Training of Stable-Baselines3 agents on any env ID: what `hackatari train` runs."""

from __future__ import annotations

import io
import json
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any

import gymnasium as gym
import sb3_contrib
import stable_baselines3
import torch
from gymnasium.vector import AutoresetMode
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.utils import LinearSchedule, safe_mean
from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv, VecEnv

import hackatari.agents
from hackatari.benchmarks.files import atomic_write
from hackatari.benchmarks.provenance import versions
from hackatari.errors import UnknownNameError, did_you_mean
from hackatari.wrappers import SB3VecEnv

OPTIMIZERS: dict[str, Any] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
    "sgd": torch.optim.SGD,
    "clipped-adam": hackatari.agents.ClippedAdam,
    "clipped-rmsprop": hackatari.agents.ClippedRMSprop,
    "clipped-sgd": hackatari.agents.ClippedSGD,
}
"""Optimizers by the name that `--optimizer` takes; the clipped ones also take `kappa`."""


def algorithms() -> dict[str, type[BaseAlgorithm]]:
    """Return the algorithm classes of SB3, sb3-contrib and this suite by their lower-case names."""
    found = {}
    for package in (stable_baselines3, sb3_contrib, hackatari.agents):
        for name in package.__all__:
            value = getattr(package, name)
            if isinstance(value, type) and issubclass(value, BaseAlgorithm):
                found[name.lower()] = value
    return found


def find_algorithm(name: str) -> type[BaseAlgorithm]:
    """Return an algorithm class by its name, whatever the case ("ppo", "CenteredDQN", "centered-dqn").

    Raises:
        UnknownNameError: If there is none; the message names close matches.
    """
    known = algorithms()
    key = name.lower().replace("-", "").replace("_", "")
    if key not in known:
        names = [algorithm.__name__ for algorithm in known.values()]
        raise UnknownNameError(f"There is no algorithm {name!r}.{did_you_mean(name, names)} Known: {', '.join(names)}.")
    return known[key]


def find_optimizer(name: str) -> type[torch.optim.Optimizer]:
    """Return an optimizer class by its name in `OPTIMIZERS`.

    Raises:
        UnknownNameError: If there is none; the message names close matches.
    """
    if name not in OPTIMIZERS:
        raise UnknownNameError(
            f"There is no optimizer {name!r}.{did_you_mean(name, OPTIMIZERS)} Known: {', '.join(OPTIMIZERS)}."
        )
    return OPTIMIZERS[name]


def parse_hyperparameter(text: str) -> tuple[str, Any]:
    """Parse `name=value`; a value is a number, true/false/none, a word, or `linear:START:END` for a schedule.

    Raises:
        ValueError: If there is no `=`.
    """
    name, separator, value = text.partition("=")
    if not separator or not name.isidentifier():
        raise ValueError(f"Hyperparameter {text!r} is not of the form name=value, such as learning_rate=2.5e-4.")
    if value.startswith("linear:"):
        start, end = (float(part) for part in value.split(":")[1:])
        return name, LinearSchedule(start, end, 1.0)
    words = {"true": True, "false": False, "none": None}
    if value.lower() in words:
        return name, words[value.lower()]
    for number in (int, float):
        try:
            return name, number(value)
        except ValueError:
            continue
    return name, value


@dataclass(frozen=True)
class TrainingPlan:
    """Everything that decides what a training run does.

    Attributes:
        algorithm: Name of the algorithm, see `find_algorithm`.
        env_id: Any registered env ID. Atari IDs are preprocessed as by SB3's `make_atari_env` and stacked by four.
        steps: Agent steps, summed over all envs.
        seed: Seeds envs, network and exploration.
        n_envs: Number of envs that are stepped at once; those of an Atari game by one process per core, those of our
            continuing problems by this process, others each by a process of its own.
        modifs: Modifs of the variant to train on, for `HackAtari/<Game>-v0`.
        sticky: Probability that the emulator repeats the previous action, per emulated frame.
        optimizer: Name in `OPTIMIZERS`, or None for the algorithm's own.
        optimizer_kwargs: Its arguments, such as `{"kappa": 3.0}`.
        small_network: Use `SmallCNN` instead of SB3's `NatureCNN` on pictures.
        hyperparameters: The algorithm's constructor arguments.
        device: "cpu", "cuda" or "auto".
    """

    algorithm: str
    env_id: str
    steps: int
    seed: int = 0
    n_envs: int = 8
    modifs: Sequence[str] = ()
    sticky: float = 0.25
    optimizer: str | None = None
    optimizer_kwargs: Mapping[str, Any] = field(default_factory=dict)
    small_network: bool = False
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    device: str = "auto"

    def check(self) -> None:
        """Raise a ValueError that names the first thing in the plan that cannot be done."""
        find_algorithm(self.algorithm)
        if self.optimizer is not None:
            find_optimizer(self.optimizer)
        if self.steps < 1 or self.n_envs < 1:
            raise ValueError(f"steps and n_envs must be at least 1, got {self.steps} and {self.n_envs}.")
        if self.env_id not in gym.registry:
            raise UnknownNameError(
                f"There is no env ID {self.env_id!r}.{did_you_mean(self.env_id, map(str, gym.registry))}"
            )
        game = gym.spec(self.env_id).kwargs.get("game")
        if self.modifs:
            if not game or not self.env_id.startswith("HackAtari/"):
                raise ValueError(f"{self.env_id} takes no modifs; use an env ID that starts with HackAtari/.")
            hackatari.find_game(game).select(self.modifs)


def is_atari(env_id: str) -> bool:
    """Whether an env ID is an Atari game (and so is trained on 84x84 grey pictures, stacked by four)."""
    return "AtariEnv" in str(gym.spec(env_id).entry_point)


def make_envs(plan: TrainingPlan) -> VecEnv:
    """Return the vector env of a plan, preprocessed and seeded.

    Observations, rewards, ends of episodes and statistics of Atari IDs are those of
    `VecTransposeImage(VecFrameStack(make_atari_env(...), 4))`.
    """
    if not is_atari(plan.env_id):
        if plan.env_id.startswith("HackAtari/"):  # a problem that steps all envs at once
            return _seeded(SB3VecEnv(gym.make_vec(plan.env_id, plan.n_envs)), plan.seed)
        parallel = SubprocVecEnv if plan.n_envs > 1 else DummyVecEnv
        # The prefix makes worker processes import the package that registers the ID.
        return make_vec_env(f"hackatari:{plan.env_id}", plan.n_envs, plan.seed, vec_env_cls=parallel)
    kwargs: dict[str, Any] = {"modifs": list(plan.modifs)} if plan.modifs else {}
    envs = gym.make_vec(
        _vector_env_id(plan.env_id),
        plan.n_envs,
        preprocessing="sb3",
        frameskip=4,
        repeat_action_probability=plan.sticky,
        # A continuing world has no end of an episode, and losing a life is not one either.
        episodic_life="-Continuing-" not in plan.env_id,
        reward_clipping=True,
        autoreset_mode=AutoresetMode.SAME_STEP,
        **kwargs,
    )
    return _seeded(SB3VecEnv(envs, monitor=False), plan.seed)  # the vector env reports whole games itself


def _seeded(envs: VecEnv, seed: int) -> VecEnv:
    envs.seed(seed)
    return envs


def _vector_env_id(env_id: str) -> str:
    """Return the ID of ours for an Atari game; those of ALE have vector envs that preprocess in other ways."""
    if env_id.startswith("HackAtari/"):
        return env_id
    game = hackatari.find_game(gym.spec(env_id).kwargs["game"])
    return f"HackAtari/{game.name}-v0"


def make_model(plan: TrainingPlan, envs: VecEnv, tensorboard_log: str | None = None) -> BaseAlgorithm:
    """Return the untrained model of a plan.

    Raises:
        ValueError: If the algorithm does not take one of the hyperparameters.
    """
    algorithm = find_algorithm(plan.algorithm)
    pictures = is_atari(plan.env_id)
    policy_kwargs: dict[str, Any] = {}
    if plan.small_network and pictures:
        policy_kwargs["features_extractor_class"] = hackatari.agents.SmallCNN
    if plan.optimizer is not None:
        policy_kwargs["optimizer_class"] = find_optimizer(plan.optimizer)
        policy_kwargs["optimizer_kwargs"] = dict(plan.optimizer_kwargs)
        if plan.optimizer in ("adam", "clipped-adam") and issubclass(algorithm, OnPolicyAlgorithm):
            # What SB3 gives to these algorithms' Adam by default, so that the optimizer is all that changes.
            policy_kwargs["optimizer_kwargs"].setdefault("eps", 1e-5)
    recurrent = "Lstm" if "recurrent" in plan.algorithm.lower() else ""
    try:
        return algorithm(
            f"{'Cnn' if pictures else 'Mlp'}{recurrent}Policy",
            envs,
            seed=plan.seed,
            device=plan.device,
            tensorboard_log=tensorboard_log,
            policy_kwargs=policy_kwargs,
            **plan.hyperparameters,
        )
    except TypeError as error:
        raise ValueError(f"{algorithm.__name__} cannot be set up with these hyperparameters: {error}.") from error


def save_model(model: BaseAlgorithm, path: Path, slim: bool = False) -> None:
    """Save a model atomically.

    Args:
        model: The model.
        path: The zip file to write.
        slim: Leave out what only matters when training goes on: the optimizers' moments, the last observations and
            where logs were written.
    """
    exclude = []
    if slim:
        exclude = [
            "_last_obs",
            "_last_original_obs",
            "_last_episode_starts",
            "ep_info_buffer",
            "ep_success_buffer",
            "tensorboard_log",
        ]
        for name in model._get_torch_save_params()[0]:
            if name.endswith("optimizer"):
                optimizer: Any = reduce(getattr, name.split("."), model)
                optimizer.state.clear()
    buffer = io.BytesIO()
    model.save(buffer, exclude=exclude)
    atomic_write(path, buffer.getvalue())


class ProgressAndCheckpoints(BaseCallback):
    """Shows the progress of a training run and saves the model now and then.

    Args:
        total: Agent steps of the whole run.
        folder: Where checkpoints `model_<steps>.zip` are written.
        checkpoint_every: Agent steps between two checkpoints; 0 for none.
        progress: The progress bar.
    """

    def __init__(self, total: int, folder: Path, checkpoint_every: int, progress: Progress) -> None:
        super().__init__()
        self.total = total
        self.folder = folder
        self.checkpoint_every = checkpoint_every
        self.progress = progress
        self.task = progress.add_task("training", total=total, score="")

    def _on_training_start(self) -> None:
        self.next_checkpoint = self.num_timesteps + self.checkpoint_every

    def _on_step(self) -> bool:
        if self.checkpoint_every and self.num_timesteps >= self.next_checkpoint:
            save_model(self.model, self.folder / f"model_{self.num_timesteps}.zip")
            self.next_checkpoint += self.checkpoint_every
        if self.n_calls % 50 == 0:
            self._show()
        return True

    def _on_training_end(self) -> None:
        self._show()

    def _show(self) -> None:
        episodes = self.model.ep_info_buffer
        score = f"mean score {safe_mean([e['r'] for e in episodes]):.1f}" if episodes else ""
        self.progress.update(self.task, completed=min(self.num_timesteps, self.total), score=score)


@dataclass(frozen=True)
class TrainingResult:
    """How a training run ended.

    Attributes:
        path: The saved model.
        steps: Agent steps done in all.
        seconds: Wall time of this run.
        finished: False if it was interrupted.
    """

    path: Path
    steps: int
    seconds: float
    finished: bool


def train(
    plan: TrainingPlan,
    out: Path,
    *,
    checkpoint_every: int = 0,
    resume: bool = False,
    slim: bool = False,
    tensorboard: bool = False,
) -> TrainingResult:
    """Train a model and save it to `out/model.zip`; an interrupt (Ctrl-C) saves what has been learnt so far.

    Args:
        plan: What to train.
        out: Folder of the model, its checkpoints and its logs.
        checkpoint_every: Agent steps between two checkpoints; 0 for none.
        resume: Go on with `out/model.zip` up to the plan's number of steps. The plan's hyperparameters replace the
            saved ones; schedules run over all steps, those that are done included.
        slim: See `save_model`.
        tensorboard: Write TensorBoard logs to `out/tensorboard`.

    Raises:
        ValueError: If the plan cannot be carried out.
    """
    plan.check()
    path = out / "model.zip"
    if resume and not path.exists():
        raise ValueError(f"There is nothing to resume: {path} does not exist.")
    started = time.monotonic()
    envs = make_envs(plan)
    try:
        logs = str(out / "tensorboard") if tensorboard else None
        if resume:
            model = find_algorithm(plan.algorithm).load(
                path, env=envs, device=plan.device, tensorboard_log=logs, **plan.hyperparameters
            )
        else:
            model = make_model(plan, envs, logs)
        finished = True
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.completed:,} of {task.total:,} steps"),
            TextColumn("{task.fields[score]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        ) as progress:
            callback = ProgressAndCheckpoints(plan.steps, out / "checkpoints", checkpoint_every, progress)
            try:
                model.learn(plan.steps - model.num_timesteps, callback, reset_num_timesteps=not resume)
            except KeyboardInterrupt:
                finished = False
        save_model(model, path, slim=slim and finished)
        result = TrainingResult(path, model.num_timesteps, time.monotonic() - started, finished)
        atomic_write(out / "training.json", _record(plan, result))
        return result
    finally:
        envs.close()


def _record(plan: TrainingPlan, result: TrainingResult) -> str:
    """Return what made a model, as JSON."""
    hyperparameters = {
        name: f"linear:{value.start}:{value.end}" if isinstance(value, LinearSchedule) else value
        for name, value in plan.hyperparameters.items()
    }
    return json.dumps(
        {
            **asdict(plan),
            "hyperparameters": hyperparameters,
            "command": shlex.join(["hackatari", *sys.argv[1:]]),
            "steps_done": result.steps,
            "seconds": round(result.seconds),
            "finished": result.finished,
            "versions": versions(),
        },
        indent=2,
    )
