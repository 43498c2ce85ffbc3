"""Battle Zone: the agent sees the battle field from inside its tank and shoots enemy tanks, one or two at a time."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Game
from hackatari.palette import rgb
from hackatari.ram import Byte, ByteArray, Ram


class BattleZoneRam(Ram):
    """RAM map of Battle Zone; arrays have one byte for each of the two enemies."""

    view_angle = Byte(4, "direction in which the agent looks, moves the mountains")
    score = Byte(29, "thousands of points, BCD")
    enemy_picture = ByteArray((46, 52), "how the enemy is drawn: its size and direction; 16 to 46 while in view")
    enemy_depth = ByteArray((47, 53), "how near the enemy is, 0 to 9; its upper edge is at screen y 97 - depth")
    enemy_x = ByteArray((48, 54), "column of the enemy, screen x - 1")
    lives = Byte(58, "tanks left, 5 at the start")
    left_tread = Byte(59, "position of the left tread, value % 8")
    right_tread = Byte(60, "position of the right tread, value % 8")
    crash = Byte(65, "not 0 while the agent's tank is destroyed and the screen shows a crash")
    enemy_type = ByteArray((73, 81), "0 none, 1 tank, 2 yellow tank, 3 wreck, 4 red fighter, 5 yellow super tank")
    radar_angle = Byte(74, "direction of the enemy on the radar")
    radar_distance = ByteArray((82, 83), "distance of the enemies on the radar; 255 for none")
    radar_hand = Byte(84, "angle of the radar's turning hand")
    missile_y = Byte(105, "height of the shot")
    crosshair_colour = Byte(108, "colour of the crosshair: 0 black, 46 yellow with an enemy in the sights")


battle_zone = Game(
    "battle_zone",
    BattleZoneRam,
    "The agent's tank is always at the bottom of the picture; turning moves everything else.",
)

TANK, YELLOW_TANK = 1, 2  # enemy_type
RIGHT_EDGE = 140  # enemy_x
IN_VIEW = range(16, 47)  # enemy_picture
WIDE = (30, 35, 46)  # enemy_picture


@battle_zone.object("Player", colour=(26, 102, 26))
def player(ram: BattleZoneRam) -> Iterator[Box]:
    """The front of the agent's tank."""
    if not ram.crash:
        yield 19, 140, 122, 38


@battle_zone.object("Crosshair", colour=(0, 0, 0))
def crosshair(ram: BattleZoneRam) -> Iterator[Box]:
    """The sights."""
    if not ram.crash:
        yield 78, 79, 1, 6, rgb(ram.crosshair_colour)


@battle_zone.object("Radar", colour=(111, 210, 111))
def radar(ram: BattleZoneRam) -> Iterator[Box]:
    """The radar with its hand, which turns."""
    if not ram.crash:
        yield 74, 3, 22, 33


@battle_zone.object("BlueTank", colour=(24, 80, 128), count=2)
def blue_tank(ram: BattleZoneRam) -> Iterator[Box]:
    """The enemy tanks that are in view."""
    return enemies_of_type(ram, TANK)


@battle_zone.object("YellowTank", colour=(195, 144, 61), count=2)
def yellow_tank(ram: BattleZoneRam) -> Iterator[Box]:
    """The yellow enemy tanks that are in view."""
    return enemies_of_type(ram, YELLOW_TANK)


def enemies_of_type(ram: BattleZoneRam, wanted: int) -> Iterator[Box]:
    """The boxes of enemies of a type, without those at the edges of the picture."""
    if ram.crash:
        return
    enemies = zip(ram.enemy_type, ram.enemy_picture, ram.enemy_x, ram.enemy_depth, strict=True)
    for kind, picture, x, depth in enemies:
        if kind == wanted and picture in IN_VIEW and 0 < x < RIGHT_EDGE:
            yield x + 1, 97 - depth, 32 if picture in WIDE else 16 if picture < 31 else 24, height(picture)


def height(picture: int) -> int:
    """Rows of an enemy: the nearer it is, the higher the number of its picture."""
    return 7 if picture < 21 else 9 if picture < 26 else 10 if picture < 33 else 14 if picture < 39 else 16
