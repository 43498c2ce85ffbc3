"""Pitfall: Harry runs through the jungle for 20 minutes and picks up treasure, screen by screen."""

from __future__ import annotations

from collections.abc import Iterator
from math import tan

from hackatari.game import Box, Game
from hackatari.ram import Byte, ByteArray, Ram


class PitfallRam(Ram):
    """RAM map of Pitfall."""

    lives_pattern = Byte(0, "spare lives as they are drawn: 160 two, 128 one, 0 none")
    rope_end = Byte(18, "height of the lower end of the rope, 116 - screen y")
    object_kind = Byte(19, "what lies on the screen: 0 to 4 logs, 6 fire, 7 snake, 8 and more treasure")
    ground_kind = Byte(20, "ground: 0, 1 ladder, 2 tar, 3 water, 4 crocodiles, 5 to 7 a pit that opens and closes")
    underground = Byte(29, "0 a scorpion is below, 1 or 255 a wall")
    pit_pattern = ByteArray(range(32, 37), "picture of the pit that opens and closes")
    crocodile_mouth = Byte(46, "255 while the crocodiles' mouths are closed")
    scorpion_sprite = Byte(65, "160 for the lower picture of the scorpion")
    score = ByteArray(range(85, 88), "score, BCD, highest digits first; 2000 at the start")
    clock_minutes = Byte(88, "minutes left, BCD")
    clock_seconds = Byte(89, "seconds left, BCD")
    clock_frames = Byte(90, "frames within the second")
    rope_angle = Byte(92, "place of the rope in its swing")
    rope_side = Byte(93, "up to 16: the rope is in the left half of its swing")
    player_x = Byte(97, "column of Harry, screen x")
    log_x = Byte(98, "column of the first log, screen x - 1")
    scorpion_x = Byte(99, "column of the scorpion or of the wall, screen x")
    player_facing = Byte(101, "bit 3: Harry faces left")
    player_y = Byte(105, "height of Harry, screen y - 72")
    ladder_step = Byte(108, "how far Harry is down the ladder")
    treasure_taken = Byte(109, "2 where the treasure of the screen has been taken")


pitfall = Game(
    "pitfall",
    PitfallRam,
    "No FIRE is needed, and the clock runs from the reset on. There are three lives.",
)

LADDER, HOLES, TAR, WATER, CROCODILES, TAR_WITH_TREASURE, OPENING_TAR, OPENING_WATER = range(8)  # ground_kind
FIRE, SNAKE, TREASURE = 6, 7, 8  # object_kind
GOLD, WALL_COLOUR, GROUND_COLOUR = (252, 252, 84), (167, 26, 26), (134, 134, 29)
LOGS = {0: (0,), 1: (0, 16), 2: (0, 32), 3: (0, 32, 64), 4: (0,)}  # distances from the first one, by object_kind


# --- Objects -----------------------------------------------------------------------------------------------------


@pitfall.object("Player", colour=(53, 95, 24))
def player(ram: PitfallRam) -> Iterator[Box]:
    """Harry, until only his head looks out of a pit."""
    if ram.ground_kind < TAR or not 41 < ram.player_y < 60:
        yield ram.player_x, ram.player_y + 72, 8, 21


@pitfall.object("Wall", colour=WALL_COLOUR)
def wall(ram: PitfallRam) -> Iterator[Box]:
    """The wall below ground."""
    if ram.underground in (1, 255):
        yield ram.scorpion_x, 148, 7, 32


@pitfall.object("Scorpion", colour=(236, 236, 236))
def scorpion(ram: PitfallRam) -> Iterator[Box]:
    """The scorpion below ground."""
    if ram.underground == 0:
        yield ram.scorpion_x, 169, 8, 9


@pitfall.object("Logs", colour=(105, 105, 15), count=3)
def logs(ram: PitfallRam) -> Iterator[Box]:
    """The logs, rolling or at rest."""
    if ram.ground_kind != CROCODILES:
        for distance in LOGS.get(ram.object_kind, ()):
            x = (ram.log_x + 1 + distance) % 160
            if x > 2:  # the leftmost 8 columns are blank
                yield x, 118, 6, 14


@pitfall.object("StairPit", colour=(0, 0, 0))
def stair_pit(ram: PitfallRam) -> Iterator[Box]:
    """The hole with the ladder."""
    if ram.ground_kind in (LADDER, HOLES):
        yield 76, 122, 8, 6


@pitfall.object("Stair", colour=GROUND_COLOUR)
def stair(ram: PitfallRam) -> Iterator[Box]:
    """The ladder."""
    if ram.ground_kind in (LADDER, HOLES):
        yield 78, 136, 4, 42


@pitfall.object("Pit", colour=(0, 0, 0), count=2)
def pit(ram: PitfallRam) -> Iterator[Box]:
    """The two holes beside the ladder."""
    if ram.ground_kind == HOLES:
        yield 48, 122, 12, 6
        yield 100, 122, 12, 6


@pitfall.object("Tarpit", colour=(0, 0, 0))
def tarpit(ram: PitfallRam) -> Iterator[Box]:
    """The tar pit that is always open."""
    if ram.ground_kind == TAR:
        yield 48, 120, 64, 10


@pitfall.object("Waterhole", colour=(45, 109, 152))
def waterhole(ram: PitfallRam) -> Iterator[Box]:
    """The water that is always there."""
    if ram.ground_kind in (WATER, CROCODILES):
        yield 48, 120, 64, 10


@pitfall.object("Crocodile", colour=(20, 60, 0), count=3)
def crocodile(ram: PitfallRam) -> Iterator[Box]:
    """The crocodiles, with open or closed mouths."""
    if ram.ground_kind == CROCODILES:
        top, height = (122, 6) if ram.crocodile_mouth == 255 else (119, 9)
        for x in (60, 76, 92):
            yield x, top, 8, height


@pitfall.object("Rope", colour=(72, 72, 0))
def rope(ram: PitfallRam) -> Iterator[Box]:
    """The lower end of the swinging rope."""
    over_crocodiles = ram.ground_kind == CROCODILES and ram.object_kind in (2, 3)
    if ram.ground_kind in (TAR, WATER, OPENING_TAR) or over_crocodiles:
        swing = tan(0.003809 * ram.rope_angle - 0.006022) * (82 - ram.rope_end)
        yield round(78 - swing if ram.rope_side <= 16 else 78 + swing) - 2, 113 - ram.rope_end, 5, 4


@pitfall.object("Fire", colour=(236, 200, 96))
def fire(ram: PitfallRam) -> Iterator[Box]:
    """The fire."""
    if ram.object_kind == FIRE and ram.ground_kind != TAR_WITH_TREASURE:
        yield 124, 118, 8, 14


@pitfall.object("Snake", colour=WALL_COLOUR)
def snake(ram: PitfallRam) -> Iterator[Box]:
    """The snake."""
    if ram.object_kind == SNAKE:
        yield 124, 118, 8, 14


@pitfall.object("MoneyBag", colour=(111, 111, 111))
def money_bag(ram: PitfallRam) -> Iterator[Box]:
    """The bag of money, worth 2000 points."""
    return treasure(ram, 0, 14)


@pitfall.object("SilverBar", colour=(142, 142, 142))
def silver_bar(ram: PitfallRam) -> Iterator[Box]:
    """The bar of silver, worth 3000 points."""
    return treasure(ram, 1, 13)


@pitfall.object("GoldenBar", colour=GOLD)
def golden_bar(ram: PitfallRam) -> Iterator[Box]:
    """The bar of gold, worth 4000 points."""
    return treasure(ram, 2, 13)


@pitfall.object("DiamondRing", colour=(236, 236, 236))
def diamond_ring(ram: PitfallRam) -> Iterator[Box]:
    """The ring with a diamond, worth 5000 points."""
    return treasure(ram, 3, 13)


@pitfall.object("Platform", colour=GROUND_COLOUR)
def platform(ram: PitfallRam) -> Iterator[Box]:
    """The floor below ground."""
    yield 8, 180, 152, 1


@pitfall.object("LifeCount", colour=(214, 214, 214), count=2, hud=True)
def life_count(ram: PitfallRam) -> Iterator[Box]:
    """The spare lives."""
    for i in range(ram.lives_pattern.bit_count()):
        yield 21 + 2 * i, 22, 1, 8


@pitfall.object("PlayerScore", colour=(214, 214, 214), hud=True)
def player_score(ram: PitfallRam) -> Iterator[Box]:
    """The score."""
    width = 8 * len(f"{int(bytes(ram.score).hex())}") - 2
    yield 67 - width, 9, width, 8


@pitfall.object("Timer", colour=(214, 214, 214), hud=True)
def timer(ram: PitfallRam) -> Iterator[Box]:
    """The time left."""
    x = 31 if ram.clock_minutes > 9 else 37
    yield x, 22, 68 - x, 8


def treasure(ram: PitfallRam, kind: int, height: int) -> Iterator[Box]:
    """The treasure of the screen if it is of this kind."""
    if ram.object_kind >= TREASURE and ram.object_kind % 4 == kind:
        yield 124, 118, 7, height
