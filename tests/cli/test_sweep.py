"""`textclf sweep`: refused early, resumed by name or by the same command, its exit codes."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from played_slots import Event, PlayedSlots, ended, finished
from textclf.cli.group import Termination
from textclf.config.settings import Config
from textclf.disk.atomic import write_json
from textclf.runs import create_run
from textclf.runs.sweep import SweepFolder
from textclf.sweep.orders import Order
from textclf.workflow import sweeping

GRID = ("--set", "model.units=4,8", "--set", "training.learning_rate=1e-3,1e-2")
SWEEP = ("sweep", "quickstart", *GRID, "--fresh-seeds", "0")


def make_run(order: Order) -> Iterable[Event]:
    """A finished run in the order's folder, without any training."""
    units = order.config["model"].get("units", 1)
    value = 0.5 + (units[0] if isinstance(units, list) else units or 1) / 100
    scores = {"val_accuracy": value, "val_loss": 1.0, "best_epoch": 1}
    if order.tests:
        scores["test_accuracy"] = value - 0.01
    if not order.folder.exists():
        config = Config.model_validate(order.config)
        record = {"status": "finished", "started": "2026-11-20T12:00:00.000+00:00"}
        run = create_run(config, order.recipe, order.folder.parent, order.name, record)
        run.lock.release()
        run.history_path.write_text("epoch,loss,val_accuracy\n1,0.5,0.6\n")
        write_json(run.metrics_path, scores)
    return [finished(order, value)]


@pytest.fixture
def slots(monkeypatch) -> Callable[..., PlayedSlots]:
    """Puts slots in place of the cluster's."""

    def make(play: Callable[[Order], Iterable[Event]] = make_run, **more) -> PlayedSlots:
        made = PlayedSlots(play, **more)
        monkeypatch.setattr(sweeping, "ClusterSlots", lambda *_arguments: made)
        return made

    return make


def folder(name: str = "quickstart-sweep-1") -> SweepFolder:
    return SweepFolder(Path("runs", name))


def names(slots: PlayedSlots) -> list[str]:
    return [order.name for order in slots.orders]


def test_a_sweep_from_an_empty_folder(cli, slots):
    played = slots()
    result = cli(*SWEEP)
    assert result.exit_code == 0, result.stderr
    assert names(played) == ["trial-1", "trial-2", "trial-3", "trial-4", "trial-3-final"]
    assert [order.tests for order in played.orders] == [False] * 4 + [True]
    assert played.is_closed
    assert {path.name for path in folder().path.iterdir()} >= {
        *("sweep.json", "trials.jsonl", "results.csv", "best.yaml", "report.html", "trial-4"),
    }
    assert "test_accuracy" in result.stdout
    assert "runs/quickstart-sweep-1/best.yaml" in result.stdout
    assert cli("check", "runs/quickstart-sweep-1/best.yaml").exit_code == 0


def test_what_is_over_is_shown_and_not_trained_again(cli, slots, cli_json):
    slots()
    assert cli(*SWEEP).exit_code == 0
    played = slots()
    code, shown = cli_json("sweep", "quickstart-sweep-1")
    assert (code, shown["status"], played.orders) == (0, "finished", [])
    assert shown["winner"]["trial"] == 3


@pytest.mark.parametrize("again", [SWEEP, ("sweep", "quickstart-sweep-1")])
def test_an_interrupted_sweep_is_resumed_by_its_command_or_name(cli, slots, again):
    slots(events_until=2)
    assert cli(*SWEEP).exit_code == 130
    assert folder().status == "interrupted"
    played = slots()
    assert cli(*again).exit_code == 0
    assert names(played) == ["trial-3", "trial-4", "trial-3-final"]


@pytest.mark.parametrize(("signalled", "code"), [(KeyboardInterrupt, 130), (Termination, 143)])
def test_a_signal_ends_it_in_one_line(cli, cli_json, slots, signalled, code):
    def play(_order: Order) -> Iterable[Event]:
        raise signalled

    slots(play)
    exit_code, shown = cli_json(*SWEEP)
    assert (exit_code, shown["error"]["code"]) == (code, code)
    assert shown["error"]["messages"] == [
        "interrupted; resume with: textclf sweep runs/quickstart-sweep-1"
    ]


def test_a_full_disk_is_exit_code_6(cli, slots):
    slots(lambda order: [ended(order, "out_of_resources", "the disk is full")])
    result = cli(*SWEEP)
    assert result.exit_code == 6
    assert "the disk is full" in result.stderr
    assert "resume with: textclf sweep runs/quickstart-sweep-1" in result.stderr


def test_an_existing_sweep_has_its_own_space(cli, slots):
    slots()
    cli(*SWEEP)
    for more in (GRID[:2], ("--seeds", "3"), ("--search", "tpe"), ("--prune", "asha")):
        result = cli("sweep", "quickstart-sweep-1", *more)
        assert result.exit_code == 2
        assert f"{more[0]}: runs/quickstart-sweep-1 has its own already" in result.stderr


def test_more_trials_are_added_to_an_existing_sweep(cli, slots):
    slots()
    random = ("--search", "random", "--fresh-seeds", "0")
    cli("sweep", "quickstart", "--set", "model.units=4..64", *random, "--trials", "2")
    played = slots()
    assert cli("sweep", "quickstart-sweep-1", "--trials", "3").exit_code == 0
    assert names(played)[0] == "trial-3"
    assert len(folder().trials) == 3


def test_a_grid_has_no_more_trials_than_points(cli, slots):
    slots()
    cli(*SWEEP)
    result = cli("sweep", "quickstart-sweep-1", "--trials", "5")
    assert result.exit_code == 2
    assert "the sweep is a grid of 4 points, all of which are tried" in result.stderr


def test_two_sweeps_of_one_name(cli, slots):
    slots()
    assert cli(*SWEEP, "--name", "s").exit_code == 0
    result = cli("sweep", "quickstart", "--set", "model.units=4,8", "--name", "s")
    assert result.exit_code == 5
    assert "varies something else" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("quickstart",), 3, "nothing to vary"),
        (("quickstart", "--set", "model.units=4,0"), 3, "--set model.units=0: model.units[0]: 0"),
        (
            ("quickstart", "--set", "model.units=1..9", "--search", "grid"),
            2,
            "a grid needs choices",
        ),
        (("quickstart", *GRID, "--time", "soon"), 2, "'soon' is not a time such as 90m or 2h"),
        (("quickstart", *GRID, "--workers", "0"), 2, "add --listen HOST:PORT"),
        (("no-such-sweep",), 3, "no such file or recipe"),
        ((), 2, "Missing argument"),
    ],
)
def test_what_cannot_be_searched_is_refused_before_anything_is_written(
    cli, arguments, code, message
):
    result = cli("sweep", *arguments)
    assert result.exit_code == code
    assert message in result.stderr
    assert not Path("runs").exists()


@pytest.mark.parametrize("package", ["distributed", "optuna", "cryptography"])
def test_a_missing_extra_is_named(cli, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    result = cli("sweep", "quickstart", "--set", "model.units=4..8")
    assert result.exit_code == 6
    assert "pip install 'textclf[sweep]'" in result.stderr
    assert not Path("runs").exists()


def test_other_commands_take_a_trial_by_name_and_none_unnamed(cli, cli_json, slots):
    slots()
    cli(*SWEEP)
    assert cli("plot", "quickstart-sweep-1/trial-1").exit_code == 0
    assert cli("report", "quickstart-sweep-1/trial-1", "-o", "r.html").exit_code == 0
    unnamed = cli("predict", "a text")
    assert unnamed.exit_code == 5
    assert "holds no finished run" in unnamed.stderr
    whole = cli("plot", "quickstart-sweep-1")
    assert whole.exit_code == 5
    assert "a sweep, whose trials are runs; name one of them" in whole.stderr
    assert "sweeps: quickstart-sweep-1" in cli("runs").stderr
    assert cli_json("runs")[1] == {"runs": []}
    assert len(cli_json("runs", "--runs-dir", "runs/quickstart-sweep-1")[1]["runs"]) == 5
    removed = cli("rm", "quickstart-sweep-1/trial-1", "--yes")
    assert removed.exit_code == 5
    assert "a part of the sweep" in removed.stderr


def test_the_space_is_checked_before_tensorflow_is_imported(empty_folder):
    script = (
        "import sys; from textclf.config.sweep_file import load_sweep; "
        "load_sweep(['quickstart'], ['model.units=4,8']); print(*sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    modules = set(result.stdout.split())
    assert "textclf.config.sweep_file" in modules
    assert not modules & {"tensorflow", "keras", "optuna", "distributed", "numpy"}


def test_left_out_keys_are_said_once(cli, slots, tmp_path):
    slots()
    models = ("--set", "model.type=lstm,cnn", "--set", "model.kernel_size=2,3")
    text = ("--set", "preprocessing={num_words: 50, maxlen: 9, encoding: embedding}")
    more = ("--set", "model.embedding_dim=4", "--set", "model.units=4", "--fresh-seeds", "0")
    result = cli("sweep", "quickstart", *models, *text, *more)
    assert result.exit_code == 0, result.stderr
    assert result.stderr.count("model.kernel_size is left out: lstm models do not have it") == 1
    assert len(folder().trials) == 3


def test_the_record_says_how_it_was_asked_for(cli, slots):
    slots()
    cli(*SWEEP, "--seeds", "1", "--keep", "all")
    record = json.loads(folder().record_path.read_text())
    assert record["search"] == "grid"
    assert record["space"]["model.units"] == {"choices": [4, 8]}
    assert record["status"] == "finished"
    assert record["command"]


def test_check_looks_at_the_whole_space_of_a_config(cli):
    text = "dataset: {name: docstrings}\nmodel: {type: dense}\n"
    text += "preprocessing: {num_words: 50, encoding: multi_hot}\n"
    Path("a.yaml").write_text(text + "sweep: {set: {model.dropout: 0.0..1.5}}\n")
    result = cli("check", "a.yaml")
    assert result.exit_code == 3
    assert "a.yaml:4:15: model.dropout: 1.5 is out of range" in result.stderr
