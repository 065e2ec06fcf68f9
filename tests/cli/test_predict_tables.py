"""Predictions for the rows of tables: features or texts, classes or numbers, columns kept."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import Result

from textclf import load_config, open_run, train
from textclf.training.reporter import Reporter

TRAINING = (
    "training: {epochs: 30, batch_size: 8, optimizer: adam, learning_rate: 0.05, engine: graph}\n"
)
BAG = "preprocessing: {num_words: 12, encoding: multi_hot}\n"
CONFIGS = {
    "numbers": "dataset: {name: csv, path: d.csv, features: [a, b], target: y}\n",
    "classes": "dataset: {name: csv, path: d.csv, features: [a, b], label: sign}\n",
    "stars": f"dataset: {{name: csv, path: d.csv, text: text, target: y}}\n{BAG}",
    "texts": f"dataset: {{name: csv, path: d.csv, text: text, label: sign}}\n{BAG}",
}
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of each kind; y = a - b, and its sign."""
    folder = tmp_path_factory.mktemp("tables")
    rows = [
        {"a": a, "b": b, "text": f"a{a} b{b}", "y": a - b, "sign": "plus" if a > b else "minus"}
        for a in range(6)
        for b in range(6)
    ]
    pd.DataFrame(rows).to_csv(folder / "d.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, dataset in CONFIGS.items():
            Path("c.yaml").write_text(f"{dataset}model: {{type: dense, units: [8]}}\n{TRAINING}")
            train(load_config("c.yaml"), name=name, reporter=Reporter())
    return folder


@pytest.fixture
def predict(
    cli: Callable[..., Result], project: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[Rows, str]]:
    """Predicts from the project's folder; the rows and the screen."""
    monkeypatch.chdir(project)

    def run(*arguments: object, code: int = 0) -> tuple[Rows, str]:
        result = cli("predict", *arguments)
        assert result.exit_code == code, result.stderr
        return list(csv.DictReader(result.stdout.splitlines())), result.stderr

    return run


@pytest.mark.slow
def test_numbers_from_features_are_those_of_the_run(predict, project):
    rows, screen = predict("--run", "numbers", "--file", "d.csv")
    assert list(rows[0]) == ["row", "truth", "prediction", "a", "b", "text", "y", "sign"]
    known = pd.read_csv(project / "runs/numbers/predictions.csv")
    for row in known.to_dict("records"):
        mine = rows[row["row"]]
        assert float(mine["prediction"]) == pytest.approx(row["prediction"], rel=1e-6, abs=1e-6)
        assert float(mine["truth"]) == row["truth"]
    errors = [abs(float(row["truth"]) - float(row["prediction"])) for row in rows]
    assert f"mae {sum(errors) / 36:.4f} (36 rows)" in screen


def test_classes_from_features(predict, project):
    rows, screen = predict("--run", "classes", "--file", "d.csv", "--no-keep-columns")
    assert list(rows[0]) == ["row", "truth", "prediction", "probability"]
    right = sum(row["truth"] == row["prediction"] for row in rows)
    assert right > 27 and f"accuracy {right / 36:.4f}, macro_f1 " in screen


def test_a_number_from_a_text(predict):
    rows, _ = predict("--run", "stars", "a5 b0", "a0 b5")
    assert list(rows[0]) == ["row", "prediction", "known_words"]
    assert float(rows[0]["prediction"]) > 1 > -1 > float(rows[1]["prediction"])


def test_columns_that_have_our_names_are_renamed(predict, project):
    pd.DataFrame({"id": [7], "text": ["a5 b0"], "prediction": ["x"], "row": [3]}).to_csv(
        project / "own.csv", index=False
    )
    rows, _ = predict("--run", "texts", "--file", "own.csv")
    assert rows[0]["row"] == "0" and rows[0]["prediction"] in ("plus", "minus")
    assert (rows[0]["id"], rows[0]["input_prediction"], rows[0]["input_row"]) == ("7", "x", "3")


def test_json_lines_in_and_out(predict, project):
    lines = [{"text": "a5 b0", "tags": ["x", "y"]}, {"text": "a0 b5", "tags": []}]
    (project / "in.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    predict("--run", "texts", "--file", "in.jsonl", "-o", "out.jsonl")
    found = [json.loads(line) for line in (project / "out.jsonl").read_text().splitlines()]
    assert [row["tags"] for row in found] == ['["x", "y"]', "[]"]
    assert all(isinstance(row["probability"], float) for row in found)


@pytest.mark.parametrize(
    ("cell", "message"),
    [("x", "'x' is not a number"), ("1,5", "has a decimal comma"), ("nan", "is not a number")],
)
def test_a_cell_that_is_not_a_number_is_an_error_with_its_line(predict, project, cell, message):
    (project / "bad.csv").write_text(f'a,b\n1,2\n"{cell}",3\n')
    _, screen = predict("--run", "numbers", "--file", "bad.csv", code=4)
    assert "bad.csv:3: column 'a': " in screen and message in screen


def test_a_column_that_is_missing_is_named(predict, project):
    (project / "few.csv").write_text("a,c\n1,2\n")
    _, screen = predict("--run", "numbers", "--file", "few.csv", code=4)
    assert "few.csv: has no column 'b'" in screen


def test_features_need_a_file(predict):
    _, screen = predict("--run", "numbers", "a text", code=2)
    assert "runs/numbers reads features: give a --file with the columns a, b." in screen


def test_expectations_of_the_files_scores(predict, project):
    predict("--run", "classes", "--file", "d.csv", "--expect", "accuracy>=0.7")
    _, screen = predict("--run", "numbers", "--file", "d.csv", "--expect", "mae<0.000001", code=7)
    assert "expected mae<1e-06, but mae is " in screen
    _, screen = predict("--run", "texts", "a5", "--expect", "accuracy>=0.7", code=2)
    assert "--expect needs a --file with the true classes or numbers" in screen


def test_the_newest_run_that_can_read_the_input_answers(predict, project):
    _, screen = predict("a5 b0")
    assert screen == "textclf: runs/texts: the newest finished run\n"
    (project / "new.csv").write_text("a,b\n1,2\n")
    record = json.loads((project / "runs/numbers/run.json").read_text())
    for started, taken in (("2999", "numbers"), (record["started"], "texts")):
        edited = json.dumps({**record, "started": started})
        (project / "runs/numbers/run.json").write_text(edited)
        file = "new.csv" if taken == "numbers" else "d.csv"
        assert f"runs/{taken}: the newest" in predict("--file", file)[1]


def test_a_reproduction_never_answers(predict, project):
    record = json.loads((project / "runs/classes/run.json").read_text())
    again = {**record, "recipe": "classes-again", "started": "2999"}
    (project / "runs/classes/run.json").write_text(json.dumps(again))
    try:
        (project / "new.csv").write_text("a,b\n1,2\n")
        assert "runs/numbers: the newest" in predict("--file", "new.csv")[1]
    finally:
        (project / "runs/classes/run.json").write_text(json.dumps(record))


def test_a_file_is_read_as_the_runs_own(predict, project):
    config = (project / "runs/classes/config.yaml").read_text()
    try:
        edited = config.replace("delimiter: null", "delimiter: ;")
        assert edited != config
        (project / "runs/classes/config.yaml").write_text(edited)
        (project / "semicolons.csv").write_text("a;b\n5;0\n")
        assert "runs/classes: the newest" in predict("--file", "semicolons.csv")[1]
    finally:
        (project / "runs/classes/config.yaml").write_text(config)


def test_a_series_of_seeds_has_no_model_to_answer_with(predict, project):
    path = project / "runs/texts/checkpoints/best.keras"
    away = path.rename(path.with_suffix(".away"))
    try:
        assert "runs/stars: the newest" in predict("a5 b0")[1]
    finally:
        away.rename(path)


# --- standard input --------------------------------------------------------------------------


@pytest.fixture
def pipe(cli, project, monkeypatch):
    """Predicts what stands on standard input."""
    monkeypatch.chdir(project)
    return lambda run, content, *more: cli("predict", "--run", run, *more, stdin=content)


def test_features_are_a_table_on_standard_input(pipe, project):
    from_file = (project / "d.csv").read_text()
    result = pipe("numbers", from_file)
    rows = list(csv.DictReader(result.stdout.splitlines()))
    assert len(rows) == 36 and abs(float(rows[7]["prediction"]) - float(rows[7]["y"])) < 0.5
    as_json = pipe("numbers", '{"a": 1, "b": 1}\n').stdout.splitlines()
    assert as_json[1].split(",")[1] == rows[7]["prediction"]


def test_errors_of_a_piped_table_name_standard_input(pipe):
    result = pipe("numbers", "a,b\n1,2\n1,x\n")
    assert result.exit_code == 4
    assert result.stderr.startswith("textclf: standard input:3: column 'b': 'x' is not a number")
    assert "standard input: empty" in pipe("numbers", "").stderr


def test_features_far_from_those_of_training_are_named(predict, project, pipe):
    result = pipe("numbers", "a,b\n-5,10\n1000,2\n1,-6\n")
    assert (
        "2 rows with features far from all training rows, whose predictions are a guess: row "
        "1 (a = 1000, in training 0 to 5), 2 (b = -6, in training 0 to 5)"
    ) in result.stderr


@pytest.mark.parametrize("encoding", ["cp949", "utf-16"])
def test_the_encoding_of_standard_input_can_be_named(pipe, encoding):
    content = "a5 b0 가\na0 b5\n".encode(encoding)
    result = pipe("texts", content, "--encoding", encoding)
    assert result.stdout == pipe("texts", content.decode(encoding)).stdout
    wrong = pipe("texts", "가\n".encode("cp949"))
    assert wrong.exit_code == 4 and "is not UTF-8; name its --encoding" in wrong.stderr
    assert pipe("texts", "", "--encoding", "cp94").exit_code == 2


def test_python_takes_a_threshold_too(project):
    run = open_run("texts", project / "runs")
    texts = ["a5 b0", "a0 b5"]
    assert run.predict(texts)["prediction"].tolist() == ["plus", "minus"]
    assert set(run.predict(texts, threshold=0.999999)["prediction"]) == {"minus"}
    sure = run.predict(texts, threshold=0.999999, positive="minus")
    assert set(sure["prediction"]) == {"plus"}
