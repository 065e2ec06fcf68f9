"""Scores and tables of rows with several labels, by hand and against scikit-learn's."""

import keras
import numpy as np
import pytest
from sklearn.metrics import classification_report, f1_score

from textclf.data.dataset import Dataset
from textclf.data.tasks import MULTILABEL
from textclf.training.engine.backend import Device
from textclf.training.engine.block_trainer import METRICS
from textclf.training.engine.engines import make_engine
from textclf.training.engine.rule import Choice
from textclf.training.evaluation import Scored, predictions_table, score, warn_of_unfound_classes
from textclf.training.multilabel import label_report, probability_of_answer
from textclf.training.scores import compute_scores

Y = np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0], [1, 1, 0]], np.int8)
P = np.array(
    [[0.9, 0.1, 0.8], [0.2, 0.1, 0.5], [0.6, 0.9, 0.1], [0.3, 0.2, 0.4]], np.float32
)  # right: 3, 3, 2, 1 of 12
DATA = Dataset("csv", MULTILABEL, np.zeros((4, 1)), Y, 2, ("a", "b", "c"), separator=";")


def test_scores_by_hand():
    assert compute_scores(MULTILABEL, Y, P) == {
        "accuracy": pytest.approx(9 / 12),
        "micro_f1": pytest.approx(2 * 3 / (5 + 4)),
        "macro_f1": pytest.approx((1 / 2 + 2 / 3 + 1) / 3),
        "subset_accuracy": 2 / 4,
    }


def test_loss_and_accuracy_are_keras_own():
    found = score(DATA, Scored("test", np.arange(4), P))
    loss = keras.losses.BinaryCrossentropy()(Y.astype(np.float32), P)
    metric = keras.metrics.BinaryAccuracy()
    metric.update_state(Y, P)
    assert found["test_loss"] == pytest.approx(float(loss), rel=1e-5)
    assert found["test_accuracy"] == pytest.approx(float(metric.result()))
    assert [*found] == [
        "test_loss", "test_accuracy", "test_micro_f1", "test_macro_f1", "test_subset_accuracy",
    ]  # fmt: skip


def test_the_report_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 2, (200, 4)), rng.random((200, 4))
    p[:, 3] = 0  # never given
    report = label_report(list("abcd"), y, p).set_index("class")
    theirs = classification_report(
        y, p > 0.5, target_names=list("abcd"), output_dict=True, zero_division=0
    )
    for name, row in report.iterrows():
        expected = [theirs[name][key] for key in ("precision", "recall", "f1-score", "support")]
        assert row.tolist() == pytest.approx(expected)
    assert list(report.index) == [*"abcd", "micro avg", "macro avg", "weighted avg"]
    micro = f1_score(y, p > 0.5, average="micro")
    assert compute_scores(MULTILABEL, y, p)["micro_f1"] == pytest.approx(micro)


def test_predictions_name_the_labels_and_their_probabilities():
    table = predictions_table(DATA, [Scored("test", np.array([2, 3]), P[2:])])
    assert table["truth"].tolist() == ["b", "a;b"]
    assert table["prediction"].tolist() == ["a;b", ""]
    assert table["probability"].tolist() == pytest.approx([0.6 * 0.9 * 0.9, 0.7 * 0.8 * 0.6])
    assert table.filter(like="probability_").to_numpy().tolist() == P[2:].tolist()
    np.testing.assert_allclose(probability_of_answer(P[2:]), table["probability"])


def test_a_label_that_is_never_found_is_warned_of():
    outputs = np.where(np.arange(3) == 0, 0, Y).astype(np.float32)
    (line,) = warn_of_unfound_classes(DATA, [Scored("test", np.arange(4), outputs)])
    assert line.startswith("test rows: 1 class is hardly found: recall of 'a' 0.00 (2 rows)")
    assert "class_weight" not in line


def test_every_engine_scores_rows_of_labels_alike():
    x = np.arange(8, dtype=np.float32).reshape(4, 2) / 10
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "sigmoid")])
    metric = METRICS[MULTILABEL.name](name=MULTILABEL.metric)
    network.compile("sgd", loss=MULTILABEL.loss, metrics=[metric])
    cpu, rows = Device("cpu", "a processor", 1), np.array([2, 0, 3])
    expected = score(DATA, Scored("test", rows, network.predict(x[rows], verbose=0)))
    for name in ("graph", "keras"):
        choice = Choice(name, 1, "a test")
        engine = make_engine(choice, network, MULTILABEL, 2, None, cpu)
        engine.put(x, DATA.targets)
        found = engine.model.evaluate(engine.pass_over(rows), verbose=0, return_dict=True)
        assert found["loss"] == pytest.approx(expected["test_loss"], rel=1e-5)
        assert found["accuracy"] == pytest.approx(expected["test_accuracy"])
