"""What must hold of a sweep however often it was killed: nothing lost, nothing twice, same bits."""

import json
import os
from pathlib import Path

from figures import FIGURES
from forked import Textclf
from textclf.results.reproduction import compare_runs
from textclf.runs import RunFolder
from textclf.runs.trials import ENDS

THREADS = "TF_NUM_INTRAOP_THREADS"


def check_ledger(sweep: Path, n_trials: int) -> None:
    """Each trial was asked for once, and ended once."""
    lines = [json.loads(line) for line in (sweep / "trials.jsonl").read_text().splitlines()]
    asked = [line["trial"] for line in lines if "status" not in line]
    ends = [line for line in lines if line.get("status") in ENDS]
    ended = [line["trial"] for line in ends]
    FIGURES["sweep kills, trials lost"] += len({*range(1, n_trials + 1)} - {*ended})
    FIGURES["sweep kills, trials twice"] += len(ended) - len({*ended})
    assert asked == list(range(1, n_trials + 1))
    assert sorted(ended) == asked
    assert {line["status"] for line in ends} == {"finished"}, ends


def check_equal_to_train(trial: Path, reference: Path) -> None:
    """A trial is what `textclf train` makes of its config, but for the test rows."""
    one = RunFolder(trial)
    threads = str(one.record["device"]["threads"])
    if not reference.exists():
        arguments = ["train", one.config_path, "--name", reference.name]
        environment = {**os.environ, THREADS: threads}
        process = Textclf(*arguments, "--runs-dir", reference.parent, env=environment)
        assert process.wait() == 0
    other = RunFolder(reference)
    assert str(other.record["device"]["threads"]) == threads
    differences = compare_runs(one, other).differences
    differences = [line for line in differences if not line.startswith("predictions.csv")]
    validated = [run.predictions.query("split == 'validation'") for run in (one, other)]
    is_equal = not differences and validated[0].equals(validated[1])
    FIGURES["sweep kills, trials not equal to train"] += not is_equal
    assert is_equal, differences
    assert len(one.predictions) == len(validated[0]) < len(other.predictions)
