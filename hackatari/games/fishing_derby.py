"""Fishing Derby: two anglers fish in a pond with a shark; the agent is the red one on the left, 99 points win."""

from __future__ import annotations

from collections.abc import Iterator

from hackatari.game import Box, Game
from hackatari.ram import Byte, ByteArray, Ram


class FishingDerbyRam(Ram):
    """RAM map of Fishing Derby; the fish run from the bottom row to the top row."""

    rod_x = Byte(23, "column of the tip of the agent's rod, 32 to 76 in steps of 4")
    opponent_rod_x = Byte(24, "column of the tip of the opponent's rod, 84 to 128")
    line_side = Byte(30, "16 while the agent's hook is on the left of the tip of its rod, else 240 or 0")
    opponent_line_side = Byte(31, "16 while the opponent's hook is on the left of the tip of its rod, else 240 or 0")
    line_offset = Byte(34, "columns between the agent's hook and the tip of its rod")
    opponent_line_offset = Byte(35, "columns between the opponent's hook and the tip of its rod")
    score = Byte(61, "points of the agent, BCD; 99 end the game")
    opponent_score = Byte(62, "points of the opponent, BCD; 99 end the game")
    hook_depth = Byte(65, "depth of the agent's hook, about (screen y - 78) / 2.3")
    opponent_hook_depth = Byte(66, "depth of the opponent's hook, about (screen y - 78) / 2.3")
    fish_x = ByteArray(range(69, 75), "column of the fish, 18 to 133; the game moves a hooked fish with its hook")
    shark_x = Byte(75, "column of the shark, 19 to 105")
    fish_motion = ByteArray(range(90, 96), "direction and picture of the fish: 3 or 11 while it swims")
    shark_motion = Byte(96, "direction and speed of the shark")
    shark_shape = Byte(103, "picture of the shark: 160 or 192; 80 right after the reset, when there is none")
    hooked = Byte(112, "which fish is on the agent's hook: 1 (bottom row) to 6, 0 for none")
    opponent_hooked = Byte(113, "which fish is on the opponent's hook: 1 (bottom row) to 6, 0 for none")


fishing_derby = Game(
    "fishing_derby",
    FishingDerbyRam,
    "No FIRE is needed: play starts at once, FIRE reels a hooked fish in faster. There are no lives. "
    "Fish of the lower two rows give 6 points, of the middle ones 4, of the upper ones 2.",
)

FISH, ROWS_Y = 6, range(177, 81, -16)  # top picture rows of the fish, bottom row first
LEFT_END, RIGHT_END = 70, 86  # the middle of the pond, out of the opponent's reach
LEFT_BANK_X, RIGHT_BANK_X = 44, 116  # where the agent and the opponent can reach the fish
SHARK_RIGHT_X, SHARK_CENTRE_X = 105, 75


# --- Objects -----------------------------------------------------------------------------------------------------


def hook_y(depth: int) -> int:
    """The picture row of a hook at this depth, within 3 rows."""
    return 78 + int(2.3 * depth)


def hook_x(rod_x: int, side: int, offset: int) -> int:
    """The left column of a hook."""
    return rod_x - 2 - offset if side == 16 else rod_x - 3 + offset


@fishing_derby.object("PlayerOneHook", colour=(232, 232, 74))
def player_one_hook(ram: FishingDerbyRam) -> Iterator[Box]:
    """The agent's hook and the end of its line."""
    yield hook_x(ram.rod_x, ram.line_side, ram.line_offset), hook_y(ram.hook_depth) - 3, 3, 7


@fishing_derby.object("PlayerTwoHook", colour=(0, 0, 0))
def player_two_hook(ram: FishingDerbyRam) -> Iterator[Box]:
    """The opponent's hook and the end of its line."""
    x = hook_x(ram.opponent_rod_x, ram.opponent_line_side, ram.opponent_line_offset)
    yield x, hook_y(ram.opponent_hook_depth) - 5, 3, 7


@fishing_derby.object("Fish", colour=(232, 232, 74), count=FISH)
def fish(ram: FishingDerbyRam) -> Iterator[Box]:
    """The fish from the top row to the bottom row; hooked ones are at their hook."""
    hooked = {ram.hooked: ram.hook_depth, ram.opponent_hooked: ram.opponent_hook_depth}
    for number, x, y in zip(range(FISH, 0, -1), ram.fish_x[::-1], ROWS_Y[::-1], strict=True):
        yield x, hook_y(hooked[number]) - 1 if number in hooked else y, 8, 10


@fishing_derby.object("Shark", colour=(0, 0, 0))
def shark(ram: FishingDerbyRam) -> Iterator[Box]:
    """The shark, which eats hooked fish."""
    if ram.shark_shape != 80:
        yield ram.shark_x, 80, 35, 13


@fishing_derby.object("ScorePlayerOne", colour=(167, 26, 26), hud=True)
def score_player_one(ram: FishingDerbyRam) -> Iterator[Box]:
    """The agent's points."""
    yield score_box(ram.score, 49)


@fishing_derby.object("ScorePlayerTwo", colour=(167, 26, 26), hud=True)
def score_player_two(ram: FishingDerbyRam) -> Iterator[Box]:
    """The opponent's points."""
    yield score_box(ram.opponent_score, 113)


def score_box(points: int, ones_x: int) -> Box:
    """The box of BCD points whose ones digit is at column `ones_x`."""
    wider = 8 if points > 9 else 0
    return ones_x - wider, 8, 6 + wider, 8


# --- Modifs: the shark -------------------------------------------------------------------------------------------

for name, x, where in (
    ("easy", SHARK_RIGHT_X, "on the right, under the opponent's rod, where it eats the opponent's fish"),
    ("middle", SHARK_CENTRE_X, "in the middle of the pond, between the anglers"),
):
    fishing_derby.poke(
        f"shark_no_movement_{name}", "dynamics", f"The shark stays {where}.", {FishingDerbyRam.shark_x: x}
    )


@fishing_derby.modif("dynamics", writes=[FishingDerbyRam.shark_x])
def shark_teleport(ram: FishingDerbyRam) -> None:
    """The shark is never in the middle: it swims near one bank of the pond, then jumps to the other one."""
    if ram.shark_x == 100:
        ram.shark_x = 25
    elif ram.shark_x == 30:
        ram.shark_x = SHARK_RIGHT_X


@fishing_derby.modif("dynamics", writes=[FishingDerbyRam.shark_x])
def shark_speed_mode(ram: FishingDerbyRam) -> None:
    """The shark rushes from left to right, by an extra pixel per frame, and comes back on the left.

    It stands still while it follows a fish to the left.
    """
    ram.shark_x = ram.shark_x + 1 if ram.shark_x < 120 else 1


# --- Modifs: the fish --------------------------------------------------------------------------------------------


@fishing_derby.modif("layout", writes=[FishingDerbyRam.fish_x])
def fish_on_player_side(ram: FishingDerbyRam) -> None:
    """All fish swim in the left half of the pond, out of the opponent's reach; one that leaves it jumps back."""
    ram.fish_x[:] = [LEFT_BANK_X if x > RIGHT_END else x for x in ram.fish_x]


@fishing_derby.modif("layout", writes=[FishingDerbyRam.fish_x])
def fish_in_middle(ram: FishingDerbyRam) -> None:
    """All fish swim in the middle of the pond, out of the opponent's reach; the agent's rod must be fully out.

    Fish that leave the middle on one side come back on the other; hooked fish can leave it.
    """
    for i, x in enumerate(ram.fish_x):
        if not LEFT_END <= x <= RIGHT_END and i + 1 not in (ram.hooked, ram.opponent_hooked):
            ram.fish_x[i] = RIGHT_END if x < LEFT_END else LEFT_END


@fishing_derby.modif("layout", writes=[FishingDerbyRam.fish_x])
def swap_fish_sides(ram: FishingDerbyRam) -> None:
    """The rows of fish that start on the left swim in the right half of the pond, and the other way round.

    One that leaves its half jumps back into it.
    """
    for i, x in enumerate(ram.fish_x):
        if i % 2 == 0 and x > RIGHT_END:
            ram.fish_x[i] = LEFT_BANK_X
        elif i % 2 == 1 and x < LEFT_END:
            ram.fish_x[i] = RIGHT_BANK_X
