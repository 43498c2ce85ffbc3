"""Sphinx configuration; writes the catalogue of variants from the games' declarations before it builds."""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx

import hackatari
from hackatari.benchmarks.pictures import contact_sheet
from hackatari.game import Game, conflicts
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

CATALOGUE = Path(__file__).parent / "catalogue"


def write_catalogue(app: Sphinx) -> None:
    """Write one page per game that has modifs, with a picture of every variant."""
    CATALOGUE.mkdir(exist_ok=True)
    for game in hackatari.GAMES.values():
        contact_sheet(CATALOGUE / f"{game.rom}.png", game.rom, frame=300)
        (CATALOGUE / f"{game.rom}.md").write_text(page(game))


def page(game: Game) -> str:
    """Return a game's page: picture, modifs, RAM map, objects."""
    picture = f"![The variants of {game.name} at the same frame]({game.rom}.png)"
    lines = [f"# {game.name}", "", game.doc, "", picture, "", "## Modifs", ""]
    for modif in game.modifs.values():
        others = [
            f"`{other.name}`" for other in game.modifs.values() if other is not modif and any(conflicts([modif, other]))
        ]
        facts = [
            f"ID `{variant_id(game.name, modif.name)}`",
            modif.family,
            "random" if modif.random else "deterministic",
            f"writes {', '.join(f'`{name}`' for name in game.ram.names_at(modif.writes))}" if modif.writes else "",
            f"every {modif.every} frames" if modif.every > 1 else "",
            f"conflicts with {', '.join(others)}" if others else "",
        ]
        lines += [f"### {modif.name}", "", modif.doc, "", "; ".join(fact for fact in facts if fact) + ".", ""]
    lines += ["## RAM", "", "| name | address | meaning |", "|---|---|---|"]
    for name, field in game.ram.fields().items():
        addresses = ", ".join(map(str, field.addresses)) if len(field.addresses) < 4 else spans(field.addresses)
        lines.append(f"| `{name}` | {addresses} | {field.meaning} |")
    lines += ["", "## Objects", "", "| category | colour | |", "|---|---|---|"]
    for category in game.objects.values():
        hud = " (score display)" if category.hud else ""
        lines.append(f"| {category.name} | rgb{category.colour} | {' '.join(category.doc.split())}{hud} |")
    return "\n".join(lines) + "\n"


def spans(addresses: tuple[int, ...]) -> str:
    """Return "33-42" for consecutive addresses, and a list otherwise."""
    first, last = addresses[0], addresses[-1]
    if addresses == tuple(range(first, last + 1)):
        return f"{first}-{last}"
    return ", ".join(map(str, addresses))


def setup(app: Sphinx) -> None:
    """Have the catalogue written before Sphinx looks for pages."""
    app.connect("builder-inited", write_catalogue)
