"""Video Pinball: the agent pulls the plunger and works the flippers of a pinball machine."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Game
from hackatari.palette import rgb
from hackatari.ram import Byte, ByteArray, Ram


class VideoPinballRam(Ram):
    """RAM map of Video Pinball."""

    ball_number = Byte(25, "number of the ball in play, 1 to 3")
    score = ByteArray((48, 50, 52), "points, BCD, lowest two digits first")
    ball_x = Byte(67, "column of the ball")
    ball_y = Byte(68, "height of the ball, screen y + 3")
    target = ByteArray(
        (72, 73, 74, 75, 76, 77, 81, 82, 83, 84, 85, 86),
        "what a target shows, top row first: 0 nothing, 80 a diamond, 115 a logo, else 8 times a digit",
    )
    left_flipper = Byte(98, "the left flipper: 0 down, 16 to 48 up")
    right_flipper = Byte(102, "the right flipper: 128 down, 144 to 176 up")


video_pinball = Game(
    "video_pinball",
    VideoPinballRam,
    "The ball waits in the lower right until the plunger has been pulled with DOWN and is let go.",
)

BLUE, WHITE, GOLD, ORANGE = rgb(118), rgb(14), rgb(248), rgb(42)
TARGETS_X = (60, 76, 92, 47, 79, 109, 47, 77, 111, 60, 76, 92)
TARGETS_Y = (24,) * 3 + (58,) * 3 + (122,) * 3 + (154,) * 3
BUMPERS = (
    (104, 112, 16, 32),
    (104, 48, 4, 32),
    (116, 48, 4, 32),
    (40, 112, 16, 32),
    (40, 48, 4, 32),
    (52, 48, 4, 32),
    (72, 104, 16, 8),
    (72, 48, 16, 32),
)


# --- Objects -----------------------------------------------------------------------------------------------------


@video_pinball.object("Ball", colour=BLUE)
def ball(ram: VideoPinballRam) -> Iterator[Box]:
    """The ball."""
    yield ram.ball_x, ram.ball_y - 3, 2, 4


@video_pinball.object("Flipper", colour=WHITE, count=2)
def flipper(ram: VideoPinballRam) -> Iterator[Box]:
    """The left and the right flipper."""
    for x, up in ((64, ram.left_flipper), (83, ram.right_flipper - 128)):
        yield (x, 181, 13, 9) if up else (x, 184, 13, 6)


@video_pinball.object("Spinner", colour=WHITE, count=2)
def spinner(ram: VideoPinballRam) -> Iterator[Box]:
    """The spinners at the left and the right."""
    yield 30, 91, 6, 10
    yield 126, 91, 6, 10


@video_pinball.object("DropTarget", colour=ORANGE, count=12)
def drop_target(ram: VideoPinballRam) -> Iterator[Box]:
    """The targets that are up."""
    for up, x, y in zip(ram.target, TARGETS_X, TARGETS_Y, strict=True):
        if up:
            yield x, y, 7, 14 if y == 24 else 12


@video_pinball.object("Bumper", colour=BLUE, count=8)
def bumper(ram: VideoPinballRam) -> Iterator[Box]:
    """The bumpers and the walls beside them."""
    yield from BUMPERS


@video_pinball.object("Score", colour=GOLD, hud=True)
def score(ram: VideoPinballRam) -> Iterator[Box]:
    """The points."""
    yield 64, 3, 92, 10


@video_pinball.object("LifeUsed", colour=GOLD, hud=True)
def life_used(ram: VideoPinballRam) -> Iterator[Box]:
    """The number of the ball in play."""
    yield 36, 3, 12, 10


@video_pinball.object("DifficultyLevel", colour=GOLD, hud=True)
def difficulty_level(ram: VideoPinballRam) -> Iterator[Box]:
    """The difficulty."""
    yield 4, 3, 12, 10
