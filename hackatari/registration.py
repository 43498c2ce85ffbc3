"""Registers the env IDs of the suite with Gymnasium."""

from __future__ import annotations

import gymnasium as gym

from hackatari.games import GAMES, rom_ids
from hackatari.names import pascal_case

# What makes a single env and a vector env.
VARIANT = "hackatari.env:HackAtariEnv", "hackatari.vector_env:HackAtariVectorEnv"
CURRICULUM = "hackatari.wrappers.curriculum:CurriculumAtariEnv", "hackatari.vector_env:curriculum_vector_env"
CONTINUAL = "hackatari.wrappers.continual:ContinualAtariEnv", "hackatari.vector_env:continual_vector_env"
CONTINUING = "hackatari.wrappers.continuing:ContinuingAtariEnv", "hackatari.vector_env:continuing_vector_env"

# The classes of the continuing problems, by the name in their env ID.
PROBLEMS = {
    "RandomWalk": "RandomWalk",
    "AccessControl": "AccessControl",
    "PuckWorld": "PuckWorld",
    "ContinuingPendulum": "Pendulum",
    "ContinuingCatch": "Catch",
}


def register_envs() -> None:
    """Register `HackAtari/<Game>-v0`, its curriculum, continual and continuing IDs, and one ID for each modif."""
    for rom in rom_ids():
        name = pascal_case(rom)
        _register(f"HackAtari/{name}-v0", *VARIANT, rom)
        _register(f"HackAtari/{name}-Curriculum-v0", *CURRICULUM, rom)
        _register(f"HackAtari/{name}-Continual-v0", *CONTINUAL, rom)
        _register(
            f"HackAtari/{name}-Continuing-v0",
            *CONTINUING,
            rom,
            max_num_frames_per_episode=0,  # none: a continuing world has no longest episode
        )
    for game in GAMES.values():
        for modif in game.modifs:
            _register(variant_id(game.name, modif), *VARIANT, game.rom, modifs=[modif])
    for name, problem in PROBLEMS.items():
        gym.register(
            id=f"HackAtari/{name}-v0",
            entry_point=f"hackatari.problems:{problem}Env",
            vector_entry_point=f"hackatari.problems:{problem}",
        )


def variant_id(game: str, modif: str) -> str:
    """Return the env ID of a game with one modif: `HackAtari/Pong-LazyEnemy-v0`."""
    return f"HackAtari/{game}-{pascal_case(modif)}-v0"


def _register(env_id: str, entry_point: str, vector_entry_point: str, rom: str, **kwargs: object) -> None:
    """Register one ID with the defaults of `ALE/<Game>-v5`."""
    gym.register(
        id=env_id,
        entry_point=entry_point,
        vector_entry_point=vector_entry_point,
        kwargs={
            "game": rom,
            "repeat_action_probability": 0.25,
            "full_action_space": False,
            "frameskip": 4,
            "max_num_frames_per_episode": 108_000,
            **kwargs,
        },
    )
