"""Carnival: the agent's gun shoots at three rows of targets until it has no bullets left."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Colour, Game
from hackatari.ram import Byte, ByteArray, Ram


class CarnivalRam(Ram):
    """RAM map of Carnival; arrays of targets hold two groups for each row, the lowest row first."""

    flying_duck_y = Byte(1, "height of the flying duck, screen y - 109: 0 when it takes off, 79 while there is none")
    player_x = Byte(2, "column of the gun, screen x + 4; 12 to 150")
    ammo = Byte(3, "bullets left: 40 at the start, 0 ends the episode")
    missile_x = Byte(4, "column of the bullet, screen x + 5")
    bonus_sprites = ByteArray(range(8, 12), "pictures of the bonus or penalty; the second is 79 while there is none")
    jingle = Byte(16, "which jingle sounds, 0 for none: 20 when a bonus or penalty has been hit, while it blinks")
    target_x = ByteArray(range(18, 24), "column of a group's first target, screen x + 4")
    target_sprite = ByteArray(range(24, 36, 2), "kind of a group: 0 duck, 16 rabbit, 32 owl, 48 bullets, 92 none")
    target_layout = ByteArray(range(36, 42), "number and spacing of a group's targets, as the hardware's NUSIZ")
    level_colour = Byte(42, "colour of the bar of bullets: 1 blue, 2 green, 3 purple, 4 brown")
    score_thousands = Byte(45, "thousands and hundreds of a tenth of the score, BCD")
    score_tens = Byte(46, "tens and ones of a tenth of the score, BCD")
    missile_y = Byte(55, "row of the bullet: 169 when it is fired, 5 less in each frame, 0 while there is none")
    frame_counter = Byte(79, "counts frames, wraps around at 256; what blinks is dark while a certain bit is set")
    flying_duck_x = Byte(111, "column of the flying duck, screen x + 4")
    wheel_sprites = ByteArray((121, 123), "pictures of the turning wheel of pipes; both are 84 when it is gone")
    wheel_colour = Byte(125, "colour of the wheel: 0 blue, 1 green, 2 purple, 3 orange")


carnival = Game(
    "carnival",
    CarnivalRam,
    "The screen has 214 rows. Play starts at once; there are no lives. A duck that flies off eats bullets.",
)

FULL_AMMO = 40
NO_DUCK = 79  # flying_duck_y
NO_BONUS, NARROW = 79, 43  # bonus_sprites[1]
DUCK, RABBIT, OWL, BULLETS = 0, 16, 32, 48  # target_sprite
NO_PIPES = 84  # wheel_sprites
BONUS_HIT = 20  # jingle
ROW_TOPS = (89, 89, 68, 68, 47, 47)
COPIES = ((0,), (0, 16), (0, 32), (0, 16, 32), (0, 64), (0,), (0, 32, 64), (0,))  # offsets by target_layout
RED, ORANGE, BLUE = (214, 92, 92), (213, 130, 74), (24, 59, 157)
BAR_COLOURS = {2: (0, 68, 0), 3: (125, 48, 173), 4: (144, 72, 17)}
WHEEL_COLOURS = ((45, 87, 176), (26, 102, 26), (125, 48, 173), (162, 98, 33))
FIELD_LEFT, FIELD_WIDTH = 8, 160  # the leftmost columns are blank


# --- Objects -----------------------------------------------------------------------------------------------------


def targets(ram: CarnivalRam, kind: int, top: int = 0, height: int = 15) -> Iterator[Box]:
    """The targets of a kind, the lowest row first; `top` is counted from the row's upper edge."""
    groups = zip(ram.target_sprite, ram.target_x, ram.target_layout, ROW_TOPS, strict=True)
    for sprite, x, layout, row_top in groups:
        if sprite == kind:
            for copy in COPIES[layout % 8]:
                left = (x - 4 + copy) % FIELD_WIDTH
                cut = max(FIELD_LEFT - left, 0)
                yield left + cut, row_top + top, 8 - cut, height


@carnival.object("Player", colour=(66, 158, 130))
def player(ram: CarnivalRam) -> Iterator[Box]:
    """The gun."""
    yield ram.player_x - 4, 186, 6, 13


@carnival.object("PlayerMissile", colour=(183, 194, 95))
def player_missile(ram: CarnivalRam) -> Iterator[Box]:
    """The bullet."""
    y = ram.missile_y
    if y > 14:
        yield ram.missile_x - 5, (y + 6 if y > 99 else y), 1, 5


@carnival.object("Wheel", colour=WHEEL_COLOURS[0])
def wheel(ram: CarnivalRam) -> Iterator[Box]:
    """The wheel of pipes, in its current colour."""
    if any(sprite != NO_PIPES for sprite in ram.wheel_sprites):
        yield 70, 15, 28, 12, WHEEL_COLOURS[ram.wheel_colour % 4]


@carnival.object("Rabbit", colour=(192, 192, 192), count=6)
def rabbit(ram: CarnivalRam) -> Iterator[Box]:
    """The rabbits."""
    return targets(ram, RABBIT)


@carnival.object("Duck", colour=(187, 187, 53), count=6)
def duck(ram: CarnivalRam) -> Iterator[Box]:
    """The ducks in the rows."""
    return targets(ram, DUCK)


@carnival.object("ExtraBullets", colour=(192, 192, 192), count=6)
def extra_bullets(ram: CarnivalRam) -> Iterator[Box]:
    """The boxes of bullets."""
    return targets(ram, BULLETS, top=6, height=9)


@carnival.object("Owl", colour=(214, 92, 92), count=6)
def owl(ram: CarnivalRam) -> Iterator[Box]:
    """The owls."""
    return targets(ram, OWL)


@carnival.object("FlyingDuck", colour=(187, 187, 53))
def flying_duck(ram: CarnivalRam) -> Iterator[Box]:
    """A duck on its way from the lowest row to the bullets."""
    if ram.flying_duck_y not in (0, NO_DUCK):
        yield ram.flying_duck_x - 4, 109 + ram.flying_duck_y, 16, 15


@carnival.object("AmmoBar", colour=BLUE, hud=True)
def ammo_bar(ram: CarnivalRam) -> Iterator[Box]:
    """The bullets left, 4 pixels each; the bar blinks when there are 10 or less."""
    if ram.ammo and not (ram.ammo <= 10 and ram.frame_counter & 32):
        yield 0, 203, 4 * ram.ammo, 5, BAR_COLOURS.get(ram.level_colour, BLUE)


def bonus_colour(ram: CarnivalRam) -> Colour | None:
    """The colour of the bonus, or None while none is shown."""
    if ram.bonus_sprites[1] == NO_BONUS:
        return None
    if ram.jingle != BONUS_HIT:
        return RED
    return None if ram.frame_counter & 16 else ORANGE


@carnival.object("BonusSign", colour=RED, hud=True)
def bonus_sign(ram: CarnivalRam) -> Iterator[Box]:
    """The sign of a bonus or penalty; it blinks in orange when it has been hit."""
    if colour := bonus_colour(ram):
        yield 12, 29, 6, 9, colour


@carnival.object("BonusValue", colour=RED, hud=True)
def bonus_value(ram: CarnivalRam) -> Iterator[Box]:
    """The points or bullets of a bonus or penalty; they blink in orange when it has been hit."""
    if colour := bonus_colour(ram):
        yield (20 if ram.bonus_sprites[1] == NARROW else 22), 29, 22, 9, colour


@carnival.object("PlayerScore", colour=(160, 171, 79), hud=True)
def player_score(ram: CarnivalRam) -> Iterator[Box]:
    """The points."""
    yield 65, 2, 38, 7


# --- Modifs ------------------------------------------------------------------------------------------------------

carnival.poke(
    "no_flying_ducks",
    "assist",
    "Ducks that reach the end of the lowest row vanish instead of flying down to eat bullets.",
    {CarnivalRam.flying_duck_y: NO_DUCK},
)

carnival.poke(
    "unlimited_ammo",
    "assist",
    "There are always 40 bullets, so that the game never ends; bullets to be won or lost do not matter.",
    {CarnivalRam.ammo: FULL_AMMO},
)


def declare_speed(name: str, extra: int) -> None:
    """Declare a modif that makes the bullet faster by some pixels per frame."""
    doc = f"The agent's bullets fly {5 + extra} instead of 5 pixels per frame."

    @carnival.modif("dynamics", writes=[CarnivalRam.missile_y], name=f"missile_speed_{name}_increase", doc=doc)
    def speed_up(ram: CarnivalRam) -> None:
        if ram.missile_y >= 5:
            ram.missile_y -= extra


for name, extra in {"small": 1, "medium": 2, "large": 3}.items():
    declare_speed(name, extra)
