"""What a table of runs says of each: finished, going on, damaged."""

import shutil

import pytest

from run_folders import make_run, make_series
from textclf.config.file import load_config
from textclf.runs import create_run, locked, summarize, summarize_runs, summary


def test_a_finished_run(tmp_path):
    run = make_run(tmp_path, "mine", 3.0, epochs=4)
    summary = summarize(run)
    assert (summary.name, summary.status, summary.recipe) == ("mine", "finished", "boston_dense")
    assert (summary.parts, summary.epochs, summary.planned) == (None, (4, 4), None)
    assert (summary.metric, summary.scores) == ("mae", {"val_mae": 3.0, "test_mae": 4.0})
    assert summary.seconds == 2.0


def test_an_interrupted_run_has_the_best_of_its_history(tmp_path):
    run = make_run(tmp_path, "mine", 3.0, "training.epochs=9", epochs=4, status="running")
    run.metrics_path.unlink()
    summary = summarize(run)
    assert (summary.status, summary.epochs, summary.planned) == ("interrupted", (4, 4), 9)
    assert summary.scores == {"val_mae": 3.0}


def test_a_run_that_has_finished_no_epoch_yet(tmp_path):
    run = make_run(tmp_path, "mine", 3.0)
    run.metrics_path.unlink()
    run.history_path.unlink()
    with locked(run):
        run.update(status="running")
        summary = summarize(run)
    assert (summary.status, summary.epochs, summary.scores) == ("running", (0, 0), {})


def test_a_series_of_seeds(tmp_path):
    series = make_series(tmp_path, "mine", [3.0, 4.0, 5.0])
    shutil.rmtree(series.seed(3).path)
    summary = summarize(series)
    assert (summary.parts, summary.n_parts, summary.n_planned_parts) == ("seeds", 2, 3)
    assert (summary.epochs, summary.seconds) == ((2, 2), 2.0)
    assert summary.scores["val_mae_sd"] == 1.0


def test_a_damaged_run_is_told_among_the_others_the_newest_last(tmp_path):
    make_run(tmp_path, "new", 3.0, started="2026-11-21T12:00:00.000+00:00")
    make_run(tmp_path, "old", 3.0)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "run.json").write_text("{")
    summaries = summarize_runs(tmp_path)
    assert [summary.name for summary in summaries] == ["bad", "old", "new"]
    assert [summary.status for summary in summaries] == ["damaged", "finished", "finished"]
    assert "run.json: damaged: " in summaries[0].problem


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("history.csv", "epoch,loss\n1,much\n"),
        ("history.csv", "epoch,loss\n1\n"),
        ("history.csv", "epoch,loss\n1,2,3\n"),
        ("history.csv", b"\xff\x00"),
        ("history.csv", "epoch,loss,seconds\n1,2,inf\n"),
        ("history.csv", "epoch,loss,seconds\n1,2,nan\n"),
        ("history.csv", "epoch,loss,seconds\n1,2,-1\n"),
        ("history.csv", "epoch,loss,seconds\n1,2,1e308\n2,2,1e308\n"),
        ("metrics.json", '{"val_mae": "low"}'),
        ("run.json", '{"seeds": [1, "x"]}'),
        ("run.json", '{"seeds": [1]}'),
        ("run.json", '{"seeds": 5}'),
    ],
)
def test_every_damaged_file_is_found(tmp_path, file, content):
    run = make_run(tmp_path, "mine", 3.0)
    (run.path / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    (summary,) = summarize_runs(tmp_path)
    assert (summary.status, summary.scores) == ("damaged", None)
    assert str(run.path / file) in summary.problem


def test_no_folder(tmp_path):
    assert summarize_runs(tmp_path / "nothing") == []


@pytest.mark.parametrize(
    "name", ["fold-²", "fold-٣", "fold-", "fold-0", "fold-1a", f"fold-{'9' * 200}"]
)
def test_a_folder_that_is_not_a_fold_of_the_run_does_not_hide_it(tmp_path, name):
    run = make_run(tmp_path, "mine", 3.0)
    make_run(tmp_path, "other", 4.0)
    (run.path / name).mkdir()
    (run.path / name.replace("fold", "seed")).mkdir()
    summaries = summarize_runs(tmp_path)
    assert [(one.name, one.status, one.parts) for one in summaries] == [
        ("mine", "finished", None),
        ("other", "finished", None),
    ]


@pytest.mark.parametrize("name", ["a-²", "a-٣", f"a-{'9' * 200}"])
def test_a_strange_folder_does_not_count_for_the_next_name(tmp_path, name):
    (tmp_path / name).mkdir()
    run = create_run(load_config("boston_dense"), "a", tmp_path, None, {})
    run.lock.release()
    assert run.name == "a-1"


def test_a_run_that_cannot_be_read_at_all_does_not_hide_the_others(tmp_path, monkeypatch):
    make_run(tmp_path, "mine", 3.0)
    make_run(tmp_path, "other", 4.0)
    as_it_is = summary.summarize

    def summarize_some(run):
        if run.name == "mine":
            raise OverflowError("too large")
        return as_it_is(run)

    monkeypatch.setattr(summary, "summarize", summarize_some)
    found = {one.name: (one.status, one.problem) for one in summarize_runs(tmp_path)}
    assert found["other"] == ("finished", None)
    assert found["mine"] == ("damaged", f"{tmp_path / 'mine'}: damaged: too large")
