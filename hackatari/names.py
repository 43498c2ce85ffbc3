"""How things are spelt: games and modifs in env IDs, and modifs with arguments."""

from __future__ import annotations

import re


def pascal_case(snake: str) -> str:
    """Return "LazyEnemy" for "lazy_enemy"; digits stay: "StopTop2" for "stop_top_2"."""
    return snake.title().replace("_", "")


def snake_case(name: str) -> str:
    """Return "lazy_enemy" for "LazyEnemy"; names in snake_case stay as they are."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def split_call(text: str) -> tuple[str, list[str] | None]:
    """Split "background(noise, index=0)" into its name and its arguments; None where there are no parentheses.

    Raises:
        ValueError: If the parentheses do not match.
    """
    name, opened, rest = text.strip().partition("(")
    if not opened:
        return name, None
    if not rest.endswith(")"):
        raise ValueError(f"{text!r} lacks a closing parenthesis: write {text.strip()}).")
    arguments = [argument.strip() for argument in rest[:-1].split(",")]
    return name.strip(), [argument for argument in arguments if argument]


def split_variant(text: str) -> list[str]:
    """Split a variant such as "lazy_enemy+cutout(10, 20)" into its modifs; a "+" inside parentheses does not count."""
    return [part.strip() for part in re.split(r"\+(?![^(]*\))", text)]
