"""Beam Rider: the agent's ship slides along the near ends of beams and shoots saucers that come from the horizon."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp

from hackatari.game import Box, Game
from hackatari.ram import Byte, ByteArray, Ram


class BeamRiderRam(Ram):
    """RAM map of Beam Rider."""

    sector = Byte(0, "number of the sector, 1 at the start")
    lives = Byte(5, "spare ships, 2 at the start; 255 when the game is over")
    score = ByteArray((9, 10, 11), "points, BCD, the lowest digits first")
    player_graphic = Byte(14, "picture of the ship: 144 intact, 154 exploding")
    game_state = Byte(16, "1 before the saucers come, 2 saucers, 3 sentinel ship, 4 on the way to the next sector")
    enemy_depth = ByteArray(range(25, 32), "how near an enemy is: 0 waits at the horizon, 255 for none; saucers first")
    projectile_depth = Byte(32, "how near the agent's shot is; 255 for none")
    enemy_beam = ByteArray(range(33, 40), "place of an enemy across the beams, as player_x; 0 for none")
    projectile_x = Byte(40, "place of the agent's shot across the beams, as player_x")
    player_x = Byte(41, "place of the ship across the beams, int(1.5 * value) - 115 = screen x; 128 is the centre")
    saucer_state = ByteArray((42, 43, 44), "4 or 5 while a saucer flies")
    projectile_state = Byte(49, "0 while the agent can shoot, 35 while its shot flies")
    torpedoes = Byte(83, "torpedoes left")
    enemies_left = Byte(84, "saucers left in the sector")
    saucer_distance = ByteArray((93, 94, 95), "165 - screen y of the saucers, the farthest first")


beam_rider = Game(
    "beam_rider",
    BeamRiderRam,
    "No FIRE is needed. A sector has 15 saucers and then a sentinel ship, which only torpedoes (UP) destroy.",
)

INTACT = 144  # player_graphic
NONE, VISIBLE_DEPTH, NEAR_DEPTH = 255, 61, 95  # enemy_depth
SAUCER_FLIES = (4, 5)  # saucer_state
FAR_COLOUR, NEAR_COLOUR = (170, 170, 170), (236, 236, 236)
SAUCERS = 3
HORIZON_Y, CENTRE_X, CENTRE_BEAM = 43, 83.5, 128


@beam_rider.object("Player", colour=(210, 210, 64))
def player(ram: BeamRiderRam) -> Iterator[Box]:
    """The agent's ship, unless it explodes."""
    if ram.player_graphic == INTACT:
        yield int(1.5 * ram.player_x) - 115, 167, 15, 13


@beam_rider.object("Saucer", colour=(236, 236, 236), count=SAUCERS)
def saucer(ram: BeamRiderRam) -> Iterator[Box]:
    """The saucers on their way to the agent, grey while they are far; the nearer they are, the more the beams spread.

    Their place is computed from how near they are, right to within a few pixels.
    """
    for depth, beam, state in zip(ram.enemy_depth, ram.enemy_beam, ram.saucer_state, strict=False):
        if beam and VISIBLE_DEPTH <= depth < NONE and state in SAUCER_FLIES:
            y = round(4 * exp(0.016 * depth))  # rows below the horizon
            x = CENTRE_X + (0.6 + 0.0085 * y) * (beam - CENTRE_BEAM)
            yield round(x) - 4, HORIZON_Y + y - 2, 8, 7, FAR_COLOUR if depth < NEAR_DEPTH else NEAR_COLOUR
