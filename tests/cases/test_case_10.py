"""Case 10: the same texts as CSV and as JSON Lines are the same words, whatever ends a line."""

import csv
import json
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.slow


def test_the_same_texts_are_the_same_words(case, cli):
    case("10-crlf-in-text", engine="graph")
    for name, more in (("csv", ()), ("jsonl", ("--set", "dataset.path=d.jsonl"))):
        assert cli("train", "c.yaml", "--name", name, "--quiet", *more).exit_code == 0
        kept = json.loads(Path(f"runs/{name}/preprocessing.json").read_text())
        assert "superb" in kept["encoder"]["words"]
    for run in ("csv", "jsonl"):
        for file in ("d.csv", "d.jsonl", "mac.csv"):
            cli("predict", "--run", run, "--file", file, "-o", "out.csv")
            table = pd.read_csv("out.csv")
            assert len(table) == 200 and (table["truth"] == table["prediction"]).all()
        result = cli("predict", "--run", run, "superb", "dreadful")
        rows = list(csv.DictReader(result.stdout.splitlines()))
        assert [row["known_words"] for row in rows] == ["1", "1"]
