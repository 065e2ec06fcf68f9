"""`textclf resume`: to the end that an uninterrupted run has, and what it refuses."""

import json
import shutil
import signal
import time
from pathlib import Path

import pytest

from textclf.results.reproduction import compare_runs
from textclf.runs import RunFolder, locked
from textclf.training.callbacks import HistoryWriter
from tiny_recipes import TINY_BOSTON, TINY_TAIL, sets

pytestmark = pytest.mark.real_data


@pytest.fixture
def interrupt(monkeypatch):
    """Makes training end with an error in an epoch of the given fit."""

    def arrange(fit, epoch, error=KeyboardInterrupt):
        original = HistoryWriter.on_epoch_end

        def on_epoch_end(self, number, logs=None):
            if (self.folder.path.name, number + 1) == (fit, epoch):
                raise error
            original(self, number, logs)

        monkeypatch.setattr(HistoryWriter, "on_epoch_end", on_epoch_end)

    yield arrange


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fit", "epoch"),
    [
        pytest.param("fold-1", 2, marks=pytest.mark.slow),
        ("fold-2", 2),
        pytest.param("run", 1, marks=pytest.mark.slow),
    ],
)
def test_folds_go_on_to_the_same_bits(
    cli, cli_json, trained, interrupt, monkeypatch, empty_folder, fit, epoch
):
    with monkeypatch.context():
        interrupt(fit, epoch)
        stopped = cli("train", "boston_dense", *sets(TINY_BOSTON), "--name", "run")
    monkeypatch.undo()
    monkeypatch.chdir(empty_folder)
    assert stopped.exit_code == 130
    assert stopped.stderr.splitlines()[-1] == (
        "textclf: runs/run: finished epochs are kept; resume with: textclf resume runs/run"
    )
    assert RunFolder(Path("runs/run")).status == "interrupted"
    code, result = cli_json("resume", "runs/run", "--quiet")
    whole, run = RunFolder(trained / "folds"), RunFolder(Path("runs/run"))
    assert (code, result) == (
        0,
        {"run": "runs/run", "status": "finished", "metrics": whole.metrics},
    )
    assert compare_runs(whole, run).differences == []
    assert [set(one) for one in run.record["resumed"]] == [{"command", "at"}]


def test_a_finished_run_prints_its_scores(cli, runs):
    before = {path: path.stat().st_mtime_ns for path in (runs / "tail").rglob("*")}
    result = cli("resume", runs / "tail")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == str(runs / "tail")
    assert cli("resume", runs / "tail", "--set", "training.epochs=2").exit_code == 0
    after = {path: path.stat().st_mtime_ns for path in (runs / "tail").rglob("*")}
    assert {p for p in after if after[p] != before.get(p)} <= {runs / "tail" / ".lock"}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tail", "folds"])
def test_epochs_are_added_to_a_finished_run(cli, runs, name):
    overrides = (*(TINY_TAIL if name == "tail" else TINY_BOSTON), "training.epochs=5")
    assert cli("train", "boston_dense", *sets(overrides), "--name", "longer").exit_code == 0
    result = cli("resume", runs / name, "--set", "training.epochs=5")
    assert result.exit_code == 0
    assert "resuming after epoch 2" in result.stderr
    run = RunFolder(runs / name)
    assert run.config.training.epochs == 5
    assert compare_runs(RunFolder(Path("runs/longer")), run).differences == []


@pytest.mark.slow
def test_a_run_without_a_state_starts_from_its_beginning(cli, runs):
    shutil.copytree(runs / "tail", runs / "bare")
    run = RunFolder(runs / "bare")
    for path in run.path.iterdir():
        if path.name not in ("config.yaml", "run.json"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    run.update(status="running")
    assert cli("resume", run.path).exit_code == 0
    assert compare_runs(RunFolder(runs / "tail"), run).differences == []


@pytest.mark.slow
def test_half_written_files_are_swept_up(cli, runs):
    run = RunFolder(runs / "tail")
    (run.path / "checkpoints" / ".4711-best.keras").touch()
    run.update(status="running")
    assert cli("resume", run.path).exit_code == 0
    assert not (run.path / "checkpoints" / ".4711-best.keras").exists()


# --- refused ---------------------------------------------------------------------------------


def test_the_reason_of_a_failure_is_told(cli, runs):
    RunFolder(runs / "tail").update(status="failed", error=["loss became nan in epoch 3", "more"])
    result = cli("resume", runs / "tail")
    assert result.exit_code == 5
    assert result.stderr.splitlines() == [
        f"textclf: {runs / 'tail'}: failed, and would fail again: loss became nan in epoch 3",
        "textclf: more",
    ]


@pytest.mark.parametrize("command", [("resume",), ("plot",)])
def test_a_run_in_use(cli, runs, command):
    run = RunFolder(runs / "tail")
    with locked(run):
        result = cli(*command, runs / "tail")
    assert result.exit_code == 5
    assert "in use: another process is writing this run" in result.stderr


def test_a_run_in_use_is_read_safely(cli, runs, data_dir):
    with locked(RunFolder(runs / "tail")):
        assert cli("evaluate", runs / "tail").exit_code == 0
        assert cli("plot", runs / "tail", "-o", "picture.png").exit_code == 0


@pytest.mark.parametrize(
    ("override", "code", "message"),
    [
        ("training.epochs=1", 3, "1 is fewer than the run's 2"),
        ("training.epochs=100001", 3, "training.epochs"),
        ("training.epochs=two", 2, "only training.epochs=N"),
        ("training.batch_size=3", 2, "only training.epochs=N"),
        ("training.epochs", 2, "only training.epochs=N"),
    ],
)
def test_settings_that_cannot_be_changed(cli, runs, override, code, message):
    result = cli("resume", runs / "tail", "--set", override)
    assert result.exit_code == code
    assert message in result.stderr


def test_other_data_are_refused(cli, runs):
    run = RunFolder(runs / "tail")
    run.update(status="interrupted", data={"boston_housing.npz": "0" * 64})
    result = cli("resume", run.path)
    assert result.exit_code == 4
    assert "boston_housing.npz: not the data that" in result.stderr


@pytest.mark.slow
def test_other_versions_are_told(cli, runs):
    run = RunFolder(runs / "tail")
    versions = {**run.record["versions"], "keras": "3.0"}
    device = {**run.record["device"], "threads": 99}
    run.update(status="interrupted", versions=versions, device=device)
    result = cli("resume", run.path)
    assert result.exit_code == 0
    assert "textclf: warning: versions.keras is " in result.stderr
    assert ", was 3.0: the remaining epochs may differ" in result.stderr
    assert ", was 99: the remaining epochs may differ" in result.stderr


def test_no_such_run(cli):
    assert cli("resume", "nowhere").exit_code == 5


# --- signals, in processes of their own ------------------------------------------------------


@pytest.mark.slow
def test_a_signal_ends_a_run_soon_and_resume_finishes_it(start, empty_folder, cli):
    arguments = ("boston_dense", *sets((*TINY_TAIL, "training.epochs=300")))
    process = start("train", *arguments, "--name", "run", "--json")
    history = Path("runs/run/history.csv")
    while not history.exists():
        time.sleep(0.01)
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 143
    messages = json.loads(output)["error"]["messages"]
    assert messages[-1].endswith("resume with: textclf resume runs/run")
    done = len(RunFolder(Path("runs/run")).history)
    assert 0 < done < 300
    result = cli("resume", "run")
    assert result.exit_code == 0
    assert f"resuming after epoch {done}" in result.stderr
    assert len(RunFolder(Path("runs/run")).history) == 300


@pytest.mark.slow
def test_a_run_killed_before_its_baseline_was_written_gets_the_same(cli, runs):
    run = RunFolder(runs / "imdb")
    before = {path.name: path.read_bytes() for path in run.path.glob("*.[cj]s*")}
    run.baseline_path.unlink()
    run.update(status="running")
    result = cli("resume", run.path)
    assert result.exit_code == 0
    assert f"{run.baseline['metrics']['test_accuracy']:.4f}  test_accuracy of" in result.stdout
    after = {path.name: path.read_bytes() for path in run.path.glob("*.[cj]s*")}
    assert "baseline.json" in after
    for name in before.keys() - {"run.json"}:
        assert after[name] == before[name], name


def test_a_score_that_the_run_will_not_have_is_refused_before_more_epochs(cli, runs):
    more = ("--set", "training.epochs=3", "--expect", "val_accuracy>=0.5")
    result = cli("resume", runs / "tail", *more)
    assert result.exit_code == 2
    assert "the run would have no val_accuracy: regression data have loss, mae" in result.stderr
    assert RunFolder(runs / "tail").status == "finished"
