"""`textclf note`: notes and tags, in a file of their own."""

import json

import pytest

from run_folders import make_run
from textclf.runs import locked


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path / "runs", "a", 3.0)


def test_notes_and_tags_are_kept_in_one_file_and_nothing_else_changes(cli, run):
    before = {path: path.stat().st_mtime_ns for path in run.path.glob("[a-z]*")}
    assert cli("note", run.path, "loss still falls").exit_code == 0
    assert cli("note", run.path, "longer", "--tag", "baseline", "--tag", "b-2").exit_code == 0
    content = json.loads(run.notes_path.read_text())
    assert (content["format"], content["tags"]) == (1, ["baseline", "b-2"])
    assert [note["text"] for note in content["notes"]] == ["loss still falls", "longer"]
    after = {path: path.stat().st_mtime_ns for path in run.path.glob("[a-z]*")}
    assert {path for path in after if after[path] != before.get(path)} == {run.notes_path}


def test_they_are_printed_removed_and_listed(cli, cli_json, run):
    cli("note", run.path, "one", "--tag", "x", "--tag", "y")
    lines = cli("note", run.path).stdout.splitlines()
    assert lines[0] == "tags: x, y" and lines[1].endswith("  one")
    runs_dir = run.path.parent
    listed = cli("runs", "--runs-dir", runs_dir, "--where", "tag=x").stdout
    assert "x, y" in listed and "one" in listed
    assert not cli("runs", "--runs-dir", runs_dir, "--where", "tag!=x").stdout
    code, printed = cli_json("note", run.path, "two", "--clear", "--untag", "x")
    assert (code, printed["tags"]) == (0, ["y"])
    assert [note["text"] for note in printed["notes"]] == ["two"]
    assert cli("note", run.path, "--clear", "--untag", "y").stdout == "no notes, no tags\n"
    assert not run.notes_path.exists()


def test_a_run_in_training_can_be_annotated(cli, run):
    with locked(run):
        assert cli("note", run.path, "so far so good").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--tag", "two words"], 2), (["--tag", "a,b"], 2), ([" "], 2), (["x" * 10_001], 2)],
)
def test_what_is_not_a_note_or_a_tag(cli, run, arguments, code):
    assert cli("note", run.path, *arguments).exit_code == code
    assert not run.notes_path.exists()


def test_a_terminal_is_not_ruled_by_a_note(cli, run):
    assert "\\x1b[2J" in cli("note", run.path, "a\x1b[2J").stdout


@pytest.mark.parametrize("content", ["[", "{}", '{"tags": [1], "notes": []}'])
def test_damaged_notes_are_an_error_and_do_not_hide_the_run(cli, run, content):
    run.notes_path.write_text(content)
    assert cli("note", run.path, "more").exit_code == 5
    assert run.notes_path.read_text() == content
    result = cli("runs", "--runs-dir", run.path.parent)
    assert "3.000" in result.stdout and "notes.json: damaged" in result.stderr
