"""Sphinx configuration; writes the catalogue of variants from the games' declarations before it builds."""

from __future__ import annotations

import re
from collections import namedtuple
from pathlib import Path

from sphinx.application import Sphinx

import hackatari
from hackatari.benchmarks.pictures import comparison
from hackatari.effects import EVERY_GAME
from hackatari.game import Game, conflicts
from hackatari.modif import FAMILIES, Modif
from hackatari.registration import variant_id

project = "HackAtari Suite"
author = "The HackAtari Suite authors"
release = hackatari.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"HackAtari Suite {release}"
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
# Pages that link to files of the repository are read there too.
suppress_warnings = ["myst.xref_missing"]

NAMED_TUPLE_FIELD = type(namedtuple("Example", "field").field)
CATALOGUE = Path(__file__).parent / "catalogue"


def write_catalogue(app: Sphinx) -> None:
    """Write a page per game with a data sheet, one for the modifs of every game, and an overview by family."""
    CATALOGUE.mkdir(exist_ok=True)
    write_page("every_game", every_game_page())
    for game in hackatari.GAMES.values():
        for modif in game.modifs:
            write_picture(game.rom, modif)
        write_page(game.rom, game_page(game))
    write_page("index", overview())


def write_page(name: str, lines: list[str]) -> None:
    """Write a Markdown page."""
    (CATALOGUE / f"{name}.md").write_text("\n".join(lines) + "\n")


def write_picture(rom: str, modif: str) -> None:
    """Write the picture of a variant, unless it is there already: `make clean` removes them."""
    path = CATALOGUE / picture_name(rom, modif)
    if not path.exists():
        comparison(path, rom, modif)


def picture_name(rom: str, modif: str) -> str:
    """Return the name of a variant's picture."""
    return f"{rom}-{re.sub('[^a-z0-9]+', '-', modif).strip('-')}.png"


def overview() -> list[str]:
    """Return the page that lists all modifs by family."""
    games = [game for game in hackatari.GAMES.values() if game.modifs]
    total = sum(len(game.modifs) for game in games)
    lines = [
        "# Catalogue",
        "",
        f"{total} modifs of {len(games)} games by family, and {len(EVERY_GAME.modifs)} "
        f"[for every game](every_game.md). {len(hackatari.GAMES)} games have a data sheet: names for bytes of their "
        "RAM, and the objects on the screen.",
        "",
    ]
    for family in FAMILIES:
        lines += [f"## {family}", "", "| game | modifs |", "|---|---|"]
        for game in games:
            names = [f"[{name}]({game.rom}.md#{name})" for name, modif in game.modifs.items() if modif.family == family]
            if names:
                lines.append(f"| [{game.name}]({game.rom}.md) | {', '.join(names)} |")
        lines.append("")
    pages = ["every_game", *hackatari.GAMES]
    return [*lines, "```{toctree}", ":hidden:", "", *pages, "```"]


def every_game_page() -> list[str]:
    """Return the page of the modifs for every game."""
    lines = [
        "# Every game",
        "",
        "Modifs that change the picture or the actions of any game of ALE. Arguments are given in parentheses, "
        "in Python, on the command line and in env options alike: `flicker(0.5)`, `cutout(10, 20, width=30)`.",
        "",
    ]
    for modif in EVERY_GAME.modifs.values():
        lines += [f"## {modif.name}", "", f"`{modif.signature}`", "", modif.doc, "", f"{facts(modif)}.", ""]
        examples = {"background": ["background(noise)", "background(stripes)"]}.get(modif.name, [modif.name])
        for example in examples if modif.family == "visual" else []:
            write_picture("ms_pacman", example)
            lines += [f"![{example}: unmodified left, modified right]({picture_name('ms_pacman', example)})", ""]
    return lines


def facts(modif: Modif, game: Game | None = None) -> str:
    """Return what is to be known about a modif besides what it does."""
    found = [modif.family, "random" if modif.random else "deterministic"]
    if game:
        found.insert(0, f"ID `{variant_id(game.name, modif.name)}`")
        others = [f"`{o.name}`" for o in game.modifs.values() if o is not modif and any(conflicts([modif, o]))]
        if modif.writes:
            found.append(f"writes {', '.join(f'`{name}`' for name in game.ram.names_at(modif.writes))}")
        if modif.every > 1:
            found.append(f"every {modif.every} frames")
        if others:
            found.append(f"conflicts with {', '.join(others)}")
    return "; ".join(found)


def game_page(game: Game) -> list[str]:
    """Return a game's page: modifs, RAM map, objects."""
    lines = [f"# {game.name}", "", game.doc, ""]
    if game.modifs:
        lines += [
            "## Modifs",
            "",
            "Pictures: the unmodified game left, the variant at the same frame right.",
            "",
        ]
    for modif in game.modifs.values():
        picture = f"![{modif.name}]({picture_name(game.rom, modif.name)})"
        lines += [f"### {modif.name}", "", modif.doc, "", f"{facts(modif, game)}.", "", picture, ""]
    lines += ["## RAM", "", "| name | address | meaning |", "|---|---|---|"]
    for name, field in game.ram.fields().items():
        addresses = ", ".join(map(str, field.addresses)) if len(field.addresses) < 4 else spans(field.addresses)
        lines.append(f"| `{name}` | {addresses} | {field.meaning} |")
    lines += ["", "## Objects", "", "| category | at most | colour | |", "|---|---|---|---|"]
    for category in game.objects.values():
        kind = " (score display)" if category.hud else " (flickers)" if category.flickers else ""
        doc = " ".join(category.doc.split())
        lines.append(f"| {category.name} | {category.count} | rgb{category.colour} | {doc}{kind} |")
    return lines


def spans(addresses: tuple[int, ...]) -> str:
    """Return "33-42" for consecutive addresses, and a list otherwise."""
    first, last = addresses[0], addresses[-1]
    if addresses == tuple(range(first, last + 1)):
        return f"{first}-{last}"
    return ", ".join(map(str, addresses))


def skip_field(app: Sphinx, what: str, name: str, member: object, skip: bool, options: object) -> bool | None:
    """Leave out the fields of named tuples, which the docstring of the class has already."""
    return True if isinstance(member, NAMED_TUPLE_FIELD) else None


def setup(app: Sphinx) -> None:
    """Have the catalogue written before Sphinx looks for pages."""
    app.connect("builder-inited", write_catalogue)
    app.connect("autodoc-skip-member", skip_field)
