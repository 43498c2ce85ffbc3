"""HackAtari Suite: does your Atari agent understand the game, or did it memorise it?

Importing this package registers the env IDs `HackAtari/<Game>-v0`, `HackAtari/<Game>-<Modif>-v0`,
`HackAtari/<Game>-Curriculum-v0`, `HackAtari/<Game>-Continual-v0` and `HackAtari/<Game>-Continuing-v0` with Gymnasium,
and continuing problems such as `HackAtari/AccessControl-v0`.
"""

from __future__ import annotations

from importlib import metadata

from hackatari.env import HackAtariEnv
from hackatari.errors import ModifConflictWarning, UnknownNameError
from hackatari.game import Game, GameObject
from hackatari.games import GAMES, find_game
from hackatari.modif import Modif
from hackatari.ram import Byte, ByteArray, Ram
from hackatari.registration import register_envs

__version__ = metadata.version("hackatari-suite")
__all__ = [
    "GAMES",
    "Byte",
    "ByteArray",
    "Game",
    "GameObject",
    "HackAtariEnv",
    "Modif",
    "ModifConflictWarning",
    "Ram",
    "UnknownNameError",
    "find_game",
]

register_envs()
