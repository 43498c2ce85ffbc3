"""`Curriculum`: a scheduler decides which variant the next episode plays."""

from __future__ import annotations

import copy
from typing import Any

import gymnasium as gym
from gymnasium.utils import RecordConstructorArgs

from hackatari.env import HackAtariEnv
from hackatari.games import find_game
from hackatari.schedulers import Scheduler, SequenceScheduler


class Curriculum(gym.Wrapper, RecordConstructorArgs):
    """Plays the variants that a scheduler chooses, one per episode; variants never change within an episode.

    Args:
        env: An env with `set_modifs`: `HackAtari/<Game>-v0`, or any env below a `RamPatch`.
        scheduler: Chooses the variants. Each env has its own copy, `env.get_wrapper_attr("scheduler")`.

    Raises:
        UnknownNameError: If the scheduler names a modif that the game does not have.
    """

    def __init__(self, env: gym.Env, scheduler: Scheduler) -> None:
        RecordConstructorArgs.__init__(self, scheduler=scheduler)
        gym.Wrapper.__init__(self, env)
        for variant in scheduler.variants:
            env.unwrapped.ale.game.select(variant)  # type: ignore[attr-defined]
        self.scheduler = copy.deepcopy(scheduler)
        self._set_modifs = env.get_wrapper_attr("set_modifs")
        self._score = 0.0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Start an episode of the scheduler's choice; `info["modifs"]` names its modifs."""
        self._set_modifs(self.scheduler.choose())
        self._score = 0.0
        observation, info = super().reset(seed=seed, options=options)
        return observation, {**info, "modifs": self.get_wrapper_attr("modifs")}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Step the env and tell the scheduler how it went; truncate the episode if the scheduler cuts it."""
        observation, reward, terminated, truncated, info = super().step(action)
        self._score += float(reward)
        self.scheduler.step_done()
        truncated = truncated or self.scheduler.cuts_episode()
        if terminated or truncated:
            self.scheduler.episode_done(self._score)
        return observation, float(reward), terminated, truncated, info


def single_variants(game: str) -> list[tuple[str, ...]]:
    """Return the unmodified game and then each of its modifs alone, in the order of the data sheet.

    Args:
        game: ROM id.
    """
    return [(), *((modif,) for modif in find_game(game).modifs)]


def default_scheduler(game: str) -> Scheduler:
    """Return the scheduler of `HackAtari/<Game>-Curriculum-v0`: `single_variants`, each for 100,000 agent steps.

    Args:
        game: ROM id.
    """
    variants = single_variants(game)
    return SequenceScheduler(variants, switch_at=[100_000 * i for i in range(1, len(variants))])


def CurriculumAtariEnv(game: str, scheduler: Scheduler | None = None, **kwargs: Any) -> gym.Env:
    """Make `HackAtari/<Game>-Curriculum-v0`.

    Args:
        game: ROM id.
        scheduler: By default `default_scheduler(game)`.
        **kwargs: See `HackAtariEnv`.
    """
    return Curriculum(HackAtariEnv(game, **kwargs), scheduler or default_scheduler(game))
