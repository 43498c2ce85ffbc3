"""Krull: the agent, prince Colwyn, fights slayers, rides through the desert and climbs a web to free princess Lyssa."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Game
from hackatari.ram import Byte, ByteArray, Ram, bcd_digits


class KrullRam(Ram):
    """RAM map of Krull; several bytes mean different things in different scenes."""

    sun_y = Byte(23, "height of the sun or moon, screen y + 30; it is seen from 26 to 41")
    sun_x = Byte(24, "column of the sun or moon, screen x - 9")
    hour_glass = Byte(26, "sand in the hour glass, a bit for each row")
    score = ByteArray((28, 29, 30), "points, BCD, two digits each, highest first")
    lives = Byte(31, "lives besides the current one")
    weapons = Byte(32, "glaives that the player carries")
    room = Byte(34, "scene: 0 wedding, 1 black fortress, 2 web of the widow, 3 iron desert")
    scene_phase = Byte(38, "phase of the wedding scene")
    weapon_sprite = Byte(47, "24 small, 36 middle, else full size of the glaive")
    star_flag = Byte(68, "41 if there is a star instead of the spider in the web")
    desert_item = Byte(70, "what lies in the desert: 226 glaive, 233 life")
    lyssa_gone = Byte(73, "80 while Lyssa is not in the wedding scene")
    shot_length = Byte(76, "half the sideways length of a slayer's shot; in the desert the place of the item")
    shot_y = Byte(77, "height of the enemy's shot, (screen y - 6) / 2; of a slayer's weapon before it is thrown")
    shot_x = Byte(78, "column of the enemy's shot, screen x - 7; in the desert that of the item, screen x - 8")
    shot_flags = Byte(79, "bit 4 a sideways shot, bit 7 to the left; in the fortress the column of the beast's fire")
    castle_height = Byte(80, "rows of the castle at the end of the desert that are seen")
    slayer_count = Byte(82, "rows of slayers")
    sprite_x = ByteArray(range(83, 91), "columns of the moving objects, screen x - 9 or - 8")
    sprite_y = ByteArray(range(91, 99), "heights of the moving objects, (screen y - 15) / 2 in most scenes")
    slayer_copies = ByteArray(range(99, 105), "slayers side by side in each row, as the console's NUSIZ in bits 0 to 2")
    player_flag = Byte(114, "not 0 once the player has left the place where the wedding scene starts")
    wall_cells = ByteArray(range(115, 123), "walls of the fortress, 4 rows of a left and a right half; a bit is a cell")
    web_scroll = ByteArray((115, 116), "positions of the moving threads of the web")


krull = Game(
    "krull",
    KrullRam,
    "Four scenes follow each other: the wedding, the ride through the iron desert, the web of the widow and the black "
    "fortress.",
)

WEDDING, FORTRESS, WEB, DESERT = range(4)
COPIES = {0: (0,), 1: (0, 16), 2: (0, 32), 3: (0, 16, 32), 4: (0, 64), 6: (0, 32, 64)}  # NUSIZ: columns of the copies
GREEN, BROWN, WHITE, HORSE_COLOUR = (92, 186, 92), (162, 98, 33), (236, 236, 236), (213, 130, 74)


def wedding_started(ram: KrullRam) -> bool:
    """Whether the player can move in the wedding scene, and so is a sprite of its own."""
    return bool(ram.player_flag or (8 <= ram.scene_phase <= 11 and ram.sprite_y[7]))


@krull.object("Player", colour=(227, 151, 89))
def player(ram: KrullRam) -> Iterator[Box]:
    """Prince Colwyn, in the desert on a horse."""
    xs, ys = ram.sprite_x, ram.sprite_y
    if ram.room == WEDDING:
        sprite = 7 if wedding_started(ram) else 6
        yield xs[sprite] + 9, 2 * ys[sprite] + 16, 6, 16
    elif ram.room == FORTRESS:
        yield xs[0] + 9, 2 * ys[0] + 15, 6, 16
    elif ram.room == WEB:
        yield xs[0] + 8, 2 * ys[0] + 20, 6, 16
    else:
        yield xs[7] + 8, 145, 8, 9, HORSE_COLOUR


@krull.object("Lyssa", colour=(164, 89, 208))
def lyssa(ram: KrullRam) -> Iterator[Box]:
    """Princess Lyssa."""
    if ram.room == WEDDING and ram.lyssa_gone != 80:
        sprite = 6 if wedding_started(ram) else 0
        yield ram.sprite_x[sprite] + 9, 2 * ram.sprite_y[sprite] + 15, 7, 16
    elif ram.room == FORTRESS:
        yield ram.sprite_x[2] + 9, 2 * ram.sprite_y[2] + 15, 7, 16


@krull.object("Slayers", colour=(45, 109, 152), count=15)
def slayers(ram: KrullRam) -> Iterator[Box]:
    """The slayers who attack the wedding."""
    if ram.room == WEDDING:
        for x, y, copies in zip(ram.sprite_x[:6], ram.sprite_y[:6], ram.slayer_copies, strict=True):
            if copies & 8:  # drawn
                for distance in COPIES.get(copies & 7, (0,)):
                    yield x + 9 + distance, 2 * y + 15, 6, 16


@krull.object("Beast", colour=(144, 72, 17))
def beast(ram: KrullRam) -> Iterator[Box]:
    """The beast of the black fortress."""
    if ram.room == FORTRESS:
        yield ram.sprite_x[1] + 9, 2 * ram.sprite_y[1] + 15, 12, 22


@krull.object("EnemyWeapon", colour=(184, 70, 162))
def enemy_weapon(ram: KrullRam) -> Iterator[Box]:
    """The fire of the beast."""
    if ram.room == FORTRESS and ram.shot_y < 83:
        yield ram.shot_flags + 7, 2 * ram.shot_y + 7, 4, 8


def lies_in_desert(ram: KrullRam) -> bool:
    """Whether the desert's item lies there, not yet taken by the player who rides past on its left."""
    return ram.room == DESERT and not 3 <= ram.shot_x - ram.sprite_x[7] <= 10


@krull.object("Weapon", colour=GREEN)
def weapon(ram: KrullRam) -> Iterator[Box]:
    """The glaive: thrown in the fortress, or lying in the desert."""
    if ram.room == FORTRESS and ram.sprite_y[6] < 80:
        yield ram.sprite_x[6] + 8, 2 * ram.sprite_y[6] + 16, 8, 7
    elif ram.desert_item == 226 and lies_in_desert(ram):
        yield ram.shot_x + 8, 157, 8, 7


@krull.object("Wall", colour=BROWN, count=64)
def wall(ram: KrullRam) -> Iterator[Box]:
    """The walls around Lyssa in the fortress."""
    if ram.room == FORTRESS:
        for i, cells in enumerate(ram.wall_cells):
            for bit in range(8):
                if cells >> bit & 1:
                    yield (108 - 4 * bit if i % 2 else 48 + 4 * bit), 39 + 4 * (i // 2), 4, 4


@krull.object("Star", colour=WHITE)
def star(ram: KrullRam) -> Iterator[Box]:
    """A star in the web."""
    if ram.room == WEB and ram.star_flag == 41:
        yield ram.sprite_x[6] + 10, 2 * ram.sprite_y[6] + 21, 3, 4


@krull.object("Spider", colour=WHITE)
def spider(ram: KrullRam) -> Iterator[Box]:
    """The spider in the web."""
    if ram.room == WEB and ram.star_flag != 41:
        yield ram.sprite_x[6] + 8, 2 * ram.sprite_y[6] + 21, 8, 12


@krull.object("Window", colour=(142, 142, 142))
def window(ram: KrullRam) -> Iterator[Box]:
    """The widow's window, the goal in the web."""
    if ram.room == WEB:
        yield 76, 23, 8, 26


@krull.object("FireMare", colour=HORSE_COLOUR)
def fire_mare(ram: KrullRam) -> Iterator[Box]:
    """The second horse in the desert."""
    if ram.room == DESERT:
        yield ram.sprite_x[6] + 8, 145, 8, 9


@krull.object("Life", colour=GREEN)
def life(ram: KrullRam) -> Iterator[Box]:
    """A life lying in the desert."""
    if ram.desert_item == 233 and lies_in_desert(ram):
        yield ram.shot_x + 8, 157, 6, 7


@krull.object("Castle", colour=BROWN)
def castle(ram: KrullRam) -> Iterator[Box]:
    """The castle at the end of the desert."""
    if ram.room == DESERT and ram.castle_height:
        yield 48, 145 - ram.castle_height, 64, ram.castle_height + 3


@krull.object("Sun", colour=WHITE, hud=True)
def sun(ram: KrullRam) -> Iterator[Box]:
    """The sun or the moon, which tells the time."""
    if 25 < ram.sun_y < 42:
        yield ram.sun_x + 9, ram.sun_y - 30, 7, 7


@krull.object("HourGlass", colour=(214, 92, 92), hud=True)
def hour_glass(ram: KrullRam) -> Iterator[Box]:
    """The sand that has run down, which tells how long the castle will stay."""
    if ram.hour_glass:
        yield 121, 11 - ram.hour_glass.bit_length(), 5, 8


@krull.object("Score", colour=(224, 236, 124), hud=True)
def score(ram: KrullRam) -> Iterator[Box]:
    """The points."""
    digits = bcd_digits(*ram.score) or 1
    yield 82 - 8 * (digits - 1), 176, 8 * digits - 4, 7


@krull.object("LifeHUD", colour=GREEN, hud=True)
def life_hud(ram: KrullRam) -> Iterator[Box]:
    """The lives besides the current one, at most three are shown."""
    if ram.lives:
        yield 56, 188, 8 * min(ram.lives, 3) - 2, 7


@krull.object("WeaponHUD", colour=GREEN, hud=True)
def weapon_hud(ram: KrullRam) -> Iterator[Box]:
    """The glaives that the player carries, at most three are shown."""
    if ram.weapons:
        yield 79, 188, 8 * min(ram.weapons, 3), 7
