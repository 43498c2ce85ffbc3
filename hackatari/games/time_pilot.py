"""Time Pilot: the agent's plane stays at the centre of the sky and shoots down enemy planes of five ages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from hackatari.game import Box, Colour, Game
from hackatari.ram import Byte, ByteArray, Ram


class TimePilotRam(Ram):
    """RAM map of Time Pilot; heights grow upwards, headings are 0 for up and then clockwise in steps of 45 degrees."""

    phase = Byte(0, "1 while the year is shown or after the loss of a plane, 2 in play")
    frame_counter = Byte(1, "counts frames, wraps around at 256; even or odd decides which of two shots is drawn")
    lives_and_level = Byte(11, "low nibble: planes left; high nibble: the level after the loss of a plane")
    level = Byte(21, "the level, 0 to 4 for the years 1910, 1940, 1970, 1983 and 2001")
    player_heading = Byte(35, "heading of the agent's plane")
    player_sprite = Byte(36, "picture of the plane: 44 up, 60, 76 level, 92, 108 down, 124 exploding, 140 none")
    enemy_x = ByteArray(range(37, 41), "column of an enemy, screen x + 4; 0 while there is none")
    enemy_y = ByteArray(range(41, 45), "height of an enemy, 165 - screen y")
    enemy_heading = ByteArray(range(45, 49), "heading of an enemy, +8 while it turns; 128 and more while it explodes")
    player_shot_x = ByteArray((73, 74), "column of the agent's shots, screen x + 5; the first is 0 while there is none")
    player_shot_y = ByteArray((75, 76), "height of the agent's shots, 176 - screen y")
    enemy_shot_x = ByteArray((88, 89), "column of the enemies' shots, screen x + 5; 0 while there is none")
    enemy_shot_y = ByteArray((90, 91), "height of the enemies' shots, 176 - screen y")


time_pilot = Game(
    "time_pilot",
    TimePilotRam,
    "No FIRE is needed: play starts about 119 frames after the reset. The episode ends with the fifth plane.",
)

Offset = tuple[int, int, int, int]  # a box relative to an enemy's position


def all_headings(*half: Offset) -> tuple[Offset, ...]:
    """Complete the boxes of headings up to down; a plane that flies to the left mirrors one that flies to the right."""
    return *half, *((8 - x - w, y, w, h) for x, y, w, h in half[3:0:-1])


BIPLANE = all_headings((0, 1, 8, 9), (0, 0, 8, 10), (0, 2, 8, 7), (1, 0, 7, 11), (0, 1, 8, 9))
MONOPLANE = all_headings((0, 1, 7, 9), (0, 2, 8, 7), (0, 2, 8, 6), (1, 0, 7, 10), (1, 1, 7, 9))
HELICOPTER = all_headings((0, 1, 8, 8), (0, 0, 8, 9), (0, 2, 8, 7), (0, 0, 8, 9), (0, 1, 8, 8))
JET = all_headings((1, 1, 7, 9), (0, 2, 8, 7), (0, 2, 8, 6), (1, 2, 7, 7), (0, 1, 7, 9))
UFO = all_headings(*[(0, 2, 8, 7)] * 5)
EXPLOSION = (0, -3, 8, 14)


class Age(NamedTuple):
    """What a level looks like; an enemy's boxes are given by its heading, relative to its position."""

    year: int
    enemy: str
    enemy_colour: Colour
    player_colour: Colour
    enemy_boxes: tuple[Offset, ...]


AGES = (
    Age(1910, "Green", (135, 183, 84), (84, 92, 214), BIPLANE),
    Age(1940, "Black", (0, 0, 0), (50, 132, 50), MONOPLANE),
    Age(1970, "Yellow", (187, 187, 53), (167, 26, 26), HELICOPTER),
    Age(1983, "Blue", (84, 138, 210), (0, 0, 0), JET),
    Age(2001, "Orange", (180, 122, 48), (84, 92, 214), UFO),
)
IN_PLAY = 2  # phase
FIRST_LIVES = 5  # planes while the year is shown for the first time
EXPLODES = 128  # enemy_heading
PLANE_EXPLODES, NO_PLANE = 124, 140  # player_sprite
SKY_TOP, SKY_HEIGHT = 33, 144


# --- Objects -----------------------------------------------------------------------------------------------------


@time_pilot.object("Player", colour=AGES[0].player_colour)
def player(ram: TimePilotRam) -> Iterator[Box]:
    """The agent's plane, in the colour of the level."""
    if ram.player_sprite != NO_PLANE:
        colour = AGES[ram.level].player_colour
        if ram.player_sprite in (44, 108):
            yield 76, 98, 7, 14, colour
        elif ram.player_sprite == PLANE_EXPLODES:
            yield 76, 98, 8, 14, colour
        else:
            yield 76, 100, 8, 9 if ram.player_sprite == 76 else 10, colour


@time_pilot.object("PlayerShot", colour=AGES[0].player_colour, count=2, flickers=True)
def player_shot(ram: TimePilotRam) -> Iterator[Box]:
    """The agent's double shot, in the colour of its plane; the console draws one half of it in each frame."""
    if ram.player_shot_x[0]:
        for x, y in zip(ram.player_shot_x, ram.player_shot_y, strict=True):
            yield x - 5, 176 - y, 1, 2, AGES[ram.level].player_colour


def declare_enemies(level: int, age: Age) -> None:
    """Declare the enemies and their shots of one level."""

    @time_pilot.object(
        f"Enemy{age.enemy}",
        colour=age.enemy_colour,
        count=4,
        doc=f"The enemy planes of {age.year}, flying or exploding.",
    )
    def enemy(ram: TimePilotRam) -> Iterator[Box]:
        if ram.level == level:
            for x, y, heading in zip(ram.enemy_x, ram.enemy_y, ram.enemy_heading, strict=True):
                if x:
                    dx, dy, w, h = age.enemy_boxes[heading % 8] if heading < EXPLODES else EXPLOSION
                    top = 165 - y + dy
                    if top + h < SKY_TOP + 3:  # it comes in on the other side
                        top += SKY_HEIGHT
                    yield x - 4 + dx, top, w, h

    @time_pilot.object(
        f"Enemy{age.enemy}Shot",
        colour=age.enemy_colour,
        count=2,
        flickers=True,
        doc=f"The shots of the enemies of {age.year}; the console draws one of the two in each frame.",
    )
    def shot(ram: TimePilotRam) -> Iterator[Box]:
        if ram.level == level:
            for x, y in zip(ram.enemy_shot_x, ram.enemy_shot_y, strict=True):
                if x:
                    yield x - 5, 176 - y, 1, 2


for level, age in enumerate(AGES):
    declare_enemies(level, age)


@time_pilot.object("Score", colour=(210, 164, 74), hud=True)
def score(ram: TimePilotRam) -> Iterator[Box]:
    """The points."""
    if ram.phase == IN_PLAY:
        yield 57, 7, 46, 10


@time_pilot.object("Life", colour=(101, 111, 228), count=4, hud=True)
def life(ram: TimePilotRam) -> Iterator[Box]:
    """The planes left, from right to left."""
    if ram.phase == IN_PLAY:
        lives = ram.lives_and_level % 16
        for i in range(lives):
            yield (80 if lives == 1 else 88 - 8 * i), 18, 8, 10


# --- Modifs: the start -------------------------------------------------------------------------------------------


for level, age in enumerate(AGES):
    time_pilot.poke(
        f"level_{level + 1}",
        "start",
        f"The game starts in level {level + 1}, the year {age.year}, and stays there when a plane is lost.",
        {TimePilotRam.level: level, TimePilotRam.lives_and_level: 16 * level + FIRST_LIVES},
        at_reset=True,
    )


# --- Modifs: the enemies -----------------------------------------------------------------------------------------

time_pilot.poke(
    "enemies_0",
    "assist",
    "There are no enemies, so there is nothing to win or lose and the game never ends.",
    {TimePilotRam.enemy_x: 0},
)

for number in (1, 2, 3):
    time_pilot.poke(
        f"enemies_{number}",
        "assist",
        f"There {'is' if number == 1 else 'are'} at most {number} enemy plane{'s'[: number > 1]} at a time, not four.",
        {TimePilotRam.enemy_x[number:]: 0},
    )


@time_pilot.modif("dynamics", writes=[TimePilotRam.enemy_heading])
def random_orientation(ram: TimePilotRam, rng: np.random.Generator) -> None:
    """The enemy planes point in different directions, each at random; they still move in parallel."""
    headings = ram.enemy_heading[:]
    if headings[0] == headings[1] < EXPLODES:
        drawn = rng.integers(8, size=4).tolist()
        ram.enemy_heading[:] = [old if old >= EXPLODES else new for old, new in zip(headings, drawn, strict=True)]
