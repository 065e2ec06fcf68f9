"""`textclf compare`: tables, verdict, picture."""

import csv
import io

import pytest

from run_folders import make_run, make_series
from textclf.cli import comparisons, tables


@pytest.fixture
def series(tmp_path):
    make_series(tmp_path, "wide", [3.0, 3.1, 3.2, 3.3, 3.4])
    make_series(tmp_path, "narrow", [4.0, 4.1, 4.2, 4.3, 4.4], "model.units=[8]")
    return tmp_path


def test_series_are_compared(cli, series, empty_folder):
    result = cli("compare", "wide", "narrow", "--runs-dir", series)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "setting          wide  narrow",
        "model.units  [64, 64]     [8]",
        "",
        "score                wide           narrow",
        "fits              5 seeds          5 seeds",
        "val_mae   3.2000 ± 0.1581  4.2000 ± 0.1581",
        "test_mae  4.2000 ± 0.1581  5.2000 ± 0.1581",
        "epochs                  2                2",
        "time                5.0 s            5.0 s",
        "",
        "narrow against wide",
        "  val_mae   1.0000 higher, which is worse: beyond seed noise, p = 0.016",
        "  test_mae  1.0000 higher, which is worse: beyond seed noise, p = 0.016",
        "  p: exact Fisher-Pitman permutation test of the means; 5 + 5 seeds,",
        "  252 permutations, the smallest possible p is 0.0079",
        "  corrected by Holm's method for all 2 tests against wide",
        "",
        "comparison.png",
    ]
    assert (empty_folder / "comparison.png").read_bytes().startswith(b"\x89PNG")


def test_single_runs_say_what_a_verdict_needs(cli, series):
    for name, mae in (("one", 3.0), ("other", 3.5)):
        make_run(series, name, mae, f"training.epochs={int(mae * 2)}")
    result = cli("compare", series / "one", series / "other", "-o", "new/picture.svg")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-6:] == [
        "other against one",
        "  val_mae   0.5000 higher, which is worse",
        "  test_mae  0.5000 higher, which is worse",
        "  one seed each: seed noise may be as large; train both with --seeds 5",
        "",
        "new/picture.svg",
    ]


def test_json(cli_json, series):
    code, printed = cli_json("compare", series / "wide", series / "narrow")
    assert code == 0
    assert {"runs", "settings", "made_with", "scores", "differences", "files"} < set(printed)
    assert (printed["baseline"], printed["ranking"]) == ("wide", ["wide", "narrow"])
    assert printed["differences"][0]["corrected_p"] == 4 / 252
    assert printed["settings"] == {"model.units": {"wide": [64, 64], "narrow": [8]}}
    assert printed["differences"][0]["beyond_seed_noise"] is True
    assert printed["differences"][0]["by_seed"]["n"] == [5, 5]
    assert printed["differences"][0]["by_example"] is None


def test_a_table_is_continued_where_the_terminal_is_narrow(cli, series, monkeypatch):
    monkeypatch.setattr(tables, "line_length", lambda: 40)
    lines = cli("compare", "wide", "narrow", "--runs-dir", series).stdout.splitlines()
    assert max(map(len, lines[: lines.index("narrow against wide")])) <= 40
    assert [line.split()[-1] for line in lines if line.startswith("score")] == ["wide", "narrow"]


def test_what_a_run_says_of_itself_cannot_reach_the_terminal(cli, series):
    make_run(series, "evil", 3.0, versions={"keras": "\x1b[2J\n"})
    assert "\\x1b[2J\\n" in cli("compare", series / "wide", series / "evil").stdout


@pytest.fixture
def many(tmp_path):
    """Five single runs, one of them on other data, one validated on test rows."""
    for number, mae in enumerate([3.4, 3.2, 3.1, 3.3, 1.0]):
        data = {"data": {"b.npz": "1"}} if mae == 1.0 else {}
        overrides = [f"model.units=[{8 + number}]"]
        if mae == 3.3:
            overrides.append("training.validation={split: test}")
        make_run(tmp_path, f"run-{number}", mae, *overrides, **data)
    return tmp_path


ALL = [f"run-{number}" for number in range(5)]


def test_many_runs_have_a_row_each_the_best_first_the_other_data_last(cli, many):
    lines = cli("compare", *ALL, "--runs-dir", many, "--quiet").stdout.splitlines()
    assert lines[:2] == ["no verdict: run-4 and run-0 have different data", ""]
    assert [line.split() for line in lines[2:8]] == [
        ["run", "val_mae", "difference", "verdict"],
        ["run-2", "3.1000", "-0.3000"],
        ["run-1", "3.2000", "-0.2000"],
        ["run-3", "3.3000*", "other", "rows"],
        ["run-0", "3.4000", "baseline"],
        ["run-4", "1.0000", "other", "data"],
    ]
    assert "units" in next(line for line in lines if line.startswith("run") and "epochs" in line)
    assert "one seed each: seed noise may be as large; train both with --seeds 5" in lines
    assert any(line.startswith("* validated on test rows") for line in lines)


def test_another_baseline(cli, cli_json, many):
    lines = cli("compare", *ALL, "--runs-dir", many, "--baseline", "run-1").stdout.splitlines()
    assert ["run-1", "3.2000", "baseline"] in [line.split() for line in lines]
    code, printed = cli_json("compare", "run-0", "--baseline", "run-2", "--runs-dir", many)
    assert (code, list(printed["runs"])) == (0, ["run-2", "run-0"])


@pytest.mark.parametrize("length", [60, 80])
def test_many_runs_fit_the_terminal(cli, many, monkeypatch, length):
    monkeypatch.setattr(tables, "line_length", lambda: length)
    result = cli("compare", *ALL, "--runs-dir", many)
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert result.stderr.splitlines()[0] == "1/4  comparing run-1"


def test_different_data_is_said_first_and_no_verdict_follows(cli, many):
    lines = cli("compare", "run-0", "run-4", "--runs-dir", many).stdout.splitlines()
    assert lines[0] == "no verdict: run-4 and run-0 have different data"
    assert "  val_mae   2.4000 lower: not comparable" in lines
    assert not any("which is" in line for line in lines)


def test_csv_has_a_line_for_each_run(cli, many):
    result = cli("compare", *ALL, "--runs-dir", many, "--csv", "--quiet")
    assert result.stdout_bytes.count(b"\r\n") == 6
    rows = {row["run"]: row for row in csv.DictReader(io.StringIO(result.stdout))}
    assert list(rows) == ["run-2", "run-1", "run-3", "run-0", "run-4"]
    assert rows["run-0"]["baseline"] == rows["run-4"]["other_data"] == "true"
    assert float(rows["run-2"]["val_mae_difference"]) == pytest.approx(-0.3)
    assert rows["run-4"]["val_mae_difference"] == rows["run-4"]["val_mae_better"] == ""
    assert rows["run-3"]["model.units"] == "[11]"


def test_csv_and_json_are_two_outputs(cli_json, series):
    code, printed = cli_json("compare", series / "wide", series / "narrow", "--csv")
    assert (code, printed["error"]["messages"]) == (2, ["Choose one of --csv and --json."])


def test_p_is_never_shown_as_0():
    assert [comparisons._p(p) for p in (1e-300, 9.9e-5, 1e-4, 0.0079, 1.0)] == [
        *("<0.0001", "<0.0001", "0.0001", "0.0079", "1")
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["wide"], 2, "Name at least two runs."),
        ([], 2, "Missing argument"),
        (["wide", "nothing"], 5, "no such run"),
        (["wide", "wide"], 5, "named twice"),
        (["wide", "--baseline", "nothing"], 5, "no such run"),
        (["wide", "narrow", "-o", "picture.jpg"], 2, "must end in"),
    ],
)
def test_what_cannot_be_compared(cli, series, arguments, code, message):
    result = cli("compare", *arguments, "--runs-dir", series)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr


@pytest.fixture
def four(tmp_path, empty_folder):
    """Runs a, b and d, and c, whose record is damaged; a file and a learning curve beside them."""
    for number, name in enumerate("abcd"):
        make_run(empty_folder / "runs", name, 3.0 + number)
    (empty_folder / "runs/c/run.json").write_text("{")
    (empty_folder / "runs/notes.txt").write_text("mine")
    curve = make_run(empty_folder / "runs", "curve", 3.0)
    curve.update(curve={"shares": [0.5, 1.0], "seeds": 1})
    return sorted(f"runs/{path.name}" for path in (empty_folder / "runs").iterdir())


@pytest.mark.parametrize("command", ["compare", "report", "plot"])
def test_what_is_damaged_or_not_a_run_is_left_out_in_a_line(cli, four, command):
    result = cli(command, *four, "-o", "out.html" if command == "report" else "out.png")
    assert result.exit_code == 0, result.stderr
    warned = [line for line in result.stderr.splitlines() if "left out: " in line]
    assert [line.split(": ")[3] for line in warned] == [
        *("runs/c/run.json", "runs/notes.txt", "runs/curve"),
    ]


def test_one_that_is_named_alone_or_as_baseline_or_does_not_exist_is_an_error(cli, four):
    for arguments in (
        ("report", "runs/c"),
        ("plot", "c"),
        ("compare", "a", "c"),
        ("compare", *four, "--baseline", "c"),
        ("compare", *four, "--baseline", "curve"),
        ("report", *four, "runs/e"),
    ):
        assert cli(*arguments).exit_code == 5, arguments
