"""Registers the env IDs of the suite with Gymnasium."""

from __future__ import annotations

import gymnasium as gym

from hackatari.games import GAMES, rom_ids
from hackatari.names import pascal_case


def register_envs() -> None:
    """Register `HackAtari/<Game>-v0`, its curriculum and continuing IDs, and one ID for each modif."""
    for rom in rom_ids():
        name = pascal_case(rom)
        _register(f"HackAtari/{name}-v0", "hackatari.env:HackAtariEnv", rom)
        _register(f"HackAtari/{name}-Curriculum-v0", "hackatari.wrappers.curriculum:CurriculumAtariEnv", rom)
        _register(
            f"HackAtari/{name}-Continuing-v0",
            "hackatari.wrappers.continuing:ContinuingAtariEnv",
            rom,
            max_num_frames_per_episode=0,  # none: a continuing world has no longest episode
        )
    for game in GAMES.values():
        for modif in game.modifs:
            _register(variant_id(game.name, modif), "hackatari.env:HackAtariEnv", game.rom, modifs=[modif])


def variant_id(game: str, modif: str) -> str:
    """Return the env ID of a game with one modif: `HackAtari/Pong-LazyEnemy-v0`."""
    return f"HackAtari/{game}-{pascal_case(modif)}-v0"


def _register(env_id: str, entry_point: str, rom: str, **kwargs: object) -> None:
    """Register one ID with the defaults of `ALE/<Game>-v5`."""
    gym.register(
        id=env_id,
        entry_point=entry_point,
        kwargs={
            "game": rom,
            "repeat_action_probability": 0.25,
            "full_action_space": False,
            "frameskip": 4,
            "max_num_frames_per_episode": 108_000,
            **kwargs,
        },
    )
