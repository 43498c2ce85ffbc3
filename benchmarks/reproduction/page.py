"""The page of a reproduction: which claims held, with tables and curves; as Markdown, HTML and JSON."""

from __future__ import annotations

import base64
import json
import math
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from hackatari.benchmarks.files import atomic_write
from hackatari.benchmarks.json_values import json_value
from hackatari.benchmarks.plots import DARK, LIGHT
from hackatari.benchmarks.reproduction.curves import Curves, Line, curves_png
from hackatari.benchmarks.statistics import Estimate

__all__ = ["Claim", "Curves", "Line", "Section", "Table", "format_estimate", "format_number", "write_page"]

_MINUS = "\u2212"


@dataclass(frozen=True)
class Claim:
    """A claim of the paper and what became of it.

    Attributes:
        text: The claim, a sentence.
        reproduced: Whether it held; None if it is not decided at this size.
        figure: The numbers that decide it, such as `"2.58 [2.57, 2.60] against 2.21 [2.15, 2.27]"`.
    """

    text: str
    reproduced: bool | None
    figure: str

    @property
    def outcome(self) -> str:
        """`"reproduced"`, `"not reproduced"` or `"undecided"`."""
        return {True: "reproduced", False: "not reproduced", None: "undecided"}[self.reproduced]


@dataclass(frozen=True)
class Table:
    """A table of results.

    Attributes:
        caption: What it shows, with units.
        columns: Names of the columns; the first heads the rows.
        rows: Cells by row: text, numbers, `Estimate` (a mean with its interval), or None for "not defined".

    Raises:
        ValueError: If a row has more or fewer cells than there are columns.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]

    def __post_init__(self) -> None:
        """Refuse ragged rows."""
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(
                    f"Each row of the table {self.caption!r} needs {len(self.columns)} cells, got {list(row)!r}."
                )


@dataclass(frozen=True)
class Section:
    """What one study says.

    Attributes:
        title: Heading; unique on its page.
        text: Plain text in paragraphs separated by empty lines; `code` may be set in backticks.
        claims: The claims that the study decides.
        tables: Its tables.
        curves: Its plots.
        command: Command line that plays the study; "" if there is none.
    """

    title: str
    text: str = ""
    claims: Sequence[Claim] = ()
    tables: Sequence[Table] = ()
    curves: Sequence[Curves] = ()
    command: str = ""

    @property
    def paragraphs(self) -> list[str]:
        """The paragraphs of the text, each on one line."""
        return [" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", self.text.strip()) if paragraph]


def write_page(
    folder: str | os.PathLike[str], title: str, sections: Sequence[Section], metadata: Mapping[str, Any]
) -> None:
    """Write `index.md`, `index.html`, `results.json` and a PNG for each plot; each file atomically.

    The Markdown is for documentation built with MyST and refers to the PNGs; the HTML is one file that loads nothing
    from elsewhere. The JSON has all numbers.

    Args:
        folder: Where to write; made if it does not exist.
        title: Heading of the page.
        sections: What the studies say.
        metadata: Provenance, shown as it is given: command, date, seed, versions, ...; scalars, lists, or dicts.

    Raises:
        ValueError: If there are no sections, or two sections, or two plots, have the same title.
        TypeError: If there is something in a table, a curve or the metadata that JSON cannot hold.
    """
    folder = Path(folder)
    if not sections:
        raise ValueError("A page needs at least one section.")
    plots = [curves for section in sections for curves in section.curves]
    _check_unique("sections", [section.title for section in sections])
    _check_unique("plots", [_slug(curves.title) for curves in plots])
    content = json_value(
        {"title": title, "metadata": dict(metadata), "sections": [_section_data(section) for section in sections]}
    )

    light = {_slug(curves.title): curves_png(curves, LIGHT) for curves in plots}
    dark = {_slug(curves.title): curves_png(curves, DARK) for curves in plots}
    for name, png in light.items():
        atomic_write(folder / f"{name}.png", png)
    context = {
        "title": title,
        "sections": sections,
        "metadata": metadata,
        "claims": [(section, claim) for section in sections for claim in section.claims],
        "counts": Counter(claim.outcome for section in sections for claim in section.claims),
        "light": light,
        "dark": dark,
    }
    atomic_write(folder / "index.md", _render("reproduction.md.j2", context))
    atomic_write(folder / "index.html", _render("reproduction.html.j2", context))
    atomic_write(folder / "results.json", json.dumps(content, indent=2, allow_nan=False) + "\n")


def format_number(value: float) -> str:
    """Write a number with four significant digits, or in whole units from 1000 on, with a true minus sign."""
    if math.isnan(value):
        return "n/a"
    if math.isinf(value):
        return f"{_MINUS if value < 0 else ''}∞"
    if abs(value) >= 1000 or value == int(value):
        return f"{value + 0.0:,.0f}".replace("-", _MINUS)
    return f"{value:.4g}".replace("-", _MINUS)


def format_estimate(estimate: Estimate) -> str:
    """Write a mean and its interval, `2.581 [2.569, 2.593]`, to two digits of the interval's half width."""
    if not estimate.low < estimate.high:
        return format_number(estimate.mean)
    half = (estimate.high - estimate.low) / 2
    decimals = max(0, 1 - math.floor(math.log10(half)))
    mean, low, high = (f"{round(value, decimals) + 0.0:,.{decimals}f}" for value in estimate)
    return f"{mean} [{low}, {high}]".replace("-", _MINUS)


def _format_cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return "n/a"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Estimate):
        return format_estimate(value)
    return format_number(value)


def _section_data(section: Section) -> dict[str, Any]:
    """Return a section in the form of the JSON file."""
    return {
        "title": section.title,
        "text": section.text,
        "command": section.command,
        "claims": [{"text": c.text, "outcome": c.outcome, "figure": c.figure} for c in section.claims],
        "tables": [
            {
                "caption": table.caption,
                "columns": table.columns,
                "rows": [
                    [cell._asdict() if isinstance(cell, Estimate) else cell for cell in row] for row in table.rows
                ],
            }
            for table in section.tables
        ],
        "curves": [
            {
                "title": curves.title,
                "x_label": curves.x_label,
                "y_label": curves.y_label,
                "lines": {label: Line(*line)._asdict() for label, line in curves.lines.items()},
            }
            for curves in section.curves
        ],
    }


def _check_unique(what: str, titles: Sequence[str]) -> None:
    if repeated := [title for title, count in Counter(titles).items() if count > 1]:
        raise ValueError(f"Two {what} of the page have the same title: {repeated[0]!r}.")


def _slug(title: str) -> str:
    return re.sub("[^a-z0-9]+", "-", title.lower()).strip("-")


def _render(template: str, context: Mapping[str, Any]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("hackatari.benchmarks"),
        autoescape=template.endswith(".html.j2"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        cell=_format_cell, markdown_cell=_markdown_cell, slug=_slug, code=_code, data_uri=_data_uri
    )
    return environment.get_template(template).render(context)


def _markdown_cell(value: Any) -> str:
    """Write a cell of a Markdown table, in which a bar would start the next cell."""
    return " ".join(_format_cell(value).split()).replace("|", r"\|")


def _code(text: str) -> Markup:
    """Escape a text for HTML and set what stands in backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _data_uri(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
