"""Run folders: made whole, numbered, found, and honest about how they ended."""

import json
import multiprocessing
from pathlib import Path

import pytest

from run_folders import create_runs
from textclf.config.file import load_config
from textclf.errors import ConfigError, DataError, DivergedError, ResourceError, RunError
from textclf.runs import FitFolder, RunFolder, create_run, find_run, list_runs, recording


@pytest.fixture
def new_run(tmp_path):
    """Makes a run of boston_dense under `runs`."""

    def create(name=None, recipe="boston_dense", **record) -> RunFolder:
        return create_run(load_config("boston_dense"), recipe, tmp_path / "runs", name, record)

    return create


# --- making ------------------------------------------------------------------------------------


def test_a_new_run_has_its_config_and_its_record(new_run):
    run = new_run("mine", status="running")
    assert sorted(path.name for path in run.path.iterdir()) == [".lock", "config.yaml", "run.json"]
    assert run.config == load_config("boston_dense")
    assert run.record == {"format": 1, "recipe": "boston_dense", "status": "running"}
    assert run.path.stat().st_mode & 0o777 == 0o755
    assert [path.name for path in run.path.parent.iterdir()] == ["mine"]


def test_the_saved_config_can_be_trained_again(new_run):
    assert load_config(new_run().config_path) == load_config("boston_dense")


@pytest.mark.parametrize(
    ("there", "number"),
    [
        ([], 1),
        (["a-1"], 2),
        (["a-1", "a-9", "a-3"], 10),
        (["a-10", "a-9"], 11),
        (["b-7", "a", "a-", "a-x", "a-1-2", "aa-5", "a-b-4"], 1),
        (["a-007"], 8),
    ],
)
def test_runs_are_numbered_one_above_the_highest(new_run, tmp_path, there, number):
    for name in there:
        (tmp_path / "runs" / name).mkdir(parents=True)
    assert new_run(recipe="a").name == f"a-{number}"


def test_a_recipes_name_is_taken_literally_in_the_numbering(new_run, tmp_path):
    (tmp_path / "runs" / "aab-7").mkdir(parents=True)
    assert new_run(recipe="a+b").name == "a+b-1"


@pytest.mark.parametrize("kind", ["folder", "file", "dangling link"])
def test_a_taken_name_is_refused_and_left_alone(new_run, tmp_path, kind):
    path = tmp_path / "runs" / "mine"
    path.parent.mkdir()
    {
        "folder": path.mkdir,
        "file": path.touch,
        "dangling link": lambda: path.symlink_to("nowhere"),
    }[kind]()
    with pytest.raises(RunError, match="mine: a run of this name exists already"):
        new_run("mine")
    assert list(path.parent.iterdir()) == [path]


def test_processes_that_start_together_get_folders_of_their_own(tmp_path):
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=create_runs, args=(tmp_path, "a", 10)) for _ in range(3)]
    for process in others:
        process.start()
    for process in others:
        process.join()
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"a-{number}" for number in range(1, 31)}
    assert all(RunFolder(tmp_path / name).record["format"] == 1 for name in names)


def test_a_runs_dir_that_is_a_file_cannot_be_written(new_run, tmp_path):
    (tmp_path / "runs").touch()
    with pytest.raises(ResourceError, match="runs: cannot be written: file exists"):
        new_run("mine")


def test_nothing_is_left_when_the_config_cannot_be_written(new_run, tmp_path, monkeypatch):
    def full(*_):
        raise ResourceError("full")

    monkeypatch.setattr("textclf.runs.creation.write_json", full)
    with pytest.raises(ResourceError):
        new_run()
    assert list((tmp_path / "runs").iterdir()) == []


# --- how it ended ------------------------------------------------------------------------------

ENDS = [
    (DivergedError("loss became nan", "more"), "failed", ["loss became nan", "more"]),
    (ConfigError("no such score"), "failed", ["no such score"]),
    (DataError("no vectors"), "interrupted", ["no vectors"]),
    (KeyError("bug"), "interrupted", ["KeyError: 'bug'"]),
    (KeyboardInterrupt(), "interrupted", None),
    (ResourceError("full"), "interrupted", ["full"]),
    (MemoryError(), "interrupted", ["MemoryError"]),
]


@pytest.mark.parametrize(("error", "status", "messages"), ENDS)
def test_the_record_says_how_the_run_ended(new_run, error, status, messages):
    run = new_run(status="running")
    with pytest.raises(type(error)), recording(run):
        run.history_path.write_text("epoch,loss\n1,0.5\n")
        raise error
    assert (run.status, run.record.get("error")) == (status, messages)
    assert run.record["finished"].endswith("+00:00")
    what_now = (
        "resume with: textclf resume" if status == "interrupted" else "see them with: textclf plot"
    )
    assert error.__notes__ == [f"{run.path}: finished epochs are kept; {what_now} {run.path}"]


@pytest.mark.parametrize(("error", "_status", "_messages"), ENDS)
def test_a_run_without_an_epoch_leaves_no_folder(new_run, error, _status, _messages):
    run = new_run()
    with pytest.raises(type(error)), recording(run):
        raise error
    assert not run.path.exists()


def test_a_fold_is_kept_once_it_has_an_epoch(new_run):
    run, other = new_run(), new_run()
    with pytest.raises(KeyboardInterrupt), recording(run):
        run.fold(1).path.mkdir()
        run.fold(1).history_path.write_text("epoch,loss\n1,0.5\n")
        raise KeyboardInterrupt
    assert run.status == "interrupted"
    with pytest.raises(KeyboardInterrupt), recording(other):
        other.fold(1).path.mkdir()
        raise KeyboardInterrupt
    assert not other.path.exists()


def test_a_run_that_ends_well_is_finished(new_run):
    run = new_run(status="running")
    with recording(run):
        run.update(device={"name": "cpu"})
    assert (run.status, run.record["device"]["name"]) == ("finished", "cpu")


def test_a_full_disk_does_not_hide_the_error(new_run, monkeypatch):
    def full(*_):
        raise ResourceError("full")

    run = new_run()
    run.history_path.touch()
    monkeypatch.setattr("textclf.runs.folder.write_json", full)
    with pytest.raises(DataError), recording(run):
        raise DataError("this one")


# --- finding -----------------------------------------------------------------------------------


@pytest.fixture
def three_runs(new_run, tmp_path):
    for name, status, started in [
        ("old", "finished", "2026-01-01"),
        ("new", "finished", "2026-03-01"),
        ("running", "running", "2026-05-01"),
    ]:
        new_run(name, status=status, started=started)
    (tmp_path / "runs" / ".new-x").mkdir()
    (tmp_path / "runs" / ".new-x" / "run.json").touch()
    (tmp_path / "runs" / "no run").mkdir()
    return tmp_path / "runs"


def test_a_run_is_found_by_its_name_or_folder(three_runs, monkeypatch):
    assert find_run("old", three_runs).path == three_runs / "old"
    assert find_run(str(three_runs / "old"), Path("elsewhere")).path == three_runs / "old"
    monkeypatch.chdir(three_runs / "old")
    assert find_run(".", Path("elsewhere")).name == "old"


def test_the_newest_finished_run_is_found_without_a_name(three_runs):
    assert find_run(None, three_runs).name == "new"


def test_runs_are_listed_without_drafts_and_other_folders(three_runs):
    assert sorted(path.name for path in list_runs(three_runs)) == ["new", "old", "running"]


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ("nothing", "nothing: no such run; the runs under .* are: new, old, running"),
        ("", "'': no such run"),
        ("x" * 300, "x: no such run"),
        ("a\0b", "no such run"),
    ],
)
def test_the_error_names_the_runs_that_are_there(three_runs, run, message):
    with pytest.raises(RunError, match=message):
        find_run(run, three_runs)


def test_a_folder_without_a_record_is_no_run(three_runs):
    with pytest.raises(RunError, match=r"not a run: it has no run\.json"):
        find_run(str(three_runs / "no run"), three_runs)


@pytest.mark.parametrize("folder", ["nowhere", "empty", "file"])
def test_without_a_finished_run_the_error_says_how_to_get_one(tmp_path, folder):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="holds no finished run; train one: textclf train CONFIG"):
        find_run(None, tmp_path / folder)


def test_a_record_without_a_time_is_older_than_all_others(new_run, tmp_path):
    for name, record in {"a": {}, "b": {"started": "2026-01-01"}, "c": {"started": 7}}.items():
        new_run(name, status="finished", **record)
    assert find_run(None, tmp_path / "runs").name in ("a", "b")


# --- reading -----------------------------------------------------------------------------------


def test_folds_are_in_the_order_of_their_numbers(new_run):
    run = new_run()
    for number in (10, 9, 1):
        run.fold(number).path.mkdir()
    assert list(run.folds) == ["fold-1", "fold-9", "fold-10"]


def test_tables_give_back_the_very_floats_that_were_written(new_run):
    run = new_run()
    run.history_path.write_text("epoch,loss,val_loss\n1,0.1234567890123456789,nan\n")
    history = run.history
    assert history["loss"][0] == 0.1234567890123456789
    assert history["val_loss"].isna().all()


def test_a_class_may_be_called_like_a_missing_value(new_run):
    run = new_run()
    run.predictions_path.write_text("split,row,truth,prediction,probability\ntest,0,NA,None,1\n")
    assert run.predictions.loc[0, ["truth", "prediction"]].tolist() == ["NA", "None"]


def test_a_damaged_config_is_an_error_of_the_run(new_run):
    run = new_run()
    run.config_path.write_text("{}")
    with pytest.raises(RunError, match=r"config\.yaml:1:1: ") as caught:
        RunFolder(run.path).config  # noqa: B018
    assert isinstance(caught.value.__cause__, ConfigError)


@pytest.mark.parametrize("content", ["", "[]", "{", '"text"', "\0"])
def test_a_damaged_record_is_an_error_of_the_run(new_run, content):
    run = new_run()
    run.record_path.write_text(content)
    with pytest.raises(RunError, match=r"run\.json: damaged"):
        run.status  # noqa: B018


def test_a_folder_in_a_files_place_is_an_error_of_the_run(new_run):
    run = new_run()
    run.metrics_path.mkdir()
    with pytest.raises(RunError, match=r"metrics\.json: damaged"):
        run.metrics  # noqa: B018


def test_records_are_readable_json(new_run):
    run = new_run("Lauf ü", note="ü\udcff")
    assert "ü" in run.record_path.read_text(encoding="utf-8")
    assert json.loads(run.record_path.read_text(encoding="utf-8"))["note"] == "ü\udcff"


def test_classes_stay_text_whatever_they_are_called(tmp_path):
    run = FitFolder(tmp_path)
    run.predictions_path.write_text(
        "split,row,truth,prediction,probability\ntest,0,01,1,0.9\ntest,1,1,1,0.8\n"
    )
    assert run.predictions["truth"].tolist() == ["01", "1"]
    assert (run.predictions["truth"] == run.predictions["prediction"]).tolist() == [False, True]
    run.confusion_path.write_text("truth,truth,01\ntruth,3,1\n01,0,5\n")
    assert run.confusion.columns.tolist() == run.confusion.index.tolist() == ["truth", "01"]
    assert run.confusion.to_numpy().tolist() == [[3, 1], [0, 5]]


@pytest.mark.parametrize(
    "content", ["", "truth,a\na\n", "truth,a\na,x\n", "truth,a\na,1,2\n", "a,b\na,1\n"]
)
def test_a_damaged_confusion_matrix_is_told(tmp_path, content):
    run = FitFolder(tmp_path)
    run.confusion_path.write_text(content)
    with pytest.raises(RunError, match=r"confusion_matrix.csv: damaged"):
        _ = run.confusion


def test_of_a_regression_truth_and_prediction_are_numbers(tmp_path):
    run = FitFolder(tmp_path)
    run.predictions_path.write_text("split,row,truth,prediction\ntest,0,1.5,2\n")
    assert run.predictions["truth"].dtype == float
    run.predictions_path.write_text("split,row,truth,prediction\ntest,0,x,2\n")
    with pytest.raises(RunError, match=r"predictions.csv: damaged"):
        _ = run.predictions
