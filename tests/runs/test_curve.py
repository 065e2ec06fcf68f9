"""A learning curve's folder: its parts are runs, and it is not one that has a model."""

import pytest

from run_folders import RECORD, make_run
from textclf.config.file import load_config
from textclf.errors import RunError
from textclf.plots.run import plot_run
from textclf.runs import CurveFolder, RunFolder, create_run, find_run, summarize
from textclf.runs.removal import check_removable, remove_run


@pytest.fixture
def curve(tmp_path):
    about = {**RECORD, "curve": {"shares": [0.5, 1.0], "seeds": 1}}
    curve = create_run(load_config("boston_dense"), "c", tmp_path, "curve", about)
    curve.lock.release()
    make_run(curve.path, "share-0.5", 4.0)
    return curve


def test_its_parts_are_the_runs_that_exist(curve):
    assert isinstance(curve, CurveFolder) and [*curve.parts] == ["share-0.5"]
    assert curve.share(0.5).title == "curve/share-0.5"
    summary = summarize(curve)
    assert (summary.parts, summary.n_parts, summary.n_planned_parts) == ("shares", 1, 2)
    assert (summary.metric, summary.epochs, summary.seconds) == ("mae", (2, 2), 1.0)


def test_a_seed_of_a_share_is_named_with_both(curve):
    make_run(curve.path / "share-0.5", "seed-1", 4.0)
    assert RunFolder(curve.path / "share-0.5" / "seed-1").title == "curve/share-0.5/seed-1"


@pytest.mark.parametrize("what", ["history", "predictions", "confusion", "preprocessing"])
def test_what_belongs_to_a_model_is_refused_with_the_name_of_a_run(curve, what):
    with pytest.raises(RunError, match=r"a learning curve, .* name one of them: .*/share-1"):
        getattr(curve, what)


@pytest.mark.parametrize(
    "damage",
    [
        {"shares": []},
        {"shares": ["../.."]},
        {"shares": [0.5, 2]},
        {"shares": [True]},
        {"shares": [1e-9] * 21},
        {"shares": 1},
        {"seeds": 0},
        {"seeds": 1e9},
    ],
)
def test_damage_is_named(curve, damage):
    curve.update(curve={**curve.record["curve"], **damage})
    with pytest.raises(RunError, match=r"run.json: damaged: 'curve' must have"):
        _ = curve.parts


def test_it_never_stands_in_for_a_run_that_nobody_named(curve, tmp_path):
    with pytest.raises(RunError, match="none of its finished runs can"):
        find_run(None, tmp_path)
    make_run(tmp_path, "run", 4.0)
    assert find_run(None, tmp_path).name == "run"


def test_it_is_removed_as_a_whole(curve):
    with pytest.raises(RunError, match="a part of the run"):
        check_removable(curve.share(0.5))
    remove_run(curve)
    assert not curve.path.exists()


@pytest.mark.parametrize(
    "table",
    [
        "share,rows,seeds,train_mae\n0.5,10,1,2\n",
        "share,rows,seeds,train_mae\n0.5,10,1,2\n1,9,1,2\n",
        "share,rows,seeds,train_mae\n0.5,0,1,2\n1,9,1,2\n",
        "share,rows,seeds,train_mae\n0.5,5,1,nan\n1,9,1,2\n",
        "share,rows,seeds\n0.5,5,1\n1,9,1\n",
        "share,rows\n0.5,5\n1,9\n",
    ],
)
def test_a_damaged_table_is_named(curve, table):
    curve.table_path.write_text(table)
    with pytest.raises(RunError, match=r"learning_curve.csv: damaged: "):
        plot_run(curve)
