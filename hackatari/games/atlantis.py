"""Atlantis: three guns at fixed places defend the city against ships that come down lane by lane."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hackatari.game import Box, Colour, Game
from hackatari.ram import Byte, ByteArray, Ram, bcd_digits


class AtlantisRam(Ram):
    """RAM map of Atlantis; lanes count from the lowest, ships are kept in four slots."""

    score = ByteArray((35, 34, 33), "score, BCD, highest digits first")
    lane_x = ByteArray(range(36, 40), "column of the ship in a lane; 0 = lane empty")
    missile_y = ByteArray((59, 58), "height of the agent's missiles, growing upwards; 0 = none")
    missile_x = ByteArray((61, 60), "column of the agent's missiles; the remainder by 3 tells the gun: 2 left, 1 right")
    deathray_x = Byte(62, "column of the death ray; 0 = none")
    ship_lane = ByteArray(range(71, 75), "lane of a ship, 7 = waiting outside; bit 7 set = flies to the right")
    ship_speed = ByteArray(range(75, 79), "pixels per frame, two's complement, positive is right; 0 = slot unused")
    ship_type = ByteArray(range(79, 83), "0 none, 32 and 48 narrow, 64 wide Gorgon ship, 80 bomber; from 128 exploding")
    buildings = ByteArray(range(84, 91), "0 = stands, 5 = destroyed: command post, 3 generators, palace, bazaar, plane")
    blast = Byte(91, "128 and more while a bomber explodes: all else stands still and cannot be seen")


atlantis = Game(
    "atlantis",
    AtlantisRam,
    "FIRE shoots with the gun in the middle, LEFTFIRE and RIGHTFIRE with those at the sides. The buildings are the"
    " lives; a wave ends with 500 points for each of them.",
)

LANES = SLOTS = range(4)
LANE_TOPS = (82, 61, 40, 19)  # picture rows
LOWEST, WAITING = 0, 7  # ship_lane
NARROW, WIDE, BOMBER, EXPLODING = 32, 64, 80, 128  # ship_type

BORDER = 8  # the sky's first columns are always black
LANES_BOTTOM, GUNS_TOP = 90, 111  # picture rows

# RGB of the picture rows of a lane, which colour ships and missiles alike; the rows between the lanes are purple.
LANE_COLOURS = (
    (84, 138, 210),
    (187, 187, 53),
    (184, 70, 162),
    (227, 151, 89),
    (158, 208, 101),
    (127, 92, 213),
    (45, 109, 152),
)
PURPLE = (125, 48, 173)
SHIP = LANE_COLOURS[4]


# --- Objects -----------------------------------------------------------------------------------------------------


def row_colour(y: int) -> Colour:
    """The colour in which the sky shows a missile in this row of the picture."""
    row = (y - LANE_TOPS[-1]) % 21
    return LANE_COLOURS[row] if row < len(LANE_COLOURS) and y < LANES_BOTTOM else PURPLE


@atlantis.object("Projectile", colour=PURPLE, count=2)
def projectile(ram: AtlantisRam) -> Iterator[Box]:
    """The agent's missiles above the guns, in the colour of the row."""
    for x, height in zip(ram.missile_x, ram.missile_y, strict=True):
        if x and height:
            gun = x % 3
            y = 201 + sum(height < step for step in (183, 164, 144, 124, 114, 100, 98)) - height - (gun != 0)
            if LANE_TOPS[-1] <= y < GUNS_TOP:
                yield x + (0, 3, -3)[gun], y, 1, 1, row_colour(y)


@atlantis.object("Sentry", colour=(111, 210, 111), count=2)
def sentry(ram: AtlantisRam) -> Iterator[Box]:
    """The guns at the sides."""
    yield 0, 124, 8, 8
    yield 152, 112, 8, 8


def standing(ram: AtlantisRam, building: int, box: Box) -> Iterator[Box]:
    """The box of a building, if it stands."""
    if ram.buildings[building] == 0:
        yield box


@atlantis.object("AcropolisCommandPost", colour=(227, 151, 89))
def acropolis_command_post(ram: AtlantisRam) -> Iterator[Box]:
    """The building with the gun in the middle."""
    return standing(ram, 0, (72, 112, 8, 8))


@atlantis.object("Generator", colour=(117, 231, 194), count=3)
def generator(ram: AtlantisRam) -> Iterator[Box]:
    """The power stations."""
    yield from standing(ram, 1, (82, 124, 4, 8, (111, 210, 111)))
    yield from standing(ram, 2, (62, 137, 4, 8))
    yield from standing(ram, 3, (142, 137, 4, 8, (188, 144, 252)))


@atlantis.object("DomedPalace", colour=(240, 170, 103))
def domed_palace(ram: AtlantisRam) -> Iterator[Box]:
    """The palace with the dome."""
    return standing(ram, 4, (38, 148, 16, 8))


@atlantis.object("BridgedBazaar", colour=(214, 214, 214))
def bridged_bazaar(ram: AtlantisRam) -> Iterator[Box]:
    """The bazaar with the bridge."""
    return standing(ram, 5, (96, 159, 16, 8))


@atlantis.object("AquaPlane", colour=(252, 144, 144))
def aqua_plane(ram: AtlantisRam) -> Iterator[Box]:
    """The aqua plane on the ground of the sea."""
    return standing(ram, 6, (16, 171, 16, 7))


def in_the_air(ram: AtlantisRam) -> list[tuple[int, int, int]]:
    """Lane, type and signed speed of the ships in the air; none is seen while a bomber explodes."""
    found = []
    for lane, kind, speed in zip(ram.ship_lane, ram.ship_type, ram.ship_speed, strict=True):
        if lane % 128 in LANES and 0 < kind < EXPLODING and ram.blast < 128:
            found.append((lane % 128, kind, speed if speed < 128 else speed - 256))
    return found


@atlantis.object("GorgonShip", colour=SHIP, count=4)
def gorgon_ship(ram: AtlantisRam) -> Iterator[Box]:
    """The slower ships, of two kinds."""
    return ships(ram, bombers=False)


@atlantis.object("BanditBomber", colour=SHIP, count=4)
def bandit_bomber(ram: AtlantisRam) -> Iterator[Box]:
    """The small fast ships."""
    return ships(ram, bombers=True)


def ships(ram: AtlantisRam, *, bombers: bool) -> Iterator[Box]:
    """The boxes of the bombers, or of all other ships."""
    for lane, kind, speed in in_the_air(ram):
        x, top = ram.lane_x[lane], LANE_TOPS[lane]
        if x and (kind == BOMBER) == bombers:
            right = x - speed + (4 if bombers else 8) - (speed < 0)
            left = max(right - (9 if bombers else 15), BORDER)
            yield left, top + (kind != WIDE), right - left, 7 + (kind == WIDE)


@atlantis.object("Deathray", colour=(101, 209, 174), flickers=True)
def deathray(ram: AtlantisRam) -> Iterator[Box]:
    """The ray of the ship in the lowest lane, with the columns it has just passed; drawn in every other frame only."""
    for lane, _, speed in in_the_air(ram):
        if lane == LOWEST and ram.deathray_x:
            yield ram.deathray_x - max(speed, 0), 91, 2 + abs(speed), 45


@atlantis.object("Score", colour=(252, 188, 116), hud=True)
def score(ram: AtlantisRam) -> Iterator[Box]:
    """The score; nothing is displayed for 0."""
    digits = bcd_digits(*ram.score)
    if digits:
        yield 104 - 8 * digits, 188, 8 * digits - 1, 10


# --- Modifs: the ships -------------------------------------------------------------------------------------------


@atlantis.modif("dynamics", writes=[AtlantisRam.ship_lane, AtlantisRam.lane_x[:1]])
def no_last_line(ram: AtlantisRam) -> None:
    """Ships that get past the third lane vanish instead of flying in the lowest lane, so no death ray hits the city."""
    for slot in SLOTS:
        if ram.ship_lane[slot] % 128 == LOWEST and ram.ship_type[slot]:
            ram.ship_lane[slot] = WAITING
            ram.lane_x[LOWEST] = 0


def convert(ram: AtlantisRam, slot: int, kind: int) -> None:
    """Make a ship one of another kind; Bandit bombers are a pixel per frame faster than Gorgon ships."""
    speed = ram.ship_speed[slot]
    faster = (kind == BOMBER) - (ram.ship_type[slot] == BOMBER)
    if speed:
        ram.ship_speed[slot] = speed + faster if speed < 128 else speed - faster
    ram.ship_type[slot] = kind


@atlantis.modif("dynamics", writes=[AtlantisRam.ship_speed, AtlantisRam.ship_type])
def jets_only(ram: AtlantisRam) -> None:
    """Every ship is a Bandit bomber: worth more points, a pixel per frame faster than the ship it replaces."""
    for slot, kind in enumerate(ram.ship_type):
        if 0 < kind < BOMBER:
            convert(ram, slot, BOMBER)


@atlantis.modif("dynamics", writes=[AtlantisRam.ship_speed, AtlantisRam.ship_type])
class RandomEnemies:
    """The kind of every ship is random: a narrow or a wide Gorgon ship or a Bandit bomber."""

    def __init__(self) -> None:
        self.flew = [False] * len(SLOTS)

    def frame(self, ram: AtlantisRam, rng: np.random.Generator) -> None:
        for slot, (lane, kind) in enumerate(zip(ram.ship_lane, ram.ship_type, strict=True)):
            flies = lane % 128 in LANES and 0 < kind < EXPLODING
            if flies and not self.flew[slot]:
                convert(ram, slot, (NARROW, WIDE, BOMBER)[rng.integers(3)])
            self.flew[slot] = flies


def declare_speed(name: str, pixels: int) -> None:
    """Declare a modif that gives all ships this speed in pixels per frame."""
    doc = (
        f"All ships fly at a speed of {pixels} pixels per frame, Bandit bombers at {pixels + 1}; in the game itself it"
        " is 1 at first and one more every wave or two."
    )

    @atlantis.modif("dynamics", writes=[AtlantisRam.ship_speed], name=f"speed_mode_{name}", doc=doc)
    def fly(ram: AtlantisRam) -> None:
        for slot, (kind, speed) in enumerate(zip(ram.ship_type, ram.ship_speed, strict=True)):
            if speed:
                right, left = (pixels + 1, 255 - pixels) if kind == BOMBER else (pixels, 256 - pixels)
                ram.ship_speed[slot] = right if speed < 128 else left


for name, pixels in {"slow": 2, "medium": 4, "fast": 6, "ultrafast": 7}.items():
    declare_speed(name, pixels)
