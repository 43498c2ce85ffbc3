"""Demon Attack: demons form in the sky, shoot and, in later waves, split and dive; the agent's cannon shoots back."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Game
from hackatari.palette import rgb
from hackatari.ram import Byte, ByteArray, Ram


class DemonAttackRam(Ram):
    """RAM map of Demon Attack.

    Heights grow upwards. Columns are in the console's code, which `column` decodes. Arrays of three run from the top
    demon to the bottom one; a demon consists of two halves, which become two small demons when it splits.
    """

    score = ByteArray((1, 3, 5), "points, BCD, the highest digits first; no digits before the first point")
    enemy_left_x = ByteArray((13, 14, 15), "coded column of the left half or left small demon")
    player_x = Byte(16, "coded column of the cannon")
    enemy_right_x = ByteArray((17, 18, 19), "coded column of the right half, left half + 8, or right small demon")
    shot_x = Byte(20, "coded column of the diving demon, and of the left end of the demons' shots")
    missile_y = Byte(21, "height of the agent's shot, 178 - screen y, from 90 on 176 - screen y")
    missile_x = Byte(22, "coded column of the agent's shot, screen x - 2; follows the cannon until it is fired")
    enemy_left_state = ByteArray((29, 30, 31), "0 dead, 1 to 3 forming, 4 to 24 a whole demon, above two small demons")
    enemy_right_state = ByteArray((33, 34, 35), "the same of the right half; at most 3 means dead")
    shot_rows = ByteArray(range(37, 47), "the demons' shots in rows of 8 lines, lowest first; bit 7 is the left column")
    enemy_flags = ByteArray((47, 48, 49), "64 or more while only the right small demon is alive")
    diver_flag = Byte(50, "64 or more while a demon dives")
    diver_state = Byte(51, "not 0 while a demon dives")
    white_flash = Byte(60, "frames for which the cannon still explodes")
    level = Byte(62, "wave, 0 at the start; decides on the kind of demons")
    enemy_y = ByteArray((69, 70, 71), "height of a demon, 175 - screen y")
    diver_y = Byte(72, "height of the diving demon, 177 - screen y")
    display_flag = Byte(113, "189 while no lives are left: game over")
    lives = Byte(114, "spare cannons, 3 at the start")


demon_attack = Game(
    "demon_attack",
    DemonAttackRam,
    "No FIRE is needed: the first demon forms within 50 frames. Waves without a hit give a spare cannon.",
)

ROWS = 3
FORMED, SPLIT = 4, 25  # lowest enemy_left_state
ALIVE_ALONE, DIVES = 64, 64  # lowest enemy_flags, diver_flag
LEFTMOST, RIGHTMOST = 33, 127  # columns between which a demon is held
HELD_SHOT = 0b100
ENEMY_COLOURS = (56, 106, 120, 238, 62, 228, 104)  # palette index, by wave; they repeat every seven waves
PIECES_COLOURS = (  # the same for the states in which a demon forms
    (118, 120, 118),
    (138, 138, 106),
    (72, 72, 72),
    (238, 238, 238),
    (62, 62, 62),
    (228, 228, 228),
    (104, 104, 104),
)
PIECES_WIDTH = 30


def column(code: int) -> int:
    """The screen column of a coded position: 15 pixels per step of the low nibble, moved by the high nibble."""
    coarse, fine = code % 16, code // 16
    return 15 * coarse + (12 if fine < 8 else 28) - fine


COLUMNS = [column(code) for code in range(256)]


# --- Objects -----------------------------------------------------------------------------------------------------


@demon_attack.object("Player", colour=(184, 70, 162))
def player(ram: DemonAttackRam) -> Iterator[Box]:
    """The agent's cannon, unless it explodes."""
    if not ram.white_flash:
        yield column(ram.player_x), 174, 7, 12


@demon_attack.object("PlayerMissile", colour=(212, 140, 252))
def player_missile(ram: DemonAttackRam) -> Iterator[Box]:
    """The agent's shot; before it is fired it is seen in the cannon."""
    if not ram.white_flash:
        yield column(ram.missile_x) + 2, (178 if ram.missile_y < 90 else 176) - ram.missile_y, 1, 8


@demon_attack.object("Enemy", colour=(213, 130, 74), count=7)
def enemy(ram: DemonAttackRam) -> Iterator[Box]:
    """The whole and small demons from top to bottom, then the diving one, in one of the colours of their wave."""
    colour = rgb(ENEMY_COLOURS[ram.level % len(ENEMY_COLOURS)])
    for i in range(ROWS):
        left, top = column(ram.enemy_left_x[i]), 176 - ram.enemy_y[i]
        if ram.enemy_left_state[i] >= SPLIT:
            yield left, top, 8, 8, colour
            if ram.enemy_right_state[i] >= FORMED:
                yield column(ram.enemy_right_x[i]), top, 8, 8, colour
        elif ram.enemy_left_state[i] >= FORMED:
            yield left, top, 16, 8, colour
        elif ram.enemy_left_state[i] == 0 and ram.enemy_flags[i] >= ALIVE_ALONE:
            yield column(ram.enemy_right_x[i]), top, 8, 8, colour
    if ram.diver_state and ram.diver_flag >= DIVES:
        yield column(ram.shot_x), 177 - ram.diver_y, 8, 8, colour


@demon_attack.object("EnemyPart", colour=(104, 72, 198), count=2 * ROWS)
def enemy_part(ram: DemonAttackRam) -> Iterator[Box]:
    """The scattered pieces that become the halves of a demon, without those that reach around the right edge."""
    colours = PIECES_COLOURS[ram.level % len(PIECES_COLOURS)]
    for i in range(ROWS):
        state = ram.enemy_left_state[i]
        if 0 < state < FORMED:
            for code in (ram.enemy_left_x[i], ram.enemy_right_x[i]):
                if column(code) <= 160 - PIECES_WIDTH:
                    yield column(code), 175 - ram.enemy_y[i], PIECES_WIDTH, 8, rgb(colours[state - 1])


@demon_attack.object("EnemyMissile", colour=(252, 144, 144), count=14)
def enemy_missile(ram: DemonAttackRam) -> Iterator[Box]:
    """The demons' shots below the lowest demon, beside which they have its colours, unless the cannon explodes."""
    demons = [y for y, state in zip(ram.enemy_y, ram.enemy_left_state, strict=True) if state]
    if ram.white_flash or not demons:
        return
    left, demons_end = column(ram.shot_x), 187 - min(demons)
    for row, bits in enumerate(ram.shot_rows):
        top = 179 - 8 * row
        if top >= demons_end:
            for i in range(8):
                if bits >> (7 - i) & 1:
                    yield left + i, top, 1, 8


@demon_attack.object("Score", colour=(223, 183, 85), hud=True)
def score(ram: DemonAttackRam) -> Iterator[Box]:
    """The points."""
    digits = bytes(ram.score).hex()
    wider = 8 * (len(str(int(digits))) - 1) if digits.isdecimal() else 0
    yield 96 - wider, 7, 5 + wider, 9


@demon_attack.object("Lives", colour=(240, 128, 128), hud=True)
def lives(ram: DemonAttackRam) -> Iterator[Box]:
    """The spare cannons."""
    if ram.lives:
        yield 17, 188, 3 + 8 * (ram.lives - 1), 5


# --- Modifs ------------------------------------------------------------------------------------------------------


@demon_attack.modif(
    "dynamics", writes=[DemonAttackRam.enemy_left_x, DemonAttackRam.enemy_right_x, DemonAttackRam.shot_x]
)
class StaticEnemies:
    """Demons do not move sideways once they have formed, and dive straight down; up and down they move as ever.

    A demon at the edge first moves inside. Small demons more than 10 pixels apart move on.
    """

    def __init__(self) -> None:
        self.held: list[tuple[int, int] | None] = [None] * ROWS
        self.diver_x: int | None = None

    def frame(self, ram: DemonAttackRam) -> None:
        places = zip(ram.enemy_left_x, ram.enemy_right_x, strict=True)
        states = zip(ram.enemy_left_state, ram.enemy_right_state, strict=True)
        for i, (place, (left_state, right_state)) in enumerate(zip(places, states, strict=True)):
            left, right = COLUMNS[place[0]], COLUMNS[place[1]]
            held = self.held[i]
            if (left_state < FORMED and right_state < FORMED) or not -10 <= left - right <= 10:
                self.held[i] = None
            elif held:
                if place != held:
                    ram.enemy_left_x[i], ram.enemy_right_x[i] = held
            elif left <= RIGHTMOST and right >= LEFTMOST:
                self.held[i] = place

        if not (ram.diver_state and ram.diver_flag >= DIVES):
            self.diver_x = None
        elif self.diver_x is None:
            self.diver_x = ram.shot_x
        else:
            ram.shot_x = self.diver_x


@demon_attack.modif("dynamics", writes=[DemonAttackRam.shot_rows])
def one_missile(ram: DemonAttackRam) -> None:
    """The demons shoot one single thin shot at a time instead of a volley."""
    rows = ram.shot_rows[:]
    lowest = next((i for i, bits in enumerate(rows) if bits), None)
    if lowest is not None:
        ram.shot_rows[lowest:] = [HELD_SHOT] + [0] * (len(rows) - lowest - 1)
