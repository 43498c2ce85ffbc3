"""A game's data sheet: its RAM map, its objects and its modifs."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from hackatari.effects import EVERY_GAME
from hackatari.errors import ModifConflictWarning, UnknownNameError, did_you_mean
from hackatari.modif import Modif, ModifSheet
from hackatari.names import pascal_case, split_call
from hackatari.ram import Ram

Colour = tuple[int, int, int]
Box = tuple[int, int, int, int] | tuple[int, int, int, int, Colour]
Finder = Callable[[Any], Iterable[Box]]


class GameObject(NamedTuple):
    """An object on the screen: its category, its box (left, top, width, height in pixels) and its RGB colour."""

    category: str
    x: int
    y: int
    w: int
    h: int
    colour: Colour


@dataclass(frozen=True)
class ObjectCategory:
    """One kind of object of a game.

    Attributes:
        name: PascalCase.
        colour: RGB on an unmodified screen.
        count: How many of them there can be at once.
        hud: Whether it is part of the score display rather than of the game.
        flickers: Whether the console draws it in some frames only although it is there in all.
        doc: What it is, for people.
        find: `find(ram)` yields the boxes (x, y, w, h) of those that are present, or (x, y, w, h, colour) where not all
            have the colour of their category. What lies outside the picture is cut off later.
    """

    name: str
    colour: Colour
    count: int
    hud: bool
    flickers: bool
    doc: str
    find: Finder


class Game(ModifSheet):
    """What the suite knows about one game.

    Args:
        rom: ALE's ROM id in snake_case, such as "space_invaders".
        ram: The game's RAM map.
        doc: One or two sentences about the game and its peculiarities.
        upright_paddle: Whether LEFT and RIGHT move down and up.
    """

    def __init__(self, rom: str, ram: type[Ram] = Ram, doc: str = "", *, upright_paddle: bool = False) -> None:
        super().__init__()
        self.rom = rom
        self.ram = ram
        self.doc = doc
        self.upright_paddle = upright_paddle
        self.objects: dict[str, ObjectCategory] = {}

    @property
    def name(self) -> str:
        """The name in env IDs, such as "SpaceInvaders"."""
        return pascal_case(self.rom)

    def object(
        self,
        name: str,
        colour: Colour,
        *,
        count: int = 1,
        hud: bool = False,
        flickers: bool = False,
        doc: str | None = None,
    ) -> Callable[[Finder], Finder]:
        """Declare the decorated function as the finder of an object category; see `ObjectCategory` for the arguments.

        Its docstring is the documentation, unless `doc` is given.

        Raises:
            ValueError: If the game already has this category, or the function has no docstring.
        """

        def declare(find: Finder) -> Finder:
            if name in self.objects:
                raise ValueError(f"{self.name} already has objects {name!r}.")
            text = doc or inspect.getdoc(find)
            if not text:
                raise ValueError(f"Objects {name!r} need a docstring: say what they are.")
            self.objects[name] = ObjectCategory(name, colour, count, hud, flickers, text, find)
            return find

        return declare

    def find_objects(
        self, ram: Ram, hidden: Iterable[str] = (), hud: bool = False, height: int = 210, width: int = 160
    ) -> list[GameObject]:
        """Return the objects that are on the screen, in the order of the categories' declaration.

        Args:
            ram: The game's RAM.
            hidden: Categories to leave out.
            hud: Whether to include the score display.
            height: Rows of the screen; what lies outside is cut off.
            width: Columns of the screen.
        """
        found = []
        for category in self.objects.values():
            if (hud or not category.hud) and category.name not in hidden:
                for box in category.find(ram):
                    left, top = max(box[0], 0), max(box[1], 0)
                    w, h = min(box[0] + box[2], width) - left, min(box[1] + box[3], height) - top
                    if w > 0 and h > 0:
                        colour = box[4] if len(box) == 5 else category.colour
                        found.append(GameObject(category.name, left, top, w, h, colour))
        return found

    def find_modif(self, text: str) -> Modif:
        """Return the game's modif, or the one for every game, of this name: "lazy_enemy" or "flicker(0.5)".

        Raises:
            UnknownNameError: If there is no such modif; the message names close matches.
            ValueError: If its arguments are wrong, or the game lacks what it needs.
        """
        name, arguments = split_call(text)
        modif = self.modifs.get(name) or EVERY_GAME.modifs.get(name)
        if modif is None:
            raise UnknownNameError(self._unknown_modif(name))
        if arguments:
            modif = modif.with_arguments(arguments)
        modif.check(self)
        return modif

    def select(self, names: Sequence[str], *, warn: bool = True) -> list[Modif]:
        """Return the modifs of these names, in this order.

        Args:
            names: As in env IDs and on the command line, arguments included: "flicker(0.5)".
            warn: Whether to warn about modifs that write the same bytes.

        Raises:
            TypeError: If `names` is a string instead of a list.
            UnknownNameError: If there is no such modif; the message names close matches.
            ValueError: If a name is given twice, or its arguments are wrong.
        """
        if isinstance(names, str):
            raise TypeError(f"modifs must be a list of names, got the string {names!r}: write modifs=[{names!r}].")
        names = list(names)
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"Modif {name!r} is given {names.count(name)} times; give it once.")
        chosen = [self.find_modif(name) for name in names]
        for first, second, addresses in conflicts(chosen) if warn else ():
            warnings.warn(
                f"{self.name}: the modifs {first.name!r} and {second.name!r} both write "
                f"{', '.join(self.ram.names_at(addresses))}; {second.name!r} acts last.",
                ModifConflictWarning,
                stacklevel=3,
            )
        return chosen

    def _unknown_modif(self, name: str) -> str:
        from hackatari.games import GAMES  # the games import this module

        owners = [game.name for game in GAMES.values() if name in game.modifs]
        known = [*self.modifs, *EVERY_GAME.modifs]
        if owners:
            hint = f" It is a modif of {' and '.join(owners)}."
        else:
            hint = did_you_mean(name, known) or f" It has: {', '.join(known)}."
        return f"{self.name} has no modif {name!r}.{hint}"


def conflicts(modifs: Sequence[Modif]) -> Iterator[tuple[Modif, Modif, list[int]]]:
    """Yield the pairs of modifs that write the same bytes, in the order given, with the addresses of these bytes."""
    for i, first in enumerate(modifs):
        for second in modifs[i + 1 :]:
            if shared := sorted(set(first.writes) & set(second.writes)):
                yield first, second, shared
