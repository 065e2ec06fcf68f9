"""A sweep whose trials, workers and coordinator are killed ends as one that was left alone."""

import itertools
import json
import random
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

import sweep_processes
from figures import FIGURES
from sweep_checks import check_equal_to_train, check_ledger
from textclf.runs.trials import ENDS
from textclf.sweep.coordinator import MOST_RESUMED
from tiny_recipes import sets

CONFIG = Path(__file__).with_name("tiny_sweep.yaml")
RATES = "1e-3,2e-3,3e-3,5e-3,7e-3,1e-2"
IN_CI = {"trial": 1, "worker": 1, "coordinator": 1}
IN_FULL = 20  # kills of each
LONGEST = 8.0  # seconds between two kills


@pytest.mark.slow
def test_nothing_is_lost_or_done_twice_or_other_bits(tmp_path: Path, full: bool) -> None:
    kinds = list(IN_CI) * (IN_FULL if full else 1)
    rates = RATES if full else "1e-3,1e-2"
    n_trials = 2 * len(rates.split(","))
    moments = random.Random("sweep")
    for number in itertools.count(1):
        sweep = tmp_path / f"sweep-{number}"
        space = sets(("model.units=4,8", f"training.learning_rate={rates}"))
        kinds = run_with_kills(sweep, space, kinds, moments)
        check_ledger(sweep, n_trials)
        checked = range(1, n_trials + 1) if full else (1,)
        for trial in checked:
            check_equal_to_train(sweep / f"trial-{trial}", tmp_path / f"reference-{trial}")
        if not kinds:
            break


def run_with_kills(
    sweep: Path, space: list[str], kinds: list[str], moments: random.Random
) -> list[str]:
    """Run a sweep to its end, killing one thing after the other; returns what is left to kill."""
    mark = str(sweep)
    left = list(kinds)
    process = start(sweep, space)
    while True:
        try:
            _, errors = process.communicate(timeout=moments.uniform(0.5, LONGEST) if left else 300)
        except subprocess.TimeoutExpired:
            if not left:
                raise
            if KILLS[left[0]](process, mark):
                FIGURES["sweep kills"] += 1
                FIGURES[f"sweep kills: {left.pop(0)}"] += 1
            if process.poll() is not None:
                assert gone(mark)
                process = start(sweep, space)
        else:
            assert process.returncode == 0, errors
            assert gone(mark)
            return left


def start(sweep: Path, space: list[str]) -> subprocess.Popen[str]:
    return sweep_processes.start(
        str(sweep),
        *("sweep", CONFIG, *space, "--name", sweep.name),
        *("--runs-dir", sweep.parent, "--workers", 2),
    )


def gone(mark: str) -> bool:
    is_gone = sweep_processes.all_gone(mark)
    FIGURES["sweep kills, processes left after 10 s"] += not is_gone
    return is_gone


def kill_coordinator(process: subprocess.Popen[str], mark: str) -> bool:
    process.kill()
    process.communicate()
    return True


def kill_trial(process: subprocess.Popen[str], mark: str) -> bool:
    """Kill one, unless one has died three times: the fourth would end it for good."""
    ledger = Path(mark) / "trials.jsonl"
    lines = (
        [json.loads(line) for line in ledger.read_text().splitlines()] if ledger.exists() else []
    )
    ended = {line["trial"] for line in lines if line.get("status") in ENDS}
    died = Counter(line["trial"] for line in lines if line.get("status") == "died")
    if any(number >= MOST_RESUMED for trial, number in died.items() if trial not in ended):
        return False
    return kill_one_of(sweep_processes.trials)(process, mark)


def kill_one_of(find: Callable[[str], list]) -> Callable[[subprocess.Popen[str], str], bool]:
    def kill(process: subprocess.Popen[str], mark: str) -> bool:
        found = find(mark)
        if found:
            random.choice(found).kill()
        return bool(found)

    return kill


KILLS: dict[str, Callable[[subprocess.Popen[str], str], bool]] = {
    "trial": kill_trial,
    "worker": kill_one_of(sweep_processes.workers),
    "coordinator": kill_coordinator,
}
