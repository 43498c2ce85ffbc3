"""Venture: the agent crosses a hall full of monsters and goes into rooms, where it shoots others for a treasure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from hackatari.game import Box, Colour, Game
from hackatari.palette import rgb
from hackatari.ram import Byte, ByteArray, Ram


class VentureRam(Ram):
    """RAM map of Venture; sprites 0 to 5 are the hall's monsters, or a room's player, monsters, treasure and walls."""

    sprite_y = ByteArray(
        range(20, 26), "height of the sprite, about (screen y - 26) / 2; 81 once it is gone from a room"
    )
    player_y = Byte(26, "height of the player in the hall, of its arrow in a room: (screen y - 25) / 2")
    player_direction = Byte(28, "in a room: the upper four bits, inverted, are where the player looks")
    sprite_colour = ByteArray(range(36, 42), "colour of the sprite; the player's, sprite 0 of a room, is 67")
    lives = Byte(70, "spare lives, 3 at the start")
    score = ByteArray((71, 72), "first four of the score's six digits, BCD; the last two are always 0")
    player_invisible = Byte(73, "128 while the dot that is the player in the hall is not drawn")
    sprite_x = ByteArray(range(79, 85), "column of the sprite, screen x + 1; sprites 2 and 5 screen x + 7")
    player_x = Byte(85, "column of the player in the hall, of its arrow in a room: screen x + 1")
    room = Byte(90, "8 the hall and 0 to 3 its rooms; 9 the second hall and 4 to 7 its rooms")


venture = Game(
    "venture",
    VentureRam,
    "Play starts at once in the hall, where the player is a dot; whoever stays in a room for long is chased out of it.",
)

ColouredBox = tuple[int, int, int, int, Colour]

HALLS = (8, 9)
GONE = 81

BLACK, WHITE, RED, BLUE, GREEN = 0, 12, 48, 113, 200


# --- Objects -----------------------------------------------------------------------------------------------------


def sprite(ram: VentureRam, i: int, w: int, h: int) -> Iterator[ColouredBox]:
    """The box of a sprite in the colour that it has now, unless it is gone."""
    if ram.sprite_y[i] != GONE:
        x = ram.sprite_x[i] - (7 if i in (2, 5) else 1)
        y = (2 * ram.sprite_y[i] + (26 if i in (0, 3) else 27)) % 255
        yield x, y, w, h, rgb(ram.sprite_colour[i])


@venture.object("Player", colour=rgb(84), flickers=True)
def player(ram: VentureRam) -> Iterator[Box]:
    """The player: a dot in the hall, a figure in a room."""
    if ram.room in HALLS:
        yield ram.player_x - 1, 2 * ram.player_y + 25, 1, 2
    else:
        yield from sprite(ram, 0, 8, 12)


@venture.object("Shot", colour=rgb(84), flickers=True)
def shot(ram: VentureRam) -> Iterator[Box]:
    """The player's arrow in a room."""
    if ram.room not in HALLS:
        yield ram.player_x - 1, 2 * ram.player_y + 25, 1, 2


@venture.object("HallMonster", colour=rgb(212), count=6, flickers=True)
def hallmonsters(ram: VentureRam) -> Iterator[Box]:
    """The monsters of the hall, which are drawn in turns."""
    if ram.room in HALLS:
        for i in range(6):
            yield from sprite(ram, i, 5, 8)


def treasure(ram: VentureRam, room: int, i: int, y: int, w: int, h: int) -> Iterator[ColouredBox]:
    """The treasure of a room, while it lies where it was at the start."""
    if ram.room == room and ram.sprite_y[i] == y:
        yield from sprite(ram, i, w, h)


def declare_monsters(name: str, room: int, colour: int, sprites: tuple[int, ...], w: int, h: int) -> None:
    """Declare the monsters of a room."""

    @venture.object(name, colour=rgb(colour), count=3, flickers=True, doc=f"The monsters of room {room}.")
    def find(ram: VentureRam) -> Iterator[Box]:
        if ram.room == room:
            for i in sprites:
                yield from sprite(ram, i, w, h)


declare_monsters("Skeleton", 0, 4, (1, 3, 4), 8, 16)
declare_monsters("Goblin", 1, 116, (1, 3, 4), 8, 16)
declare_monsters("Serpent", 2, 212, (1, 3, 4), 8, 12)


@venture.object("Wall", colour=rgb(52), count=4, flickers=True)
def wall(ram: VentureRam) -> Iterator[Box]:
    """The moving walls of room 3: two lie, two stand."""
    if ram.room == 3:
        for i in (1, 2, 4, 5):
            w, h = (4, 24) if i in (2, 4) else (20, 8)
            yield ram.sprite_x[i], 2 * ram.sprite_y[i] + 27, w, h, rgb(ram.sprite_colour[i])


declare_monsters("TwoHeaded", 4, 68, (1, 3, 4), 7, 15)
declare_monsters("Troll", 5, 4, (2, 3, 4), 8, 15)
declare_monsters("Dragon", 6, 20, (2, 3, 4), 8, 14)
declare_monsters("Spider", 7, 52, (2, 3, 4), 8, 14)


@venture.object("YellowCollectable", colour=rgb(20), flickers=True)
def yellow_collectable(ram: VentureRam) -> Iterator[Box]:
    """The treasure of rooms 1 and 5."""
    yield from treasure(ram, 1, 2, 68, 8, 12)
    yield from treasure(ram, 5, 1, 3, 8, 14)


@venture.object("PinkCollectable", colour=rgb(83), flickers=True)
def pink_collectable(ram: VentureRam) -> Iterator[Box]:
    """The treasure of rooms 2 and 6."""
    yield from treasure(ram, 2, 2, 68, 7, 13)
    yield from treasure(ram, 6, 1, 3, 8, 10)


@venture.object("GreyCollectable", colour=rgb(4), flickers=True)
def grey_collectable(ram: VentureRam) -> Iterator[Box]:
    """The treasure of rooms 3 and 4."""
    yield from treasure(ram, 3, 3, 38, 7, 12)
    for x, y, w, h, colour in treasure(ram, 4, 2, 68, 8, 16):
        yield x + 6, y, w, h, colour


@venture.object("PurpleCollectable", colour=rgb(116), flickers=True)
def purple_collectable(ram: VentureRam) -> Iterator[Box]:
    """The treasure of room 0."""
    return treasure(ram, 0, 2, 68, 8, 16)


@venture.object("GreenCollectable", colour=rgb(196), flickers=True)
def green_collectable(ram: VentureRam) -> Iterator[Box]:
    """The treasure of room 7."""
    for x, y, w, h, colour in treasure(ram, 7, 1, 18, 8, 6):
        yield x, y + 4, w, h, colour


@venture.object("Score", colour=rgb(8), hud=True)
def score(ram: VentureRam) -> Iterator[Box]:
    """The points."""
    yield 1, 9, 46, 8


@venture.object("Life", colour=rgb(84), hud=True)
def life(ram: VentureRam) -> Iterator[Box]:
    """The spare lives."""
    if ram.lives:
        yield 112, 9, 8 * ram.lives - 4, 8


# --- Modifs ------------------------------------------------------------------------------------------------------

COLOURS = {"black": BLACK, "white": WHITE, "red": RED, "blue": BLUE, "green": GREEN}


def paint(ram: VentureRam, colours: Sequence[int]) -> None:
    """Give the sprites six colours; in a room, sprite 0 is the player and keeps its own."""
    if ram.room in HALLS:
        ram.sprite_colour[:] = colours
    else:
        ram.sprite_colour[1:] = colours[:-1]


def declare_enemy_color(name: str, colour: int) -> None:
    """Declare the modif that gives all monsters one colour."""
    unseen = ", so that they cannot be seen" if colour == BLACK else ""
    doc = f"All monsters, and in the rooms treasures and moving walls, are {name}{unseen}."

    @venture.modif("visual", writes=[VentureRam.sprite_colour], name=f"enemy_color_{name}", doc=doc)
    def rule(ram: VentureRam) -> None:
        paint(ram, (colour,) * 6)


for _name, _colour in COLOURS.items():
    declare_enemy_color(_name, _colour)


def draw_colours(rng: np.random.Generator) -> list[int]:
    """Draw a colour for each of the six sprites."""
    palette = list(COLOURS.values())
    return [palette[i] for i in rng.integers(len(palette), size=6)]


@venture.modif("visual", writes=[VentureRam.sprite_colour])
class RandomEnemyColors:
    """Every monster has a random colour, drawn anew in every room: black (unseen), white, red, blue or green.

    Treasures and moving walls of the rooms have one, too.
    """

    room = 255
    colours: Sequence[int] = (BLACK,) * 6

    def frame(self, ram: VentureRam, rng: np.random.Generator) -> None:
        if ram.room != self.room:
            self.room = ram.room
            self.colours = draw_colours(rng)
        paint(ram, self.colours)


@venture.modif("visual", writes=[VentureRam.sprite_colour])
class ResetRandomColors:
    """Every monster slot has a random colour for the whole episode: black (unseen), white, red, blue or green.

    Treasures and moving walls of the rooms have one, too.
    """

    colours: Sequence[int] = (BLACK,) * 6

    def reset(self, rng: np.random.Generator) -> None:
        self.colours = draw_colours(rng)

    def frame(self, ram: VentureRam) -> None:
        paint(ram, self.colours)
