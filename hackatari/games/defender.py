"""Defender: the agent's ship guards the humans of a city against landers and their companions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hackatari.game import Box, Game
from hackatari.ram import Byte, ByteArray, Ram


class DefenderRam(Ram):
    """RAM map of Defender; heights grow upwards."""

    enemy_kind = ByteArray(range(8), "kind of an enemy: 0 bomber, 1 baiter, 2 pod, 3 swarmer, 4 lander; +16 exploding")
    facing = Byte(11, "5 while the ship faces right, 251 while it faces left")
    thrust_flash = Byte(15, "55 if the next frame shows the flame of the ship instead of the ship")
    enemy_multiplex = Byte(20, "0 with one enemy on the screen, which every frame shows; 255 with none, else several")
    drawn_enemy_x = Byte(21, "column of the enemy that this frame shows, screen x")
    drawn_enemy_slot = Byte(22, "which of the eight enemies this frame shows; 255 for none")
    drawn_enemy_y = Byte(23, "height of the enemy that this frame shows, 172 - screen y")
    game_mode = Byte(27, "the game's number")
    score_digits = ByteArray(range(28, 34), "digits of the score, ones first; 10 for a blank")
    next_human_x = Byte(36, "column of the human that the next frame shows, screen x; 0 for none")
    player_x = Byte(37, "column of the ship, screen x if it faces left, else screen x - 1")
    next_enemy_x = Byte(38, "column of the enemy that the next frame shows")
    next_shot_x = Byte(39, "column of the enemies' shot if the next frame shows it, else 0")
    next_human_y = Byte(42, "height of the human that the next frame shows, 170 - screen y")
    next_shot_y = Byte(43, "height of the enemies' shot if the next frame shows it, else 160")
    player_y = Byte(45, "height of the ship, 177 - screen y")
    next_enemy_y = Byte(48, "height of the enemy that the next frame shows")
    next_enemy_slot = Byte(55, "which of the enemies the next frame shows; 255 for none")
    colour_cycle = Byte(59, "counts frames from 0 to 7; shots and humans change their colours with it")
    enemy_shot_y = Byte(60, "height of the enemies' shot, 170 - screen y; keeps its last value")
    enemy_shot_x = Byte(61, "column of the enemies' shot, screen x; keeps its last value")
    lives = Byte(66, "ships left: 3 at the start, 0 ends the episode")
    smart_bombs = Byte(68, "smart bombs left: 3 at the start; at most three are displayed")
    start_timer = Byte(75, "frames until play begins: 149 after reset, 50 after a lost ship, 0 in play")
    human_turn = Byte(78, "which of five humans this frame shows; 255 for none")
    player_gone = Byte(102, "not 0 while the ship explodes or is in hyperspace, +7 in each frame")


defender = Game(
    "defender",
    DefenderRam,
    "No FIRE is needed: play starts 148 frames after the reset. The console shows one enemy and one human per frame, "
    "by turns; the object list holds the enemy that the frame shows. Behind the skyline the ship is hidden.",
)

SKYLINE = 156  # the first picture row in which the ship is hidden
START_DELAY = 5
FLAME = 55  # thrust_flash
MEMORY = 10  # frames for which what was drawn is taken to be still there


# --- Objects -----------------------------------------------------------------------------------------------------


def drawn_enemy(ram: DefenderRam, kind: int, width: int, height: int) -> Iterator[Box]:
    """The enemy that this frame shows, if it is of this kind."""
    slot = ram.drawn_enemy_slot
    if slot < 8 and ram.enemy_kind[slot] == kind and not ram.start_timer:
        yield ram.drawn_enemy_x, 172 - ram.drawn_enemy_y, width, height


@defender.object("Player", colour=(132, 144, 252), flickers=True)
def player(ram: DefenderRam) -> Iterator[Box]:
    """The ship; in one of eight frames or so, the console shows the flame of its engine instead."""
    top = 177 - ram.player_y
    if top < SKYLINE and not ram.player_gone and not ram.start_timer:
        yield ship_x(ram), top, 7, min(5, SKYLINE - top)


@defender.object("Bomber", colour=(84, 92, 214))
def bomber(ram: DefenderRam) -> Iterator[Box]:
    """A bomber, when it is its turn."""
    return drawn_enemy(ram, 0, 5, 4)


@defender.object("Baiter", colour=(132, 144, 252))
def baiter(ram: DefenderRam) -> Iterator[Box]:
    """A baiter, when it is its turn."""
    return drawn_enemy(ram, 1, 8, 3)


@defender.object("Pod", colour=(252, 224, 112))
def pod(ram: DefenderRam) -> Iterator[Box]:
    """A pod, when it is its turn."""
    return drawn_enemy(ram, 2, 7, 7)


@defender.object("Swarmer", colour=(232, 232, 74))
def swarmer(ram: DefenderRam) -> Iterator[Box]:
    """A group of swarmers, when it is its turn."""
    return drawn_enemy(ram, 3, 8, 7)


@defender.object("Lander", colour=(210, 210, 64))
def lander(ram: DefenderRam) -> Iterator[Box]:
    """A lander, when it is its turn."""
    return drawn_enemy(ram, 4, 8, 7)


@defender.object("Life", colour=(132, 144, 252), count=3, hud=True)
def life(ram: DefenderRam) -> Iterator[Box]:
    """The ships left, at most three."""
    for i in range(min(ram.lives, 3)):
        yield 4 + 16 * i, 187, 7, 5


@defender.object("SmartBomb", colour=(132, 144, 252), count=3, hud=True)
def smart_bomb(ram: DefenderRam) -> Iterator[Box]:
    """The smart bombs left, at most three."""
    for i in range(min(ram.smart_bombs, 3)):
        yield 115 + 16 * i, 187, 6, 3


@defender.object("Score", colour=(232, 232, 74), hud=True)
def score(ram: DefenderRam) -> Iterator[Box]:
    """The points, without leading zeros."""
    digits = sum(digit < 10 for digit in ram.score_digits)
    yield 104 - 8 * digits, 177, 8 * digits - 2, 7


def ship_x(ram: DefenderRam) -> int:
    """The left column of the ship."""
    return ram.player_x + 1 if ram.facing & 4 else ram.player_x


# --- Modifs: the start -------------------------------------------------------------------------------------------


defender.poke(
    "more_bombs",
    "assist",
    "The agent starts with 8 smart bombs instead of 3; the picture shows at most three.",
    {DefenderRam.smart_bombs: 8},
    at_reset=True,
)


defender.poke(
    "quick_start",
    "start",
    "Play begins 4 frames after the reset instead of 148; the pause after a lost ship is as long as ever.",
    {DefenderRam.start_timer: START_DELAY},
    at_reset=True,
)


# --- Modifs: the picture -----------------------------------------------------------------------------------------

Sprite = tuple[int, np.ndarray]


def sprite(colour: int, *rows: str) -> Sprite:
    """A palette index and where the sprite has pixels, bool of shape (height, width)."""
    return colour, np.array([[pixel == "#" for pixel in row] for row in rows])


BLUE, YELLOW = 142, 28  # palette indices
SHIP = sprite(BLUE, ".#.....", "###....", "#####..", "#######", ".###...")
SHIP_TO_THE_LEFT = SHIP[0], SHIP[1][:, ::-1]
SHOT = sprite(BLUE, "##", "##")
HUMAN = sprite(YELLOW, "##", "##", "##", "##")
ENEMIES = (
    sprite(136, "#####", "##.##", "##.##", "#####"),
    sprite(BLUE, ".######.", "###..###", ".######."),
    sprite(254, "...#...", ".#.#.#.", "..###..", "#######", "..###..", ".#.#.#.", "...#..."),
    sprite(YELLOW, ".#......", "###..#..", ".#..###.", ".....#..", ".#....#.", "###..###", ".#....#."),
    sprite(26, "...##...", "..####..", "..####..", "...##...", "..#..#..", ".######.", "########"),
)


def paint(screen: np.ndarray, x: int, y: int, picture: Sprite) -> None:
    """Paint a sprite; what lies outside the screen is cut off."""
    colour, shape = picture
    place = screen[max(y, 0) : y + shape.shape[0], x : x + shape.shape[1]]
    place[shape[max(-y, 0) :][: place.shape[0], : place.shape[1]]] = colour


@defender.modif("visual")
class NoFlickering:
    """Ship, enemies, humans and the enemies' shot are seen in every frame, not only in those in which it is their turn.

    What a frame lacks is painted where it was seen last. The dots on the radar go on flickering.
    """

    def __init__(self) -> None:
        self.frames = 0
        self.lives = 0
        self.flame_next = False
        self.next_human = 0, 0
        self.shot_until = 0
        self.shot_next = False
        self.enemies: dict[int, tuple[int, int, int]] = {}
        self.humans: dict[int, tuple[int, int, int]] = {}

    def frame(self, ram: DefenderRam) -> None:
        self.frames += 1
        if ram.lives != self.lives:
            self.lives = ram.lives
            self.enemies.clear()
            self.humans.clear()
        until = self.frames + MEMORY
        if ram.drawn_enemy_slot < 8:
            self.enemies[ram.drawn_enemy_slot] = ram.drawn_enemy_x, 172 - ram.drawn_enemy_y, until
        if ram.human_turn < 5:
            self.humans.pop(ram.human_turn, None)
            if self.next_human[0]:
                self.humans[ram.human_turn] = *self.next_human, until
        self.next_human = ram.next_human_x, 170 - ram.next_human_y
        self.shot_next = ram.next_shot_x > 0
        if self.shot_next:
            self.shot_until = until
        self.flame_next = ram.thrust_flash == FLAME

    def screen(self, screen: np.ndarray, ram: DefenderRam) -> None:
        if ram.start_timer:
            return
        if self.flame_next and not ram.player_gone:
            paint(screen[:SKYLINE], ship_x(ram), 177 - ram.player_y, SHIP if ram.facing & 4 else SHIP_TO_THE_LEFT)
        if not self.shot_next and self.frames < self.shot_until:
            paint(screen, ram.enemy_shot_x, 170 - ram.enemy_shot_y, SHOT)
        for slot, (x, y, until) in self.enemies.items():
            kind = ram.enemy_kind[slot]
            if slot != ram.drawn_enemy_slot and kind < len(ENEMIES) and self.frames < until:
                paint(screen, x, y, ENEMIES[kind])
        for turn, (x, y, until) in self.humans.items():
            if turn != ram.human_turn and self.frames < until:
                paint(screen, x, y, HUMAN)
