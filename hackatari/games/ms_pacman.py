"""Ms. Pac-Man: eat all dots of the maze; four ghosts hunt, and a power pill turns the hunt around for a while."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np

from hackatari.game import Box, Game
from hackatari.modif import poke_rule
from hackatari.palette import rgb
from hackatari.ram import Byte, ByteArray, Ram


class MsPacmanRam(Ram):
    """RAM map of Ms. Pac-Man; arrays of ghosts hold the orange, the cyan, the pink and the red one."""

    maze = Byte(0, "number of the maze, 0 to 3, with 154, 150, 158, 154 dots")
    ghost_state = ByteArray(range(1, 5), "bit 7: edible; bits 4 to 6: 4 eaten, 6 enters the pen, 7 in the pen")
    ghost_x = ByteArray(range(6, 10), "columns of the ghosts, screen x + 12")
    player_x = Byte(10, "column of Ms. Pac-Man, screen x + 12; 88 at the start")
    fruit_x = Byte(11, "column of the wandering fruit, screen x + 12; 0 while there is none")
    ghost_y = ByteArray(range(12, 16), "heights of the ghosts, screen y - 1")
    player_y = Byte(16, "height of Ms. Pac-Man, screen y - 1; 98 at the start")
    fruit_y = Byte(17, "height of the wandering fruit, screen y - 1; 0 while there is none")
    ghost_count = Byte(19, "index of the last ghost: 3 for four ghosts")
    frame_counter = Byte(30, "counts frames, also through tunes and pauses; bit 3: which power pills are lit")
    phase = Byte(39, "255 play; 0 to 33 tune, 35 to 49 pause, 50 to 53 ghost eaten, 55 to 71 level won, 73 to 83 dying")
    ghost_draw_state = Byte(47, "which ghost is drawn next, changes every frame; 0 hides all but the last ghost")
    player_direction = Byte(56, "where Ms. Pac-Man looks, lowest two bits: 0 up, 1 right, 2 down, 3 left")
    dots = ByteArray(range(59, 101), "bit map of the dots, three bytes per row; the bits of walls mean nothing")
    edible_time = Byte(116, "time for which ghosts are edible, -1 every 8 frames; they blink in the last 16")
    power_pills = Byte(117, "power pills left: 4 lower right, 8 upper right, 16 lower left, 32 upper left")
    dots_eaten = Byte(119, "dots eaten in this level, which is won when it equals the number of the maze's dots")
    score = ByteArray((122, 121, 120), "score, BCD, highest digits first")
    lives_and_fruit = Byte(123, "lowest two bits: spare lives, 2 at the start; highest four: which fruit, 0 to 6")


ms_pacman = Game(
    "ms_pacman",
    MsPacmanRam,
    "No FIRE is needed: play starts 264 frames after the reset, when the tune is over. There are three lives.",
)

PLAY, LEVEL_WON, DYING = 255, range(55, 72), range(73, 84)
NO_GHOSTS = DYING[5:]  # the part of dying that shows Ms. Pac-Man alone
EATEN, ENTERS_PEN = 64, 96  # bits 4 to 6 of the states of ghosts
PEN_X, PEN_Y = (93, 83, 93, 83), (80, 80, 67, 67)  # a place in the pen for each ghost
ALL_DOTS = 154  # of maze 0
FEW_DOTS, LEVEL_DOTS = 15, 20  # what is left to eat in end_game and in maze_man
FULL_TIME, DOT_TIME = 1200, 360  # frames

GHOST_COLOURS = ((180, 122, 48), (84, 184, 153), (198, 89, 179), (200, 72, 72))
BLUE, WHITE = (66, 114, 194), (214, 214, 214)
FRUIT_COLOURS = {2: (198, 108, 58), 3: (162, 162, 42), 5: (110, 156, 66), 6: (198, 108, 58)}  # the others are red
RED = (184, 50, 50)
WALL_COLOURS = tuple(rgb(colour) for colour in (74, 138, 8, 214))  # of mazes 0 to 3, and of their dots
TIMER_ROWS, TIMER_COLOUR = slice(200, 204), 40  # the colour is a palette index

# Rows of the mazes from the top, "1" where a dot can be.
MAZES = tuple(
    maze.split()
    for maze in (
        "111101111111101111 100101000000101001 111111111111111111 010100100001001010 110111111111111011 "
        "010000100001000010 011111100001111110 010000100001000010 110111111111111011 010101010010101010 "
        "111101011110101111 100101110011101001 100100010010001001 111111111111111111",
        "111111111111111111 100001000000100001 110111011110111011 010101010010101010 010101111111101010 "
        "111100100001001111 100111100001111001 100100100001001001 100101111111101001 111111000000111111 "
        "001001011110100100 111101110011101111 100101000000101001 111101111111101111",
        "111111011110111111 100101110011101001 111101011110101111 001001000000100100 111111111111111111 "
        "100100100001001001 101110100001011101 101010100001010101 111011111111110111 001001010010100100 "
        "111111011110111111 101001110011100101 101001010010100101 111111011110111111",
        "111111111111111111 101001000000100101 101111011110111101 100101010010101001 111101111111101111 "
        "010100100001001010 110111100001111011 000100100001001000 110101111111101011 010101010010101010 "
        "111111011110111111 101001000000100101 101001011110100101 111111110011111111",
    )
)
# Where the dot of each of the 18 columns is: byte of the row, bit of the byte, column on the screen.
DOT_BITS = (
    *((0, 64), (1, 128), (1, 32), (1, 8), (1, 2), (2, 1), (2, 4), (2, 16), (2, 64)),
    *((1, 64), (1, 16), (1, 4), (1, 1), (2, 2), (2, 8), (2, 32), (2, 128), (0, 16)),
)
DOT_COLUMNS = (*range(8, 73, 8), *range(84, 149, 8))
POWER_PILLS = {4: (148, 146), 8: (148, 14), 16: (8, 147), 32: (8, 15)}
LEFT_PILLS, RIGHT_PILLS = 48, 12
POWER_PILL_CELLS = {4: (12, 17), 8: (1, 17), 16: (12, 0), 32: (1, 0)}

Cell = tuple[int, int]

DOT_CELLS: tuple[tuple[Cell, ...], ...] = tuple(
    tuple((row, column) for row, line in enumerate(maze) for column, free in enumerate(line) if free == "1")
    for maze in MAZES
)
FREE_CELLS = frozenset(DOT_CELLS[0])


# --- Objects -----------------------------------------------------------------------------------------------------


@ms_pacman.object("Player", colour=(210, 164, 74))
def player(ram: MsPacmanRam) -> Iterator[Box]:
    """Ms. Pac-Man."""
    yield ram.player_x - 12, ram.player_y + 1, 8, 10


@ms_pacman.object("Ghost", colour=RED, count=4, flickers=True)
def ghost(ram: MsPacmanRam) -> Iterator[Box]:
    """The orange, cyan, pink and red ghost, blue while edible; they take turns in being drawn, one per frame."""
    if ram.ghost_draw_state == 0 or ram.phase in NO_GHOSTS:
        return
    last = ram.ghost_count
    for i, (x, y, state) in enumerate(zip(ram.ghost_x, ram.ghost_y, ram.ghost_state, strict=True)):
        if i <= last:
            yield x - 12, y + 1, 8, 10, BLUE if state & 128 else GHOST_COLOURS[i]


@ms_pacman.object("Fruit", colour=RED)
def fruit(ram: MsPacmanRam) -> Iterator[Box]:
    """The fruit that wanders through the maze."""
    if ram.fruit_x and ram.fruit_y:
        yield ram.fruit_x - 12, ram.fruit_y + 1, 8, 10, FRUIT_COLOURS.get(ram.lives_and_fruit >> 4, RED)


@ms_pacman.object("PowerPill", colour=WALL_COLOURS[0], count=2)
def power_pill(ram: MsPacmanRam) -> Iterator[Box]:
    """The power pills that are left, while they are lit: those of the left and of the right side take turns."""
    lit = LEFT_PILLS if ram.frame_counter & 8 else RIGHT_PILLS
    for bit, (x, y) in POWER_PILLS.items():
        if ram.power_pills & bit & lit:
            yield x, y, 4, 7, wall_colour(ram)


@ms_pacman.object("Pill", colour=WALL_COLOURS[0], count=158)
def pill(ram: MsPacmanRam) -> Iterator[Box]:
    """The dots that are left, row by row from the top."""
    dots, colour = ram.dots[:], wall_colour(ram)
    covered = [cell for bit, cell in POWER_PILL_CELLS.items() if ram.power_pills & bit]
    for row, column in DOT_CELLS[ram.maze % 4]:
        byte, bit = DOT_BITS[column]
        if dots[3 * row + byte] & bit and (row, column) not in covered:
            yield DOT_COLUMNS[column], 7 + 12 * row, 4, 2, colour


@ms_pacman.object("Score", colour=(195, 144, 61), hud=True)
def score(ram: MsPacmanRam) -> Iterator[Box]:
    """The score."""
    wider = 8 * (len(f"{int(bytes(ram.score).hex())}") - 1)
    yield 95 - wider, 187, 7 + wider, 7


@ms_pacman.object("Life", colour=(187, 187, 53), hud=True)
def life(ram: MsPacmanRam) -> Iterator[Box]:
    """The spare lives, one box for all."""
    lives = ram.lives_and_fruit % 4
    if lives:
        yield 12, 173, 7 + 16 * (lives - 1), 10


def wall_colour(ram: MsPacmanRam) -> tuple[int, int, int]:
    """The colour of walls and dots, which flash white when the level is won."""
    return WHITE if ram.phase in LEVEL_WON and ram.phase % 4 in (1, 2) else WALL_COLOURS[ram.maze % 4]


# --- Modifs: ghosts ----------------------------------------------------------------------------------------------

for i, name in enumerate(("orange", "cyan", "pink", "red")):
    ms_pacman.poke(
        f"disable_{name}",
        "assist",
        f"The {name} ghost stays in the pen, where it can be seen; the other three hunt.",
        {MsPacmanRam.ghost_x[i : i + 1]: PEN_X[i], MsPacmanRam.ghost_y[i : i + 1]: PEN_Y[i]},
    )

ms_pacman.poke(
    "caged_ghosts",
    "assist",
    "All four ghosts stay in the pen, where they can be seen. Nothing can catch Ms. Pac-Man, so episodes do not end.",
    {MsPacmanRam.ghost_x: PEN_X, MsPacmanRam.ghost_y: PEN_Y},
)

ms_pacman.poke(
    "static_ghosts",
    "dynamics",
    "All four ghosts are frozen in the pen; another name of caged_ghosts.",
    {MsPacmanRam.ghost_x: PEN_X, MsPacmanRam.ghost_y: PEN_Y},
)


@ms_pacman.modif("assist", writes=[MsPacmanRam.ghost_state, MsPacmanRam.edible_time])
def edible_ghosts(ram: MsPacmanRam) -> None:
    """All ghosts are blue and can be eaten, for the whole game; one that is eaten comes back blue from the pen."""
    ram.edible_time = 63
    for i, state in enumerate(ram.ghost_state):
        if state < 128 and state & 112 not in (EATEN, ENTERS_PEN):
            ram.ghost_state[i] = state | 128


# --- Modifs: mazes -----------------------------------------------------------------------------------------------

for number in range(4):
    ms_pacman.poke(
        f"set_level_{number}",
        "layout",
        f"The game is always played in maze {number}; the fruit and the speed change from level to level as ever.",
        {MsPacmanRam.maze: number},
    )


def random_cell(rng: np.random.Generator) -> Cell:
    """A random cell of maze 0 that can have a dot: all rows are equally likely, then all cells of the row."""
    row = int(rng.integers(len(MAZES[0])))
    columns = [column for column, free in enumerate(MAZES[0][row]) if free == "1"]
    return row, columns[int(rng.integers(len(columns)))]


def neighbourhood(start: Cell, size: int) -> list[Cell]:
    """The cells of maze 0 that are nearest to `start`, by a breadth-first search that does not pass the tunnels."""
    cells, queue = [start], deque([start])
    while queue and len(cells) < size:
        row, column = queue.popleft()
        for cell in ((row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)):
            if cell in FREE_CELLS and cell not in cells:
                cells.append(cell)
                queue.append(cell)
    return cells[:size]


def place_dots(ram: MsPacmanRam, cells: Iterable[Cell]) -> None:
    """Put dots into these cells and into no other."""
    dots = [0] * len(MsPacmanRam.dots.addresses)
    for row, column in cells:
        byte, bit = DOT_BITS[column]
        dots[3 * row + byte] |= bit
    ram.dots[:] = dots


def has_fresh_dots(ram: MsPacmanRam) -> bool:
    """Whether the game has just loaded a full maze: that sets the bits of walls too, here one of maze 0."""
    return bool(ram.dots[1] & 2)


@ms_pacman.modif("start", writes=[MsPacmanRam.maze, MsPacmanRam.dots, MsPacmanRam.power_pills, MsPacmanRam.dots_eaten])
def end_game(ram: MsPacmanRam, rng: np.random.Generator) -> None:
    """Every level is almost won: in maze 0, only a cluster of 15 dots at a random place is left, and no power pill.

    The picture that a reset returns still shows the full maze.
    """
    if has_fresh_dots(ram):
        ram.maze = 0
        place_dots(ram, neighbourhood(random_cell(rng), FEW_DOTS))
        ram.power_pills = 0
        ram.dots_eaten = ALL_DOTS - FEW_DOTS


without_ghosts = poke_rule(
    {
        **dict.fromkeys((MsPacmanRam.maze, MsPacmanRam.ghost_count, MsPacmanRam.ghost_draw_state), 0),
        **{MsPacmanRam.power_pills: 0, MsPacmanRam.ghost_x: PEN_X, MsPacmanRam.ghost_y: PEN_Y},
    }
)


@ms_pacman.modif(
    "dynamics",
    hides=["Ghost"],
    writes=[
        *(MsPacmanRam.maze, MsPacmanRam.ghost_x, MsPacmanRam.ghost_y, MsPacmanRam.ghost_count, MsPacmanRam.phase),
        *(MsPacmanRam.ghost_draw_state, MsPacmanRam.dots, MsPacmanRam.power_pills, MsPacmanRam.dots_eaten),
        MsPacmanRam.lives_and_fruit,
    ],
)
class MazeMan:
    """A race against the clock in maze 0: no ghosts and one dot at a time; when it is eaten, the next appears.

    A bar under the score shows the time left, at most 20 seconds (1200 frames). A dot adds 6 seconds and gives the
    usual 10 points. When the time is over, Ms. Pac-Man dies and the level starts anew. 20 dots win the level and give
    a life back, up to three spare ones.
    """

    time_left = FULL_TIME

    def frame(self, ram: MsPacmanRam, rng: np.random.Generator) -> None:
        without_ghosts(ram)
        if has_fresh_dots(ram):
            self.start_level(ram)
        if ram.phase == PLAY:
            self.time_left -= 1
            if self.time_left == 0:
                ram.phase = DYING[0]
                self.start_level(ram)
            elif not any(ram.dots):
                self.time_left = min(self.time_left + DOT_TIME, FULL_TIME)
                place_dots(ram, [random_cell(rng)])
        elif ram.phase in LEVEL_WON and ram.dots_eaten == ALL_DOTS:
            if ram.lives_and_fruit % 4 < 3:
                ram.lives_and_fruit += 1
            self.start_level(ram)

    def start_level(self, ram: MsPacmanRam) -> None:
        self.time_left = FULL_TIME
        ram.dots[:] = 0
        ram.dots_eaten = ALL_DOTS - LEVEL_DOTS

    def screen(self, screen: np.ndarray) -> None:
        screen[TIMER_ROWS, 20 : 20 + self.time_left // 10] = TIMER_COLOUR
