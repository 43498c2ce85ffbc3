"""Ice Hockey: two against two for three minutes; the agent's team in blue and red defends the upper goal."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Game
from hackatari.ram import Byte, ByteArray, Ram


class IceHockeyRam(Ram):
    """RAM map of Ice Hockey; heights grow upwards. Teams have an upper and a lower player."""

    seconds = Byte(6, "seconds left, BCD")
    minutes = Byte(7, "minutes left")
    player_score = Byte(10, "goals of the agent's team")
    enemy_score = Byte(11, "goals of the opponents")
    puck_x = Byte(52, "column of the puck, screen x + 10")
    upper_player_y = Byte(53, "height of the agent's upper player, 168 - screen y")
    upper_enemy_y = Byte(54, "height of the upper opponent, 168 - screen y")
    lower_player_y = Byte(55, "height of the agent's lower player, 168 - screen y")
    lower_enemy_y = Byte(56, "height of the lower opponent, 168 - screen y")
    upper_player_x = Byte(57, "column of the agent's upper player, screen x + 13")
    upper_enemy_x = Byte(58, "column of the upper opponent, screen x + 13")
    lower_player_x = Byte(59, "column of the agent's lower player, screen x + 13")
    lower_enemy_x = Byte(60, "column of the lower opponent, screen x + 13")
    facing = ByteArray(
        range(61, 65), "not 0 if it faces left: upper player, upper opponent, lower player, lower opponent"
    )
    puck_y = Byte(91, "height of the puck, 188 - screen y")


ice_hockey = Game(
    "ice_hockey",
    IceHockeyRam,
    "The agent steers that player of its team who is nearer to the puck. There are no lives.",
)

BLUE, GREEN = (45, 50, 184), (82, 126, 45)
BLUE_DIGITS, YELLOW_DIGITS = (84, 92, 214), (236, 200, 96)


@ice_hockey.object("Player", colour=BLUE, count=2)
def player(ram: IceHockeyRam) -> Iterator[Box]:
    """The agent's team, the upper player first."""
    yield ram.upper_player_x - 13, 168 - ram.upper_player_y, 16, 20
    yield ram.lower_player_x - 13, 168 - ram.lower_player_y, 16, 20


@ice_hockey.object("Enemy", colour=GREEN, count=2)
def enemy(ram: IceHockeyRam) -> Iterator[Box]:
    """The opponents, the upper one first."""
    yield ram.upper_enemy_x - 13, 168 - ram.upper_enemy_y, 16, 20
    yield ram.lower_enemy_x - 13, 168 - ram.lower_enemy_y, 16, 20


@ice_hockey.object("Ball", colour=(0, 0, 0), flickers=True)
def ball(ram: IceHockeyRam) -> Iterator[Box]:
    """The puck; a move is seen one frame later."""
    yield ram.puck_x - 10, 188 - ram.puck_y, 2, 2


@ice_hockey.object("PlayerScore", colour=BLUE_DIGITS, hud=True)
def player_score(ram: IceHockeyRam) -> Iterator[Box]:
    """The goals of the agent's team."""
    yield score_box(ram.player_score, 46)


@ice_hockey.object("EnemyScore", colour=YELLOW_DIGITS, hud=True)
def enemy_score(ram: IceHockeyRam) -> Iterator[Box]:
    """The goals of the opponents."""
    yield score_box(ram.enemy_score, 110)


@ice_hockey.object("Timer", colour=BLUE_DIGITS, hud=True)
def timer(ram: IceHockeyRam) -> Iterator[Box]:
    """The time left."""
    yield 65, 5, 31, 7


def score_box(goals: int, ones_x: int) -> Box:
    """The box of a score whose ones digit is at column `ones_x`."""
    wider = 8 if goals > 9 else 0
    return ones_x - wider, 14, 7 + wider, 7
