"""`textclf runs`: a line for each, on any terminal."""

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
    assert {Path(path).suffix for path in times} == {".json", ".csv"}
    assert max(times.values()) <= 10  # an opening counts twice where it has an opener
