"""Montezuma's Revenge: the player climbs and jumps through 24 rooms of a pyramid, collecting keys that open doors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hackatari.game import Box, Colour, Game
from hackatari.ram import Byte, ByteArray, Ram, bcd_digits


class MontezumaRevengeRam(Ram):
    """RAM map of Montezuma's Revenge; heights grow upwards."""

    player_state = Byte(2, "4 standing, walking or climbing, 7 falling or jumping, 6 dying, 2 entering a room")
    room = Byte(3, "number of the room, 0 to 23; 1 at the start, 15 is the treasure chamber, 16 to 23 are dark")
    score = ByteArray((19, 20, 21), "points, BCD, two digits each, highest first")
    barrier_left = Byte(26, "the left door or the beams of the room; 117 is open or off")
    barrier_right = Byte(28, "the right door of the room; 117 is open")
    disappearing_floor = Byte(34, "picture of the disappearing floor; 232, 214 or 144 while it is gone")
    player_x = Byte(42, "column of the player, screen x + 1; 77 at the start")
    player_y = Byte(43, "height of the player, 308 - screen y; 235 on an upper floor, 148 at the bottom of room 1")
    object_x = Byte(44, "column of the room's item or enemy, screen x + 1")
    object_y = Byte(45, "height of the room's item or enemy, 308 - screen y in most rooms")
    skull_y = Byte(46, "height of the rolling skull of rooms 1, 5 and 18")
    skull_x = Byte(47, "column of the rolling skull of rooms 1, 5 and 18")
    object_kind = Byte(
        49,
        "what the room holds: 0 nothing, 1 ruby, 2 sword, 3 amulet, 4 key, 5 bouncing skull, 6 torch, 7 and 8 snake, "
        "9 and 10 spider",
    )
    object_colour = Byte(50, "colour of the room's item or enemy and of a rope, numbered like object_kind")
    player_direction = Byte(52, "72 left, 128 right, 40 and 32 down a ladder, 24 and 16 up a ladder; 8 at the start")
    level = Byte(57, "number of the pyramid, 0 to 2: colours, items and enemies of the rooms")
    lives = Byte(58, "lives besides the current one, 5 at the start")
    inventory = Byte(65, "what the player carries: bit 0 amulet, 1 to 4 keys, 5 and 6 swords, 7 torch")
    room_state = Byte(66, "what is left in the room: bits 0 to 3 are items, the rolling skull and doors")
    room_states = ByteArray(
        range(67, 79), "room_state of all rooms, even rooms in the high half of a byte, odd in the low"
    )
    object_copies = Byte(84, "more of the same: bit 0 at 16 pixels to the right, bit 1 at 32, bit 2 at 64")
    on_ladder = Byte(94, "1 while the player is on a ladder")
    orientation = Byte(103, "bit 6 is set while the player faces left")


montezuma_revenge = Game(
    "montezuma_revenge",
    MontezumaRevengeRam,
    "The game starts at once with six lives. A ruby gives 1000 points, a key or a sword 100, the amulet 200, the torch "
    "3000. Rooms 16 to 23 are dark without the torch: only the player, skulls, spiders and loose floors are seen.",
)

RUBY, SWORD, AMULET, KEY, BOUNCING_SKULL, TORCH = range(1, 7)
SNAKES, SPIDERS = (7, 8), (9, 10)
OPEN = 117
MAX_ITEMS = 6
TORCH_BIT, SWORD_BITS, KEY_BITS, AMULET_BIT = 128, (64, 32), (16, 8, 4, 2), 1

ORANGE, GREY, GOLD, YELLOW = (213, 130, 74), (214, 214, 214), (210, 182, 86), (232, 204, 99)
WHITE, YELLOW_GREEN, LIGHT_BLUE = (236, 236, 236), (204, 216, 110), (101, 111, 228)
WALL_COLOURS: tuple[Colour, ...] = ((66, 158, 130), (104, 25, 154), (45, 87, 176))  # by level
LADDER_COLOURS: tuple[Colour, ...] = ((24, 59, 157), (204, 216, 110), (92, 186, 92))
ITEM_COLOURS: dict[int, Colour] = {RUBY: ORANGE, SWORD: GREY, AMULET: GOLD, BOUNCING_SKULL: WHITE, TORCH: YELLOW_GREEN}

Boxes = tuple[tuple[int, int, int, int], ...]

# The inner structure of the rooms, as (x, y, w, h).
WALLS: dict[int, Boxes] = {
    0: ((0, 53, 4, 42),),
    1: ((0, 96, 8, 40), (0, 136, 16, 45), (152, 96, 8, 40), (144, 136, 16, 45)),
    2: ((156, 52, 4, 42),),
    3: ((0, 53, 4, 41),),
    5: ((32, 53, 4, 40), (124, 53, 4, 40), (0, 96, 4, 77), (156, 96, 4, 77)),
    7: ((156, 53, 4, 42),),
    8: ((0, 53, 4, 121), (156, 97, 4, 77)),
    9: ((156, 52, 4, 41),),
    10: ((0, 53, 4, 40),),
    14: ((0, 97, 16, 73), (144, 97, 16, 73)),
    20: ((156, 52, 4, 42),),
    21: ((0, 53, 4, 40),),
    23: ((156, 53, 4, 40),),
}
UPPER_LADDER, LONG_LADDER = (72, 53, 16, 38), (72, 94, 16, 101)
LADDERS: dict[int, Boxes] = {
    1: ((72, 93, 16, 42), (16, 136, 16, 45), (128, 136, 16, 45)),
    5: ((72, 173, 16, 24),),
    14: ((72, 170, 16, 24),),
    **dict.fromkeys((0, 2, 3, 7), (LONG_LADDER,)),
    **dict.fromkeys((4, 11, 13), (UPPER_LADDER, LONG_LADDER)),
    **dict.fromkeys((6, 9, 10, 19, 21, 22), (UPPER_LADDER,)),
}
FLOOR: Boxes = ((0, 93, 160, 1),)
FLOOR_WITH_GAP: Boxes = ((0, 93, 36, 1), (124, 93, 36, 1))
PLATFORMS: dict[int, Boxes] = {
    1: (
        (0, 93, 56, 2),
        (104, 93, 56, 2),
        (68, 93, 24, 2),
        (76, 136, 8, 5),
        (8, 136, 28, 2),
        (124, 136, 28, 2),
        (16, 180, 128, 1),
    ),
    5: ((0, 93, 48, 2), (112, 93, 48, 2), (76, 93, 8, 5), (48, 130, 64, 3), (4, 171, 152, 1)),
    8: ((4, 143, 12, 4), (144, 143, 12, 4), (4, 93, 43, 3), (76, 93, 8, 3), (112, 93, 48, 3), (4, 173, 152, 1)),
    14: ((0, 93, 40, 3), (68, 93, 24, 3), (120, 93, 40, 3), (16, 168, 128, 1)),
    15: (),
    **dict.fromkeys((10, 18, 20, 22), FLOOR_WITH_GAP),
}
ROPES: dict[int, Boxes] = {
    1: ((112, 96, 1, 39),),
    5: ((41, 97, 1, 24), (125, 95, 2, 52)),
    8: ((80, 96, 1, 51),),
    14: ((71, 96, 1, 48), (87, 97, 2, 33)),
}
LOOSE_STEPS: Boxes = tuple((x, y, 12, 4) for x in (4, 144) for y in (103, 113, 123, 133, 153, 163))
LOOSE_FLOORS: dict[int, Boxes] = {8: LOOSE_STEPS, **dict.fromkeys((10, 18, 20, 22), ((36, 93, 88, 7),))}
BEAM_COLUMNS = {
    **dict.fromkeys((0, 7), (140, 120, 112, 44, 36, 16)),
    12: (120, 112, 96, 88, 68, 60, 44, 36),
}
DOOR_ROOMS = (1, 17)  # with yellow doors; those of room 5 look like its walls
LOWERED_ROOMS = (0, 7, 12, 17, 18)  # their picture is one row further down


# --- Objects -----------------------------------------------------------------------------------------------------


def is_lit(ram: MontezumaRevengeRam) -> bool:
    """Whether the room's structure and items are seen."""
    return ram.room < 16 or ram.inventory & TORCH_BIT != 0


def structure(ram: MontezumaRevengeRam, rooms: dict[int, Boxes], colour: Colour) -> Iterator[Box]:
    """The boxes of the current room in one colour."""
    lowered = ram.room in LOWERED_ROOMS
    for x, y, w, h in rooms.get(ram.room, ()):
        yield x, y + lowered, w, h, colour


def wall_colour(ram: MontezumaRevengeRam) -> Colour:
    """The colour of walls and floors."""
    return WALL_COLOURS[min(ram.level, 2)]


def object_top(ram: MontezumaRevengeRam) -> int:
    """The upper row of the room's item or enemy."""
    offset = {0: 310, 1: 353, 7: 309}.get(ram.room, 308)
    return offset - ram.object_y + (4 if ram.object_y < 216 else 0)


def object_columns(ram: MontezumaRevengeRam) -> Iterator[int]:
    """The left columns of the room's items or enemies."""
    left = ram.object_x - 1
    yield left
    for bit, distance in enumerate((16, 32, 64)):
        if ram.object_copies >> bit & 1:
            yield left + distance


def item(ram: MontezumaRevengeRam, kind: int, w: int, h: int) -> Iterator[Box]:
    """The room's item, if it is of this kind."""
    if ram.object_kind == kind and is_lit(ram):
        for x in object_columns(ram):
            yield x, object_top(ram), w, h


@montezuma_revenge.object("Player", colour=(200, 72, 72))
def player(ram: MontezumaRevengeRam) -> Iterator[Box]:
    """The agent's explorer."""
    yield ram.player_x - 1, 308 - ram.player_y + (ram.room in LOWERED_ROOMS), 8, 20


@montezuma_revenge.object("Key", colour=YELLOW)
def key(ram: MontezumaRevengeRam) -> Iterator[Box]:
    """A key, which opens one door."""
    return item(ram, KEY, 7, 15)


@montezuma_revenge.object("Amulet", colour=GOLD)
def amulet(ram: MontezumaRevengeRam) -> Iterator[Box]:
    """The amulet, which makes skulls harmless for a while."""
    return item(ram, AMULET, 6, 15)


@montezuma_revenge.object("Sword", colour=GREY)
def sword(ram: MontezumaRevengeRam) -> Iterator[Box]:
    """A sword, which kills one skull or spider."""
    return item(ram, SWORD, 6, 15)


@montezuma_revenge.object("Torch", colour=YELLOW_GREEN)
def torch(ram: MontezumaRevengeRam) -> Iterator[Box]:
    """The torch, which lights up the dark rooms."""
    return item(ram, TORCH, 6, 13)


@montezuma_revenge.object("Ruby", colour=ORANGE, count=3, flickers=True)
def ruby(ram: MontezumaRevengeRam) -> Iterator[Box]:
    """The rubies; that of the treasure chamber is black in every other frame."""
    return item(ram, RUBY, 7, 12)


@montezuma_revenge.object("Skull", colour=WHITE, count=2)
def skull(ram: MontezumaRevengeRam) -> Iterator[Box]:
    """Rolling and bouncing skulls."""
    if ram.room == 1 and ram.room_state & 2:
        yield ram.skull_x + 32, 407 - ram.skull_y, 8, 12
    elif ram.room == 5 and ram.room_state & 2:
        yield ram.skull_x + 32, 359 - ram.skull_y, 8, 12
    elif ram.room == 18 and ram.room_state & 2:
        yield ram.skull_x - 1, ram.skull_y - 146, 8, 12
    if ram.object_kind == BOUNCING_SKULL:
        for x in object_columns(ram):
            yield x, object_top(ram), 7, 13


@montezuma_revenge.object("Spider", colour=(92, 186, 92))
def spider(ram: MontezumaRevengeRam) -> Iterator[Box]:
    """A spider, which runs to and fro."""
    if ram.object_kind in SPIDERS:
        yield ram.object_x - 1, object_top(ram), 8, 11


@montezuma_revenge.object("Snake", colour=(192, 192, 192), count=2)
def snake(ram: MontezumaRevengeRam) -> Iterator[Box]:
    """Snakes, which stay where they are."""
    if ram.object_kind in SNAKES and is_lit(ram):
        for x in object_columns(ram):
            yield x + 1, object_top(ram), 7, 13


@montezuma_revenge.object("Barrier", colour=YELLOW, count=2)
def barrier(ram: MontezumaRevengeRam) -> Iterator[Box]:
    """The doors that are still closed, left and right."""
    if ram.room == 5:
        columns, y, colour = (56, 100), 135, wall_colour(ram)
    elif ram.room in DOOR_ROOMS and is_lit(ram):
        columns, y, colour = (20, 136), 54, YELLOW
    else:
        return
    for x, state in zip(columns, (ram.barrier_left, ram.barrier_right), strict=True):
        if state != OPEN:
            yield x, y, 4, 37, colour


@montezuma_revenge.object("Beam", colour=LIGHT_BLUE, count=8)
def beam(ram: MontezumaRevengeRam) -> Iterator[Box]:
    """Deadly beams, which are switched on and off."""
    if ram.barrier_left != OPEN:
        for x in BEAM_COLUMNS.get(ram.room, ()):
            yield x, 53, 4, 40


@montezuma_revenge.object("Rope", colour=YELLOW, count=2)
def rope(ram: MontezumaRevengeRam) -> Iterator[Box]:
    """Ropes to climb on; a thick one has the colour of the walls, a thin one that of the room's item or skull."""
    thin = WHITE if ram.room == 5 else ITEM_COLOURS.get(ram.object_colour, YELLOW)
    for x, y, w, h in ROPES.get(ram.room, ()):
        yield x, y, w, h, thin if w == 1 else wall_colour(ram)


@montezuma_revenge.object("Wall", colour=WALL_COLOURS[0], count=4)
def wall(ram: MontezumaRevengeRam) -> Iterator[Box]:
    """Walls inside a room and at its ends."""
    if is_lit(ram):
        if ram.room in (0, 7):
            yield from structure(ram, WALLS, LIGHT_BLUE)
        elif ram.room in (9, 10, 21):
            yield from structure(ram, WALLS, LADDER_COLOURS[min(ram.level, 2)])
        else:
            yield from structure(ram, WALLS, wall_colour(ram))


@montezuma_revenge.object("Ladder", colour=LADDER_COLOURS[0], count=3)
def ladder(ram: MontezumaRevengeRam) -> Iterator[Box]:
    """Ladders."""
    if is_lit(ram):
        colour = wall_colour(ram) if ram.room == 1 else LADDER_COLOURS[min(ram.level, 2)]
        yield from structure(ram, LADDERS, colour)


@montezuma_revenge.object("Platform", colour=WALL_COLOURS[0], count=7)
def platform(ram: MontezumaRevengeRam) -> Iterator[Box]:
    """Floors to walk on."""
    if is_lit(ram):
        yield from structure(ram, {ram.room: FLOOR, **PLATFORMS}, wall_colour(ram))


@montezuma_revenge.object("DisappearingPlatform", colour=WALL_COLOURS[0], count=12)
def disappearing_platform(ram: MontezumaRevengeRam) -> Iterator[Box]:
    """Floors that are gone from time to time."""
    if ram.disappearing_floor not in (232, 214, 144):
        yield from structure(ram, LOOSE_FLOORS, wall_colour(ram))


@montezuma_revenge.object("ConveyorBelt", colour=WALL_COLOURS[0])
def conveyor_belt(ram: MontezumaRevengeRam) -> Iterator[Box]:
    """A belt that carries the player along."""
    if ram.room in (1, 5):
        yield 60, 136 if ram.room == 1 else 93, 40, 5, wall_colour(ram)


def carried(ram: MontezumaRevengeRam, bits: tuple[int, ...], w: int, h: int) -> Iterator[Box]:
    """Those items of the inventory display that belong to these bits."""
    column = 56
    for bit in (TORCH_BIT, *SWORD_BITS, *KEY_BITS, AMULET_BIT):
        if ram.inventory & bit:
            if bit in bits:
                yield column, 28, w, h
            column += 8


@montezuma_revenge.object("TorchHUD", colour=YELLOW, hud=True)
def torch_hud(ram: MontezumaRevengeRam) -> Iterator[Box]:
    """The torch that the player carries."""
    return carried(ram, (TORCH_BIT,), 6, 13)


@montezuma_revenge.object("SwordHUD", colour=YELLOW, count=2, hud=True)
def sword_hud(ram: MontezumaRevengeRam) -> Iterator[Box]:
    """The swords that the player carries."""
    return carried(ram, SWORD_BITS, 6, 15)


@montezuma_revenge.object("KeyHUD", colour=YELLOW, count=4, hud=True)
def key_hud(ram: MontezumaRevengeRam) -> Iterator[Box]:
    """The keys that the player carries."""
    return carried(ram, KEY_BITS, 7, 15)


@montezuma_revenge.object("AmuletHUD", colour=YELLOW, hud=True)
def amulet_hud(ram: MontezumaRevengeRam) -> Iterator[Box]:
    """The amulet that the player carries."""
    return carried(ram, (AMULET_BIT,), 6, 15)


@montezuma_revenge.object("Life", colour=GOLD, hud=True)
def life(ram: MontezumaRevengeRam) -> Iterator[Box]:
    """The hats, one for each life besides the current one."""
    if ram.lives:
        yield 56, 15, 8 * ram.lives - 1, 5


@montezuma_revenge.object("Score", colour=WHITE, hud=True)
def score(ram: MontezumaRevengeRam) -> Iterator[Box]:
    """The points."""
    digits = bcd_digits(*ram.score) or 1
    yield 97 - 8 * (digits - 1), 6, 8 * digits - 3, 8


# --- Modifs: the start -------------------------------------------------------------------------------------------

SAFE_PLACES = ((77, 235), (128, 192), (133, 148), (33, 148), (22, 192))


@montezuma_revenge.modif("start", writes=[MontezumaRevengeRam.player_x, MontezumaRevengeRam.player_y])
class RandomPositionStart:
    """The player starts at one of five safe places of the first room, drawn anew for each episode.

    Between them are the usual place and the ends of the floors below. After the loss of a life it starts as usual.
    """

    def reset(self, ram: MontezumaRevengeRam, rng: np.random.Generator) -> None:
        ram.player_x, ram.player_y = SAFE_PLACES[int(rng.integers(len(SAFE_PLACES)))]


for level, pyramid in enumerate(
    (
        "first pyramid, with green walls, as it always does",
        "second pyramid: purple walls, other items and more enemies",
        "third pyramid: blue walls, other items and more enemies",
    )
):
    montezuma_revenge.poke(
        f"set_level_{level}",
        "layout",
        f"The game starts in the {pyramid}.",
        {MontezumaRevengeRam.level: level},
        at_reset=True,
    )


# --- Modifs: items -----------------------------------------------------------------------------------------------

SINGLE_ITEMS = {0: RUBY, 5: TORCH, 6: SWORD, 7: KEY, 8: KEY, 10: RUBY, 14: KEY, 19: AMULET}  # by room, in level 0


@montezuma_revenge.modif("layout", writes=[MontezumaRevengeRam.object_kind, MontezumaRevengeRam.object_colour])
class RandomizeItems:
    """Torch, sword, amulet, two rubies and three keys change their rooms, drawn anew for each episode.

    The key of the first room stays, and so do the groups of rubies of rooms 20 and 23 and the treasure. It is so in the
    first pyramid only. An item may lie behind the door that it would have opened.
    """

    items: dict[int, int] = SINGLE_ITEMS

    def reset(self, rng: np.random.Generator) -> None:
        self.items = dict(zip(SINGLE_ITEMS, rng.permutation(list(SINGLE_ITEMS.values())).tolist(), strict=True))

    def frame(self, ram: MontezumaRevengeRam) -> None:
        if ram.room in self.items and ram.level == 0 and ram.object_kind:
            ram.object_kind = ram.object_colour = self.items[ram.room]


@montezuma_revenge.modif("assist", writes=[MontezumaRevengeRam.inventory])
class FullInventory:
    """The player starts with the torch, two swords, two keys and the amulet, all it can carry.

    What it finds with six items in its hands gives points but is lost.
    """

    inventory = TORCH_BIT + sum(SWORD_BITS) + sum(KEY_BITS[:2]) + AMULET_BIT

    def reset(self, ram: MontezumaRevengeRam) -> None:
        ram.inventory = self.inventory

    def frame(self, ram: MontezumaRevengeRam) -> None:
        if ram.inventory.bit_count() > MAX_ITEMS:
            ram.inventory = self.inventory
        else:
            self.inventory = ram.inventory
