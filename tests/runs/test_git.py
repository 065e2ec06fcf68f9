"""The commit is read, and nothing that a repository brings along runs."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from textclf.runs.git import describe_git


def git(*arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always"]
    command = ["git", *who, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with one commit of one file, as the working folder."""
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    git("init", "-q")
    Path("file").write_text("a")
    git("add", "file")
    git("commit", "-q", "-m", "a")
    return folder


def test_the_commit_is_known_from_a_folder_below(repository):
    (repository / "a" / "b").mkdir(parents=True)
    expected = {"commit": git("rev-parse", "HEAD"), "dirty": False}
    assert describe_git(repository) == describe_git(repository / "a" / "b") == expected


@pytest.mark.parametrize(
    "state",
    [
        ["pack-refs", "--all"],
        ["gc", "-q"],
        ["checkout", "-q", "--detach"],
        ["checkout", "-q", "-b", "feature/ü-1"],
        ["tag", "v1"],
    ],
    ids=" ".join,
)
def test_every_way_to_keep_a_commit_is_read(repository, state):
    git(*state)
    assert describe_git(repository) == {"commit": git("rev-parse", "HEAD"), "dirty": False}
    Path("file").write_text("b")
    assert describe_git(repository)["dirty"] is True


def test_a_worktree_has_a_commit_of_its_own(repository, tmp_path, monkeypatch):
    git("worktree", "add", "-q", "-b", "other", str(tmp_path / "tree"))
    monkeypatch.chdir(tmp_path / "tree")
    git("commit", "-q", "--allow-empty", "-m", "b")
    assert describe_git(Path.cwd()) == {"commit": git("rev-parse", "HEAD"), "dirty": False}
    Path("file").write_text("b")
    assert describe_git(Path.cwd())["dirty"] is True
    assert describe_git(repository)["dirty"] is False


def test_a_submodule_has_a_commit_of_its_own(repository, tmp_path, monkeypatch):
    git("submodule", "add", "-q", str(repository), "inner")
    assert describe_git(repository / "inner")["commit"] == git("rev-parse", "HEAD")


def test_a_repository_of_sha256_is_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    git("init", "-q", "--object-format=sha256")
    git("commit", "-q", "--allow-empty", "-m", "a")
    assert describe_git(tmp_path) == {"commit": git("rev-parse", "HEAD"), "dirty": False}


def test_what_is_staged_or_deleted_makes_it_dirty_and_what_is_untracked_does_not(repository):
    Path("new").write_text("")
    os.utime("file", (1, 1))  # another time, the same content
    assert describe_git(repository)["dirty"] is False
    git("add", "new")
    assert describe_git(repository)["dirty"] is True
    git("rm", "-q", "--cached", "new")
    Path("file").unlink()
    assert describe_git(repository)["dirty"] is True


@pytest.mark.parametrize("head", ["", "nonsense", "ref: refs/heads/../../secret", "ref: /etc/x"])
def test_a_head_that_names_no_commit_is_outside_of_git(repository, head):
    Path("secret").write_text("0" * 40)
    Path(".git/HEAD").write_text(head)
    assert describe_git(repository) is None


def test_before_the_first_commit_there_is_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    git("init", "-q")
    assert describe_git(tmp_path) is None


@pytest.mark.parametrize("part", ["HEAD", "refs/heads/main", "packed-refs", "commondir"])
@pytest.mark.parametrize("kind", ["a pipe", "an endless file", "a folder", "a loop"])
def test_what_is_not_a_regular_file_is_not_read(repository, part, kind):
    Path(".git/HEAD").write_text("ref: refs/heads/main")
    path = Path(".git") / part
    path.unlink(missing_ok=True)
    make = {
        "a pipe": os.mkfifo,
        "an endless file": lambda path: path.symlink_to("/dev/zero"),
        "a folder": os.mkdir,
        "a loop": lambda path: path.symlink_to(path),
    }
    make[kind](path)
    describe_git(repository)


@pytest.mark.parametrize("error", [FileNotFoundError, subprocess.TimeoutExpired(["git"], 5)])
def test_without_git_the_commit_is_known_all_the_same(repository, monkeypatch, error):
    commit = git("rev-parse", "HEAD")

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(subprocess, "run", fail)
    assert describe_git(repository) == {"commit": commit, "dirty": None}


# What makes git run a program, with SCRIPT in its place.
CONFIGS = {
    "fsmonitor": "[core]\nfsmonitor = SCRIPT\n",
    "hooks": "",
    "clean": '[filter "x"]\nclean = SCRIPT\nsmudge = SCRIPT\nrequired = true\n',
    "process": '[filter "x"]\nprocess = SCRIPT\nrequired = true\n',
    "pager": "[core]\npager = SCRIPT\n[pager]\nstatus = SCRIPT\n",
    "alias": "[alias]\nstatus = !SCRIPT\nrev-parse = !SCRIPT\n",
    "diff": '[diff]\nexternal = SCRIPT\n[diff "x"]\ntextconv = SCRIPT\ncommand = SCRIPT\n',
    "askpass": "[core]\naskPass = SCRIPT\nsshCommand = SCRIPT\neditor = SCRIPT\n",
    "include": "[include]\npath = more\n",
    "remote": (
        "[core]\nrepositoryformatversion = 1\n[extensions]\npartialClone = origin\n"
        '[remote "origin"]\nurl = ext::SCRIPT\npromisor = true\n[protocol]\nallow = always\n'
    ),
}


@pytest.fixture(params=CONFIGS)
def trap(request, repository, tmp_path):
    """A repository whose config runs a script that leaves a file behind; returns its kind."""
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    script.chmod(0o755)
    for hook in ("post-index-change", "reference-transaction", "pre-commit", "fsmonitor-watchman"):
        shutil.copy(script, Path(".git", "hooks", hook))
        shutil.copy(script, Path(hook))
    Path(".gitattributes").write_text("* filter=x diff=x merge=x\n")
    git("add", "file", ".gitattributes")
    git("commit", "-q", "-m", "attributes")
    (tmp_path / "ran").unlink(missing_ok=True)
    with Path(".git/config").open("a") as config:
        config.write(CONFIGS[request.param].replace("SCRIPT", str(script)))
    Path(".git/more").write_text(CONFIGS["fsmonitor"].replace("SCRIPT", str(script)))
    Path("file").write_text("b")  # of the same length: git must read it
    os.utime(".gitattributes", (1, 1))  # the same content: git writes its time into the index
    if request.param == "remote":
        shutil.rmtree(".git/objects")
        Path(".git/objects").mkdir()
    return request.param


def test_nothing_in_a_repository_runs(trap, repository, tmp_path):
    describe_git(repository)
    assert not (tmp_path / "ran").exists()


def test_a_nested_repository_runs_nothing_either(repository, tmp_path):
    git("submodule", "add", "-q", str(repository), "inner")
    git("commit", "-q", "-m", "inner")
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    script.chmod(0o755)
    with Path(".git/modules/inner/config").open("a") as config:
        config.write(CONFIGS["fsmonitor"].replace("SCRIPT", str(script)))
    describe_git(repository)
    describe_git(repository / "inner")
    assert not (tmp_path / "ran").exists()


def test_the_traps_are_real(trap, tmp_path):
    subprocess.run(["git", "status"], capture_output=True)
    assert (tmp_path / "ran").exists()
