"""The commit of the folder worked in, and whether it was changed; runs nothing from it."""

import os
import re
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MOST_BYTES = 2**24  # of a file that is read; packed-refs of 100,000 branches have half of it
SECONDS = 5  # for git, which a crafted folder could keep busy
HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
REF = re.compile(r"refs/(?!.*\.\.)[\w./+@-]+")

# git finds the repository through the command line alone, and asks nobody.
ALONE = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0"}
STATUS = (
    *("-c", "core.fsmonitor=false", "--no-pager", "--no-optional-locks"),
    *("status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all", "--no-renames"),
)


@dataclass(frozen=True)
class Repository:
    """Where git keeps what it knows of a folder.

    Args:
        top: the folder with the files.
        own: HEAD and the index; `top/.git`, unless it is a worktree of another repository.
        common: objects, branches and tags.
    """

    top: Path
    own: Path
    common: Path


def describe_git(folder: Path) -> dict[str, Any] | None:
    """The commit, and whether files differ from it that it knows; None outside of git.

    A repository may come from anywhere, and its config names programs for git to run: git never
    sees it. 'dirty' is None where it cannot be known.
    """
    repository = _find(folder)
    commit = _commit(repository) if repository else None
    if repository is None or commit is None:
        return None
    return {"commit": commit, "dirty": _is_dirty(repository, commit)}


def _find(folder: Path) -> Repository | None:
    for top in (folder, *folder.parents):
        own = top / ".git"
        if (link := _read(own)) and link.startswith("gitdir: "):
            own = top / link.removeprefix("gitdir: ").strip()
        if own.is_dir():
            return Repository(top, own, own / (_read(own / "commondir") or "").strip())
    return None


def _commit(repository: Repository) -> str | None:
    """What HEAD names: a commit, or a branch that names one."""
    head = (_read(repository.own / "HEAD") or "").strip()
    ref = head.removeprefix("ref: ")
    if ref == head:
        return head if HASH.fullmatch(head) else None
    if not REF.fullmatch(ref):
        return None
    found = (_read(repository.common / ref) or "").strip()
    if HASH.fullmatch(found):
        return found
    for line in (_read(repository.common / "packed-refs") or "").splitlines():
        commit, _, name = line.partition(" ")
        if name == ref and HASH.fullmatch(commit):
            return commit
    return None


def _is_dirty(repository: Repository, commit: str) -> bool | None:
    """Whether a file that git knows differs from the commit.

    git is given a repository of our own making: its HEAD is the commit, its config is empty, so
    that there are no filters, hooks, monitors, aliases, pagers or remotes; index and objects are
    the real ones.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="textclf-git-") as made:
            _make_repository(Path(made), commit)
            answer = subprocess.run(
                ["git", f"--git-dir={made}", f"--work-tree={repository.top}", *STATUS],
                env={
                    **{k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
                    **ALONE,
                    "GIT_INDEX_FILE": str(repository.own / "index"),
                    "GIT_OBJECT_DIRECTORY": str(repository.common / "objects"),
                },
                cwd=repository.top,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=SECONDS,
                check=True,
            )
    except (OSError, subprocess.SubprocessError):
        return None
    return bool(answer.stdout)


def _make_repository(folder: Path, commit: str) -> None:
    (folder / "HEAD").write_text(f"{commit}\n")
    (folder / "refs").mkdir()
    if len(commit) == 64:
        (folder / "config").write_text(
            "[core]\nrepositoryformatversion = 1\n[extensions]\nobjectformat = sha256\n"
        )


def _read(path: Path) -> str | None:
    """A regular file's text; None for anything else, such as a pipe that never ends."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            return file.read(MOST_BYTES).decode(errors="replace")
    except OSError:
        return None
