"""A whole sweep on a small scale: from the command to its winner, whose test rows alone count."""

import json
from pathlib import Path
from typing import Any

import pytest

from made_up_sweep import make_folder
from textclf import load_config
from textclf.cli import main
from textclf.runs.sweep import SweepFolder
from tiny_recipes import TINY_TAIL, sets


@pytest.fixture(scope="module")
def swept(tmp_path_factory) -> tuple[SweepFolder, dict[str, Any]]:
    """A sweep of three trials, and the object that its command printed."""
    from click.testing import CliRunner

    folder = tmp_path_factory.mktemp("swept")
    varied = ("--set", "model.units=[4],[8],[16]", "--fresh-seeds", "2", "--workers", "1")
    where = ("--runs-dir", str(folder), "--name", "s", "--device", "cpu", "--quiet", "--json")
    result = CliRunner().invoke(
        main, ["sweep", "boston_dense", *sets(TINY_TAIL), *varied, *where], prog_name="textclf"
    )
    assert result.exit_code == 0, result.output
    return SweepFolder(folder / "s"), json.loads(result.stdout)


@pytest.mark.real_data
@pytest.mark.slow
def test_the_test_rows_are_scored_once_for_the_winner(swept):
    sweep, result = swept
    tested = {
        path.parent.relative_to(sweep.path).parts[0]
        for path in sweep.path.rglob("metrics.json")
        if "test_mae" in path.read_text(encoding="utf-8")
    }
    winner = result["winner"]["trial"]
    assert tested == {f"trial-{winner}-final"}
    finals = {path.name for path in sweep.path.glob("*-final")}
    assert finals == {f"trial-{n}-final" for n in (winner, result["verdict"]["runner_up"])}
    for trial in sweep.trials:
        assert set(sweep.run(trial.name).predictions["split"]) == {"validation"}


@pytest.mark.real_data
@pytest.mark.slow
def test_what_is_printed_is_what_the_fresh_seeds_scored(swept):
    sweep, result = swept
    final = sweep.run(f"trial-{result['winner']['trial']}-final")
    assert result["metrics"] == final.metrics
    assert result["verdict"]["fresh"]["winner"] == [
        s.metrics["val_mae"] for s in final.seeds.values()
    ]
    used = {sweep.run(trial.name).config.seed for trial in sweep.trials}
    assert not used & {seed.config.seed for seed in final.seeds.values()}
    values = [trial["value"] for trial in result["trials"]]
    assert values == sorted(values)


@pytest.mark.real_data
@pytest.mark.slow
def test_best_yaml_is_a_config_that_train_takes(swept):
    sweep, result = swept
    config = load_config(sweep.best_path)
    assert config == sweep.run(f"trial-{result['winner']['trial']}").config


@pytest.mark.real_data
@pytest.mark.slow
def test_its_name_alone_shows_it_again(swept, cli_json, cli):
    sweep, result = swept
    code, again = cli_json("sweep", sweep.path)
    assert code == 0
    assert {**again, "warnings": []} == {**result, "warnings": []}
    failed = cli("sweep", sweep.path, "--expect", "test_mae<0.1")
    assert failed.exit_code == 7
    assert "expected test_mae<0.1, but test_mae is" in failed.stderr


@pytest.mark.real_data
@pytest.mark.slow
def test_its_runs_are_taken_by_name_and_none_unnamed(swept, cli):
    sweep, _ = swept
    runs_dir = sweep.path.parent
    assert cli("compare", "s/trial-1", "s/trial-2", "--runs-dir", runs_dir).exit_code == 0
    assert cli("evaluate", "--runs-dir", runs_dir).exit_code == 5


def test_an_expectation_that_no_trial_can_meet_is_refused_at_once(cli, empty_folder):
    result = cli("sweep", "boston_dense", "--set", "model.units=4,8", "--expect", "val_accuracy>=1")
    assert result.exit_code == 2
    assert "this task has no val_accuracy; use val_mae" in result.stderr
    assert list(empty_folder.iterdir()) == []


def test_a_report_of_a_sweep_is_its_page(cli, cli_json, empty_folder):
    make_folder(empty_folder / "runs", [3.0, 2.0, 2.5])
    assert cli("report", "swept").exit_code == 0
    assert "trial-2 is the best of the search" in Path("swept.html").read_text(encoding="utf-8")
    assert cli_json("report", "swept", "-o", "page.html") == (0, {"file": "page.html"})
    assert Path("page.html").read_bytes() == Path("swept.html").read_bytes()
