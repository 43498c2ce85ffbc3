"""Frostbite: the agent leaps from floe to floe to build an igloo and enters it before it freezes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hackatari.game import Box, Game
from hackatari.ram import Byte, ByteArray, Ram, bcd_digits


class FrostbiteRam(Ram):
    """RAM map of Frostbite; rows of floes and creatures count from the bottom."""

    player_direction = Byte(4, "joystick: bit 2 set and bit 3 clear = right, bit 3 set and bit 2 clear = left")
    floe_move = Byte(22, "pixels that the floes move in this frame, set by the game before it moves them; 0 stops them")
    floe_gap = Byte(30, "8 = three whole floes in a row; else six half floes, the distance from 8 tells how far apart")
    floe_x = ByteArray(range(31, 35), "column of a row of floes, 0 to 159; rows move in opposite directions by turns")
    creature_type = ByteArray(
        range(35, 39), "picture of a row's creatures: birds from 18, crabs 34, clams 66, fish 109"
    )
    floe_colour = ByteArray(range(43, 47), "12 = white floes, worth points and a block; 152 = blue, used up")
    text_colour = Byte(71, "place in a colour table of the digits of score, temperature and lives; 0 is lilac")
    score = ByteArray(range(72, 75), "score, BCD, highest digits first")
    lives = Byte(76, "spare lives, 3 after reset")
    igloo_blocks = Byte(77, "blocks of the igloo minus 1, modulo 256: 255 = none, 15 = complete with a door")
    creature_x = ByteArray(range(84, 88), "column of the first creature of a row; 0 while there is none")
    creature_copies = ByteArray(range(88, 92), "0 one creature, 1 two 16 pixels apart, 2 two 32, 3 three 16")
    creature_mask = ByteArray(range(92, 96), "which creatures of a row there are, bit by bit")
    creature_timer = ByteArray(range(96, 100), "where a row's creatures are, or how long until they come")
    player_y = Byte(100, "height of the agent, screen y - 29; 27 on the shore")
    temperature = Byte(101, "degrees left, BCD; one less about every 66 frames, 0 costs a life")
    player_x = Byte(102, "column of the agent, as on the screen; 64 at the start")
    start_timer = Byte(103, "frames until agent and creatures can move: 64 at the start of a level or life")
    bear_x = Byte(104, "column of the bear, screen x - 3; 140 while there is none")
    player_death = Byte(106, "stage of drowning, 26 = gone")
    player_sunk = Byte(107, "pixels that the agent has sunk into the water; 18 and more = gone")


frostbite = Game(
    "frostbite",
    FrostbiteRam,
    "The agent can move 64 frames after the reset; FIRE on a floe makes it drift the other way. Fish can be eaten, all"
    " other creatures are enemies; from level 4 on a bear walks on the shore.",
)

BORDER = 8  # the black columns at the left of the picture hide everything
NO_BEAR = 140
NO_BLOCKS, COMPLETE = 255, 15
HOUSE_TOPS = (51,) * 4 + (47,) * 4 + (43,) * 4 + (39, 39, 35, 35)  # by igloo_blocks
WHITE, USED_UP = 12, 152
FLOE, BLUE_FLOE = (214, 214, 214), (84, 138, 210)  # RGB
COPIES = ((0,), (0, 16), (0, 32), (0, 16, 32))  # by creature_copies
INSIDE_IGLOO = 18


# --- Objects -----------------------------------------------------------------------------------------------------


def right_of_border(x: int, y: int, w: int, h: int) -> tuple[int, int, int, int]:
    """The part of a box that the border does not hide."""
    left = max(x, BORDER)
    return left, y, x + w - left, h


@frostbite.object("Player", colour=(162, 98, 33))
def player(ram: FrostbiteRam) -> Iterator[Box]:
    """The agent with its brown hood; in the water only what is still above it, and not inside the igloo."""
    if ram.player_y >= INSIDE_IGLOO and ram.player_death != 26 and ram.player_sunk < 18:
        yield right_of_border(ram.player_x, ram.player_y + 29 + ram.player_sunk, 8, 18 - ram.player_sunk)


@frostbite.object("Bear", colour=(111, 111, 111))
def bear(ram: FrostbiteRam) -> Iterator[Box]:
    """The bear on the shore."""
    if ram.bear_x != NO_BEAR:
        yield right_of_border(ram.bear_x + 3, 58, 14, 16)


@frostbite.object("House", colour=(142, 142, 142))
def house(ram: FrostbiteRam) -> Iterator[Box]:
    """What is built of the igloo."""
    if ram.igloo_blocks <= COMPLETE:
        top = HOUSE_TOPS[ram.igloo_blocks]
        yield 112, top, 8 * min(ram.igloo_blocks + 1, 4), 55 - top


@frostbite.object("Door", colour=(0, 0, 0))
def door(ram: FrostbiteRam) -> Iterator[Box]:
    """The door of the complete igloo."""
    if ram.igloo_blocks == COMPLETE:
        yield 123, 47, 8, 8


def creatures(ram: FrostbiteRam, kinds: Iterable[int], height: int) -> Iterator[Box]:
    """The creatures with these pictures, bottom row first."""
    for row, (kind, x) in enumerate(zip(ram.creature_type, ram.creature_x, strict=True)):
        if kind in kinds and x < 160:
            for distance in COPIES[ram.creature_copies[row] % 4]:
                yield right_of_border(x + distance, 160 - 26 * row, 8, height)


@frostbite.object("Bird", colour=(132, 144, 252), count=12)
def bird(ram: FrostbiteRam) -> Iterator[Box]:
    """The snow geese."""
    return creatures(ram, (18, 26), 7)


@frostbite.object("Crab", colour=(213, 130, 74), count=12)
def crab(ram: FrostbiteRam) -> Iterator[Box]:
    """The king crabs."""
    return creatures(ram, (*range(34, 39), *range(50, 55)), 7)


@frostbite.object("Clam", colour=(210, 210, 64), count=12)
def clam(ram: FrostbiteRam) -> Iterator[Box]:
    """The clams."""
    return creatures(ram, (*range(66, 71), *range(94, 99)), 7)


@frostbite.object("GreenFish", colour=(111, 210, 111), count=12)
def green_fish(ram: FrostbiteRam) -> Iterator[Box]:
    """The fish, worth 200 points each."""
    return creatures(ram, (*range(109, 114), *range(124, 129)), 6)


@frostbite.object("FloatingBlock", colour=(214, 214, 214), count=24)
def floating_block(ram: FrostbiteRam) -> Iterator[Box]:
    """The whole or half floes, bottom row first; blue when used up."""
    split = abs(ram.floe_gap - 8)
    if split == 0:
        width, shifts = 24, [32 * i - 8 for i in range(3)]
    else:
        width = 16
        outer, inner = -8 - max(0, split - 4), -16 + min(split, 4)
        shifts = [16 * i + (inner if i % 2 else outer) for i in range(6)]
    hidden = width // 2 - 4  # of a floe that is seen at both sides of the picture, the larger part counts
    for row, (x, value) in enumerate(zip(ram.floe_x, ram.floe_colour, strict=True)):
        colour = FLOE if value == WHITE else BLUE_FLOE
        for shift in shifts:
            yield (*right_of_border((x + shift + hidden) % 160 - hidden, 174 - 26 * row, width, 7), colour)


@frostbite.object("Lives", colour=(132, 144, 252), hud=True)
def lives(ram: FrostbiteRam) -> Iterator[Box]:
    """The spare lives."""
    if ram.lives:
        yield 63, 22, 6, 8


@frostbite.object("Temperature", colour=(132, 144, 252), hud=True)
def temperature(ram: FrostbiteRam) -> Iterator[Box]:
    """The degrees left."""
    yield (23, 22, 18, 8) if ram.temperature > 9 else (31, 22, 10, 8)


@frostbite.object("Score", colour=(132, 144, 252), hud=True)
def score(ram: FrostbiteRam) -> Iterator[Box]:
    """The score."""
    digits = bcd_digits(*ram.score) or 1
    yield 71 - 8 * digits, 10, 8 * digits - 2, 8


# --- Modifs: the floes -------------------------------------------------------------------------------------------

for level, columns, shift in (
    ("easy", (80, 80, 80, 80), "all rows exactly one below the other"),
    ("medium", (110, 140, 10, 40), "each row 30 pixels to the right of the row below it"),
    ("hard", (100, 120, 140, 0), "each row 20 pixels to the right of the row below it"),
):
    frostbite.poke(
        f"reposition_floes_{level}",
        "layout",
        f"The floes stand still, {shift}; a row's floes are 32 pixels apart.",
        {FrostbiteRam.floe_move: 0, FrostbiteRam.floe_x: columns},
    )

frostbite.poke(
    "ice_inactive",
    "score",
    "The floes carry the agent as ever, but give neither points nor blocks, as if they were used up; they stay white.",
    {FrostbiteRam.floe_colour: USED_UP},
)


# --- Modifs: the creatures ---------------------------------------------------------------------------------------

frostbite.poke(
    "no_birds",
    "assist",
    "There is nobody in the water: no birds, crabs and clams, but no fish to eat either.",
    {FrostbiteRam.creature_mask: 0},
)

frostbite.poke(
    "few_enemies",
    "dynamics",
    "Two creatures swim in each row, 32 pixels apart, as usual from level 2 on.",
    {FrostbiteRam.creature_mask: 0b101},
)

frostbite.poke(
    "many_enemies",
    "dynamics",
    "Three creatures swim in each row, 16 pixels apart.",
    {FrostbiteRam.creature_mask: 0b1111},
)


# --- Modifs: the igloo -------------------------------------------------------------------------------------------

for name, missing, igloo in (
    ("full_igloo", 0, "a complete igloo, so that the agent can enter it at once"),
    ("one_remaining_igloo", 1, "an igloo that lacks one of its 16 blocks"),
    ("half_igloo", 8, "8 of the igloo's 16 blocks"),
):
    frostbite.poke(
        name,
        "start",
        f"The game starts with {igloo}; later levels start without.",
        {FrostbiteRam.igloo_blocks: COMPLETE - missing},
        at_reset=True,
    )


# --- Modifs: colours ---------------------------------------------------------------------------------------------

for name, index in {"red": 236, "black": 200}.items():
    frostbite.poke(
        f"ui_color_{name}",
        "visual",
        f"The digits of score, temperature and lives are {name}; the game's own colour is lilac.",
        {FrostbiteRam.text_colour: index},
    )
