"""Phoenix: waves of birds, small and large ones, and at last their mother ship, which must be shot open."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Colour, Game
from hackatari.ram import Byte, ByteArray, Ram


class PhoenixRam(Ram):
    """RAM map of Phoenix."""

    ship_picture = Byte(7, "picture of the agent's ship; bit 6 is clear while it is gone")
    wave_runs = Byte(11, "0 while the next wave is on its way and in the fight with the mother ship")
    bird_kind = ByteArray(
        (*range(27, 31), *range(34, 38)), "small birds, the left four first: bit 6 set; bits 1 and 2 both set: gone"
    )
    large_bird_left = ByteArray(range(27, 34), "large birds and their left wings: 7 modulo 16 wing gone, 8 bird gone")
    large_bird_right = ByteArray(range(34, 41), "right wings of the large birds")
    ship_blocks = ByteArray(range(27, 47), "bit map of the mother ship's blocks: six bytes blue, the others red")
    bird_y = ByteArray(range(41, 45), "heights of the small birds, which come in pairs, 204 - screen y")
    large_bird_y = ByteArray(range(41, 48), "heights of the large birds, 201 - screen y")
    enemy_shot_y = ByteArray(range(58, 62), "heights of the enemies' shots, 189 - screen y; 250 and more for none")
    large_bird_direction = Byte(63, "bit i: the large bird i flies to the right")
    score = ByteArray((73, 72, 71), "score, BCD, highest digits first")
    wave = Byte(74, "0 and 1 small birds, 2 and 3 large birds, 4 the mother ship")
    lives = Byte(75, "lowest three bits: lives left")
    enemy_shot_x = ByteArray(range(80, 84), "hardware code of the columns of the enemies' shots")
    player_shot_absent = Byte(84, "0 while the agent's shot is on its way")
    player_shot_y = Byte(89, "height of the agent's shot, 201 - screen y")
    player_shot_x = Byte(93, "column of the agent's shot, screen x + 71")
    player_x = Byte(94, "column of the agent's ship, screen x + 70")
    ship_y = Byte(95, "height of the mother ship, 198 - screen y of its pilot")
    bird_x = ByteArray(range(99, 107), "columns of the small birds, the left four first, screen x + 70")
    large_bird_x = ByteArray(range(99, 106), "columns of the large birds, screen x + 65")


phoenix = Game(
    "phoenix",
    PhoenixRam,
    "No FIRE is needed to start. Two waves of small and two of large birds come before the mother ship.",
)

SMALL_BIRDS, LARGE_BIRDS, MOTHER_SHIP = (0, 1), (2, 3), 4  # values of wave
GROUND_Y = 183  # picture row
MUZZLE_Y = 193  # what player_shot_y is between two shots
WHITE = (236, 236, 236)
ORANGE, LIME, GREEN, BLUE, RED = (227, 151, 89), (158, 208, 101), (135, 183, 84), (45, 87, 176), (167, 26, 26)


# --- Objects -----------------------------------------------------------------------------------------------------


@phoenix.object("Player", colour=(213, 130, 74))
def player(ram: PhoenixRam) -> Iterator[Box]:
    """The agent's ship."""
    if ram.ship_picture & 64:
        yield ram.player_x - 70, 173, 7, 10


@phoenix.object("PlayerProjectile", colour=LIME)
def player_projectile(ram: PhoenixRam) -> Iterator[Box]:
    """The agent's shot."""
    if ram.player_shot_absent == 0 and ram.player_shot_y < MUZZLE_Y:
        yield ram.player_shot_x - 71, 201 - ram.player_shot_y, 1, 6


@phoenix.object("EnemyProjectile", colour=WHITE, count=4)
def enemy_projectile(ram: PhoenixRam) -> Iterator[Box]:
    """The shots of the birds and of the mother ship, which have the birds' colours in the rows of birds."""
    for code, height in zip(ram.enemy_shot_x, ram.enemy_shot_y, strict=True):
        y = 189 - height
        if 0 < y < GROUND_Y - 5:
            is_coloured = in_rows_of_birds(ram, y) and in_rows_of_birds(ram, y + 5)
            yield column_of(code), y, 1, 6, bird_colour(ram) if is_coloured else WHITE


@phoenix.object("Phoenix", colour=ORANGE, count=8)
def small_bird(ram: PhoenixRam) -> Iterator[Box]:
    """The small birds of the first two waves; those of the second have green feathers."""
    if ram.wave_runs and ram.wave in SMALL_BIRDS:
        for i, (kind, x) in enumerate(zip(ram.bird_kind, ram.bird_x, strict=True)):
            if kind & 6 != 6:
                yield x - 70, 204 - ram.bird_y[i % 4], 8, 8, bird_colour(ram)


@phoenix.object("Bat", colour=(24, 26, 167), count=7)
def large_bird(ram: PhoenixRam) -> Iterator[Box]:
    """The large birds of the third and fourth wave, with the wings that they still have."""
    if not ram.wave_runs or ram.wave not in LARGE_BIRDS:
        return
    for i, (left, right) in enumerate(zip(ram.large_bird_left, ram.large_bird_right, strict=True)):
        if left % 16 < 8:
            wings = [4 * (wing % 16 < 7) for wing in (left, right)]
            x = ram.large_bird_x[i] - 65 - wings[0] - 2 * (ram.large_bird_direction >> i & 1)
            yield x, 201 - ram.large_bird_y[i], 8 + sum(wings), 10, RED if left & 32 else (24, 26, 167)


@phoenix.object("Boss", colour=(24, 59, 157))
def boss(ram: PhoenixRam) -> Iterator[Box]:
    """The pilot of the mother ship."""
    if ram.wave == MOTHER_SHIP:
        yield 76, 198 - ram.ship_y, 8, 11


@phoenix.object("BossBlockGreen", colour=GREEN, count=2)
def boss_block_green(ram: PhoenixRam) -> Iterator[Box]:
    """The green blocks of the mother ship, left and right of its pilot."""
    if ram.wave == MOTHER_SHIP:
        yield 56, 199 - ram.ship_y, 20, 15
        yield 84, 199 - ram.ship_y, 20, 15


@phoenix.object("BossBlockBlue", colour=BLUE, count=48)
def boss_block_blue(ram: PhoenixRam) -> Iterator[Box]:
    """The cells that are left of the blue belt of the mother ship."""
    if ram.wave == MOTHER_SHIP:
        top, blocks = 214 - ram.ship_y, ram.ship_blocks[:6]
        for row in range(2):
            outer, left, right = blocks[3 * row : 3 * row + 3]
            yield from cells(outer >> 4, 32, top + 3 * row, mirrored=True, count=4)
            yield from cells(left, 48, top + 3 * row)
            yield from cells(right, 80, top + 3 * row, mirrored=True)
            yield from cells(outer, 112, top + 3 * row, count=4)


@phoenix.object("BossBlockRed", colour=RED, count=104)
def boss_block_red(ram: PhoenixRam) -> Iterator[Box]:
    """The cells that are left of the red hull of the mother ship."""
    if ram.wave == MOTHER_SHIP:
        top, blocks = 218 - ram.ship_y, ram.ship_blocks[6:]
        for row in range(2):
            yield from cells(blocks[3 * row] >> 4, 32, top + 3 * row, mirrored=True, count=4)
            yield from cells(blocks[3 * row], 112, top + 3 * row, count=4)
        for row, (left, right) in enumerate(((1, 2), (4, 5), (6, 7), (8, 9), (10, 11))):
            yield from cells(blocks[left], 48, top + 3 * row)
            yield from cells(blocks[right], 80, top + 3 * row, mirrored=True)
        for row, block in ((5, 12), (6, 13)):
            yield from cells(blocks[block] >> 4, 64, top + 3 * row, count=4)
            yield from cells(blocks[block], 80, top + 3 * row, mirrored=True, count=4)


@phoenix.object("Score", colour=(180, 231, 117), hud=True)
def score(ram: PhoenixRam) -> Iterator[Box]:
    """The score."""
    wider = 8 * (len(f"{int(bytes(ram.score).hex())}") - 1)
    yield 95 - wider, 5, 7 + wider, 7


@phoenix.object("Life", colour=(213, 130, 74), count=5, hud=True)
def life(ram: PhoenixRam) -> Iterator[Box]:
    """The spare ships, from right to left."""
    for i in range((ram.lives & 7) - 1):
        yield 99 - 4 * i, 13, 3, 5


def cells(bits: int, x: int, y: int, *, count: int = 8, mirrored: bool = False) -> Iterator[Box]:
    """The cells of a row of the mother ship whose bits are set, from the lowest bit, or mirrored from the highest."""
    for i in range(count):
        if bits >> (count - 1 - i if mirrored else i) & 1:
            yield x + 4 * i, y, 4, 3


def bird_colour(ram: PhoenixRam) -> Colour:
    """The colour of the small birds of this wave."""
    return LIME if ram.bird_kind[0] & 32 else ORANGE


def in_rows_of_birds(ram: PhoenixRam, y: int) -> bool:
    """Whether a row belongs to small birds, or lies between the third and the fourth pair, if there is one."""
    tops = sorted(204 - height for height in ram.bird_y)
    return ram.wave in SMALL_BIRDS and (any(-2 <= y - top <= 10 for top in tops) or tops[2] <= y <= tops[3] < 204)


def column_of(code: int) -> int:
    """The screen column of a hardware code: steps of 15 pixels in the low nibble, fine tuning in the high one."""
    fine, coarse = code >> 4, code % 16
    return 15 * coarse - 40 - (fine if fine < 8 else fine - 16)
