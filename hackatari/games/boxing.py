"""Boxing: the agent is the white boxer; hits give 1 or 2 points, 100 are a knockout, the fight lasts two minutes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hackatari.game import Box, Game
from hackatari.ram import Byte, Ram


class BoxingRam(Ram):
    """RAM map of Boxing; y grows downwards."""

    player_colour = Byte(1, "colour of the player and of its points, rewritten by the game every frame")
    enemy_colour = Byte(2, "colour of the opponent and of its points, rewritten by the game every frame")
    ring_colour = Byte(3, "colour of the ropes")
    text_colour = Byte(4, "clock and logo are drawn in this colour XOR 6")
    clock_minutes = Byte(16, "minutes left in the high nibble; the low nibble is always 11")
    clock_seconds = Byte(17, "seconds left, BCD")
    player_score = Byte(18, "points of the player, BCD; 192 is a knockout")
    enemy_score = Byte(19, "points of the opponent, BCD; 192 is a knockout")
    player_x = Byte(32, "column of the player: 30 at the left ropes to 109 at the right ropes")
    enemy_x = Byte(33, "column of the opponent: 30 at the left ropes to 109 at the right ropes")
    player_y = Byte(34, "height of the player: 3 at the upper rope to 89 at the lower rope")
    enemy_y = Byte(35, "height of the opponent: 1 at the upper rope to 89 at the lower rope")
    player_upper_arm_length = Byte(55, "reach of the player's glove that is upper on the screen, 0 to 72")
    player_lower_arm_length = Byte(57, "reach of the player's glove that is lower on the screen, 0 to 72")
    enemy_right_arm_length = Byte(59, "reach of the opponent's glove that it uses when the player is above, 0 to 72")
    enemy_left_arm_length = Byte(61, "reach of the opponent's glove that it uses when the player is below, 0 to 72")
    upper_arm_state = Byte(99, "player's upper glove: 0 punches, 128 rests; it cannot punch while 128 is written")
    lower_arm_state = Byte(101, "player's lower glove: 0 punches, 128 rests; it cannot punch while 128 is written")
    enemy_right_arm_state = Byte(103, "opponent's right glove: it cannot punch while 128 is written")
    enemy_left_arm_state = Byte(105, "opponent's left glove: it cannot punch while 128 is written")


boxing = Game(
    "boxing",
    BoxingRam,
    "The fight starts at once; FIRE punches. The episode ends with a knockout or after about 7100 frames; no lives.",
)

ARM_AT_REST = 128
RIGHT_ROPES, LOWER_ROPE = 109, 87
BOXER_WIDTH = 14

BLACK, WHITE, RED, BLUE, GREEN = 0, 12, 48, 113, 200


# --- Objects -----------------------------------------------------------------------------------------------------


@boxing.object("Player", colour=(214, 214, 214))
def player(ram: BoxingRam) -> Iterator[Box]:
    """The agent's boxer with its arms at rest."""
    yield boxer_box(ram.player_x, ram.player_y, faces_right=ram.player_x < ram.enemy_x)


@boxing.object("Enemy", colour=(0, 0, 0))
def enemy(ram: BoxingRam) -> Iterator[Box]:
    """The opponent with its arms at rest."""
    yield boxer_box(ram.enemy_x, ram.enemy_y, faces_right=ram.enemy_x <= ram.player_x)


@boxing.object("PlayerScore", colour=(214, 214, 214), hud=True)
def player_score(ram: BoxingRam) -> Iterator[Box]:
    """The player's points."""
    yield score_box(ram.player_score, 47)


@boxing.object("EnemyScore", colour=(0, 0, 0), hud=True)
def enemy_score(ram: BoxingRam) -> Iterator[Box]:
    """The opponent's points."""
    yield score_box(ram.enemy_score, 111)


@boxing.object("Clock", colour=(20, 60, 0), hud=True)
def clock(ram: BoxingRam) -> Iterator[Box]:
    """The time left."""
    yield 63, 17, 30, 7


def boxer_box(x: int, y: int, faces_right: bool) -> tuple[int, int, int, int]:
    """The box of a boxer at these coordinates; the boxers always face each other."""
    return (x + 5, y + 38, BOXER_WIDTH, 47) if faces_right else (x + 3, y + 37, BOXER_WIDTH, 47)


def score_box(points: int, ones_x: int) -> tuple[int, int, int, int]:
    """The box of BCD points whose ones digit is at column `ones_x`."""
    wider = 8 if points > 9 else 0
    return ones_x - wider, 5, 6 + wider, 7


# --- Modifs: the player's arms and legs --------------------------------------------------------------------------

boxing.poke(
    "one_armed",
    "dynamics",
    "The player only punches with its right arm: with the glove that is lower on the screen, whichever way it faces.",
    {BoxingRam.upper_arm_state: ARM_AT_REST},
)


@boxing.modif("dynamics", writes=[BoxingRam.player_y], every=3)
def gravity(ram: BoxingRam) -> None:
    """The player sinks towards the lower rope by a pixel every 3 frames."""
    if ram.player_y < LOWER_ROPE:
        ram.player_y += 1


@boxing.modif("dynamics", writes=[BoxingRam.player_x])
def offensive(ram: BoxingRam) -> None:
    """The player is pushed to the right, up to the opponent, by a pixel per frame."""
    if 0 < ram.player_x < RIGHT_ROPES and ram.player_x + BOXER_WIDTH != ram.enemy_x:
        ram.player_x += 1


@boxing.modif("dynamics", writes=[BoxingRam.player_y])
def antigravity(ram: BoxingRam) -> None:
    """The player is pushed up by a pixel per frame, unless it is at the lower rope."""
    if 0 < ram.player_y < LOWER_ROPE:
        ram.player_y -= 1


@boxing.modif("dynamics", writes=[BoxingRam.player_x])
def defensive(ram: BoxingRam) -> None:
    """The player is pushed to the left by a pixel per frame, unless it is at the right ropes."""
    if 0 < ram.player_x < RIGHT_ROPES:
        ram.player_x -= 1


@boxing.modif("dynamics", writes=[BoxingRam.player_y])
def down(ram: BoxingRam) -> None:
    """The player is pushed down by a pixel per frame."""
    if 0 < ram.player_y < LOWER_ROPE:
        ram.player_y += 1


@boxing.modif("dynamics", writes=[BoxingRam.player_x, BoxingRam.player_y])
class DrunkenBoxing:
    """The player staggers by a pixel per frame: in a circle (right, up, left, down), half of the time at random."""

    step = 0

    def frame(self, ram: BoxingRam, rng: np.random.Generator) -> None:
        pushes = (offensive, antigravity, defensive, down)
        draw = int(rng.integers(8))
        if draw < 4:
            pushes[draw](ram)
        else:
            pushes[self.step % 4](ram)
            self.step += 1


# --- Modifs: the start -------------------------------------------------------------------------------------------


@boxing.modif("start", writes=[BoxingRam.player_x, BoxingRam.player_y, BoxingRam.enemy_x, BoxingRam.enemy_y])
class SwitchPositions:
    """The boxers start in each other's corner: the player in the lower right, the opponent in the upper left."""

    frames_left = 2  # the game itself places the boxers in the first frame, so only the second write remains

    def frame(self, ram: BoxingRam) -> None:
        if self.frames_left:
            self.frames_left -= 1
            ram.player_x, ram.player_y = 105, 85
            ram.enemy_x, ram.enemy_y = 30, 4


# --- Modifs: colours ---------------------------------------------------------------------------------------------

for name, value in {"black": BLACK, "white": WHITE, "red": RED, "blue": BLUE, "green": GREEN}.items():
    boxing.poke(
        f"color_player_{name}",
        "visual",
        f"The player and its points are drawn in {name}; the game's own colour is white.",
        {BoxingRam.player_colour: value},
    )
    boxing.poke(
        f"color_enemy_{name}",
        "visual",
        f"The opponent and its points are drawn in {name}; the game's own colour is black.",
        {BoxingRam.enemy_colour: value},
    )

boxing.poke(
    "classic_colors",
    "visual",
    "The player is red and the opponent blue.",
    {BoxingRam.player_colour: RED, BoxingRam.enemy_colour: BLUE},
)
