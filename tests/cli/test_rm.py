"""`textclf rm`: whole runs, after asking, and never anything else."""

import sys

import pytest

from made_up_sweep import make_folder
from run_folders import make_run, make_series
from textclf.runs import locked, open_folder


@pytest.fixture
def runs(tmp_path):
    for name in ("a", "b"):
        make_run(tmp_path / "runs", name, 3.0)
    make_series(tmp_path / "runs", "series", [3.0, 4.0])
    return tmp_path / "runs"


def left(runs) -> list[str]:
    return sorted(path.name for path in runs.iterdir())


def test_runs_are_removed(cli, cli_json, runs):
    result = cli("rm", "a", "series", "--runs-dir", runs, "--yes")
    assert result.stdout.splitlines() == [f"removed {runs / 'a'}", f"removed {runs / 'series'}"]
    assert left(runs) == ["b"]
    assert cli_json("rm", runs / "b", "--yes") == (0, {"removed": [str(runs / "b")]})


def test_without_a_terminal_nobody_can_be_asked(cli, runs):
    result = cli("rm", "a", "--runs-dir", runs)
    assert result.exit_code == 2 and "add --yes" in result.stderr
    assert left(runs) == ["a", "b", "series"]


@pytest.mark.parametrize(("answer", "expected"), [("y\n", ["b", "series"]), ("\n", None)])
def test_a_person_is_asked(cli, runs, monkeypatch, answer, expected):
    monkeypatch.setattr(sys.modules["textclf.cli.rm"], "_can_ask", lambda: True)
    result = cli("rm", "a", "--runs-dir", runs, stdin=answer)
    assert result.exit_code == 0
    assert "a  finished, " in result.stderr and "Remove 1 run?" in result.stderr
    assert left(runs) == (expected or ["a", "b", "series"])


@pytest.mark.parametrize("part", ["", "seed-1"])
def test_a_run_in_use_stays_and_so_do_the_others(cli, runs, part):
    with locked(open_folder(runs / "series" / part)):
        result = cli("rm", "a", "series", "--runs-dir", runs, "--yes")
    assert result.exit_code == 5 and "in use" in result.stderr
    assert left(runs) == ["a", "b", "series"]


def test_what_is_not_a_whole_run_stays(cli, runs):
    (runs / "a" / "fold-1").mkdir()
    (runs / "notes").mkdir()
    (runs / "link").symlink_to(runs / "b")
    (runs / "foreign").mkdir()
    (runs / "foreign" / "run.json").write_text("{}")
    make_run(runs / "b", "inner", 3.0)
    refused = {
        "series/seed-1": "a part of the run",
        "a/fold-1": "no run.json",
        "notes": "no run.json",
        "link": "symbolic link",
        "foreign": "not of a run of textclf",
        "b": "holds other runs",
        "nothing": "no such run",
    }
    before = left(runs)
    for name, message in refused.items():
        result = cli("rm", runs / name, "--yes")
        assert result.exit_code == 5 and message in result.stderr, name
    assert left(runs) == before


def test_what_links_point_to_stays(cli, runs, tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("kept")
    (runs / "a" / "out").symlink_to(tmp_path / "precious")
    assert cli("rm", "a", "--runs-dir", runs, "--yes").exit_code == 0
    assert (tmp_path / "precious" / "file").read_text() == "kept"
    assert left(runs) == ["b", "series"]


def test_a_whole_sweep_is_removed_with_its_trials(cli, runs):
    sweep = make_folder(runs, [2.0, 3.0])
    with sweep.lock.held():
        result = cli("rm", "swept", "--runs-dir", runs, "--yes")
        assert result.exit_code == 5 and "in use" in result.stderr
    make_run(sweep.path, "other", 3.0)
    result = cli("rm", "swept", "--runs-dir", runs, "--yes")
    assert result.exit_code == 5 and "holds other runs" in result.stderr
    open_folder(sweep.path / "other").path.rename(runs / "other")
    result = cli("rm", "swept", "--runs-dir", runs, "--yes")
    assert result.stdout == f"removed {runs / 'swept'}\n"
    assert left(runs) == ["a", "b", "other", "series"]
