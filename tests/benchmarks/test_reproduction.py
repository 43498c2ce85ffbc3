"""Studies are played once and kept, whatever interrupts them, and the page says what they found."""

import json
import multiprocessing
import re
import signal
import subprocess
import sys
import time

import coin_study
import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from hackatari.benchmarks.json_values import json_value
from hackatari.benchmarks.reproduction.curves import curves_png
from hackatari.benchmarks.reproduction.page import (
    Claim,
    Curves,
    Line,
    Section,
    Table,
    format_estimate,
    format_number,
    write_page,
)
from hackatari.benchmarks.reproduction.studies import (
    Run,
    RunError,
    RunResult,
    RunStore,
    Study,
    find_studies,
    run_studies,
    select_studies,
)
from hackatari.benchmarks.statistics import Estimate
from hackatari.cli import app

MINUS = "\u2212"
MODULE = "hackatari.benchmarks.reproduction.reward_centering"


# --- JSON values -------------------------------------------------------------------------------------------------


def test_numpy_becomes_strict_json():
    value = {"a": np.array([[1.5, np.nan]]), "b": (np.int64(3), np.float32(0.5), np.bool_(True)), "c": np.inf}
    assert json_value(value) == {"a": [[1.5, None]], "b": [3, 0.5, True], "c": None}
    assert all(type(entry) in (int, float, bool) for entry in json_value(value)["b"])


@pytest.mark.parametrize("value", [{1, 2}, {"a": object()}, np.array([1j]), {1: "a"}])
def test_what_json_cannot_hold_is_refused(value):
    with pytest.raises(TypeError, match="JSON"):
        json_value(value)


# --- runs and studies --------------------------------------------------------------------------------------------


def test_the_key_of_a_run_depends_on_study_settings_and_seed_alone():
    run = Run("coin", {"a": 1, "b": (1, 2)}, 0)
    assert run.key() == Run("coin", {"b": [1, 2], "a": 1}, 0).key()
    others = [Run("edge", run.settings, 0), Run("coin", {"a": 2, "b": [1, 2]}, 0), Run("coin", run.settings, 1)]
    assert len({run.key(), *(other.key() for other in others)}) == 4


def test_a_study_refuses_what_would_fail_later():
    run = Run("coin", {}, 0)
    with pytest.raises(ValueError, match=r"The run edge\(\), seed 0 is among those of the study 'coin'"):
        Study("coin", "", [Run("edge", {}, 0)], coin_study.toss, coin_study.describe)
    with pytest.raises(ValueError, match=r"The run coin\(\), seed 0 is there twice"):
        Study("coin", "", [run, run], coin_study.toss, coin_study.describe)
    with pytest.raises(ValueError, match="play of the study 'coin' must be a function at the top of a module"):
        Study("coin", "", [run], lambda run: {}, coin_study.describe)


def test_results_come_back_in_the_order_of_the_runs_whatever_the_number_of_workers(tmp_path):
    study = coin_study.coin_study(n_runs=5)
    alone = run_studies([study], tmp_path / "1", workers=1)
    together = run_studies([study], tmp_path / "2", workers=2)
    assert [result.run for result in alone["coin"]] == study.runs
    assert [result.result for result in alone["coin"]] == [result.result for result in together["coin"]]
    expected = coin_study.toss(study.runs[3])
    assert alone["coin"][3].result["shares"] == expected["shares"].tolist()
    assert alone["coin"][3].result["threads"] == ["1", "1"]


def test_what_has_been_played_is_not_played_again(tmp_path):
    played = []
    run_studies([coin_study.coin_study(n_runs=2)], tmp_path, on_result=played.append)
    assert [result.run.seed for result in played] == [0, 1]
    studies = [coin_study.coin_study(n_runs=3), coin_study.coin_study("other", 1)]
    results = run_studies(studies, tmp_path, on_result=played.append)
    assert [(result.run.study, result.run.seed) for result in played[2:]] == [("coin", 2), ("other", 0)]
    assert results == {"coin": played[:3], "other": played[3:]}
    assert len((tmp_path / "runs.jsonl").read_text().splitlines()) == 4


def test_a_failing_run_is_named_and_the_others_are_kept(tmp_path):
    study = coin_study.coin_study(n_runs=4, play=coin_study.fail_on_seed_two)
    message = r"coin\(tosses=50, bias=0.25\), seed 2 failed: ArithmeticError: the coin stood on its edge"
    with pytest.raises(RunError, match=message):
        run_studies([study], tmp_path)
    assert [result.run.seed for result in RunStore(tmp_path).results(study)] == [0, 1]


def test_a_failing_run_stops_the_others(tmp_path):
    study = coin_study.coin_study(n_runs=2, play=coin_study.fail_while_the_others_wait)
    with pytest.raises(RunError, match="the coin stood on its edge"):
        run_studies([study], tmp_path, workers=2)
    assert not multiprocessing.active_children()


def test_a_killed_worker_is_told_from_a_failing_run(tmp_path):
    with pytest.raises(RunError, match="A worker process was killed, perhaps for want of memory; try fewer workers"):
        run_studies([coin_study.coin_study(play=coin_study.die)], tmp_path)


def test_workers_must_be_positive(tmp_path):
    with pytest.raises(ValueError, match="There must be at least 1 worker, got 0"):
        run_studies([coin_study.coin_study()], tmp_path, workers=0)


# --- the file of results -----------------------------------------------------------------------------------------


def test_a_line_that_was_cut_off_is_replaced_by_the_next_result(tmp_path):
    results = [RunResult(Run("coin", {}, seed), {"share": 0.5}, 1.0) for seed in range(3)]
    store = RunStore(tmp_path)
    store.add(results[0])
    store.add(results[1])
    whole = store.path.read_bytes()
    store.path.write_bytes(whole[:-10])

    store = RunStore(tmp_path)
    assert [store.get(result.run) for result in results] == [results[0], None, None]
    store.add(results[2])
    again = RunStore(tmp_path)
    assert [again.get(result.run) for result in results] == [results[0], None, results[2]]


@pytest.mark.parametrize("line", ["hello", "[]", '{"study": "coin"}', "null"])
def test_a_malformed_line_is_named(line, tmp_path):
    (tmp_path / "runs.jsonl").write_text(line + "\n")
    with pytest.raises(ValueError, match="line 1 is not the result of a run"):
        RunStore(tmp_path)


def test_a_study_is_complete_when_all_its_runs_are_there(tmp_path):
    study = coin_study.coin_study(n_runs=2)
    store = RunStore(tmp_path)
    store.add(RunResult(study.runs[0], {}))
    assert not store.complete(study)
    store.add(RunResult(study.runs[1], {}))
    assert store.complete(study)


# --- names -------------------------------------------------------------------------------------------------------


def test_a_misspelt_name_is_answered_with_close_matches():
    with pytest.raises(ValueError, match=r"no reproduction 'reward-centring'\. Did you mean 'reward-centering'\?"):
        find_studies("reward-centring", quick=True, seed=0)
    with pytest.raises(ValueError, match=r"no study 'coins'\. Did you mean 'coin'\? Studies: coin, edge"):
        select_studies(coin_study.studies(quick=True, seed=0), ["coins"])


def test_selected_studies_keep_their_order():
    studies = coin_study.studies(quick=True, seed=0)
    assert select_studies(studies, []) == studies
    assert select_studies(studies, ["edge", "coin"]) == studies
    assert select_studies(studies, ["edge"]) == studies[1:]


# --- the page ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A page with all there can be on one."""
    folder = tmp_path_factory.mktemp("page")
    claims = [
        Claim("A | B < `C`.", True, "2.5 [2.4, 2.6]"),
        Claim("Second.", False, "1"),
        Claim("Third.", None, "0"),
    ]
    table = Table("Rewards.", ["discount", "mean", "n"], [["0.9", Estimate(2.5, 2.4, 2.6), 1234.0], ["<b>", None, -3]])
    curves = Curves("Learning curve", "steps", "reward", {"a": ([0, 1], [1, 2], [0, np.nan], [2, 3])})
    sections = [
        Section("First study", "One.\n\nTwo\nlines.", claims, [table], [curves], "hackatari reproduce x --only first"),
        Section("Second study"),
    ]
    write_page(folder, "A page", sections, {"command": "hackatari reproduce x", "seeds": [0, 1], "versions": {"a": 1}})
    return folder


def test_the_markdown_has_a_line_for_each_claim(page):
    text = (page / "index.md").read_text()
    assert "1 of 3 claims reproduced, 1 not reproduced, 1 undecided at this size." in text
    command = "`hackatari reproduce x --only first`"
    assert rf"| A \| B < `C`. | **reproduced** | 2.5 [2.4, 2.6] | {command} |" in text
    assert f"| Second. | **not reproduced** | 1 | {command} |" in text
    assert f"| Third. | **undecided** | 0 | {command} |" in text


def test_the_markdown_has_text_tables_plots_and_provenance(page):
    lines = (page / "index.md").read_text().splitlines()
    headings = [line for line in lines if line.startswith("#")]
    assert headings == ["# A page", "## First study", "## Second study", "## How the numbers were made"]
    assert "Two lines." in lines
    table = lines.index("| discount | mean | n |")
    assert lines[table + 1 : table + 4] == [
        "|---|--:|--:|",
        "| 0.9 | 2.50 [2.40, 2.60] | 1,234 |",
        f"| <b> | n/a | {MINUS}3 |",
    ]
    assert "![Learning curve](learning-curve.png)" in lines
    assert "- Command: `hackatari reproduce x`" in lines
    assert "- Seeds: 0, 1" in lines
    assert "- Versions: a 1" in lines


def test_the_html_is_one_file_and_escaped(page):
    text = (page / "index.html").read_text()
    assert not re.search(r"(src|href)=\"(?!data:image/png;base64,|#)", text)
    assert text.count("<img") == 2
    assert "A | B &lt; <code>C</code>." in text
    assert f'<th scope="row">&lt;b&gt;</th><td>n/a</td><td>{MINUS}3</td>' in text
    assert [text.count(f'class="outcome {o}"') for o in ("reproduced", "not-reproduced", "undecided")] == [1, 1, 1]
    targets = re.findall(r'href="#([^"]*)"', text)
    assert targets == ["first-study"] * 3
    assert text.count('id="first-study"') == 1


def test_the_json_has_all_numbers(page):
    content = json.loads((page / "results.json").read_text())
    section = content["sections"][0]
    assert [claim["outcome"] for claim in section["claims"]] == ["reproduced", "not reproduced", "undecided"]
    assert section["tables"][0]["rows"][0] == ["0.9", {"mean": 2.5, "low": 2.4, "high": 2.6}, 1234.0]
    assert section["curves"][0]["lines"]["a"] == {"x": [0, 1], "mean": [1, 2], "low": [0, None], "high": [2, 3]}
    assert content["metadata"]["versions"] == {"a": 1}


def test_the_plot_shows_line_and_band():
    x = np.arange(20.0)
    bare, banded = (
        cv2.imdecode(np.frombuffer(curves_png(Curves("", "x", "y", {"a": line})), np.uint8), cv2.IMREAD_COLOR_RGB)
        for line in (Line(x, x), Line(x, x, x - 1, x + 1))
    )
    line_colour, band_colour = (0x00, 0x72, 0xB2), (0xCC, 0xE3, 0xF0)  # the band covers a fifth of white
    assert count_pixels(bare, line_colour) > 1000
    assert count_pixels(banded, line_colour) > 1000
    assert count_pixels(banded, band_colour) > 10_000 > 1000 > count_pixels(bare, band_colour)


def count_pixels(picture, colour):
    return (np.abs(picture.astype(int) - colour) <= 2).all(-1).sum()


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ([], "A page needs at least one section"),
        ([Section("A"), Section("A")], "Two sections of the page have the same title: 'A'"),
        (
            [Section("A", curves=[Curves("C", "", "", {"a": Line([1], [1])})] * 2)],
            "Two plots of the page have the same title: 'c'",
        ),
    ],
)
def test_a_page_that_would_lose_something_is_refused(sections, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        write_page(tmp_path, "A page", sections, {})
    assert not list(tmp_path.iterdir())


def test_ragged_tables_and_lines_are_refused():
    with pytest.raises(ValueError, match="Each row of the table 'T' needs 2 cells, got"):
        Table("T", ["a", "b"], [[1]])
    with pytest.raises(ValueError, match="The plot 'C' needs at least one line"):
        Curves("C", "x", "y", {})
    with pytest.raises(ValueError, match="of the line 'a' must have one length, got"):
        Curves("C", "x", "y", {"a": Line([1, 2], [1])})


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (2.74761, "2.748"),
        (-0.05, f"{MINUS}0.05"),
        (3, "3"),
        (12345.6, "12,346"),
        (0.0, "0"),
        (np.nan, "n/a"),
        (np.inf, "∞"),
        (-np.inf, f"{MINUS}∞"),
    ],
)
def test_numbers_for_people(number, text):
    assert format_number(number) == text


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(2.5812, 2.5692, 2.5932), "2.581 [2.569, 2.593]"),
        (Estimate(-1234.0, -1300.0, -1168.0), f"{MINUS}1,234 [{MINUS}1,300, {MINUS}1,168]"),
        (Estimate(0.5, np.nan, np.nan), "0.5"),
        (Estimate(0.5, 0.5, 0.5), "0.5"),
    ],
)
def test_estimates_for_people(estimate, text):
    assert format_estimate(estimate) == text


# --- the command -------------------------------------------------------------------------------------------------


@pytest.fixture
def reproduce(monkeypatch):
    """Call `hackatari reproduce reward-centering` with the studies of the coin in place of its own."""
    monkeypatch.setitem(sys.modules, MODULE, coin_study)
    arguments = ["reproduce", "reward-centering", "--workers", "1", "--out", "out"]
    return lambda *more: CliRunner().invoke(app, [*arguments, *more], terminal_width=200)


def test_the_command_plays_what_is_missing_and_writes_the_page(reproduce, tmp_path):
    result = reproduce("--quick", "--only", "edge")
    assert result.exit_code == 0, result.output
    text = (tmp_path / "out" / "index.md").read_text()
    assert "## The edge" in text
    assert "## The coin" not in text

    result = reproduce("--quick", "--seed", "0")
    assert result.exit_code == 0, result.output
    assert "1 of 4 runs are in" in " ".join(result.stderr.split())
    assert "Heads | tails: heads are < 60 % of the tosses." in result.stdout
    assert result.stdout.splitlines()[-1] == "Page: out/index.html"
    text = (tmp_path / "out" / "index.md").read_text()
    assert text.index("## The coin") < text.index("## The edge")
    assert "`hackatari reproduce reward-centering --quick --only coin`" in text

    result = reproduce("--quick", "--only", "edge")
    assert "## The coin" in (tmp_path / "out" / "index.md").read_text()


def test_bad_usage_ends_with_one_clear_sentence(reproduce, tmp_path):
    result = reproduce("--only", "coins")
    assert result.exit_code == 2
    assert "There is no study 'coins'. Did you mean 'coin'? Studies: coin, edge." in " ".join(result.stderr.split())
    result = CliRunner().invoke(app, ["reproduce", "reward"])
    assert result.exit_code == 2
    assert "There is no reproduction 'reward'. Did you mean 'reward-centering'?" in " ".join(result.stderr.split())
    assert not list(tmp_path.iterdir())


SCRIPT = f"""
import sys
import coin_study
from hackatari.cli import main

if __name__ == "__main__":
    coin_study.studies = lambda quick, seed: [coin_study.coin_study(play=coin_study.toss_slowly)]
    sys.modules["{MODULE}"] = coin_study
    main()
"""


def test_after_ctrl_c_the_same_command_goes_on(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    environment = {"PYTHONPATH": str(coin_study.FOLDER), "PATH": ""}
    command = [sys.executable, "script.py", "reproduce", "reward-centering", "--workers", "2", "--out", "out"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        # Where the tests run in the background, the signal is ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    runs = tmp_path / "out" / "runs.jsonl"
    while not (runs.exists() and runs.read_text().endswith("\n")) and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Interrupted. 1 of 4 runs are in out/runs.jsonl; the same command goes on" in " ".join(errors.split())
    assert "Traceback" not in errors
    kept = runs.read_text()

    (tmp_path / "go").touch()
    subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=True)
    assert runs.read_text().startswith(kept)
    assert len(runs.read_text().splitlines()) == 4
    assert "1 of 1 claims reproduced" in (tmp_path / "out" / "index.md").read_text()
