"""Skiing: the agent skis down a slalom of 20 gates; the return is minus the time in hundredths of a second."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hackatari.game import Box, Game
from hackatari.palette import rgb
from hackatari.ram import Byte, ByteArray, Ram


class SkiingRam(Ram):
    """RAM map of Skiing.

    What stands on the slope is in eight slots, the uppermost object first; new ones come in at the last slot, when
    the others move down by one.
    """

    frame_counter = Byte(0, "counts frames, wraps around at 256; 83 after reset")
    speed = ByteArray((14, 20), "speed of the way down")
    orientation = Byte(15, "where the skier faces: 8 is down, LEFT lowers it to 0, RIGHT raises it to 15")
    game_state = Byte(17, "0 in the race, 255 at its end")
    player_x = Byte(25, "column of the skier, 76 at the start")
    player_y = Byte(26, "height of the skier, screen y + 80, always 120")
    slot_picture = ByteArray(range(30, 38), "picture of the object")
    slot_size = ByteArray(range(38, 46), "width and fine position of the object's picture")
    slot_colours = ByteArray(range(46, 54), "colour table of the object: 126 tree, 157 mogul, 111 gate")
    slot_height = ByteArray(
        range(54, 62), "rows of the object plus 1, counts down as it leaves: trees 31, moguls 7, gates 15"
    )
    slot_x = ByteArray(range(62, 70), "column of the object; a gate's right flag is 32 pixels further right")
    slot_kind = ByteArray(range(70, 78), "kind of the object: 2 gate, 5 mogul, 85 tree")
    slot_variant = ByteArray(range(78, 86), "colour of the object: gates 0 blue, 4 red; trees 2, 3, 6, 7; moguls 1, 5")
    slot_y = ByteArray(range(86, 94), "height of the object, 178 - screen y; grows as it moves up")
    minutes = Byte(104, "minutes of the race, BCD")
    seconds = Byte(105, "seconds, BCD")
    hundredths = Byte(106, "hundredths of a second, BCD")
    gates_left = Byte(107, "gates to pass, BCD; missed ones do not count down")


skiing = Game(
    "skiing",
    SkiingRam,
    "The race starts at once; the actions are NOOP, RIGHT and LEFT. It ends at the last gate, which is red. A missed "
    "gate costs five seconds, added at the end.",
)

GATE, MOGUL, TREE = 2, 5, 85
BLUE_GATE, RED_GATE, LIGHT_TREE = 0, 4, 6
TREE_ROWS, MOGUL_ROWS, GATE_ROWS = 31, 7, 15  # slot_height of objects that are wholly visible
NEWEST = 7
RACE_OVER = 255
LEFTMOST_GATE, RIGHTMOST_GATE = 7, 113
SLOPE_ROWS, SLOPE_COLUMNS = (32, 178), (8, 152)
TREE_COLOURS = {2: rgb(214), 3: rgb(212), 6: rgb(218), 7: rgb(198)}
FLAG_COLOURS = {BLUE_GATE: rgb(134), RED_GATE: rgb(68)}
MOGUL_COLOURS = {1: rgb(12), 5: rgb(10)}


# --- Objects -----------------------------------------------------------------------------------------------------


@skiing.object("Player", colour=rgb(72))
def player(ram: SkiingRam) -> Iterator[Box]:
    """The skier."""
    yield ram.player_x, ram.player_y - 80, 10, 18


@skiing.object("Flag", colour=FLAG_COLOURS[BLUE_GATE], count=8)
def flag(ram: SkiingRam) -> Iterator[Box]:
    """The flags of the gates, left and right one in turn; those of the last gate are red."""
    for x, top, rows, variant in slots(ram, GATE):
        left = x + 4 if variant == RED_GATE else x + 1  # red flags fly to the right
        for column in (left, left + 32):
            yield from on_slope(column, top, 5, rows, FLAG_COLOURS[variant])


@skiing.object("Mogul", colour=MOGUL_COLOURS[1], count=4)
def mogul(ram: SkiingRam) -> Iterator[Box]:
    """The moguls, of two shades of grey, over which the skier jumps."""
    for x, top, rows, variant in slots(ram, MOGUL):
        yield from on_slope(x + 2, top, 16, rows, MOGUL_COLOURS[variant])


@skiing.object("Tree", colour=TREE_COLOURS[2], count=6)
def tree(ram: SkiingRam) -> Iterator[Box]:
    """The trees, of four shades of green, at which the skier falls."""
    for x, top, rows, variant in slots(ram, TREE):
        yield from on_slope(x - 3, top, 16, rows, TREE_COLOURS[variant])


@skiing.object("Score", colour=rgb(0), hud=True)
def score(ram: SkiingRam) -> Iterator[Box]:
    """The number of gates left."""
    wider = 8 if ram.gates_left > 9 else 0
    yield 75 - wider, 6, 6 + wider, 7


@skiing.object("Clock", colour=rgb(0), hud=True)
def clock(ram: SkiingRam) -> Iterator[Box]:
    """The time of the race."""
    yield 59, 16, 38, 7


def slots(ram: SkiingRam, kind: int) -> Iterator[tuple[int, int, int, int]]:
    """Column, upper row, rows and colour variant of the objects of a kind."""
    for i, there in enumerate(ram.slot_kind):
        if there == kind and 1 < ram.slot_height[i] < 255:
            yield ram.slot_x[i], 182 - ram.slot_y[i], ram.slot_height[i] - 1, ram.slot_variant[i]


def on_slope(x: int, y: int, w: int, h: int, colour: tuple[int, int, int]) -> Iterator[Box]:
    """The part of a box that is on the slope; columns wrap around."""
    if x >= SLOPE_COLUMNS[1]:
        x -= 160
    left, right = max(x, SLOPE_COLUMNS[0]), min(x + w, SLOPE_COLUMNS[1])
    top, bottom = max(y, SLOPE_ROWS[0]), min(y + h, SLOPE_ROWS[1])
    if left < right and top < bottom:
        yield left, top, right - left, bottom - top, colour


# --- Modifs ------------------------------------------------------------------------------------------------------


SLOT_KIND_BYTES = [
    SkiingRam.slot_picture,
    SkiingRam.slot_size,
    SkiingRam.slot_colours,
    SkiingRam.slot_height,
    SkiingRam.slot_kind,
    SkiingRam.slot_variant,
]


def replace(
    ram: SkiingRam, slot: int, *, picture: int, size: int, colours: int, height: int, kind: int, variant: int
) -> None:
    """Make the object of a slot another one, in the same place."""
    for field, value in zip(SLOT_KIND_BYTES, (picture, size, colours, height, kind, variant), strict=True):
        ram[field.addresses[slot]] = value


class Arrivals:
    """Tells when a new object has come in at the last slot: its height is below that of the object before."""

    last_y = 0

    def new_object(self, ram: SkiingRam) -> bool:
        """Whether there is a new object since the frame before."""
        y = ram.slot_y[NEWEST]
        new = y < self.last_y
        self.last_y = y
        return new


@skiing.modif("visual", writes=[SkiingRam.slot_variant])
class InvertFlags(Arrivals):
    """The gates have red flags and the last gate has blue ones."""

    def reset(self, ram: SkiingRam) -> None:
        for i, kind in enumerate(ram.slot_kind):
            if kind == GATE:
                ram.slot_variant[i] = RED_GATE

    def frame(self, ram: SkiingRam) -> None:
        if self.new_object(ram) and ram.slot_kind[NEWEST] == GATE:
            ram.slot_variant[NEWEST] = BLUE_GATE if ram.slot_variant[NEWEST] == RED_GATE else RED_GATE


@skiing.modif(
    "layout",
    writes=[*SLOT_KIND_BYTES, SkiingRam.slot_y],
)
class MogulsToTrees(Arrivals):
    """Light green trees stand where the moguls were, at which the skier falls.

    The course becomes longer by about a third, since trees take more room than moguls.
    """

    def reset(self, ram: SkiingRam) -> None:
        for i, (kind, rows) in enumerate(zip(ram.slot_kind, ram.slot_height, strict=True)):
            if kind == MOGUL and rows == MOGUL_ROWS:
                plant_tree(ram, i)
                ram.slot_y[: i + 1] = [y + TREE_ROWS - MOGUL_ROWS for y in ram.slot_y[: i + 1]]  # make room below

    def frame(self, ram: SkiingRam) -> None:
        if self.new_object(ram) and ram.slot_kind[NEWEST] == MOGUL:
            plant_tree(ram, NEWEST)


def plant_tree(ram: SkiingRam, slot: int) -> None:
    """Make the object of a slot a light green tree."""
    replace(ram, slot, picture=60, size=133, colours=126, height=TREE_ROWS, kind=TREE, variant=LIGHT_TREE)


@skiing.modif("dynamics", writes=[SkiingRam.slot_x])
def moving_flags(ram: SkiingRam) -> None:
    """The gates move to the right for 128 frames and to the left for the next 128, by a pixel every 4 frames."""
    frame = ram.frame_counter
    if frame % 4 == 0 and ram.game_state != RACE_OVER:
        step = 1 if frame < 128 else -1
        for i, kind in enumerate(ram.slot_kind):
            if kind == GATE:
                ram.slot_x[i] = min(ram.slot_x[i] + step, 127)


@skiing.modif(
    "layout",
    writes=[*SLOT_KIND_BYTES, SkiingRam.slot_x, SkiingRam.gates_left],
)
class FlagFlurry:
    """There are 40 gates: every gate is soon followed by another one, at most 25 pixels to its left or right.

    The additional gates stand where trees would.
    """

    last_gate_seen = False

    def reset(self, ram: SkiingRam, rng: np.random.Generator) -> None:
        ram.gates_left = 0x40
        for i, kind in enumerate(list(ram.slot_kind)[:-2]):
            if kind == GATE:
                add_gate(ram, i + 2, near_x=ram.slot_x[i], rng=rng)

    def frame(self, ram: SkiingRam, rng: np.random.Generator) -> None:
        kinds = ram.slot_kind
        if kinds[NEWEST - 2] != GATE or kinds[NEWEST] == GATE or ram.game_state == RACE_OVER:
            return
        if ram.slot_variant[NEWEST - 2] == RED_GATE:
            self.last_gate_seen = True
        if not self.last_gate_seen:
            add_gate(ram, NEWEST, near_x=ram.slot_x[NEWEST - 2], rng=rng)


def add_gate(ram: SkiingRam, slot: int, near_x: int, rng: np.random.Generator) -> None:
    """Make the object of a slot a blue gate near a column."""
    replace(ram, slot, picture=160, size=2, colours=111, height=GATE_ROWS, kind=GATE, variant=BLUE_GATE)
    left = min(max(LEFTMOST_GATE, near_x - 25), RIGHTMOST_GATE)
    ram.slot_x[slot] = int(rng.integers(left, min(near_x + 25, RIGHTMOST_GATE + 1)))


@skiing.modif("layout", writes=[SkiingRam.slot_x])
class RandomFlags(Arrivals):
    """Every gate stands in a random column."""

    def reset(self, ram: SkiingRam, rng: np.random.Generator) -> None:
        for i, kind in enumerate(ram.slot_kind):
            if kind == GATE:
                ram.slot_x[i] = random_column(rng)

    def frame(self, ram: SkiingRam, rng: np.random.Generator) -> None:
        if self.new_object(ram) and ram.slot_kind[NEWEST] == GATE:
            ram.slot_x[NEWEST] = random_column(rng)


def random_column(rng: np.random.Generator) -> int:
    """Return a column for a gate."""
    return int(rng.integers(LEFTMOST_GATE, RIGHTMOST_GATE + 1))
