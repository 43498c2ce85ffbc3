"""James Bond 007: the agent drives a car past fire holes and shoots and is shot at from the air and from the water."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Game
from hackatari.ram import Byte, ByteArray, Ram, bcd_digits


class JamesbondRam(Ram):
    """RAM map of James Bond 007."""

    scenery_bits = ByteArray((0, 1), "pattern that is shifted as the scenery scrolls past")
    lives = Byte(6, "spare lives in the low nibble, 5 after reset; scenery bits in the high nibble")
    events = Byte(20, "bit 7 = the car explodes, bit 6 = the helicopter fires its beam")
    player_y = Byte(25, "height of the car, screen y - 50; 69 on the road, about 43 at the top of a jump")
    player_x = Byte(27, "column of the car, screen x + 1; 30 at the start")
    enemy_shot_y = Byte(30, "height of an enemy's bomb or shot, screen y - 55; 128 = none")
    player_shot_y = Byte(31, "height of the agent's shot, screen y - 55; 128 = none")
    jump_phase = Byte(36, "0 = the car is on the road or rises, 252 to 255 = it falls")
    player_shot_x = Byte(38, "column of the agent's shot, screen x + 11; 0 = none")
    enemy_shot_x = Byte(39, "column of an enemy's bomb or shot, screen x + 11; 0 = none")
    hole_x = Byte(43, "column of the fire hole, as on the screen")
    row1_type = Byte(49, "object in the upper air row: 255 none, 6 helicopter, others satellite")
    row2_type = Byte(50, "object in the second air row: 255 none, others diver-bomber")
    water_type = Byte(51, "object at or below the ground: 255 none, 54 eruption, 48 diver")
    row2_x = Byte(59, "column of the object in the second air row, screen x + 2")
    water_x = Byte(60, "column of the object at or below the ground")
    row1_x = Byte(61, "column of the object in the upper air row, screen x + 1")
    score = ByteArray((94, 93, 92), "score, BCD, highest digits first")
    hole_shape = Byte(108, "low byte of the picture at the ground: 248 and 250 fire hole, 251 eruption")
    eruption_size = Byte(109, "86 = small eruption; else part of the fire's picture")
    lives_shown = Byte(111, "spare lives on the display, three cars at most; 147 after the last life")


jamesbond = Game(
    "jamesbond",
    JamesbondRam,
    "No FIRE is needed. UP jumps for 135 frames; every shot needs FIRE to be released first.",
)

NO_SHOT, NOTHING, GAME_OVER = 128, 255, 147
HELICOPTER, DIVER, ERUPTION = 6, 48, 54
EXPLODES, BEAM = 128, 64  # events
BEAM_X = 100
BORDER = 8  # the black columns at the left of the picture hide everything
SHOT_TOP, ROAD_Y = 91, 120  # picture rows
HOVER_Y, RISING = 60, 0
LEFTMOST = 10
SPARE_LIVES = 5


# --- Objects -----------------------------------------------------------------------------------------------------


def plays(ram: JamesbondRam) -> bool:
    """Whether the car is on the screen in its own colours."""
    return not ram.events & EXPLODES and ram.lives_shown != GAME_OVER


@jamesbond.object("Player", colour=(227, 151, 89))
def player(ram: JamesbondRam) -> Iterator[Box]:
    """The agent's car, unless it explodes."""
    if plays(ram):
        yield ram.player_x - 1, 50 + ram.player_y, 8, 4


@jamesbond.object("PlayerShot", colour=(227, 151, 89))
def player_shot(ram: JamesbondRam) -> Iterator[Box]:
    """The agent's shot."""
    if ram.player_shot_y != NO_SHOT and plays(ram):
        yield ram.player_shot_x - 11, 55 + ram.player_shot_y, 1, 5


@jamesbond.object("Helicopter", colour=(167, 26, 26))
def helicopter(ram: JamesbondRam) -> Iterator[Box]:
    """The helicopter."""
    if ram.row1_type == HELICOPTER:
        yield ram.row1_x - 1, 57, 8, 6


@jamesbond.object("Ice", colour=(45, 87, 176))
def satellite(ram: JamesbondRam) -> Iterator[Box]:
    """The blue satellite."""
    if ram.row1_type not in (NOTHING, HELICOPTER):
        yield ram.row1_x - 1, 57, 8, 12


@jamesbond.object("Hornet", colour=(170, 170, 170))
def hornet(ram: JamesbondRam) -> Iterator[Box]:
    """The diver-bomber; it is not drawn while the helicopter to its right fires its beam."""
    beam = ram.events & BEAM and ram.row1_type == HELICOPTER and ram.row2_x < ram.row1_x <= BEAM_X
    if ram.row2_type != NOTHING and not beam:
        left = max(ram.row2_x - 2, BORDER)
        yield left, 75, ram.row2_x + 6 - left, 14


@jamesbond.object("EnemyShot", colour=(252, 224, 112))
def enemy_shot(ram: JamesbondRam) -> Iterator[Box]:
    """A bomb or shot of an enemy in the air."""
    if ram.enemy_shot_y != NO_SHOT and SHOT_TOP <= 55 + ram.enemy_shot_y < ROAD_Y:
        yield ram.enemy_shot_x - 11, 53 + ram.enemy_shot_y, 2, 6


@jamesbond.object("Eruption", colour=(26, 102, 26))
def eruption(ram: JamesbondRam) -> Iterator[Box]:
    """An eruption at the ground, small or large."""
    if ram.water_type == ERUPTION and ram.hole_shape == 251:
        yield (ram.water_x + 4, 125, 20, 7) if ram.eruption_size == 86 else (ram.water_x, 125, 32, 15)


@jamesbond.object("Diver", colour=(26, 102, 26))
def diver(ram: JamesbondRam) -> Iterator[Box]:
    """A diver below the ground."""
    if ram.water_type == DIVER:
        yield ram.water_x - 1, 131, 7, 20


@jamesbond.object("FireHole", colour=(72, 44, 0))
def fire_hole(ram: JamesbondRam) -> Iterator[Box]:
    """The fire hole in the road."""
    if ram.hole_shape == 250:
        yield ram.hole_x, 122, 16, 48


@jamesbond.object("Score", colour=(187, 187, 53), hud=True)
def score(ram: JamesbondRam) -> Iterator[Box]:
    """The score."""
    digits = bcd_digits(*ram.score) or 1
    yield 103 - 8 * digits, 15, 8 * digits - 2, 7


@jamesbond.object("Life", colour=(180, 122, 48), hud=True)
def life(ram: JamesbondRam) -> Iterator[Box]:
    """The spare lives, at most three of them."""
    if 0 < ram.lives_shown < 128:
        yield 9, 184, 16 * min(ram.lives_shown, 3) - 8, 4


# --- Modifs ------------------------------------------------------------------------------------------------------

jamesbond.poke(
    "constant_jump",
    "assist",
    "The car hovers 9 pixels above the road whatever the agent does, so it never falls into the fire hole.",
    {JamesbondRam.player_y: HOVER_Y, JamesbondRam.jump_phase: RISING},
)


@jamesbond.modif("dynamics", writes=[JamesbondRam.player_shot_x])
class StraightShots:
    """The agent's shots fly straight up from the middle of the car instead of to the upper right."""

    column = 0

    def frame(self, ram: JamesbondRam) -> None:
        x = ram.player_shot_x
        if x == 0:
            self.column = 0
        elif self.column == 0:
            self.column = x - 8
        else:
            ram.player_shot_x = self.column


@jamesbond.modif("dynamics", writes=[JamesbondRam.player_x])
class FastBackward:
    """The car drives to the left twice as fast: 2 pixels every 4 frames."""

    last_x = 0

    def frame(self, ram: JamesbondRam) -> None:
        x = ram.player_x
        if self.last_x - x == 1:  # larger steps are the return to the start after a death
            x = ram.player_x = max(x - 1, LEFTMOST)
        self.last_x = x


@jamesbond.modif("assist", writes=[JamesbondRam.player_y, JamesbondRam.jump_phase, JamesbondRam.player_x])
class MobilePlayer(FastBackward):
    """The car hovers 9 pixels above the road and drives to the left twice as fast."""

    def frame(self, ram: JamesbondRam) -> None:
        ram.player_y, ram.jump_phase = HOVER_Y, RISING
        super().frame(ram)


@jamesbond.modif("assist", writes=[JamesbondRam.lives])
def unlimited_lives(ram: JamesbondRam) -> None:
    """The agent never runs out of lives, so an episode does not end."""
    ram.lives = (ram.lives & 0xF0) + SPARE_LIVES
