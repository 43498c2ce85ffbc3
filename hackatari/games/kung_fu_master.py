"""Kung-Fu Master: the agent fights its way through five floors, each within 2000 units of time."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Game
from hackatari.ram import Byte, ByteArray, Ram, bcd_digits


class KungFuMasterRam(Ram):
    """RAM map of Kung-Fu Master; one slot holds whatever enemy comes next, with up to two more henchmen behind it."""

    score = ByteArray((24, 25, 26), "score, BCD, highest digits first")
    time_high = Byte(27, "time left, thousands and hundreds, BCD")
    time_low = Byte(28, "time left, tens and ones, BCD; 0000 costs a life")
    lives = Byte(29, "spare lives, 3 at the start; 255 when the game is over")
    floor = Byte(31, "floor, 1 to 5")
    phase = Byte(
        34, "0 = fight, 1 = dying, 64 = start of a floor, 128 and 130 = end of a floor, energy and time counted"
    )
    object_height = Byte(35, "height of a flying or falling enemy, growing upwards; screen y = 163 - height for most")
    player_y = Byte(46, "height of the agent, screen y + 53")
    enemy_kind = Byte(50, "what the enemy slot holds, by its picture; see the objects")
    enemy_group = Byte(63, "bits 0 and 1: a second and a third henchman, 16 and 32 pixels to the right of the first")
    enemy_x = Byte(72, "column of the enemy slot, screen x + 49; 49 = none")
    projectile_x = Byte(73, "column of a knife or of the dragon's fire, screen x + 52; 49 = none")
    player_x = Byte(74, "column of the agent, screen x + 49 less up to 7 by its pose; about 130 once the floor scrolls")
    player_health = Byte(75, "energy of the agent, 39 = full; 0 costs a life")
    enemy_health = Byte(76, "energy of the final fighter, 39 = full")
    player_orientation = Byte(90, "bit 3: the agent faces right")
    enemy_orientation = Byte(92, "bit 3: the enemy faces right")
    player_pose = Byte(93, "0 and 1 crouching attacks, 2 punch, 3 kick, 4 jump; others stand or walk")
    projectile_y = Byte(96, "height of a projectile, screen y - 123; 188 = none")


kung_fu_master = Game(
    "kung_fu_master",
    KungFuMasterRam,
    "The agent walks in by itself for 360 frames; no FIRE is needed. It goes to the left on odd floors and to the right"
    " on even ones.",
)

FIGHT = 0
FULL_ENERGY = 39
RIGHT = 8  # bit of the orientations
NOBODY_X, NO_PROJECTILE = 49, 188
KNIFE_THROWER, HENCHMAN, SNAKE, DRAGON, SMOKE, DRAGON_BALL = 92, 177, 134, 154, 188, 227
RED_BALL, AIR_BALL, SMALL_ENEMY, MOTH, FINAL_FIGHTER = 85, 97, 160, 247, 204
SMALL_ENEMY_FALLS = range(70, 84)
YELLOW = (232, 232, 74)

# Left edge when facing left and right, width and height, by pose; those that are not listed stand.
POSES = {0: (-7, 0, 15, 29), 1: (0, -3, 11, 29), 2: (-6, -2, 16, 34), 3: (-5, -1, 14, 34), 4: (-5, -3, 16, 29)}
STANDS = (0, 0, 8, 34)


# --- Objects -----------------------------------------------------------------------------------------------------


@kung_fu_master.object("Player", colour=(214, 214, 214))
def player(ram: KungFuMasterRam) -> Iterator[Box]:
    """The agent."""
    left, right, w, h = POSES.get(ram.player_pose, STANDS)
    yield ram.player_x - 49 + (right if ram.player_orientation & RIGHT else left), ram.player_y - 53, w, h


def enemy(ram: KungFuMasterRam, kind: int, y: int, w: int, h: int, *, shift: int = 0) -> Iterator[Box]:
    """The box of the enemy if it is of this kind."""
    if ram.enemy_kind == kind and ram.enemy_x > NOBODY_X:
        yield ram.enemy_x - 49 + shift, y, w, h


@kung_fu_master.object("KnifeThrower", colour=(192, 192, 192))
def knife_thrower(ram: KungFuMasterRam) -> Iterator[Box]:
    """The knife thrower."""
    return enemy(ram, KNIFE_THROWER, 126, 8, 34)


@kung_fu_master.object("Henchmen", colour=(104, 25, 154), count=3)
def henchmen(ram: KungFuMasterRam) -> Iterator[Box]:
    """The henchmen, who grip the agent."""
    if ram.enemy_x > NOBODY_X and ram.enemy_kind == HENCHMAN:
        yield ram.enemy_x - 49, 126, 8, 34
        for bit in range(2):
            if ram.enemy_group >> bit & 1:
                yield ram.enemy_x - 33 + 16 * bit, 126, 8, 34


@kung_fu_master.object("Snake", colour=(0, 68, 0))
def snake(ram: KungFuMasterRam) -> Iterator[Box]:
    """The snake."""
    return enemy(ram, SNAKE, 163 - ram.object_height, 8, 12)


@kung_fu_master.object("Dragon", colour=(111, 210, 111))
def dragon(ram: KungFuMasterRam) -> Iterator[Box]:
    """The dragon."""
    return enemy(ram, DRAGON, 127, 8, 34)


@kung_fu_master.object("DragonSmoke", colour=(214, 214, 214))
def dragon_smoke(ram: KungFuMasterRam) -> Iterator[Box]:
    """The smoke that the dragon comes out of."""
    return enemy(ram, SMOKE, 125, 7, 37)


@kung_fu_master.object("DragonBall", colour=(227, 151, 89))
def dragon_ball(ram: KungFuMasterRam) -> Iterator[Box]:
    """The ball with a dragon in it."""
    return enemy(ram, DRAGON_BALL, 163 - ram.object_height, 8, 12)


@kung_fu_master.object("RedBall", colour=(148, 0, 0))
def red_ball(ram: KungFuMasterRam) -> Iterator[Box]:
    """The red ball."""
    return enemy(ram, RED_BALL, 164 - ram.object_height, 8, 12)


@kung_fu_master.object("Airball", colour=(214, 214, 214))
def air_ball(ram: KungFuMasterRam) -> Iterator[Box]:
    """The ball that flies through the air."""
    return enemy(ram, AIR_BALL, 163 - ram.object_height, 8, 12)


@kung_fu_master.object("SmallEnemy", colour=(163, 57, 21))
def small_enemy(ram: KungFuMasterRam) -> Iterator[Box]:
    """The small fighter, who also turns somersaults."""
    right = (ram.enemy_orientation & RIGHT) // RIGHT
    if ram.enemy_kind in SMALL_ENEMY_FALLS:
        yield from enemy(ram, ram.enemy_kind, 161 - ram.object_height, 4, 14, shift=1 + right)
    else:
        yield from enemy(ram, SMALL_ENEMY, 155 - ram.object_height, 7, 21, shift=right)


@kung_fu_master.object("KillerMoth", colour=(148, 0, 0))
def killer_moth(ram: KungFuMasterRam) -> Iterator[Box]:
    """The moth."""
    return enemy(ram, MOTH, 170 - ram.object_height, 8, 4)


@kung_fu_master.object("EnemyFinalFighter", colour=(74, 74, 74))
def final_fighter(ram: KungFuMasterRam) -> Iterator[Box]:
    """The fighter at the end of a floor, who has an energy bar too."""
    return enemy(ram, FINAL_FIGHTER, 126, 8, 34)


@kung_fu_master.object("Knifes", colour=(74, 74, 74))
def knife(ram: KungFuMasterRam) -> Iterator[Box]:
    """A knife, or what the final fighter throws: a boomerang, on floor 4 a yellow stick."""
    if ram.projectile_y != NO_PROJECTILE and ram.enemy_kind != DRAGON:
        if ram.enemy_kind == FINAL_FIGHTER and ram.floor == 4:
            yield ram.projectile_x - 62, 122 + ram.projectile_y, 13, 4, YELLOW
        elif ram.enemy_kind == FINAL_FIGHTER:
            yield ram.projectile_x - 51, 121 + ram.projectile_y, 4, 5
        else:
            yield ram.projectile_x - 52, 123 + ram.projectile_y, 5, 2


@kung_fu_master.object("DragonFire", colour=(200, 72, 72))
def dragon_fire(ram: KungFuMasterRam) -> Iterator[Box]:
    """The dragon's fire."""
    if ram.projectile_y != NO_PROJECTILE and ram.enemy_kind == DRAGON:
        yield ram.projectile_x - (52 if ram.enemy_orientation & RIGHT else 60), 121 + ram.projectile_y, 18, 4


def digits_box(digits: int, right: int, y: int) -> Box:
    """The box of a number with this many digits that ends at this column; zero has one."""
    count = digits or 1
    return right - 8 * count + 2, y, 8 * count - 2, 7


@kung_fu_master.object("Score", colour=(128, 232, 128), hud=True)
def score(ram: KungFuMasterRam) -> Iterator[Box]:
    """The score."""
    yield digits_box(bcd_digits(*ram.score), 69, 20)


@kung_fu_master.object("Time", colour=(214, 214, 214), hud=True)
def time(ram: KungFuMasterRam) -> Iterator[Box]:
    """The time left."""
    yield digits_box(bcd_digits(ram.time_high, ram.time_low), 61, 10)


@kung_fu_master.object("Lives", colour=(214, 214, 214), hud=True)
def lives(ram: KungFuMasterRam) -> Iterator[Box]:
    """The spare lives."""
    yield 99, 31, 6, 7


@kung_fu_master.object("PlayerHealthBar", colour=(232, 232, 74), hud=True)
def player_health_bar(ram: KungFuMasterRam) -> Iterator[Box]:
    """The agent's energy, a pixel per unit."""
    yield 49, 41, ram.player_health, 5


@kung_fu_master.object("EnemyHealthBar", colour=(184, 50, 50), hud=True)
def enemy_health_bar(ram: KungFuMasterRam) -> Iterator[Box]:
    """The final fighter's energy, a pixel per unit."""
    yield 49, 49, ram.enemy_health, 5


# --- Modifs ------------------------------------------------------------------------------------------------------

# At the end of a floor the game waits until energy and time have been counted down, so nothing is refilled then.


@kung_fu_master.modif("assist", writes=[KungFuMasterRam.player_health])
def no_damage(ram: KungFuMasterRam) -> None:
    """The agent's energy stays full, so that hits do not kill; it still loses a life when its time is up."""
    if ram.phase == FIGHT:
        ram.player_health = FULL_ENERGY


@kung_fu_master.modif("assist", writes=[KungFuMasterRam.time_high, KungFuMasterRam.time_low])
def unlimited_time(ram: KungFuMasterRam) -> None:
    """The clock stays at 2000, or at 1999 in the frames in which the game has just counted."""
    if ram.phase == FIGHT:
        ram.time_high, ram.time_low = 0x20, 0


kung_fu_master.poke(
    "unlimited_lives",
    "assist",
    "The agent never runs out of lives, so an episode does not end.",
    {KungFuMasterRam.lives: 3},
)
