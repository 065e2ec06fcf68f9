"""What predictions and the confusion matrix say; damaged files are reported."""

import pandas as pd
import pytest

from made_up_run import make_run
from textclf.errors import RunError
from textclf.results.report.outcome import read_outcome


def write(run, **columns):
    pd.DataFrame(columns).to_csv(run.predictions_path, index=False)


def test_the_surest_mistakes_come_first(tmp_path):
    outcome = read_outcome(make_run(tmp_path), is_classification=True)
    table = pd.read_csv(tmp_path / "run-1/predictions.csv")
    wrong = table[table.truth != table.prediction].sort_values("probability", ascending=False)
    assert [mistake.row for mistake in outcome.mistakes] == wrong.row.tolist()[:10]
    assert outcome.wrong == len(wrong) and outcome.rows == {"test": 600}


def test_classes_come_by_falling_support_and_the_baseline_is_the_first(tmp_path):
    outcome = read_outcome(make_run(tmp_path), is_classification=True)
    support = [row["support"] for row in outcome.classes]
    assert support == sorted(support, reverse=True) and sum(support) == 600
    assert outcome.baseline.score == pytest.approx(support[0] / 600)
    assert outcome.baseline.words == 'always “"><img sr…lert(2)>”'  # its name, shortened
    assert [cell.count for row in outcome.confusion.rows for cell in row].count(0) > 0
    assert outcome.confusion.names == [row["class"] for row in outcome.classes]


def test_the_baseline_is_what_was_most_common_in_training(tmp_path):
    run = make_run(tmp_path)
    truth = ["a", "a", "a", "b"]
    write(run, split="test", row=range(4), truth=truth, prediction=truth, probability=0.9)
    run.confusion_path.unlink()
    baseline = read_outcome(run, True, constant_answer="b").baseline
    assert (baseline.score, baseline.words) == (0.25, "always “b”")
    numbers = {"truth": [1.0, 2.0, 3.0], "prediction": [1.0, 2.0, 3.0]}
    write(run, split="test", row=range(3), **numbers)
    baseline = read_outcome(run, False, constant_answer=4.0).baseline
    assert (baseline.score, baseline.words) == (2, "always 4, the median")
    for damaged in (None, "x", float("nan"), [1]):
        assert read_outcome(run, False, damaged).baseline.words == "always 2, the median"


def test_of_very_many_classes_the_most_frequent_are_listed(tmp_path):
    outcome = read_outcome(make_run(tmp_path, 1500), is_classification=True)
    assert (len(outcome.classes), outcome.more_classes) == (120, 1380)
    assert len(outcome.confusion.cells) <= 600 and not outcome.confusion.is_drawn


@pytest.mark.parametrize(("classes", "is_small", "is_drawn"), [(2, True, False), (46, False, True)])
def test_few_classes_are_a_table_many_a_picture(tmp_path, classes, is_small, is_drawn):
    confusion = read_outcome(make_run(tmp_path, classes), is_classification=True).confusion
    assert (confusion.is_small, confusion.is_drawn) == (is_small, is_drawn)
    assert all(cell.row != cell.column for cell in confusion.commonest)


def test_the_second_of_two_classes_is_the_one_whose_probability_is_drawn(tmp_path):
    run = make_run(tmp_path, 2)
    names = list(run.confusion.columns)
    truth = [names[0], names[1], names[1], names[0]]
    answers = {"prediction": [names[0], names[1], names[0], names[1]]}
    write(run, split="test", row=range(4), truth=truth, **answers, probability=[0.9, 0.8, 0.6, 0.7])
    outcome = read_outcome(run, is_classification=True)
    assert outcome.positive == names[1]
    # Probabilities of the second class: 0.1, 0.8, 0.4, 0.7; one of four pairs is ranked wrongly.
    assert outcome.curves[0].title.endswith("(AUC) 0.750")


def test_classes_called_by_numbers_are_compared_as_text(tmp_path):
    run = make_run(tmp_path, 2)
    run.confusion_path.unlink()
    write(
        run, split="test", row=[0, 1], truth=["01", "nan"], prediction=["01", "1"], probability=0.9
    )
    outcome = read_outcome(run, is_classification=True)
    assert [(m.truth, m.prediction) for m in outcome.mistakes] == [("nan", "1")]


def test_of_numbers_the_largest_residuals_are_listed(tmp_path):
    run = make_run(tmp_path)
    truth = [1.0, 2.0, 3.0, 10.0]
    write(run, split="test", row=range(4), truth=truth, prediction=[1.5, 2.0, 1.0, 9.0])
    outcome = read_outcome(run, is_classification=False)
    assert [(m.row, m.size) for m in outcome.mistakes][:2] == [(2, -2.0), (3, -1.0)]
    assert (outcome.half, outcome.bias) == (0.75, -0.625)
    assert outcome.baseline.score == 2.5 and outcome.baseline.words == "always 2.5, the median"


def test_without_test_rows_the_validation_rows_are_shown(tmp_path):
    run = make_run(tmp_path)
    answers = {"truth": ["a", "b"], "prediction": ["b", "b"], "probability": 0.9}
    write(run, split="validation", row=[4, 5], **answers)
    outcome = read_outcome(run, is_classification=True)
    assert outcome.split == outcome.mistakes[0].split == "validation"
    assert outcome.confusion is None  # the file's is of test rows


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"row": "x"}, "a row that is not a number"),
        ({"row": -1}, "a row is not a whole number from 0"),
        ({"row": 0.5}, "a row is not a whole number from 0"),
        ({"probability": "sure"}, "a probability that is not a number"),
        ({"probability": 1.5}, "a probability that is not from 0 to 1"),
        ({"split": "other"}, "no test or validation rows"),
    ],
)
def test_damaged_predictions_are_reported(tmp_path, change, message):
    run = make_run(tmp_path)
    columns = {"split": ["test"], "row": 0, "truth": "a", "prediction": "b", "probability": 0.5}
    write(run, **{**columns, **{key: [value] for key, value in change.items()}})
    with pytest.raises(RunError, match=message):
        read_outcome(run, is_classification=True)


@pytest.mark.parametrize("content", ["truth,a\na,1\nb,2\n", "truth,a,b\na,x,1\nb,1,1\n"])
def test_a_damaged_confusion_matrix_is_reported(tmp_path, content):
    run = make_run(tmp_path)
    run.confusion_path.write_text(content)
    with pytest.raises(RunError, match=r"confusion_matrix.csv: damaged: "):
        read_outcome(run, is_classification=True)
