"""A game's data sheet: its RAM map, its objects and its modifs."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from hackatari.errors import ModifConflictWarning, UnknownNameError, did_you_mean
from hackatari.modif import FAMILIES, Family, Modif, hooks_of, poke_rule
from hackatari.ram import Byte, ByteArray, Ram

Rule = TypeVar("Rule", bound=Callable[..., Any])
Colour = tuple[int, int, int]
Box = tuple[int, int, int, int] | tuple[int, int, int, int, Colour]
Finder = Callable[[Any], Iterable[Box]]
Field = Byte | ByteArray


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

    `find(ram)` yields the boxes (x, y, w, h) of those that are present, or (x, y, w, h, colour) where not all have the
    colour of their category.
    """

    name: str
    colour: Colour
    hud: bool
    doc: str
    find: Finder


class Game:
    """What the suite knows about one game.

    Args:
        rom: ALE's ROM id in snake_case, such as "space_invaders".
        ram: The game's RAM map.
        doc: One or two sentences about the game and its peculiarities.
    """

    def __init__(self, rom: str, ram: type[Ram] = Ram, doc: str = "") -> None:
        self.rom = rom
        self.ram = ram
        self.doc = doc
        self.modifs: dict[str, Modif] = {}
        self.objects: dict[str, ObjectCategory] = {}

    @property
    def name(self) -> str:
        """The name in env IDs, such as "SpaceInvaders"."""
        return pascal_case(self.rom)

    def modif(
        self, family: Family, *, writes: Sequence[Field] = (), every: int = 1, hides: Sequence[str] = ()
    ) -> Callable[[Rule], Rule]:
        """Declare the decorated function or class as a modif; see `hackatari.modif` for what it may look like.

        Its name is the function's, or the class's in snake_case; its docstring is its documentation.

        Args:
            family: What kind of change it is.
            writes: All bytes that it may write.
            every: Act in every n-th emulated frame only, starting with the first after a reset.
            hides: Object categories that disappear from the object list.
        """

        def declare(rule: Rule) -> Rule:
            make_rule = rule if inspect.isclass(rule) else lambda: rule
            name = snake_case(rule.__name__)
            self._declare(name, family, inspect.getdoc(rule) or "", writes, make_rule, every, hides)
            return rule

        return declare

    def poke(
        self,
        name: str,
        family: Family,
        doc: str,
        values: Mapping[Field, int | Sequence[int]],
        *,
        every: int = 1,
    ) -> None:
        """Declare a modif that writes constants before each emulated frame.

        Args:
            name: snake_case.
            family: What kind of change it is.
            doc: What changes for the player.
            values: The bytes and what to write: one int for all bytes of an array, or one for each.
            every: As in `modif`.
        """
        rule = poke_rule(values)
        self._declare(name, family, doc, list(values), lambda: rule, every, ())

    def _declare(
        self,
        name: str,
        family: Family,
        doc: str,
        writes: Sequence[Field],
        make_rule: Callable[[], Any],
        every: int,
        hides: Sequence[str],
    ) -> None:
        if name in self.modifs:
            raise ValueError(f"{self.name} already has a modif {name!r}.")
        if family not in FAMILIES:
            raise ValueError(f"Unknown family {family!r} of modif {name!r}: use one of {', '.join(FAMILIES)}.")
        if not doc:
            raise ValueError(f"Modif {name!r} needs a docstring: say what changes for the player.")
        random = any("rng" in inspect.signature(hook).parameters for hook in hooks_of(make_rule()).values())
        addresses = tuple(sorted({address for field in writes for address in field.addresses}))
        self.modifs[name] = Modif(name, doc, family, addresses, every, random, tuple(hides), make_rule)

    def object(self, name: str, colour: Colour, *, hud: bool = False) -> Callable[[Finder], Finder]:
        """Declare the decorated function as the finder of an object category.

        Args:
            name: Category, PascalCase.
            colour: RGB on an unmodified screen.
            hud: Whether it is part of the score display rather than of the game.
        """

        def declare(find: Finder) -> Finder:
            self.objects[name] = ObjectCategory(name, colour, hud, inspect.getdoc(find) or "", find)
            return find

        return declare

    def find_objects(self, ram: Ram, hidden: Iterable[str] = (), hud: bool = False) -> list[GameObject]:
        """Return the objects that are on the screen, in the order of the categories' declaration.

        Args:
            ram: The game's RAM.
            hidden: Categories to leave out.
            hud: Whether to include the score display.
        """
        return [
            GameObject(category.name, *box[:4], colour=box[4] if len(box) == 5 else category.colour)
            for category in self.objects.values()
            if (hud or not category.hud) and category.name not in hidden
            for box in category.find(ram)
        ]

    def select(self, names: Sequence[str]) -> list[Modif]:
        """Return the modifs of these names, in this order; warn about those that write the same bytes.

        Raises:
            TypeError: If `names` is a string instead of a list.
            UnknownNameError: If there is no such modif; the message names close matches.
            ValueError: If a name is given twice.
        """
        if isinstance(names, str):
            raise TypeError(f"modifs must be a list of names, got the string {names!r}: write modifs=[{names!r}].")
        names = list(names)
        for name in names:
            if name not in self.modifs:
                raise UnknownNameError(self._unknown_modif(name))
            if names.count(name) > 1:
                raise ValueError(f"Modif {name!r} is given {names.count(name)} times; give it once.")
        chosen = [self.modifs[name] for name in names]
        for first, second, addresses in conflicts(chosen):
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
        if not self.modifs:
            hint = " It has none yet."
        elif owners:
            hint = f" It is a modif of {' and '.join(owners)}."
        else:
            hint = did_you_mean(name, self.modifs) or f" It has: {', '.join(self.modifs)}."
        return f"{self.name} has no modif {name!r}.{hint}"


def conflicts(modifs: Sequence[Modif]) -> Iterator[tuple[Modif, Modif, list[int]]]:
    """Yield the pairs of modifs that write the same bytes, in the order given, with the addresses of these bytes."""
    for i, first in enumerate(modifs):
        for second in modifs[i + 1 :]:
            if shared := sorted(set(first.writes) & set(second.writes)):
                yield first, second, shared


def pascal_case(snake: str) -> str:
    """Return "LazyEnemy" for "lazy_enemy"; digits stay: "StopTop2" for "stop_top_2"."""
    return snake.title().replace("_", "")


def snake_case(name: str) -> str:
    """Return "lazy_enemy" for "LazyEnemy"; names in snake_case stay as they are."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
