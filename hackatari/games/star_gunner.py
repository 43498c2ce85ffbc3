"""Star Gunner: the agent's ship shoots flyers above a scrolling landscape, under a bomber that drops bombs."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Game
from hackatari.palette import rgb
from hackatari.ram import Byte, ByteArray, Ram


class StarGunnerRam(Ram):
    """RAM map of Star Gunner."""

    score_digits = ByteArray((3, 4, 5, 6), "points / 100, a digit in each byte, the ones first; 10 is a blank")
    lives = Byte(7, "ships left with the present one: 6 in the title picture, then 5")
    game_state = Byte(12, "9 title picture or wrecked ship, 10 pause, 0 the frame before play, 2 play")
    player_y = Byte(14, "height of the ship, screen y - 33")
    flyers_last_index = Byte(15, "index of the last flyer: 0 if there is one, 2 if there are three")
    player_facing = Byte(19, "236 while the ship faces right, 246 left")
    player_x = Byte(21, "column of the ship, screen x + 10; the world scrolls around it")
    bomber_x = Byte(31, "column of the bomber, screen x + 9, and at the same time its colour; 0 for none")
    bomb_x = Byte(33, "column of the bomb, screen x + 11")
    bomb_y = Byte(34, "height of the bomb, screen y - 32")
    player_missile_colour = Byte(39, "colour of the shot")
    player_missile_x = Byte(40, "column of the shot, screen x + 11; 0 for none")
    player_missile_y = Byte(41, "height of the shot, screen y - 32")
    mountains = ByteArray(range(42, 69), "picture of mountains and ground: nine bytes for each third of the width")
    mountain_scroll_phase = Byte(69, "steps of the mountains' scrolling, 1 to 5")
    flyer_y = ByteArray((71, 72, 73), "height of a flyer, screen y - 33")
    flyer_x = ByteArray((74, 75, 76), "column of a flyer, screen x + 10; 0 for none")
    flyer_colour = Byte(86, "colour of flyers and bomb, another one in every frame")
    bomb_active = Byte(108, "0 if there is no bomb")


star_gunner = Game(
    "star_gunner",
    StarGunnerRam,
    "No FIRE is needed: after the title picture play starts 284 frames after the reset.",
)

PLAY = 2  # game_state
FLYERS = 3
HELD_BOMBER_X = 91
MOUNTAINS = (
    *(240, 255, 255, 255, 255, 255, 255, 126, 60),
    *(255, 249, 240, 224, 192, 128, 0, 0, 0),
    *(255, 255, 255, 254, 252, 248, 240, 224, 192),
)


# --- Objects -----------------------------------------------------------------------------------------------------


@star_gunner.object("Player", colour=(214, 92, 92))
def player(ram: StarGunnerRam) -> Iterator[Box]:
    """The agent's ship."""
    if ram.game_state == PLAY:
        yield ram.player_x - 10, ram.player_y + 33, 8, 4


@star_gunner.object("PlayerMissile", colour=(72, 160, 72))
def player_missile(ram: StarGunnerRam) -> Iterator[Box]:
    """The agent's shot, whose colour changes as it flies."""
    if ram.game_state == PLAY and ram.player_missile_x:
        yield ram.player_missile_x - 11, ram.player_missile_y + 32, 8, 1, rgb(ram.player_missile_colour)


@star_gunner.object("BombThrower", colour=(169, 128, 240))
def bomb_thrower(ram: StarGunnerRam) -> Iterator[Box]:
    """The bomber at the top, whose colour depends on its place."""
    if ram.game_state == PLAY and ram.bomber_x:
        yield ram.bomber_x - 9, 37, 7, 10, rgb(ram.bomber_x)


@star_gunner.object("Bomb", colour=(252, 188, 116))
def bomb(ram: StarGunnerRam) -> Iterator[Box]:
    """The bomb; it is not drawn at the top, at the left, in the rows of the ship and while there is no flyer."""
    hidden = ram.bomb_y <= 20 or ram.bomb_x <= 36 or 0 < ram.bomb_y - ram.player_y <= 5 or not any(ram.flyer_x)
    if ram.game_state == PLAY and ram.bomb_active and not hidden:
        yield ram.bomb_x - 11, ram.bomb_y + 32, 4, 1, rgb(ram.flyer_colour)


@star_gunner.object("FlyingEnemy", colour=(164, 89, 208), count=FLYERS)
def flying_enemy(ram: StarGunnerRam) -> Iterator[Box]:
    """The flyers, whose colour changes all the time; those that explode too."""
    if ram.game_state == PLAY:
        for x, y in list(zip(ram.flyer_x, ram.flyer_y, strict=True))[: ram.flyers_last_index + 1]:
            if x:
                yield x - 10, y + 33, 8, 10, rgb(ram.flyer_colour)


@star_gunner.object("PlayerScore", colour=(101, 160, 225), hud=True)
def player_score(ram: StarGunnerRam) -> Iterator[Box]:
    """The points; the last two zeros are always there."""
    digits = sum(digit < 10 for digit in ram.score_digits)
    yield 82 - 8 * digits, 14, 12 + 8 * digits, 7


@star_gunner.object("Lives", colour=(214, 92, 92), hud=True)
def lives(ram: StarGunnerRam) -> Iterator[Box]:
    """The ships left, three at most."""
    yield 56, 23, 40 if ram.lives > 2 else 24 if ram.lives == 2 else 8, 4


# --- Modifs: enemies ---------------------------------------------------------------------------------------------

star_gunner.poke(
    "static_bomber",
    "dynamics",
    "The bomber stays above the middle of the screen, to within 2 pixels, instead of flying to and fro.",
    {StarGunnerRam.bomber_x: HELD_BOMBER_X},
)


@star_gunner.modif("dynamics", writes=[StarGunnerRam.flyer_x, StarGunnerRam.flyer_y])
class StaticFlyers:
    """Every flyer stays where it appears on the screen until it is shot, whichever way the landscape scrolls."""

    def __init__(self) -> None:
        self.held: list[tuple[int, int] | None] = [None] * FLYERS

    def frame(self, ram: StarGunnerRam) -> None:
        playing = ram.game_state == PLAY
        for i, (x, y) in enumerate(zip(ram.flyer_x, ram.flyer_y, strict=True)):
            place = self.held[i]
            if not (playing and x):
                self.held[i] = None
            elif place is None:
                self.held[i] = x, y
            else:
                ram.flyer_x[i], ram.flyer_y[i] = place


# --- Modifs: mountains -------------------------------------------------------------------------------------------

star_gunner.poke(
    "remove_mountains",
    "visual",
    "There are no mountains and no green ground: the bottom is black.",
    {StarGunnerRam.mountains: 0},
)

star_gunner.poke(
    "static_mountains",
    "visual",
    "The mountains do not scroll: they only shift by 4 pixels when the ship turns.",
    {StarGunnerRam.mountains: MOUNTAINS, StarGunnerRam.mountain_scroll_phase: 5},
)
