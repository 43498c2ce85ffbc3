"""Tennis: the agent is the red player, the enemy the blue one; the winner of six games in a set wins."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hackatari.game import Box, Game
from hackatari.palette import rgb
from hackatari.ram import Byte, ByteArray, Ram


class TennisRam(Ram):
    """RAM map of Tennis; heights and depths grow towards the upper end of the court."""

    enemy_score_text = Byte(6, "what the enemy's score shows: 0 to 6 games; 13 to 16 are 0, 15, 30, 40; 8 is deuce")
    player_score_text = Byte(7, "what the agent's score shows")
    ball_depth = Byte(15, "place of the ball along the court: 7 at the lower, 142 at the upper base line")
    ball_x = Byte(16, "column of the ball, screen x + 2; 77 at the serve, 2 when it is out of the picture")
    ball_height = Byte(17, "height of the ball above the court, 0 on the ground")
    ball_depth_speed = Byte(18, "speed of the ball along the court: 253 downwards, 2 upwards, 0 before a serve")
    ball_depth_sign = Byte(21, "255 while the ball flies downwards, else 0")
    upper_y = Byte(24, "height of the upper player, 166 - screen y")
    lower_y = Byte(25, "height of the lower player, 167 - screen y")
    upper_x = Byte(26, "column of the upper player")
    lower_x = Byte(27, "column of the lower player")
    player_score_digits = ByteArray(range(45, 49), "pictures of the agent's score")
    enemy_score_digits = ByteArray(range(49, 52), "pictures of the enemy's score")
    next_hitter = Byte(52, "whose turn it is to hit the ball: 0 the lower, 1 the upper player; opposite in flight")
    ball_screen_y = Byte(54, "189 - screen y of the ball, from ball_depth and ball_height in every frame")
    shadow_screen_y = Byte(55, "189 - screen y of the ball's shadow, from ball_depth in every frame")
    upper_facing = Byte(56, "not 0 while the upper player has its racket on the left")
    lower_facing = Byte(57, "not 0 while the lower player has its racket on the left")
    player_points = Byte(69, "points of the agent in this game: 0 to 3 are 0, 15, 30, 40")
    enemy_points = Byte(70, "points of the enemy in this game")
    player_games = Byte(71, "games that the agent has won")
    enemy_games = Byte(72, "games that the enemy has won")
    server = Byte(74, "who serves: 0 the upper, 1 the lower player")
    pause = Byte(75, "frames until the next serve after a point, counts down; 255 during a rally")
    side = Byte(80, "where the agent plays: 0 in the upper, 1 in the lower half")


tennis = Game(
    "tennis",
    TennisRam,
    "FIRE serves when it is the agent's turn, as at the start; without it the game waits for ever. There are no lives.",
)

UPPER, LOWER = 0, 1
UPPER_LINE, LOWER_LINE = 142, 7  # ball_depth before a serve
NET_ROWS = range(98, 113)


# --- Objects -----------------------------------------------------------------------------------------------------


@tennis.object("Player", colour=rgb(76))
def player(ram: TennisRam) -> Iterator[Box]:
    """The agent."""
    yield figure(ram, ram.side)


@tennis.object("Enemy", colour=rgb(140))
def enemy(ram: TennisRam) -> Iterator[Box]:
    """The opponent."""
    yield figure(ram, 1 - ram.side)


@tennis.object("Ball", colour=rgb(14))
def ball(ram: TennisRam) -> Iterator[Box]:
    """The ball, unless it is behind the net or out of the picture."""
    top = 189 - ram.ball_screen_y
    if ram.ball_x > 2 and top < 187 and top not in NET_ROWS:
        yield ram.ball_x - 2, top, 2, 3  # two rows of these three, in turns


@tennis.object("BallShadow", colour=rgb(2))
def ball_shadow(ram: TennisRam) -> Iterator[Box]:
    """The ball's shadow on the court, while the ball is in the air."""
    top = 189 - ram.shadow_screen_y
    if ram.ball_x > 2 and top not in NET_ROWS and ram.shadow_screen_y not in (ram.ball_screen_y, 189):
        yield ram.ball_x - 2, top, 2, 2


@tennis.object("PlayerScore", colour=rgb(76), hud=True)
def player_score(ram: TennisRam) -> Iterator[Box]:
    """The agent's points in this game, or the games it has won."""
    yield score_box(ram.player_score_text, 49)


@tennis.object("EnemyScore", colour=rgb(140), hud=True)
def enemy_score(ram: TennisRam) -> Iterator[Box]:
    """The opponent's points in this game, or the games it has won."""
    yield score_box(ram.enemy_score_text, 113)


def figure(ram: TennisRam, side: int) -> Box:
    """The box of the player in a half of the court."""
    if side == UPPER:
        return ram.upper_x + (2 if ram.upper_facing else -2), 166 - ram.upper_y, 12, 23
    return ram.lower_x + (2 if ram.lower_facing else -2), 167 - ram.lower_y, 12, 23


def score_box(text: int, digit_x: int) -> Box:
    """The box of a score whose single digit is at column `digit_x`."""
    if text in (14, 15, 16):
        return digit_x - 8, 5, 14, 7
    if 8 <= text < 13:
        return digit_x - 8, 5, 30, 7
    return digit_x, 5, 6, 7


# --- Modifs ------------------------------------------------------------------------------------------------------


@tennis.modif("dynamics", writes=[TennisRam.ball_x])
def wind_effect(ram: TennisRam, rng: np.random.Generator) -> None:
    """A side wind blows the flying ball to the right, by half a pixel per frame on average."""
    if 10 < ram.ball_depth < 140 and 2 < ram.ball_x < 155 and 49 < ram.ball_screen_y < 179 and rng.random() < 0.5:
        ram.ball_x += 1


class ServeFrom:
    """Moves the ball to one end of the court when the game has got it ready for a serve from the other end.

    If FIRE is pressed in that very frame, the ball already flies, so its flight is mirrored as well.
    """

    end = UPPER
    last_pause = 255

    def frame(self, ram: TennisRam) -> None:
        pause, last_pause = ram.pause, self.last_pause
        self.last_pause = pause
        if last_pause == 0 and pause == 255 and ram.server != self.end:
            ram.server = self.end
            ram.ball_depth = UPPER_LINE + LOWER_LINE - ram.ball_depth
            ram.next_hitter = 1 - ram.next_hitter
            if ram.ball_depth_speed:
                ram.ball_depth_speed = 255 - ram.ball_depth_speed
                ram.ball_depth_sign = 255 - ram.ball_depth_sign


SERVE_BYTES = [
    TennisRam.server,
    TennisRam.ball_depth,
    TennisRam.ball_depth_speed,
    TennisRam.ball_depth_sign,
    TennisRam.next_hitter,
]


@tennis.modif("dynamics", writes=SERVE_BYTES)
class AlwaysUpperPitches(ServeFrom):
    """Every serve comes from the upper half of the court."""

    end = UPPER


@tennis.modif("dynamics", writes=SERVE_BYTES)
class AlwaysLowerPitches(ServeFrom):
    """Every serve comes from the lower half of the court."""

    end = LOWER


tennis.poke(
    "always_upper_player",
    "layout",
    "The agent always plays in the upper half; the ends do not change, so the same player serves twice in a row.",
    {TennisRam.side: UPPER},
)
tennis.poke(
    "always_lower_player",
    "layout",
    "The agent always plays in the lower half; the ends do not change, so the same player serves twice in a row.",
    {TennisRam.side: LOWER},
)
