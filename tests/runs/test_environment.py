"""What a run remembers of the machine it was made on."""

import subprocess
import sys

import pytest

from textclf.runs.environment import describe_environment


def git(*arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    command = ["git", *who, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    git("init", "-q")
    (tmp_path / "file").write_text("a")
    git("add", "file")
    git("commit", "-q", "-m", "a")
    return tmp_path


def test_the_commit_is_known_and_whether_it_was_changed(repository):
    commit = git("rev-parse", "HEAD")
    assert describe_environment()["git"] == {"commit": commit, "dirty": False}
    (repository / "file").write_text("b")
    assert describe_environment()["git"] == {"commit": commit, "dirty": True}


def test_outside_of_git_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert describe_environment()["git"] is None


def test_the_command_can_be_pasted_into_a_shell(monkeypatch):
    monkeypatch.setattr(
        sys, "argv", ["/opt/bin/textclf", "train", "my config.yaml", "--set", "a=[1]"]
    )
    assert describe_environment()["command"] == "textclf train 'my config.yaml' --set 'a=[1]'"


def test_versions_and_time_are_known():
    environment = describe_environment()
    assert environment["status"] == "running"
    assert set(environment["versions"]) >= {"python", "textclf", "tensorflow", "keras", "numpy"}
    assert "not installed" not in environment["versions"].values()
    assert environment["started"].endswith("+00:00")


def test_a_source_tree_that_is_not_installed_says_so(monkeypatch):
    monkeypatch.setattr("textclf.runs.environment.PACKAGES", ("no-such-package",))
    assert describe_environment()["versions"]["no-such-package"] == "not installed"
