"""`RamPatch`: modifs for an Atari env that already exists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
from ale_py.env import AtariEnv
from gymnasium.utils import RecordConstructorArgs

from hackatari.emulator import PatchedALE
from hackatari.env import VariantControls
from hackatari.games import find_game


def patched_emulator(env: gym.Env) -> PatchedALE:
    """Return the patched emulator of an env.

    Raises:
        TypeError: If it has none.
    """
    ale = getattr(env.unwrapped, "ale", None)
    if not isinstance(ale, PatchedALE):
        raise TypeError(f"{env} has no patched emulator: make HackAtari/<Game>-v0, or put RamPatch around the env.")
    return ale


class RamPatch(VariantControls, gym.Wrapper, RecordConstructorArgs):
    """Lets modifs act on the emulator of an `ALE/<Game>-v5` env.

    `RamPatch(gym.make("ALE/Pong-v5"), modifs=["lazy_enemy"])` and `gym.make("HackAtari/Pong-LazyEnemy-v0")` are the
    same game. The wrapper may sit anywhere in a stack: it replaces `env.unwrapped.ale`.

    Args:
        env: An env over an `ale_py.env.AtariEnv`.
        modifs: Names of the modifs, in the order in which they act.

    Raises:
        TypeError: If there is no `AtariEnv` below, or its emulator is patched already.
        UnknownNameError: If the game has no such modif.
    """

    def __init__(self, env: gym.Env, modifs: Sequence[str] = ()) -> None:
        base = env.unwrapped
        if not isinstance(base, AtariEnv):
            raise TypeError(f"RamPatch needs an Atari env, got {base}.")
        if isinstance(base.ale, PatchedALE):
            raise TypeError(f"The emulator of {env} is patched already; choose other modifs with set_modifs.")
        patched = PatchedALE(base.ale, find_game(base._game), modifs)
        RecordConstructorArgs.__init__(self, modifs=list(modifs))
        gym.Wrapper.__init__(self, env)
        base.ale = patched  # type: ignore[assignment]

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Start a new episode; `options={"modifs": [...]}` switches to that variant at once."""
        self.unwrapped.ale.prepare_reset(seed, options)
        return super().reset(seed=seed, options=options)
