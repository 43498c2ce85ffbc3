"""`HackAtariEnv`: an `AtariEnv` whose emulator is patched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ale_py
import numpy as np
from ale_py.env import AtariEnv, AtariEnvStepMetadata
from gymnasium.utils import EzPickle

from hackatari.emulator import PatchedALE
from hackatari.game import GameObject
from hackatari.games import find_game
from hackatari.ram import LiveRam


class VariantControls:
    """What an env with a patched emulator offers besides Gymnasium's API, through any number of wrappers.

    `env.get_wrapper_attr(name)` reaches these attributes, and a vector env's `call` or SB3's `env_method`.
    """

    unwrapped: Any

    @property
    def modifs(self) -> tuple[str, ...]:
        """Names of the modifs at work, in the order in which they act."""
        return self.unwrapped.ale.modifs

    @property
    def ram(self) -> LiveRam:
        """The emulator's RAM by name, for reading and writing: `env.get_wrapper_attr("ram").ball_x`."""
        return self.unwrapped.ale.ram

    @property
    def objects(self) -> list[GameObject]:
        """The objects on the screen, as far as the game's data sheet knows them."""
        return self.unwrapped.ale.find_objects()

    def set_modifs(self, modifs: Sequence[str]) -> None:
        """Switch to another variant from the next reset on.

        Raises:
            UnknownNameError: If the game has no such modif.
        """
        self.unwrapped.ale.set_modifs(modifs)


class HackAtariEnv(VariantControls, AtariEnv):
    """A variant of an Atari game: the env behind `HackAtari/<Game>-v0`.

    Spaces, rewards, `info` and every keyword argument are those of `ALE/<Game>-v5`; without modifs it is that env, step
    for step.

    Args:
        game: ROM id, such as "space_invaders".
        modifs: Names of the modifs, in the order in which they act.
        warn_conflicts: Whether to warn about modifs that write the same bytes.
        **kwargs: The keyword arguments of `ale_py.env.AtariEnv`.

    Raises:
        UnknownNameError: If there is no such game, or the game has no such modif.
        ValueError: If the game has no such mode or difficulty.

    Example:
        >>> import gymnasium as gym, hackatari
        >>> env = gym.make("HackAtari/Pong-v0", modifs=["lazy_enemy"])
        >>> observation, info = env.reset(seed=0)
        >>> observation.shape, env.get_wrapper_attr("ram").enemy_score
        ((210, 160, 3), 0)
    """

    ale: PatchedALE  # type: ignore[assignment]  # stands in for the ALEInterface

    def __init__(self, game: str, modifs: Sequence[str] = (), *, warn_conflicts: bool = True, **kwargs: Any) -> None:
        sheet = find_game(game)
        if isinstance(kwargs.get("frameskip"), list):  # a spec that went through JSON
            kwargs["frameskip"] = tuple(kwargs["frameskip"])
        # AtariEnv silences the emulator too, but only after its banner.
        ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
        super().__init__(sheet.rom, **kwargs)
        EzPickle.__init__(self, game, modifs, warn_conflicts=warn_conflicts, **kwargs)
        self.ale = PatchedALE(self.ale, sheet, modifs, warn=warn_conflicts)  # type: ignore[arg-type]

    def load_game(self) -> None:
        """Load the ROM and set mode and difficulty."""
        try:
            super().load_game()
        except RuntimeError as error:
            raise ValueError(
                f"{self._game} has no mode {self._game_mode} with difficulty {self._game_difficulty}: its modes are "
                f"{self.ale.getAvailableModes()}, its difficulties {self.ale.getAvailableDifficulties()}."
            ) from error

    def reset(  # type: ignore[override]
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, AtariEnvStepMetadata]:
        """Start a new episode.

        Args:
            seed: Seeds the emulator, the frameskip and the random modifs.
            options: `{"modifs": [...]}` switches to that variant at once, and for the episodes to come.
        """
        self.ale.prepare_reset(seed, options)
        return super().reset(seed=seed, options=options)
