"""Pong: the agent has the green paddle on the right, the enemy the orange one on the left; 21 points win."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hackatari.game import Box, Game
from hackatari.ram import Byte, Ram


class PongRam(Ram):
    """RAM map of Pong."""

    rally_clock = Byte(9, "slow clock, +1 every 256 frames")
    serve_countdown = Byte(11, "frames left until the serve: 59 after reset, 63 after a point, 0 during a rally")
    sound_state = Byte(12, "sound and flash timer, restarts on every bounce and point")
    enemy_score = Byte(13, "points of the enemy; 21 end the game")
    player_score = Byte(14, "points of the agent; 21 end the game")
    enemy_y_target = Byte(21, "height of the enemy's paddle in the game's logic: the byte to write; becomes enemy_y")
    enemy_x = Byte(45, "column of the enemy's paddle, always 64")
    player_x = Byte(46, "column of the agent's paddle, always 188")
    ball_x = Byte(49, "column of the ball, screen x + 49; keeps its last value after a point")
    enemy_y = Byte(50, "displayed height of the enemy's paddle, screen y + 15")
    player_y = Byte(51, "displayed height of the agent's paddle, screen y + 13; 38 (top) to 203")
    ball_y = Byte(54, "height of the ball, screen y + 14; 0 while no ball is in play")
    ball_dy = Byte(56, "vertical speed of the ball in pixels per frame, two's complement, positive is down")
    ball_dx = Byte(58, "horizontal speed of the ball: 1 or 2 to the left, 255 or 254 to the right")
    player_y_next = Byte(60, "height that the agent's paddle will have in the next frame")


pong = Game(
    "pong",
    PongRam,
    "No FIRE is needed: the first serve comes about 60 frames after the reset. There are no lives.",
    upright_paddle=True,
)

FIELD_CENTRE_X, FIELD_CENTRE_Y = 130, 127
TOP, BOTTOM = 38, 203  # heights that a paddle can have on the field
FIELD_ROWS, ENEMY_COLUMNS = slice(34, 194), slice(16, 20)
BACKGROUND_COLOUR, BALL_COLOUR = 34, 14  # palette indices


# --- Objects -----------------------------------------------------------------------------------------------------


def paddle(x: int, top: int) -> Iterator[Box]:
    """A paddle of 16 rows, cut off at the borders of the field."""
    bottom = min(top + 16, FIELD_ROWS.stop)
    top = max(top, FIELD_ROWS.start)
    if top < bottom:
        yield x, top, 4, bottom - top


@pong.object("Player", colour=(92, 186, 92))
def player(ram: PongRam) -> Iterator[Box]:
    """The agent's paddle, which moves in steps of two rows."""
    return paddle(140, ram.player_y - 13 - (ram.player_y + 1) % 2)


@pong.object("Ball", colour=(236, 236, 236))
def ball(ram: PongRam) -> Iterator[Box]:
    """The ball, while it is in play."""
    if ram.ball_y and ram.ball_x > 49:
        yield ram.ball_x - 49, ram.ball_y - 14, 2, 4


@pong.object("Enemy", colour=(213, 130, 74))
def enemy(ram: PongRam) -> Iterator[Box]:
    """The enemy's paddle."""
    return paddle(16, ram.enemy_y - 15)


@pong.object("PlayerScore", colour=(92, 186, 92), hud=True)
def player_score(ram: PongRam) -> Iterator[Box]:
    """The agent's points."""
    yield score_box(ram.player_score, 116)


@pong.object("EnemyScore", colour=(213, 130, 74), hud=True)
def enemy_score(ram: PongRam) -> Iterator[Box]:
    """The enemy's points."""
    yield score_box(ram.enemy_score, 36)


def score_box(points: int, ones_x: int) -> Box:
    """The box of a score whose ones digit is at column `ones_x`."""
    wider = 0 if points < 10 else 12 if points < 20 else 16
    return ones_x - wider, 1, 12 + wider, 20


# --- Modifs: the enemy -------------------------------------------------------------------------------------------


def moves_right(ram: PongRam) -> bool:
    """Whether the ball flies towards the agent."""
    return ram.ball_dx >= 128


def centre_before_serve(ram: PongRam) -> None:
    """In the last four frames before a serve, put enemy and ball where the serve will."""
    if 0 < ram.serve_countdown < 5:
        ram.enemy_y_target = FIELD_CENTRE_Y
        ram.ball_x = FIELD_CENTRE_X


@pong.modif("dynamics", writes=[PongRam.enemy_y_target, PongRam.ball_x])
class LazyEnemy:
    """The enemy stands still while the ball flies towards the agent and only moves while it comes back."""

    last_ball_x = FIELD_CENTRE_X
    held_y = FIELD_CENTRE_Y

    def frame(self, ram: PongRam) -> None:
        ball_x, enemy_y = ram.ball_x, ram.enemy_y_target
        centre_before_serve(ram)
        if ball_x > self.last_ball_x:
            ram.enemy_y_target = self.held_y
        else:
            self.held_y = enemy_y
        self.last_ball_x = ball_x


@pong.modif("dynamics", writes=[PongRam.enemy_y_target])
def parallel_enemy(ram: PongRam) -> None:
    """The enemy copies the height of the agent's paddle instead of following the ball."""
    ram.enemy_y_target = ram.player_y_next


@pong.modif("dynamics", writes=[PongRam.enemy_y_target, PongRam.ball_x])
def parallel_enemy_after_hit(ram: PongRam) -> None:
    """The enemy copies the height of the agent's paddle while the ball flies towards the agent."""
    centre_before_serve(ram)
    if moves_right(ram):
        ram.enemy_y_target = ram.player_y_next


@pong.modif("dynamics", writes=[PongRam.enemy_y_target])
def random_perturbation_enemy(ram: PongRam, rng: np.random.Generator) -> None:
    """The enemy's paddle shakes: by up to 5 pixels per frame, at random."""
    ram.enemy_y_target = min(max(ram.enemy_y_target + int(rng.integers(-5, 6)), TOP), BOTTOM)


@pong.modif("visual", hides=["Enemy"])
def hidden_enemy(screen: np.ndarray) -> None:
    """The enemy is invisible, in the picture and in the object list; it plays on."""
    lane = screen[FIELD_ROWS, ENEMY_COLUMNS]
    lane[lane != BALL_COLOUR] = BACKGROUND_COLOUR


# --- Modifs: the ball --------------------------------------------------------------------------------------------


@pong.modif("dynamics", writes=[PongRam.ball_y], every=4)
def up_drift(ram: PongRam) -> None:
    """The ball drifts upwards by an extra pixel every 4 frames."""
    if ram.ball_y:
        ram.ball_y -= 1


@pong.modif("dynamics", writes=[PongRam.ball_y], every=4)
def down_drift(ram: PongRam) -> None:
    """The ball drifts downwards by an extra pixel every 4 frames."""
    if ram.ball_y:
        ram.ball_y = (ram.ball_y + 1) % 256


@pong.modif("dynamics", writes=[PongRam.ball_x], every=4)
def left_drift(ram: PongRam) -> None:
    """The ball drifts to the left, towards the enemy, by an extra pixel every 4 frames."""
    if ram.ball_x:
        ram.ball_x -= 1


@pong.modif("dynamics", writes=[PongRam.ball_x], every=4)
def right_drift(ram: PongRam) -> None:
    """The ball drifts to the right, towards the agent, by an extra pixel every 4 frames."""
    if ram.ball_x:
        ram.ball_x = (ram.ball_x + 1) % 256
