"""`PatchedALE`: the one place where modifs meet the emulator."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ale_py
import numpy as np

from hackatari.game import Game, GameObject
from hackatari.modif import ActiveModif, Command, Modif
from hackatari.palette import Palette, grey_of, palette_of
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
    screen_key: int
    palette: Palette
    rng: Mapping[str, Any] | None


class PatchedALE:
    """A stand-in for `ale_py.ALEInterface` that lets modifs act on the game.

    Before each emulated frame the modifs write RAM bytes and change the command; whoever asks for the screen gets the
    patched picture. Everything else is passed on to the emulator.

    Args:
        ale: The emulator to patch.
        game: Its game's data sheet.
        modifs: Names of the modifs, in the order in which they act.
        warn: Whether to warn about modifs that write the same bytes.

    Attributes:
        ram: The emulator's RAM by name, read at every access.
        palette: The colours in which the modifs show the picture.

    Raises:
        UnknownNameError: If the game has no such modif.
        ValueError: If a modif's arguments are wrong.
    """

    palette: Palette

    def __init__(self, ale: ale_py.ALEInterface, game: Game, modifs: Sequence[str] = (), *, warn: bool = True) -> None:
        self._ale = ale
        self._warns = warn
        self.game = game
        self.ram = LiveRam.of(game.ram, ale)
        self._ram = game.ram(ale)
        self._rng = np.random.default_rng(modif_seed(None))
        self._screen_bits = np.random.Philox()
        self._screen_rng = np.random.Generator(self._screen_bits)
        self._next = game.select(modifs, warn=warn)
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

    def find_objects(self, hud: bool = False) -> list[GameObject]:
        """Return the objects on the screen, as far as the data sheet knows them.

        Args:
            hud: Whether to include the score display.
        """
        height, width = self._ale.getScreenDims()
        hidden = {name for active in self._active for name in active.modif.hides}
        found = self.game.find_objects(self.ram, hidden, hud, height, width)
        for active in self._active:
            if active.objects:
                found = active.objects(found, height, width)
        return found

    def set_modifs(self, modifs: Sequence[str]) -> None:
        """Choose the modifs for the next `reset_game` on.

        Raises:
            UnknownNameError: If the game has no such modif; nothing changes then.
            ValueError: If a modif's arguments are wrong; nothing changes then.
        """
        self._next = self.game.select(modifs, warn=self._warns)

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
        rgb = palette_of(self.game.rom).rgb.copy()
        for active in self._active:
            if active.palette:
                active.palette(rgb)
        self._set_colours(rgb)

    def _start_modifs(self) -> None:
        self._frame = 0
        self._screen_key = int(self._rng.integers(2**63))
        self._activate([self._start(modif) for modif in self._next])
        self._set_colours(palette_of(self.game.rom).rgb)

    def _start(self, modif: Modif) -> ActiveModif:
        return modif.start(self._ram, self._rng, self._screen_rng, self.game)

    def _activate(self, active: list[ActiveModif]) -> None:
        self._active = active
        self._commands = [a.command for a in active if a.command]
        self._frame_patches = [(a.modif.every, a.frame) for a in active if a.frame]
        self._screen_patches = [a.screen for a in sorted(active, key=lambda a: a.modif.layer) if a.screen]
        self._draws_screen = any(a.draws_screen for a in active)
        self._redraws = bool(self._screen_patches) or any(a.palette for a in active)
        self._screen: np.ndarray | None = None

    def _set_colours(self, rgb: np.ndarray) -> None:
        original = palette_of(self.game.rom)
        self.palette = original if np.array_equal(rgb, original.rgb) else Palette(rgb, grey_of(rgb))

    def act(self, action: ale_py.Action | int, paddle_strength: float = 1.0) -> int:
        """Emulate one frame after the modifs have acted; return the reward."""
        frame = self._frame
        if self._frame_patches:
            self._ram.refresh()
            for every, patch in self._frame_patches:
                if frame % every == 0:
                    patch()
        if self._commands:
            command: Command = (action.value if isinstance(action, ale_py.Action) else action, paddle_strength)
            for change in self._commands:
                command = change(command)
            action, paddle_strength = command
        self._frame = frame + 1
        self._screen = None
        return self._act(action, paddle_strength)

    def getScreen(self, buffer: np.ndarray | None = None) -> np.ndarray | None:
        """As `ALEInterface.getScreen`: palette indices, uint8 of shape (height, width)."""
        if not self._screen_patches:
            return self._ale.getScreen() if buffer is None else self._ale.getScreen(buffer)
        return _deliver(self.indexed_screen().copy(), buffer)

    def getScreenRGB(self, buffer: np.ndarray | None = None) -> np.ndarray | None:
        """As `ALEInterface.getScreenRGB`: uint8 of shape (height, width, 3)."""
        if not self._redraws:
            return self._ale.getScreenRGB() if buffer is None else self._ale.getScreenRGB(buffer)
        import cv2

        return _deliver(cv2.applyColorMap(self.indexed_screen(), self.palette.rgb[:, None]), buffer)

    def getScreenGrayscale(self, buffer: np.ndarray | None = None) -> np.ndarray | None:
        """As `ALEInterface.getScreenGrayscale`: uint8 of shape (height, width)."""
        if not self._redraws:
            return self._ale.getScreenGrayscale() if buffer is None else self._ale.getScreenGrayscale(buffer)
        import cv2

        return _deliver(cv2.LUT(self.indexed_screen(), self.palette.grey), buffer)

    def indexed_screen(self) -> np.ndarray:
        """Return the palette-indexed picture after the modifs have changed it, uint8 of shape (height, width).

        It is shown in the colours of `palette`. The array belongs to the emulator: do not write to it.
        """
        if self._screen is None:
            screen = self._ale.getScreen()
            if self._screen_patches:
                self._ram.refresh()
                if self._draws_screen:
                    self._seed_screen()
                for patch in self._screen_patches:
                    patch(screen, self._frame)
            self._screen = screen
        return self._screen

    def _seed_screen(self) -> None:
        """Make what is random in a picture depend on the frame alone, not on which pictures were asked for before."""
        state = self._screen_bits.state
        state["state"]["key"][:] = self._screen_key, 0
        state["state"]["counter"][:] = 0, 0, self._frame, 0
        state["buffer_pos"], state["has_uint32"] = 4, 0
        self._screen_bits.state = state

    def saveScreenPNG(self, path: str) -> None:
        """As `ALEInterface.saveScreenPNG`: write the picture to a file."""
        if not self._redraws:
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
            screen_key=self._screen_key,
            palette=self.palette,
            rng=self._rng.bit_generator.state if include_rng else None,
        )

    def restoreState(self, state: PatchedState) -> None:
        """Return to a snapshot: the game, the modifs that were at work then, and their state."""
        self._ale.restoreState(state.ale_state)
        if state.rng is not None:
            self._rng.bit_generator.state = state.rng
        active = [self._start(self.game.find_modif(name)) for name in state.modifs]
        for modif, attributes in zip(active, state.rules, strict=True):
            if modif.rule:
                vars(modif.rule).update(copy.deepcopy(attributes))
        self._frame = state.frame
        self._screen_key = state.screen_key
        self._activate(active)
        self.palette = state.palette

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
