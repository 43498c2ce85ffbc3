"""River Raid: the agent's jet flies up a river, shoots ships, aircraft and bridges and refuels over the fuel depots."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Game
from hackatari.ram import Byte, ByteArray, Ram


class RiverraidRam(Ram):
    """RAM map of River Raid; the arrays of six describe the segments of 32 rows on the screen, lowest first."""

    horizontal_fraction = Byte(7, "fraction of a pixel of the jet's sideways motion")
    segment_scroll = Byte(11, "rows that the segments have scrolled down, 0 to 31; then a new segment comes in")
    speed_phase = Byte(12, "fraction of a row of the scrolling")
    flash_timer = Byte(13, "frames for which the river flashes after the explosion of a bridge; 255 makes it red")
    bank_layout = ByteArray(
        range(14, 20), "kind of the banks: low bits 5 first section, 1 or 2 later ones, 0 an island"
    )
    object_column = ByteArray(range(20, 26), "coarse column of a segment's object, 15 pixels each")
    object_fine = ByteArray(range(26, 32), "fine column of a segment's object, signed, in the high nibble")
    object_type = ByteArray(
        range(32, 38),
        "what a segment holds: 0 nothing, 1 to 3 explosion, 4 jet, 5 and 6 helicopter, 7 tanker, 8 bridge, 9 house, "
        "10 fuel depot",
    )
    river_width = ByteArray(range(38, 44), "shape of the banks: 7 narrow canal, 35 wide river, others in between")
    bank_shift = ByteArray(range(44, 50), "further shape of the banks, 0 for the straight wide river")
    missile_y = Byte(50, "height of the jet's shot, 162 - screen y, +6 per frame from 13; 180 while there is none")
    player_x = Byte(51, "column of the jet, screen x - 1; 76 at the start")
    game_active = Byte(53, "254 before the game, else changing")
    fuel_high = Byte(55, "fuel: 255 full, 0 empty, which is a crash")
    fuel_low = Byte(56, "fraction of fuel_high")
    player_state = Byte(58, "0 while no jet is shown, 223 while it explodes, else it flies")
    lives = Byte(64, "8 times the jets in reserve: 24 after the start, 88 before it")
    object_colours = Byte(76, "where the game reads the objects' colours: 255 at the right place")
    score_digit = ByteArray((77, 79, 81, 83, 85, 87), "digits of the score, highest first, 8 times each; 88 is a blank")
    missile_x = Byte(117, "column of the jet's shot, screen x + 1; 0 before the first one")
    colour_mask = Byte(119, "XORed into all colours of the picture: 0 in play")


riverraid = Game(
    "riverraid",
    RiverraidRam,
    "After an intro of 78 frames the game waits for the first action. A tanker gives 30 points, a helicopter 60, a "
    "depot 80, a jet 100 and a bridge 500. The river is the same in every game.",
)

HELICOPTERS, TANKER, JET, BRIDGE, HOUSE, DEPOT = (5, 6), (7,), (4,), (8,), (9,), (10,)
NO_SHOT = 180
HIDDEN, EXPLODING = 0, 223
FIELD_TOP, FIELD_BOTTOM = 2, 163  # picture rows
BEFORE_THE_START, THREE_JETS = 88, 24
BLANK = 88
HOUSE_COLOUR, TREE_COLOUR = (214, 214, 214), (158, 208, 101)


# --- Objects -----------------------------------------------------------------------------------------------------


def in_field(x: int, y: int, w: int, h: int) -> Iterator[tuple[int, int, int, int]]:
    """The part of a box that is above the panel, unless it is a sliver in which the object's colour is missing."""
    top, bottom = max(y, FIELD_TOP), min(y + h, FIELD_BOTTOM)
    if bottom - top >= 4:
        yield x, top, w, bottom - top


def segments(
    ram: RiverraidRam, kinds: tuple[int, ...], offset: int, w: int, h: int
) -> Iterator[tuple[int, int, int, int]]:
    """The objects of these kinds, `offset` rows above the lower ends of their segments."""
    for i, (kind, column, fine) in enumerate(zip(ram.object_type, ram.object_column, ram.object_fine, strict=True)):
        if kind in kinds:
            signed = ((fine >> 4) ^ 8) - 8
            yield from in_field(15 * column + 6 - signed, 32 * (5 - i) + ram.segment_scroll - offset, w, h)


@riverraid.object("Player", colour=(232, 232, 74))
def player(ram: RiverraidRam) -> Iterator[Box]:
    """The agent's jet."""
    if ram.player_state not in (HIDDEN, EXPLODING):
        yield ram.player_x + 1, 145, 7, 13


@riverraid.object("PlayerMissile", colour=(232, 232, 74))
def player_missile(ram: RiverraidRam) -> Iterator[Box]:
    """The agent's shot; it follows the jet's sideways motion, so it may be at any of the three columns of its box."""
    if ram.missile_x and 25 <= ram.missile_y <= 162:
        yield from in_field(ram.missile_x - 2, 162 - ram.missile_y, 3, 8)


@riverraid.object("FuelDepot", colour=(214, 92, 92), count=6)
def fuel_depot(ram: RiverraidRam) -> Iterator[Box]:
    """Fuel depots; the jet refuels while it is above them."""
    return segments(ram, DEPOT, 23, 7, 24)


@riverraid.object("Tanker", colour=(84, 160, 197), count=6)
def tanker(ram: RiverraidRam) -> Iterator[Box]:
    """Ships."""
    return segments(ram, TANKER, 13, 17, 9)


@riverraid.object("Helicopter", colour=(0, 64, 48), count=6)
def helicopter(ram: RiverraidRam) -> Iterator[Box]:
    """Helicopters."""
    return segments(ram, HELICOPTERS, 16, 8, 10)


@riverraid.object("Jet", colour=(117, 181, 239), count=6)
def jet(ram: RiverraidRam) -> Iterator[Box]:
    """Enemy jets, which cross the river and its banks."""
    return segments(ram, JET, 15, 9, 6)


@riverraid.object("Bridge", colour=(134, 134, 29))
def bridge(ram: RiverraidRam) -> Iterator[Box]:
    """The bridge that ends a section."""
    return segments(ram, BRIDGE, 21, 33, 23)


@riverraid.object("House", colour=HOUSE_COLOUR, count=6)
def house(ram: RiverraidRam) -> Iterator[Box]:
    """A house with a tree below it, on the bank."""
    for x, y, w, h in segments(ram, HOUSE, 20, 17, 20):
        only_tree = y == FIELD_TOP and h < 14
        yield x, y, w, h, TREE_COLOUR if only_tree else HOUSE_COLOUR


@riverraid.object("PlayerScore", colour=(232, 232, 74), hud=True)
def player_score(ram: RiverraidRam) -> Iterator[Box]:
    """The points."""
    digits = sum(digit != BLANK for digit in ram.score_digit)
    if digits:
        yield 97 - 8 * (digits - 1), 165, 8 * digits - 2, 8


@riverraid.object("Lives", colour=(232, 232, 74), hud=True)
def lives(ram: RiverraidRam) -> Iterator[Box]:
    """The number of jets in reserve."""
    if ram.lives <= THREE_JETS:
        yield 57, 192, 6, 8


# --- Modifs: the river -------------------------------------------------------------------------------------------


@riverraid.modif("layout", writes=[RiverraidRam.fuel_high, RiverraidRam.object_type])
def no_fuel(ram: RiverraidRam) -> None:
    """There are no fuel depots on the river; the tank stays full."""
    ram.fuel_high = 255
    for i, kind in enumerate(ram.object_type):
        if kind in DEPOT:
            ram.object_type[i] = 0


riverraid.poke(
    "red_river",
    "visual",
    "The river is red instead of blue; it does not flash when a bridge explodes.",
    {RiverraidRam.flash_timer: 255},
)

riverraid.poke(
    "linear_river",
    "layout",
    "The river is a straight wide channel without islands, canals and roads.\n\n"
    "Objects come where the normal river would have been: some stand on the banks, out of reach.",
    {RiverraidRam.bank_layout: 5, RiverraidRam.river_width: 35, RiverraidRam.bank_shift: 0},
)


# --- Modifs: colours ---------------------------------------------------------------------------------------------

for name, value, everything, objects in (
    ("01", 144, "brown land and a teal river", "striped in green, yellow, blue and red"),
    ("02", 164, "blue land, a green river and a red panel", "orange-brown"),
    ("03", 184, "light blue land, a brown river and a violet panel", "striped in grey, brown, blue and black"),
):
    riverraid.poke(
        f"game_color_change{name}",
        "visual",
        f"All colours of the picture are changed: {everything}.",
        {RiverraidRam.colour_mask: value},
    )
    riverraid.poke(
        f"object_color_change{name}",
        "visual",
        f"Depots, ships, helicopters, houses and explosions are {objects}; all else keeps its colours.",
        {RiverraidRam.object_colours: value},
    )


# --- Modifs: points, shots and lives -----------------------------------------------------------------------------


def read_score(ram: RiverraidRam) -> int:
    """Return the points."""
    points = 0
    for digit in ram.score_digit:
        points = 10 * points + (0 if digit == BLANK else digit // 8)
    return points


def write_score(ram: RiverraidRam, points: int) -> None:
    """Set the points."""
    ram.score_digit[:] = [BLANK if digit == " " else 8 * int(digit) for digit in f"{points:6}"]


@riverraid.modif("score", writes=[RiverraidRam.score_digit])
class ExplodingFuels:
    """A fuel depot that is shot costs 80 points instead of giving 80; the score does not fall below 0.

    The 80 points come first; one emulated frame later 160 are taken away.
    """

    points = 0

    def frame(self, ram: RiverraidRam) -> None:
        points = read_score(ram)
        if points - self.points == 80:
            points = max(points - 160, 0)
            write_score(ram, points)
        self.points = points


@riverraid.modif("dynamics", writes=[RiverraidRam.missile_y, RiverraidRam.score_digit])
class RestrictedFiring:
    """The gun works only near a bridge or a narrow canal; each segment of 32 rows that is flown gives 50 points."""

    scroll = 0

    def frame(self, ram: RiverraidRam) -> None:
        if 8 not in ram.object_type and 7 not in ram.river_width:
            ram.missile_y = NO_SHOT
        scroll = ram.segment_scroll
        if scroll < self.scroll and ram.player_state not in (HIDDEN, EXPLODING):
            write_score(ram, read_score(ram) + 50)
        self.scroll = scroll


@riverraid.modif("assist", writes=[RiverraidRam.lives])
def unlimited_lives(ram: RiverraidRam) -> None:
    """There are always three jets in reserve, so the game never ends.

    The emulator still reports one life less for a single frame after each crash.
    """
    if ram.lives != BEFORE_THE_START:
        ram.lives = THREE_JETS
