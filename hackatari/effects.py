"""Modifs that work in every game: changes of the picture and of the agent's actions.

They act on ALE's palette-indexed screen, on its colours or on the commands to the console, so they look the same in
RGB, greyscale and preprocessed observations. Their arguments are given in parentheses: `flicker(0.5)`.
"""

from __future__ import annotations

import colorsys
from collections import deque
from functools import cache
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hackatari.modif import Command, ModifSheet
from hackatari.palette import grey_of
from hackatari.pictures import check_pictures, find_pictures, index_of, load_picture
from hackatari.ram import Ram

if TYPE_CHECKING:
    from hackatari.game import Game, GameObject

BLACK = 0
MIRRORS = 2  # mirrors act after all other changes of the picture, which know where things are


class EffectSheet(ModifSheet):
    """The modifs for every game; they act on the picture after the game's own."""

    layer = 1


EVERY_GAME = EffectSheet()


def check_probability(p: float, modif: str) -> None:
    """Raise a `ValueError` if a number is no probability."""
    if not 0 <= p <= 1:
        raise ValueError(f"{modif} needs a probability between 0 and 1, got {p}.")


def check_at_least(least: int, value: int, what: str) -> None:
    """Raise a `ValueError` if a number is too small."""
    if value < least:
        raise ValueError(f"{what} must be at least {least}, got {value}.")


# --- Colours -----------------------------------------------------------------------------------------------------


@EVERY_GAME.modif("visual")
class ColorPermutation:
    """The console's 128 colours are permuted at random, anew at every reset or always by permutation `number`."""

    def __init__(self, number: int | None = None) -> None:
        if number is not None:
            check_at_least(0, number, "The number of a color_permutation")
        self.number = number

    def palette(self, palette: np.ndarray, rng: np.random.Generator) -> None:
        if self.number is not None:
            rng = np.random.default_rng(self.number)
        # The odd indices of a palette are the even ones again, or grey.
        palette[:] = np.repeat(palette[::2][rng.permutation(128)], 2, axis=0)


@EVERY_GAME.modif("visual")
class HueShift:
    """The hue of every colour is turned by some degrees: 120 makes red green, green blue and blue red."""

    def __init__(self, degrees: float = 180) -> None:
        if not isfinite(degrees):
            raise ValueError(f"hue_shift needs a number of degrees, got {degrees}.")
        self.degrees = degrees

    def palette(self, palette: np.ndarray) -> None:
        for i, colour in enumerate(palette / 255):
            hue, saturation, value = colorsys.rgb_to_hsv(*colour)
            turned = colorsys.hsv_to_rgb((hue + self.degrees / 360) % 1, saturation, value)
            palette[i] = np.rint(255 * np.array(turned))


@EVERY_GAME.modif("visual")
def inverted_colors(palette: np.ndarray) -> None:
    """The picture is a negative: black is white, red is cyan."""
    palette[:] = 255 - palette


@EVERY_GAME.modif("visual")
class GrayLevels:
    """The picture is grey, in `n` levels of the same distance from black to white."""

    def __init__(self, n: int = 4) -> None:
        check_at_least(2, n, "The levels of gray_levels")
        if n > 256:
            raise ValueError(f"A picture has 256 levels of grey at most, got {n}.")
        self.n = n

    def palette(self, palette: np.ndarray) -> None:
        levels = np.rint(grey_of(palette) / 255 * (self.n - 1)) * (255 / (self.n - 1))
        palette[:] = np.rint(levels)[:, None]


# --- The picture -------------------------------------------------------------------------------------------------

STRIPE_WIDTH = 16
STRIPES = np.array([2, 6, 10], dtype=np.uint8)  # three greys
NOISE_SIZE = 2**17
FRAMES_PER_PICTURE = 2  # the console's 60 frames a second, films' 30


@cache
def noise_pool() -> np.ndarray:
    """Return the noise of which each frame shows a random part: drawing it anew for each frame takes twice as long."""
    return np.random.default_rng(0).integers(256, size=NOISE_SIZE, dtype=np.uint8)


@EVERY_GAME.modif("visual")
class Background:
    """The background is replaced by noise, moving stripes, one colour, a picture or a film.

    `what` is "noise", "stripes", a colour "#rrggbb", or the path (without commas) of a picture or of a folder of
    pictures, which are shown in the order of their names, 30 a second, again and again. Colours become the nearest that
    the console has. The background is what has the most frequent palette index in the frame, or the palette index
    `index`.
    """

    def __init__(self, what: str = "noise", index: int | None = None) -> None:
        if index is not None and not 0 <= index <= 255:
            raise ValueError(f"The index of the background must be between 0 and 255, got {index}.")
        self.what = what
        self.index = index
        self.pictures: tuple[Path, ...] = ()
        self.colour: tuple[int, int, int] | None = None
        if what.startswith("#"):
            self.colour = parse_colour(what)
        elif what not in ("noise", "stripes"):
            self.pictures = find_pictures(what)

    def check(self, game: Game) -> None:
        check_pictures(self.pictures)

    def screen(self, screen: np.ndarray, frame: int, rng: np.random.Generator, game: Game) -> None:
        # Every seventh pixel is enough to tell which index is the most frequent.
        index = np.bincount(screen.ravel()[::7]).argmax() if self.index is None else self.index
        background = screen == index
        if self.colour is not None:
            screen[background] = index_of(self.colour, game.rom)
        elif self.pictures:
            path = self.pictures[frame // FRAMES_PER_PICTURE % len(self.pictures)]
            np.copyto(screen, load_picture(path, *screen.shape, game.rom), where=background)
        elif self.what == "noise":
            start = int(rng.integers(NOISE_SIZE - screen.size))
            np.copyto(screen, noise_pool()[start : start + screen.size].reshape(screen.shape), where=background)
        else:
            columns = (np.arange(screen.shape[1]) + frame) // STRIPE_WIDTH % len(STRIPES)
            np.copyto(screen, STRIPES[columns], where=background)


def parse_colour(text: str) -> tuple[int, int, int]:
    """Return the RGB of "#rrggbb".

    Raises:
        ValueError: If it is not of this form.
    """
    try:
        if len(text) != 7:
            raise ValueError
        red, green, blue = bytes.fromhex(text[1:])
    except ValueError:
        raise ValueError(f"A colour is written #rrggbb in hexadecimal, such as #204060; got {text!r}.") from None
    return red, green, blue


@EVERY_GAME.modif("visual")
class Flicker:
    """Each frame is black with probability `p`."""

    def __init__(self, p: float = 0.5) -> None:
        check_probability(p, "flicker")
        self.p = p

    def screen(self, screen: np.ndarray, rng: np.random.Generator) -> None:
        if rng.random() < self.p:
            screen[:] = BLACK


@EVERY_GAME.modif("visual")
class Cutout:
    """A rectangle of the picture is black: `width` times `height` pixels with the upper left corner at (`x`, `y`)."""

    def __init__(self, x: int = 60, y: int = 85, width: int = 40, height: int = 40) -> None:
        check_at_least(0, min(x, y), "The corner of a cutout")
        check_at_least(1, min(width, height), "Width and height of a cutout")
        self.window = slice(y, y + height), slice(x, x + width)

    def screen(self, screen: np.ndarray) -> None:
        screen[self.window] = BLACK


@EVERY_GAME.modif("visual")
class RandomCutouts:
    """`n` squares of the picture, `size` pixels wide, are black; they are placed at random at every reset."""

    def __init__(self, n: int = 3, size: int = 24) -> None:
        check_at_least(1, min(n, size), "Number and size of random_cutouts")
        self.n = n
        self.size = size
        self.corners: np.ndarray = np.empty((0, 2))

    def reset(self, rng: np.random.Generator) -> None:
        self.corners = rng.random((self.n, 2))

    def screen(self, screen: np.ndarray) -> None:
        room = np.maximum(np.array(screen.shape) - self.size, 0)
        for y, x in (self.corners * (room + 1)).astype(int).tolist():
            screen[y : y + self.size, x : x + self.size] = BLACK


@EVERY_GAME.modif("visual")
class MaskedHud:
    """The score display (points, lives, clock, ...) is painted over with the colour around it.

    For games whose data sheet knows where it is; elsewhere, use `cutout`.
    """

    def check(self, game: Game) -> None:
        if not any(category.hud for category in game.objects.values()):
            raise ValueError(
                f"It is not known where {game.name} displays the score: use cutout(x, y, width, height) instead of "
                "masked_hud."
            )

    def screen(self, screen: np.ndarray, ram: Ram, game: Game) -> None:
        height, width = screen.shape
        hidden = [name for name, category in game.objects.items() if not category.hud]
        for o in game.find_objects(ram, hidden, hud=True, height=height, width=width):
            # The digits may be a pixel off where the data sheet puts them.
            top, bottom, left, right = max(o.y - 1, 0), o.y + o.h + 1, max(o.x - 1, 0), o.x + o.w + 1
            around = screen[min(bottom, height - 1) if top == 0 else top - 1, left:right]
            screen[top:bottom, left:right] = np.bincount(around).argmax()


# --- Mirrors -----------------------------------------------------------------------------------------------------

# ALE's 18 actions by the directions of the joystick: NOOP, FIRE, UP, RIGHT, LEFT, DOWN, then pairs of them.
LEFT_RIGHT_SWAPPED = (0, 1, 2, 4, 3, 5, 7, 6, 9, 8, 10, 12, 11, 13, 15, 14, 17, 16)
UP_DOWN_SWAPPED = (0, 1, 5, 3, 4, 2, 8, 9, 6, 7, 13, 11, 12, 10, 16, 17, 14, 15)


@EVERY_GAME.modif("visual", layer=MIRRORS)
class Mirror:
    """Left and right are swapped, in the picture, in the object list and in the actions."""

    def screen(self, screen: np.ndarray) -> None:
        screen[:] = screen[:, ::-1].copy()

    def command(self, command: Command, game: Game) -> Command:
        if game.upright_paddle:
            return command
        return LEFT_RIGHT_SWAPPED[command[0]], command[1]

    def objects(self, found: list[GameObject], height: int, width: int) -> list[GameObject]:
        return [o._replace(x=width - o.x - o.w) for o in found]


@EVERY_GAME.modif("visual", layer=MIRRORS)
class UpsideDown:
    """Up and down are swapped, in the picture, in the object list and in the actions."""

    def screen(self, screen: np.ndarray) -> None:
        screen[:] = screen[::-1].copy()

    def command(self, command: Command, game: Game) -> Command:
        swapped = LEFT_RIGHT_SWAPPED if game.upright_paddle else UP_DOWN_SWAPPED
        return swapped[command[0]], command[1]

    def objects(self, found: list[GameObject], height: int, width: int) -> list[GameObject]:
        return [o._replace(y=height - o.y - o.h) for o in found]


# --- Actions -----------------------------------------------------------------------------------------------------

NOOP: Command = (0, 0.0)


@EVERY_GAME.modif("dynamics")
class StickyActions:
    """In each frame, the console repeats the last frame's action with probability `p`, instead of the agent's.

    It comes on top of the env's own `repeat_action_probability`.
    """

    def __init__(self, p: float = 0.25) -> None:
        check_probability(p, "sticky_actions")
        self.p = p
        self.last = NOOP

    def command(self, command: Command, rng: np.random.Generator) -> Command:
        if rng.random() >= self.p:
            self.last = command
        return self.last


@EVERY_GAME.modif("dynamics")
class RandomNoops:
    """In each frame, the agent's action is lost with probability `p`: the console gets NOOP."""

    def __init__(self, p: float = 0.1) -> None:
        check_probability(p, "random_noops")
        self.p = p

    def command(self, command: Command, rng: np.random.Generator) -> Command:
        return NOOP if rng.random() < self.p else command


@EVERY_GAME.modif("dynamics")
class ActionDelay:
    """The agent's actions reach the console `frames` frames late; until the first arrives, it gets NOOP."""

    def __init__(self, frames: int = 4) -> None:
        check_at_least(0, frames, "The frames of an action_delay")
        self.pending = deque([NOOP] * frames)

    def command(self, command: Command) -> Command:
        self.pending.append(command)
        return self.pending.popleft()
