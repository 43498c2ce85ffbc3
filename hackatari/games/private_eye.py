"""Private Eye: the agent drives through a city, looks for clues and stolen things and takes them back."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from hackatari.game import Box, Colour, Game
from hackatari.palette import rgb
from hackatari.ram import Byte, ByteArray, Ram, bcd_digits


class PrivateEyeRam(Ram):
    """RAM map of Private Eye; up to three things are on the screen, in slots 0 to 2."""

    object_y = ByteArray((38, 39, 40), "height of a slot's thing, grows upwards")
    object_kind = ByteArray(
        (41, 42, 43),
        "what a slot holds: 0 nothing, 1 barrier, 2 branch, 3 plant, 4 and 7 bricks, 5 and 6 passage, 8 curtain, "
        "9 hydrant, 10 hole, 11 to 13 pieces, 14 and 15 bird, 16 and 17 rat, 28 thug, 29 thug's head, "
        "30 and 31 suspect or question mark, 32 knife",
    )
    copies = Byte(44, "a second copy of a thing is 16 times this to the right; 0 for none")
    object_x = ByteArray((47, 48, 49), "column of a slot's thing, screen x - 15")
    thug_cut = Byte(51, "rows of the thug that are hidden")
    player_direction = Byte(58, "where the car looks: 49 right, 121 left, 1 and 5 along a passage")
    carried_item = Byte(60, "thing in possession: 0 none, 20 gun, 21 button, ... 27 stamp")
    player_x = Byte(63, "column of the detective")
    clock_minutes = Byte(67, "minutes left, BCD")
    clock_seconds = Byte(69, "seconds left, BCD")
    score = ByteArray((72, 73, 74), "merit points, BCD, highest two digits first")
    player_y = Byte(84, "height of the car; bit 7 is set below the street's level")
    passage_y = Byte(88, "height of the car in a passage")
    room = Byte(92, "section of the city")
    jump_height = Byte(97, "height of a jump, 150 - screen y")


private_eye = Game(
    "private_eye",
    PrivateEyeRam,
    "The reward is the change of the merit points and can be negative. No lives; the game lasts three minutes.",
)

RIGHT, LEFT, ALONG = 49, 121, (1, 5)  # player_direction
COPIED = (3, 4, 7, 11, 12, 13)  # kinds that can be there twice
WINDOW_ROW = 52
BLACK, WHITE = rgb(0), rgb(14)


# --- Objects -----------------------------------------------------------------------------------------------------


@private_eye.object("Player", colour=rgb(74))
def player(ram: PrivateEyeRam) -> Iterator[Box]:
    """The detective, in the colour of its face; the car hides the rest of it unless it jumps."""
    yield ram.player_x, 150 - ram.jump_height, 8, 25 if ram.jump_height else 12


@private_eye.object("Car", colour=BLACK)
def car(ram: PrivateEyeRam) -> Iterator[Box]:
    """The detective's car."""
    y = 163 - ram.player_y // 4 if ram.player_y < 128 else 132 + (ram.player_y - 128) // 4
    if ram.player_direction in ALONG:
        yield ram.player_x, y, 8, 14
    else:
        yield ram.player_x - (9 if ram.player_direction == LEFT else 3), y, 20, 14


def things(ram: PrivateEyeRam, kinds: Collection[int], base: int, w: int, h: int) -> Iterator[Box]:
    """The things of some kinds in slots 0 and 1, and their copies; `base` is the row of height 0."""
    for kind, x, y in list(zip(ram.object_kind, ram.object_x, ram.object_y, strict=True))[:2]:
        if kind in kinds:
            yield x + 15, base - y, w, h
            if ram.copies and kind in COPIED:
                yield x + 15 + 16 * ram.copies, base - y, w, h


@private_eye.object("Barrier", colour=rgb(30), count=2)
def barrier(ram: PrivateEyeRam) -> Iterator[Box]:
    """Barriers on the street."""
    return things(ram, (1,), 165, 8, 18)


@private_eye.object("PottedPlant", colour=rgb(214), count=4)
def potted_plant(ram: PrivateEyeRam) -> Iterator[Box]:
    """Flower pots that fall from windows; they cannot be seen before."""
    return (box for box in things(ram, (3,), 167, 6, 16) if box[1] > WINDOW_ROW)


@private_eye.object("Brick", colour=rgb(68), count=4)
def brick(ram: PrivateEyeRam) -> Iterator[Box]:
    """Bricks that fall from walls."""
    return things(ram, (4,), 179, 6, 4)


@private_eye.object("Mud", colour=BLACK, count=2)
def mud(ram: PrivateEyeRam) -> Iterator[Box]:
    """Holes in the street."""
    return things(ram, (10,), 179, 8, 4)


@private_eye.object("ShatteredObject", colour=BLACK, count=4)
def shattered_object(ram: PrivateEyeRam) -> Iterator[Box]:
    """Pieces of pots and bricks on the street."""
    return things(ram, (11, 12, 13), 179, 8, 4)


@private_eye.object("Dove", colour=WHITE, count=2)
def dove(ram: PrivateEyeRam) -> Iterator[Box]:
    """Birds."""
    return things(ram, (14, 15), 177, 8, 6)


@private_eye.object("Lizard", colour=rgb(26), count=2)
def lizard(ram: PrivateEyeRam) -> Iterator[Box]:
    """Rats."""
    return things(ram, (16, 17), 179, 8, 4)


@private_eye.object("BadguyHead", colour=rgb(130), count=2)
def badguy_head(ram: PrivateEyeRam) -> Iterator[Box]:
    """The head of a thug in a hole."""
    return things(ram, (29,), 177, 8, 7)


@private_eye.object("Knife", colour=BLACK, count=2)
def knife(ram: PrivateEyeRam) -> Iterator[Box]:
    """Knives that are thrown at the detective."""
    return things(ram, (32,), 179, 8, 4)


@private_eye.object("Passage", colour=rgb(98))
def passage(ram: PrivateEyeRam) -> Iterator[Box]:
    """A passage away from the street."""
    if ram.object_kind[0] in (5, 6):
        yield 16 + ram.object_x[0], 161 - ram.object_y[0], 32, 22


@private_eye.object("Badguy", colour=rgb(128))
def badguy(ram: PrivateEyeRam) -> Iterator[Box]:
    """A thug at a window."""
    if ram.object_kind[1] == 28:
        yield 15 + ram.object_x[1], 169 - ram.object_y[1] + ram.thug_cut, 8, 14 - ram.thug_cut


@private_eye.object("Clue", colour=WHITE)
def clue(ram: PrivateEyeRam) -> Iterator[Box]:
    """A suspect or a question mark at a window."""
    if ram.object_kind[2] in (30, 31):
        yield 15 + ram.object_x[2], 169 - ram.object_y[2], 8, 14


def declare_item(name: str, kind: int, colour: Colour, y: int, what: str) -> None:
    """Declare a thing that is shown in the picture's upper right while the detective has it."""

    @private_eye.object(name, colour=colour, doc=f"The {what}, while the detective has it.")
    def find(ram: PrivateEyeRam) -> Iterator[Box]:
        if ram.carried_item == kind:
            yield 140, y, 8, 45 - y


for _name, _kind, _colour, _y, _what in (
    ("Gun", 20, BLACK, 37, "gun"),
    ("Button", 21, rgb(30), 36, "button"),
    ("Comb", 22, BLACK, 30, "comb"),
    ("ShoeSole", 23, BLACK, 34, "sole of a shoe"),
    ("MoneyBag", 24, WHITE, 34, "bag of money"),
    ("Vase", 25, rgb(78), 31, "vase"),
    ("Necklace", 26, rgb(30), 34, "necklace"),
    ("Stamp", 27, rgb(190), 31, "stamp"),
):
    declare_item(_name, _kind, _colour, _y, _what)


@private_eye.object("Score", colour=WHITE, hud=True)
def score(ram: PrivateEyeRam) -> Iterator[Box]:
    """The merit points."""
    digits = bcd_digits(*ram.score) or 1
    yield 107 - 8 * digits, 8, 8 * digits - 2, 8


@private_eye.object("Clock", colour=WHITE, hud=True)
def clock(ram: PrivateEyeRam) -> Iterator[Box]:
    """The time left."""
    yield 67, 19, 30, 8
