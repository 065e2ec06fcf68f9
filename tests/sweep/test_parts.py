"""Seeds and folds at a time: each equals, to the bit, the one that is trained in its turn."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from played_slots import PlayedSlots, ended
from textclf import load_config, open_run, train
from textclf.errors import ConfigError, DataError, DivergedError, ResourceError, RunError
from textclf.results.reproduction import compare_runs
from textclf.runs import RunFolder, create_run
from textclf.runs.environment import available_processors
from textclf.sweep.coordinator import Where
from textclf.sweep.orders import FINISHED, Order, Outcome, Progress
from textclf.sweep.parts import PartReporter, Parts, refuse_workers
from textclf.training.reporter import Reporter
from textclf.workflow import reproduce
from tiny_recipes import TINY_BOSTON, TINY_TAIL


class Heard(Reporter):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, message: str) -> None:
        self.lines.append(message)

    def warn(self, message: str) -> None:
        self.lines.append(f"warning: {message}")


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    config = load_config("boston_dense", ("training.epochs=40",))
    return create_run(config, "boston_dense", tmp_path, "r", {"status": "running"})


def parts_of(run: RunFolder, slots: PlayedSlots) -> tuple[Parts, list[str]]:
    heard = Heard()
    return Parts(run, slots, 3, Where(None, "cpu"), heard), heard.lines


def play(order: Order) -> Iterable[Outcome | Progress]:
    """Four epochs, of which every other one is shown; then some facts."""
    for step in range(1, 5):
        yield Progress(order.name, order.attempt, step, step / 10)
    facts = {"warnings": ["few rows"], "notes": ["a note"]}
    yield Outcome(order.name, 1, FINISHED, {"val_mae": 2.0, "best_epoch": 4}, facts=facts)


def test_parts_are_ordered_with_their_share_and_their_progress_is_shown(run):
    slots = PlayedSlots(play)
    parts, lines = parts_of(run, slots)
    outcomes = parts.train(["fold-1", "fold-2"], "val_loss")
    assert [outcome.name for outcome in outcomes] == ["fold-1", "fold-2"]
    first = slots.orders[0]
    assert (first.folder, first.threads, first.device) == (run.path / "fold-1", 3, "cpu")
    assert (first.config, first.tests) == (run.config.model_dump(), True)
    assert lines[:5] == [
        "fold-1: epoch 2  val_loss 0.2000",
        "fold-1: epoch 4  val_loss 0.4000",
        "warning: few rows",
        "a note",
        "fold-1: trained  val_mae 2.0000",
    ]


def test_a_part_whose_process_dies_is_resumed_three_times(run):
    slots = PlayedSlots(lambda order: [ended(order, "died", "killed", -9)])
    parts, lines = parts_of(run, slots)
    with pytest.raises(RunError, match="seed-1: killed"):
        parts.train(["seed-1"], "loss")
    assert [order.attempt for order in slots.orders] == [1, 2, 3, 4]
    assert lines == ["seed-1: killed; resumed"] * 3


def test_a_lost_worker_does_not_count(run):
    left = ["lost"] * 5
    slots = PlayedSlots(lambda order: [ended(order, left.pop())] if left else play(order))
    assert len(parts_of(run, slots)[0].train(["seed-1"], "loss")) == 1
    assert [order.attempt for order in slots.orders] == [1] * 6


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        ("diverged", 5, DivergedError),
        ("failed", 4, DataError),
        ("out_of_resources", 6, ResourceError),
    ],
)
def test_a_part_that_fails_ends_the_run_with_its_error(run, status, code, error):
    slots = PlayedSlots(lambda order: [ended(order, status, "why", code)])
    with pytest.raises(error, match="seed-1: why"):
        parts_of(run, slots)[0].train(["seed-1", "seed-2"], "loss")


def test_a_fit_without_validation_reports_its_loss():
    sent: list[tuple[int, float]] = []

    class Link:
        def report(self, step: int, value: float) -> None:
            sent.append((step, value))

        def is_pruned(self) -> bool:
            return False

    reporter = PartReporter(Link(), "val_loss")
    reporter.end_epoch({"epoch": 1.0, "loss": 0.5, "val_loss": 0.25})
    reporter.end_epoch({"epoch": 2.0, "loss": 0.5})
    assert sent == [(1, 0.25), (2, 0.5)]


@pytest.mark.parametrize(
    ("overrides", "options", "message"),
    [
        (TINY_TAIL, {"workers": 2}, "workers: 2 trainings at a time need several seeds"),
        (TINY_BOSTON, {"workers": 0}, "workers: 0 is not in the range"),
        (TINY_BOSTON, {"workers": 2, "callbacks": [object()]}, "callbacks cannot follow"),
    ],
)
def test_what_cannot_be_trained_at_a_time_is_refused(tmp_path, overrides, options, message):
    with pytest.raises(ConfigError, match=message):
        train(load_config("boston_dense", overrides), tmp_path, **options)
    assert list(tmp_path.iterdir()) == []


def test_one_worker_needs_no_further_packages(monkeypatch):
    monkeypatch.setattr("textclf.sweep.parts.require", lambda *_: pytest.fail("imported"))
    refuse_workers(load_config("boston_dense"), 1, has_seeds=False, has_callbacks=True)


# --- in processes ----------------------------------------------------------------------------


def files_in(run: RunFolder) -> set[str]:
    return {str(path.relative_to(run.path)) for path in run.path.rglob("*") if path.is_file()}


@pytest.mark.slow
@pytest.mark.real_data
def test_seeds_are_those_that_are_trained_one_after_the_other(trained, tmp_path):
    config, heard = load_config("boston_dense", TINY_TAIL), Heard()
    run = train(config, tmp_path, "s", seeds=2, workers=2, reporter=heard)
    whole = open_run("seeds", trained)
    assert compare_runs(whole, run).differences == []
    assert files_in(run) == files_in(whole)
    threads = max(1, available_processors() // 2)
    assert run.record["workers"] == 2
    assert {part.record["device"]["threads"] for part in (run, *run.seeds.values())} == {threads}
    assert sorted(line[:15] for line in heard.lines if "trained" in line) == [
        "seed-1: trained",
        "seed-2: trained",
    ]


@pytest.mark.slow
@pytest.mark.real_data
def test_folds_are_those_that_are_trained_one_after_the_other(trained, tmp_path):
    config = load_config("boston_dense", TINY_BOSTON)
    run = train(config, tmp_path, "f", workers=2, reporter=Reporter())
    whole = open_run("folds", trained)
    assert compare_runs(whole, run).differences == []
    assert files_in(run) == files_in(whole)
    assert run.metrics == whole.metrics
    assert run.record["engine"] == whole.record["engine"]
    again = reproduce(run, tmp_path, reporter=Reporter())
    assert again.differences == []
    assert RunFolder(tmp_path / "f-again-1").record["workers"] == 2
