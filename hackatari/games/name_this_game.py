"""Name This Game: a diver guards a treasure from a shark and from the tentacles of a growing octopus."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Game
from hackatari.ram import Byte, ByteArray, Ram


class NameThisGameRam(Ram):
    """RAM map of Name This Game."""

    tentacle_cells = ByteArray(
        range(50), "bit map of the tentacles: ten rows, lowest first, of each of the five blocks of columns"
    )
    shot_y = Byte(50, "height of the diver's shot; 0 while there is none")
    shot_x = Byte(51, "column of the diver's shot, screen x + 2")
    shark_row = ByteArray(range(53, 60), "not 0 in the row of the shark, lowest first; all 0 when it is at the diver")
    shark_x = Byte(60, "column of the shark, screen x + 1")
    orientation = Byte(61, "directions; bit 7: the diver looks to the right")
    game_state = Byte(65, "1 to 5 title, 7 to 9 a wave starts, 10 play, 11 to 16 life lost, 18 to 26 out of oxygen")
    score = ByteArray(range(68, 71), "score, BCD, highest digits first")
    treasure = Byte(71, "chests left, which are the lives: 3 after reset, 0 ends the episode")
    tentacle_speed_mask = Byte(73, "mask of the frames in which tentacles grow: 127 after reset; smaller is faster")
    diver_x = Byte(99, "column of the diver, screen x + 1")
    boat_x = Byte(100, "column of the boat, screen x + 1")
    oxygen_outer = Byte(112, "first half of the oxygen, a bit every 256 frames: 255, 127, 63, ... 0")
    oxygen_inner = Byte(113, "second half of the oxygen: 255, 254, 252, ... 0, which costs a life")
    wave_timer_outer = Byte(114, "first half of the time left in the wave, a bit every 256 frames: 255, 127, ... 0")
    wave_timer_inner = Byte(115, "second half of the time left: 255, 254, 252, ... 0, then the next wave comes")
    pipe_position = Byte(116, "where the boat stops to let down the air pipe")
    pipe_timer = Byte(117, "frames for which the air pipe still hangs in the water, from 95; 0 while there is none")


name_this_game = Game(
    "name_this_game",
    NameThisGameRam,
    "The title waits for FIRE, which it takes from frame 385 on; 36 frames later play starts. After each of the three "
    "lives but the last, the game waits for FIRE again.",
)

PLAY = 10
FULL = 255, 255  # both halves of the oxygen or of the time
# Tentacle cells by block of columns: the left column, and the bits of the columns from left to right.
BLOCK_X = (16, 48, 80, 96, 128)
RISING, FALLING = tuple(1 << i for i in range(8)), tuple(128 >> i for i in range(8))
BLOCK_BITS = (FALLING, RISING, RISING[4:], FALLING, RISING)
# The left half of the octopus from row 29 down, a bit for every 4 pixels from column 16; the right half mirrors it.
OCTOPUS = bytes.fromhex(
    "0301 0301 0783 0783 0483 0cc3 0cc3 0847 0847 1867 1865 1027 1025 1027 1027 3027 3337 "
    "2337 2797 2797 2795 2496 2497 2497 6493 6cdb 4cdb 485f 487f 487f 487f 487e 487e"
)
TOP_SEGMENT = 64  # bit of a column in a block's row below the octopus


# --- Objects -----------------------------------------------------------------------------------------------------


@name_this_game.object("Player", colour=(92, 186, 92))
def player(ram: NameThisGameRam) -> Iterator[Box]:
    """The diver; he lies on the ground when the shark has got him."""
    if any(ram.shark_row):
        yield ram.diver_x - 1, 139, 16, 13
    else:
        yield ram.diver_x + 3, 147, 11, 11


@name_this_game.object("OxygenBoat", colour=(184, 70, 162))
def oxygen_boat(ram: NameThisGameRam) -> Iterator[Box]:
    """The boat that brings oxygen."""
    yield ram.boat_x - 1, 9, 16, 14


@name_this_game.object("OxygenPipe", colour=(170, 170, 170))
def oxygen_pipe(ram: NameThisGameRam) -> Iterator[Box]:
    """The air pipe that hangs down from the boat now and then."""
    if ram.pipe_timer:
        yield ram.boat_x + 6, 23, 1, 123


@name_this_game.object("Shark", colour=(170, 170, 170))
def shark(ram: NameThisGameRam) -> Iterator[Box]:
    """The shark, until it has got the diver."""
    for row, here in enumerate(reversed(ram.shark_row[:])):
        if here:
            yield ram.shark_x - 1, 35 + 14 * row, 16, 12


@name_this_game.object("Octopus", colour=(0, 0, 0))
def octopus(ram: NameThisGameRam) -> Iterator[Box]:
    """The octopus without what has grown from its tentacles."""
    yield 20, 29, 120, 33


@name_this_game.object("Treasure", colour=(195, 144, 61))
def treasure(ram: NameThisGameRam) -> Iterator[Box]:
    """What is left of the treasure, one box for all chests."""
    boxes = {1: (78, 167, 4, 2), 2: (74, 165, 10, 4), 3: (72, 163, 16, 6)}
    if ram.treasure % 4:
        yield boxes[ram.treasure % 4]


@name_this_game.object("Shot", colour=(170, 170, 170))
def shot(ram: NameThisGameRam) -> Iterator[Box]:
    """The diver's shot, but for the places where the octopus hides it."""
    height = ram.shot_y
    if 0 < height < 89:  # at 89 it is not yet drawn
        x, y = ram.shot_x - 2, height + 31 + height // 16 if height < 30 else 66 + 7 * (height - 32) // 6
        if not is_behind_octopus(x, y):
            yield x, y, 1, 2


@name_this_game.object("Tentacle", colour=(0, 0, 0), count=360)
def tentacle(ram: NameThisGameRam) -> Iterator[Box]:
    """The cells into which the tentacles have grown, block by block from the left, each from the bottom."""
    cells = ram.tentacle_cells[:]
    for block, bits in enumerate(BLOCK_BITS):
        for row in range(10):
            cell = cells[10 * block + row]
            if cell:
                for column, bit in enumerate(bits):
                    if cell & bit:
                        yield BLOCK_X[block] + 4 * column, 126 - 7 * row, 4, 6


@name_this_game.object("Score", colour=(236, 236, 236), hud=True)
def score(ram: NameThisGameRam) -> Iterator[Box]:
    """The score, which takes the place of the maker's name when the game starts."""
    if ram.game_state > 6:
        wider = 8 * (len(f"{int(bytes(ram.score).hex())}") - 1)
        yield 97 - wider, 181, 5 + wider, 8


@name_this_game.object("Timer", colour=(50, 132, 50), hud=True)
def timer(ram: NameThisGameRam) -> Iterator[Box]:
    """The time left in the wave, a bar that shrinks from both ends."""
    if ram.game_state > 6:
        yield from bar(ram.wave_timer_outer, ram.wave_timer_inner, 175, 4)


@name_this_game.object("OxygenMeter", colour=(198, 108, 58), hud=True)
def oxygen_meter(ram: NameThisGameRam) -> Iterator[Box]:
    """The oxygen left, a bar that shrinks from both ends."""
    yield from bar(ram.oxygen_outer, ram.oxygen_inner, 179, 12)


def is_behind_octopus(x: int, y: int) -> bool:
    """Whether a pixel is hidden by the octopus."""
    x = min(x, 159 - x)
    return 29 <= y < 62 and x >= 16 and bool(OCTOPUS[2 * (y - 29) + (x >= 48)] >> (79 - x) // 4 % 8 & 1)


def bar(outer: int, inner: int, y: int, h: int) -> Iterator[Box]:
    """A bar that is 128 pixels wide when all bits of both halves are set."""
    bits = outer.bit_count() + 8 if outer else inner.bit_count()
    if bits:
        yield 80 - 4 * bits, y, 8 * bits, h


# --- Modifs ------------------------------------------------------------------------------------------------------

name_this_game.poke(
    "unlimited_oxygen",
    "assist",
    "The oxygen never runs out: its bar stops at half its length.",
    {NameThisGameRam.oxygen_inner: 255},
)

name_this_game.poke(
    "unlimited_lives",
    "assist",
    "The treasure always has its three chests, so the game goes on for ever.",
    {NameThisGameRam.treasure: 3},
)


@name_this_game.modif("dynamics", writes=[NameThisGameRam.wave_timer_outer, NameThisGameRam.wave_timer_inner])
class DoubleWaveLength:
    """Every wave lasts twice as long: its time runs down by a step every 512 instead of every 256 frames."""

    shown = FULL
    waited = False

    def frame(self, ram: NameThisGameRam) -> None:
        time = ram.wave_timer_outer, ram.wave_timer_inner
        if time == self.shown:
            return
        if time == FULL or self.waited:
            self.shown, self.waited = time, False
        else:
            ram.wave_timer_outer, ram.wave_timer_inner = self.shown
            self.waited = True


name_this_game.poke(
    "octopus_start",
    "dynamics",
    "Five tentacles, one in each block of columns, always reach one cell below the octopus; those that are shot come "
    "back at once. Other tentacles cannot begin, so hardly any grow.",
    {NameThisGameRam.tentacle_cells[9::10]: TOP_SEGMENT},
)

name_this_game.poke(
    "octopus_reset",
    "dynamics",
    "The first cells of the eight tentacles on the left are erased all the time.",
    {NameThisGameRam.tentacle_cells[9:10]: 0},
)


name_this_game.poke(
    "quick_start",
    "start",
    "The game starts at once, without the title.",
    {NameThisGameRam.game_state: PLAY},
    at_reset=True,
)
