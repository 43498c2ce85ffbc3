"""Freeway: the agent's chicken, the left one, crosses ten lanes of traffic; one point per crossing, 8192 frames."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hackatari.game import Box, Game
from hackatari.palette import rgb
from hackatari.ram import Byte, ByteArray, Ram


class FreewayRam(Ram):
    """RAM map of Freeway; arrays run from the bottom lane to the top lane."""

    frame_counter = Byte(1, "counts frames, wraps around at 256")
    player_y = Byte(14, "height of the agent's chicken, 193 - screen y: 6 at the start, 177 on the other side")
    player2_y = Byte(15, "height of the second chicken, which nobody plays")
    collision_lane = Byte(16, "lane in which the agent's chicken has just been hit, 255 for none")
    car_wait = ByteArray(range(33, 43), "frames until the car moves on by a pixel; at 0 it moves and the wait restarts")
    car_sprite = ByteArray(range(43, 53), "hardware code of the car's column; the game derives it from car_x")
    car_colour = ByteArray(range(77, 87), "colour of the car's body, set at reset only")
    score = Byte(103, "the agent's points, BCD")
    score2 = Byte(104, "the second player's points, BCD")
    time = Byte(105, "elapsed time, +1 every 256 frames; 32 end the game")
    car_x = ByteArray(range(108, 118), "column of the car, screen x + 3; the lower five drive right, the others left")


freeway = Game(
    "freeway",
    FreewayRam,
    "Play starts at once. The actions are NOOP, UP and DOWN; there are no lives, a hit throws the chicken back.",
)

LANES, HALF = 10, 5  # the lower half drives to the right, the upper half to the left
ROAD_LENGTH = 160  # car_x is in 0..159
CENTRE_Y = 95
NORMAL_PERIODS = (5, 4, 3, 2, 1, 1, 2, 3, 4, 5)  # frames per pixel in game mode 0, bottom lane to top lane
STAND = 100  # any wait above 0 holds a car for this frame

BLACK, PHANTOM_BLACK, DARK_GREY, ROAD, WHITE, RED, PURPLE, BLUE, GREEN = 0, 1, 2, 6, 15, 66, 120, 145, 210


# --- Objects -----------------------------------------------------------------------------------------------------


@freeway.object("Chicken", colour=(252, 252, 84), count=2)
def chicken(ram: FreewayRam) -> Iterator[Box]:
    """The agent's chicken, then the second one."""
    yield 44, 193 - ram.player_y, 6, 8
    yield 108, 193 - ram.player2_y, 6, 8


@freeway.object("Car", colour=(167, 26, 26), count=10)
def car(ram: FreewayRam) -> Iterator[Box]:
    """The cars from the top lane to the bottom lane, each in its colour, without what is beyond the picture's borders.

    In game modes with several cars or a truck in a lane, the box is that of the first car or the truck's left part.
    """
    for lane, (x, colour) in enumerate(zip(ram.car_x[::-1], ram.car_colour[::-1], strict=True)):
        left, right = (x - 3, x + 5) if x > 2 else (x + 157, x + 165)
        left, right = max(left, 8), min(right, 160)  # the leftmost 8 columns are blank
        if left < right:
            yield left, 27 + 16 * lane, right - left, 10, rgb(colour)


@freeway.object("Score", colour=(228, 111, 111), count=2, hud=True)
def score(ram: FreewayRam) -> Iterator[Box]:
    """The points of the agent, then of the second player."""
    for points, ones_x in ((ram.score, 49), (ram.score2, 113)):
        wider = 8 if points > 9 else 0
        yield ones_x - wider, 5, 6 + wider, 8


# --- Modifs: standing cars ---------------------------------------------------------------------------------------

for lanes, waits in {
    "top 2": FreewayRam.car_wait[-2:],
    "bottom 2": FreewayRam.car_wait[:2],
    "top 4": FreewayRam.car_wait[-4:],
    "bottom 4": FreewayRam.car_wait[:4],
}.items():
    freeway.poke(
        f"stop_{lanes.replace(' ', '_')}",
        "dynamics",
        f"The cars of the {lanes} lanes stand still where they start: at the edge of the picture, in nobody's way.",
        {waits: STAND},
    )

freeway.poke(
    "stop_all_cars_tunnel",
    "layout",
    "All cars stand still as two walls: the lower ones left, the upper ones right of the chicken, which can pass.",
    {FreewayRam.car_wait: STAND, FreewayRam.car_x: [35] * HALF + [55] * HALF},
)

freeway.poke(
    "stop_all_cars_edge",
    "layout",
    "All cars stand still at the sides, the lower ones on the left and the upper ones on the right; the road is free.",
    {FreewayRam.car_wait: STAND, FreewayRam.car_x: [15] * HALF + [150] * HALF},
)

freeway.poke(
    "disable_cars",
    "assist",
    "There are no cars: they stand in the blank columns at the left edge.",
    {FreewayRam.car_wait: STAND, FreewayRam.car_x: 3},
)


@freeway.modif("dynamics", writes=[FreewayRam.car_wait])
class StopRandomCar:
    """One random car stands still for half a second to two seconds (30 to 120 frames), then another one does."""

    lane = 0
    frames_left = 0

    def reset(self, rng: np.random.Generator) -> None:
        self.lane = int(rng.integers(LANES))

    def frame(self, ram: FreewayRam, rng: np.random.Generator) -> None:
        if self.frames_left == 0:
            self.lane = (self.lane + int(rng.integers(1, LANES))) % LANES
            self.frames_left = int(rng.integers(30, 121))
        ram.car_wait[self.lane] = 1  # lets the car go at once when its time is over
        self.frames_left -= 1


@freeway.modif("dynamics", writes=[FreewayRam.car_wait])
def stop_nearest_5(ram: FreewayRam) -> None:
    """The five cars of the half of the road in which the chicken is stand still.

    The lower cars do so from the start, at the edge of the picture. The upper cars freeze when the chicken passes the
    centre; if one of them stands in its way, the chicken must step back below the centre to let it go on. Cars that
    are let go start after 100 frames.
    """
    if ram.player_y < CENTRE_Y:
        ram.car_wait[:HALF] = STAND
    else:
        ram.car_wait[HALF:] = STAND


# --- Modifs: speed -----------------------------------------------------------------------------------------------


@freeway.modif("dynamics", writes=[FreewayRam.car_wait])
def align_all_cars(ram: FreewayRam, rng: np.random.Generator) -> None:
    """All cars move in lockstep, stop and go at random, so the cars of each direction form a vertical line.

    Each of them drives 0.6 pixels per frame on average.
    """
    ram.car_wait[:] = 0 if rng.random() < 0.6 else STAND


@freeway.modif("dynamics", writes=[FreewayRam.car_x])
def speed_mode(ram: FreewayRam) -> None:
    """All cars are faster than normal by 2 pixels per frame."""
    columns = list(ram.car_x)
    ram.car_x[:] = [
        *((x + 2) % ROAD_LENGTH for x in columns[:HALF]),
        *((x - 2) % ROAD_LENGTH for x in columns[HALF:]),
    ]


@freeway.modif("dynamics", writes=[FreewayRam.car_wait])
class VaryCarSpeeds:
    """The normal speeds of the ten cars are shuffled among the lanes, anew in every episode.

    The normal speeds are those of game mode 0: a pixel every 5, 4, 3, 2, 1, 1, 2, 3, 4, 5 frames.
    """

    periods = list(NORMAL_PERIODS)
    frames = 0

    def reset(self, rng: np.random.Generator) -> None:
        self.periods = rng.permutation(NORMAL_PERIODS).tolist()

    def frame(self, ram: FreewayRam) -> None:
        ram.car_wait[:] = [self.frames % period for period in self.periods]
        self.frames += 1


@freeway.modif("dynamics", writes=[FreewayRam.car_wait[:HALF]])
def reverse_car_speed_bottom(ram: FreewayRam) -> None:
    """On the lower half of the road the outermost lane is the fastest and the lane at the centre the slowest.

    They move every 1, 2, 3, 4, 5 frames, in every game mode.
    """
    frame = ram.frame_counter
    ram.car_wait[:HALF] = [0, frame % 2, frame % 3, frame % 4, frame % 5]


@freeway.modif("dynamics", writes=[FreewayRam.car_wait[HALF:]])
def reverse_car_speed_top(ram: FreewayRam) -> None:
    """On the upper half of the road the outermost lane is the fastest and the lane at the centre the slowest.

    They move every 1, 2, 3, 4, 5 frames, in every game mode.
    """
    frame = ram.frame_counter
    ram.car_wait[HALF:] = [frame % 5, frame % 4, frame % 3, frame % 2, 0]


# --- Modifs: colours ---------------------------------------------------------------------------------------------

for name, value in {"black": BLACK, "white": WHITE, "red": RED, "green": GREEN, "blue": BLUE}.items():
    freeway.poke(
        f"all_{name}_cars", "visual", f"All cars are {name}; their wheels stay black.", {FreewayRam.car_colour: value}
    )

freeway.poke(
    "invisible_mode",
    "visual",
    "The cars have the colour of the road, so that only their wheels can be seen; they drive and hit as ever.",
    {FreewayRam.car_colour: ROAD},
)


@freeway.modif("visual", writes=[FreewayRam.car_colour])
def strobo_mode(ram: FreewayRam, rng: np.random.Generator) -> None:
    """Every car has a new random colour in every frame."""
    ram.car_colour[:] = rng.bytes(LANES)


@freeway.modif("visual", writes=[FreewayRam.car_colour], every=30)
class PhantomMode:
    """All cars are black for 30 frames and invisible but for their wheels for the next 30, in turns."""

    colour = ROAD

    def frame(self, ram: FreewayRam) -> None:
        self.colour = PHANTOM_BLACK if self.colour == ROAD else ROAD
        ram.car_colour[:] = self.colour


@freeway.modif("visual", writes=[FreewayRam.car_colour], every=30)
def blinking_mode(ram: FreewayRam, rng: np.random.Generator) -> None:
    """Every car gets a new colour every 30 frames, one of eight at random; one of these is the colour of the road."""
    palette = (BLACK, DARK_GREY, RED, WHITE, GREEN, PURPLE, BLUE, ROAD)
    ram.car_colour[:] = [palette[i] for i in rng.integers(len(palette), size=LANES)]
