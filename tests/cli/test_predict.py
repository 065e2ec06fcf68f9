"""`textclf predict`: classes of new texts, for people and for pipes."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from sklearn.metrics import f1_score

from textclf.cli.answers import LineAnswers
from textclf.data.texts import Example
from textclf.results.prediction import Tally

pytestmark = pytest.mark.real_data

REVIEWS = 'id,text,label\n7,"the best, the very best",pos\n8,not good at all,neg\n9,,pos\n'


@pytest.fixture
def imdb(trained: Path) -> tuple[str, ...]:
    return ("predict", "--runs-dir", str(trained), "--run", "imdb")


def rows_of(content: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content)))


def test_texts_and_lines_are_answered_alike(cli, imdb):
    texts = ["This is a film about the best", "", "What was that?"]
    result = cli(*imdb, *texts)
    assert result.exit_code == 0
    rows = rows_of(result.stdout)
    assert list(rows[0]) == ["row", "prediction", "probability", "known_words"]
    assert [row["row"] for row in rows] == ["0", "1", "2"]
    assert {row["prediction"] for row in rows} <= {"neg", "pos"}
    assert all(0.5 <= float(row["probability"]) <= 1 for row in rows)
    assert [row["known_words"] for row in rows] == ["6", "0", "2"]
    warning = "textclf: warning: 1 text without any word that the model knows, whose"
    assert result.stderr.startswith(warning) and result.stderr.count("\n") == 1
    for stdin in ("\n".join(texts), "\r\n".join(texts) + "\r\n"):
        assert cli(*imdb, stdin=stdin).stdout == result.stdout
    Path("lines.txt").write_text("\n".join(texts))
    assert cli(*imdb, "--file", "lines.txt").stdout == result.stdout


def test_a_labelled_file_shows_the_scores(cli, cli_json, imdb):
    Path("reviews.csv").write_text(REVIEWS)
    result = cli(*imdb, "--file", "reviews.csv")
    rows = rows_of(result.stdout)
    assert [row["truth"] for row in rows] == ["pos", "neg", "pos"]
    right = sum(row["truth"] == row["prediction"] for row in rows) / 3
    macro_f1 = f1_score(
        *([row[key] for row in rows] for key in ("truth", "prediction")), average="macro"
    )
    scores = f"accuracy {right:.4f}, macro_f1 {macro_f1:.4f} (3 rows)"
    assert result.stderr.splitlines()[-1] == f"textclf: {scores}"
    written = cli(*imdb, "--file", "reviews.csv", "-o", "new/out.csv")
    assert written.stdout == f"{scores}\nnew/out.csv\n"
    assert Path("new/out.csv").read_text() == result.stdout
    code, told = cli_json(*imdb, "--file", "reviews.csv", "-o", "out.csv")
    assert (code, told["rows"], told["file"]) == (0, 3, "out.csv")
    assert told["metrics"] == {
        "accuracy": pytest.approx(right),
        "macro_f1": pytest.approx(macro_f1),
    }


def test_json_has_the_rows_of_the_csv(cli, cli_json, imdb, trained):
    code, told = cli_json(*imdb, "a film", "--probabilities")
    assert (code, told["run"], told["rows"]) == (0, str(trained / "imdb"), 1)
    (row,) = told["predictions"]
    assert {key: str(value) for key, value in row.items()} == rows_of(
        cli(*imdb, "a film", "--probabilities").stdout
    )[0]
    assert list(row)[-2:] == ["probability_neg", "probability_pos"]


def test_columns_are_named(cli, imdb):
    Path("a.tsv").write_text("body;kind\nthe film;pos\n")
    named = ("--column", "body", "--label", "kind", "--delimiter", ";")
    assert rows_of(cli(*imdb, "--file", "a.tsv", *named).stdout)[0]["truth"] == "pos"
    result = cli(*imdb, "--file", "a.tsv", "--delimiter", ";")
    assert result.exit_code == 4
    assert result.stderr == (
        "textclf: a.tsv: has no column 'text'; its columns are 'body', 'kind'\n"
        "textclf: name the one to read with --column\n"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["text", "--file", "a.csv"], 2, "Give texts or --file, not both."),
        (["--column", "text"], 2, "need a --file with columns"),
        (["--file", "a.txt", "--label", "x"], 2, "need a --file with columns"),
        (["text", "-o", "out.txt"], 2, "out.txt must end in .csv or .jsonl."),
        (["--file", "a.csv", "--delimiter", ";;"], 2, "';;' is not one character"),
        (["text", "--threshold", "1"], 2, "1.0 is not in the range 0<=x<1"),
        (["text", "--positive", "pos"], 2, "--positive needs a --threshold"),
        (
            ["text", "--threshold", "0.1", "--positive", "pso"],
            5,
            "has no class 'pso'; did you mean",
        ),
        (["--file", "none.csv"], 4, "none.csv: cannot be read: No such file or directory"),
        (["--file", "."], 4, ".: a folder without texts; it needs a folder of .txt"),
        (["text", "--device", "gpu:7"], 6, "there is no such GPU"),
        (
            ["text", "--run", "tail"],
            2,
            "tail reads features: give a --file with the columns CRIM, ZN,",
        ),
        (["text", "--run", "none"], 5, "none: no such run"),
    ],
)
def test_what_cannot_be_done_is_told(cli, imdb, arguments, code, message):
    result = cli(*imdb, *arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr


def test_a_threshold_moves_the_prediction_and_not_the_probabilities(cli, imdb):
    (row,) = rows_of(cli(*imdb, "a film", "--probabilities").stdout)
    p = float(row["probability_neg"])
    for threshold, predicted in ((p - 0.01, "neg"), (p + 0.01, "pos")):
        asked = ("--threshold", threshold, "--positive", "neg", "--probabilities")
        (moved,) = rows_of(cli(*imdb, "a film", *asked).stdout)
        assert moved["prediction"] == predicted
        assert moved["probability"] == row[f"probability_{predicted}"]


def test_no_text_is_no_row(cli, imdb):
    result = cli(*imdb, stdin="")
    assert (result.exit_code, result.stdout) == (0, "row,prediction,probability,known_words\n")
    assert result.stderr == "textclf: warning: there was nothing to predict\n"


def test_bytes_that_are_no_text_end_with_4_after_what_came_before(cli, cli_json, imdb):
    result = cli(*imdb, stdin=b"a film\nGr\xf6\xdfe\n")
    assert result.exit_code == 4
    assert len(rows_of(result.stdout)) == 1
    assert result.stderr.startswith("textclf: standard input:2: byte 3 of the line, 0xf6, is not")


def test_a_failure_leaves_no_file(cli, imdb):
    Path("a.csv").write_text("text\na film\nb,c\n")
    assert cli(*imdb, "--file", "a.csv", "-o", "out.csv").exit_code == 4
    assert [path.name for path in Path().iterdir()] == ["a.csv"]


def change_preprocessing(run: Path, **changes: object) -> None:
    path = run / "preprocessing.json"
    content = json.loads(path.read_text())
    content["encoder"].update({key: changes.pop(key) for key in [*changes] if key != "class_names"})
    path.write_text(json.dumps(content | changes))


def test_a_run_without_words_says_how_to_get_them(cli, runs):
    change_preprocessing(runs / "imdb", words=[])
    result = cli("predict", "--run", runs / "imdb", "text")
    assert result.exit_code == 5
    assert "imdb: has no words: imdb_word_index.json was missing" in result.stderr
    assert "textclf data fetch imdb && textclf reproduce" in result.stderr


@pytest.mark.parametrize(
    "changes",
    [
        {"words": ["a"]},
        {"words": [[1]] * 50},
        {"words": 3},
        {"num_words": "x"},
        {"num_words": 10, "words": ["a"] * 10},
        {"skip_top": "x"},
        {"encoding": "embedding", "maxlen": "x"},
        {"kind": "features"},
        {"class_names": ["a"]},
        {"class_names": ["a", "b", "c"]},
        {"class_names": 5},
    ],
)
def test_damaged_preprocessing_ends_with_5(cli, runs, changes):
    change_preprocessing(runs / "imdb", **changes)
    result = cli("predict", "--run", runs / "imdb", "text")
    assert (result.exit_code, result.stdout) == (5, "")
    assert result.stderr.count("\n") == 1 and "damaged" in result.stderr


def test_an_interrupted_run_predicts_with_a_warning(cli, runs):
    record = runs / "imdb/run.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"status": "interrupted"}))
    for name in ("metrics.json", "predictions.csv"):
        (runs / "imdb" / name).unlink()
    result = cli("predict", "--run", runs / "imdb", "a film")
    assert result.exit_code == 0 and len(rows_of(result.stdout)) == 1
    assert result.stderr == (
        f"textclf: warning: {runs / 'imdb'}: not finished; its best model so far predicts\n"
    )
    (runs / "imdb/checkpoints/best.keras").unlink()
    assert "no epoch of this run was finished" in cli("predict", "--run", runs / "imdb", "a").stderr


@pytest.mark.slow
def test_a_pipe_is_answered_line_by_line_and_may_close_early(imdb, empty_folder):
    command = [sys.executable, "-m", "textclf", *imdb]
    pipe = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipe, text=True, env=os.environ) as process:
        assert process.stdout.readline().startswith("row,prediction")
        for row in range(3):
            process.stdin.write("a film\n")
            process.stdin.flush()
            assert process.stdout.readline().startswith(f"{row},")
        process.stdout.close()
        process.stdin.close()
        assert "Traceback" not in process.stderr.read()


# --- lines for a person ----------------------------------------------------------------------


ROW = {"row": 0, "prediction": "pos", "probability": 0.9345678, "known_words": 9}
MANY = {
    **{"prediction": "pandas", "probability": 0.8, "known_words": 2},
    **{"second": "matplotlib", "second_probability": 0.15},
    **{"third": "keras", "third_probability": 0.05},
}


def lines_of(capsys, text: str, row: dict, classes=("neg", "pos"), with_texts=True) -> list[str]:
    LineAnswers(classes, with_texts).write([Example(text)], [row])
    return [click.unstyle(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("columns", [40, 80, 120])
@pytest.mark.parametrize("text", ["short", "long " * 1000, "日本語" * 100, "e\u0301" * 500])
def test_a_line_fits_the_terminal(capsys, monkeypatch, columns, text):
    from rich.cells import cell_len

    monkeypatch.setenv("COLUMNS", str(columns))
    (line,) = lines_of(capsys, text, ROW)
    assert line.startswith("pos  0.935  ") and cell_len(line) <= columns
    assert line.endswith("…") == (text != "short")


def test_a_text_cannot_steer_the_terminal(capsys):
    text = "\x1b[2Ja\x07\r\nb\u202ec\ud800 \x9b31m"
    classes = ("\x1b[1m", "pos")
    (line,) = lines_of(capsys, text, {**ROW, "truth": "\x1b[1m"}, classes)
    assert re.fullmatch(r"pos +0\.935  truth: \[1m  \[2Ja b c 31m", line)


def test_what_is_wrong_or_unknown_is_marked(capsys):
    assert lines_of(capsys, "a", {**ROW, "truth": "neg"}) == ["pos  0.935  truth: neg  a"]
    assert lines_of(capsys, "a", {**ROW, "truth": "pos"}) == ["pos  0.935  a"]
    assert lines_of(capsys, "a", {**ROW, "truth": ""}) == ["pos  0.935  a"]
    assert lines_of(capsys, "", {**ROW, "known_words": 0}) == ["pos  0.935  no known word  "]


def test_of_many_classes_the_next_stand_below(capsys):
    classes = ("keras", "matplotlib", "numpy", "pandas")
    others = "then matplotlib 0.150, keras 0.050"
    assert lines_of(capsys, "a", MANY, classes) == [
        "pandas      0.800  a", f"            {others}",
    ]  # fmt: skip
    assert lines_of(capsys, "a", MANY, classes, False) == [f"pandas      0.800  {others}"]


def test_the_accuracy_comes_last(capsys):
    tally = Tally(["neg", "pos"])
    tally.add([{**ROW, "truth": "pos"}] * 1234)
    LineAnswers(["neg", "pos"], True).finish("runs/a", tally)
    assert capsys.readouterr().out == "\naccuracy 1.0000, macro_f1 1.0000 (1,234 rows)\n"


def test_the_answers_never_replace_the_texts(cli, trained, empty_folder):
    (empty_folder / "mine.csv").write_text("text,label\na film,pos\n")
    result = cli("predict", "--run", trained / "imdb", "--file", "mine.csv", "-o", "./mine.csv")
    assert result.exit_code == 2 and "would overwrite --file" in result.stderr
    assert (empty_folder / "mine.csv").read_text() == "text,label\na film,pos\n"


@pytest.mark.parametrize("text", ["-5 stars", "-good film", "--good film"])
def test_a_text_that_begins_with_a_dash(cli, imdb, text):
    result = cli(*imdb, text)
    assert result.exit_code == 2
    assert "A text that begins with a dash goes behind --: textclf predict -- " in result.stderr
    assert len(rows_of(cli(*imdb, "--", text).stdout)) == 1


def test_line_breaks_of_windows_are_the_same_on_every_road(cli, imdb):
    expected = rows_of(cli(*imdb, "the best film").stdout)
    for text in ("the\r\nbest\r\nfilm", "the\rbest\rfilm\r"):
        assert rows_of(cli(*imdb, text).stdout) == expected
        Path("a.jsonl").write_text(json.dumps({"text": text}))
        Path("a.csv").write_text(f'text\n"{text}"\n', newline="")
        for name in ("a.jsonl", "a.csv"):
            assert rows_of(cli(*imdb, "--no-keep-columns", "--file", name).stdout) == expected
    assert rows_of(cli(*imdb, stdin=b"the\rbest\rfilm\r\n").stdout) == expected


def test_quotes_can_be_plain_characters(cli, imdb):
    Path("a.tsv").write_text('text\tlabel\n"wow, said he\tpos\nby 5"\tneg\n')
    refused = cli(*imdb, "--file", "a.tsv")
    assert refused.exit_code == 4 and "a.tsv:2: a quote opens a row that ends" in refused.stderr
    assert len(rows_of(cli(*imdb, "--file", "a.tsv", "--quoting", "none").stdout)) == 2
