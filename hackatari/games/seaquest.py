"""Seaquest: a submarine shoots sharks and submarines and rescues divers before its oxygen runs out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hackatari.game import Box, Game
from hackatari.palette import rgb
from hackatari.ram import Byte, ByteArray, Ram


class SeaquestRam(Ram):
    """RAM map of Seaquest; arrays run from the lowest lane to the highest."""

    score_tens_pointer = Byte(26, "where the picture of the score's tens digit is: 8 times the digit, 80 for a blank")
    enemy_x = ByteArray(range(30, 34), "column of a lane's enemies: up to three, 16 pixels apart; wraps around at 256")
    lane_formation = ByteArray(range(36, 40), "which enemies of a lane are there: 4 left, 2 middle, 1 right")
    enemy_colour = ByteArray(range(44, 48), "colour of a lane's enemies: 200 for sharks, 8 for submarines")
    score = ByteArray(range(56, 59), "score, BCD, highest digits first")
    lives = Byte(59, "spare submarines, 3 at the start")
    surface_enemy = Byte(60, "2 or more: an enemy submarine patrols at the surface")
    level = Byte(61, "how many times six divers have been rescued; the more, the faster the enemies")
    divers_collected = Byte(62, "divers on board, 0 to 6")
    player_x = Byte(70, "column of the agent's submarine, screen x; 76 at the start, 21 to 134")
    diver_or_missile_x = ByteArray(range(71, 75), "column of a lane's missile or diver; 0 or 160 and more for none")
    player_direction = Byte(86, "0 the agent's submarine faces right, 8 left")
    player_missile_direction = Byte(87, "direction of the torpedo")
    lane_type = ByteArray(range(89, 93), "what comes in a lane: 4 to 6 modulo 8 submarines, else sharks; 8 to the left")
    shark_bobbing = Byte(93, "how far the sharks bob, 4 is the middle")
    player_y = Byte(
        97, "depth of the agent's submarine, screen y - 33: 13 at the surface to 108, 0 when the game is over"
    )
    oxygen = Byte(102, "oxygen, 64 is full: -1 every 32 frames under water, +1 every 2 frames at the surface")
    player_missile_x = Byte(103, "column of the torpedo; 0 or 160 and more while there is none")
    death_timer = Byte(105, "not 0 while the agent's submarine explodes")
    surface_enemy_x = Byte(118, "column of the enemy submarine at the surface; 160 and more while it is outside")


seaquest = Game(
    "seaquest",
    SeaquestRam,
    "No FIRE is needed: the tank fills for 128 frames, then play starts. There are four lives. Surfacing without a "
    "diver costs one, surfacing with six divers brings the next round.",
)

LANES = 4
SURFACE, GROUND = 13, 105  # values of player_y
FULL_TANK = 63
ENTRY_X = 200  # a column outside the picture that every group of enemies passes


# --- Objects -----------------------------------------------------------------------------------------------------


@seaquest.object("Player", colour=(187, 187, 53))
def player(ram: SeaquestRam) -> Iterator[Box]:
    """The agent's submarine."""
    if ram.player_y and not ram.death_timer:
        yield ram.player_x, ram.player_y + 33, 16, 11


@seaquest.object("Shark", colour=(92, 186, 92), count=12)
def shark(ram: SeaquestRam) -> Iterator[Box]:
    """The sharks, lane by lane from below."""
    for lane in range(LANES):
        if not has_submarines(ram, lane):
            y = 137 - 24 * lane + ram.shark_bobbing
            for x in enemy_columns(ram, lane):
                yield x, y, 8, 7, rgb(ram.enemy_colour[lane])


@seaquest.object("Submarine", colour=(170, 170, 170), count=12)
def submarine(ram: SeaquestRam) -> Iterator[Box]:
    """The enemy submarines, lane by lane from below."""
    for lane in range(LANES):
        if has_submarines(ram, lane):
            for x in enemy_columns(ram, lane):
                yield x, 141 - 24 * lane, 8, 11, rgb(ram.enemy_colour[lane])


@seaquest.object("Diver", colour=(66, 72, 200), count=4)
def diver(ram: SeaquestRam) -> Iterator[Box]:
    """The divers who wait for rescue."""
    for lane, x in enumerate(ram.diver_or_missile_x):
        if 0 < x < 160 and not has_submarines(ram, lane):
            yield x, 141 - 24 * lane, 8, 11


@seaquest.object("EnemyMissile", colour=(66, 72, 200), count=4)
def enemy_missile(ram: SeaquestRam) -> Iterator[Box]:
    """The missiles of the enemy submarines."""
    for lane, x in enumerate(ram.diver_or_missile_x):
        if 0 < x < 160 and has_submarines(ram, lane):
            yield x + 3, 145 - 24 * lane, 6, 4


@seaquest.object("SurfaceSubmarine", colour=(170, 170, 170))
def surface_submarine(ram: SeaquestRam) -> Iterator[Box]:
    """The enemy submarine that patrols at the surface."""
    if ram.surface_enemy >= 2 and ram.surface_enemy_x < 160:
        yield ram.surface_enemy_x, 46, 8, 7


@seaquest.object("PlayerMissile", colour=(187, 187, 53))
def player_missile(ram: SeaquestRam) -> Iterator[Box]:
    """The agent's torpedo."""
    if 0 < ram.player_missile_x < 160:
        yield ram.player_missile_x, ram.player_y + 40, 8, 1


@seaquest.object("OxygenBar", colour=(214, 214, 214))
def oxygen_bar(ram: SeaquestRam) -> Iterator[Box]:
    """The oxygen left."""
    if ram.oxygen:
        yield 49, 170, min(ram.oxygen, FULL_TANK), 5


@seaquest.object("OxygenBarDepleted", colour=(163, 57, 21), hud=True)
def oxygen_bar_depleted(ram: SeaquestRam) -> Iterator[Box]:
    """The oxygen used up."""
    if ram.oxygen < FULL_TANK:
        yield 49 + ram.oxygen, 170, FULL_TANK - ram.oxygen, 5


@seaquest.object("CollectedDiver", colour=(24, 26, 167), count=6)
def collected_diver(ram: SeaquestRam) -> Iterator[Box]:
    """The divers on board."""
    for i in range(ram.divers_collected):
        yield 58 + 8 * i, 178, 8, 9


@seaquest.object("PlayerScore", colour=(210, 210, 64), hud=True)
def player_score(ram: SeaquestRam) -> Iterator[Box]:
    """The score."""
    wider = 8 * (len(f"{int(bytes(ram.score).hex())}") - 1)
    yield 99 - wider, 9, 6 + wider, 8


@seaquest.object("Lives", colour=(210, 210, 64), hud=True)
def lives(ram: SeaquestRam) -> Iterator[Box]:
    """The spare submarines, one box for all."""
    if ram.lives:
        yield 58, 22, 7 + 8 * (ram.lives - 1), 8


def has_submarines(ram: SeaquestRam, lane: int) -> bool:
    """Whether submarines come in a lane; else sharks and divers do."""
    return 4 <= ram.lane_type[lane] % 8 <= 6


def enemy_columns(ram: SeaquestRam, lane: int) -> Iterator[int]:
    """The columns of a lane's enemies from left to right."""
    for slot in range(3):
        if ram.lane_formation[lane] & 4 >> slot:
            x = (ram.enemy_x[lane] + 16 * slot) % 256
            if 0 < x < 160:  # the leftmost 8 columns are blank
                yield x


# --- Modifs ------------------------------------------------------------------------------------------------------


@seaquest.modif("assist", writes=[SeaquestRam.oxygen])
def unlimited_oxygen(ram: SeaquestRam) -> None:
    """The oxygen never runs out under water."""
    if ram.player_y > SURFACE:
        ram.oxygen = FULL_TANK


@seaquest.modif("dynamics", writes=[SeaquestRam.player_y], every=5)
def gravity(ram: SeaquestRam) -> None:
    """The agent's submarine sinks by a pixel every 5 frames, from the start and while its tank fills."""
    if ram.player_y < GROUND:
        ram.player_y += 1


seaquest.poke(
    "disable_enemies",
    "assist",
    "There are no sharks and no submarines, only divers; what is left of the enemies is a rare missile.",
    {SeaquestRam.lane_formation: 0, SeaquestRam.surface_enemy: 0},
)


@seaquest.modif("visual", writes=[SeaquestRam.enemy_colour])
class RandomColorEnemies:
    """Every group of sharks or submarines comes in a random colour, which can be as dark as the water."""

    def __init__(self) -> None:
        self.colours = [0] * LANES

    def reset(self, rng: np.random.Generator) -> None:
        self.colours = rng.integers(201, size=LANES).tolist()

    def frame(self, ram: SeaquestRam, rng: np.random.Generator) -> None:
        for lane, x in enumerate(ram.enemy_x):
            if x == ENTRY_X:
                self.colours[lane] = int(rng.integers(256))
        ram.enemy_colour[:] = self.colours
