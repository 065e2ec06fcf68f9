"""Texts that get several labels: their rows, the scores of a file, the page and the comparison."""

import numpy as np
import pandas as pd
import pytest

from textclf.cli.answers import LabelAnswers
from textclf.data.encoders import TextEncoder
from textclf.data.tasks import MULTILABEL
from textclf.data.texts import Columns, Example, read_texts
from textclf.errors import DataError
from textclf.results.comparison import _metrics_of
from textclf.results.prediction import LabelTally, Predictor
from textclf.results.report.attribution import log_odds_of_labels
from textclf.results.report.labels import read_labels, report_labels, share_right
from textclf.training.scores import compute_scores

WORDS = ("<pad>", "<start>", "<unknown>", "ball", "bank")


class Network:
    """Stands in for a Keras model: each word speaks for its label, 'art' has no word."""

    def predict_on_batch(self, x: np.ndarray) -> np.ndarray:
        has_word = [(x == word).any(axis=1) for word in (3, 4)]
        p = [np.full(len(x), 0.1), *(np.where(has, 0.9, 0.2) for has in has_word)]
        return np.stack(p, axis=1).astype(np.float32)


def make_predictor() -> Predictor:
    encoder = TextEncoder.from_json(
        {
            **{"num_words": 5, "skip_top": 0, "remove_reserved": False, "maxlen": 4},
            **{"padding": "pre", "truncating": "pre", "encoding": "embedding", "words": WORDS},
        }
    )
    return Predictor(Network(), encoder, ["art", "ball", "bank"], separator="; ")


def test_a_row_has_its_labels_and_the_probability_of_each():
    predictor = make_predictor()
    both, none = predictor.predict(["bank, ball", "other words"])
    assert [*both] == predictor.columns
    assert both == {
        "prediction": "ball; bank",
        "probability": 0.729,
        "known_words": 2,
        "probability_art": 0.1,
        "probability_ball": 0.9,
        "probability_bank": 0.9,
    }
    assert (none["prediction"], none["probability"]) == ("", 0.576)


def test_the_scores_of_a_file_are_those_of_a_training():
    rng = np.random.default_rng(1)
    names = ["a", "b", "c"]
    y, p = rng.integers(0, 2, (50, 3)), rng.random((50, 3))
    tally = LabelTally(names, "|")
    join = lambda row: "|".join(name for name, has in zip(names, row, strict=True) if has)  # noqa: E731
    rows = [{"row": n, "truth": join(y[n]), "prediction": join(p[n] > 0.5)} for n in range(len(y))]
    tally.add(rows)
    assert tally.metrics == pytest.approx(compute_scores(MULTILABEL, y, p))
    assert [*tally.warnings()] == []


def test_labels_that_the_model_does_not_have_count_as_missed():
    tally = LabelTally(["a", "b"], "|")
    tally.add([{"row": 0, "truth": "a|z", "prediction": "a"}])
    assert tally.metrics == {
        "accuracy": 1.0, "micro_f1": 2 / 3, "macro_f1": 0.5, "subset_accuracy": 0.0,
    }  # fmt: skip
    (line,) = tally.warnings()
    assert line == "1 label not among the model's classes, counted as wrong: 'z'"


def test_the_truth_of_a_file_is_in_the_order_of_the_classes(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,label\none,b|a|b\ntwo,\n")
    columns = Columns(separator="|")
    assert [example.truth for example in read_texts(path, columns)] == ["a|b", ""]
    (tmp_path / "a.jsonl").write_text('{"text": "one", "label": null}\n')
    with pytest.raises(DataError, match=r"a.jsonl:1: column 'label': None is not a text"):
        [*read_texts(tmp_path / "a.jsonl", columns)]


def test_a_terminal_shows_the_probable_labels(capsys):
    answers = LabelAnswers(["a", "b", "c", "d"], with_texts=True)
    p = {"probability_a": 0.1, "probability_b": 0.7, "probability_c": 0.2, "probability_d": 0.05}
    row = {"row": 0, "truth": "", "prediction": "b", "probability": 0.47, **p}
    answers.write([Example("some text")], [row])
    first, second = capsys.readouterr().out.splitlines()
    assert first.split() == ["b", "0.470", "truth:", "no", "label", "some", "text"]
    assert second.strip() == "b 0.700, c 0.200, a 0.100"


TABLE = pd.DataFrame(
    {
        "truth": ["a|b", "", "b"],
        "prediction": ["a", "", "a|b"],
        "probability_a": [0.9, 0.1, 0.7],
        "probability_b": [0.4, 0.2, 0.8],
    }
)


def test_the_page_reads_the_labels_of_the_predictions():
    labels = read_labels(TABLE, "|")
    assert (labels.names, labels.truth.tolist()) == (
        ["a", "b"],
        [[True, True], [False, False], [False, True]],
    )
    classes, means = report_labels(labels)
    assert [(row["class"], row["support"]) for row in classes] == [("a", 1), ("b", 2)]
    assert [row["class"] for row in means] == ["micro avg", "macro avg", "weighted avg"]
    assert share_right(labels, "", "|") == 0.5 and share_right(labels, "b", "|") == 4 / 6
    for damaged in (TABLE.drop(columns=["probability_a", "probability_b"]), TABLE.replace(0.9, 2)):
        with pytest.raises(ValueError, match="each label needs a probability from 0 to 1"):
            read_labels(damaged, "|")


def test_log_odds_are_those_of_the_answer_as_a_whole():
    logits = np.array([[1.0, -2.0, 0.5], [30.0, -40.0, 50.0]])
    given = np.array([True, False, False])
    p = 1 / (1 + np.exp(-logits[0]))
    together = p[0] * (1 - p[1]) * (1 - p[2])
    found = log_odds_of_labels(logits, given)
    assert found[0] == pytest.approx(np.log(together / (1 - together)))
    assert found[1] == pytest.approx(-50)
    sure = log_odds_of_labels(np.array([[900.0]]), np.array([True]))
    assert np.isfinite(sure).all() and sure[0] > 30


def test_whole_rows_are_compared():
    scores = {"val_loss": 0.1, "val_accuracy": 0.9, "val_subset_accuracy": 0.5, "test_mae": 1.0}
    assert _metrics_of(scores) == ["val_subset_accuracy", "test_mae"]
