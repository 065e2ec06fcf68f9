"""Case 09: prices are learnt as well in dollars as in thousands of them."""

import json

import pandas as pd
import pytest

pytestmark = pytest.mark.slow
GRAPH = ("--set", "training.engine=graph")


def test_dollars_are_learnt_as_thousands_are(case, cli):
    folder = case("09-large-targets")
    (folder / "h.yaml").unlink()
    assert cli("init", "houses.csv", "-o", "h.yaml").exit_code == 0
    scores = [
        json.loads(cli("train", "h.yaml", "--name", name, "--json", *options).stdout)["metrics"]
        for name, options in (
            ("h", GRAPH),
            ("k", (*GRAPH, "--set", "dataset.path=thousands.csv")),
        )
    ]
    assert scores[0]["test_mae"] == pytest.approx(1000 * scores[1]["test_mae"], rel=0.05)
    assert scores[0]["test_mae"] < 16_000


def test_the_truth_keeps_its_digits(case, cli):
    case("09-large-targets")
    assert cli("train", "e.yaml", *GRAPH, "--name", "e", "--quiet").exit_code == 0
    predictions = pd.read_csv("runs/e/predictions.csv")
    whole = pd.read_csv("exact.csv")["y"]
    assert (predictions["truth"] == whole[predictions["row"]].to_numpy()).all()
