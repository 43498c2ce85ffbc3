"""The games of the suite; each file of this folder is one game's data sheet."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from ale_py import roms

from hackatari.errors import UnknownNameError, did_you_mean
from hackatari.game import Game
from hackatari.names import pascal_case


def _load_games() -> dict[str, Game]:
    """Return what each file of this folder declares: a `Game` under the file's name."""
    return {name: getattr(import_module(f"{__name__}.{name}"), name) for _, name, _ in pkgutil.iter_modules(__path__)}


GAMES: dict[str, Game] = _load_games()
"""The games that have a data sheet, by ROM id, alphabetically."""

# ALE ships these ROMs, but they cannot be played alone and have no `ALE/<Game>-v5`.
_TWO_PLAYER_ROMS = {"combat", "joust", "maze_craze", "warlords"}


@cache
def rom_ids() -> tuple[str, ...]:
    """Return the ROM ids of all games that can be made, alphabetically."""
    return tuple(sorted(set(roms.get_all_rom_ids()) - _TWO_PLAYER_ROMS))


def find_game(name: str) -> Game:
    """Return a game by its ROM id or its name in env IDs, whatever the case ("space_invaders", "SpaceInvaders").

    Games without a data sheet have no named bytes, objects or modifs.

    Raises:
        UnknownNameError: If there is no such game; the message names close matches.
    """
    by_name = {rom.replace("_", ""): rom for rom in rom_ids()}
    rom = by_name.get(name.replace("_", "").lower())
    if rom is None:
        raise UnknownNameError(f"There is no game {name!r}.{did_you_mean(name, [pascal_case(r) for r in rom_ids()])}")
    return GAMES.get(rom) or Game(rom)
