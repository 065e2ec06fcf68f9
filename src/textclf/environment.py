"""What a run was made with: command, versions, code, time."""

import platform
import shlex
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from textclf.runs import now

PACKAGES = ("textclf", "tensorflow", "keras", "numpy", "pandas")


def describe_environment() -> dict[str, Any]:
    """The part of run.json that is known before training."""
    return {
        "status": "running",
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "versions": {"python": platform.python_version(), **_versions()},
        "platform": platform.platform(),
        "git": _git(),
        "started": now(),
    }


def _versions() -> dict[str, str]:
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:  # run from a source tree that is not installed
            versions[package] = "not installed"
    return versions


def _git() -> dict[str, Any] | None:
    """The commit of the working directory, and whether it has changes; None outside of git."""
    commit = _ask_git("rev-parse", "HEAD")
    if commit is None:
        return None
    return {"commit": commit, "dirty": bool(_ask_git("status", "--porcelain"))}


def _ask_git(*arguments: str) -> str | None:
    try:
        answer = subprocess.run(
            ["git", "--no-optional-locks", *arguments],
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
