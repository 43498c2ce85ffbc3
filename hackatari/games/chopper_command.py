"""Chopper Command: the agent's helicopter guards a convoy of trucks against planes and helicopters in a desert."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from hackatari.game import Box, Colour, Game
from hackatari.palette import rgb
from hackatari.ram import Byte, ByteArray, Ram, bcd_digits


class ChopperCommandRam(Ram):
    """RAM map of Chopper Command; the lanes of the enemies run from bottom to top."""

    bomb_y = Byte(2, "height of the bomb before it splits, 167 - screen y; 240 while there is none")
    sector_middle = ByteArray(
        range(5, 9), "a sector of the desert, rightmost first: bits 0-2 enemies of the middle lane, bits 3-5 trucks"
    )
    sector_outer = ByteArray(
        range(9, 13), "a sector of the desert: bits 0-2 enemies of the top lane, bits 3-5 of the bottom lane"
    )
    truck_x = Byte(17, "column of the leftmost truck on the screen, 0 for none; hardware steps above 160")
    enemy_x = ByteArray((18, 19, 20), "column of the enemy in a lane, relative to scroll")
    truck_copies = Byte(21, "bit 1: a second truck 32 columns further right, bit 2: another one 64 columns further")
    enemy_y = ByteArray((22, 23, 24), "height of the enemy in a lane: 161 - screen y of planes, 158 - y of helicopters")
    enemy_state = ByteArray((30, 31, 32), "hardware code of the enemy's column; 96 while there is none in the lane")
    enemy_kind = ByteArray((34, 35, 36), "0-3 none or an explosion, 6-7 plane, 8-11 helicopter")
    shot_colour = Byte(45, "falls while the shot flies; it is drawn in colour 128 - shot_colour")
    shot_bits = ByteArray((49, 52, 55, 58, 61, 64), "the shot as playfield registers, 4 columns per bit")
    shot_y = Byte(65, "height of the shot, 167 - screen y")
    facing_right = Byte(66, "1 while the agent's helicopter faces right, else 0")
    scroll_page = Byte(67, "which sector the screen shows, 0 to 3; +1 when scroll wraps around")
    scroll = Byte(68, "how far the desert has moved, 0 to 159")
    bomb_x = Byte(70, "column of the bomb, screen x + 1; after the split screen x - 1")
    player_x = Byte(71, "column of the agent's helicopter, 17 to 133")
    player_y = Byte(72, "height of the agent's helicopter, 159 - screen y; 16 to 128")
    split_bomb_y = ByteArray((94, 95), "heights of the upper and the lower half of a split bomb; 240 for none")
    restart_timer = Byte(97, "frames until play starts: 88 at reset, 127 after the loss of a life, 0 in play")
    lives = Byte(100, "lives left: 3 at reset, 0 ends the episode")
    score_high = Byte(108, "ten and hundred thousands of the score, BCD")
    score_middle = Byte(110, "hundreds and thousands of the score, BCD")
    score_low = Byte(112, "tens and ones of the score, BCD")
    colour_mask = Byte(117, "XORed into the colours of the desert and the enemies; 0, but for the screen saver")
    object_colour = Byte(118, "colour of the agent's helicopter, bombs, score and lives, 44; radar blips XOR it with 2")


chopper_command = Game(
    "chopper_command",
    ChopperCommandRam,
    "No FIRE is needed. There are three lives; a cleared desert brings the next wave.",
)

LEFT_EDGE = 8  # the columns on the left of it are blank
NO_BOMB, NO_ENEMY = 240, 96
TRUCK_SPACING = 32
EXPLOSION = 93  # restart_timer from which on the helicopter is not drawn
RADAR_LEFT, RADAR_RIGHT = 56, 104
RADAR = (slice(179, 187), slice(RADAR_LEFT, RADAR_RIGHT))
DESERT_PIXEL = (178, RADAR_LEFT)  # on the radar, always empty
# Columns of the dots on the radar by the three bits for trucks; the patterns 3 and 4 are the wrong way round.
TRUCK_DOTS = ((), (4,), (2,), (0,), (2, 4), (0, 4), (0, 2), (0, 2, 4))

DESERT, SAND, BLIP = 38, 44, 46  # palette indices
BLACK, WHITE, RED, BLUE, GREEN = 0, 14, 49, 112, 200


# --- Objects -----------------------------------------------------------------------------------------------------


def clipped(x: int, y: int, w: int, h: int, colour: Colour) -> Iterator[Box]:
    """A box without what is in the blank columns."""
    left = max(x, LEFT_EDGE)
    if left < x + w:
        yield left, y, x + w - left, h, colour


@chopper_command.object("Player", colour=rgb(SAND))
def player(ram: ChopperCommandRam) -> Iterator[Box]:
    """The agent's helicopter."""
    if ram.restart_timer < EXPLOSION:
        yield ram.player_x + 2 * ram.facing_right, 159 - ram.player_y, 16, 9


@chopper_command.object("Shot", colour=rgb(112), count=3)
def shot(ram: ChopperCommandRam) -> Iterator[Box]:
    """The agent's shot, a long line that changes its colour in flight."""
    left0, left1, left2, right0, right1, right2 = (f"{bits:08b}" for bits in ram.shot_bits)
    # Playfield registers 0 and 2 start with the lowest bit; of register 0 only the upper half is drawn.
    line = left0[3::-1] + left1 + left2[::-1] + right0[3::-1] + right1 + right2[::-1]
    for run in re.finditer("1+", line):
        yield from clipped(4 * run.start(), 167 - ram.shot_y, 4 * len(run[0]), 1, rgb(128 - ram.shot_colour))


@chopper_command.object("Truck", colour=(0, 0, 0), count=3)
def truck(ram: ChopperCommandRam) -> Iterator[Box]:
    """The trucks of the convoy."""
    x = ram.truck_x
    if x:
        left = (x + 31) % 255 if x > 222 else (x + 63) % 255 if x > 160 else x
        for copy in range(3):
            if copy == 0 or ram.truck_copies >> copy & 1:
                yield from clipped(left + TRUCK_SPACING * copy, 161, 8, 7, (0, 0, 0))


def drawn_scroll(ram: ChopperCommandRam) -> int:
    """Where the desert is in the picture, which is a frame behind."""
    return ram.scroll + (1 if ram.facing_right else -1)


def enemies(ram: ChopperCommandRam, kinds: range, y: int, h: int, colour: Colour) -> Iterator[Box]:
    """The enemies of these kinds, from the bottom lane to the top lane."""
    scroll = drawn_scroll(ram)
    next_sector = ram.scroll in (0, 159)
    for x, height, state, kind in zip(ram.enemy_x, ram.enemy_y, ram.enemy_state, ram.enemy_kind, strict=True):
        if kind in kinds and state != NO_ENEMY and (state or not next_sector):
            yield from clipped((x + scroll) % 160, y - height, 8, h, colour)


@chopper_command.object("EnemyPlane", colour=rgb(128), count=3)
def enemy_plane(ram: ChopperCommandRam) -> Iterator[Box]:
    """The enemies' planes."""
    return enemies(ram, range(6, 8), y=161, h=6, colour=rgb(128))


@chopper_command.object("EnemyHelicopter", colour=rgb(14), count=3)
def enemy_helicopter(ram: ChopperCommandRam) -> Iterator[Box]:
    """The enemies' helicopters."""
    return enemies(ram, range(8, 12), y=158, h=9, colour=rgb(14))


@chopper_command.object("Bomb", colour=rgb(SAND), count=2)
def bomb(ram: ChopperCommandRam) -> Iterator[Box]:
    """The enemies' bomb, which splits into two in flight."""
    if ram.bomb_y == NO_BOMB:
        return
    x = ram.bomb_x - (0 if ram.facing_right else 2)
    upper, lower = ram.split_bomb_y
    if abs(upper - lower) <= 1:
        yield from clipped(x, 167 - ram.bomb_y, 2, 2, rgb(SAND))
        return
    for y, half in ((169 - upper, upper), (165 - lower, lower)):
        if half != NO_BOMB:
            yield from clipped(x, y, 2, 1, rgb(SAND))


@chopper_command.object("MiniPlayer", colour=rgb(32))
def mini_player(ram: ChopperCommandRam) -> Iterator[Box]:
    """The agent's helicopter on the radar."""
    yield 74 + ram.player_x // 32, 184 - ram.player_y // 16 % 8, 2, 2


def on_radar(x: int, y: int, w: int) -> Iterator[Box]:
    """A blip of 2 rows without what is beyond the radar's borders."""
    left, right = max(x, RADAR_LEFT), min(x + w, RADAR_RIGHT)
    if left < right:
        yield left, y, right - left, 2


def sector_x(ram: ChopperCommandRam, sector: int) -> int:
    """The column on the radar of the left end of a sector, counted from the right."""
    return 96 - 16 * sector + 8 * (ram.scroll_page % 2) + drawn_scroll(ram) // 20


@chopper_command.object("MiniTruck", colour=rgb(BLIP), count=10)
def mini_truck(ram: ChopperCommandRam) -> Iterator[Box]:
    """The trucks on the radar."""
    for i, sector in enumerate(ram.sector_middle):
        for dot in TRUCK_DOTS[sector >> 3 & 7]:
            yield from on_radar(sector_x(ram, i) + 4 + dot, 185, 1)


@chopper_command.object("MiniEnemy", colour=rgb(BLIP), count=12)
def mini_enemy(ram: ChopperCommandRam) -> Iterator[Box]:
    """The enemies' planes and helicopters on the radar."""
    for i, (middle, outer) in enumerate(zip(ram.sector_middle, ram.sector_outer, strict=True)):
        for x, y in ((outer >> 3 & 7, 183), (middle & 7, 181), (outer & 7, 179)):
            if x:
                yield from on_radar(sector_x(ram, i) + x, y, 2)


@chopper_command.object("Score", colour=rgb(SAND), hud=True)
def score(ram: ChopperCommandRam) -> Iterator[Box]:
    """The score."""
    digits = bcd_digits(ram.score_high, ram.score_middle, ram.score_low) or 1
    wider = 8 * (digits - 1)
    yield 75 - wider, 16, 6 + wider, 7


@chopper_command.object("Life", colour=rgb(SAND), hud=True)
def life(ram: ChopperCommandRam) -> Iterator[Box]:
    """The lives that are left after this one."""
    spare = (ram.lives & 15) - 1
    if spare > 0:
        yield 33, 24, 8 * spare, 9


# --- Modifs: the enemies -----------------------------------------------------------------------------------------


@chopper_command.modif("dynamics", writes=[ChopperCommandRam.sector_middle, ChopperCommandRam.sector_outer])
def no_enemies(ram: ChopperCommandRam) -> None:
    """There are no planes, helicopters and bombs, only the trucks; nothing can be shot, so there are no points."""
    ram.sector_middle[:] = [sector & 0b11111000 for sector in ram.sector_middle]
    ram.sector_outer[:] = [sector & 0b11000000 for sector in ram.sector_outer]


# --- Modifs: what is seen ----------------------------------------------------------------------------------------


@chopper_command.modif("visual", hides=["MiniTruck", "MiniEnemy"])
def no_radar(screen: np.ndarray) -> None:
    """Enemies and trucks are missing on the radar, which only shows the agent's helicopter."""
    radar = screen[RADAR]
    radar[radar == BLIP] = screen[DESERT_PIXEL]


@chopper_command.modif("visual")
def invisible_player(screen: np.ndarray, ram: ChopperCommandRam) -> None:
    """The agent's helicopter is invisible in the picture, but for its dot on the radar; it flies on."""
    left, top = ram.player_x - 4, 158 - ram.player_y  # wide enough for a helicopter that is turning
    right = left + 26
    behind = left - 1 if ram.facing_right else right  # there are no shots on this side
    rows = slice(max(top, 0), top + 11)
    field = screen[rows, left:right]
    np.copyto(field, screen[rows, behind : behind + 1], where=field == SAND)


for name, shade, colour in (
    ("black", "black", BLACK),
    ("white", "white", WHITE),
    ("red", "dark red", RED),
    ("blue", "dark blue", BLUE),
    ("green", "green", GREEN),
):
    chopper_command.poke(
        f"color_{name}",
        "visual",
        f"The desert is {shade}. Mountains, horizon, ground and enemies change their colours as well, to others.",
        {ChopperCommandRam.colour_mask: DESERT ^ colour},
    )
