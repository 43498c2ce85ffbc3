"""Double Dunk: basketball two against two on one basket; the agent's team wears green, the opponents wear white."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Game
from hackatari.palette import rgb
from hackatari.ram import Byte, ByteArray, Ram


class DoubleDunkRam(Ram):
    """RAM map of Double Dunk; heights grow upwards, the columns are those of the screen less 11."""

    player_big_y = Byte(33, "height of the agent's tall player, 159 - screen y")
    opponent_big_y = Byte(34, "height of the tall opponent, 159 - screen y")
    player_small_y = Byte(35, "height of the agent's small player, 163 - screen y")
    opponent_small_y = Byte(36, "height of the small opponent, 163 - screen y")
    player_big_x = Byte(37, "column of the agent's tall player")
    opponent_big_x = Byte(38, "column of the tall opponent")
    player_small_x = Byte(39, "column of the agent's small player")
    opponent_small_x = Byte(40, "column of the small opponent")
    ball_y = Byte(46, "height of the ball on the screen, place on the court plus flight, 178 - screen y")
    ball_x = Byte(47, "column of the ball, screen x - 12")
    kit_pointer = ByteArray((70, 88), "where the game looks up the kits' colours; derived from the kits every frame")
    player_kit = Byte(94, "kit of the agent's team, 0 to 5; set to 1 at reset only")
    opponent_kit = Byte(95, "kit of the opponents, 0 to 5; set to 0 at reset only")
    player_score = Byte(118, "points of the agent's team, BCD")
    opponent_score = Byte(119, "points of the opponents, BCD")


double_dunk = Game(
    "double_dunk",
    DoubleDunkRam,
    "Play starts without FIRE and goes to 24 points in game mode 0. The reward is the agent's points minus the "
    "opponents'; there are no lives.",
)

JERSEYS = (14, 180, 50, 28, 130, 158)  # palette index by kit
BALL_MARGIN = 6  # columns beside a player in which the ball is mostly hidden
BOARD_Y = 36  # above this row of the screen the ball is hidden


# --- Objects -----------------------------------------------------------------------------------------------------


@double_dunk.object("PlayerSmall", colour=(45, 129, 105), flickers=True)
def player_small(ram: DoubleDunkRam) -> Iterator[Box]:
    """The agent's small player; away from its place in scenes that the game replays, such as a turnover."""
    yield *small_box(ram.player_small_x, ram.player_small_y), rgb(JERSEYS[ram.player_kit])


@double_dunk.object("PlayerBig", colour=(45, 129, 105), flickers=True)
def player_big(ram: DoubleDunkRam) -> Iterator[Box]:
    """The agent's tall player."""
    yield *big_box(ram.player_big_x, ram.player_big_y), rgb(JERSEYS[ram.player_kit])


@double_dunk.object("OpponentSmall", colour=(236, 236, 236), flickers=True)
def opponent_small(ram: DoubleDunkRam) -> Iterator[Box]:
    """The small opponent."""
    yield *small_box(ram.opponent_small_x, ram.opponent_small_y), rgb(JERSEYS[ram.opponent_kit])


@double_dunk.object("OpponentBig", colour=(236, 236, 236), flickers=True)
def opponent_big(ram: DoubleDunkRam) -> Iterator[Box]:
    """The tall opponent."""
    yield *big_box(ram.opponent_big_x, ram.opponent_big_y), rgb(JERSEYS[ram.opponent_kit])


@double_dunk.object("Ball", colour=(144, 72, 17), flickers=True)
def ball(ram: DoubleDunkRam) -> Iterator[Box]:
    """The ball while nobody is near it: in the players' hands it is mostly hidden."""
    x, y = ram.ball_x + 12, 178 - ram.ball_y
    players = (
        small_box(ram.player_small_x, ram.player_small_y),
        big_box(ram.player_big_x, ram.player_big_y),
        small_box(ram.opponent_small_x, ram.opponent_small_y),
        big_box(ram.opponent_big_x, ram.opponent_big_y),
    )
    hidden = y < BOARD_Y or any(
        left - BALL_MARGIN - 4 < x < left + w + BALL_MARGIN and top - 6 < y < top + h for left, top, w, h in players
    )
    if not hidden:
        yield x, y, 4, 4


@double_dunk.object("Basket", colour=(162, 162, 42))
def basket(ram: DoubleDunkRam) -> Iterator[Box]:
    """The net."""
    yield 76, 42, 8, 9


@double_dunk.object("Backboard", colour=(214, 214, 214))
def backboard(ram: DoubleDunkRam) -> Iterator[Box]:
    """The board behind the basket."""
    yield 68, 28, 24, 16


@double_dunk.object("PlayerScore", colour=(45, 129, 105), hud=True)
def player_score(ram: DoubleDunkRam) -> Iterator[Box]:
    """The points of the agent's team, always in green."""
    yield score_box(ram.player_score, 46)


@double_dunk.object("OpponentScore", colour=(236, 236, 236), hud=True)
def opponent_score(ram: DoubleDunkRam) -> Iterator[Box]:
    """The points of the opponents, always in white."""
    yield score_box(ram.opponent_score, 110)


def small_box(x: int, y: int) -> tuple[int, int, int, int]:
    """The box of a small player at these coordinates."""
    return x + 11, 163 - y, 8, 19


def big_box(x: int, y: int) -> tuple[int, int, int, int]:
    """The box of a tall player at these coordinates."""
    return x + 11, 159 - y, 8, 23


def score_box(points: int, ones_x: int) -> tuple[int, int, int, int]:
    """The box of BCD points whose ones digit is at column `ones_x`."""
    wider = 8 if points > 9 else 0
    return ones_x - wider, 9, 5 + wider, 7


# --- Modifs: kits ------------------------------------------------------------------------------------------------

for kit, (name, look) in enumerate(
    (
        ("white", "white, the opponents' usual colour"),
        ("green", "green, the agent's usual colour"),
        ("red", "red"),
        ("yellow", "yellow"),
        ("purple", "a dark blue"),
        ("blue", "a light blue"),
    )
):
    double_dunk.poke(
        f"player_color_{name}",
        "visual",
        f"The agent's team wears {look}; the score keeps its colours.",
        {DoubleDunkRam.player_kit: kit},
    )
    double_dunk.poke(
        f"enemy_color_{name}",
        "visual",
        f"The opponents wear {look}; the score keeps its colours.",
        {DoubleDunkRam.opponent_kit: kit},
    )
