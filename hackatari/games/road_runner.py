"""Road Runner: the bird runs from the coyote, picks bird seed and keeps clear of trucks, mines, cracks and shots."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Game
from hackatari.ram import Byte, ByteArray, Ram


class RoadRunnerRam(Ram):
    """RAM map of Road Runner; y grows downwards."""

    player_y = Byte(3, "height of the road runner: 15 at the start, 54 in a crack")
    enemy_y = Byte(5, "height of the coyote")
    event = Byte(19, "event or sound: 17 from when the coyote has fallen out of sight until its sound ends")
    level = Byte(22, "level: 0, 2, 4, 6, 8 open road, 1, 9 canyon with cracks, 3, 7 cannon, 5 rocks")
    upper_cactus_x = Byte(24, "column of the upper cactus, seen from 8 to 147")
    lane_object = ByteArray(range(36, 40), "what lies in a lane, lowest lane first: 31 bird seed, 47 a mine")
    player_animation = Byte(41, "running animation of the road runner; 6 while it ducks")
    truck_x = Byte(42, "column of the truck or of the cannon ball")
    truck_lane = Byte(43, "0 while there is no truck, 1 lower lane, else upper lane")
    turret_x = Byte(55, "column of the cannon on level 3, screen x + 5")
    coyote_vehicle_timer = Byte(62, "time for which the coyote rides its rocket, -1 every 2 frames; 0 it runs")
    lives_and_birds = Byte(68, "lowest three bits: spare lives, 2 at the start")
    sign_or_crack = Byte(69, "what sign_x belongs to: 0, 1, 2, 16 a sign; 6 to 18 on level 1 a crack")
    score_digits = ByteArray(range(73, 77), "the four digits of the score in hundreds, 10 for a blank")
    crack_pattern = Byte(79, "1 one crack, 2 to 19 another 96 pixels to the left, 20 another 64 pixels to the right")
    player_x = Byte(80, "column of the road runner, 100 at the start")
    enemy_x = Byte(81, "column of the coyote: 130 at the start, 148 when it has fallen out of sight")
    sign_x = Byte(82, "column of the sign; of the crack, screen x + 5")
    lower_cactus_x = Byte(83, "column of the lower cactus, seen from 8 to 147")
    seed_anchor_x = Byte(89, "column from which those of the objects in the lanes are counted")
    seed_pattern = Byte(90, "how the objects in the lanes are spaced, 1 to 8")


road_runner = Game(
    "road_runner",
    RoadRunnerRam,
    "No FIRE is needed: play starts with the first move of the joystick, or by itself after about 255 frames. There "
    "are three lives.",
)

SEED, MINE = 31, 47  # values of lane_object
LANES_Y = (165, 151, 137, 123)
DARK_BLUE, BLUE, LIGHT_BLUE = (66, 72, 200), (84, 92, 214), (101, 111, 228)
SEED_START, SEED_STEP = (-30, -67, -49, 18, -59, -22, 18, -67), (-30, 95, -47, 20, -56, -20, 20, 94)
FALLEN_BEHIND = 17  # value of event
SHORT_RIDE = 100


# --- Objects -----------------------------------------------------------------------------------------------------


@road_runner.object("Player", colour=LIGHT_BLUE)
def player(ram: RoadRunnerRam) -> Iterator[Box]:
    """The road runner, which is drawn in several blues."""
    if ram.player_x < 147:
        yield ram.player_x, player_top(ram), 8, 24 if ram.player_animation == 6 else 32


@road_runner.object("Enemy", colour=(198, 108, 58))
def enemy(ram: RoadRunnerRam) -> Iterator[Box]:
    """The coyote."""
    if ram.enemy_x <= 143:
        yield ram.enemy_x, ram.enemy_y - 30 if ram.level == 1 else ram.enemy_y + 98, 7, 29


@road_runner.object("Seed", colour=BLUE, count=4)
def seed(ram: RoadRunnerRam) -> Iterator[Box]:
    """The piles of bird seed on the road, lowest lane first; in the runner's rows they have its blues."""
    for x, y in lane_places(ram, SEED):
        row = y + 1 - player_top(ram)  # counted from the runner's head
        yield x, y, 5, 3, DARK_BLUE if 6 < row < 9 else LIGHT_BLUE if 16 < row < 23 else BLUE


@road_runner.object("AcmeMine", colour=(255, 255, 255), count=4)
def acme_mine(ram: RoadRunnerRam) -> Iterator[Box]:
    """The mines on the road, lowest lane first."""
    for x, y in lane_places(ram, MINE):
        yield x + 4, y, 4, 3


@road_runner.object("Truck", colour=(198, 108, 58))
def truck(ram: RoadRunnerRam) -> Iterator[Box]:
    """The truck."""
    if ram.truck_lane:
        yield ram.truck_x, 157 if ram.truck_lane == 1 else 127, 16, 18


@road_runner.object("RoadCrack", colour=(181, 83, 40), count=2)
def road_crack(ram: RoadRunnerRam) -> Iterator[Box]:
    """The cracks of the canyon road."""
    if ram.level == 1 and 8 < ram.sign_x <= 150 and 6 <= ram.sign_or_crack <= 18:
        yield ram.sign_x - 5, 125, 14, 32
        if 2 <= ram.crack_pattern <= 19:
            yield ram.sign_x - 101, 125, 14, 32
        elif ram.crack_pattern == 20:
            yield ram.sign_x + 59, 125, 14, 32


@road_runner.object("Turret", colour=(66, 72, 200))
def turret(ram: RoadRunnerRam) -> Iterator[Box]:
    """The cannon of level 3."""
    if ram.level == 3 and 8 < ram.turret_x <= 150:
        yield ram.turret_x - 5, 128, 12, 8


@road_runner.object("TurretBall", colour=(198, 108, 58))
def turret_ball(ram: RoadRunnerRam) -> Iterator[Box]:
    """The cannon ball."""
    if ram.level == 3 and ram.truck_lane == 0 and 8 < ram.truck_x <= 150:
        yield ram.truck_x - 2, 128, 4, 4


@road_runner.object("Sign", colour=(0, 0, 0), hud=True)
def sign(ram: RoadRunnerRam) -> Iterator[Box]:
    """The sign beside the road."""
    if 0 < ram.sign_x <= 145 and ram.level not in (3, 5) and ram.sign_or_crack in (0, 1, 2, 16):
        yield ram.sign_x, 73, 16, 15


@road_runner.object("Bird", colour=(252, 188, 116), count=2, hud=True)
def bird(ram: RoadRunnerRam) -> Iterator[Box]:
    """The spare lives."""
    for i in range(min(ram.lives_and_birds & 7, 2)):
        yield 55 + 8 * i, 16, 6, 8


def player_top(ram: RoadRunnerRam) -> int:
    """The row of the road runner's head."""
    return ram.player_y + {1: 102, 3: 85}.get(ram.level, 95)


def lane_places(ram: RoadRunnerRam, kind: int) -> Iterator[tuple[int, int]]:
    """Column and row of the objects of a kind in the four lanes."""
    if ram.level == 1:
        return
    pattern = min(max(ram.seed_pattern, 1), 8) - 1
    left = ram.seed_anchor_x - 2 + SEED_START[pattern]
    for lane, (lies_there, y) in enumerate(zip(ram.lane_object, LANES_Y, strict=True)):
        if lies_there == kind:
            x = (left + (3 - lane) * SEED_STEP[pattern]) % 160
            if 4 <= x < 152:  # the picture's borders are black
                yield x, y


# --- Modifs: the coyote ------------------------------------------------------------------------------------------


@road_runner.modif("dynamics", writes=[RoadRunnerRam.coyote_vehicle_timer])
def default_coyote(ram: RoadRunnerRam) -> None:
    """The coyote never rides its rocket, which it does from level 1 on; once out of sight it stays behind."""
    if ram.coyote_vehicle_timer:
        ram.coyote_vehicle_timer = 0


@road_runner.modif("dynamics", writes=[RoadRunnerRam.coyote_vehicle_timer])
def change_coyote(ram: RoadRunnerRam) -> None:
    """On every level, the coyote comes back on its rocket for about 200 frames when it has fallen out of sight."""
    if ram.event == FALLEN_BEHIND and ram.coyote_vehicle_timer == 0:
        ram.coyote_vehicle_timer = SHORT_RIDE


# --- Modifs: the level -------------------------------------------------------------------------------------------


def declare_start(level: int, doc: str) -> None:
    """Declare a modif that starts the game on a level."""

    @road_runner.modif("start", writes=[RoadRunnerRam.level], name=f"level_{level}", doc=doc)
    class Start:
        frames = 0

        def frame(self, ram: RoadRunnerRam) -> None:
            self.frames += 1
            if self.frames == 3:  # the game's own start-up undoes what is written earlier
                ram.level = level


declare_start(0, "The game starts on level 0, as it does anyway.")
declare_start(
    1,
    "The game starts on level 1, the canyon road with cracks.\n\n"
    "During the first life the two figures have changed places: what the agent moves looks like the coyote.",
)
declare_start(
    2, "The game starts on level 2, the open road with steel shot and mines, on which the coyote has a rocket."
)
