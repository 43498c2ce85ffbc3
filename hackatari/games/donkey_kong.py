"""Donkey Kong: the agent's Mario climbs to his girlfriend, first past rolling barrels, then over eight rivets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hackatari.game import Box, Game
from hackatari.ram import Byte, ByteArray, Ram


class DonkeyKongRam(Ram):
    """RAM map of Donkey Kong."""

    barrel_y = ByteArray(range(4), "height of a barrel or, on the rivet screen, a fireball, screen y - 40; 0 for none")
    score_high = Byte(7, "ten and hundred thousands of the score, BCD")
    score_low = Byte(8, "hundreds and thousands of the score, BCD")
    walk_animation = Byte(9, "phase of Mario's steps, 0 to 2")
    jump_state = Byte(11, "255 while Mario stands, walks or climbs; counts down from 30 in a jump")
    play_state = Byte(12, "255 in play, 0 or 1 while the game waits for FIRE")
    screen_number = Byte(16, "0 on the barrel screen, 1 on the rivet screen")
    player_x = Byte(19, "column of Mario, screen x + 4; 36 to 124")
    hammer_shape = Byte(21, "picture of the hammer: 127 or 167 while it is swung, 112 when it is used up")
    hammer_y = Byte(23, "height of the hammer, screen y + 73; 141 in its place, 112 when it is used up")
    barrel_slot = Byte(25, "which barrel is released next: 3, 2, 1, 0 and again")
    player_y = Byte(27, "height of Mario, screen y - 22; 154 on the lowest girder, 14 beside the girlfriend")
    hammer_x = Byte(28, "column of the hammer, screen x + 6; 45 in its place, on the rivet screen 84")
    rivets = ByteArray(range(30, 35), "state of the rivet screen: 1 to 5 at its start; 0 on the barrel screen")
    lives = Byte(35, "lives left after this one: 2 at reset")
    bonus = Byte(
        36, "bonus in hundreds, BCD: 80 (5000) at the start of a life, -1 every 128 frames, at 0 a life is lost"
    )
    barrel_x = ByteArray(range(65, 69), "column of a barrel or fireball, screen x + 4")


donkey_kong = Game(
    "donkey_kong",
    DonkeyKongRam,
    "Each life and each screen starts when FIRE is held for some frames; until then everything stands still.",
)

LADDERS_TO_GIRDERS = (
    *((108, 176), (48, 148), (80, 148), (88, 120), (108, 120)),
    *((48, 92), (68, 92), (108, 64), (76, 40), (32, 40)),
)
LADDERS_TO_RIVETS = tuple((x, y) for y in range(152, 12, -28) for x in (40, 60, 96, 116))
# Where Mario can stand on the barrel screen (player_x, player_y), from the lowest girder to the highest.
STARTS = ((49, 154), (110, 154), (49, 127), (111, 132), (111, 99), (50, 71), (53, 48), (111, 43), (111, 21))

PINK, BLUE = (181, 108, 224), (101, 111, 228)  # of the barrel screen and of the rivet screen
YELLOW = (236, 200, 96)
USED_UP = 112
BONUS_4600 = 70
NO_SLOT = 255


# --- Objects -----------------------------------------------------------------------------------------------------


def screen_colour(ram: DonkeyKongRam) -> tuple[int, int, int]:
    """The colour of ladders and lives."""
    return BLUE if ram.screen_number else PINK


@donkey_kong.object("Player", colour=(200, 72, 72))
def player(ram: DonkeyKongRam) -> Iterator[Box]:
    """Mario."""
    jumps = 1 < ram.jump_state < 255
    yield ram.player_x - 4, ram.player_y + (24 if jumps else 22), 8, 15 if jumps else 17


@donkey_kong.object("DonkeyKong", colour=(181, 83, 40))
def kong(ram: DonkeyKongRam) -> Iterator[Box]:
    """Donkey Kong, who throws the barrels."""
    yield 34, 15, 16, 19


@donkey_kong.object("Girlfriend", colour=(84, 160, 197))
def girlfriend(ram: DonkeyKongRam) -> Iterator[Box]:
    """The girlfriend, whom Mario must reach on the barrel screen."""
    yield 63, 18, 8, 16


@donkey_kong.object("Hammer", colour=YELLOW)
def hammer(ram: DonkeyKongRam) -> Iterator[Box]:
    """The hammer, until it is used up."""
    if not ram.hammer_shape == ram.hammer_y == USED_UP:
        yield ram.hammer_x - 6, ram.hammer_y - 73, 4, 7


def rolling(ram: DonkeyKongRam) -> Iterator[Box]:
    """The barrels or fireballs that are on the screen."""
    for x, y in zip(ram.barrel_x, ram.barrel_y, strict=True):
        if y:
            yield x - 4, y + 40, 8, 8


@donkey_kong.object("Barrel", colour=YELLOW, count=4)
def barrel(ram: DonkeyKongRam) -> Iterator[Box]:
    """The barrels of the barrel screen."""
    if ram.screen_number == 0:
        yield from rolling(ram)


@donkey_kong.object("Fireball", colour=YELLOW, count=4)
def fireball(ram: DonkeyKongRam) -> Iterator[Box]:
    """The fireballs of the rivet screen."""
    if ram.screen_number == 1:
        yield from rolling(ram)


@donkey_kong.object("Ladder", colour=PINK, count=20)
def ladder(ram: DonkeyKongRam) -> Iterator[Box]:
    """The ladders that can be climbed, from below."""
    for x, y in LADDERS_TO_RIVETS if ram.screen_number else LADDERS_TO_GIRDERS:
        yield x, y, 4, 17, screen_colour(ram)


@donkey_kong.object("Life", colour=PINK, hud=True)
def life(ram: DonkeyKongRam) -> Iterator[Box]:
    """The lives that are left after this one."""
    if ram.lives:
        yield 108 + 8 * (3 - ram.lives), 23, 4 + 8 * (ram.lives - 1), 8, screen_colour(ram)


@donkey_kong.object("Score", colour=(158, 208, 101), hud=True)
def score(ram: DonkeyKongRam) -> Iterator[Box]:
    """The bonus in play, and the score while the game waits for FIRE."""
    if ram.play_state == 255:
        yield 72, 7, 30, 7
    else:
        yield 56, 7, 46, 7, BLUE


# --- Modifs ------------------------------------------------------------------------------------------------------


@donkey_kong.modif("assist", writes=[DonkeyKongRam.barrel_slot])
def no_barrel(ram: DonkeyKongRam) -> None:
    """No barrels roll; the fireballs of the rivet screen are still there."""
    if ram.screen_number == 0:
        ram.barrel_slot = NO_SLOT


donkey_kong.poke(
    "unlimited_time",
    "assist",
    "The bonus stays at 4600: no life is lost because of time, and every completed screen pays 4600.",
    {DonkeyKongRam.bonus: BONUS_4600},
)


@donkey_kong.modif("start", writes=[DonkeyKongRam.player_x, DonkeyKongRam.player_y])
class RandomStart:
    """On the barrel screen, Mario starts each life at a random one of nine places on the girders."""

    lives = -1

    def frame(self, ram: DonkeyKongRam, rng: np.random.Generator) -> None:
        if ram.lives != self.lives:
            self.lives = ram.lives
            if ram.screen_number == 0:
                ram.player_x, ram.player_y = STARTS[rng.integers(len(STARTS))]
