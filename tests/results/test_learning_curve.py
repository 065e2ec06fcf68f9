"""What a learning curve says: its table, the last doubling, and whether that is noise."""

import re
from types import SimpleNamespace

import pandas as pd
import pytest

from made_up_curve import make_curve
from textclf.errors import RunError
from textclf.results import learning_curve
from textclf.results.learning_curve import judge


def test_the_table_has_a_line_for_each_share_and_deviations_of_seeds(tmp_path):
    table = make_curve(tmp_path, (5.0, 5.2), (4.0, 4.2), (3.0, 3.2)).table
    assert table["rows"].tolist() == [80, 160, 320] and set(table["seeds"]) == {2}
    assert table["val_mae"].tolist() == pytest.approx([5.1, 4.1, 3.1])
    assert table["test_mae"].tolist() == pytest.approx([6.1, 5.1, 4.1])
    assert table["val_mae_sd"].tolist() == pytest.approx([0.02**0.5] * 3)
    assert table["train_mae"].tolist() == pytest.approx([7.1, 6.1, 5.1])  # in the kept epoch


def test_of_a_refit_the_first_fit_predicts_the_validation_rows(tmp_path):
    curve = make_curve(tmp_path, (5.0,), (4.0,), (3.0,))
    expected = judge(curve)
    for run in curve.parts.values():
        run.first_fit.path.mkdir()
        run.predictions_path.rename(run.first_fit.predictions_path)
        run.predictions_path.write_text("split,row,truth,prediction\ntest,0,1.0,2.0\n")
    assert judge(curve) == expected


def test_a_clear_gain_of_several_seeds_would_probably_help(tmp_path):
    verdict = judge(make_curve(tmp_path, (5.0, 5.2), (4.0, 4.2), (2.0, 2.2)))
    assert verdict.score == "val_mae" and verdict.rows == (160, 320)
    assert verdict.gain == pytest.approx(2.0)  # less error is better
    # Deviations of 0.1414 in both: Student's 4.3027 x 0.1414; the rows all change alike.
    assert verdict.noise == pytest.approx(4.302652729 * 0.02**0.5)
    first, second = verdict.in_words()
    assert first.startswith("from 160 to 320 training rows, val_mae went from 4.1000 to 2.1000: 2")
    assert re.search(
        "more than noise .*: 2 seeds each, 10 scored rows.: more data .* probably help", second
    )


@pytest.mark.parametrize(
    ("errors", "helped", "words"),
    [
        ([(5.0, 5.2), (4.0, 4.2), (3.9, 4.1)], None, "within noise .* by up to 0.7085, or not at"),
        ([(5.0, 5.2), (2.0, 2.2), (4.0, 4.2)], False, "more data made it worse"),
        (
            [(5.0,), (4.0,), (2.0,)],
            None,
            "it may be noise: .* for 10 scored rows, more for",
        ),
    ],
)
def test_what_noise_could_have_made_is_not_called_a_gain(tmp_path, errors, helped, words):
    verdict = judge(make_curve(tmp_path, *errors))
    assert verdict.helped is helped
    assert re.search(words, " ".join(verdict.in_words()))


def test_of_several_labels_each_decision_counts(monkeypatch):
    """As in val_accuracy, of which the noise is; a row without labels is right as any other."""
    known = SimpleNamespace(class_names=["a", "b", "c", "d"])
    monkeypatch.setattr(learning_curve, "read_preprocessing", lambda *_: known)
    cells = {"truth": ["a|b", "", "d"], "prediction": ["b|a", "", "a|d"]}
    dataset = SimpleNamespace(is_regression=False, separator="|")
    run = SimpleNamespace(
        predictions=pd.DataFrame({"split": "validation", **cells}),
        config=SimpleNamespace(dataset=dataset),
    )
    run.validated = run
    assert learning_curve._score_by_row(run, "validation") == [1, 1, 0.75]


def test_a_model_that_was_best_at_its_end_may_have_needed_more_epochs(tmp_path):
    short = make_curve(tmp_path, (5.0,), (4.0,), (3.0,), epochs=2)  # best_epoch: 2
    assert "raise training.epochs" in [*judge(short).in_words()][-1]


def test_rows_that_are_not_the_same_cannot_be_judged(tmp_path):
    curve = make_curve(tmp_path, (5.0,), (4.0,), (3.0,))
    path = curve.share(0.5).predictions_path
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(RunError, match="damaged: predictions of other rows"):
        judge(curve)
