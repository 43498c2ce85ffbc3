"""Amidar: the agent's gorilla paints the edges of a maze; warriors, later pigs, walk along them and hunt it."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Game
from hackatari.ram import Byte, ByteArray, Ram, bcd_digits


class AmidarRam(Ram):
    """RAM map of Amidar.

    The figures, six enemies and the player, are sorted by height, so that they change their places in the arrays.
    """

    last_type = Byte(51, "kind of the enemies: 32 warriors, 48 pigs, 96 to 103 in a jump, 112 chickens")
    figures_y = ByteArray(range(59, 66), "height of a figure, screen y - 7; 7 to 153")
    figures_x = ByteArray(range(66, 73), "column of a figure, screen x - 9; 6 to 130")
    figures_type = ByteArray(range(73, 80), "bit 5: enemy; bits 4 to 6: its kind, or bit 4: paint roller; rest: motion")
    lives = Byte(86, "low two bits: lives left; bit 5: the round is being played; 128 at the end")
    score_fraction = Byte(88, "progress towards the next point")
    score_low = Byte(89, "ones and tens of the score, BCD")
    score_mid = Byte(90, "hundreds and thousands of the score, BCD")
    score_high = Byte(91, "ten and hundred thousands of the score, BCD")


amidar = Game(
    "amidar",
    AmidarRam,
    "FIRE is a jump, in which the enemies cannot be seen or touched; there are four for each life. "
    "The first 255 frames of a round are a jingle.",
)

ENEMY, PIG = 32, 16  # bits of figures_type
ROLLER = 16
KIND, WARRIORS, PIGS, SHADOWS, CHICKENS = 112, 32, 48, 96, 112
SHADOW = 64

YELLOW, GREEN, RED = (252, 252, 84), (135, 183, 84), (214, 92, 92)


# --- Objects -----------------------------------------------------------------------------------------------------


def figures(ram: AmidarRam, kinds: tuple[int, ...]) -> Iterator[Box]:
    """The boxes of the enemies of some kinds."""
    for x, y, kind in zip(ram.figures_x, ram.figures_y, ram.figures_type, strict=True):
        if kind & ENEMY and kind & KIND in kinds:
            yield x + 9, y + 7, 7, 7


@amidar.object("Player", colour=YELLOW, flickers=True)
def player(ram: AmidarRam) -> Iterator[Box]:
    """The agent's gorilla or, in every second level, paint roller."""
    for x, y, kind in zip(ram.figures_x, ram.figures_y, ram.figures_type, strict=True):
        if y and not kind & ENEMY:
            yield x + 9, y + 7, 7, 7


@amidar.object("Warrior", colour=GREEN, count=6, flickers=True)
def warrior(ram: AmidarRam) -> Iterator[Box]:
    """The enemies of the levels with a gorilla."""
    return figures(ram, (WARRIORS,))


@amidar.object("Pig", colour=RED, count=6, flickers=True)
def pig(ram: AmidarRam) -> Iterator[Box]:
    """The enemies of the levels with a paint roller."""
    return figures(ram, (PIGS,))


@amidar.object("Chicken", colour=YELLOW, count=6, flickers=True)
def chicken(ram: AmidarRam) -> Iterator[Box]:
    """Enemies that can be caught for a while after all corners have been painted."""
    return figures(ram, (CHICKENS,))


@amidar.object("Shadow", colour=(0, 0, 0), count=6)
def shadow(ram: AmidarRam) -> Iterator[Box]:
    """Enemies that cannot be seen: while the player jumps, and chickens that have been caught."""
    return figures(ram, (SHADOWS,))


@amidar.object("Score", colour=YELLOW, hud=True)
def score(ram: AmidarRam) -> Iterator[Box]:
    """The points."""
    digits = bcd_digits(ram.score_high, ram.score_mid, ram.score_low) or 1
    yield 105 - 8 * digits, 176, 8 * digits - 1, 7


@amidar.object("Life", colour=YELLOW, count=3, hud=True)
def life(ram: AmidarRam) -> Iterator[Box]:
    """One mark for each life left."""
    for i in range(ram.lives & 3):
        yield 148 - 16 * i, 175, 1, 8


# --- Modifs ------------------------------------------------------------------------------------------------------


@amidar.modif("visual", writes=[AmidarRam.figures_type])
def pig_enemies(ram: AmidarRam) -> None:
    """All warriors look like pigs."""
    for i, kind in enumerate(ram.figures_type):
        if kind & (ENEMY | SHADOW | PIG) == ENEMY:
            ram.figures_type[i] = kind | PIG


@amidar.modif("visual", writes=[AmidarRam.figures_type])
def paint_roller_player(ram: AmidarRam) -> None:
    """The player is a paint roller instead of a gorilla."""
    for i, kind in enumerate(ram.figures_type):
        if not kind & ENEMY:
            ram.figures_type[i] = kind | ROLLER


@amidar.modif("assist", writes=[AmidarRam.lives])
def unlimited_lives(ram: AmidarRam) -> None:
    """The player never runs out of lives; after a death the round starts anew."""
    ram.lives |= 3
