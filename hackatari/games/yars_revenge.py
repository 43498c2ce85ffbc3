"""Yars' Revenge: the agent's Yar eats through a shield and shoots the Qotile behind it."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Game
from hackatari.palette import rgb
from hackatari.ram import Byte, ByteArray, Ram


class YarsRevengeRam(Ram):
    """RAM map of Yars' Revenge; heights grow downwards."""

    shield_rows = ByteArray(range(1, 17), "rows of the shield from the bottom; bit 0 is the leftmost of 8 cells")
    vertical_direction = Byte(21, "bit 3: shield and Qotile move up, else down; the other bits are for something else")
    flash_flag = Byte(24, "240 in play, 255 in pauses")
    phase_flag = Byte(25, "1, rewritten when the phase of the game changes")
    shield_y = Byte(26, "height of the shield, screen y of the bottom row - 121: 1 to 63, a pixel every second frame")
    player_orientation = Byte(30, "bits 2 and 3: where the Yar looks: 0 down, 1 right, 2 up, 3 left")
    player_y = Byte(31, "height of the Yar, screen y - 3; 0 to 190")
    player_x = Byte(32, "column of the Yar; 0 to 150")
    player_missile_y = Byte(37, "height of the agent's shot, screen y - 4; beside the Yar while there is none")
    player_missile_x = Byte(38, "column of the agent's shot, screen x + 1; beside the Yar while there is none")
    enemy_sprite_offset = Byte(40, "part of the Qotile's picture, 0")
    enemy_sprite_height = Byte(41, "part of the Qotile's picture, 10")
    enemy_y = Byte(42, "height of the Qotile or swirl, screen y - 3; the Qotile's is shield_y + 53")
    enemy_x = Byte(43, "column: 150 the Qotile in its place, below 145 a flying swirl (screen x - 4)")
    enemy_missile_y = Byte(46, "height of the destroyer missile, screen y - 2")
    enemy_missile_x = Byte(47, "column of the destroyer missile")
    screen_state = Byte(53, "above 159 in play, 32 or 36 while the Yar dies")
    score = ByteArray((96, 97, 98), "score, BCD, high byte first")
    lives = Byte(99, "upper four bits: lives left, 4 at the start")
    enemy_colour = Byte(104, "colour of Qotile, swirl and destroyer missile, which changes all the time")


yars_revenge = Game(
    "yars_revenge",
    YarsRevengeRam,
    "No FIRE is needed to start. The death of a Yar is shown for about 70 frames.",
)

FIELD_SHOWN = 160  # least screen_state
FLIES = 145  # enemy_x below which it is a swirl
UP = 8  # bit of vertical_direction
SHIELD_CENTRE, ENEMY_CENTRE = 37, 90
ENEMY_TOP, ENEMY_BOTTOM = 54, 116

BLACK, VIOLET, BROWN, YELLOW = (0, 0, 0), (169, 128, 240), (163, 57, 21), (232, 232, 74)


# --- Objects -----------------------------------------------------------------------------------------------------


def field_shown(ram: YarsRevengeRam) -> bool:
    """Whether the game goes on, rather than showing the Yar's death."""
    return ram.screen_state >= FIELD_SHOWN


@yars_revenge.object("Player", colour=VIOLET)
def player(ram: YarsRevengeRam) -> Iterator[Box]:
    """The agent's Yar."""
    if field_shown(ram):
        yield ram.player_x, ram.player_y + 3, 8, 16


@yars_revenge.object("Enemy", colour=YELLOW)
def enemy(ram: YarsRevengeRam) -> Iterator[Box]:
    """The Qotile in its place."""
    if field_shown(ram) and ram.enemy_x >= FLIES:
        yield ram.enemy_x, ram.enemy_y + 3, 8, 18, rgb(ram.enemy_colour)


@yars_revenge.object("Swirl", colour=YELLOW)
def swirl(ram: YarsRevengeRam) -> Iterator[Box]:
    """The Qotile as a swirl that flies at the Yar."""
    if field_shown(ram) and ram.enemy_x < FLIES:
        yield ram.enemy_x + 4, ram.enemy_y + 3, 8, 18, rgb(ram.enemy_colour)


@yars_revenge.object("EnemyMissile", colour=YELLOW, flickers=True)
def enemy_missile(ram: YarsRevengeRam) -> Iterator[Box]:
    """The destroyer missile, which follows the Yar."""
    if field_shown(ram):
        yield ram.enemy_missile_x, ram.enemy_missile_y + 2, 4, 2, rgb(ram.enemy_colour)


@yars_revenge.object("Barrier", colour=BLACK)
def barrier(ram: YarsRevengeRam) -> Iterator[Box]:
    """The neutral zone, in which the Yar is safe from the destroyer missile: stripes of random colours on black."""
    if field_shown(ram):
        yield 52, 4, 28, 190


@yars_revenge.object("ShieldBlock", colour=BROWN, count=128, flickers=True)
def shield_block(ram: YarsRevengeRam) -> Iterator[Box]:
    """The cells of the shield that are left, row by row from the bottom."""
    if field_shown(ram):
        bottom = ram.shield_y + 121
        for row, bits in enumerate(ram.shield_rows):
            for column in range(8):
                if bits >> column & 1:
                    yield 128 + 4 * column, bottom - 8 * row, 4, 8


# --- Modifs ------------------------------------------------------------------------------------------------------

yars_revenge.poke(
    "static",
    "dynamics",
    "The Qotile and its shield stand still at half height; swirls fly straight to the left.",
    {YarsRevengeRam.enemy_y: ENEMY_CENTRE, YarsRevengeRam.shield_y: SHIELD_CENTRE},
)

yars_revenge.poke(
    "disable_enemy_movement",
    "dynamics",
    "The Qotile stands still at half height while the shield moves up and down; swirls fly straight to the left.",
    {YarsRevengeRam.enemy_y: ENEMY_CENTRE},
)


@yars_revenge.modif("dynamics", writes=[YarsRevengeRam.shield_y, YarsRevengeRam.vertical_direction])
def disable_block_movement(ram: YarsRevengeRam) -> None:
    """The shield stands still at half height while the Qotile moves up and down."""
    ram.shield_y = SHIELD_CENTRE
    # The game turns the Qotile by where the shield is.
    if ram.enemy_x >= FLIES:
        if ram.enemy_y <= ENEMY_TOP:
            ram.vertical_direction &= ~UP
        elif ram.enemy_y >= ENEMY_BOTTOM:
            ram.vertical_direction |= UP
