"""H.E.R.O.: the hero flies down a mine, shoots creatures and blasts walls to save a miner before the power runs out."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Game
from hackatari.ram import Byte, ByteArray, Ram, bcd_digits


class HeroRam(Ram):
    """RAM map of H.E.R.O."""

    player_x = Byte(27, "column of the hero, screen x - 1")
    room = Byte(28, "room of the level, 0 is the uppermost")
    player_y = Byte(31, "height of the hero, growing upwards: screen y = 135 - height")
    breakable_wall_x = Byte(32, "column of the wall that can be blasted; 0, 9 and 153 = none")
    creature_y = ByteArray(
        range(33, 36),
        "height of a creature in its third of the shaft, from the bottom up; 50 = none",
    )
    creature_x = ByteArray(range(37, 40), "column of a creature; 147 = none")
    tentacle_x = Byte(40, "column of a tentacle or a raft at the bottom; 147 = none")
    bomb_or_miner_x = Byte(41, "column of the dynamite, in the last room of the miner; 147 = none")
    power = Byte(43, "power left, 81 = full")
    score_shown = Byte(47, "255 while the score is displayed, 0 while the level is")
    facing = Byte(48, "0 = the hero faces right, else left")
    dynamite = Byte(50, "sticks of dynamite left, 0 to 6")
    lives = Byte(51, "lives left, 4 after reset")
    autoplay = Byte(54, "a change starts a demonstration of the game")
    score = ByteArray(range(55, 58), "score, BCD, highest digits first")
    creature_type = ByteArray(range(78, 81), "picture of a creature; 155 = in the dark")
    fuse = Byte(95, "frames of the dynamite: it burns from 32 on, below it explodes")
    laser = Byte(115, "length of the laser beam; 253 = off")
    level = Byte(117, "level, from 0")


hero = Game(
    "hero",
    HeroRam,
    "Nothing moves until the first input. FIRE shoots, DOWN lays dynamite, UP flies.",
)

NOTHING_X, NO_CREATURE_Y, LASER_OFF = 147, 50, 253
NO_WALL_X = (0, 9, 153)
BURNS = 32  # fuse
DARK = 155  # creature_type, when the lamp has been hit
SPIDER, GREY = (210, 164, 74), (111, 111, 111)  # RGB
ROOMS = (2, 4, 6, 8, 8, 10, 12, 14, 16)  # by level, from the ninth on 16


# --- Objects -----------------------------------------------------------------------------------------------------


def in_last_room(ram: HeroRam) -> bool:
    """Whether the hero is in the miner's room."""
    return ram.room == ROOMS[min(ram.level, len(ROOMS) - 1)] - 1


@hero.object("Player", colour=(84, 138, 210))
def player(ram: HeroRam) -> Iterator[Box]:
    """The hero."""
    yield ram.player_x + 1, 135 - ram.player_y, 6, 25


@hero.object("Enemy", colour=SPIDER, count=2)
def enemy(ram: HeroRam) -> Iterator[Box]:
    """The creatures in the middle and upper third of the shaft, grey in the dark; the upper one can be a lamp."""
    for i in (1, 2):
        x, y = ram.creature_x[i], ram.creature_y[i]
        if y != NO_CREATURE_Y and x != NOTHING_X:
            colour = GREY if ram.creature_type[i] == DARK else SPIDER
            yield x, 115 - 42 * i - y + (i == 2) * 3, 8, 10, colour


@hero.object("LaserBeam", colour=(200, 72, 72), flickers=True)
def laser_beam(ram: HeroRam) -> Iterator[Box]:
    """The laser beam from the hero's helmet."""
    if ram.laser != LASER_OFF:
        x, y = ram.player_x + 1, 139 - ram.player_y
        yield ((x + 5, y, ram.laser + 4, 1) if ram.facing == 0 else (x - ram.laser - 3, y, ram.laser + 3, 1))


@hero.object("Wall", colour=(144, 72, 17))
def wall(ram: HeroRam) -> Iterator[Box]:
    """The wall that dynamite can blast; it cannot be seen in the dark."""
    if ram.breakable_wall_x not in NO_WALL_X and ram.creature_type[1] != DARK:
        yield ram.breakable_wall_x - 1, 19, 8, 79


@hero.object("Bomb", colour=(184, 50, 50))
def bomb(ram: HeroRam) -> Iterator[Box]:
    """The burning dynamite."""
    if ram.bomb_or_miner_x != NOTHING_X and ram.fuse >= BURNS and not in_last_room(ram):
        yield ram.bomb_or_miner_x + 3, 88, 3, 11


@hero.object("EndNPC", colour=(92, 186, 92))
def miner(ram: HeroRam) -> Iterator[Box]:
    """The trapped miner."""
    if ram.bomb_or_miner_x != NOTHING_X and in_last_room(ram):
        yield ram.bomb_or_miner_x, 85, 8, 13


@hero.object("PowerBar", colour=(232, 232, 74), hud=True)
def power_bar(ram: HeroRam) -> Iterator[Box]:
    """The power that is left."""
    yield 49, 145, min(ram.power, 79), 5


@hero.object("BombStock", colour=(184, 50, 50), hud=True)
def bomb_stock(ram: HeroRam) -> Iterator[Box]:
    """The dynamite that is left."""
    yield 102 - 7 * ram.dynamite, 165, 7 * ram.dynamite, 12


@hero.object("Life", colour=(45, 87, 176), hud=True)
def life(ram: HeroRam) -> Iterator[Box]:
    """The spare lives."""
    spare = ram.lives - 1
    yield 102 - 7 * spare, 152, 7 * spare, 13


@hero.object("Score", colour=(214, 214, 214), hud=True)
def score(ram: HeroRam) -> Iterator[Box]:
    """The score."""
    if not ram.score_shown:
        return
    digits = bcd_digits(*ram.score) or 1
    yield 105 - 8 * digits, 179, 8 * digits - 2, 7
