"""`PatchedALE`: the one place where modifs meet the emulator."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ale_py
import numpy as np

from hackatari.game import Game, GameObject
from hackatari.modif import ActiveModif
from hackatari.palette import GREY, RGB
from hackatari.ram import LiveRam


def modif_seed(seed: int | None) -> int:
    """Return the seed of the modifs' generator that belongs to an env's seed.

    `AtariEnv` takes two words of the seed's `SeedSequence`, for its own generator and for the emulator's; the third is
    ours, so the same seed gives the same game with and without modifs.
    """
    return int(np.random.SeedSequence(seed).generate_state(3)[2])


@dataclass
class PatchedState:
    """A snapshot of a patched emulator: the emulator's state, and the modifs' with their names."""

    ale_state: ale_py.ALEState
    modifs: tuple[str, ...]
    rules: list[dict[str, Any]]
    frame: int
    rng: Mapping[str, Any] | None


class PatchedALE:
    """A stand-in for `ale_py.ALEInterface` that lets modifs act on the game.

    Before each emulated frame the modifs write RAM bytes; whoever asks for the screen gets the patched picture.
    Everything else is passed on to the emulator.

    Args:
        ale: The emulator to patch.
        game: Its game's data sheet.
        modifs: Names of the modifs, in the order in which they act.

    Raises:
        UnknownNameError: If the game has no such modif.
    """

    def __init__(self, ale: ale_py.ALEInterface, game: Game, modifs: Sequence[str] = ()) -> None:
        self._ale = ale
        self.game = game
        self.ram = LiveRam.of(game.ram, ale)
        self._ram = game.ram(ale)
        self._rng = np.random.default_rng(modif_seed(None))
        self._next = game.select(modifs)
        self._start_modifs()

        # Bound here, not delegated by __getattr__, since they are called in every step.
        self._act = ale.act
        self.getRAM = ale.getRAM
        self.setRAM = ale.setRAM
        self.lives = ale.lives
        self.game_over = ale.game_over
        self.game_truncated = ale.game_truncated

    def __getattr__(self, name: str) -> Any:
        if name == "_ale":  # not yet set: this object is being copied or unpickled
            raise AttributeError(name)
        return getattr(self._ale, name)

    @property
    def modifs(self) -> tuple[str, ...]:
        """Names of the modifs at work, in the order in which they act."""
        return tuple(active.modif.name for active in self._active)

    @property
    def objects(self) -> list[GameObject]:
        """The objects on the screen without the score display, as far as the data sheet knows them."""
        hidden = {name for active in self._active for name in active.modif.hides}
        return self.game.find_objects(self.ram, hidden)

    def set_modifs(self, modifs: Sequence[str]) -> None:
        """Choose the modifs for the next `reset_game` on.

        Raises:
            UnknownNameError: If the game has no such modif; nothing changes then.
        """
        self._next = self.game.select(modifs)

    def prepare_reset(self, seed: int | None, options: dict[str, Any] | None) -> None:
        """Take over what an env's `reset(seed, options)` says about the modifs.

        Args:
            seed: Seeds the random modifs; None leaves their generator as it is.
            options: `{"modifs": [...]}` is as `set_modifs`; other keys are left to others.
        """
        if options and "modifs" in options:
            self.set_modifs(options["modifs"])
        if seed is not None:
            self._rng = np.random.default_rng(modif_seed(seed))

    def reset_game(self) -> None:
        """Start a new episode, with the modifs chosen last and their state anew."""
        self._ale.reset_game()
        self._start_modifs()
        self._ram.refresh()
        for active in self._active:
            if active.reset:
                active.reset()

    def _start_modifs(self) -> None:
        self._activate([modif.start(self._ram, self._rng) for modif in self._next])
        self._frame = 0

    def _activate(self, active: list[ActiveModif]) -> None:
        self._active = active
        self._frame_patches = [(a.modif.every, a.frame) for a in active if a.frame]
        self._screen_patches = [a.screen for a in active if a.screen]
        self._screen: tuple[np.ndarray, np.ndarray] | None = None

    def act(self, action: ale_py.Action | int, paddle_strength: float = 1.0) -> int:
        """Emulate one frame after the modifs have acted; return the reward."""
        if self._frame_patches:
            self._ram.refresh()
            frame = self._frame
            for every, patch in self._frame_patches:
                if frame % every == 0:
                    patch()
            self._frame = frame + 1
        self._screen = None
        return self._act(action, paddle_strength)

    def getScreen(self, buffer: np.ndarray | None = None) -> np.ndarray | None:
        """As `ALEInterface.getScreen`: palette indices, uint8 of shape (height, width)."""
        if not self._screen_patches:
            return self._ale.getScreen() if buffer is None else self._ale.getScreen(buffer)
        return _deliver(self._patched_screen()[0].copy(), buffer)

    def getScreenRGB(self, buffer: np.ndarray | None = None) -> np.ndarray | None:
        """As `ALEInterface.getScreenRGB`: uint8 of shape (height, width, 3)."""
        if not self._screen_patches:
            return self._ale.getScreenRGB() if buffer is None else self._ale.getScreenRGB(buffer)
        return _deliver(self._recolour(self._ale.getScreenRGB(), RGB), buffer)

    def getScreenGrayscale(self, buffer: np.ndarray | None = None) -> np.ndarray | None:
        """As `ALEInterface.getScreenGrayscale`: uint8 of shape (height, width)."""
        if not self._screen_patches:
            return self._ale.getScreenGrayscale() if buffer is None else self._ale.getScreenGrayscale(buffer)
        return _deliver(self._recolour(self._ale.getScreenGrayscale(), GREY), buffer)

    def _patched_screen(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the patched screen and the flat indices of the pixels that differ from the emulator's."""
        if self._screen is None:
            original = self._ale.getScreen()
            screen = original.copy()
            self._ram.refresh()
            for patch in self._screen_patches:
                patch(screen)
            self._screen = screen, np.flatnonzero(screen != original)
        return self._screen

    def _recolour(self, picture: np.ndarray, colours: np.ndarray) -> np.ndarray:
        """Bring the patches into a picture of the emulator's; most patches touch few pixels."""
        screen, changed = self._patched_screen()
        picture.reshape(screen.size, -1)[changed] = colours.reshape(256, -1)[screen.ravel()[changed]]
        return picture

    def saveScreenPNG(self, path: str) -> None:
        """As `ALEInterface.saveScreenPNG`: write the picture to a file."""
        if not self._screen_patches:
            self._ale.saveScreenPNG(path)
            return
        import cv2

        cv2.imwrite(str(path), self.getScreenRGB()[..., ::-1])  # type: ignore[index]

    def cloneState(self, include_rng: bool = False) -> PatchedState:
        """Return a snapshot of the emulator and the modifs.

        Args:
            include_rng: Include the random generators of the emulator and of the modifs, so that the future is the
                same too.
        """
        return PatchedState(
            ale_state=self._ale.cloneState(include_rng=include_rng),
            modifs=self.modifs,
            rules=[copy.deepcopy(vars(active.rule)) if active.rule else {} for active in self._active],
            frame=self._frame,
            rng=self._rng.bit_generator.state if include_rng else None,
        )

    def restoreState(self, state: PatchedState) -> None:
        """Return to a snapshot: the game, the modifs that were at work then, and their state."""
        self._ale.restoreState(state.ale_state)
        if state.rng is not None:
            self._rng.bit_generator.state = state.rng
        active = [self.game.modifs[name].start(self._ram, self._rng) for name in state.modifs]
        for modif, attributes in zip(active, state.rules, strict=True):
            if modif.rule:
                vars(modif.rule).update(copy.deepcopy(attributes))
        self._activate(active)
        self._frame = state.frame

    def cloneSystemState(self) -> PatchedState:
        """As `cloneState(include_rng=True)`."""
        return self.cloneState(include_rng=True)

    restoreSystemState = restoreState


def _deliver(picture: np.ndarray, buffer: np.ndarray | None) -> np.ndarray | None:
    """Hand a picture out as ALE does: copied into the caller's buffer, or as an array of the caller's own."""
    if buffer is None:
        return picture
    buffer[...] = picture.reshape(buffer.shape)
    return None
