"""Enduro: a race through day and night; on each day the agent must pass a number of cars, 200 on the first."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Game
from hackatari.palette import rgb
from hackatari.ram import Byte, ByteArray, Ram


class EnduroRam(Ram):
    """RAM map of Enduro."""

    car_lane = ByteArray(
        range(27, 34),
        "the opponent in a stretch of the road, nearest first: its colour, bit 0 set on the right; 0 for none",
    )
    road_curve = Byte(34, "how far the road bends to the right at the horizon, in pixels, two's complement")
    cars_left_low = Byte(43, "tens and ones of the opponents still to pass on this day, BCD")
    cars_left_high = Byte(44, "hundreds of the opponents still to pass on this day, BCD")
    day = Byte(45, "number of the day, from 1")
    player_offset = Byte(46, "how far the agent's car is left of the middle in half pixels; from 128 on right of it")
    player_y = Byte(52, "height of the agent's car, screen y - 89; 54 or 55")
    previous_offset = Byte(54, "player_offset before the last steering")
    road_phase = Byte(59, "how far the opponents have come within their stretch of the road, 8 steps each")
    sink = Byte(106, "height of what sinks below the horizon")


enduro = Game(
    "enduro",
    EnduroRam,
    "FIRE accelerates, DOWN brakes. One point for each car passed, minus one for each that passes. "
    "There are no lives and no modifs.",
)

FIELD_BOTTOM = 155
MIDDLE_X, HORIZON, ROAD_HEIGHT = 86, 52, 96
CAR_SIZES = ((16, 11), (12, 8), (8, 6), (6, 4), (4, 3), (4, 2), (4, 3))  # nearest first


# --- Objects -----------------------------------------------------------------------------------------------------


def shift(ram: EnduroRam) -> int:
    """How far the agent's car is left of the middle, in half pixels."""
    return ram.player_offset if ram.player_offset < 128 else ram.player_offset - 255


@enduro.object("Player", colour=(192, 192, 192))
def player(ram: EnduroRam) -> Iterator[Box]:
    """The agent's car."""
    right = 0 if ram.player_offset < 128 else 2
    yield 77 - int(shift(ram) / 2) + right, ram.player_y + 89, 16, 11


@enduro.object("Car", colour=(195, 144, 61), count=7)
def car(ram: EnduroRam) -> Iterator[Box]:
    """The opponents, nearest first, each in its colour; at night only their lights are seen."""
    curve = ram.road_curve if ram.road_curve < 128 else ram.road_curve - 256
    for i, (lane, (w, h)) in enumerate(zip(ram.car_lane, CAR_SIZES, strict=True)):
        if lane:
            # Fitted to the picture: an opponent's height by its distance, and its distance from the middle by height.
            # The farthest are 2 x 1 pixels in boxes with a margin, since the fit is good to a pixel.
            distance = 16 * i + ram.road_phase // 8
            y = round(159.2 - 1.586 * distance + 0.00663 * distance**2)
            aside = 0.31 * (y - HORIZON) - 1.8
            bend = curve * (1 - (y - HORIZON) / ROAD_HEIGHT) ** 2
            x = MIDDLE_X + shift(ram) + bend + (aside if lane & 1 else -aside)
            top = y - 1 if i == len(CAR_SIZES) - 1 else y
            yield round(x - (w - 1) / 2), top, w, min(h, FIELD_BOTTOM - top), rgb(lane)
