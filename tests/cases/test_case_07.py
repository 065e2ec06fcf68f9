"""Case 07: rows sorted by class in k folds: train warns of what check warns of."""

import json
from pathlib import Path

import pytest

SORTED, ALL_VALIDATE, FEW = "seem sorted by class", "all rows of 'neg' validate", "rows validate: "
WARNING = "textclf: warning: "

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("options", "meanings"),
    [
        ((), (SORTED, ALL_VALIDATE)),
        (("--set", "dataset.path=small.csv"), (ALL_VALIDATE, FEW)),
        (("--set", "training.validation={split: first, rows: 100}"), (SORTED, ALL_VALIDATE)),
    ],
)
def test_train_warns_of_the_split_as_check_does(case, cli, options, meanings):
    folder: Path = case("07-sorted-k-fold", engine="graph")
    checked, trained = (
        [line for line in cli(*command, *options).stderr.splitlines() if line.startswith(WARNING)]
        for command in (("check", "c.yaml"), ("train", "c.yaml", "--name", "a", "--quiet"))
    )
    before, found = trained[: len(checked)], trained[len(checked) :]
    assert before == checked and len(checked) == len(meanings)
    assert all(any(meaning in line for line in before) for meaning in meanings)
    assert all("hardly found: recall of 'neg'" in line for line in found)  # which follows from it
    recorded = json.loads((folder / "runs" / "a" / "run.json").read_text())["warnings"]
    assert recorded == [line.removeprefix(WARNING) for line in trained]
