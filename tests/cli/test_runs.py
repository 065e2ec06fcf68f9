"""`textclf runs`: a line for each, on any terminal."""

import csv
import io
import shutil
from collections import Counter
from pathlib import Path

import pytest

from counting import opened_files
from run_folders import make_run, make_series
from textclf.cli import tables


@pytest.fixture
def some_runs(tmp_path):
    make_run(tmp_path / "runs", "boston_dense-1", 3.0)
    make_series(tmp_path / "runs", "boston_dense-2", [3.0, 4.0], started="2026-11-21T12:00:00.0Z")
    return tmp_path / "runs"


def test_a_line_for_each_run(cli, some_runs):
    result = cli("runs", "--runs-dir", some_runs)
    title, one, series = (line.split() for line in result.stdout.splitlines())
    assert (result.exit_code, result.stderr) == (0, "")
    names = ["run", "status", "fits", "epochs", "metric", "val", "test", "started", "time"]
    assert title == names
    assert one[:6] == ["boston_dense-1", "finished", "2", "mae", "3.000", "4.000"]
    assert one[-2:] == ["1.0", "s"]
    assert " ".join(series[:11]) == ("boston_dense-2 finished 2 seeds 2 mae 3.500 ± 0.707 4.500 ±")


@pytest.mark.parametrize("length", [48, 60, 72, 80, 100])
def test_no_line_is_longer_than_the_terminal_and_names_stay_whole(
    cli, some_runs, monkeypatch, length
):
    monkeypatch.setattr(tables, "line_length", lambda: length)
    lines = cli("runs", "--runs-dir", some_runs).stdout.splitlines()
    assert max(map(len, lines)) <= length
    assert [line.split()[0] for line in lines[1:]] == ["boston_dense-1", "boston_dense-2"]


def test_a_name_is_shortened_as_the_last_resort(cli, some_runs, monkeypatch):
    make_run(some_runs, "a-long-name-" * 5 + "end", 3.0)
    monkeypatch.setattr(tables, "line_length", lambda: 60)
    lines = cli("runs", "--runs-dir", some_runs).stdout.splitlines()
    assert max(map(len, lines)) <= 60
    assert any("…" in line and "end " in line for line in lines)


def test_json(cli_json, some_runs):
    code, printed = cli_json("runs", "--runs-dir", some_runs)
    assert code == 0
    one, series = printed["runs"]
    assert (one["name"], one["path"]) == ("boston_dense-1", str(some_runs / "boston_dense-1"))
    assert (one["epochs"], one["parts"]) == ({"fewest": 2, "most": 2}, None)
    assert series["scores"]["val_mae"] == 3.5


def test_a_damaged_run_is_reported_and_nothing_of_it_reaches_the_terminal(cli, cli_json, some_runs):
    (some_runs / "boston_dense-1" / "history.csv").write_text("epoch,loss\n1,\x1b[31m\n")
    result = cli("runs", "--runs-dir", some_runs)
    assert result.exit_code == 0
    assert "boston_dense-1  damaged" in result.stdout
    assert "history.csv: damaged: " in result.stderr
    assert cli_json("runs", "--runs-dir", some_runs)[1]["runs"][0]["status"] == "damaged"


@pytest.fixture
def three(tmp_path):
    """Runs of other units, the second interrupted, the third validated on test rows."""
    runs = tmp_path / "three"
    make_run(runs, "a", 3.0, started="2026-11-20T12:00:00.0Z")
    make_run(runs, "b", 2.0, "model.units=[8]", epochs=3, started="2026-11-21T12:00:00.0Z")
    validated_on_test = "training.validation={split: test}"
    make_run(runs, "c", 4.0, "seed=7", validated_on_test, started="2026-11-22T12:00:00.0Z")
    return runs


def names(lines: list[str]) -> list[str]:
    return [line.split()[0] for line in lines[1:]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "abc"),
        (["--sort", "val_mae"], "bac"),
        (["--sort", "started"], "abc"),
        (["--sort", "seed"], "cab"),
        (["--where", "val_mae<=3"], "ab"),
        (["--where", "val_mae > 3"], "c"),
        (["--where", "model.units=[8]"], "b"),
        (["--where", "seed=7"], "c"),
        (["--where", "seed=7.0"], "c"),
        (["--where", "run='a'"], "a"),
        (["--where", "epochs>=3"], "b"),
        (["--where", "status!=failed", "--where", "started>2026-11-21"], "bc"),
        (["--where", "training.validation.split!=test", "--where", "dataset.name==boston"], "ab"),
        (["--where", "training.early_stopping=null"], "abc"),
    ],
)
def test_runs_are_chosen_and_ordered(cli, three, arguments, expected):
    result = cli("runs", "--runs-dir", three, *arguments)
    assert (result.exit_code, "".join(names(result.stdout.splitlines()))) == (0, expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--where", "model.unit=8"], "no key 'model.unit' in runs; did you mean model.units?"),
        (["--where", "units=8"], "did you mean model.units?"),
        (["--sort", "val_acuracy"], "no key 'val_acuracy' in runs"),
        (["--where", "status"], "'status' is not of the form model.type=lstm"),
        (["--where", "seed<many"], "42 and 'many' have no order"),
    ],
)
def test_a_wrong_condition_ends_with_2(cli, three, arguments, message):
    result = cli("runs", "--runs-dir", three, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_no_run_that_meets_the_conditions(cli, cli_json, three):
    result = cli("runs", "--runs-dir", three, "--where", "model.type=lstm")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "contains 3 runs, but none that meets every --where" in result.stderr
    assert cli_json("runs", "--where", "model.type=lstm")[1] == {"runs": []}


def test_settings_that_differ_have_columns_and_what_validated_on_test_rows_a_mark(cli, three):
    result = cli("runs", "--runs-dir", three)
    title, _, b, c = result.stdout.splitlines()
    assert {"units", "seed", "split"} < set(title.split()) and "batch_size" not in title
    assert "[8]" in b and "4.000*" in c and "*" not in b
    assert "* validated on test rows" in result.stderr


def test_settings_without_room_are_named(cli, three, monkeypatch):
    monkeypatch.setattr(tables, "line_length", lambda: 50)
    result = cli("runs", "--runs-dir", three)
    assert max(map(len, result.stdout.splitlines())) <= 50
    assert "also different: " in result.stderr and "runs --csv" in result.stderr


def test_csv_has_everything_of_every_run(cli, three):
    (three / "b" / "notes.json").write_text(
        '{"format": 1, "tags": ["x"], "notes": [{"time": "", "text": "a, \\"b\\"\\u001b"}]}'
    )
    result = cli("runs", "--runs-dir", three, "--csv")
    assert (result.exit_code, result.stdout_bytes.count(b"\r\n")) == (0, 4)
    rows = list(csv.DictReader(io.StringIO(result.stdout, newline="")))
    assert [row["run"] for row in rows] == ["a", "b", "c"]
    assert (rows[1]["tags"], rows[1]["notes"]) == ("x", 'a, "b"\\x1b')
    assert (rows[1]["model.units"], rows[1]["training.early_stopping"]) == ("[8]", "null")
    assert (rows[2]["validated_on_test"], rows[2]["val_mae"]) == ("true", "4.0")
    assert rows[2]["training.validation.share"] == ""


def test_csv_and_json_are_two_outputs(cli_json, three):
    code, printed = cli_json("runs", "--runs-dir", three, "--csv")
    assert (code, printed["error"]["messages"]) == (2, ["Choose one of --csv and --json."])


def test_a_damaged_config_does_not_hide_the_scores(cli, three):
    (three / "b" / "config.yaml").write_text("model: [")
    result = cli("runs", "--runs-dir", three)
    assert "2.000" in result.stdout and "config.yaml:1:" in result.stderr


def test_no_runs(cli, cli_json):
    result = cli("runs")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "runs: contains no runs; train one: textclf train CONFIG\n"
    assert cli_json("runs") == (0, {"runs": []})


def test_however_many_runs_each_file_is_read_a_few_times(cli, some_runs):
    for number in range(20):
        shutil.copytree(some_runs / "boston_dense-1", some_runs / f"run-{number}")
    with opened_files() as paths:
        assert cli("runs", "--runs-dir", some_runs).stdout.count("\n") == 23
    times = Counter(path for path in paths if path.startswith(str(some_runs)))
    assert {Path(path).suffix for path in times} == {".json", ".csv", ".yaml"}
    assert max(times.values()) <= 10  # an opening counts twice where it has an opener
