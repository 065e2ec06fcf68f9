"""A threshold is the best of all on the validation rows, and leaves the test rows alone."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics

from textclf.config.file import load_config
from textclf.disk.atomic import write_json
from textclf.errors import RunError
from textclf.results.thresholds import Criterion, Threshold, choose_threshold, parse_criterion
from textclf.runs import FitFolder, RunFolder, create_run

SKLEARN = {
    "f1": sklearn.metrics.f1_score,
    "accuracy": sklearn.metrics.accuracy_score,
    "balanced_accuracy": sklearn.metrics.balanced_accuracy_score,
    "recall": sklearn.metrics.recall_score,
    "precision": lambda *both: sklearn.metrics.precision_score(*both, zero_division=0),
    "macro_f1": lambda *both: sklearn.metrics.f1_score(*both, average="macro", zero_division=0),
}


def write_predictions(fit: FitFolder, truth: dict[str, np.ndarray], p: dict[str, np.ndarray]):
    """predictions.csv, as training writes it: truth is 1 for spam, p its probability."""
    names = np.array(["ham", "spam"])
    tables = [
        pd.DataFrame(
            {
                "split": split,
                "row": np.arange(len(p[split])),
                "truth": names[truth[split]],
                "prediction": names[(p[split] > 0.5).astype(int)],
                "probability": np.where(p[split] > 0.5, p[split], 1 - p[split]),
            }
        )
        for split in p
    ]
    fit.path.mkdir(exist_ok=True)
    pd.concat(tables).to_csv(fit.predictions_path, index=False)


def make_run(folder: Path, class_names: tuple[str, ...] = ("ham", "spam")) -> RunFolder:
    config = load_config("imdb_dense", ["preprocessing.num_words=6"])
    run = create_run(config, "imdb_dense", folder, "run", {"status": "finished"})
    run.lock.release()
    encoder = {"kind": "text", **config.preprocessing.model_dump(), "words": []}
    task = "binary" if len(class_names) == 2 else "multiclass"
    content = {"task": task, "class_names": list(class_names), "encoder": encoder}
    write_json(run.preprocessing_path, content)
    return run


def draw(seed: int = 0, n_rows: int = 80) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """A fifth of the rows are spam, with higher probabilities, but few of them above 0.5."""
    rng = np.random.default_rng(seed)
    truth = {split: (rng.random(n_rows) < 0.2).astype(int) for split in ("validation", "test")}
    p = {
        split: np.round(np.clip(rng.beta(1.5, 8, n_rows) + 0.25 * y, 0, 1), 2).astype(np.float32)
        for split, y in truth.items()
    }
    return truth, p


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    made = make_run(tmp_path)
    write_predictions(made, *draw())
    return made


@pytest.mark.parametrize("name", ["f1", "macro_f1", "accuracy", "balanced_accuracy"])
@pytest.mark.parametrize("positive", ["spam", "ham"])
def test_no_other_threshold_is_better(run, name, positive):
    truth, p = draw()
    is_spam = positive == "spam"
    truth = {split: y == is_spam for split, y in truth.items()}
    p = {split: (q if is_spam else 1 - q).astype(float) for split, q in p.items()}
    chosen = choose_threshold(run, Criterion(name), positive)
    best = max(
        SKLEARN[name](truth["validation"], p["validation"] > value)
        for value in (*np.unique(p["validation"])[:-1], 0.0)
    )
    assert chosen.scores[f"val_{name}"] == pytest.approx(best)
    for short, split in (("val", "validation"), ("test", "test")):
        for score, compute in SKLEARN.items():
            for scores, value in ((chosen.scores, chosen.value), (chosen.scores_at_default, 0.5)):
                expected = compute(truth[split], p[split] > value)
                assert scores[f"{short}_{score}"] == pytest.approx(expected), (split, score)


def test_the_test_rows_do_not_choose(run):
    chosen = choose_threshold(run, Criterion("f1"))
    truth, p = draw()
    other_truth, other = draw(seed=1)
    write_predictions(run, truth | {"test": other_truth["test"]}, p | {"test": other["test"]})
    again = choose_threshold(run, Criterion("f1"))
    assert again.value == chosen.value and again.scores != chosen.scores


@pytest.mark.parametrize(("bounded", "other"), [("recall", "precision"), ("precision", "recall")])
def test_the_best_within_a_bound(run, bounded, other):
    truth, p = draw()
    y, q = truth["validation"], p["validation"].astype(float)
    chosen = choose_threshold(run, Criterion(bounded, 0.6))
    assert chosen.criterion == f"the highest {other} with {bounded} >= 0.6"
    within = [
        SKLEARN[other](y, q > value)
        for value in (*np.unique(q)[:-1], 0)
        if SKLEARN[bounded](y, q > value) >= 0.6
    ]
    assert chosen.scores[f"val_{bounded}"] >= 0.6
    assert chosen.scores[f"val_{other}"] == pytest.approx(max(within))


def test_a_bound_beyond_reach_is_said_so(run):
    truth, p = draw()
    worst = 1 - p["validation"]
    write_predictions(run, truth, p | {"validation": worst.astype(np.float32)})
    with pytest.raises(RunError, match=r"no threshold has a precision of 0.99 .* highest is 0\.\d"):
        choose_threshold(run, Criterion("precision", 0.99))


def test_the_number_is_short_and_of_equals_the_nearest_to_one_half(tmp_path):
    run = make_run(tmp_path)
    y, p = np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.6, 0.75], np.float32)
    write_predictions(run, {"validation": y}, {"validation": p})
    chosen = choose_threshold(run, Criterion("f1"))
    assert (chosen.value, chosen.scores["val_f1"]) == (0.4, 1)
    assert (chosen.n_rows, chosen.n_positive, chosen.is_default_class) == (4, 2, True)
    assert "test_f1" not in chosen.scores
    close = np.array([0.1, 0.81234561, 0.81234567, 0.9])
    write_predictions(run, {"validation": y}, {"validation": close})
    assert 0.81234561 < choose_threshold(run, Criterion("f1")).value < 0.81234567
    zeros = np.array([0.0, 0.0, 0.0, 0.9])
    write_predictions(run, {"validation": y}, {"validation": zeros})
    at = choose_threshold(run, Criterion("balanced_accuracy"))
    assert 0 < at.value < 0.9 and at.scores["val_recall"] == 0.5


def test_folds_choose_together_and_the_final_model_is_tested(tmp_path):
    run = make_run(tmp_path)
    truth, p = draw()
    for number, part in ((1, slice(0, 40)), (2, slice(40, 80))):
        fold = {"validation": truth["validation"][part]}, {"validation": p["validation"][part]}
        write_predictions(FitFolder(run.path / f"fold-{number}"), *fold)
    write_predictions(run, {"test": truth["test"]}, {"test": p["test"]})
    folds = choose_threshold(run, Criterion("f1"))
    write_predictions(run, truth, p)
    for fold in run.folds.values():
        fold.predictions_path.unlink()
        fold.path.rmdir()
    assert folds == choose_threshold(run, Criterion("f1"))


@pytest.mark.parametrize(
    ("truth", "message"),
    [
        ({"test": np.array([0, 1])}, "has no validation rows"),
        ({"validation": np.array([1, 1])}, "all validation rows are of one class"),
    ],
)
def test_rows_that_cannot_choose(tmp_path, truth, message):
    run = make_run(tmp_path)
    write_predictions(run, truth, {split: np.array([0.2, 0.7]) for split in truth})
    with pytest.raises(RunError, match=message):
        choose_threshold(run, Criterion("f1"))


def test_a_threshold_is_of_two_classes_by_their_names(tmp_path):
    run = make_run(tmp_path, ("a", "b", "c"))
    with pytest.raises(RunError, match="divides two classes, but this run has 3"):
        choose_threshold(run, Criterion("f1"))
    with pytest.raises(RunError, match=r"has no class 'spma'; did you mean 'spam'\?"):
        Threshold(0.5, "spma").place(["ham", "spam"], run)
    assert [Threshold(0.5, name).place(["ham", "spam"], run) for name in (None, "ham")] == [1, 0]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("probability", "p", "predictions.csv: damaged: "),
        ("0.9", "x", "damaged: a probability that is not from 0 to 1"),
        ("0.9", "nan", "damaged: a probability that is not from 0 to 1"),
        ("0.9", "1.5", "damaged: a probability that is not from 0 to 1"),
    ],
)
def test_damaged_predictions_are_said_so(tmp_path, before, after, message):
    run = make_run(tmp_path)
    write_predictions(run, {"validation": np.array([0, 1])}, {"validation": np.array([0.25, 0.9])})
    text = run.predictions_path.read_text()
    assert before in text
    run.predictions_path.write_text(text.replace(before, after))
    with pytest.raises(RunError, match=message):
        choose_threshold(run, Criterion("f1"))


@pytest.mark.parametrize(
    ("text", "criterion"),
    [
        ("f1", Criterion("f1")),
        ("recall>=0.95", Criterion("recall", 0.95)),
        ("precision >= 1", Criterion("precision", 1)),
        ("recall", None),
        ("f1>=0.5", None),
        ("recall>=1.5", None),
        ("", None),
    ],
)
def test_what_a_threshold_is_chosen_for(text, criterion):
    assert parse_criterion(text) == criterion
