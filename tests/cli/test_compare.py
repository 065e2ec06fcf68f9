"""`textclf compare`: tables, verdict, picture."""

import pytest

from run_folders import make_run, make_series
from textclf.cli import tables


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
        "  val_mae   1.0000 higher, which is worse: beyond seed noise, p = 0.0079",
        "  test_mae  1.0000 higher, which is worse: beyond seed noise, p = 0.0079",
        "  p: exact Fisher-Pitman permutation test of the means; 5 + 5 seeds,",
        "  252 permutations, the smallest possible p is 0.0079",
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
    assert list(printed) == ["runs", "settings", "made_with", "scores", "differences", "files"]
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


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["wide"], 2, "Name at least two runs."),
        ([], 2, "Missing argument"),
        (["wide", "nothing"], 5, "no such run"),
        (["wide", "wide"], 5, "named twice"),
        (["wide", "narrow", "-o", "picture.jpg"], 2, "must end in"),
    ],
)
def test_what_cannot_be_compared(cli, series, arguments, code, message):
    result = cli("compare", *arguments, "--runs-dir", series)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
