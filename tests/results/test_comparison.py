"""What differs between runs, and when that is more than noise."""

import pandas as pd
import pytest

from run_folders import TAIL, make_run, make_series
from textclf.config.file import load_config
from textclf.errors import RunError
from textclf.results.comparison import by_interest, compare
from textclf.runs import create_run

LOW, HIGH = [3.0, 3.1, 3.2, 3.3, 3.4], [4.0, 4.1, 4.2, 4.3, 4.4]


def test_only_what_differs_is_told(tmp_path):
    one = make_run(tmp_path, "one", 3.0, versions={"keras": "3.15.1", "numpy": "2.4.6"})
    other = make_run(
        tmp_path,
        "other",
        3.5,
        "model.units=[8]",
        "training.validation={split: first, rows: 9}",
        versions={"keras": "3.16.0", "numpy": "2.4.6"},
    )
    comparison = compare([one, other])
    assert list(comparison.runs) == ["one", "other"]
    assert comparison.settings == {
        "model.units": {"one": [64, 64], "other": [8]},
        "training.validation.split": {"one": "tail", "other": "first"},
        "training.validation.share": {"one": 0.2},
        "training.validation.seed": {"one": 42},
        "training.validation.rows": {"other": 9},
    }
    assert comparison.made_with == {"versions.keras": {"one": "3.15.1", "other": "3.16.0"}}
    assert comparison.scores["one"]["val_mae"] == 3.0


def test_two_series_are_told_apart_by_their_seeds_scores(tmp_path):
    series = [make_series(tmp_path, "high", HIGH), make_series(tmp_path, "low", LOW)]
    validation, test = compare(series).differences
    assert (validation.score, test.score) == ("val_mae", "test_mae")
    assert validation.by_seed.p == 2 / 252 and validation.by_seed.n == (5, 5)
    assert validation.is_beyond_seed_noise is True
    assert validation.obstacle is validation.by_example is None


def test_series_that_overlap_are_within_noise(tmp_path):
    series = [make_series(tmp_path, "one", LOW), make_series(tmp_path, "other", LOW[::-1])]
    difference = compare(series).differences[0]
    assert (difference.is_beyond_seed_noise, difference.by_seed.p) == (False, 1.0)
    assert difference.better is None


def test_two_seeds_each_are_too_few(tmp_path):
    series = [make_series(tmp_path, "one", [3.0, 3.1]), make_series(tmp_path, "other", [9.0, 9.1])]
    difference = compare(series).differences[0]
    assert difference.by_seed.smallest_p == pytest.approx(1 / 3)
    assert difference.is_beyond_seed_noise is None


def test_holms_correction_is_over_all_tests_against_the_baseline(tmp_path):
    series = [make_series(tmp_path, f"s{k}", [k + x / 10 for x in range(5)]) for k in range(3)]
    differences = compare(series).differences
    assert [one.runs for one in differences[::2]] == [("s0", "s1"), ("s0", "s2")]
    assert [one.n_comparisons for one in differences] == [4] * 4
    assert [one.corrected_p for one in differences] == [4 * 2 / 252] * 4
    assert all(one.is_beyond_seed_noise for one in differences)


def test_of_several_comparisons_each_needs_more_seeds(tmp_path):
    series = [make_series(tmp_path, f"s{k}", [k + x / 10 for x in range(4)]) for k in range(3)]
    # 2 of 70 permutations: less than 0.05, but not after the correction for four tests.
    assert [one.is_beyond_seed_noise for one in compare(series).differences] == [None] * 4


def test_runs_are_ranked_by_their_validation_score_other_data_last(tmp_path):
    maes = {"a": 3.5, "b": 3.0, "c": 4.0, "other": 1.0}
    data = {"other": {"data": {"b.npz": "1"}}}
    runs = [make_run(tmp_path, name, mae, **data.get(name, {})) for name, mae in maes.items()]
    comparison = compare(runs)
    assert comparison.ranking == ["b", "a", "c", "other"]
    assert (comparison.baseline, comparison.other_data) == ("a", ["other"])
    assert [one.better for one in comparison.differences[::2]] == ["b", "a", None]


def test_settings_are_ordered_by_what_they_say():
    values = {"seed": {"a": 1, "b": 1}, "x": {"a": 1}, "y": {"a": 1, "b": 2}}
    assert by_interest({**values, "model.type": {"a": "lstm", "b": "dense"}}) == [
        *("model.type", "y", "seed", "x")
    ]


@pytest.mark.parametrize(("mae", "better"), [(3.0, "other"), (4.0, "one")])
def test_a_lower_error_is_better(tmp_path, mae, better):
    runs = [make_run(tmp_path, "one", 3.5), make_run(tmp_path, "other", mae, "model.units=[8]")]
    difference = compare(runs).differences[0]
    assert (difference.value, difference.better) == (mae - 3.5, better)
    assert difference.obstacle.startswith("one seed each: seed noise may be as large")
    assert "--seeds 5" in difference.obstacle


@pytest.mark.parametrize(
    ("overrides", "record", "obstacle"),
    [
        (["seed=43"], {}, "only the seed differs: this is seed noise"),
        ([], {"data": {"b.npz": "1"}}, "they have different data"),
        (["dataset.test_split=0.3"], {}, "they have different data"),
        (["training.validation.seed=1"], {}, "they validate on different rows"),
    ],
)
def test_what_stands_in_the_way_is_told(tmp_path, overrides, record, obstacle):
    one = make_run(tmp_path, "one", 3.0)
    difference = compare([one, make_run(tmp_path, "other", 4.0, *overrides, **record)]).differences
    assert difference[0].obstacle == obstacle
    assert difference[0].by_seed is None


def test_a_file_is_its_content_whatever_it_is_called(tmp_path):
    one = make_run(tmp_path, "one", 3.0, data={"a.npz": "1"})
    other = make_run(tmp_path, "other", 4.0, "model.units=[8]", data={"b.npz": "1"})
    assert compare([one, other]).differences[0].obstacle.startswith("one seed each")


def test_files_that_change_places_are_other_data(tmp_path):
    one = make_run(tmp_path, "one", 3.0, data={"a.csv": "1", "b.csv": "2"})
    other = make_run(tmp_path, "other", 4.0, data={"b.csv": "2", "a.csv": "1"})
    assert compare([one, other]).differences[0].obstacle == "they have different data"


def test_the_rounding_of_a_mean_is_no_difference(tmp_path):
    one, other = make_run(tmp_path, "one", 0.3), make_run(tmp_path, "other", 0.1 + 0.2)
    assert compare([one, other]).differences[0].better is None


def test_test_scores_are_compared_whatever_validated(tmp_path):
    seeds = [make_series(tmp_path, "one", LOW)]
    seeds.append(make_series(tmp_path, "other", HIGH, "training.validation.share=0.1"))
    validation, test = compare(seeds).differences
    assert validation.by_seed is None and test.by_seed.p == 2 / 252


def test_folds_are_not_seeds(tmp_path):
    runs = [make_run(tmp_path, name, 3.0) for name in ("one", "other")]
    (runs[0].path / "fold-1").mkdir()
    assert compare(runs).differences[0].obstacle.startswith("folds differ by their rows")


@pytest.fixture
def classifiers(tmp_path):
    """Two runs: on four test rows the one is right three times, the other twice."""
    runs = []
    for name, words in (("one", "abab"), ("other", "bbaa")):
        config = load_config("imdb_dense", ["model.units=[8]"] if name == "one" else [])
        run = create_run(config, "imdb", tmp_path, name, {"status": "finished"})
        run.lock.release()
        rows = pd.DataFrame({"split": "test", "row": range(4), "truth": list("abaa")})
        rows.assign(prediction=list(words), probability=0.9).to_csv(
            run.predictions_path, index=False
        )
        run.history_path.write_text("epoch,loss,accuracy\n1,1.0,0.5\n")
        run.metrics_path.write_text('{"test_accuracy": 0.75}')
        runs.append(run)
    return runs


def test_two_models_are_compared_on_the_same_examples(classifiers):
    (difference,) = compare(classifiers).differences
    assert difference.by_example.n == (1, 1)  # row 0 by the one alone, row 3 by the other alone
    assert difference.by_example.p == 1.0 and difference.by_seed is None


def test_examples_that_do_not_exist_are_not_compared(classifiers):
    for run in classifiers:
        run.predictions_path.write_text("split,row,truth,prediction,probability\n")
    assert compare(classifiers).differences[0].by_example is None


def test_models_that_were_asked_other_examples_are_not(classifiers):
    path = classifiers[0].predictions_path
    path.write_text(path.read_text().replace("test,3,a", "test,3,b"))
    assert compare(classifiers).differences[0].by_example is None


def test_a_run_without_scores_is_compared_in_its_settings(tmp_path):
    runs = [make_run(tmp_path, "one", 3.0), make_run(tmp_path, "other", 3.0, "seed=7")]
    runs[1].metrics_path.unlink()
    comparison = compare(runs)
    assert (list(comparison.settings), comparison.differences) == (["seed"], [])


def test_runs_of_one_name_are_told_apart_by_their_folders(tmp_path):
    runs = [make_run(tmp_path / a / "x" / b, "run", 3.0) for a, b in ("ac", "bc", "bd")]
    assert list(compare(runs).runs) == ["a/x/c/run", "b/x/c/run", "d/run"]
    with pytest.raises(RunError, match="named twice"):
        compare([runs[0], runs[1], runs[0]])


def test_of_three_runs_a_damaged_one_is_left_out(tmp_path):
    runs = [make_run(tmp_path, name, mae) for name, mae in (("a", 3.0), ("b", 2.0), ("c", 4.0))]
    runs[0].metrics_path.write_text("{")
    comparison = compare(runs)
    assert (comparison.baseline, comparison.ranking) == ("b", ["b", "c"])
    assert list(comparison.left_out) == ["a"] and "damaged" in comparison.left_out["a"]


def test_a_damaged_run_is_an_error(tmp_path):
    runs = [make_run(tmp_path, "one", 3.0), make_series(tmp_path, "other", LOW, TAIL)]
    runs[1].seed(2).metrics_path.write_text("{")
    with pytest.raises(RunError, match=r"seed-2/metrics.json: damaged"):
        compare(runs)
