# ruff: noqa: RUF001 (the page writes true minus signs and dashes)
from __future__ import annotations

import base64
import re
from functools import partial
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from hackatari.benchmarks.report import (
    format_percent,
    format_score,
    headline,
    kept_share,
    write_report,
)
from hackatari.benchmarks.results import EpisodeResult, summarise

EVIL = "<script>alert('modif')</script> & \"quotes\""
SPACE = "\u202f"


def episodes(scores, modifs=(), **changes):
    fields = {
        "checkpoint": "ppo.zip",
        "checkpoint_sha256": "ab" * 32,
        "game": "pong",
        "modifs": modifs,
        "settings": {"frameskip": 4, "deterministic": True},
        "steps": 1000,
        "frames": 4000,
        "truncated": False,
        **changes,
    }
    return [
        EpisodeResult(**fields, episode=index, seed=index, score=float(score)) for index, score in enumerate(scores)
    ]


ONE = (
    episodes([17, 19, 18, 18])
    + episodes([-20, -12, -12, -5], ("lazy_enemy",))
    + episodes([19, 20, 20, 20], ("up_drift", "hidden_enemy"))
)
TWO = (
    ONE
    + episodes([10, 12, 14, 16], checkpoint="dqn.zip")
    + episodes([3, 2, 4, 1], ("lazy_enemy",), checkpoint="dqn.zip")
)
METADATA = {
    "date": "2025-01-31",
    "command": "hackatari eval ppo.zip --episodes 4",
    "seeds": [0, 1, 2, 3],
    "versions": {"ale-py": "0.12.1", "numpy": "2.4.6"},
    "variants": {"lazy_enemy": f"The opponent rests.\n\n    {EVIL}"},
}


class Page(HTMLParser):
    """Tables as lists of rows of cells, and every element with its attributes.

    A cell is a pair: its text, and the exact numbers in its `data` elements.
    """

    void = {"meta", "img", "wbr", "br", "source", "link"}

    def __init__(self, html):
        super().__init__()
        self.elements, self.tables, self.text = [], {}, ""
        self._stack, self._table, self._cell = [], None, None
        self.feed(html)
        assert self._stack == []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.elements.append((tag, attributes))
        if tag in self.void:
            return
        self._stack.append(tag)
        if tag == "table":
            self._table = self.tables.setdefault(attributes["class"], [])
            self._table.append([])
        elif tag == "tr":
            self._table[-1].append([])
        elif tag in ("td", "th"):
            self._cell = ["", []]
            self._table[-1][-1].append(self._cell)
        elif tag == "data":
            self._cell and self._cell[1].append(float(attributes["value"]))

    def handle_endtag(self, tag):
        assert self._stack.pop() == tag
        if tag in ("td", "th"):
            self._cell = None

    def handle_data(self, data):
        if "style" in self._stack:
            return
        self.text += data
        if self._cell is not None:
            self._cell[0] += data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def render(folder, results, metadata=METADATA, frames=None):
    summaries = summarise(results, seed=0)
    write_report(folder / "report.html", summaries, results, metadata, frames or {})
    return Page((folder / "report.html").read_text(encoding="utf-8")), summaries


@pytest.fixture
def report(tmp_path):
    return partial(render, tmp_path)


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    return render(tmp_path_factory.mktemp("one"), ONE)


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    return render(tmp_path_factory.mktemp("two"), TWO, frames={"lazy_enemy": [np.zeros((210, 160, 3), np.uint8)]})


def flat(text):
    return " ".join(text.split())


class TestNumbers:
    def test_the_table_shows_every_summary(self, one):
        page, summaries = one
        (table,) = page.tables["summary"]
        header, *rows = table
        assert [flat(cell[0]) for cell in header] == [
            "Variant",
            "Episodes",
            "Mean",
            "IQM [95 % interval]",
            "HNS",
            "Relative change [95 % interval]",
        ]
        for (name, count, mean, iqm, interval, hns, *change), summary in zip(rows, summaries, strict=True):
            assert flat(name[0]) == summary.variant
            assert int(count[0]) == summary.episodes
            assert mean == [format_score(summary.mean), [summary.mean]]
            assert iqm == [format_score(summary.iqm), [summary.iqm]]
            assert interval[1] == [summary.iqm_low, summary.iqm_high]
            assert interval[0].strip() == f"[{format_score(summary.iqm_low)}, {format_score(summary.iqm_high)}]"
            assert hns == [format_percent(summary.human_normalised_score), [summary.human_normalised_score]]
            if summary.modifs:
                change, interval = change
                low, high = summary.relative_change_low, summary.relative_change_high
                assert change[1] == [summary.relative_change]
                assert change[0].strip() == format_percent(summary.relative_change, signed=True)
                assert interval[1] == [low, high]
                assert interval[0].strip() == f"[{format_percent(low, True)}, {format_percent(high, True)}]"
            else:
                assert [cell[0] for cell in change] == ["reference"]

    def test_undefined_numbers_are_shown_as_such(self, report):
        page, _ = report(episodes([390], game="donkey_kong") + episodes([10], ("no_barrels",), game="donkey_kong"), {})
        (_, original, variant) = page.tables["summary"][0]
        assert [flat(cell[0]) for cell in original] == ["unmodified", "1", "390.0", "390.0", "", "n/a", "reference"]
        assert [flat(cell[0]) for cell in variant] == ["no_barrels", "1", "10.0", "10.0", "", "n/a", "n/a", ""]
        assert "None" not in page.text
        assert "There is no human reference for this game" in page.text

    def test_several_checkpoints_are_compared(self, two):
        page, summaries = two
        assert len(page.tables["summary"]) == 2
        (table,) = page.tables["comparison"]
        header, original, lazy, drift, kept = table
        assert [flat(cell[0]) for cell in header] == ["Variant", "ppo.zip", "dqn.zip"]
        assert [number for cell in original for number in cell[1]] == [18.0, 13.0]
        by_name = {(summary.checkpoint, summary.variant): summary for summary in summaries}
        ppo, dqn = by_name["ppo.zip", "lazy_enemy"], by_name["dqn.zip", "lazy_enemy"]
        assert lazy[1][1] == [ppo.relative_change]
        assert lazy[2][1] == [ppo.relative_change_low, ppo.relative_change_high]
        assert lazy[3][1] == [dqn.relative_change]
        assert flat(drift[3][0]) == "–"
        assert kept[1][1] == [kept_share(summaries[:3])]
        assert kept[3][1] == [1 + dqn.relative_change]

    def test_changes_are_coloured_where_the_interval_excludes_0(self, report):
        page, _ = report(
            episodes([17, 19, 18, 18])
            + episodes([-9, -9, -7, -8], ("loss",))
            + episodes([20, 21, 21, 20], ("gain",))
            + episodes([19, 17, 20, 16], ("unclear",))
        )
        kinds = [attributes.get("class") for attributes in page.all("span")]
        # Every change is shown twice: in the table and with the description of the variant.
        assert [kinds.count(kind) for kind in ("loss", "gain", "unclear")] == [2, 2, 2]

    def test_one_checkpoint_needs_no_comparison(self, one):
        page, _ = one
        assert "comparison" not in page.tables

    def test_scores_of_single_episodes_are_listed_and_truncated_ones_marked(self, report):
        page, _ = report(episodes([17, 2.5, -3]) + episodes([1234, 0, -21], ("lazy_enemy",), truncated=True))
        assert "17, 2.5, −3" in page.text
        assert "1,234†, 0†, −21†" in page.text


class TestPage:
    def test_headline_of_every_checkpoint(self, two):
        page, summaries = two
        for sentence in (headline(summaries[:3]), headline(summaries[3:])):
            assert sentence[0].upper() + sentence[1:] in page.text

    def test_descriptions_are_escaped(self, one):
        page, _ = one
        assert "The opponent rests." in page.text
        assert EVIL in page.text
        assert page.all("script") == []

    def test_names_and_metadata_are_escaped(self, report):
        metadata = {"command": EVIL, EVIL: {EVIL: [EVIL]}, "variants": {}}
        page, _ = report(episodes([1.0, 2.0], (EVIL,), checkpoint=EVIL, settings={EVIL: EVIL}), metadata)
        assert page.all("script") == []
        # Name: heading, caption, provenance. Variant: headline, table, heading. Metadata: command, key, value.
        assert page.text.count("alert('modif')") >= 9

    def test_nothing_is_loaded_from_elsewhere(self, two):
        page, _ = two
        references = [
            value for _, attributes in page.elements for name, value in attributes.items() if name in ("src", "href")
        ]
        assert references
        assert all(value.startswith(("data:image/png;base64,", "#")) for value in references)
        assert page.all("link") == []

    def test_links_lead_to_places_on_the_page(self, two):
        page, _ = two
        identifiers = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
        assert len(identifiers) == len(set(identifiers))
        targets = {attributes["href"].removeprefix("#") for attributes in page.all("a")}
        assert targets <= set(identifiers)
        assert len(targets) == 3 + 2

    def test_frames_are_shown_with_their_variant_unchanged(self, report):
        frames = np.random.default_rng(0).integers(0, 256, size=(3, 210, 160, 3), dtype=np.uint8)
        page, _ = report(ONE, frames={"lazy_enemy": frames[:2], "unmodified": frames[2:]})
        shown = {image["alt"]: image["src"] for image in page.all("img")}
        for alt, frame in [
            ("Pong, unmodified: picture 1 of 1", frames[2]),
            ("Pong, lazy_enemy: picture 1 of 2", frames[0]),
            ("Pong, lazy_enemy: picture 2 of 2", frames[1]),
        ]:
            assert np.array_equal(decode(shown[alt]), frame)

    def test_plots_of_both_colour_schemes_have_a_text_and_the_same_size(self, one):
        page, _ = one
        light, dark = (decode(image["src"]) for image in page.all("img"))
        assert light.shape == dark.shape
        assert light.mean() > 128 > dark.mean()
        assert all(image["alt"].startswith("Bar plot of the scores of ppo.zip") for image in page.all("img"))

    def test_tables_have_headers_with_a_scope(self, two):
        page, _ = two
        assert {attributes["scope"] for attributes in page.all("th")} == {"col", "row"}

    def test_provenance_is_complete(self, one):
        page, _ = one
        text = flat(page.text[page.text.rindex("Provenance") :])
        for part in [
            "Date 2025-01-31",
            "Command hackatari eval ppo.zip --episodes 4",
            "Seeds 0, 1, 2, 3",
            "ale-py 0.12.1",
            "numpy 2.4.6",
            "SHA-256 " + "ab" * 32,
            "Frameskip 4",
            "Deterministic yes",
        ]:
            assert part in text
        assert "The opponent rests." not in text

    def test_methods_state_references_and_resamples(self, one):
        page, _ = one
        assert "a random agent has −20.7 and the human tester 14.6" in flat(page.text)
        assert "10,000 resamples" in page.text

    def test_forty_variants_and_long_names(self, report):
        long = "opponent_paddle_colour_light_blue_with_a_long_name"
        results = episodes([18, 20]) + [
            result for k in range(40) for result in episodes([k, k + 1], (f"modif_{k}", long))
        ]
        page, _ = report(results)
        assert len(page.tables["summary"][0]) == 1 + 41
        assert f"modif_39 + {long}" in page.text


class TestErrors:
    def test_several_games(self, report):
        with pytest.raises(ValueError, match="A report is about one game, got breakout, pong; write one report"):
            report(ONE + episodes([1.0], game="breakout"))

    def test_no_summaries(self, report):
        with pytest.raises(ValueError, match="A report is about one game, got no summaries"):
            report([])

    @pytest.mark.parametrize(
        ("frame", "error", "message"),
        [
            (np.zeros((210, 160, 3)), TypeError, "Frames must be uint8, got float64 for lazy_enemy."),
            (np.zeros((210, 160), np.uint8), ValueError, "(height, width, 3), got (210, 160) for lazy_enemy."),
            (np.zeros((4, 84, 84), np.uint8), ValueError, "(height, width, 3), got (4, 84, 84) for lazy_enemy."),
        ],
    )
    def test_frames_of_another_kind(self, report, frame, error, message):
        with pytest.raises(error, match=re.escape(message)):
            report(ONE, frames={"lazy_enemy": [frame]})


class TestHeadline:
    def say(self, results):
        return headline(summarise(results, seed=0))

    def test_a_loss(self):
        # -30.4 and -15.2 of a lead of 38.7: 58.9 % are lost on average.
        results = episodes([18, 18]) + episodes([-12.4, -12.4], ("lazy_enemy",)) + episodes([2.8, 2.8], ("up_drift",))
        assert self.say(results) == (
            f"keeps 41.1{SPACE}% of its lead over a random agent on average over 2 variants; "
            "hurt most by lazy_enemy: 18.0 → −12.4."
        )

    def test_one_variant(self):
        results = episodes([18, 18]) + episodes([-12.4, -12.4], ("lazy_enemy",))
        assert self.say(results) == (
            f"keeps 21.4{SPACE}% of its lead over a random agent on its one variant; "
            "hurt most by lazy_enemy: 18.0 → −12.4."
        )

    def test_a_total_loss(self):
        results = episodes([18, 18]) + episodes([-21, -21], ("lazy_enemy",))
        assert self.say(results) == (
            "loses all of its lead over a random agent on its one variant; hurt most by lazy_enemy: 18.0 → −21.0."
        )

    def test_no_loss(self):
        results = episodes([18, 18]) + episodes([18, 18], ("lazy_enemy",))
        assert self.say(results) == (
            f"keeps 100.0{SPACE}% of its lead over a random agent on its one variant; "
            "hurt by no variant, lowest on lazy_enemy: 18.0 → 18.0."
        )

    @pytest.mark.parametrize("scores", [[-21, -21], [-21, -20, -21, -20]])
    def test_an_agent_no_better_than_random_has_nothing_to_keep(self, scores):
        results = episodes(scores) + episodes([-21] * len(scores), ("lazy_enemy",))
        assert self.say(results).startswith("has no clear lead over a random agent; hurt ")
        assert kept_share(summarise(results, seed=0)) is None

    def test_a_game_without_references(self):
        results = episodes([390], game="donkey_kong") + episodes([10], ("no_barrels",), game="donkey_kong")
        assert self.say(results) == "hurt most by no_barrels: 390.0 → 10.0."

    def test_the_unmodified_game_alone(self):
        assert self.say(episodes([17, 18])) == "scores 17.5 on average on the unmodified game."

    def test_without_the_unmodified_game(self):
        assert self.say(episodes([5], ("a",)) + episodes([-3], ("b",))) == (
            "was not evaluated on the unmodified game, so no change is known; lowest mean score on b: −3.0."
        )


@pytest.mark.parametrize(
    ("score", "text"),
    [(18, "18.0"), (-12.44, "−12.4"), (-0.04, "0.0"), (391234.56, "391,234.6"), (-17098.1, "−17,098.1")],
)
def test_format_score(score, text):
    assert format_score(score) == text


@pytest.mark.parametrize(
    ("share", "signed", "text"),
    [(0.5, False, "50.0"), (0.5, True, "+50.0"), (-1, True, "−100.0"), (-0.0001, True, "0.0"), (12, True, "+1,200.0")],
)
def test_format_percent(share, signed, text):
    assert format_percent(share, signed) == f"{text}{SPACE}%"


def decode(uri):
    png = base64.b64decode(uri.removeprefix("data:image/png;base64,"), validate=True)
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
