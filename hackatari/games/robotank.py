"""Robotank: the agent drives a tank by video and radar and shoots enemy tanks, a point each, in squadrons of 12."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hackatari.game import Box, Colour, Game
from hackatari.palette import rgb
from hackatari.ram import Byte, Ram


class RobotankRam(Ram):
    """RAM map of Robotank."""

    clock = Byte(1, "counts frames, wraps around at 256; lamps blink with bit 3, a damaged video with bit 6")
    enemy_bearing = Byte(32, "direction of the nearest enemy in degrees, low byte; also its column in the view")
    enemy_bearing_high = Byte(33, "direction of the nearest enemy, high byte")
    enemy_visible = Byte(35, "not 0 while the enemy is in the view")
    enemy_size = Byte(37, "nearness of the enemy; the high nibble is its size in the view")
    lives = Byte(40, "spare tanks, 3 at the start")
    clock_hour = Byte(49, "hour of the day, BCD, 10 at the start")
    tanks_destroyed = Byte(53, "enemy tanks of the squadron that are destroyed, 0 to 11")
    squadrons = Byte(54, "squadrons that are destroyed, 12 tanks each")
    rocking = Byte(60, "phase of the view's rocking up and down")
    enemy_shot_x = Byte(62, "column of the enemy's shot, screen x + 1")
    player_shot_size = Byte(64, "size of the agent's shot, shrinks as it flies away; above 5 in flight")
    player_shot_y = Byte(65, "how much lower the agent's shot is drawn")
    enemy_shot_distance = Byte(67, "32 minus the size of the enemy's shot; 0 while there is none")
    enemy_heading = Byte(69, "where the enemy faces: 0 and 15 to or from the agent, else to a side")
    enemy_destroyed = Byte(77, "not 0 while the enemy explodes or is absent")
    sky_colour = Byte(83, "colour of the sky")
    disturbance = Byte(88, "255 while the view flashes because the agent's tank has been hit")
    tank_colour = Byte(93, "colour of tanks and shots: black, or yellow when the enemy has just shot")
    weather = Byte(94, "0 clear, 1 rain, 2 snow, 3 fog")
    radar_dot_x = Byte(98, "column of the enemy on the radar, screen x - 24")
    radar_dot_y = Byte(100, "height of the enemy on the radar, 172 - screen y")
    damage = Byte(118, "damaged parts: bit 0 treads, bit 1 cannon, bit 2 radar, bit 3 video; 15 when destroyed")


robotank = Game(
    "robotank",
    RobotankRam,
    "Play starts at once; FIRE shoots. An hour takes about 300 frames; enemies are hard to see at night.",
)

RAIN, SNOW, FOG = 1, 2, 3
TREADS, CANNON, RADAR, VIDEO = 1, 2, 4, 8  # bits of damage
ROCKING = (0, 1, 2, 2, 1, 0, -1, -2, -3, -4, -4, -3, -2, -1)  # rows, for two frames each
RADAR_ROWS, RADAR_COLUMNS = slice(139, 171), slice(57, 100)
VIEW_LEFT = 8  # first column of the view
PANEL, DOT, PAINTED_DOT = 96, 102, 103  # palette indices; the two dots look the same
DESTROYED = 15  # damage of a tank that is destroyed
BLACK, WHITE, RED, GREEN, VIOLET = rgb(0), rgb(14), rgb(68), rgb(214), rgb(DOT)


# --- Objects -----------------------------------------------------------------------------------------------------


def video_works(ram: RobotankRam) -> bool:
    """Whether the view is on: it flashes after a hit, and when it is damaged, it is dark half of the time."""
    return not ram.disturbance and not (ram.damage & VIDEO and ram.clock & 64) and ram.damage != DESTROYED


def rocked(ram: RobotankRam, row: int) -> int:
    """The row of the picture on which a row of the view is now."""
    return row + ROCKING[ram.rocking % 28 // 2]


def in_view(x: int, y: int, w: int, h: int, colour: Colour) -> Iterator[Box]:
    """The part of a box that is in the view."""
    left, right = max(x, VIEW_LEFT), x + w
    if left < right:
        yield left, y, right - left, h, colour


@robotank.object("PlayerCrosshair", colour=WHITE)
def crosshair(ram: RobotankRam) -> Iterator[Box]:
    """The cross at which the agent shoots, with a bar above and below; an explosion takes its place."""
    if video_works(ram) and not ram.enemy_destroyed:
        yield 72, rocked(ram, 82), 16, 23


@robotank.object("PlayerShot", colour=BLACK)
def player_shot(ram: RobotankRam) -> Iterator[Box]:
    """The agent's shot; it gets smaller as it flies away."""
    size = ram.player_shot_size - 6
    if video_works(ram) and size >= 0:
        top = rocked(ram, 101 + 5 * size + ram.player_shot_y)
        yield 77 - size // 2, top, size + 4, size + 3, rgb(ram.tank_colour)


@robotank.object("EnemyTank", colour=BLACK)
def enemy_tank(ram: RobotankRam) -> Iterator[Box]:
    """The enemy tank in the view; at night it is hard to tell from the ground, in fog it cannot be seen."""
    rows = (ram.enemy_size >> 4) - 3
    if rows > 0 and ram.enemy_visible and not ram.enemy_destroyed and video_works(ram) and ram.weather != FOG:
        left, width = ram.enemy_bearing - 4 - rows, 4 + rows
        if 0 < ram.enemy_heading < 15:
            left += width // 2
            width -= width // 2
        elif ram.enemy_heading == 15:
            left += 4 + rows // 4
        top = rocked(ram, 87 + max(0, min(2, 4 - rows)))
        yield from in_view(left, top, width, rows, rgb(ram.tank_colour))


@robotank.object("EnemyShot", colour=BLACK)
def enemy_shot(ram: RobotankRam) -> Iterator[Box]:
    """The enemy's shot; it gets larger as it comes near."""
    if video_works(ram) and ram.enemy_shot_distance:
        size = 32 - ram.enemy_shot_distance
        yield from in_view(ram.enemy_shot_x - 1, rocked(ram, 89), size // 2 + 1, size - 1, rgb(ram.tank_colour))


@robotank.object("EnemyRadarPosition", colour=VIOLET)
def enemy_radar_position(ram: RobotankRam) -> Iterator[Box]:
    """The enemy's dot on the radar."""
    if not ram.damage & RADAR and not ram.enemy_destroyed:
        yield ram.radar_dot_x + 24, 172 - ram.radar_dot_y, 1, 1


def lamp(ram: RobotankRam, x: int, y: int, bit: int) -> Iterator[Box]:
    """The lamp of a part: green, or red and black in turns while the part is damaged."""
    if ram.damage != DESTROYED:
        damaged_colour = RED if ram.clock & 8 else BLACK
        yield x, y, 8, 10, damaged_colour if ram.damage & bit else GREEN


@robotank.object("VisionSensor", colour=GREEN)
def vision_sensor(ram: RobotankRam) -> Iterator[Box]:
    """The lamp V of the video."""
    return lamp(ram, 44, 142, VIDEO)


@robotank.object("RadarSensor", colour=GREEN)
def radar_sensor(ram: RobotankRam) -> Iterator[Box]:
    """The lamp R of the radar."""
    return lamp(ram, 108, 142, RADAR)


@robotank.object("CanonSensor", colour=GREEN)
def canon_sensor(ram: RobotankRam) -> Iterator[Box]:
    """The lamp C of the cannon."""
    return lamp(ram, 44, 158, CANNON)


@robotank.object("TreadSensor", colour=GREEN)
def tread_sensor(ram: RobotankRam) -> Iterator[Box]:
    """The lamp T of the treads."""
    return lamp(ram, 108, 158, TREADS)


@robotank.object("Score", colour=BLACK, hud=True)
def score(ram: RobotankRam) -> Iterator[Box]:
    """A small tank for each destroyed enemy tank of the squadron."""
    if ram.tanks_destroyed:
        yield 32, 22, 8 * ram.tanks_destroyed - 2, 8


@robotank.object("Lives", colour=RED, hud=True)
def lives(ram: RobotankRam) -> Iterator[Box]:
    """A small tank for each spare tank."""
    if ram.lives and ram.damage != DESTROYED:
        yield 32, 175, 8 * ram.lives - 2, 8


@robotank.object("Clock", colour=WHITE, hud=True)
def clock(ram: RobotankRam) -> Iterator[Box]:
    """The hour of the day."""
    if ram.damage != DESTROYED:
        yield 83, 10, 14, 8


# --- Modifs: the weather -----------------------------------------------------------------------------------------

robotank.poke(
    "fog",
    "visual",
    "It is always foggy: the view is grey, enemy tanks can only be found by radar and by their shots.",
    {RobotankRam.weather: FOG},
)
robotank.poke(
    "snow",
    "dynamics",
    "It always snows: the view is white, enemy tanks are faint, and the agent's tank is slower by about a quarter.",
    {RobotankRam.weather: SNOW},
)
robotank.poke(
    "rain",
    "dynamics",
    "It always rains: the sky is grey, and the agent's tank turns at less than half its speed.",
    {RobotankRam.weather: RAIN},
)


# --- Modifs: damage ----------------------------------------------------------------------------------------------


@robotank.modif("dynamics", writes=[RobotankRam.damage])
def no_radar(ram: RobotankRam) -> None:
    """The radar is damaged: it does not show the enemy."""
    ram.damage |= RADAR


@robotank.modif("dynamics", writes=[RobotankRam.damage])
def tread_damage(ram: RobotankRam) -> None:
    """The treads are damaged: the agent's tank turns and drives at a quarter of its speed or less."""
    ram.damage |= TREADS


@robotank.modif("dynamics", writes=[RobotankRam.damage])
def canon_damage(ram: RobotankRam) -> None:
    """The cannon is damaged: only some of the agent's pulls of the trigger give a shot."""
    ram.damage |= CANNON


@robotank.modif("visual", writes=[RobotankRam.damage])
def vision_damage(ram: RobotankRam) -> None:
    """The video is damaged: the view is black for 64 frames and works for 64 frames in turns."""
    ram.damage |= VIDEO


# --- Modifs: the radar's picture ---------------------------------------------------------------------------------


@robotank.modif("visual", hides=["EnemyRadarPosition"])
def no_radar_inpainting(screen: np.ndarray) -> None:
    """The radar is painted over, so that nothing can be seen of it, although it works.

    Together with `radar_enemy_pos_inpainting` the enemy's dot is seen and nothing else of the radar.
    """
    radar = screen[RADAR_ROWS, RADAR_COLUMNS]
    radar[radar != PAINTED_DOT] = PANEL


@robotank.modif("visual")
def radar_enemy_pos_inpainting(screen: np.ndarray, ram: RobotankRam) -> None:
    """The enemy's dot is painted on the radar, even on one that is painted over; a damaged radar stays empty."""
    for x, y, *_ in enemy_radar_position(ram):
        screen[y, x] = PAINTED_DOT
