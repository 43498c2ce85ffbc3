"""Gopher: the farmer protects three carrots from a gopher that digs up to them through three layers of earth."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Game
from hackatari.ram import Byte, ByteArray, Ram, bcd_digits


class GopherRam(Ram):
    """RAM map of Gopher."""

    ground_top = ByteArray(range(0, 6), "picture of the top layer of earth; set bits are dug out")
    ground_middle = ByteArray(range(6, 12), "picture of the middle layer of earth")
    ground_bottom = ByteArray(range(12, 18), "picture of the bottom layer of earth")
    bird_x = Byte(28, "column of the bird, screen x + 12; 147 and more = none")
    player_x = Byte(31, "column of the farmer, screen x + 10")
    gopher_x = Byte(41, "column of the gopher, screen x + 2 when it runs, screen x + 3 when it rises")
    score = ByteArray(range(48, 51), "score, BCD, highest digits first")
    carrots = Byte(52, "bits 0 to 2: carrots left, bit 0 is the right one; they are the lives")
    gopher_rise = Byte(85, "height of the gopher: to 5 below the ground, 35 above it, between them it rises")


gopher = Game("gopher", GopherRam, "FIRE fills a hole or hits the gopher. The carrots are the lives.")

NO_BIRD = 147
BELOW, ABOVE = 5, 35  # gopher_rise

# Left column of each hole and the bits (byte of a layer, mask) that are set where it has been dug.
HOLES = (
    (12, ((0, 0x80), (1, 0x80))),
    (28, ((1, 0x18),)),
    (44, ((1, 0x01), (2, 0x01))),
    (108, ((4, 0x18),)),
    (124, ((4, 0x01), (5, 0x01))),
    (140, ((5, 0x18),)),
)


# --- Objects -----------------------------------------------------------------------------------------------------


@gopher.object("Player", colour=(84, 92, 214))
def player(ram: GopherRam) -> Iterator[Box]:
    """The farmer; the colour is that of the trousers."""
    yield ram.player_x - 10, 96, 13, 50


@gopher.object("Gopher", colour=(72, 44, 0))
def gopher_itself(ram: GopherRam) -> Iterator[Box]:
    """The gopher, in its tunnel, in a hole or above the ground."""
    rise = ram.gopher_rise
    if BELOW < rise < ABOVE:
        yield ram.gopher_x - 3, 184 - rise, 7, 23
    else:
        yield ram.gopher_x - 2, 149 if rise == ABOVE else 184, 14, 10


@gopher.object("Carrot", colour=(162, 98, 33), count=3)
def carrot(ram: GopherRam) -> Iterator[Box]:
    """The carrots that are left, from the right."""
    for i in range(3):
        if ram.carrots >> i & 1:
            yield 92 - 16 * i, 151, 8, 27


@gopher.object("Hole", colour=(223, 183, 85), count=6)
def hole(ram: GopherRam) -> Iterator[Box]:
    """The holes, as high as they have been dug."""
    for x, bits in HOLES:
        top = 183
        for y, layer in ((176, ram.ground_bottom), (169, ram.ground_middle), (161, ram.ground_top)):
            if all(layer[byte] & mask == mask for byte, mask in bits):
                top = y
        if top < 183:
            yield x, top, 8, 183 - top


@gopher.object("Floor", colour=(223, 183, 85))
def floor(ram: GopherRam) -> Iterator[Box]:
    """The tunnel that the gopher runs in."""
    yield 0, 183, 160, 12


@gopher.object("Bird", colour=(45, 50, 184))
def bird(ram: GopherRam) -> Iterator[Box]:
    """The bird, which brings a new carrot's seed."""
    if ram.bird_x < NO_BIRD:
        yield ram.bird_x - 12, 30, 15, 18


@gopher.object("Score", colour=(195, 144, 61), hud=True)
def score(ram: GopherRam) -> Iterator[Box]:
    """The score."""
    digits = bcd_digits(*ram.score) or 1
    yield 106 - 8 * digits, 10, 8 * digits - 3, 9
