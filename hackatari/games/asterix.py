"""Asterix: the agent collects what flies through eight lanes and evades the lyres; later Obelix takes over."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Colour, Game
from hackatari.ram import Byte, ByteArray, Ram, bcd_digits


class AsterixRam(Ram):
    """RAM map of Asterix; arrays run from the top lane to the bottom lane."""

    lane_sprite = ByteArray(range(18, 10, -1), "picture of what is in a lane: 11 nothing, 12 points, 204 or 216 a lyre")
    lane_kind = ByteArray(range(29, 37), "bit 0: whether a lane has a lyre, else something to collect")
    player_lane = Byte(39, "lane of the player, 0 (top) to 7")
    player_x = Byte(41, "column of the player")
    lane_x = ByteArray(range(42, 50), "column of what is in a lane")
    level_kind = Byte(
        54,
        "what there is to collect: 0 cauldrons (50 points), 1 helmets (100), 2 shields (200), 3 lamps (300), "
        "4 apples (400), 5 fish, 6 meat, 7 mugs (500 each), 8 cauldrons; from 4 to 7 the player is Obelix",
    )
    death_timer = Byte(71, "82 and more while the player is dying")
    lane_reward = ByteArray(
        range(73, 81), "0 while something is on its way in a lane, else its number from 1 to 8; all set: a new wave"
    )
    lives = Byte(83, "lives left with this one: 3 at reset; at game over it stays 1")
    score_high = Byte(94, "ten and hundred thousands of the score, BCD")
    score_middle = Byte(95, "hundreds and thousands of the score, BCD")
    score_low = Byte(96, "tens and ones of the score, BCD")


asterix = Game("asterix", AsterixRam, "Play starts at once and needs no FIRE. There are three lives.")

LANES, TOP = 8, 26
EMPTY = 11
FISH, HELMETS, SHIELDS = 5, 1, 2  # values of level_kind

# What there is to collect: left, top, width and height in its lane, and its main colour.
RED, PINK, GREY, YELLOW, PURPLE = (184, 50, 50), (240, 128, 128), (214, 214, 214), (187, 187, 53), (198, 89, 179)
CONSUMABLES: tuple[tuple[int, int, int, int, Colour], ...] = (
    (1, 1, 7, 10, RED),
    (1, 0, 7, 11, PINK),
    (1, 0, 5, 11, GREY),
    (0, 0, 8, 11, YELLOW),
    (0, 0, 8, 11, RED),
    (0, 4, 8, 5, PURPLE),
    (1, 0, 5, 11, RED),
    (0, 0, 7, 11, RED),
)


# --- Objects -----------------------------------------------------------------------------------------------------


def is_obelix(ram: AsterixRam) -> bool:
    """Whether the player is Obelix, who is narrower than Asterix."""
    return ram.level_kind % 8 >= 4


@asterix.object("Player", colour=YELLOW)
def player(ram: AsterixRam) -> Iterator[Box]:
    """Asterix or Obelix."""
    x, y = ram.player_x, TOP + 16 * ram.player_lane
    if ram.death_timer >= 82:
        yield x + 1, y, 16, 11
    elif is_obelix(ram):
        yield x + 1, y, 6, 11
    else:
        yield x, y, 8, 11


def lanes(ram: AsterixRam) -> Iterator[tuple[int, int, int, int]]:
    """Column, row, kind and reward of each lane that is not empty, from the top lane to the bottom lane."""
    values = zip(ram.lane_sprite, ram.lane_x, ram.lane_kind, ram.lane_reward, strict=True)
    for lane, (sprite, x, kind, reward) in enumerate(values):
        if sprite != EMPTY:
            yield x, TOP + 16 * lane, kind, reward


@asterix.object("Reward", colour=(170, 170, 170), count=LANES)
def reward(ram: AsterixRam) -> Iterator[Box]:
    """The points for what has been collected, displayed where it was."""
    for x, y, _, reward in lanes(ram):
        if reward:
            yield x, y, 8, 11


@asterix.object("Enemy", colour=(228, 111, 111), count=LANES)
def enemy(ram: AsterixRam) -> Iterator[Box]:
    """The lyres, which cost a life."""
    for x, y, kind, reward in lanes(ram):
        if not reward and kind & 1:
            yield x, y, 8, 11


@asterix.object("Consumable", colour=RED, count=LANES)
def consumable(ram: AsterixRam) -> Iterator[Box]:
    """What there is to collect."""
    left, top, w, h, colour = CONSUMABLES[ram.level_kind % 8]
    for x, y, kind, reward in lanes(ram):
        if not reward and not kind & 1:
            yield x + left, y + top, w, h, colour


@asterix.object("Score", colour=YELLOW, hud=True)
def score(ram: AsterixRam) -> Iterator[Box]:
    """The score."""
    digits = bcd_digits(ram.score_high, ram.score_middle, ram.score_low) or 1
    wider = 8 * (digits - 1)
    yield 96 - wider, 184, 6 + wider, 7


@asterix.object("Lives", colour=YELLOW, hud=True)
def lives(ram: AsterixRam) -> Iterator[Box]:
    """The lives that are left after this one."""
    if ram.lives > 1:
        yield 60, 169, 16 * (ram.lives - 1) - 8, 11


# --- Modifs ------------------------------------------------------------------------------------------------------

asterix.poke(
    "obelix",
    "dynamics",
    "The player is Obelix from the start, forever: all is faster, and there are fish for 500 points each.",
    {AsterixRam.level_kind: FISH},
)

for name, what, level_kind in (
    ("1", "helmets for 100 points each", HELMETS),
    ("2", "shields for 200 points each", SHIELDS),
):
    asterix.poke(
        f"set_consumable_{name}",
        "score",
        f"What there is to collect are {what}, forever.",
        {AsterixRam.level_kind: level_kind},
    )

asterix.poke("unlimited_lives", "assist", "The player never runs out of lives.", {AsterixRam.lives: 3})

for name, first in (("odd", 0), ("even", 1)):
    every_other = slice(first, None, 2)
    asterix.poke(
        f"{name}_lines_free",
        "layout",
        f"The lanes with {name} numbers, counted from 1 at the top, stay empty but for the first frame of each wave.",
        {
            AsterixRam.lane_reward[every_other]: list(range(first + 1, LANES + 1, 2)),
            AsterixRam.lane_sprite[every_other]: EMPTY,
        },
    )
