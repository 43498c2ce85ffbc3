"""Bank Heist: the agent robs the banks of one maze-like city after another; every robbery calls a police car."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hackatari.game import Box, Game
from hackatari.palette import rgb
from hackatari.ram import Byte, ByteArray, Ram


class BankHeistRam(Ram):
    """RAM map of Bank Heist; arrays have one byte for each of the three places where a bank or a police car can be."""

    city = Byte(0, "number of the city, 0 at the start; city % 4 is the maze, (city // 4) % 8 the speed of the police")
    player_y = Byte(8, "height of the agent's car, screen y - 37; 41 at the entrance, 136 while it is wrecked")
    object_y = ByteArray((9, 10, 11), "height of bank or police car, screen y - 37; 0 for none")
    dynamite_y = Byte(12, "height of the dynamite, screen y - 37; 0 for none")
    object_type = ByteArray((24, 25, 26), "253 bank, 254 police car, 255 just robbed or blown up, 0 nothing for ever")
    player_x = Byte(28, "column of the agent's car: 12 at the left exit to 140 at the right exit")
    object_x = ByteArray((29, 30, 31), "column of bank or police car")
    dynamite_x = Byte(32, "column of the dynamite, screen x + 1")
    player_direction = Byte(41, "where the agent drives: 127 right, 191 left, 223 down, 239 up, 255 nowhere yet")
    police_direction = ByteArray((42, 43, 44), "where the police car drives, in the same code")
    dynamite_fuse = Byte(63, "counts down from 83; the dynamite explodes below 63")
    explosion_flash = Byte(69, "7 down to 0, again and again, while something explodes; bit 2 brightens some walls")
    object_countdown = ByteArray((71, 72, 73), "frames until a new bank appears, at the next of a fixed list of places")
    robbed_in_city = Byte(83, "banks robbed in this city; the n-th gives 10 * n points")
    lives = Byte(85, "spare cars, 4 at the start")
    gas_used = Byte(86, "gas used up: 0 is a full tank, 25 an empty one, which costs a life")
    score = ByteArray((88, 89, 90), "points, BCD, the highest digits first")


bank_heist = Game(
    "bank_heist",
    BankHeistRam,
    "Nothing moves until the agent does; FIRE drops dynamite. The right exit leads to the next city, the left one back "
    "to the right side of the same city.",
)

BANK, POLICE, NOTHING = 253, 254, 0
WRECKED_Y = 136
FUSE_BURNS = range(63, 83)
EXIT_ROWS = (41, 49)  # object_y of the places at an exit's height
BANK_POINTS = 50
WALL_COLOURS = (22, 182, 42, 118)


# --- Objects -----------------------------------------------------------------------------------------------------


@bank_heist.object("Player", colour=(162, 98, 33))
def player(ram: BankHeistRam) -> Iterator[Box]:
    """The agent's car, unless it is wrecked."""
    if ram.player_y != WRECKED_Y:
        yield ram.player_x, ram.player_y + 37, 8, 7


@bank_heist.object("Bank", colour=(142, 142, 142), count=3)
def bank(ram: BankHeistRam) -> Iterator[Box]:
    """The banks that can be robbed."""
    return objects_of_type(ram, BANK)


@bank_heist.object("Police", colour=(24, 26, 167), count=3)
def police(ram: BankHeistRam) -> Iterator[Box]:
    """The police cars."""
    return objects_of_type(ram, POLICE)


@bank_heist.object("Dynamite", colour=(162, 162, 42))
def dynamite(ram: BankHeistRam) -> Iterator[Box]:
    """The dynamite until it explodes, in the colour of the city's walls; half of its fuse blinks."""
    if ram.dynamite_y and ram.dynamite_fuse in FUSE_BURNS:
        walls = WALL_COLOURS[ram.city % 4] | ram.explosion_flash & 4
        yield ram.dynamite_x - 1, ram.dynamite_y + 37, 8, 2, rgb(walls)


@bank_heist.object("Score", colour=(0, 0, 0), hud=True)
def score(ram: BankHeistRam) -> Iterator[Box]:
    """The points and a dollar sign."""
    points = points_of(ram)
    left, right = (max(98 - 8 * len(str(points)), 58), 104) if points else (98, 103)
    yield left, 179, right - left, 7


@bank_heist.object("Life", colour=(162, 98, 33), count=6, hud=True)
def life(ram: BankHeistRam) -> Iterator[Box]:
    """The spare cars, first the lower row from left to right."""
    for i in range(ram.lives):
        yield 90 + 16 * (i % 3), 27 if i < 3 else 15, 8, 7


@bank_heist.object("GasTank", colour=(167, 26, 26), hud=True)
def gas_tank(ram: BankHeistRam) -> Iterator[Box]:
    """What is left in the tank."""
    yield 42, 12 + ram.gas_used, 8, 25 - ram.gas_used


def objects_of_type(ram: BankHeistRam, wanted: int) -> Iterator[Box]:
    """The boxes of all banks or of all police cars."""
    for x, y, kind in zip(ram.object_x, ram.object_y, ram.object_type, strict=True):
        if y and kind == wanted:
            yield x, y + 37, 8, 7


def points_of(ram: BankHeistRam) -> int:
    """The score; BCD digits are what hexadecimal shows."""
    return int(bytes(ram.score).hex())


# --- Modifs: gas -------------------------------------------------------------------------------------------------

bank_heist.poke("unlimited_gas", "assist", "The gas tank is always full.", {BankHeistRam.gas_used: 0})


# --- Modifs: banks and police ------------------------------------------------------------------------------------


def replace(ram: BankHeistRam, old: int, new: int) -> None:
    """Turn all objects of one type into another."""
    for i, kind in enumerate(ram.object_type):
        if kind == old:
            ram.object_type[i] = new


@bank_heist.modif("dynamics", writes=[BankHeistRam.object_type])
def no_police(ram: BankHeistRam) -> None:
    """Robbed banks never turn into police cars, so there is no police.

    As only a destroyed police car makes room for a new bank, a city gives its three banks and no more.
    """
    replace(ram, POLICE, NOTHING)


@bank_heist.modif("dynamics", writes=[BankHeistRam.object_type])
def only_police(ram: BankHeistRam) -> None:
    """Every bank is a police car at once: points only come from blowing up police cars with dynamite.

    The cars stand still until the agent moves for the first time.
    """
    replace(ram, BANK, POLICE)


@bank_heist.modif("dynamics", writes=[BankHeistRam.object_type, BankHeistRam.object_countdown, BankHeistRam.score])
class TwoPoliceCars:
    """From the start of each city two of the three banks are police cars; a robbed bank gives at least 50 points.

    The points that the game itself does not give follow in the frame after the robbery. Banks beside an exit stay banks
    or move elsewhere, so that no police car waits where the agent comes in.
    """

    robbed = 0

    def frame(self, ram: BankHeistRam) -> None:
        self.raise_reward(ram)
        cars = ram.object_type[:].count(POLICE)
        if cars >= 2:
            return
        for i, (x, y, kind) in enumerate(zip(ram.object_x, ram.object_y, ram.object_type, strict=True)):
            if (x < 47 or x > 120) and 25 < y < 71:
                if y in EXIT_ROWS:
                    ram.object_countdown[i] = 1
                continue
            if kind == BANK:
                ram.object_type[i] = POLICE
                cars += 1
            if cars == 2:
                if ram.object_y[2] in EXIT_ROWS:
                    ram.object_countdown[2] = 1
                return

    def raise_reward(self, ram: BankHeistRam) -> None:
        robbed = ram.robbed_in_city
        missing = BANK_POINTS - 10 * robbed
        if robbed > self.robbed and missing > 0:
            ram.score[:] = bytes.fromhex(f"{min(points_of(ram) + missing, 999_999):06}")
        self.robbed = robbed


# --- Modifs: cities ----------------------------------------------------------------------------------------------


@bank_heist.modif("layout", writes=[BankHeistRam.city])
class RandomCity:
    """The first city and every next one are random: maze, colours and the speed of the police change.

    There are four mazes, so the next maze can be the same as before.
    """

    city = 0

    def reset(self, ram: BankHeistRam, rng: np.random.Generator) -> None:
        ram.city = self.city = int(rng.integers(256))

    def frame(self, ram: BankHeistRam, rng: np.random.Generator) -> None:
        if ram.city == (self.city + 1) % 256:
            ram.city = int(rng.integers(256))
        self.city = ram.city


@bank_heist.modif("dynamics", writes=[BankHeistRam.city])
class RevisitCity:
    """The left exit leads to the previous city instead of the right side of the same one.

    Banks, police cars and the number of robbed banks stay as they were. Before the first city comes city 255, with the
    fastest police.
    """

    last_x = 0

    def frame(self, ram: BankHeistRam) -> None:
        if self.last_x < 16 and ram.player_x > 120:
            ram.city = (ram.city - 1) % 256
        self.last_x = ram.player_x
