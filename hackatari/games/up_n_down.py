"""Up'n Down: the agent drives a car on winding roads, jumps over or onto other vehicles and collects eight flags."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Colour, Game
from hackatari.ram import Byte, ByteArray, Ram, bcd_digits


class UpNDownRam(Ram):
    """RAM map of Up'n Down; besides the player there are three slots for trucks, flags and other things to collect."""

    score = ByteArray((0, 1, 2), "points, BCD, two digits each, highest first")
    level = Byte(3, "number of the round, 1 at the start; it selects the scenery")
    flags_collected = Byte(4, "bit k is set when the flag of type 8 + k is collected; with all eight the round is won")
    lives = Byte(6, "80 and the lives besides the current one, 84 at the start")
    player_type = Byte(36, "16 the player drives, 17 to 22 it crashes, 23 it is not there")
    slot_type = ByteArray(
        (37, 38, 39), "what is in a slot: 0 to 7 truck, 8 to 15 flag, 17 to 22 crash, 24 to 30 collectable, 23 nothing"
    )
    player_x = Byte(40, "column of the player")
    slot_x = ByteArray((41, 42, 43), "columns of what is in the slots")
    player_y = Byte(56, "height of the player, screen y - 16; smaller in a jump")
    slot_y = ByteArray((57, 58, 59), "heights of what is in the slots, screen y - 16")


up_n_down = Game(
    "up_n_down",
    UpNDownRam,
    "The car appears about 60 frames after the reset; FIRE jumps. There are five lives.",
)

PLAYER_DRIVES, EMPTY = 16, 23
TOP, BOTTOM = 4, 158  # heights between which the slots are seen
TRUCKS, FLAGS, COLLECTABLES = range(8), range(8, 16), range(24, 31)

TRUCK_COLOURS: tuple[Colour, ...] = (
    (213, 130, 74),
    (214, 92, 92),
    (92, 186, 92),
    (84, 160, 197),
    (164, 89, 208),
    (127, 92, 213),
    (84, 92, 214),
    (84, 138, 210),
)
FLAG_COLOURS: tuple[Colour, ...] = (
    (104, 72, 198),
    (162, 162, 42),
    (146, 70, 192),
    (184, 70, 162),
    (200, 72, 72),
    (198, 108, 58),
    (180, 122, 48),
    (66, 72, 200),
)
HUD_FLAGS: tuple[tuple[int, Colour], ...] = (  # column and colour by bit
    (91, (78, 50, 181)),
    (19, (134, 134, 29)),
    (107, (125, 48, 173)),
    (127, (168, 48, 143)),
    (71, (184, 50, 50)),
    (55, (181, 83, 40)),
    (35, (162, 98, 33)),
    (143, (45, 50, 184)),
)


# --- Objects -----------------------------------------------------------------------------------------------------


def slots(ram: UpNDownRam, types: range) -> Iterator[tuple[int, int, int]]:
    """Type, column and height of what is in the slots, if it is one of these types and on the screen."""
    for kind, x, y in zip(ram.slot_type, ram.slot_x, ram.slot_y, strict=True):
        if kind in types and TOP <= y < BOTTOM:
            yield kind, x, y


@up_n_down.object("Player", colour=(192, 192, 192), flickers=True)
def player(ram: UpNDownRam) -> Iterator[Box]:
    """The agent's car."""
    if ram.player_type == PLAYER_DRIVES:
        yield ram.player_x, ram.player_y + 16, 16, 16


@up_n_down.object("Truck", colour=TRUCK_COLOURS[0], count=3, flickers=True)
def truck(ram: UpNDownRam) -> Iterator[Box]:
    """The other vehicles, in several shapes and colours."""
    for kind, x, y in slots(ram, TRUCKS):
        yield x, y + 16, 16, 16, TRUCK_COLOURS[kind]


@up_n_down.object("Flag", colour=FLAG_COLOURS[4], count=3, flickers=True)
def flag(ram: UpNDownRam) -> Iterator[Box]:
    """A flag to collect, in one of eight colours."""
    for kind, x, y in slots(ram, FLAGS):
        yield x, y + 15, 7, 16, FLAG_COLOURS[kind - 8]


@up_n_down.object("Collectable", colour=FLAG_COLOURS[4], count=3, flickers=True)
def collectable(ram: UpNDownRam) -> Iterator[Box]:
    """Something else to collect, for points."""
    for kind, x, y in slots(ram, COLLECTABLES):
        yield x, y + 15, 7, 16, FLAG_COLOURS[kind - 24]


@up_n_down.object("FlagHUD", colour=(210, 164, 74), count=8, hud=True)
def flag_hud(ram: UpNDownRam) -> Iterator[Box]:
    """The flags that are still to be collected."""
    for bit, (x, colour) in enumerate(HUD_FLAGS):
        if not ram.flags_collected >> bit & 1:
            yield x, 14, 5, 12, colour


@up_n_down.object("Score", colour=(168, 48, 143), hud=True)
def score(ram: UpNDownRam) -> Iterator[Box]:
    """The points."""
    digits = bcd_digits(*ram.score) or 1
    yield 57 - 8 * (digits - 1), 6, 8 * digits - 3, 7


@up_n_down.object("Life", colour=(198, 108, 58), hud=True)
def life(ram: UpNDownRam) -> Iterator[Box]:
    """The lives besides the current one."""
    lives = ram.lives % 5
    if lives:
        yield 16, 196, 8 * lives - 4, 8


# --- Modifs ------------------------------------------------------------------------------------------------------


@up_n_down.modif("assist", writes=[UpNDownRam.slot_type], hides=["Truck"])
def no_trucks(ram: UpNDownRam) -> None:
    """There are no trucks."""
    for slot, kind in enumerate(ram.slot_type):
        if kind in TRUCKS:
            ram.slot_type[slot] = EMPTY


@up_n_down.modif("assist", writes=[UpNDownRam.slot_type])
def reduced_trucks(ram: UpNDownRam) -> None:
    """There is only one truck at a time."""
    trucks = [slot for slot, kind in enumerate(ram.slot_type) if kind in TRUCKS]
    for slot in trucks[1:]:
        ram.slot_type[slot] = EMPTY


@up_n_down.modif("dynamics", writes=[UpNDownRam.slot_type])
def more_trucks(ram: UpNDownRam) -> None:
    """Things to collect other than flags are trucks instead."""
    for slot, kind in enumerate(ram.slot_type):
        if kind in COLLECTABLES:
            ram.slot_type[slot] = kind - COLLECTABLES.start


@up_n_down.modif("assist", writes=[UpNDownRam.flags_collected])
def short_game(ram: UpNDownRam) -> None:
    """Four flags win a round instead of eight."""
    if ram.flags_collected == 0:
        ram.flags_collected = 0b11100001


for level, roads in ((1, ", as it always does"), (2, ", on other roads"), (3, ", on other roads")):
    up_n_down.poke(
        f"level_{level}", "start", f"The game starts in round {level}{roads}.", {UpNDownRam.level: level}, at_reset=True
    )
