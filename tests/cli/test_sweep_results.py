"""What a sweep found, on standard output: a table, the winner, JSON, `--expect`."""

import json

import pytest

from made_up_sweep import make_final, make_folder
from textclf.cli.expectations import Expectation
from textclf.cli.sweep_results import finish_sweep
from textclf.errors import ExpectationError
from textclf.results.sweep.write import write_outcome
from textclf.runs.sweep import SweepFolder


@pytest.fixture
def sweep(tmp_path, monkeypatch) -> SweepFolder:
    monkeypatch.chdir(tmp_path)
    sweep = make_folder(tmp_path, [3.0, 2.0, 2.5])
    make_final(sweep, [2.0, 2.1, 2.2, 2.0, 2.1], [2.6, 2.7, 2.8, 2.6, 2.7])
    write_outcome(sweep)
    return sweep


def finish(sweep: SweepFolder, *expectations: Expectation, as_json: bool = False) -> None:
    finish_sweep(sweep, write_outcome(sweep), expectations, as_json)


def test_the_best_trials_then_the_winner_then_the_files(sweep, capsys):
    finish(sweep)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["trial", "val_mae", "units", "batch_size", "time"]
    assert lines[1].split() == ["1", "trial-2", "2.0000", "[8]", "32", "2.0", "s"]
    assert [line.split()[1] for line in lines[1:4]] == ["trial-2", "trial-3", "trial-1"]
    assert lines[5:7] == ["val_mae      2.0800 ± 0.0837", "test_mae     3.0800 ± 0.0837"]
    assert lines[7] == "trial-2 is better than trial-3 beyond seed noise"
    assert lines[8].startswith("val_mae 2.0800 and 2.6800 with 5 fresh seeds each, p = 0.016")
    assert lines[9:] == [
        str(path) for path in (sweep.best_path, sweep.results_path, sweep.report_path)
    ]


def test_of_many_trials_the_rest_is_in_results_csv(sweep, capsys, monkeypatch):
    monkeypatch.setattr("textclf.cli.sweep_results.MOST_ROWS", 2)
    finish(sweep)
    assert f"1 more trial: {sweep.results_path}" in capsys.readouterr().out


def test_json_is_one_object_with_everything(sweep, capsys):
    finish(sweep, as_json=True)
    result = json.loads(capsys.readouterr().out)
    assert result["winner"]["trial"] == 2
    assert result["winner"]["final"] == str(sweep.path / "trial-2-final")
    assert result["metrics"]["test_mae"] == pytest.approx(3.08)
    assert result["verdict"]["beyond_seed_noise"] is True
    assert result["verdict"]["corrected_p"] == 2 * result["verdict"]["p"]
    assert [trial["value"] for trial in result["trials"]] == [2.0, 2.5, 3.0]
    assert not any("test" in key for trial in result["trials"] for key in trial["scores"])


def test_an_expectation_is_one_on_the_winner(sweep, capsys):
    finish(sweep, Expectation("test_mae", "<=", 3.1), as_json=True)
    assert json.loads(capsys.readouterr().out)["status"] == "finished"
    with pytest.raises(ExpectationError, match=r"expected test_mae<=3\.0") as raised:
        finish(sweep, Expectation("test_mae", "<=", 3.0), as_json=True)
    assert raised.value.result["metrics"]["test_mae"] == pytest.approx(3.08)
