"""What a modif is: a small named rule that changes a game's RAM or picture.

A rule is written as a function or as a class; the names of its arguments say what it needs and when it acts:

* `def rule(ram)`: before each emulated frame, writes bytes.
* `def rule(ram, rng)`: the same, and random. `rng` is the env's seeded `numpy.random.Generator`.
* `def rule(screen)`: changes the picture, a uint8 array of palette indices of shape (height, width), in place.
* A class with methods `reset`, `frame` and `screen` (any of them, with the same arguments after `self`): a rule with
  state. Its attributes are the state; a new object is made at every reset, and `clone_state` copies them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, get_args

import numpy as np

from hackatari.ram import Byte, ByteArray, Ram, clip_to_byte

Family = Literal["dynamics", "visual", "layout", "assist", "start", "score"]
FAMILIES: tuple[str, ...] = get_args(Family)
HOOKS = ("reset", "frame", "screen")


@dataclass
class ActiveModif:
    """A modif at work in one env, from one reset to the next.

    Attributes:
        modif: Its declaration.
        rule: The object that holds the rule's state in its attributes, or None for rules without state.
        reset: Called once after the emulator's reset, or None.
        frame: Called before each emulated frame, or None.
        screen: Called with the palette-indexed picture, or None.
    """

    modif: Modif
    rule: Any
    reset: Callable[[], None] | None
    frame: Callable[[], None] | None
    screen: Callable[[np.ndarray], None] | None


@dataclass(frozen=True)
class Modif:
    """The declaration of a modif; made by `Game.modif` and `Game.poke`.

    Attributes:
        name: snake_case, unique in its game.
        doc: What changes for the player; the first sentence is the summary.
        family: "dynamics", "visual", "layout", "assist", "start" or "score".
        writes: Addresses of all bytes it may write, ascending.
        every: Acts in every n-th emulated frame, counted from the reset, starting with the first.
        random: Whether it draws random numbers.
        hides: Object categories that are missing from the object list while it is active.
        make_rule: Returns a function, or an object with methods `reset`, `frame`, `screen`.
    """

    name: str
    doc: str
    family: Family
    writes: tuple[int, ...]
    every: int
    random: bool
    hides: tuple[str, ...]
    make_rule: Callable[[], Any]

    @property
    def summary(self) -> str:
        """The first paragraph of the documentation in one line."""
        return " ".join(self.doc.split("\n\n")[0].split())

    @property
    def hooks(self) -> tuple[str, ...]:
        """When it acts: some of "reset", "frame", "screen"."""
        return tuple(hooks_of(self.make_rule()))

    def start(self, ram: Ram, rng: np.random.Generator) -> ActiveModif:
        """Return the modif at work on `ram`, with its state as at a reset."""
        rule = self.make_rule()
        bound: dict[str, Any] = dict.fromkeys(HOOKS)
        for hook, function in hooks_of(rule).items():
            given = {"ram": ram, "rng": rng}
            needed = [name for name in inspect.signature(function).parameters if name != "screen"]
            if hook == "screen":
                bound[hook] = partial(function, **{name: given[name] for name in needed})
            else:
                bound[hook] = partial(function, *(given[name] for name in needed))
        return ActiveModif(self, None if inspect.isroutine(rule) else rule, **bound)


def hooks_of(rule: Any) -> dict[str, Callable[..., None]]:
    """Return the functions of a rule by the hook they serve.

    Raises:
        TypeError: If an argument is not one of `ram`, `rng`, `screen`, or there is no function at all.
    """
    if inspect.isroutine(rule):
        takes_screen = "screen" in inspect.signature(rule).parameters
        hooks: dict[str, Callable[..., None]] = {"screen" if takes_screen else "frame": rule}
    else:
        hooks = {hook: getattr(rule, hook) for hook in HOOKS if hasattr(rule, hook)}
    if not hooks:
        raise TypeError(f"{rule!r} has none of the methods {', '.join(HOOKS)}.")
    for hook, function in hooks.items():
        names = list(inspect.signature(function).parameters)
        allowed = ["screen", "ram", "rng"] if hook == "screen" else ["ram", "rng"]
        if not names or any(name not in allowed for name in names) or (hook == "screen" and names[0] != "screen"):
            raise TypeError(f"A rule's {hook} hook takes some of {', '.join(allowed)} by these names, got {names}.")
    return hooks


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
