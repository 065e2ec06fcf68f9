"""New texts are scored as the run's own were, in constant memory, whatever they are."""

import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score

from textclf import load_config, open_run, train
from textclf.data.dataset import Dataset
from textclf.data.encoders import TextEncoder
from textclf.data.loaders import load_dataset
from textclf.data.texts import Example, in_batches
from textclf.results.prediction import BATCH, Predictor, Tally, predict_batches

WORDS = ("<pad>", "<start>", "<unknown>", "good", "bad", "film")
CLASSES = ["neg", "pos"]


class Network:
    """Stands in for a Keras model: 'good' speaks for the last class, 'bad' for the first."""

    def __init__(self, n_outputs: int = 1) -> None:
        self.n_outputs = n_outputs
        self.shapes: set[tuple[int, ...]] = set()

    def predict_on_batch(self, x: np.ndarray) -> np.ndarray:
        self.shapes.add(x.shape)
        good, bad = ((x == word).any(axis=1) for word in (3, 4))
        p = np.where(good, 0.9, np.where(bad, 0.2, 0.5)).astype(np.float32)[:, None]
        if self.n_outputs == 1:
            return p
        rest = np.linspace(2, 1, self.n_outputs - 1, dtype=np.float32)
        return np.hstack([(1 - p) * rest / rest.sum(), p])


def make_predictor(class_names: list[str] = CLASSES, **settings: Any) -> Predictor:
    encoder = TextEncoder.from_json(
        {
            **{"num_words": 6, "skip_top": 0, "remove_reserved": False, "maxlen": 4},
            **{"padding": "pre", "truncating": "pre", "encoding": "embedding", "words": WORDS},
        }
    )
    return Predictor(
        Network(1 if len(class_names) == 2 else len(class_names)), encoder, class_names, **settings
    )


def test_two_classes_are_told_with_their_probability():
    rows = make_predictor().predict(["Good film!", "a BAD, bad film", "", "\x00\u202e xyz"])
    assert rows == [
        {"prediction": "pos", "probability": 0.9, "known_words": 2},
        {"prediction": "neg", "probability": 0.8, "known_words": 3},
        {"prediction": "neg", "probability": 0.5, "known_words": 0},
        {"prediction": "neg", "probability": 0.5, "known_words": 0},
    ]


@pytest.mark.parametrize(
    ("above", "predicted"),
    [
        ((1, 0.5), [("pos", 0.9), ("neg", 0.8), ("neg", 0.5)]),
        ((1, 0.19), [("pos", 0.9), ("pos", 0.2), ("pos", 0.5)]),
        ((1, 0.95), [("neg", 0.1), ("neg", 0.8), ("neg", 0.5)]),
        ((0, 0.75), [("pos", 0.9), ("neg", 0.8), ("pos", 0.5)]),
    ],
)
def test_a_threshold_decides_between_two_classes(above, predicted):
    rows = make_predictor(above=above).predict(["good", "bad", ""])
    assert [(row["prediction"], row["probability"]) for row in rows] == predicted


def test_of_many_classes_the_three_most_probable_are_told():
    (row,) = make_predictor(["a", "b", "c", "d"]).predict(["good"])
    assert [row[place] for place in ("prediction", "second", "third")] == ["d", "a", "b"]
    assert list(row) == make_predictor(["a", "b", "c", "d"]).columns
    assert row["probability"] >= row["second_probability"] >= row["third_probability"]


def test_every_class_can_be_told():
    predictor = make_predictor(["a", "b", "c"], each_class=True)
    (row,) = predictor.predict(["good"])
    assert list(row) == predictor.columns
    assert sum(row[f"probability_{name}"] for name in "abc") == pytest.approx(1, abs=1e-6)
    assert row["probability_c"] == row["probability"] == 0.9


@pytest.mark.parametrize("number", [0, 1, BATCH, 2 * BATCH + 1])
def test_any_number_of_texts_has_one_shape_and_one_answer_each(number):
    predictor = make_predictor()
    texts = ["good", "bad"] * number
    rows = predictor.predict(texts[:number])
    assert [row["probability"] for row in rows] == [0.9, 0.8] * (number // 2) + [0.9] * (number % 2)
    assert predictor.network.shapes == {(BATCH, 4)}


def answer(examples: list[Example]) -> tuple[list[dict], Tally]:
    tally = Tally(CLASSES)
    batches = predict_batches(make_predictor(), in_batches(examples, 2), tally)
    return [row for _, rows in batches for row in rows], tally


def test_rows_are_numbered_and_the_truth_stands_beside():
    rows, tally = answer([Example("good", "pos"), Example("bad", "pos"), Example("film", "")])
    assert [list(row.values())[:3] for row in rows] == [
        [0, "pos", "pos"], [1, "pos", "neg"], [2, "", "neg"],
    ]  # fmt: skip
    f1 = f1_score(["pos", "pos"], ["pos", "neg"], average="macro", zero_division=0)
    assert tally.metrics == {"accuracy": 0.5, "macro_f1": pytest.approx(f1)} and tally.n_rows == 3
    assert list(tally.warnings()) == ["1 row without a label, not counted"]


def test_what_should_not_be_relied_on_is_counted():
    _, tally = answer([Example("xyz", "Pos")] * 3 + [Example("", "1")] * 4)
    assert tally.metrics == {"accuracy": 0.0, "macro_f1": 0.0}
    assert list(tally.warnings()) == [
        "7 texts without any word that the model knows, whose predictions mean nothing: row 0, 1, "
        "2, 3, 4, …",
        "7 labels not among the model's classes, counted as wrong: 'Pos', '1'",
    ]
    assert list(answer([])[1].warnings()) == ["there was nothing to predict"]
    assert answer([Example("good")])[1].metrics == {}


def test_memory_does_not_grow_with_the_number_of_texts():
    def peak(number: int) -> int:
        examples = (Example(f"good film {row}", "pos") for row in range(number))
        tracemalloc.reset_peak()
        for _ in predict_batches(predictor, in_batches(examples, BATCH), Tally(CLASSES)):
            pass
        return tracemalloc.get_traced_memory()[1]

    predictor = make_predictor()
    tracemalloc.start()
    peak(BATCH)
    assert peak(10_000) < peak(1_000) + 200_000  # bytes
    tracemalloc.stop()


# --- real runs -------------------------------------------------------------------------------


def texts_of(data: Dataset, rows: range) -> Iterator[str]:
    return (" ".join(data.words[id_] for id_ in data.x[row][1:]) for row in rows)


@pytest.mark.real_data
def test_reviews_are_scored_as_the_runs_predictions_say(trained, data_dir):
    run = open_run("imdb", trained)
    data = load_dataset(run.config.dataset, data_dir)
    told = run.predict(texts_of(data, range(25_000, 25_600)))
    kept = run.predictions.query("split == 'test'").head(600).reset_index()
    assert told["prediction"].tolist() == kept["prediction"].tolist()
    np.testing.assert_allclose(told["probability"], kept["probability"], atol=2e-6)
    np.testing.assert_allclose(told["probability_neg"] + told["probability_pos"], 1, atol=2e-6)


@pytest.mark.slow
def test_docstrings_are_scored_as_the_runs_predictions_say(tmp_path):
    tiny = ("training.epochs=1", "preprocessing.num_words=500", "model.units=[8]")
    run = train(load_config("quickstart", tiny), tmp_path)
    data = load_dataset(run.config.dataset)
    told = run.predict(texts_of(data, range(data.n_train, len(data))))
    kept = run.predictions.query("split == 'test'").reset_index()
    np.testing.assert_allclose(told["probability"], kept["probability"], atol=2e-6)
    assert (told["prediction"] == kept["prediction"]).mean() > 0.999
    assert run.metrics["test_accuracy"] == pytest.approx(
        (told["prediction"] == kept["truth"]).mean()
    )
