"""Assault: the agent's cannon shoots at the enemies that a mother ship drops, and must not become too hot."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Game
from hackatari.ram import Byte, ByteArray, Ram


class AssaultRam(Ram):
    """RAM map of Assault; columns are encoded as for the TIA, see `column`."""

    score = ByteArray((0, 1, 2), "score, BCD, high byte first")
    mothership_colour = ByteArray((11, 12), "colours of the mother ship")
    player_x = Byte(16, "encoded column of the cannon")
    heat_colour = Byte(21, "198 green, 70 red: too hot")
    side_shot = Byte(24, "88 while a sideways shot flies")
    side_shot_direction = Byte(26, "128 right, 64 left")
    heat = ByteArray((28, 29), "heat as bars: the more bits, the hotter")
    player_sprite = Byte(30, "picture of the cannon, 0 while it explodes")
    enemy_x = ByteArray((33, 34, 35), "encoded column of the enemies, lowest row first")
    enemy_x2 = ByteArray((36, 37, 38), "encoded column of the second part of a split enemy")
    player_shot_x = Byte(39, "encoded column of the upward shot")
    enemy_type = Byte(40, "196 green, 204 blue, 212 brown, else red")
    enemy_rows_y = Byte(43, "25 or 145: where the rows of enemies are")
    enemy_form = ByteArray((54, 55, 56), "0 none, 192 whole, 224 split, 160 left part only, 96 right part only")
    player_shot_y = Byte(67, "height of the upward shot; it is seen at 8 to 118")
    mothership_x = Byte(69, "encoded column of the mother ship, one less in the low nibble")
    enemy_shot_y = Byte(73, "height of the enemies' shot, types 204 and 212")
    enemy_shot_active = Byte(75, "128 while there is an enemies' shot")
    lives = Byte(101, "lives left, 4 at the start")
    enemy_shot_y2 = Byte(110, "height of the enemies' shot, other types")


assault = Game("assault", AssaultRam, "Play starts at once. UP shoots upwards, RIGHTFIRE and LEFTFIRE shoot sideways.")

COARSE = (3, 3, 15, 30, 45, 60, 75, 90, 105, 120, 135, 150, 3, 3, 3, 3)  # columns by the low nibble
GREEN, BLUE, BROWN, RED = (72, 160, 72), (84, 138, 210), (105, 77, 20), (167, 26, 26)
PURPLE, HOT = (184, 70, 162), (200, 72, 72)
ENEMY_COLOURS = {196: GREEN, 204: BLUE, 212: BROWN}
WHOLE, SPLIT, LEFT_PART, RIGHT_PART = 192, 224, 160, 96


def column(code: int) -> int:
    """Return the screen column of a TIA position."""
    fine = 16 - (code >> 4) if code >= 128 else -(code >> 4)
    return (COARSE[code & 15] + fine) % 160


# --- Objects -----------------------------------------------------------------------------------------------------


@assault.object("Player", colour=(214, 214, 214))
def player(ram: AssaultRam) -> Iterator[Box]:
    """The agent's cannon; it is away while it explodes."""
    if ram.player_sprite:
        yield column(ram.player_x), 178, 8, 8


@assault.object("MotherShip", colour=GREEN)
def mother_ship(ram: AssaultRam) -> Iterator[Box]:
    """The mother ship, which drops the enemies."""
    code = ram.mothership_x
    x = column((code & 240) | (code - 1) % 16)
    yield x, 18, 32, 16, PURPLE if ram.mothership_colour[0] == 112 else GREEN


@assault.object("Enemy", colour=RED, count=6)
def enemy(ram: AssaultRam) -> Iterator[Box]:
    """The enemies in up to three rows; those that are split have two parts."""
    colour = ENEMY_COLOURS.get(ram.enemy_type, RED)
    bottom = 93 if ram.enemy_rows_y == 145 else 103
    for row, (form, first, second) in enumerate(zip(ram.enemy_form, ram.enemy_x, ram.enemy_x2, strict=True)):
        y = bottom - 25 * row
        if form == WHOLE:
            yield column(first), y, 16, 8, colour
        if form in (SPLIT, LEFT_PART):
            yield column(first), y, 8, 8, colour
        if form in (SPLIT, RIGHT_PART):
            yield column(second), y, 8, 8, colour


@assault.object("PlayerMissileVertical", colour=(236, 236, 236))
def player_missile_vertical(ram: AssaultRam) -> Iterator[Box]:
    """The agent's upward shot."""
    height = ram.player_shot_y
    if 7 < height < 119:
        offset = 36 if height < 25 else 45 if height < 32 else 53 if height < 50 else 64
        yield column(ram.player_shot_x) - 1, height + offset, 1, 8


@assault.object("PlayerScore", colour=(195, 144, 61), count=6, hud=True)
def player_score(ram: AssaultRam) -> Iterator[Box]:
    """The digits of the score, from the right."""
    for i in range(6):
        yield 96 - 8 * i, 2, 6, 8


@assault.object("Lives", colour=(170, 170, 170), count=3, hud=True)
def lives(ram: AssaultRam) -> Iterator[Box]:
    """One mark for each life besides the current one."""
    for i in range(ram.lives - 1):
        yield 15 + 16 * i, 192, 8, 8


@assault.object("Health", colour=GREEN, hud=True)
def health(ram: AssaultRam) -> Iterator[Box]:
    """The heat of the cannon."""
    bars = sum(byte.bit_count() for byte in ram.heat)
    yield 96, 192, 4 * max(bars, 2), 8, HOT if ram.heat_colour == 70 else GREEN
