"""Berzerk: the agent flees through mazes full of robots that shoot, and from Evil Otto, who cannot be shot."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Colour, Game
from hackatari.ram import Byte, ByteArray, Ram, bcd_digits


class BerzerkRam(Ram):
    """RAM map of Berzerk; heights grow downwards, directions are 1 up, 2 down, 4 left, 8 right and their sums."""

    player_y = Byte(11, "height of the player, screen y - 5")
    player_direction = Byte(14, "direction in which the player looks")
    player_missile_active = Byte(15, "0 while the player has no shot in flight")
    player_x = Byte(19, "column of the player, screen x - 4; 0 while it is not there")
    player_missile_direction = Byte(21, "direction of the player's shot")
    player_missile_x = Byte(22, "column of the player's shot")
    player_missile_y = Byte(23, "height of the player's shot, about half of the screen y")
    robot_missile_active = Byte(24, "0 while no robot's shot is in flight")
    robot_missile_direction = Byte(26, "direction of the robots' shot; 4, 8 and 12 are vertical")
    robot_missile_x = Byte(29, "column of the robots' shot, screen x - 2")
    robot_missile_y = Byte(30, "height of the robots' shot, half of the screen y")
    otto_x = Byte(46, "column of Evil Otto")
    robot_y = ByteArray(range(56, 64), "height of a robot, (screen y - 4) / 2; 127 when it is gone")
    robot_x = ByteArray(range(65, 73), "column of a robot, screen x - 6; 0 while there is none")
    screen_state = Byte(80, "44 and more while the maze changes and nothing moves")
    otto_y = Byte(89, "height of Evil Otto")
    lives = Byte(90, "spare lives: 2 at the start, 255 when the game is over")
    robots_killed = Byte(91, "robots killed in this room")
    level = Byte(92, "counts rooms; the robots' colour follows from it")
    score = ByteArray(range(93, 96), "points, BCD, highest digits first")
    fade_in = Byte(101, "255 when player, robots and shots are shown; gains a bit per frame before that")


berzerk = Game(
    "berzerk",
    BerzerkRam,
    "There are up to eight robots in a room, and one shot of all of them together.",
)

CHANGES = 44  # screen_state from which on the maze changes
SHOWN = 255  # fade_in
GONE = 127  # robot_y
ROBOT_COLOURS = (
    (210, 210, 64),
    (198, 108, 58),
    (214, 214, 214),
    (111, 210, 111),
    (240, 128, 128),
    (84, 160, 197),
    (232, 204, 99),
    (198, 89, 179),
)


def robot_colour(ram: BerzerkRam) -> Colour:
    """The colour of the robots and their shot in this room."""
    return ROBOT_COLOURS[ram.level % 16 // 2]


def in_play(ram: BerzerkRam) -> bool:
    """Whether player, robots and shots are on the screen."""
    return ram.screen_state < CHANGES and ram.fade_in == SHOWN


# --- Objects -----------------------------------------------------------------------------------------------------


@berzerk.object("Player", colour=(240, 170, 103))
def player(ram: BerzerkRam) -> Iterator[Box]:
    """The agent's man."""
    if ram.player_x and in_play(ram):
        yield ram.player_x + 4, ram.player_y + 5, 8, 20


@berzerk.object("Enemy", colour=ROBOT_COLOURS[0], count=8)
def enemy(ram: BerzerkRam) -> Iterator[Box]:
    """The robots, in the colour of the room."""
    if in_play(ram):
        for x, y in zip(ram.robot_x, ram.robot_y, strict=True):
            if x and y != GONE:
                yield x + 6, 2 * y + 4, 8, 16, robot_colour(ram)


@berzerk.object("PlayerMissile", colour=(240, 170, 103))
def player_missile(ram: BerzerkRam) -> Iterator[Box]:
    """The player's shot."""
    if ram.player_missile_active and in_play(ram):
        direction, x, y = ram.player_missile_direction, ram.player_missile_x, 2 * ram.player_missile_y
        if direction in (1, 2):
            yield x + 2, (y + 3 if direction == 1 else y - 1), 1, 6
        else:
            right = 4 if direction in (4, 5, 6) else 0
            down = {4: 2, 5: 2, 9: 4}.get(direction, 0)
            yield x + right, y + down, 4, 2


@berzerk.object("EnemyMissile", colour=ROBOT_COLOURS[0])
def enemy_missile(ram: BerzerkRam) -> Iterator[Box]:
    """The robots' shot, in their colour."""
    if ram.robot_missile_active and in_play(ram):
        vertical = ram.robot_missile_direction in (4, 8, 12)
        w, h = (1, 6) if vertical else (4, 3)
        yield ram.robot_missile_x + 2, 2 * ram.robot_missile_y, w, h, robot_colour(ram)


@berzerk.object("PlayerScore", colour=(232, 232, 74), hud=True)
def player_score(ram: BerzerkRam) -> Iterator[Box]:
    """The points, without leading zeros."""
    digits = bcd_digits(*ram.score)
    if digits and ram.screen_state < CHANGES:
        yield 104 - 8 * digits, 183, 8 * digits - 2, 7


@berzerk.object("Lives", colour=(232, 232, 74), hud=True)
def lives(ram: BerzerkRam) -> Iterator[Box]:
    """The spare lives, shown while the maze changes."""
    if ram.screen_state >= CHANGES and 0 < ram.lives < 8:
        yield 104 - 8 * ram.lives, 183, 8 * ram.lives - 2, 7
