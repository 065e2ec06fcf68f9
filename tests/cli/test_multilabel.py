"""From an empty folder to predictions: texts with several labels each."""

import json
import random

import pytest

from textclf import open_run
from textclf.config.file import load_config
from textclf.errors import RunError

TOPICS = {"sport": ["ball", "goal", "team"], "money": ["bank", "stock", "tax"], "art": ["song"]}


def make_rows(n: int, seed: int = 0) -> list[dict]:
    draw = random.Random(seed)
    rows = []
    for _ in range(n):
        labels = [name for name in TOPICS if draw.random() < 0.4]
        words = [draw.choice(TOPICS[name]) for name in labels for _ in range(2)]
        words += draw.choices(["the", "a", "of", "and", "in"], k=6)
        draw.shuffle(words)
        draw.shuffle(labels)
        if draw.random() < 0.1:  # as people label
            labels = [*TOPICS][:1]
        rows.append({"text": " ".join(words), "labels": labels})
    return rows


def write_rows(path, rows: list[dict]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_init_finds_lists_and_says_so(cli, empty_folder):
    write_rows(empty_folder / "news.jsonl", make_rows(60))
    result = cli("init", "news.jsonl")
    assert "label 'labels', several in a row: " in result.stderr
    text = (empty_folder / "news_dense.yaml").read_text()
    assert "# column 'labels' holds lists: a row has any number of labels, also none\n" in text
    assert load_config("news_dense.yaml").dataset.separator == "|"


@pytest.mark.slow
def test_a_single_label_config_is_warned_of_lists(cli, empty_folder):
    lines = [f"such a text {n},{['a|b', 'b|a', 'a'][n % 3]}\n" for n in range(60)]
    (empty_folder / "a.csv").write_text("text,label\n" + "".join(lines))
    (empty_folder / "a.yaml").write_text(
        "dataset: {name: csv, path: a.csv, text: text, label: label}\n"
        "preprocessing: {num_words: 20, encoding: multi_hot}\nmodel: {type: dense}\n"
    )
    result = cli("check", "a.yaml")
    assert "for several labels in a row, set dataset.labels: {separator: '|'}" in result.stderr


@pytest.mark.slow
def test_the_whole_road(cli, cli_json, empty_folder):
    write_rows(empty_folder / "train.jsonl", make_rows(400))
    write_rows(empty_folder / "test.jsonl", make_rows(100, seed=1))
    assert cli("init", "train.jsonl", "-o", "c.yaml").exit_code == 0
    text = (empty_folder / "c.yaml").read_text().replace("epochs: 20", "epochs: 6")
    (empty_folder / "c.yaml").write_text(text + "\n")
    graph = ("--set", "training.engine=graph", "--set", "training.learning_rate=0.01")

    code, shown = cli_json("check", "c.yaml", *graph)
    assert (code, shown["examples"]["test"]) == (0, 100)
    code, trained = cli_json("train", "c.yaml", *graph, "--name", "m")
    assert code == 0 and trained["metrics"]["test_micro_f1"] > 0.8
    assert not (empty_folder / "runs/m/confusion_matrix.csv").exists()
    assert (empty_folder / "runs/m/plots/labels.png").exists()
    assert "sport" in (empty_folder / "runs/m/classification_report.csv").read_text()

    assert cli("report", "m", "-o", "page.html").exit_code == 0
    page = (empty_folder / "page.html").read_text()
    assert "Results by label" in page and "always no label" in page and "Most confident" in page

    code, answers = cli_json("predict", "--run", "m", "the ball and the bank tax", "of the")
    assert [row["prediction"] for row in answers["predictions"]] == ["money|sport", ""]
    code, answers = cli_json("predict", "--file", "test.jsonl", "--expect", "micro_f1>=0.8")
    assert code == 0
    for name, value in answers["metrics"].items():
        assert value == pytest.approx(trained["metrics"][f"test_{name}"])
    assert answers["predictions"][0]["text"] == make_rows(1, seed=1)[0]["text"]

    assert cli("evaluate", "m", "--expect", "test_micro_f1>=0.8").exit_code == 0
    assert cli("evaluate", "m", "--expect", "test_subset_accuracy>1").exit_code == 7
    refused = cli("evaluate", "m", "--choose-threshold", "f1")
    assert refused.exit_code == 5 and "any number of labels" in refused.stderr
    assert cli("predict", "--run", "m", "--threshold", "0.3", "a").exit_code == 5
    assert cli("train", "c.yaml", "--set", "training.class_weight=balanced").exit_code == 3

    shorter = ("--set", "training.epochs=3", "--name", "n")
    assert cli("train", "c.yaml", *graph, *shorter).exit_code == 0
    assert cli("resume", "n", "--set", "training.epochs=6").exit_code == 0
    metrics = [(empty_folder / f"runs/{name}/metrics.json").read_text() for name in "mn"]
    assert metrics[0] == metrics[1]
    assert "test_subset_accuracy" in cli("compare", "m", "n").stdout
    assert "always no label is right" in cli("data", "show", "c.yaml").stdout
    with pytest.raises(RunError, match="has no confusion matrix, as its rows have several labels"):
        _ = open_run("runs/m").confusion
