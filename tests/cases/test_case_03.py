"""Case 03: a quote that opens a row in one line and closes it seven lines later joins no rows."""

import json

import pytest

QUOTE = "d.tsv:7: a quote opens a row that ends 7 lines later, in line 14"

pytestmark = pytest.mark.slow


def test_the_line_where_a_quote_opens_is_named(case, cli):
    case("03-tsv-quotes")
    for command in (("data", "show", "c.yaml"), ("train", "c.yaml", "--name", "t")):
        result = cli(*command)
        assert result.exit_code == 4 and QUOTE in result.stderr


def test_init_reads_quotes_as_characters(case, cli):
    folder = case("03-tsv-quotes")
    (folder / "f.yaml").unlink()
    result = cli("init", "first.tsv", "-o", "f.yaml")
    assert result.exit_code == 0 and "first.tsv: 40 rows; " in result.stderr
    rows = json.loads(cli("data", "show", "f.yaml", "--json").stdout)["parts"]
    assert sum(rows.values()) == 40


def test_a_run_that_reads_quotes_as_characters_predicts_so(case, cli):
    case("03-tsv-quotes")
    options = ("--set", "dataset.quoting=none", "--set", "training.engine=graph")
    assert cli("train", "c.yaml", "--name", "t", "--quiet", *options).exit_code == 0
    predicted = cli("predict", "--run", "t", "--file", "d.tsv").stdout
    assert len(predicted.splitlines()) == 41
