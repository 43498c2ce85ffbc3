"""Every reward-centred algorithm beside the one it centres, made small for tests."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import sb3_contrib
import stable_baselines3
from continuing_tasks import ContinuousRing, Ring
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.logger import Logger

import hackatari.agents

OFF_POLICY = {"learning_starts": 16, "buffer_size": 400, "batch_size": 16, "train_freq": 4}
ROLLOUT = {"n_steps": 16, "n_epochs": 2, "batch_size": 16}
SMALL = {"net_arch": [16]}


@dataclass(frozen=True)
class CenteredAlgorithm:
    """An algorithm with and without centering, and how to make either."""

    name: str
    task: type[Ring]
    settings: dict[str, Any]
    policy: str = "MlpPolicy"

    @property
    def centered(self) -> Any:
        return getattr(hackatari.agents, f"Centered{self.name}")

    @property
    def plain(self) -> Any:
        library = stable_baselines3 if hasattr(stable_baselines3, self.name) else sb3_contrib
        return getattr(library, self.name)

    @property
    def on_policy(self) -> bool:
        return "n_steps" in self.settings

    def env(self, n_envs: int = 2, **task_kwargs: Any) -> Any:
        return make_vec_env(self.task, n_envs=n_envs, env_kwargs=task_kwargs)

    def make(self, env: Any = None, *, plain: bool = False, **kwargs: Any) -> BaseAlgorithm:
        algorithm = self.plain if plain else self.centered
        env = self.env() if env is None else env
        # SB3 adds to the dictionaries it is given.
        settings = copy.deepcopy({"seed": 0, "device": "cpu", **self.settings, **kwargs})
        model = algorithm(self.policy, env, **settings)
        model.set_logger(Logger(folder=None, output_formats=[]))
        return model


ALGORITHMS = [
    CenteredAlgorithm("DQN", Ring, {**OFF_POLICY, "target_update_interval": 20, "policy_kwargs": SMALL}),
    CenteredAlgorithm(
        "QRDQN", Ring, {**OFF_POLICY, "target_update_interval": 20, "policy_kwargs": {**SMALL, "n_quantiles": 8}}
    ),
    CenteredAlgorithm("SAC", ContinuousRing, {**OFF_POLICY, "policy_kwargs": SMALL}),
    CenteredAlgorithm("TD3", ContinuousRing, {**OFF_POLICY, "policy_kwargs": SMALL}),
    CenteredAlgorithm("DDPG", ContinuousRing, {**OFF_POLICY, "policy_kwargs": SMALL}),
    CenteredAlgorithm("PPO", Ring, {**ROLLOUT, "policy_kwargs": SMALL}),
    CenteredAlgorithm("A2C", Ring, {"n_steps": 8, "policy_kwargs": SMALL}),
    CenteredAlgorithm(
        "RecurrentPPO", Ring, {**ROLLOUT, "policy_kwargs": {**SMALL, "lstm_hidden_size": 8}}, policy="MlpLstmPolicy"
    ),
]
OFF_POLICY_ALGORITHMS = [algorithm for algorithm in ALGORITHMS if not algorithm.on_policy]
ON_POLICY_ALGORITHMS = [algorithm for algorithm in ALGORITHMS if algorithm.on_policy]
