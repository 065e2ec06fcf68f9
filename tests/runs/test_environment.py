"""What a run remembers of the machine it was made on."""

import os
import subprocess
import sys

import pytest

from textclf.runs import environment
from textclf.runs.environment import VARIABLES, describe_environment, differences


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
    found = describe_environment()
    assert found["status"] == "running"
    assert set(found["versions"]) >= {"python", "textclf", "tensorflow", "keras", "numpy"}
    assert "not installed" not in found["versions"].values()
    assert found["started"].endswith("+00:00")


def test_a_source_tree_that_is_not_installed_says_so(monkeypatch):
    monkeypatch.setattr("textclf.runs.environment.PACKAGES", ("no-such-package",))
    assert describe_environment()["versions"]["no-such-package"] == "not installed"


@pytest.fixture
def plain(monkeypatch):
    """No variable set that changes results."""
    for name in (*VARIABLES, "XLA_FLAGS"):
        monkeypatch.delenv(name, raising=False)


CHANGES = {
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "XLA_FLAGS": "--xla_cpu_enable_fast_math=true",
    "OMP_NUM_THREADS": "1",
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_variable_that_changes_results_is_recorded_and_named(plain, monkeypatch, name):
    before = describe_environment()
    monkeypatch.setenv(name, CHANGES[name])
    after = describe_environment()
    line = f"environment.{name} is {CHANGES[name]}, was not set"
    assert differences(before, after) == [line]
    assert differences(after, before) == [f"environment.{name} is not set, was {CHANGES[name]}"]


def test_fewer_processors_are_named(plain, monkeypatch):
    before = describe_environment()
    monkeypatch.setattr(environment, "available_processors", lambda: 999)
    assert differences(before, describe_environment()) == [
        f"environment.processors is 999, was {before['environment']['processors']}"
    ]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="processors cannot be chosen")
def test_processors_are_those_that_the_process_may_use():
    script = "import textclf.runs.environment as e; print(e.available_processors())"
    one = min(os.sched_getaffinity(0))
    command = ["taskset", "-c", str(one), sys.executable, "-c", script]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "1\n"


def test_textclfs_own_flags_of_xla_are_not_the_users(plain, monkeypatch):
    monkeypatch.setattr(environment, "OWN_XLA_OPTIONS", {"--ours=1"})
    monkeypatch.setenv("XLA_FLAGS", "--ours=1  --theirs=2")
    assert describe_environment()["environment"]["XLA_FLAGS"] == "--theirs=2"
    monkeypatch.setenv("XLA_FLAGS", "--ours=1")
    assert "XLA_FLAGS" not in describe_environment()["environment"]


def test_a_run_from_before_variables_were_recorded_says_so(plain):
    after = describe_environment()
    before = {name: value for name, value in after.items() if name != "environment"}
    n = after["environment"]["processors"]
    assert differences(before, after) == [f"environment.processors is {n}, was not recorded"]
