"""What a modif is: a small named rule that changes a game's RAM, its picture or the agent's actions.

A rule is written as a function or as a class; the names of its arguments say what it needs and when it acts:

* `def rule(ram)`: before each emulated frame, writes bytes.
* `def rule(ram, rng)`: the same, and random. `rng` is the env's seeded `numpy.random.Generator`.
* `def rule(screen)`: changes the picture, a uint8 array of palette indices of shape (height, width), in place, whenever
  it is asked for. It may take `frame`, the number of emulated frames since the reset, `ram`, `rng` and `game` as well.
* `def rule(palette)`: changes the colours, a uint8 array of shape (256, 3), RGB by palette index, in place, once at
  each reset. It may take `rng`.
* `def rule(command)`: returns the command that the console gets instead, before each emulated frame. A command is ALE's
  action and the strength of a paddle, (int, float). It may take `rng` and `game`.
* A class with some of the methods `reset`, `frame`, `screen`, `palette`, `command`, with these arguments after `self`:
  a rule with state. Its attributes are the state; a new object is made at every reset, and `clone_state` copies them.
  A method `objects(found, height, width)` returns the object list where the rule moves what is seen. If `__init__`
  takes arguments (int, float or str, with defaults), users give them in the modif's name: `flicker(0.5)`. It raises
  `ValueError` for values that make no sense, and a method `check(game)` for games that lack what it needs.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from hackatari.names import snake_case
from hackatari.ram import Byte, ByteArray, Ram, clip_to_byte

if TYPE_CHECKING:
    from hackatari.game import Game, GameObject

Family = Literal["dynamics", "visual", "layout", "assist", "start", "score"]
FAMILIES: tuple[str, ...] = get_args(Family)
Command = tuple[int, float]
Rule = typing.TypeVar("Rule", bound=Callable[..., Any])
Field = Byte | ByteArray

# The arguments that each hook may take; those in the first tuple come with every call, the others when it is bound.
HOOKS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "reset": ((), ("ram", "rng")),
    "frame": ((), ("ram", "rng")),
    "command": (("command",), ("rng", "game")),
    "screen": (("screen", "frame"), ("ram", "rng", "game")),
    "palette": (("palette",), ("rng",)),
    "objects": (("found", "height", "width"), ()),
}


@dataclass
class ActiveModif:
    """A modif at work in one env, from one reset to the next.

    Attributes:
        modif: Its declaration.
        rule: The object that holds the rule's state in its attributes, or None for rules without state.
        reset: Called once after the emulator's reset, or None.
        frame: Called before each emulated frame, or None.
        command: Called with the agent's command before each emulated frame, returns the console's, or None.
        screen: Called with the palette-indexed picture and the frame's number, or None.
        draws_screen: Whether `screen` draws random numbers.
        palette: Called with the colours once at the reset, or None.
        objects: Called with the object list and the picture's height and width, returns the object list, or None.
    """

    modif: Modif
    rule: Any
    reset: Callable[[], None] | None = None
    frame: Callable[[], None] | None = None
    command: Callable[[Command], Command] | None = None
    screen: Callable[[np.ndarray, int], None] | None = None
    draws_screen: bool = False
    palette: Callable[[np.ndarray], None] | None = None
    objects: Callable[[list[GameObject], int, int], list[GameObject]] | None = None


@dataclass(frozen=True)
class Modif:
    """The declaration of a modif; made by the methods of `ModifSheet`.

    Attributes:
        name: snake_case, unique in its game; with its arguments, if it was given any: "flicker(0.5)".
        doc: What changes for the player; the first sentence is the summary.
        family: "dynamics", "visual", "layout", "assist", "start" or "score".
        writes: Addresses of all bytes it may write, ascending.
        every: Acts in every n-th emulated frame, counted from the reset, starting with the first.
        random: Whether it draws random numbers.
        hides: Object categories that are missing from the object list while it is active.
        layer: Rules change the picture in ascending order of this number, then in the order given by the user.
        make_rule: Returns a function, or an object with the hooks as methods.
    """

    name: str
    doc: str
    family: Family
    writes: tuple[int, ...]
    every: int
    random: bool
    hides: tuple[str, ...]
    layer: int
    make_rule: Callable[..., Any]

    @property
    def summary(self) -> str:
        """The first paragraph of the documentation in one line."""
        return " ".join(self.doc.split("\n\n")[0].split())

    @property
    def hooks(self) -> tuple[str, ...]:
        """When it acts: some of the names in `HOOKS`."""
        return tuple(hooks_of(self.make_rule()))

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """What may be given in parentheses after the name."""
        return dict(inspect.signature(self.make_rule).parameters)

    @property
    def signature(self) -> str:
        """The name with parameters and defaults, such as "flicker(p=0.5)"."""
        given = ", ".join(f"{name}={parameter.default}" for name, parameter in self.parameters.items())
        return f"{self.name}({given})" if given else self.name

    def with_arguments(self, arguments: Sequence[str]) -> Modif:
        """Return the modif with these arguments, "0.5" or "p=0.5", and its name with them.

        Raises:
            ValueError: If there are too many arguments, one has the wrong type, or its value makes no sense.
        """
        name = f"{self.name}({', '.join(arguments)})"
        positional = [text for text in arguments if not _is_keyword(text, self.parameters)]
        named = dict(text.split("=", 1) for text in arguments if _is_keyword(text, self.parameters))
        try:
            bound = inspect.signature(self.make_rule).bind(*positional, **{k.strip(): v for k, v in named.items()})
        except TypeError:
            raise ValueError(f"Too many arguments in {name!r}: write {self.signature}.") from None
        types = typing.get_type_hints(self.make_rule.__init__) if bound.arguments else {}
        values = {key: _convert(text, types[key], name, key) for key, text in bound.arguments.items()}
        made = replace(self, name=name, make_rule=partial(self.make_rule, **values))
        made.make_rule()
        return made

    def check(self, game: Game) -> None:
        """Raise a `ValueError` if the game lacks what the modif needs."""
        rule = self.make_rule()
        if hasattr(rule, "check"):
            rule.check(game)

    def start(self, ram: Ram, rng: np.random.Generator, screen_rng: np.random.Generator, game: Game) -> ActiveModif:
        """Return the modif at work, with its state as at a reset.

        Args:
            ram: The RAM that its rule reads and writes.
            rng: Generator of the rule.
            screen_rng: Generator of its changes of the picture.
            game: The game's data sheet.
        """
        rule = self.make_rule()
        active = ActiveModif(self, None if inspect.isroutine(rule) else rule)
        for hook, function in hooks_of(rule).items():
            given = {"ram": ram, "rng": screen_rng if hook == "screen" else rng, "game": game}
            names = list(inspect.signature(function).parameters)
            bound = partial(function, **{name: given[name] for name in names if name in HOOKS[hook][1]})
            if hook == "frame":  # the fastest call there is, since it is made for every emulated frame
                bound = partial(function, *(given[name] for name in names))
            elif hook == "screen":
                active.draws_screen = "rng" in names
                if "frame" not in names:
                    bound = partial(_without_frame, bound)
            setattr(active, hook, bound)
        return active


def _without_frame(change: Callable[[np.ndarray], None], screen: np.ndarray, frame: int) -> None:
    """Call a screen hook that does not ask for the frame's number."""
    change(screen)


def _is_keyword(text: str, parameters: Mapping[str, inspect.Parameter]) -> bool:
    """Whether an argument is of the form name=value; a path may hold a "=" too."""
    return "=" in text and text.split("=", 1)[0].strip() in parameters


def _convert(text: str, kind: Any, modif: str, parameter: str) -> int | float | str:
    """Return an argument's value in the type of its parameter."""
    (kind,) = [k for k in get_args(kind) or (kind,) if k is not type(None)]
    try:
        return kind(text.strip())
    except ValueError:
        raise ValueError(f"{parameter} must be {kind.__name__} in {modif!r}, got {text.strip()!r}.") from None


def hooks_of(rule: Any) -> dict[str, Callable[..., Any]]:
    """Return the functions of a rule by the hook they serve.

    Raises:
        TypeError: If a hook takes an argument that it cannot have, or there is no hook at all.
    """
    if inspect.isroutine(rule):
        arguments = inspect.signature(rule).parameters
        hook = next((hook for hook in ("screen", "palette", "command") if hook in arguments), "frame")
        hooks: dict[str, Callable[..., Any]] = {hook: rule}
    else:
        hooks = {hook: getattr(rule, hook) for hook in HOOKS if hasattr(rule, hook)}
    if not hooks:
        raise TypeError(f"{rule!r} has none of the methods {', '.join(HOOKS)}.")
    for hook, function in hooks.items():
        names = list(inspect.signature(function).parameters)
        called_with, bound = HOOKS[hook]
        first = [name for name in names if name in called_with]
        if names[: len(first)] != first or any(name not in called_with + bound for name in names) or not names:
            allowed = ", ".join(called_with + bound)
            raise TypeError(f"A rule's {hook} hook takes some of {allowed} by these names and in this order: {names}.")
    return hooks


class ModifSheet:
    """A collection of modifs, each declared once, next to its documentation."""

    layer = 0

    def __init__(self) -> None:
        self.modifs: dict[str, Modif] = {}

    def modif(
        self,
        family: Family,
        *,
        writes: Sequence[Field] = (),
        every: int = 1,
        hides: Sequence[str] = (),
        layer: int | None = None,
        name: str | None = None,
        doc: str | None = None,
    ) -> Callable[[Rule], Rule]:
        """Declare the decorated function or class as a modif; see `hackatari.modif` for what it may look like.

        Its name is the function's, or the class's in snake_case; its docstring is its documentation. The members of a
        family that is declared in a loop are given both.

        Args:
            family: What kind of change it is.
            writes: All bytes that it may write.
            every: Act in every n-th emulated frame only, starting with the first after a reset.
            hides: Object categories that disappear from the object list.
            layer: See `Modif`; by default the sheet's.
            name: Name of the modif, instead of the rule's.
            doc: Documentation of the modif, instead of the rule's.
        """

        def declare(rule: Rule) -> Rule:
            make_rule = rule if inspect.isclass(rule) else lambda: rule
            text = doc or inspect.getdoc(rule) or ""
            self._declare(name or snake_case(rule.__name__), family, text, writes, make_rule, every, hides, layer)
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
        at_reset: bool = False,
    ) -> None:
        """Declare a modif that writes constants before each emulated frame, or at each reset.

        Args:
            name: snake_case.
            family: What kind of change it is.
            doc: What changes for the player.
            values: The bytes and what to write: one int for all bytes of an array, or one for each.
            every: As in `modif`.
            at_reset: Write once, after each reset; the game may change the bytes then.
        """
        rule = poke_rule(values)
        self._declare(name, family, doc, list(values), lambda: AtReset(rule) if at_reset else rule, every, (), None)

    def _declare(
        self,
        name: str,
        family: Family,
        doc: str,
        writes: Sequence[Field],
        make_rule: Callable[[], Any],
        every: int,
        hides: Sequence[str],
        layer: int | None,
    ) -> None:
        if name in self.modifs:
            raise ValueError(f"There already is a modif {name!r}.")
        if family not in FAMILIES:
            raise ValueError(f"Unknown family {family!r} of modif {name!r}: use one of {', '.join(FAMILIES)}.")
        if not doc:
            raise ValueError(f"Modif {name!r} needs a docstring: say what changes for the player.")
        random = any("rng" in inspect.signature(hook).parameters for hook in hooks_of(make_rule()).values())
        addresses = tuple(sorted({address for field in writes for address in field.addresses}))
        layer = self.layer if layer is None else layer
        self.modifs[name] = Modif(name, doc, family, addresses, every, random, tuple(hides), layer, make_rule)


class AtReset:
    """A rule that acts once, after each reset.

    Args:
        rule: What it does to the RAM.
    """

    def __init__(self, rule: Callable[[Ram], None]) -> None:
        self._rule = rule

    def reset(self, ram: Ram) -> None:
        """Act."""
        self._rule(ram)


def poke_rule(values: Mapping[Byte | ByteArray, int | Sequence[int]]) -> Callable[[Ram], None]:
    """Return a rule that writes constants, the fastest there is."""
    pokes: list[tuple[int, int]] = []
    for field, value in values.items():
        constants = [value] * len(field.addresses) if isinstance(value, int) else value
        pokes += [(address, clip_to_byte(v)) for address, v in zip(field.addresses, constants, strict=True)]

    def poke(ram: Ram) -> None:
        data, write = ram._bytes, ram._write
        for address, value in pokes:
            data[address] = value
            write(address, value)

    return poke
