"""What a run was made with: command, versions, code, time."""

import hashlib
import platform
import shlex
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from textclf.runs.folder import now
from textclf.runs.git import describe_git

PACKAGES = ("textclf", "tensorflow", "keras", "numpy", "pandas")
CIRCUMSTANCES = ("versions", "code", "platform", "data", "device", "engine")


def describe_environment() -> dict[str, Any]:
    """The part of run.json that is known before training."""
    return {
        "status": "running",
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "versions": {"python": platform.python_version(), **_versions()},
        "code": _code(),
        "platform": platform.platform(),
        "git": describe_git(Path.cwd()),
        "started": now(),
    }


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """A line for each circumstance in which two run.json differ, of those that change numbers."""
    one, other = circumstances(before), circumstances(after)
    return [
        f"{name} is {other.get(name, 'not recorded')}, was {one.get(name, 'not recorded')}"
        for name in sorted(one | other)
        if one.get(name) != other.get(name)
    ]


def circumstances(record: dict[str, Any]) -> dict[str, Any]:
    """'versions.keras' and the like, for the sections of run.json that change numbers."""
    flat: dict[str, Any] = {}
    for section in CIRCUMSTANCES:
        content = record.get(section)
        if isinstance(content, dict):
            flat |= {f"{section}.{name}": value for name, value in content.items()}
        elif content is not None:
            flat[section] = content
    return flat


def _code() -> str:
    """SHA-256 of textclf's own source, which differs even between states of one version."""
    digest = hashlib.sha256()
    root = Path(__file__).parents[1]
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _versions() -> dict[str, str]:
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:  # run from a source tree that is not installed
            versions[package] = "not installed"
    return versions
