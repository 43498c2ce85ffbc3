"""Bowling: ten frames of up to two throws each; the agent aims the ball before the throw and can curve it once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise

from hackatari.game import Box, Game
from hackatari.ram import Byte, ByteArray, Ram


class BowlingRam(Ram):
    """RAM map of Bowling; heights grow upwards."""

    throw_state = Byte(13, "0 the player waits, 1 to 4 it runs up and releases, 5 the ball rolls, 6 it comes back")
    throw_number = Byte(18, "0 for the first and 1 for the second throw of a frame")
    player_x = Byte(
        29, "column of the player, screen x - 8: 8 while it waits, 12 to 24 in a throw; rewritten each frame"
    )
    ball_x = Byte(30, "column of the ball, screen x - 7: 15 while the player waits; rewritten by the game")
    score_low = Byte(33, "tens and ones of the score, BCD")
    frame_number = Byte(36, "frame of the game, BCD: 1 to 9, 16 for the tenth, 17 when the game is over")
    score_hundreds = Byte(38, "hundreds of the score, BCD")
    player_y = Byte(40, "height of the player, (141 - screen y) / 2; 1 to 28")
    ball_y = Byte(41, "height of the ball, (163 - screen y) / 2")
    player_sprite = Byte(42, "picture of the player: 184 while it waits")
    pins_y = ByteArray(range(47, 57), "height of a pin, (169 - screen y) / 2; the head pin is the first")
    pins_x = ByteArray(range(57, 67), "place of a pin across the rack, (135 - screen x) / 2; 254 or 255 if it is down")
    pins_hit = ByteArray(range(67, 77), "not 0 for a pin that falls, 255 once it counts; 0 again for the next throw")
    pin_picture = ByteArray(
        range(90, 124),
        "the pins as they are drawn and hit, bottom row first, 2 pixels a row; bit 0 is the rightmost column",
    )


bowling = Game(
    "bowling",
    BowlingRam,
    "FIRE starts a throw; without it nothing ever happens. UP and DOWN aim, and curve the rolling ball. A frame's "
    "points come after its last throw; there are no lives.",
)

RUN_UP, BALL_ROLLS = 2, 5  # throw_state
PLAYER_WAITS = 184  # player_sprite
UP, DOWN = 8, 255  # pins_x is below UP while a pin stands or flies
TOP = 32  # the highest pins_y
RACK = slice(7, 28)  # where a full rack is in pin_picture
RACK_ROWS = (2, 8, 34, 136)  # the bytes that it consists of


# --- Objects -----------------------------------------------------------------------------------------------------


@bowling.object("Player", colour=(84, 92, 214))
def player(ram: BowlingRam) -> Iterator[Box]:
    """The bowler."""
    yield ram.player_x + 8, 141 - 2 * ram.player_y, 8, 32


@bowling.object("Ball", colour=(45, 50, 184))
def ball(ram: BowlingRam) -> Iterator[Box]:
    """The ball."""
    yield ram.ball_x + 7, 163 - 2 * ram.ball_y, 4, 10


@bowling.object("Pin", colour=(45, 50, 184), count=10)
def pin(ram: BowlingRam) -> Iterator[Box]:
    """The pins that stand or fly, the head pin first."""
    for x, y in zip(ram.pins_x, ram.pins_y, strict=True):
        if x < UP:
            yield 135 - 2 * x, 169 - 2 * y, 2, 4


@bowling.object("PlayerScore", colour=(84, 92, 214), hud=True)
def player_score(ram: BowlingRam) -> Iterator[Box]:
    """The points, at least two digits; a leading 1 is narrow."""
    points = 256 * ram.score_hundreds + ram.score_low
    left, leading = (16, points >> 8) if points >= 0x200 else (24, 0) if points >= 0x100 else (32, points >> 4)
    left += 8 if leading == 1 else 0
    yield left, 19, 60 - left, 15


@bowling.object("PlayerRound", colour=(45, 50, 184), hud=True)
def player_round(ram: BowlingRam) -> Iterator[Box]:
    """The number of the frame; the digit 1 is narrow."""
    left = 40 if ram.frame_number == 1 else 32 if ram.frame_number < 10 else 24
    yield left, 7, 44 - left, 10


@bowling.object("Player2Round", colour=(45, 50, 184), hud=True)
def player2_round(ram: BowlingRam) -> Iterator[Box]:
    """The number of the second player's frame, always 1."""
    yield 120, 7, 4, 10


# --- Modifs: fewer pins ------------------------------------------------------------------------------------------


def draw_pins(ram: BowlingRam, lying: bool = False) -> None:
    """Draw the pins that are up anew: 2 pixels wide and 4 high, or 4 wide and 2 high."""
    rows = [0] * len(ram.pin_picture)
    for x, y in zip(ram.pins_x, ram.pins_y, strict=True):
        if x < UP:
            rows[y] |= (3 if lying else 2) << x >> 1
            if not lying:
                rows[y + 1] |= 1 << x
    ram.pin_picture[:] = rows


def declare_rack(name: str, doc: str, standing: Collection[int]) -> None:
    """Declare a modif that leaves only these pins in a rack; the others never count."""
    removed = [pin for pin in range(10) if pin not in standing]

    @bowling.modif("layout", writes=[BowlingRam.pins_x, BowlingRam.pin_picture], name=name, doc=doc)
    def remove(ram: BowlingRam) -> None:
        if ram.pins_x[removed[0]] != DOWN and ram.throw_state < BALL_ROLLS:  # a new rack
            for pin in removed:
                ram.pins_x[pin] = DOWN
            draw_pins(ram)


for name, pins, standing in (
    ("top_pins", "two topmost pins", (3, 6)),
    ("middle_pins", "head pin and the pin behind it in the middle", (0, 4)),
    ("bottom_pins", "two lowest pins", (5, 9)),
    ("top_bottom_pins", "two topmost and the two lowest pins", (3, 5, 6, 9)),
):
    declare_rack(name, f"Only the {pins} stand; all others are missing and give no points.", standing)


# --- Modifs: the pins' shape and motion --------------------------------------------------------------------------


@bowling.modif("dynamics", writes=[BowlingRam.pin_picture])
def horizontal_pins(ram: BowlingRam) -> None:
    """The pins lie: they are 4 pixels wide and 2 high instead of 2 wide and 4 high, and the ball hits them as such."""
    if not RUN_UP <= ram.throw_state <= BALL_ROLLS:
        draw_pins(ram, lying=True)


@bowling.modif("dynamics", writes=[BowlingRam.pin_picture[RACK]])
def small_pins(ram: BowlingRam) -> None:
    """The pins are half as high as usual, 2 by 2 pixels, and so harder to hit."""
    rows = ram.pin_picture[RACK]
    for row, (bits, above) in enumerate(pairwise(rows)):
        if bits == above and bits in RACK_ROWS:
            ram.pin_picture[RACK.start + row + 1] = 0


@bowling.modif("dynamics", writes=[BowlingRam.pins_y, BowlingRam.pin_picture])
class MovingPins:
    """The pins drift together across the lane, down and up, by 2 pixels every 64 frames; they turn at its borders."""

    frames = 0
    step = -1

    def frame(self, ram: BowlingRam) -> None:
        if self.frames % 64 == 0 and self.frames > 0:
            self.shift(ram)
            draw_pins(ram)
        elif ram.throw_state < RUN_UP:
            draw_pins(ram)  # the game puts a new rack on top
        self.frames += 1

    def shift(self, ram: BowlingRam) -> None:
        """Move the pins that are up, and turn at the borders."""
        pins = list(zip(ram.pins_x, ram.pins_y, ram.pins_hit, strict=True))
        standing = [y for x, y, hit in pins if x < UP and not hit]
        if standing and (min(standing) == 0 if self.step < 0 else max(standing) >= TOP):
            self.step = -self.step
        ram.pins_y[:] = [min(max(y + self.step, 0), TOP) if x < UP else y for x, y, _ in pins]


# --- Modifs: the player ------------------------------------------------------------------------------------------


@bowling.modif("visual", writes=[BowlingRam.player_x, BowlingRam.ball_x])
def shift_player(ram: BowlingRam) -> None:
    """The waiting player and the ball are drawn 12 pixels further right; a throw still starts at the usual place.

    The RAM, and with it the object list, keeps their usual columns.
    """
    if ram.player_sprite == PLAYER_WAITS and any(x != DOWN for x in ram.pins_x):
        ram.player_x, ram.ball_x = 20, 27
