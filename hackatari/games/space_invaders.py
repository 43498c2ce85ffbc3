"""Space Invaders: the agent's cannon hides behind three shields and shoots 36 invaders, worth 5 to 30 points each."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Game
from hackatari.ram import Byte, ByteArray, Ram


class SpaceInvadersRam(Ram):
    """RAM map of Space Invaders."""

    invaders_y = Byte(16, "how far the invaders have come down, 2 pixels each; +5 at a time")
    invaders_left_count = Byte(17, "invaders alive, 36 at the start of a wave; the fewer, the faster they march")
    invaders_row = ByteArray(range(18, 24), "invaders alive in a row, bottom row first; bit 0 is the leftmost column")
    visibility = Byte(24, "what is on the ground: bit 6 shields and green cannon, bit 5 yellow cannon")
    invaders_x = Byte(26, "column of the leftmost invaders, screen x + 1")
    shields_x = Byte(27, "column of the left shield, screen x + 1, usually 43; the others are 32 and 64 further right")
    player_x = Byte(28, "column of the agent's cannon, screen x + 1; 35 to 117")
    player2_x = Byte(29, "column of the yellow cannon of the second player")
    command_ship_x = Byte(30, "column of the command ship, screen x + 1; 0 or 180 while there is none")
    start_copy = ByteArray(range(32, 39), "invaders_left_count and invaders_row of the second player")
    death_graphic = Byte(42, "0 in play, 1 before the invaders start to march, else what is left of the cannon")
    shield_left = ByteArray(range(43, 52), "picture of the left shield, top row first; a row is 2 pixels high")
    shield_middle = ByteArray(range(52, 61), "picture of the middle shield")
    shield_right = ByteArray(range(61, 70), "picture of the right shield")
    command_ship_countdown = Byte(70, "-1 every 256 frames; the command ship comes when it gets from 1 to 0")
    invader_explosion = Byte(72, "which invader explodes, and the frame of the march")
    lives = Byte(73, "lives left: 3 after reset, 0 ends the episode")
    timer = Byte(74, "counts frames down; bombs are drawn in frames in which it is even, shots in the others")
    effect_sound = Byte(80, "stage of the sound of shots, explosions and the command ship, 0 to 16")
    enemy_bullet_y = ByteArray((81, 82), "height of a bomb, (screen y - 3) / 2; 246 while there is none")
    enemy_bullet_x = ByteArray((83, 84), "column of a bomb, screen x + 2")
    player_bullet_y = Byte(85, "height of the agent's shot, (screen y - 3) / 2; 246 while there is none")
    player2_bullet_y = Byte(86, "height of the second player's shot; 246 while there is none")
    player_bullet_x = Byte(87, "column of the agent's shot, screen x + 2; set to player_x + 5 when it is fired")
    player2_bullet_x = Byte(88, "column of the second player's shot")
    score_high = ByteArray((102, 103), "thousands and hundreds of both players' scores, BCD")
    score_low = ByteArray((104, 105), "tens and ones of both players' scores, BCD")
    lives_shown = Byte(120, "not 0 while the number of lives is displayed beside the cannon")


space_invaders = Game(
    "space_invaders",
    SpaceInvadersRam,
    "No FIRE is needed: the invaders start to march 128 frames after the reset. Invaders that land end the game.",
)

SHIELDS_X = 43
MUZZLE = 5  # from player_x to player_bullet_x
SKY_TOP, GROUND_TOP = 21, 195  # picture rows
OUTSIDE_X = 255


# --- Objects -----------------------------------------------------------------------------------------------------


@space_invaders.object("Player", colour=(50, 132, 50))
def player(ram: SpaceInvadersRam) -> Iterator[Box]:
    """The agent's cannon, which blinks before the invaders start to march."""
    if ram.death_graphic != 1 or ram.timer & 8:
        yield ram.player_x - 1, 185, 7, 10


@space_invaders.object("Shield", colour=(181, 83, 40), count=3)
def shield(ram: SpaceInvadersRam) -> Iterator[Box]:
    """What is left of the shields, from left to right; they are gone when the invaders have reached their height."""
    if not ram.visibility & 64:
        return
    for i, picture in enumerate((ram.shield_left, ram.shield_middle, ram.shield_right)):
        rows = [row for row, bits in enumerate(picture) if bits]
        if rows:
            yield ram.shields_x - 1 + 32 * i, 157 + 2 * rows[0], 8, 2 * (rows[-1] - rows[0] + 1)


@space_invaders.object("Bullet", colour=(142, 142, 142), count=3, flickers=True)
def bullet(ram: SpaceInvadersRam) -> Iterator[Box]:
    """The invaders' bombs and then the agent's shot, each drawn in every other frame only."""
    xs, ys = (*ram.enemy_bullet_x, ram.player_bullet_x), (*ram.enemy_bullet_y, ram.player_bullet_y)
    for x, y in zip(xs, ys, strict=True):
        top = 2 * y + 3
        if SKY_TOP <= top < GROUND_TOP:
            yield x - 2, top, 1, min(10, GROUND_TOP - top)


@space_invaders.object("Satellite", colour=(151, 25, 122))
def satellite(ram: SpaceInvadersRam) -> Iterator[Box]:
    """The command ship, worth 200 points, while it crosses the sky."""
    if ram.command_ship_x not in (0, 180):
        yield ram.command_ship_x - 1, 12, 7, 8


@space_invaders.object("Alien", colour=(134, 134, 29), count=36)
def alien(ram: SpaceInvadersRam) -> Iterator[Box]:
    """The invaders that are alive, row by row from the top left."""
    left, top = ram.invaders_x - 1, 31 + 2 * ram.invaders_y
    for row, alive in enumerate(reversed(list(ram.invaders_row))):
        for column in range(6):
            if alive >> column & 1:
                yield left + 16 * column, top + 18 * row, 8, 10


@space_invaders.object("P1Score", colour=(50, 132, 50), hud=True)
def p1_score(ram: SpaceInvadersRam) -> Iterator[Box]:
    """The agent's score; the command ship takes its place."""
    if ram.command_ship_x in (0, 180):
        yield 4, 10, 60, 10


@space_invaders.object("P2Score", colour=(162, 134, 56), hud=True)
def p2_score(ram: SpaceInvadersRam) -> Iterator[Box]:
    """The second player's score; the command ship takes its place."""
    if ram.command_ship_x in (0, 180):
        yield 84, 10, 60, 10


@space_invaders.object("Lives", colour=(162, 134, 56), hud=True)
def lives(ram: SpaceInvadersRam) -> Iterator[Box]:
    """The number of lives, displayed at the start and after the loss of one."""
    if ram.lives_shown:
        yield 84, 185, 12, 10


# --- Modifs: the shields -----------------------------------------------------------------------------------------

for side, picture in {
    "left": SpaceInvadersRam.shield_left,
    "middle": SpaceInvadersRam.shield_middle,
    "right": SpaceInvadersRam.shield_right,
}.items():
    space_invaders.poke(f"disable_shield_{side}", "layout", f"The {side} shield is missing.", {picture: 0})

for name, shift, where in (
    ("slight_left", -8, "8 pixels further left"),
    ("off_by_one", 1, "1 pixel further right"),
    ("off_by_three", 3, "3 pixels further right"),
    ("right", 10, "10 pixels further right"),
):
    space_invaders.poke(
        f"relocate_shields_{name}",
        "layout",
        f"All three shields stand {where} than usual.",
        {SpaceInvadersRam.shields_x: SHIELDS_X + shift},
    )


# --- Modifs: shots and bombs -------------------------------------------------------------------------------------


@space_invaders.modif("dynamics", writes=[SpaceInvadersRam.player_bullet_x])
def controlable_missile(ram: SpaceInvadersRam) -> None:
    """The agent's shot can be steered: in flight it stays above the cannon's muzzle."""
    ram.player_bullet_x = ram.player_x + MUZZLE


space_invaders.poke(
    "no_danger",
    "assist",
    "The invaders' bombs never hit and are never seen; the shields are gone. Only invaders that land end the game.\n\n"
    "The sounds of shots and of the command ship change as well.",
    {
        SpaceInvadersRam.shield_left: 0,
        SpaceInvadersRam.shield_middle: 0,
        SpaceInvadersRam.shield_right: 0,
        SpaceInvadersRam.effect_sound: 0,
        SpaceInvadersRam.enemy_bullet_y: 0,
        SpaceInvadersRam.enemy_bullet_x: OUTSIDE_X,
    },
)
