from __future__ import annotations

import csv
import json
import os
import re

import numpy as np
import pytest

from hackatari.benchmarks.results import (
    EpisodeResult,
    EpisodeSpec,
    ResultStore,
    VariantSummary,
    by_checkpoint,
    summarise,
    write_csv,
    write_json,
)
from hackatari.benchmarks.statistics import bootstrap_interval, iqm

SETTINGS = {"frameskip": 4, "repeat_action_probability": 0.25, "noop_max": 30, "deterministic": True, "mode": None}


def episode(score=0.0, modifs=(), index=0, **changes):
    fields = {
        "checkpoint": "ppo.zip",
        "checkpoint_sha256": "ab" * 32,
        "game": "pong",
        "modifs": modifs,
        "episode": index,
        "seed": 100 + index,
        "settings": SETTINGS,
        "score": score,
        "steps": 1000,
        "frames": 4000,
        "truncated": False,
    }
    return EpisodeResult(**{**fields, **changes})


def episodes(scores, modifs=(), **changes):
    return [episode(score, modifs, index, **changes) for index, score in enumerate(scores)]


class TestEpisodes:
    def test_json_round_trip(self):
        result = episode(-12.0, ("lazy_enemy", "up_drift"), truncated=True)
        assert EpisodeResult.from_dict(json.loads(json.dumps(result.to_dict()))) == result

    def test_settings_survive_the_round_trip_and_later_changes(self):
        settings = {"frameskip": (2, 5), "nested": {"a": [1, None]}}
        result = episode(settings=settings)
        settings["frameskip"] = 4
        assert result.settings == {"frameskip": [2, 5], "nested": {"a": [1, None]}}
        assert EpisodeResult.from_dict(json.loads(json.dumps(result.to_dict()))) == result

    def test_key_is_known_before_the_episode_is_played(self):
        result = episode(7.0, ("lazy_enemy",))
        outcome = ("score", "steps", "frames", "truncated")
        spec = EpisodeSpec(**{name: value for name, value in vars(result).items() if name not in outcome})
        assert spec.key() == result.key()

    def test_key_does_not_change_between_versions(self):
        spec = EpisodeSpec(
            checkpoint="a", checkpoint_sha256="b", game="pong", modifs=("c",), episode=0, seed=1, settings={"d": 0.25}
        )
        assert spec.key() == "24be7170cb300c3fb092087cfbd4cea7a021abb7725410c3b6afcea46bf4e389"

    def test_key_ignores_the_outcome_and_the_order_of_settings(self):
        reordered = dict(reversed(SETTINGS.items()))
        other = episode(9.0, steps=1, frames=2, truncated=True, settings=reordered)
        assert episode(3.0).key() == other.key()

    @pytest.mark.parametrize(
        "changes",
        [
            {"checkpoint": "dqn.zip"},
            {"checkpoint_sha256": "cd" * 32},
            {"game": "breakout"},
            {"modifs": ("lazy_enemy",)},
            {"index": 1, "seed": 100},
            {"seed": 7},
            {"settings": {**SETTINGS, "frameskip": 5}},
            {"settings": {**SETTINGS, "sampled": False}},
        ],
    )
    def test_key_depends_on_everything_else(self, changes):
        assert episode(**changes).key() != episode().key()

    def test_order_of_modifs_makes_another_variant(self):
        first, second = episode(modifs=("a", "b")), episode(modifs=("b", "a"))
        assert (first.variant, second.variant) == ("a + b", "b + a")
        assert first.key() != second.key()

    def test_the_original_game_is_called_unmodified(self):
        assert episode().variant == "unmodified"

    @pytest.mark.parametrize(
        ("changes", "error", "message"),
        [
            ({"modifs": "lazy_enemy"}, TypeError, "modifs must be a tuple of names, got 'lazy_enemy'."),
            ({"settings": {"seed": np.int64(3)}}, TypeError, "settings must hold JSON values only"),
            ({"score": float("nan")}, ValueError, "score must be finite, got nan."),
        ],
    )
    def test_what_cannot_be_stored_is_refused(self, changes, error, message):
        with pytest.raises(error, match=re.escape(message)):
            episode(**changes)

    def test_missing_and_unknown_fields_are_named(self):
        data = episode().to_dict()
        with pytest.raises(ValueError, match=re.escape("unknown lives, reward.")):
            EpisodeResult.from_dict({**data, "reward": 1, "lives": 3})
        del data["score"], data["seed"]
        with pytest.raises(ValueError, match=re.escape("missing score, seed.")):
            EpisodeResult.from_dict(data)


class TestResultStore:
    def test_results_return_in_order(self, tmp_path):
        store = ResultStore(tmp_path / "new" / "folder")
        assert store.load() == []
        results = episodes([1.0, 2.0]) + episodes([3.0], ("lazy_enemy",))
        for result in results:
            store.add(result)
        assert store.load() == results
        assert ResultStore(tmp_path / "new" / "folder").load() == results

    def test_an_evaluation_resumes_where_it_stopped(self, tmp_path):
        ResultStore(tmp_path).add(episode(5.0, index=0))
        store = ResultStore(tmp_path)
        assert store.get(episode(index=0).key()) == episode(5.0, index=0)
        assert store.get(episode(index=1).key()) is None
        store.add(episode(6.0, index=1))
        assert [result.score for result in ResultStore(tmp_path).load()] == [5.0, 6.0]

    def test_every_line_is_one_json_object(self, tmp_path):
        store = ResultStore(tmp_path)
        for result in episodes([1.0, 2.0, 3.0]):
            store.add(result)
        content = (tmp_path / "episodes.jsonl").read_text()
        assert content.endswith("\n")
        assert [json.loads(line)["score"] for line in content.splitlines()] == [1.0, 2.0, 3.0]

    def test_a_failed_write_loses_nothing(self, tmp_path, monkeypatch):
        store = ResultStore(tmp_path)
        store.add(episode(1.0))

        def fail(source, target):
            raise OSError("disk full")

        monkeypatch.setattr(os, "replace", fail)
        with pytest.raises(OSError, match="disk full"):
            store.add(episode(2.0, index=1))
        assert store.get(episode(index=1).key()) is None
        assert ResultStore(tmp_path).load() == [episode(1.0)]

    @pytest.mark.parametrize("length", [1, 40, -1])
    def test_a_last_line_that_was_cut_off_is_ignored_and_replaced(self, tmp_path, length):
        path = tmp_path / "episodes.jsonl"
        lines = [json.dumps(result.to_dict()) for result in episodes([1.0, 2.0])]
        path.write_text(lines[0] + "\n" + lines[1][:length])
        store = ResultStore(tmp_path)
        assert store.load() == [episode(1.0)]
        store.add(episode(2.0, index=1))
        assert path.read_text() == "\n".join(lines) + "\n"

    def test_a_complete_last_line_without_newline_counts(self, tmp_path):
        (tmp_path / "episodes.jsonl").write_text(json.dumps(episode(1.0).to_dict()))
        assert ResultStore(tmp_path).load() == [episode(1.0)]

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("{broken", "line 2 is not JSON"),
            ("", "line 2 is not JSON"),
            ("[1, 2]", "line 2 is not an episode: expected a JSON object, got list."),
            ('{"score": 1.0}', "line 2 is not an episode: missing checkpoint"),
            (json.dumps({**episode(1.0).to_dict(), "score": "high"}), "line 2 is not an episode"),
            (json.dumps({**episode(1.0).to_dict(), "score": float("inf")}), "score must be finite"),
            (json.dumps(episode(2.0).to_dict()), "line 2 contradicts an earlier line of the same episode."),
        ],
    )
    def test_any_other_malformed_line_is_an_error_that_names_file_and_line(self, tmp_path, line, message):
        path = tmp_path / "episodes.jsonl"
        path.write_text("\n".join([json.dumps(episode(1.0).to_dict()), line, ""]))
        with pytest.raises(ValueError, match=re.escape(message)) as caught:
            ResultStore(tmp_path)
        assert str(path) in str(caught.value)

    def test_the_same_result_twice_is_stored_once(self, tmp_path):
        store = ResultStore(tmp_path)
        store.add(episode(1.0))
        store.add(episode(1.0))
        assert store.load() == [episode(1.0)]

    def test_another_outcome_of_a_stored_episode_is_refused(self, tmp_path):
        store = ResultStore(tmp_path)
        store.add(episode(1.0))
        with pytest.raises(ValueError, match=re.escape("with another outcome (score 1.0, now 2.0)")):
            store.add(episode(2.0))
        assert store.load() == [episode(1.0)]


class TestSummarise:
    def test_numbers_by_hand(self):
        original, variant = summarise(
            episodes([17.0, 19.0, 18.0, 18.0]) + episodes([-21.0, -11.0, -9.0, -7.0], ("lazy_enemy",)), seed=0
        )
        assert (original.variant, original.episodes, original.mean, original.iqm) == ("unmodified", 4, 18.0, 18.0)
        assert original.std == pytest.approx(np.sqrt(2 / 3))
        assert original.human_normalised_score == pytest.approx(38.7 / 35.3)
        assert original.pairs == 0
        assert original.relative_change is None
        assert original.relative_change_low is None

        assert (variant.variant, variant.mean, variant.iqm, variant.pairs) == ("lazy_enemy", -12.0, -10.0, 4)
        assert variant.human_normalised_score == pytest.approx(8.7 / 35.3)
        assert variant.relative_change == pytest.approx(-30 / 38.7)
        assert variant.relative_change_low < variant.relative_change < variant.relative_change_high
        assert variant.iqm_low <= variant.iqm <= variant.iqm_high

    def test_interval_is_that_of_the_iqm_over_episodes(self):
        scores = np.random.default_rng(1).normal(size=20)
        (summary,) = summarise(episodes(scores.tolist()), seed=3)
        expected = bootstrap_interval(scores, iqm, np.random.default_rng(2))
        assert (summary.iqm_low, summary.iqm_high) == pytest.approx(tuple(expected), abs=0.05)

    def test_one_episode_has_no_spread(self):
        original, variant = summarise(episodes([18.0]) + episodes([-12.0], ("lazy_enemy",)), seed=0)
        assert (original.std, original.iqm_low, original.iqm_high) == (None, None, None)
        assert variant.relative_change == pytest.approx(-30 / 38.7)
        assert (variant.relative_change_low, variant.relative_change_high) == (None, None)

    def test_a_game_without_references_has_neither_hns_nor_relative_change(self):
        results = episodes([100.0, 200.0]) + episodes([0.0, 0.0], ("no_barrels",))
        summaries = summarise([episode_of("donkey_kong", result) for result in results], seed=0)
        assert [summary.human_normalised_score for summary in summaries] == [None, None]
        assert [summary.relative_change for summary in summaries] == [None, None]

    def test_without_the_original_game_there_is_no_change(self):
        (summary,) = summarise(episodes([1.0, 2.0], ("lazy_enemy",)), seed=0)
        assert (summary.pairs, summary.relative_change) == (0, None)

    def test_an_agent_without_lead_has_no_change(self):
        _, variant = summarise(episodes([-21.0, -21.0]) + episodes([-20.0, -21.0], ("lazy_enemy",)), seed=0)
        assert variant.pairs == 2
        assert (variant.relative_change, variant.relative_change_low) == (None, None)

    def test_only_episodes_with_a_partner_enter_the_change(self):
        results = episodes([18.0, 20.0]) + episodes([0.0, 2.0, -21.0], ("lazy_enemy",))
        _, variant = summarise(results, seed=0)
        assert (variant.episodes, variant.pairs) == (3, 2)
        assert variant.relative_change == pytest.approx((1 - 19) / (19 + 20.7))

    def test_checkpoints_are_compared_with_themselves(self):
        results = episodes([20.0, 20.0]) + episodes([0.0, 0.0], ("lazy_enemy",))
        results += [episode(10.0, index=i, checkpoint="dqn.zip") for i in range(2)]
        results += [episode(10.0, ("lazy_enemy",), i, checkpoint="dqn.zip") for i in range(2)]
        changes = {(s.checkpoint, s.variant): s.relative_change for s in summarise(results, seed=0)}
        assert changes["ppo.zip", "lazy_enemy"] == pytest.approx(-20 / 40.7)
        assert changes["dqn.zip", "lazy_enemy"] == 0

    def test_order_is_original_first_then_as_given(self):
        results = episodes([1.0], ("up_drift",)) + episodes([1.0], ("lazy_enemy",)) + episodes([1.0])
        results += episodes([1.0], ("a",), checkpoint="dqn.zip")
        labels = [(summary.checkpoint, summary.variant) for summary in summarise(results, seed=0)]
        assert labels == [
            ("ppo.zip", "unmodified"),
            ("ppo.zip", "up_drift"),
            ("ppo.zip", "lazy_enemy"),
            ("dqn.zip", "a"),
        ]
        assert [len(agent) for agent in by_checkpoint(summarise(results, seed=0))] == [3, 1]

    def test_numbers_depend_neither_on_order_nor_on_other_variants(self):
        rng = np.random.default_rng(0)
        scores = {modifs: rng.normal(5, 5, 12).tolist() for modifs in [(), ("lazy_enemy",), ("up_drift",)]}
        results = [result for modifs, values in scores.items() for result in episodes(values, modifs)]
        full = {summary.variant: summary for summary in summarise(results, seed=1)}
        shuffled = {s.variant: s for s in summarise([results[i] for i in rng.permutation(36)], seed=1)}
        fewer = {s.variant: s for s in summarise([r for r in results if r.variant != "lazy_enemy"], seed=1)}
        assert full == shuffled
        assert full["up_drift"] == fewer["up_drift"]

    def test_variants_draw_their_own_resamples(self):
        scores = np.random.default_rng(0).normal(5, 5, 12).tolist()
        first, second = summarise(episodes(scores, ("a",)) + episodes(scores, ("b",)), seed=1)
        assert first.iqm == second.iqm
        assert (first.iqm_low, first.iqm_high) != (second.iqm_low, second.iqm_high)

    def test_the_seed_moves_the_intervals_only(self):
        results = episodes(np.random.default_rng(0).normal(5, 5, 12).tolist())
        (first,), (second,) = summarise(results, seed=1), summarise(results, seed=2)
        assert first.iqm == second.iqm
        assert (first.iqm_low, first.iqm_high) != (second.iqm_low, second.iqm_high)

    def test_an_episode_given_twice_is_refused(self):
        with pytest.raises(ValueError, match=re.escape("Episode 0 of ppo.zip on unmodified is given twice.")):
            summarise([episode(1.0), episode(1.0)], seed=0)

    def test_mixed_settings_are_refused(self):
        results = [episode(1.0), episode(1.0, ("lazy_enemy",), settings={**SETTINGS, "frameskip": 5})]
        message = "Episodes of ppo.zip on pong differ in the setting frameskip (4 and 5)"
        with pytest.raises(ValueError, match=re.escape(message)):
            summarise(results, seed=0)

    def test_covers_tells_episodes_apart(self):
        original, variant = summarise(episodes([1.0]) + episodes([2.0], ("lazy_enemy",)), seed=0)
        assert original.covers(episode(1.0))
        assert not variant.covers(episode(1.0))
        assert not original.covers(episode(1.0, checkpoint_sha256="cd" * 32))


class TestFiles:
    summaries = summarise(episodes([18.25, 20.5]) + episodes([1 / 3, -5.0], ("lazy_enemy", "up_drift")), seed=0)

    def test_csv_holds_every_number_in_full_precision(self, tmp_path):
        write_csv(tmp_path / "summary.csv", self.summaries)
        with (tmp_path / "summary.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["variant"] for row in rows] == ["unmodified", "lazy_enemy + up_drift"]
        for row, summary in zip(rows, self.summaries, strict=True):
            for name in ("mean", "std", "iqm", "iqm_low", "iqm_high", "human_normalised_score", "episodes"):
                assert float(row[name]) == getattr(summary, name)
        assert rows[0]["relative_change"] == ""
        assert float(rows[1]["relative_change"]) == self.summaries[1].relative_change

    def test_json_holds_metadata_and_summaries_that_can_be_read_back(self, tmp_path):
        metadata = {"command": "hackatari eval", "versions": {"ale-py": "0.12"}, "seeds": [100, 101]}
        write_json(tmp_path / "summary.json", self.summaries, metadata)
        content = json.loads((tmp_path / "summary.json").read_text())
        assert content["metadata"] == metadata
        assert [VariantSummary.from_dict(data) for data in content["summaries"]] == self.summaries

    def test_a_summary_with_unknown_fields_is_refused(self):
        with pytest.raises(ValueError, match="unknown median"):
            VariantSummary.from_dict({**self.summaries[0].to_dict(), "median": 1.0})


def episode_of(game, result):
    return EpisodeResult.from_dict({**result.to_dict(), "game": game})
