"""Kangaroo: the agent's kangaroo climbs to its child on the top floor, past monkeys that throw coconuts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hackatari.game import Box, Game
from hackatari.palette import rgb
from hackatari.ram import Byte, ByteArray, Ram, bcd_digits


class KangarooRam(Ram):
    """RAM map of Kangaroo; heights are in units of 8 pixels."""

    monkey_state = ByteArray((3, 2, 1, 0), "picture and direction of a monkey; 0 = no monkey, 212 = not there yet")
    monkey_y = ByteArray((11, 10, 9, 8), "row of a monkey, (screen y - 5) / 8: 19 on the ground, above 20 nowhere")
    monkey_x = ByteArray((15, 14, 13, 12), "column of a monkey, screen x - 16")
    kangaroo_y = Byte(
        16,
        "row of the kangaroo, (screen y - 4) / 8: 18, 12, 6, 0 on the floors, 1 more when it ducks, 255 above the top",
    )
    kangaroo_x = Byte(17, "column of the kangaroo, screen x - 15: 8 at the start, 0 to 121")
    kangaroo_pose = Byte(18, "low 3 bits: picture of the kangaroo, see KANGAROO; bit 3: faces right")
    start_animation = Byte(19, "255 down to 248, again and again during the opening tune")
    thrown_coconut_y = ByteArray((25, 26, 27), "row of a thrown coconut, (screen y - 1) / 8; 255 for none")
    thrown_coconut_x = ByteArray((28, 29, 30), "column of a thrown coconut, screen x - 15")
    monkey_throw_state = ByteArray((31, 32), "whether a coconut flies, and whether a monkey holds or has thrown one")
    falling_coconut_y = Byte(33, "row of the falling coconut, (screen y - 9) / 8 + 22 * level; 255 for none")
    falling_coconut_x = Byte(34, "column of the falling coconut, screen x - 14")
    falling_coconut_state = Byte(35, "how the falling coconut moves: 0 to 3, 64 to 67; 255 for none")
    level = Byte(36, "0, 1 or 2: which platforms, ladders, fruits and bell there are")
    score = ByteArray((39, 40), "hundreds of points, BCD, high byte first")
    bell_state = Byte(41, "128 after the bell has been rung, until it is back")
    fruit_state = ByteArray((42, 43, 44), "fruits from the top: bit 7 = eaten, low two bits = kind, see FRUITS")
    lives = Byte(45, "lives left besides the current one: 2 at the start, 255 when the game is over")
    start_phase = Byte(53, "136 during the opening tune, 8 later")
    game_phase = Byte(
        54, "0 play, 1 dying, 2 punching, 128 opening tune or pause after a death, 192 has reached the child"
    )
    frame_counter = Byte(57, "counts frames, wraps around at 256; the child walks by it")
    time = Byte(59, "hundreds of the time left, BCD: 32 at the start, -1 about every 256 frames; a life is lost at 0")
    frame_mod3 = Byte(60, "counts frames modulo 3")
    flicker_phase = Byte(65, "while flicker_state is 134: 0 = the kangaroo is drawn, else what is beside it")
    bell_rung_count = Byte(68, "how many other sprites are on the kangaroo's rows, 0 to 2")
    shared_sprite_x = Byte(83, "column of the sprite in the top rows, screen x - 15: the child or the kangaroo")
    sprite_y = ByteArray(
        range(84, 88), "rows of the sprites below, (screen y - 4) / 8, with the bell in some frames only"
    )
    sprite_x = ByteArray(range(89, 93), "columns of these sprites, screen x - 15")
    flicker_state = Byte(
        108, "134 while kangaroo and a fruit, bell or child share rows and are drawn in turns; else 44"
    )
    kangaroo_row = Byte(114, "row of the kangaroo's feet, kangaroo_y + 3")


kangaroo = Game(
    "kangaroo",
    KangarooRam,
    "No FIRE is needed, it punches. For 160 frames after a reset a tune is played and the kangaroo does not react. "
    "The child on the top floor completes a level.",
)

NOWHERE = 255
ABOVE_SCREEN = 128  # a kangaroo_y from which on the kangaroo is above the top floor
MONKEYS_BELOW = 127  # a row below the picture
FULL_TIME = 0x20  # BCD
FIRST_FLOOR, SECOND_FLOOR = (65, 12), (100, 6)  # kangaroo_x and kangaroo_y
PAUSE, TUNE = 128, 136
EATEN = RUNG = 128
FLICKERS = 134
GROUND_BOTTOM = 180  # the first picture row below the ground

BROWN, ORANGE, GOLD, SKIN, APE, RED = 36, 40, 42, 44, 58, 72  # palette indices


# --- Pictures and places -----------------------------------------------------------------------------------------


def picture(rows: str) -> np.ndarray:
    """Return a sprite as a bool array of shape (rows, 8) from the hexadecimal digits of its rows, two each."""
    return np.unpackbits(np.frombuffer(bytes.fromhex(rows), dtype=np.uint8)[:, None], axis=1).astype(bool)


STAND = picture("0205080a0d1c2c787850101818fcdc1c1e3e3e1e0e0b053c")
STEP = picture("0609061d2c78785010181818fcdc1e3e3e1e0b090d1830")
STOOP = picture("1c72acf2a030387cbe9e1e0c0701")
DUCK = picture("040a3452f0e0a13139ffbf1e1e04041c")
PUNCH = picture("040a10140a3858f0f0a0203038f83c3c3e3e131d08181030")
CLIMB = picture("1038383810383828b19dfbb9fdbb3838787c5cd612122201")

# By the pose's low 3 bits: the kangaroo faces left; it crashes head first. The game has no pose 5.
KANGAROO = (STAND, STEP, STOOP, CLIMB[::-1], DUCK, STAND, PUNCH, CLIMB)
CHILD = (picture("04083470701018f8dc9c1d1d0f0a38"), picture("3c74701018f8dc9c1c0d0f0a081820"))
BELL = picture("3030787878787800fcfc10")
FRUITS = (  # strawberry, tomato, cherries, pineapple: width, picture, colour
    (7, picture("287cf6beeefef65c7c2838"), RED),
    (7, picture("183c7e7e7e5e6e3c18"), RED),
    (8, picture("04040a0a111152a5e7e742"), RED),
    (8, picture("051a3d6e7aeebcecb8f060"), ORANGE),
)

# By level.
FRUIT_PLACES = (
    ((59, 60), (39, 84), (119, 108)),
    ((43, 68), (125, 92), (95, 140)),
    ((18, 60), (125, 92), (90, 116)),
)
BELL_X = (93, 31, 130)
LADDERS = (  # x, y, height
    ((132, 132, 35), (20, 85, 35), (132, 37, 35)),
    ((120, 132, 4), (24, 116, 4), (128, 36, 4)),
    ((20, 36, 28), (20, 148, 4), (36, 116, 20), (104, 36, 20), (120, 68, 4), (132, 84, 4)),
)
# fmt: off
PLATFORMS = (  # x, y, width
    ((16, 172, 128), (16, 28, 128), (16, 76, 128), (16, 124, 128)),
    ((16, 172, 128), (16, 28, 128), (16, 124, 28), (52, 124, 92), (16, 76, 60), (84, 76, 60), (28, 164, 24),
     (112, 84, 24), (120, 44, 24), (48, 156, 32), (76, 148, 32), (104, 140, 32), (16, 108, 32), (56, 100, 20),
     (84, 92, 20), (64, 60, 20), (92, 52, 20), (28, 68, 28)),
    ((16, 172, 128), (16, 28, 128), (88, 140, 16), (64, 148, 16), (100, 116, 16), (48, 100, 16), (76, 52, 16),
     (80, 36, 16), (104, 132, 20), (84, 156, 20), (124, 124, 20), (52, 84, 20), (108, 164, 36), (16, 108, 80),
     (16, 92, 28), (76, 92, 68), (16, 140, 32), (96, 60, 36), (100, 76, 44), (60, 44, 12)),
)
# fmt: on


# --- Objects -----------------------------------------------------------------------------------------------------


def player_picture(ram: KangarooRam) -> np.ndarray:
    """The kangaroo's picture in its pose."""
    pose = ram.kangaroo_pose
    left = KANGAROO[pose & 7]
    return left[:, ::-1] if pose & 8 else left


def child_x(ram: KangarooRam) -> int:
    """The column of the child, which walks four steps to the left and four back, 16 frames each."""
    return 113 + 4 * abs(4 - (ram.frame_counter >> 4) % 8)


@kangaroo.object("Player", colour=rgb(SKIN), flickers=True)
def player(ram: KangarooRam) -> Iterator[Box]:
    """The agent's kangaroo; it is away for a second after a death, and in jumps above the top of the screen."""
    if (ram.game_phase != PAUSE or ram.start_phase == TUNE) and ram.kangaroo_y < ABOVE_SCREEN:
        top = 8 * ram.kangaroo_y + 4
        yield ram.kangaroo_x + 15, top, 8, min(len(KANGAROO[ram.kangaroo_pose & 7]), GROUND_BOTTOM - top)


@kangaroo.object("Child", colour=rgb(SKIN), flickers=True)
def child(ram: KangarooRam) -> Iterator[Box]:
    """The kangaroo's child on the top floor."""
    yield child_x(ram), 12, 8, 15


@kangaroo.object("Monkey", colour=rgb(APE), count=4, flickers=True)
def monkey(ram: KangarooRam) -> Iterator[Box]:
    """The monkeys, deadly by touch."""
    for state, x, y in zip(ram.monkey_state, ram.monkey_x, ram.monkey_y, strict=True):
        if state not in (0, 212) and y < 20:
            yield x + 16, 8 * y + 5, 6, 15


@kangaroo.object("FallingCoconut", colour=rgb(BROWN))
def falling_coconut(ram: KangarooRam) -> Iterator[Box]:
    """The coconut that falls from the top."""
    if ram.falling_coconut_y != NOWHERE:
        yield ram.falling_coconut_x + 14, 8 * (ram.falling_coconut_y - 22 * ram.level) + 9, 2, 3


@kangaroo.object("ThrownCoconut", colour=rgb(APE), count=3)
def thrown_coconut(ram: KangarooRam) -> Iterator[Box]:
    """The coconuts that monkeys have thrown, which are somewhere in boxes of twice their width."""
    if ram.monkey_throw_state[0]:
        for x, y in zip(ram.thrown_coconut_x, ram.thrown_coconut_y, strict=True):
            if y != NOWHERE:
                yield x + 14, 8 * y + 1, 4, 3


@kangaroo.object("Fruit", colour=rgb(RED), count=3, flickers=True)
def fruit(ram: KangarooRam) -> Iterator[Box]:
    """The fruits that have not been eaten, from the top."""
    for state, (x, y) in zip(ram.fruit_state, FRUIT_PLACES[ram.level % 3], strict=True):
        if not state & EATEN:
            width, rows, colour = FRUITS[state % 4]
            yield x, y, width, len(rows), rgb(colour)


@kangaroo.object("Bell", colour=rgb(GOLD), flickers=True)
def bell(ram: KangarooRam) -> Iterator[Box]:
    """The bell under the top floor; when it is rung, new fruits grow."""
    if ram.bell_state != RUNG:
        yield BELL_X[ram.level % 3], 36, 6, 11


@kangaroo.object("Ladder", colour=rgb(BROWN), count=6)
def ladder(ram: KangarooRam) -> Iterator[Box]:
    """The ladders of the level."""
    for x, y, height in LADDERS[ram.level % 3]:
        yield x, y, 8, height


@kangaroo.object("Platform", colour=rgb(BROWN), count=20)
def platform(ram: KangarooRam) -> Iterator[Box]:
    """The floors and platforms of the level."""
    for x, y, width in PLATFORMS[ram.level % 3]:
        yield x, y, width, 4


@kangaroo.object("Score", colour=(160, 171, 79), hud=True)
def score(ram: KangarooRam) -> Iterator[Box]:
    """The points."""
    digits = bcd_digits(*ram.score)
    yield 129 - 8 * digits, 183, 15 + 8 * digits, 7


@kangaroo.object("Time", colour=(160, 171, 79), hud=True)
def time(ram: KangarooRam) -> Iterator[Box]:
    """The time left."""
    yield 80, 191, 15, 5


@kangaroo.object("Lives", colour=(160, 171, 79), hud=True)
def lives(ram: KangarooRam) -> Iterator[Box]:
    """One mark for each life besides the current one."""
    if 0 < ram.lives < NOWHERE:
        yield 16, 183, 8 * ram.lives - 4, 7


# --- Modifs: monkeys and coconuts --------------------------------------------------------------------------------


@kangaroo.modif("dynamics", writes=[KangarooRam.monkey_y])
def disable_monkeys(ram: KangarooRam) -> None:
    """There are no monkeys, and nobody throws coconuts."""
    ram.monkey_y[:] = MONKEYS_BELOW


@kangaroo.modif("dynamics", writes=[KangarooRam.falling_coconut_y, KangarooRam.falling_coconut_state])
def disable_coconut(ram: KangarooRam) -> None:
    """No coconut falls from the top."""
    ram.falling_coconut_y = NOWHERE
    ram.falling_coconut_state = NOWHERE


@kangaroo.modif(
    "dynamics",
    writes=[KangarooRam.thrown_coconut_y, KangarooRam.thrown_coconut_x, KangarooRam.monkey_throw_state],
)
def disable_thrown_coconut(ram: KangarooRam) -> None:
    """The monkeys never throw coconuts; they walk and kill as ever."""
    for i, y in enumerate(ram.thrown_coconut_y):
        if y != NOWHERE:
            ram.thrown_coconut_y[i] = NOWHERE
            ram.thrown_coconut_x[i] = NOWHERE
    ram.monkey_throw_state[:] = 0


@kangaroo.modif(
    "dynamics",
    writes=[
        KangarooRam.falling_coconut_y,
        KangarooRam.falling_coconut_state,
        KangarooRam.thrown_coconut_y,
        KangarooRam.thrown_coconut_x,
        KangarooRam.monkey_throw_state,
        KangarooRam.monkey_y,
    ],
)
def no_danger(ram: KangarooRam) -> None:
    """There are no monkeys and no coconuts; lives are only lost by falling and when the time is over."""
    disable_coconut(ram)
    disable_thrown_coconut(ram)
    disable_monkeys(ram)


kangaroo.poke("unlimited_time", "assist", "The clock stays at its full 2000.", {KangarooRam.time: FULL_TIME})


# --- Modifs: the start -------------------------------------------------------------------------------------------


def place(ram: KangarooRam, floor: tuple[int, int]) -> None:
    """Put the kangaroo on a floor, and let no coconut fall on it at once."""
    ram.kangaroo_x, ram.kangaroo_y = floor
    ram.falling_coconut_y = NOWHERE


START_BYTES = [KangarooRam.kangaroo_x, KangarooRam.kangaroo_y, KangarooRam.falling_coconut_y]


@kangaroo.modif("start", writes=START_BYTES)
class SetKangarooPositionFloor1:
    """The kangaroo starts each game on the first floor; after the loss of a life it is back on the ground."""

    def reset(self, ram: KangarooRam) -> None:
        place(ram, FIRST_FLOOR)


@kangaroo.modif("start", writes=START_BYTES)
class SetKangarooPositionFloor2:
    """The kangaroo starts each game on the second floor; after the loss of a life it is back on the ground."""

    def reset(self, ram: KangarooRam) -> None:
        place(ram, SECOND_FLOOR)


@kangaroo.modif("start", writes=START_BYTES)
class RandomizeKangarooPosition:
    """The kangaroo starts each game on the first or on the second floor, with equal chances."""

    def reset(self, ram: KangarooRam, rng: np.random.Generator) -> None:
        place(ram, FIRST_FLOOR if rng.integers(2) else SECOND_FLOOR)


kangaroo.poke(
    "quick_start",
    "start",
    "The opening tune is left out: the kangaroo reacts after 2 frames instead of 161.",
    {
        KangarooRam.start_animation: 0,
        KangarooRam.start_phase: 8,
        KangarooRam.game_phase: 0,
        KangarooRam.frame_counter: 1,
    },
    at_reset=True,
)


# --- Modifs: the level -------------------------------------------------------------------------------------------

for number, description in enumerate(
    ("four straight floors and three ladders", "staircases of short platforms", "many short platforms and ladders")
):
    kangaroo.poke(
        f"change_level_{number}",
        "layout",
        f"The game is always played in level {number}: {description}. Who completes it plays it again.",
        {KangarooRam.level: number},
    )


# --- Modifs: the picture -----------------------------------------------------------------------------------------


@kangaroo.modif("visual")
def no_flickering(screen: np.ndarray, ram: KangarooRam) -> None:
    """Kangaroo, fruits, bell and child are seen in every frame.

    The console draws them in turns, every other frame, while the kangaroo is on the rows of one of the others.
    """
    if ram.flicker_state != FLICKERS:
        return
    if ram.flicker_phase:
        for x, y, *_ in player(ram):
            draw(screen, x, y, player_picture(ram), SKIN)
        return
    for state, (x, y) in zip(ram.fruit_state, FRUIT_PLACES[ram.level % 3], strict=True):
        if not state & EATEN:
            _, rows, colour = FRUITS[state % 4]
            draw(screen, x, y, rows, colour)
    for x, y, *_ in bell(ram):
        draw(screen, x, y, BELL, GOLD)
    if ram.kangaroo_row < 7:
        step = (ram.frame_counter >> 4) % 8
        rows = CHILD[step % 2]
        draw(screen, child_x(ram), 12, rows if step < 4 else rows[:, ::-1], SKIN)


def draw(screen: np.ndarray, x: int, y: int, rows: np.ndarray, colour: int) -> None:
    """Draw a sprite in one colour; what is below the ground is cut off."""
    box = screen[y : min(y + len(rows), GROUND_BOTTOM), x : x + 8]
    box[rows[: len(box)]] = colour
