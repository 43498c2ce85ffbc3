"""Crazy Climber: the agent climbs a skyscraper from window to window, hand over hand, while people throw things."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Colour, Game
from hackatari.ram import Byte, ByteArray, Ram


class CrazyClimberRam(Ram):
    """RAM map of Crazy Climber; arrays of window rows run from the top row down."""

    score = Byte(2, "hundreds and thousands of the score, BCD")
    helicopter_y = Byte(9, "height of the helicopter, screen y - 11; it is seen from 51 on")
    enemy_column = Byte(14, "window column of the thrower, 0 for none")
    enemy_row = Byte(15, "window row of the thrower")
    enemy_open = Byte(16, "how far the thrower leans out, 0 to 8")
    left_pull = Byte(19, "how far the left hand has pulled the climber up; 124 is the whole way")
    right_pull = Byte(21, "how far the right hand has pulled the climber up; 124 is the whole way")
    player_x = Byte(24, "column of the climber, screen x + 8")
    flyer_flip = Byte(33, "bit 3: whether the bird or the helicopter flies to the left")
    flyer_x = Byte(34, "column of the bird or the helicopter, with an offset that depends on its direction")
    lives = Byte(42, "lives left")
    window_layout = ByteArray(
        range(46, 58),
        "which windows a row has: 0 all six, 4 the middle four, 8 two at each side, 12 and 16 the middle two",
    )
    scroll = Byte(58, "how far the windows have moved down, in pixels")
    shot_y = Byte(81, "height of the falling thing, (screen y - 35) / 1.2; 0 for none")
    shot_end = Byte(82, "where the falling thing ends")
    shot_kind = Byte(83, "what falls: 239 yellow pot, 229 blue pot, 219 purple pot, 145 yellow ball")
    enemy_kind = Byte(84, "253 while there is a thrower, 252 while there is a bird")
    shot_x = Byte(85, "column of the falling thing, screen x + 10")
    window_closing = ByteArray(range(95, 103), "how far the closing windows of the rows 2 to 9 are closed, 0 to 8")
    window_pattern = ByteArray(range(108, 116), "which windows of the rows 2 to 9 close")
    lives_copy = Byte(122, "copy of the lives")


crazy_climber = Game(
    "crazy_climber",
    CrazyClimberRam,
    "No FIRE is needed. Up and down, left and right are what the hands do, in turns. There are no modifs.",
)

GREEN, BLUE, PURPLE, YELLOW = (111, 210, 111), (101, 160, 225), (181, 108, 224), (210, 210, 64)
THROWER, BIRD = 253, 252
BIRD_WAITS_X = 39
LOWEST_THROWER = 4  # window row
WHOLE_PULL = 124

COLUMNS_X = (44, 56, 68, 84, 96, 108)
COLUMNS_BY_LAYOUT = {0: range(6), 4: range(1, 5), 8: (0, 1, 4, 5), 12: (2, 3), 16: (2, 3)}
CLOSING_BY_PATTERN: dict[int, tuple[int, ...]] = {
    0: (0, 2, 3, 5),
    2: (1, 4),
    4: (1, 4),
    6: (2, 3),
    8: (0, 5),
    10: (1, 4),
    **dict.fromkeys((12, 14, 16, 18), (2, 3)),
}
POTS: dict[int, tuple[int, int, Colour]] = {239: (0, 6, YELLOW), 229: (1, 6, BLUE), 219: (2, 4, PURPLE)}
BALL = 145


# --- Objects -----------------------------------------------------------------------------------------------------


@crazy_climber.object("Player", colour=GREEN, flickers=True)
def player(ram: CrazyClimberRam) -> Iterator[Box]:
    """The climber, who is drawn in every other frame while something falls past."""
    pulled = WHOLE_PULL in (ram.left_pull, ram.right_pull)
    yield ram.player_x - 8, 158 if pulled else 160, 12, 23 if pulled else 21


@crazy_climber.object("Window", colour=(0, 0, 0), count=72)
def window(ram: CrazyClimberRam) -> Iterator[Box]:
    """The windows as far as they are open, row by row from the top left."""
    closing = (0, 0, *ram.window_closing, 0, 0)
    patterns = (-1, -1, *ram.window_pattern, -1, -1)
    for row, (layout, closed, pattern) in enumerate(zip(ram.window_layout, closing, patterns, strict=True)):
        closes = CLOSING_BY_PATTERN.get(pattern, ())
        for column in COLUMNS_BY_LAYOUT.get(layout, ()):
            shut = closed if column in closes else 0
            yield COLUMNS_X[column], 47 + 13 * row + shut + ram.scroll, 8, 8 - shut


@crazy_climber.object("EnemyRed", colour=(200, 72, 72))
def enemy_red(ram: CrazyClimberRam) -> Iterator[Box]:
    """The one who throws things out of a window."""
    column = ram.enemy_column - 3
    if ram.enemy_kind == THROWER and column in range(6) and ram.enemy_row <= LOWEST_THROWER and ram.enemy_open > 1:
        yield COLUMNS_X[column] + 1, 81 + 13 * ram.enemy_row - ram.enemy_open + ram.scroll, 8, ram.enemy_open


def flies_right(ram: CrazyClimberRam) -> bool:
    """Whether the bird or the helicopter flies to the right."""
    return not ram.flyer_flip & 8


@crazy_climber.object("EnemyBird", colour=(214, 214, 214))
def enemy_bird(ram: CrazyClimberRam) -> Iterator[Box]:
    """The condor, which drops its eggs."""
    if ram.enemy_kind == ram.enemy_column == BIRD and ram.flyer_x != BIRD_WAITS_X:
        yield ram.flyer_x - (9 if flies_right(ram) else 18), 47 + ram.scroll, 15, 12


@crazy_climber.object("Projectile", colour=YELLOW, flickers=True)
def projectile(ram: CrazyClimberRam) -> Iterator[Box]:
    """The pot or ball that falls; beside the climber it is drawn in every other frame."""
    if ram.shot_y:
        y = 35 + int(1.2 * ram.shot_y)
        if ram.shot_kind == BALL:
            yield ram.shot_x - 10, y + 7, 8, 8
        elif ram.shot_kind in POTS:
            left, w, colour = POTS[ram.shot_kind]
            yield ram.shot_x - 10 + left, y, w, 12, colour


@crazy_climber.object("Helicopter", colour=(66, 72, 200))
def helicopter(ram: CrazyClimberRam) -> Iterator[Box]:
    """The helicopter, which waits for the climber on the roof."""
    if ram.helicopter_y > 50:
        yield ram.flyer_x - (9 if flies_right(ram) else 23), ram.helicopter_y + 11, 30, 26


@crazy_climber.object("Life", colour=(72, 160, 72), count=3, hud=True)
def life(ram: CrazyClimberRam) -> Iterator[Box]:
    """The lives, of which three at most are displayed."""
    for i in range(min(ram.lives, 3)):
        yield 58 + 16 * i, 13, 5, 6


@crazy_climber.object("Score", colour=GREEN, hud=True)
def score(ram: CrazyClimberRam) -> Iterator[Box]:
    """The bonus, and the score below it."""
    yield 49, 21, 47, 17
