"""Case 01: a constant feature is 0 in training, and what it differs by elsewhere."""

import json

import pytest

pytestmark = pytest.mark.slow


def test_a_constant_feature_changes_little(case, cli):
    case("01-constant-feature", engine="graph")
    scores = [
        json.loads(cli("train", "c.yaml", "--name", name, "--json", *overrides).stdout)["metrics"]
        for name, overrides in (("one", ()), ("without", ("--set", "dataset.features=[rooms]")))
    ]
    assert [score["test_mae"] for score in scores] == [pytest.approx(0.37, abs=0.1)] * 2
    shown = json.loads(cli("data", "show", "c.yaml", "--json").stdout)
    assert {f["name"]: f["sd"] for f in shown["features"]}["tax"] == 0
