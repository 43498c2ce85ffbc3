"""Alien: the agent walks through a maze full of eggs and eats them, three aliens hunt it; a bonus screen follows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hackatari.game import Box, Game
from hackatari.ram import Byte, ByteArray, Ram


class AlienRam(Ram):
    """RAM map of Alien; maze and bonus screen use some bytes for different things."""

    phase = Byte(0, "0 maze (1 in the first frame), 33 and 32 on the way to the bonus screen, 48 there, 192 game over")
    score_hundred_thousands = Byte(3, "digit of the score, times 8; 128 = blank")
    score_ten_thousands = Byte(5, "digit of the score, times 8; 128 = blank")
    player_direction = Byte(6, "direction of the player in the maze: 0 right, 2 left, 1 and 3 up and down")
    score_thousands = Byte(7, "digit of the score, times 8; 128 = blank")
    score_hundreds = Byte(9, "digit of the score, times 8; 128 = blank")
    score_tens = Byte(11, "digit of the score, times 8; 128 = blank")
    score_units = Byte(13, "last digit shown, times 8; not part of the score")
    aliens_y = ByteArray((42, 43, 44), "height of an alien in the maze, (196 - screen y) / 2; 0 while it is not there")
    player_y = Byte(45, "height of the player, (197 - screen y) / 2; 19 to 79")
    pulsar_y = Byte(46, "height of the pulsar or of the flame, which takes its place; (197 - screen y) / 2, 0 for none")
    rocket_y = Byte(47, "height of the rocket in the maze, (197 - screen y) / 2; 0 while there is none")
    aliens_x = ByteArray((49, 50, 51), "column of an alien in the maze, screen x - 17; 0 while it is not there")
    player_x = Byte(52, "column of the player, screen x - 18; 8 to 116")
    pulsar_x = Byte(53, "column of the pulsar or of the flame, screen x - 18")
    rocket_x_coarse = Byte(60, "low 3 bits: column of the rocket, in steps of 15 pixels")
    frame_counter = Byte(62, "counts frames, wraps around at 256")
    lives = Byte(64, "lives left with the current one: 3 at the start, 0 at the end")
    eggs_left_half = ByteArray(range(65, 78), "eggs in the left half, a byte for each row from the top; bits 2 to 7")
    eggs_right_half = ByteArray(range(78, 91), "eggs in the right half, a byte for each row from the top; bits 2 to 7")
    bonus_aliens_x = ByteArray(range(66, 72), "bonus screen: column of a pair of aliens as TIA position, top row first")
    bonus_rocket_flag = Byte(73, "bonus screen: 131 while the rocket is there")
    eggs_eaten = Byte(91, "eggs eaten in this level; 106 complete it")
    pulsar = Byte(103, "which pulsar is there: 0 none, 1 to 3 see PULSARS")
    flamethrower_fuel = Byte(116, "fuel of the flame thrower: 255 is full, -1 per frame of FIRE")
    alien_mode = Byte(117, "139 while the aliens can be eaten, 190 else")


alien = Game(
    "alien",
    AlienRam,
    "No FIRE is needed, it is the flame thrower. The aliens come out one after another: after 60, 200 and 500 frames.",
)

EGGS = 106
BLANK, ONE, NINE = 128, 8, 72  # digits of the score
VULNERABLE = 139
PULSARS = {1: (123, 137), 2: (31, 137), 3: (77, 17)}
BONUS_ROCKET = 131

GREEN, YELLOW, PINK, BLUE, RED = (132, 252, 212), (252, 252, 84), (236, 140, 224), (132, 144, 252), (252, 144, 144)
FLEEING, ROCKET_GREEN = (101, 111, 228), (132, 252, 112)
BONUS_ROWS = (YELLOW, PINK, BLUE, RED, YELLOW, BLUE)

# Where eggs lie at the start of a level, in bits 2 to 7: the left half's rows from the top, then the right half's.
START_EGGS = (
    *(255, 14, 255, 148, 190, 24, 255, 144, 255, 12, 255, 68, 127),
    *(255, 192, 255, 164, 244, 96, 255, 36, 255, 192, 255, 136, 248),
)


# --- Objects -----------------------------------------------------------------------------------------------------


def fires(ram: AlienRam) -> bool:
    """Whether the flame is drawn, for which the player and the pulsar have to go."""
    if ram.pulsar in PULSARS:
        x, y = PULSARS[ram.pulsar]
        return (ram.pulsar_x + 18, 197 - 2 * ram.pulsar_y) != (x, y)
    return ram.pulsar_y > 0


@alien.object("Player", colour=BLUE, flickers=True)
def player(ram: AlienRam) -> Iterator[Box]:
    """The agent; it cannot be seen while it fires in the maze."""
    if ram.phase > 1 or not fires(ram):
        yield ram.player_x + 18, 197 - 2 * ram.player_y, 6, 13


@alien.object("Alien", colour=PINK, count=12, flickers=True)
def aliens(ram: AlienRam) -> Iterator[Box]:
    """The aliens: up to three in the maze, each in its colour or fleeing; twelve in six rows in the bonus screen."""
    if ram.phase > 1:
        for row, (packed, colour) in enumerate(zip(ram.bonus_aliens_x, BONUS_ROWS, strict=True)):
            at = (packed & 15) * 16 - (packed >> 4) + (20 if packed & 128 else 4)
            x = at + ((88 - at) >> 4)
            yield x, 37 + 20 * row, 8, 13, colour
            yield x + 32, 37 + 20 * row, 8, 13, colour
        return
    for x, y, colour in zip(ram.aliens_x, ram.aliens_y, (GREEN, YELLOW, PINK), strict=True):
        if x and y:
            yield x + 17, 196 - 2 * y, 8, 13, FLEEING if ram.alien_mode == VULNERABLE else colour


@alien.object("Pulsar", colour=RED, flickers=True)
def pulsar(ram: AlienRam) -> Iterator[Box]:
    """The pulsar, which lets the agent eat aliens for a while; it cannot be seen while the agent fires."""
    if ram.phase <= 1 and ram.pulsar in PULSARS and not fires(ram):
        yield *PULSARS[ram.pulsar], 7, 5


@alien.object("Rocket", colour=YELLOW, flickers=True)
def rocket(ram: AlienRam) -> Iterator[Box]:
    """The rocket: a prize in the maze, the goal in the bonus screen."""
    if ram.phase <= 1:
        if ram.rocket_y:
            yield 17 + 15 * (ram.rocket_x_coarse & 7), 197 - 2 * ram.rocket_y, 8, 5
    elif ram.bonus_rocket_flag == BONUS_ROCKET:
        yield 77, 19, 8, 5, ROCKET_GREEN


@alien.object("Score", colour=BLUE, hud=True)
def score(ram: AlienRam) -> Iterator[Box]:
    """The points."""
    digits = (
        ram.score_hundred_thousands,
        ram.score_ten_thousands,
        ram.score_thousands,
        ram.score_hundreds,
        ram.score_tens,
    )
    blanks = digits.count(BLANK)
    yield 23 + 8 * blanks, 176, 46 - 8 * blanks, 7


@alien.object("Life", colour=BLUE, hud=True)
def life(ram: AlienRam) -> Iterator[Box]:
    """One mark for each life besides the current one."""
    if ram.lives > 1:
        yield 21, 187, 8 * ram.lives - 11, 5


# --- Modifs ------------------------------------------------------------------------------------------------------

MAZE_ALIENS = [AlienRam.aliens_x, AlienRam.aliens_y]


@alien.modif(
    "layout",
    writes=[
        AlienRam.score_hundred_thousands,
        AlienRam.score_ten_thousands,
        AlienRam.score_thousands,
        AlienRam.score_hundreds,
        AlienRam.score_tens,
        AlienRam.eggs_left_half,
        AlienRam.eggs_right_half,
        AlienRam.eggs_eaten,
    ],
)
def last_egg(ram: AlienRam, rng: np.random.Generator) -> None:
    """Each level has a single egg, in a random place; it completes the level and is worth 1000 points instead of 10.

    The reward is 10 in the frame of the eating and 990 in the next.
    """
    if ram.score_tens not in (0, BLANK):
        add_thousand(ram)
    if ram.eggs_left_half[0] and ram.eggs_right_half[-1]:  # only while all eggs of a new level are there
        place = int(rng.integers(len(START_EGGS)))
        bits = [bit for bit in range(2, 8) if START_EGGS[place] >> bit & 1]
        eggs = [0] * len(START_EGGS)
        eggs[place] = 1 << bits[int(rng.integers(len(bits)))]
        ram.eggs_left_half[:] = eggs[:13]
        ram.eggs_right_half[:] = eggs[13:]
        ram.eggs_eaten = EGGS - 1


def add_thousand(ram: AlienRam) -> None:
    """Replace the tens of the score by another thousand."""
    ram.score_tens = 0
    if ram.score_hundreds == BLANK:
        ram.score_hundreds = 0
    for name in ("score_thousands", "score_ten_thousands", "score_hundred_thousands"):
        digit = getattr(ram, name)
        if digit == BLANK or digit < NINE:
            setattr(ram, name, (digit + ONE) % BLANK)
            return
        setattr(ram, name, 0)


alien.poke("unlimited_fuel", "assist", "The flame thrower never runs empty.", {AlienRam.flamethrower_fuel: 255})
alien.poke("unlimited_lives", "assist", "The player never runs out of lives.", {AlienRam.lives: 3})


@alien.modif("dynamics", writes=[*MAZE_ALIENS, AlienRam.bonus_aliens_x])
def no_enemies(ram: AlienRam) -> None:
    """There are no aliens in the maze; in the bonus screen they stand at the left, out of the way to the rocket."""
    if ram.phase <= 1:
        ram.aliens_x[:] = 0
        ram.aliens_y[:] = 0
    else:
        ram.bonus_aliens_x[:] = 0


for name, missing, doc in (
    ("no_alien", slice(3), "There are no aliens in the maze; the bonus screen is as ever."),
    ("one_alien", slice(2), "Only one alien hunts in the maze: the pink one, which is the first to come out."),
    ("two_alien", slice(1), "Two aliens hunt in the maze; the third one never comes out."),
):
    alien.poke(name, "dynamics", doc, {AlienRam.aliens_y[missing]: 0, AlienRam.aliens_x[missing]: 0})
