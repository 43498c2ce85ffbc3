"""Centipede: the agent shoots a centipede that winds its way down through a field of mushrooms."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Colour, Game
from hackatari.ram import Byte, ByteArray, Ram, bcd_digits


class CentipedeRam(Ram):
    """RAM map of Centipede; there are 20 rows of 9 pixels, 0 is the lowest. Row bytes have further bits, see `row`."""

    player_visible = Byte(35, "22 while the player is there")
    centipede_visible = Byte(36, "22 while the centipede is there, 86 while mushrooms are counted after a lost life")
    mushrooms = ByteArray(range(45, 83), "mushrooms, a bit for each: for 19 rows from the top, left and right half")
    segment_row = ByteArray(range(91, 100), "row of a segment of the centipede")
    segment_x = ByteArray(range(100, 109), "column of a segment, screen x - 17")
    level_and_lives = Byte(109, "low nibble: level, bits 4 to 6: spare lives")
    shot_x = Byte(110, "column of the shot, screen x - 16")
    player_x = Byte(111, "column of the player, screen x - 16")
    shot_row = Byte(112, "row of the shot counted from the top, 0 while there is none")
    player_y = Byte(113, "height of the player, (screen y - 4) / 3")
    centipede_length = Byte(114, "segments of the centipede that are left, less one: 8 at the start")
    score = ByteArray(range(116, 119), "points, BCD, highest digits first")
    flea_x = Byte(119, "column of the flea, screen x - 16")
    flea_row = Byte(120, "row of the flea, 255 while there is none")
    scorpion_x = Byte(121, "column of the scorpion, screen x - 16")
    scorpion_row = Byte(122, "row of the scorpion, 255 while there is none")
    spider_x = Byte(123, "column of the spider, screen x - 16")
    spider_row = Byte(124, "row of the spider, 255 while there is none")


centipede = Game(
    "centipede",
    CentipedeRam,
    "Play starts at once. Each level has other colours. After a lost life, the centipede is gone for a while.",
)

TOP_ROW = 19
NONE = 255  # flea_row, scorpion_row, spider_row
VISIBLE = 22  # player_visible, centipede_visible
COLOURS = (
    (181, 83, 40),
    (45, 50, 184),
    (187, 187, 53),
    (184, 70, 162),
    (184, 50, 50),
    (146, 70, 192),
    (110, 156, 66),
    (84, 138, 210),
)
GROUND_COLOURS = (
    (110, 156, 66),
    (66, 114, 194),
    (198, 108, 58),
    (66, 72, 200),
    (162, 162, 42),
    (184, 70, 162),
    (200, 72, 72),
    (146, 70, 192),
)


def colour(ram: CentipedeRam, shift: int) -> Colour:
    """The colour of objects that are `shift` colours away from the player's, in the current level."""
    return COLOURS[((ram.level_and_lives & 15) + shift) % 8]


def row(value: int) -> int:
    """The row that is meant by a byte."""
    if value < 20:
        return value
    return value & 31 if value & 31 < 20 else value & TOP_ROW


def row_top(value: int) -> int:
    """The picture row in which the row that is meant by a byte starts."""
    return 5 + 9 * (TOP_ROW - row(value))


# --- Objects -----------------------------------------------------------------------------------------------------


@centipede.object("Player", colour=COLOURS[0])
def player(ram: CentipedeRam) -> Iterator[Box]:
    """The agent's shooter."""
    if ram.player_visible == VISIBLE:
        yield ram.player_x + 16, 3 * ram.player_y + 3, 4, 9, colour(ram, 0)


@centipede.object("Projectile", colour=COLOURS[0])
def projectile(ram: CentipedeRam) -> Iterator[Box]:
    """The shot."""
    if row(ram.shot_row):
        yield ram.shot_x + 16, 9 * row(ram.shot_row) - 8, 1, 8, colour(ram, 0)


@centipede.object("CentipedeSegment", colour=COLOURS[3], count=9, flickers=True)
def centipede_segment(ram: CentipedeRam) -> Iterator[Box]:
    """The segments of the centipede that are left; two groups in one row are drawn by turns."""
    segments = ram.centipede_length + 1
    if segments <= len(ram.segment_x) and ram.centipede_visible == VISIBLE:
        for x, where in zip(ram.segment_x[:segments], ram.segment_row[:segments], strict=True):
            yield x + 17, row_top(where), 3, 6, colour(ram, 3)


@centipede.object("Mushroom", colour=COLOURS[0], count=42)
def mushroom(ram: CentipedeRam) -> Iterator[Box]:
    """The mushrooms, from the top row down."""
    look = colour(ram, 0)
    for i, bits in enumerate(ram.mushrooms):
        line, half = divmod(i, 2)
        for k in range(8):
            if bits << k & 128:
                mirrored = k % 2 == line % 2
                column = 7 - k // 2 if mirrored else k // 2
                yield 16 + 64 * half + (4 if line % 2 == 0 else 0) + 8 * column, 7 + 9 * line, 4, 3, look


@centipede.object("Spider", colour=COLOURS[5])
def spider(ram: CentipedeRam) -> Iterator[Box]:
    """The spider near the ground."""
    if ram.spider_row != NONE:
        yield ram.spider_x + 16, row_top(ram.spider_row), 8, 6, colour(ram, 5)


@centipede.object("Scorpion", colour=COLOURS[7])
def scorpion(ram: CentipedeRam) -> Iterator[Box]:
    """The scorpion, which crosses the field."""
    if ram.scorpion_row != NONE:
        yield ram.scorpion_x + 16, row_top(ram.scorpion_row), 8, 6, colour(ram, 7)


@centipede.object("Flea", colour=COLOURS[1])
def flea(ram: CentipedeRam) -> Iterator[Box]:
    """The flea, which drops mushrooms."""
    if ram.flea_row != NONE:
        yield ram.flea_x + 16, row_top(ram.flea_row), 4, 6, colour(ram, 1)


@centipede.object("Ground", colour=GROUND_COLOURS[0], hud=True)
def ground(ram: CentipedeRam) -> Iterator[Box]:
    """The line below the field."""
    yield 16, 183, 128, 2, GROUND_COLOURS[ram.level_and_lives % 8]


@centipede.object("Score", colour=(188, 144, 252), hud=True)
def score(ram: CentipedeRam) -> Iterator[Box]:
    """The points, without leading zeros but at least two digits."""
    digits = max(bcd_digits(*ram.score), 2)
    yield 148 - 8 * digits, 187, 8 * digits - 1, 7


@centipede.object("Life", colour=(188, 144, 252), count=6, hud=True)
def life(ram: CentipedeRam) -> Iterator[Box]:
    """The spare lives."""
    for i in range(ram.level_and_lives >> 4 & 7):
        yield 16 + 8 * i, 187, 4, 7
