"""A sweep's files: results.csv, best.yaml, report.html."""

import pytest

from made_up_sweep import make_final, make_folder
from textclf.config.file import load_config
from textclf.errors import RunError
from textclf.results.sweep.write import read_contents, write_outcome


def test_all_files_are_written_and_best_yaml_is_the_best_trials_config(tmp_path):
    sweep = make_folder(tmp_path, [3.0, 2.0, 2.5])
    make_final(sweep, [2.0, 2.1], [2.6, 2.7])
    contents = write_outcome(sweep)
    assert contents.verdict is not None
    assert contents.verdict.winner.number == 2
    assert load_config(sweep.best_path) == sweep.run("trial-2").config
    assert sweep.results_path.read_text(encoding="utf-8").splitlines()[1].startswith("1,2,finish")
    assert contents.verdict.in_words() in sweep.report_path.read_text(encoding="utf-8")
    assert [len(fits) for fits in contents.histories] == [1, 1, 1]


def test_they_are_the_same_when_written_again(tmp_path):
    sweep = make_folder(tmp_path, [3.0, 2.0, 2.5])
    files = (sweep.results_path, sweep.best_path, sweep.report_path)
    write_outcome(sweep)
    before = [path.read_bytes() for path in files]
    write_outcome(sweep)
    assert [path.read_bytes() for path in files] == before


def test_a_stopped_sweep_says_how_to_resume_it(tmp_path):
    sweep = make_folder(tmp_path, [3.0, 2.0], wanted=6)
    sweep.update(status="running")
    contents = read_contents(sweep)
    assert contents.status == "interrupted"
    assert f"resume it with textclf sweep {sweep.path}" in contents.notes[0]


def test_a_sweep_of_no_trials_has_nothing_to_show(tmp_path):
    with pytest.raises(RunError, match="no trial has begun"):
        read_contents(make_folder(tmp_path, []))
