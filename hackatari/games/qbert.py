"""Q*bert: the agent hops over a pyramid of 21 cubes to change the colour of all their tops."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from hackatari.game import Box, Game
from hackatari.palette import rgb
from hackatari.ram import Byte, ByteArray, Ram


class QbertRam(Ram):
    """RAM map of Q*bert."""

    lives = Byte(8, "spare lives, 2 at the start; 255 in the last life, 254 when the game is over")
    cube_colour = ByteArray(
        (21, 52, 54, 83, 85, 87, 98, 100, 102, 104, 1, 3, 5, 7, 9, 32, 34, 36, 38, 40, 42),
        "colour of a cube's top, row by row from the tip",
    )
    falling_y = Byte(33, "height of the player while it falls, screen y + 52")
    player_column = Byte(35, "place of the player in its row")
    coily_row = Byte(39, "row of Coily, the snake; 255 while there is none")
    object_kind = Byte(41, "0 a ball, 7 Coily")
    player_x = Byte(43, "column of the player, screen x + 3")
    jump_phase = Byte(56, "picture of the enemies' jumps")
    falling = Byte(59, "255 while the player falls off the pyramid")
    player_y = Byte(67, "height of the player, about screen y + 7; 17 to 209 while there is one")
    snake_column = Byte(69, "where the red ball or Coily is drawn, as a column of the pyramid")
    coily_column = Byte(71, "column of the cube on which Coily is or to which it jumps")
    enemy_step = Byte(74, "changes when the enemies that come down take a step")
    enemy_column = ByteArray(range(75, 80), "place of the enemy that comes down, in rows 1 to 5; stays when it is gone")
    score = ByteArray((89, 90, 91), "points, BCD, highest two digits first")
    green_ball_event = Byte(103, "17 when a green ball comes")
    sam_event = Byte(105, "6 when Sam comes")
    disk_colour = ByteArray((112, 122), "colour of the left and the right disk; 0 once it has been used")
    purple_ball_state = Byte(119, "0 while there may be a purple ball")


qbert = Game(
    "qbert",
    QbertRam,
    "The game starts after about 160 frames. Balls and Sam have no place of their own in RAM, so they are no objects.",
)

COILY = 7  # object_kind
CUBES_X = (68, 56, 84, 44, 68, 96, 32, 56, 84, 108, 20, 44, 68, 96, 120, 8, 32, 56, 84, 108, 132)
ROWS_Y = (34, 62, 91, 120, 149, 178)
CUBES_Y = tuple(y for row, y in enumerate(ROWS_Y) for _ in range(row + 1))
COLUMNS_X = tuple(accumulate(13 if i <= 1 else 16 if i == 6 else 12 for i in range(12)))  # by snake_column


# --- Objects -----------------------------------------------------------------------------------------------------


@qbert.object("Player", colour=rgb(52))
def player(ram: QbertRam) -> Iterator[Box]:
    """Q*bert, the player, on the pyramid or falling off it."""
    y = ram.player_y
    if ram.falling:
        if ram.falling_y > 52:
            yield ram.player_x - 3, ram.falling_y - 52, 8, 20
    elif 16 < y < 210:
        yield ram.player_x - 3, y - (8 if y < 70 else 7 if y < 100 else 6), 8, 20


@qbert.object("Cube", colour=rgb(150), count=21)
def cube(ram: QbertRam) -> Iterator[Box]:
    """The tops of the cubes in their colours, row by row from the tip."""
    for x, y, colour in zip(CUBES_X, CUBES_Y, ram.cube_colour, strict=True):
        yield x, y, 20, 5, rgb(colour)


# Its colour is another one in every frame, and the picture is a frame behind.
@qbert.object("Disk", colour=rgb(150), count=2, flickers=True)
def disk(ram: QbertRam) -> Iterator[Box]:
    """The flying disks beside the pyramid, left and right, until they have been used."""
    for x, colour in zip((12, 140), ram.disk_colour, strict=True):
        if colour:
            yield x, 138, 8, 2, rgb(colour)


@qbert.object("Coily", colour=rgb(102))
def coily(ram: QbertRam) -> Iterator[Box]:
    """Coily, the purple snake that follows the player."""
    if ram.object_kind == COILY and ram.coily_row < len(ROWS_Y) and ram.snake_column < len(COLUMNS_X):
        yield COLUMNS_X[ram.snake_column], ROWS_Y[ram.coily_row] - 24, 8, 22


def display_on(ram: QbertRam) -> bool:
    """Whether points and lives are displayed: not before the start, nor while the player is as high as they are."""
    return ram.player_y >= 56


@qbert.object("Score", colour=rgb(26), hud=True)
def score(ram: QbertRam) -> Iterator[Box]:
    """The points."""
    if display_on(ram):
        yield 34, 6, 37, 7


@qbert.object("Lives", colour=rgb(26), hud=True)
def lives(ram: QbertRam) -> Iterator[Box]:
    """The spare lives and the one in play, as small figures."""
    if ram.lives < 3 and display_on(ram):
        yield 33, 16, 8 * (ram.lives + 1), 12
