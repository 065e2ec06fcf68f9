"""trials.jsonl: only added to, read with suspicion, repaired where its last line is torn."""

import pytest

from textclf.errors import RunError
from textclf.runs.trials import DIED, DIVERGED, FINISHED, RUNNING, Ledger, Trial


@pytest.fixture
def ledger(tmp_path) -> Ledger:
    return Ledger(tmp_path / "trials.jsonl")


def test_what_is_added_is_read(ledger):
    one = Trial(1, {"model.units": 8})
    ledger.ask(one)
    ledger.ask(Trial(2, {"model.units": 4}))
    ended = Trial(1, one.values, FINISHED, None, 0.8, {"val_accuracy": 0.8}, 1, 2.5)
    ledger.end(ended, FINISHED)
    assert ledger.read() == [ended, Trial(2, {"model.units": 4})]


def test_an_attempt_that_died_is_not_an_end(ledger):
    ledger.ask(Trial(1, {}))
    ledger.end(Trial(1, {}, attempts=2, message="killed by signal 9"), DIED)
    (trial,) = ledger.read()
    assert (trial.status, trial.attempts, trial.has_ended) == (RUNNING, 2, False)


def test_a_trial_of_the_same_values_has_the_result_of_the_first(ledger):
    ledger.ask(Trial(1, {"a": 1}))
    ledger.ask(Trial(2, {"a": 1}, same_as=1))
    assert ledger.read()[1] == Trial(2, {"a": 1}, same_as=1)
    ledger.end(Trial(1, {"a": 1}, DIVERGED, attempts=1, message="loss became nan"), DIVERGED)
    second = ledger.read()[1]
    assert (second.status, second.name, second.number) == (DIVERGED, "trial-1", 2)


def test_a_torn_last_line_is_not_read_and_is_cut_off(ledger):
    ledger.ask(Trial(1, {"a": 1}))
    whole = ledger.path.read_bytes()
    for torn in (b'{"trial": 2, "val', b"\0\0\0"):
        ledger.path.write_bytes(whole + torn)
        assert ledger.read() == [Trial(1, {"a": 1})]
        ledger.repair()
        assert ledger.path.read_bytes() == whole


def test_without_a_file_there_are_no_trials(ledger):
    ledger.repair()
    assert ledger.read() == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "damaged"),
        ("[]", "damaged"),
        ('{"trial": 3, "values": {}}', "trial 3 comes after trial 1"),
        ('{"trial": 7, "status": "finished"}', "damaged"),
    ],
)
def test_another_damaged_line_is_named(ledger, line, message):
    ledger.ask(Trial(1, {}))
    with ledger.path.open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(RunError, match=f"trials.jsonl:2: .*{message}"):
        ledger.read()
