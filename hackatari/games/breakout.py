"""Breakout: the agent's paddle sends the ball into six rows of bricks, worth 1, 1, 4, 4, 7 and 7 points from below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from hackatari.game import Box, Game
from hackatari.palette import rgb
from hackatari.ram import Byte, ByteArray, Ram


class BreakoutRam(Ram):
    """RAM map of Breakout; arrays run from the bottom row of bricks to the top row."""

    block_bits = ByteArray(range(36), "the bricks: six bytes for each block of columns, two bits for each brick")
    lives = Byte(57, "balls left: 5 after reset, 0 ends the episode")
    player_ball_colour = Byte(62, "colour of paddle, ball and the right wall's lower end; rewritten in every frame")
    left_wall_end_colour = Byte(63, "colour of the left wall's lower end, beside the paddle")
    row_colours = ByteArray(range(64, 70), "colour of a row of bricks; rewritten in every frame")
    paddle_input = Byte(70, "position of the paddle controller; higher is further left")
    player_x = Byte(72, "column of the paddle, screen x + 47; 55 to 191; follows paddle_input smoothly")
    score_hundreds = Byte(76, "hundreds of the score")
    score_tens_ones = Byte(77, "tens and ones of the score, BCD")
    score_display = ByteArray((80, 82, 84), "the score's digits as displayed, times 5")
    lives_display = Byte(86, "the lives as displayed, times 5")
    frame_counter = Byte(90, "counts frames, wraps around at 256")
    ball_x = Byte(99, "column of the ball, screen x + 49; 0 while no ball is in play")
    ball_y = Byte(101, "height of the ball, screen y - 9; about 181 at the paddle, 0 while no ball is in play")
    ball_dy = Byte(103, "vertical speed of the ball in pixels per frame, two's complement, positive is down")
    ball_dx = Byte(105, "horizontal speed of the ball in pixels per frame, two's complement, positive is right")


breakout = Game(
    "breakout",
    BreakoutRam,
    "FIRE launches each of the five balls. Among the bricks the ball takes on the colours of the rows it passes.",
)

ROWS = 6
FIELD_BOTTOM = 196  # the first picture row below the walls
BACKGROUND_COLOUR, PLAYER_COLOUR = 0, 70
ROW_COLOURS = (134, 198, 22, 38, 54, 70)  # from the bottom row to the top row
COLOURS = {"black": 0, "white": 12, "red": 48, "blue": 113, "green": 200}

# Where in block_bits the bricks of a row are, from left to right: block of columns -> lower bit of each brick.
BRICK_BITS = {5: (6,), 4: (6, 4, 2, 0), 3: (0, 2, 4, 6), 2: (4, 6), 1: (6, 4, 2, 0), 0: (0, 2, 4)}
BRICKS = [(block, bit) for block, bits in BRICK_BITS.items() for bit in bits]


# --- Objects -----------------------------------------------------------------------------------------------------


@breakout.object("Player", colour=(200, 72, 72))
def player(ram: BreakoutRam) -> Iterator[Box]:
    """The paddle."""
    yield ram.player_x - 47, 189, 16, 4


@breakout.object("Ball", colour=(200, 72, 72))
def ball(ram: BreakoutRam) -> Iterator[Box]:
    """The ball, while it is in play, cut off at the lower end of the field."""
    top = ram.ball_y + 9
    if ram.ball_y and top < FIELD_BOTTOM:
        yield ram.ball_x - 49, top, 2, min(4, FIELD_BOTTOM - top)


@breakout.object("Block", colour=(66, 72, 200), count=108)
def block(ram: BreakoutRam) -> Iterator[Box]:
    """The bricks that are left, each on its own in its row's usual colour, from the top row to the bottom row."""
    bits = ram.block_bits[:]
    for row in reversed(range(ROWS)):
        for column, (block_of_columns, bit) in enumerate(BRICKS):
            if bits[ROWS * block_of_columns + row] >> bit & 3:
                yield 8 + 8 * column, 87 - 6 * row, 8, 6, rgb(ROW_COLOURS[row])


@breakout.object("PlayerScore", colour=(142, 142, 142), hud=True)
def player_score(ram: BreakoutRam) -> Iterator[Box]:
    """The three digits of the score."""
    yield 36, 5, 44, 10


@breakout.object("Live", colour=(142, 142, 142), hud=True)
def live(ram: BreakoutRam) -> Iterator[Box]:
    """The number of balls left; the digit 1 is narrow."""
    yield (104, 5, 4, 10) if ram.lives == 1 else (100, 5, 12, 10)


@breakout.object("PlayerNumber", colour=(142, 142, 142), hud=True)
def player_number(ram: BreakoutRam) -> Iterator[Box]:
    """The number of the player whose turn it is, always 1."""
    yield 136, 5, 4, 10


# --- Modifs: the ball's motion -----------------------------------------------------------------------------------


def push_sideways(ram: BreakoutRam, pixels: int) -> None:
    """Move the ball to the right, or to the left if negative, unless that takes it out of the field."""
    x = ram.ball_x + pixels
    if ram.ball_y + 9 <= FIELD_BOTTOM and 57 <= x <= 199:
        ram.ball_x = x


@breakout.modif("dynamics", writes=[BreakoutRam.ball_x], every=10)
def right_drift(ram: BreakoutRam) -> None:
    """The ball drifts to the right by 2 extra pixels every 10 frames."""
    push_sideways(ram, 2)


@breakout.modif("dynamics", writes=[BreakoutRam.ball_x], every=10)
def left_drift(ram: BreakoutRam) -> None:
    """The ball drifts to the left by 2 extra pixels every 10 frames."""
    push_sideways(ram, -2)


@breakout.modif("dynamics", writes=[BreakoutRam.ball_y], every=10)
def gravity(ram: BreakoutRam) -> None:
    """The ball drops by 2 extra pixels every 10 frames while it is between the bricks and the paddle."""
    if 90 <= ram.ball_y + 2 <= 165:
        ram.ball_y += 2


@breakout.modif("dynamics", writes=[BreakoutRam.ball_y], every=10)
def inverse_gravity(ram: BreakoutRam) -> None:
    """The ball rises by 2 extra pixels every 10 frames while it is below the upper bricks."""
    if 90 <= ram.ball_y - 2 <= 180:
        ram.ball_y -= 2


# --- Modifs: colours ---------------------------------------------------------------------------------------------

for colour, value in COLOURS.items():
    look = "invisible: black like the background" if value == BACKGROUND_COLOUR else colour
    breakout.poke(
        f"color_player_and_ball_{colour}",
        "visual",
        f"Paddle and ball are {look}, and so is the lower end of the right wall.",
        {BreakoutRam.player_ball_colour: value},
    )
    breakout.poke(
        f"color_all_blocks_{colour}",
        "visual",
        f"All six rows of bricks are {look}.",
        {BreakoutRam.row_colours: value},
    )


@breakout.modif("visual", writes=[BreakoutRam.row_colours])
def strobo_mode_blocks(ram: BreakoutRam, rng: np.random.Generator) -> None:
    """Each row of bricks changes to a random colour in every frame."""
    ram.row_colours[:] = rng.integers(256, size=ROWS).tolist()


@breakout.modif("visual", writes=[BreakoutRam.row_colours])
def strobo_mode_blocks_no_black(ram: BreakoutRam, rng: np.random.Generator) -> None:
    """Each row of bricks changes to a random colour other than black in every frame."""
    ram.row_colours[:] = rng.integers(2, 256, size=ROWS).tolist()  # 1 is black as well


@breakout.modif("visual", writes=[BreakoutRam.player_ball_colour])
def strobo_mode_player_and_ball(ram: BreakoutRam, rng: np.random.Generator) -> None:
    """Paddle and ball change to a random colour in every frame."""
    ram.player_ball_colour = int(rng.integers(256))


@breakout.modif("visual", writes=[BreakoutRam.player_ball_colour])
def strobo_mode_player_and_ball_no_black(ram: BreakoutRam, rng: np.random.Generator) -> None:
    """Paddle and ball change to a random colour other than black in every frame."""
    ram.player_ball_colour = int(rng.integers(2, 256))  # 1 is black as well


@breakout.modif("visual", writes=[BreakoutRam.player_ball_colour])
class SampleNewPlayerAndBallColor:
    """Paddle and ball have one of the six colours of the bricks, drawn anew for each episode.

    One of the six is their usual colour.
    """

    colour = PLAYER_COLOUR

    def reset(self, rng: np.random.Generator) -> None:
        self.colour = int(rng.choice(ROW_COLOURS))

    def frame(self, ram: BreakoutRam) -> None:
        ram.player_ball_colour = self.colour


@breakout.modif("visual", writes=[BreakoutRam.row_colours])
class SampleNewBrickColors:
    """The rows of bricks have swapped their six colours at random, anew for each episode."""

    colours: Sequence[int] = ROW_COLOURS

    def reset(self, rng: np.random.Generator) -> None:
        self.colours = rng.permutation(ROW_COLOURS).tolist()

    def frame(self, ram: BreakoutRam) -> None:
        ram.row_colours[:] = self.colours
