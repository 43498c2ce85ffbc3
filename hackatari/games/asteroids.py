"""Asteroids: the agent's ship turns, thrusts and shoots asteroids, which break into smaller ones."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Game
from hackatari.ram import Byte, ByteArray, Ram, bcd_digits


class AsteroidsRam(Ram):
    """RAM map of Asteroids; columns are encoded as for the TIA, see `column`."""

    asteroid_y = ByteArray(
        (*range(3, 10), *range(12, 20)), "height of an asteroid, (screen y - 24) / 2; 128 and more for none"
    )
    asteroid_x = ByteArray((*range(21, 28), *range(30, 38)), "encoded column of an asteroid; 0 for none")
    asteroid_kind = ByteArray(
        (*range(39, 46), *range(48, 56)), "low 7 bits: below 32 large, below 48 medium, else small; low 3 bits: colour"
    )
    lives_and_heading = Byte(60, "upper nibble: lives left; lower nibble: heading, 0 up, 4 left, 8 down, 12 right")
    score_high = Byte(61, "thousands and ten thousands of the score, BCD")
    score_low = Byte(62, "tens and hundreds of the score, BCD")
    player_x = Byte(73, "encoded column of the ship")
    player_y = Byte(74, "height of the ship, (screen y - 18) / 2; 224 while it is not there")
    player_x_offset = Byte(77, "255 at the start, falls when the ship moves right")
    missile_x = ByteArray((83, 84), "encoded column of a shot; 0 for none")
    missile_y = ByteArray((86, 87), "height of a shot, (screen y - 17) / 2; 128 and more for none")
    missile_direction = ByteArray((89, 90), "direction of a shot, 0 for none")


asteroids = Game(
    "asteroids", AsteroidsRam, "Play starts at once. DOWN is hyperspace. Ship and asteroids are drawn in turns."
)

RED, BLUE, PINK = (184, 50, 50), (117, 181, 239), (240, 128, 128)
GREY, BROWN, PURPLE, MAGENTA = (214, 214, 214), (180, 122, 48), (104, 72, 198), (184, 70, 162)
YELLOW, OLIVE = (187, 187, 53), (136, 146, 62)
ASTEROID_COLOURS = (GREY, RED, BLUE, YELLOW, BROWN, MAGENTA, PURPLE, OLIVE)  # by the kind's low 3 bits
SHOT_COLOURS = (PINK, BLUE)
LARGE, MEDIUM, SMALL = (16, 28), (8, 14), (4, 8)
NOT_THERE = 224
FIELD_BOTTOM = 194


def column(code: int) -> int:
    """Return the screen column of a TIA position."""
    if code < 2:
        return 4 if code else 64
    half, odd = divmod(code & 15, 2)
    return (10 if odd else 97) + 15 * (half - 1) + 8 * (code >> 7) - (code >> 4 & 7)


# --- Objects -----------------------------------------------------------------------------------------------------


@asteroids.object("Player", colour=PINK, flickers=True)
def player(ram: AsteroidsRam) -> Iterator[Box]:
    """The agent's ship."""
    if ram.player_y != NOT_THERE:
        heading = ram.lives_and_heading & 15
        yield column(ram.player_x) + (heading == 12) - (heading == 4), 2 * ram.player_y + 18, 6, 10


@asteroids.object("Asteroid", colour=BROWN, count=15, flickers=True)
def asteroid(ram: AsteroidsRam) -> Iterator[Box]:
    """The asteroids, each in its colour; at the borders the box is that of the part on its own side."""
    for x, y, kind in zip(ram.asteroid_x, ram.asteroid_y, ram.asteroid_kind, strict=True):
        if x and y < 128:
            size = kind & 127
            w, h = LARGE if size < 32 else MEDIUM if size < 48 else SMALL
            left, top = (column(x), 2 * y + 24) if size < 32 else (column(x) - 1, 2 * y + 22)
            yield left, top, w, min(h, FIELD_BOTTOM - top), ASTEROID_COLOURS[kind & 7]


@asteroids.object("PlayerMissile", colour=BLUE, count=2, flickers=True)
def player_missile(ram: AsteroidsRam) -> Iterator[Box]:
    """The ship's shots, each in its colour."""
    for x, y, colour in zip(ram.missile_x, ram.missile_y, SHOT_COLOURS, strict=True):
        if x and y < 128:
            yield column(x) + 1, 2 * y + 17, 1, 2, colour


@asteroids.object("PlayerScore", colour=RED, hud=True)
def player_score(ram: AsteroidsRam) -> Iterator[Box]:
    """The points."""
    digits = bcd_digits(ram.score_high, ram.score_low) + 1
    yield 84 - 16 * digits, 5, 16 * digits - 4, 10


@asteroids.object("Lives", colour=RED, hud=True)
def lives(ram: AsteroidsRam) -> Iterator[Box]:
    """The number of lives left."""
    yield 132, 5, 12, 10
