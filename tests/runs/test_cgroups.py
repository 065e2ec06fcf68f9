"""A container's share of the processors, nested or not, in both versions of cgroups."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from textclf.runs import cgroups, environment
from textclf.runs.cgroups import granted_processors

Write = Callable[[str, str], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a file of /sys/fs/cgroup, or 'own': the cgroups of the process."""
    monkeypatch.setattr(cgroups, "CGROUP", tmp_path / "sys")
    monkeypatch.setattr(cgroups, "OWN_CGROUPS", tmp_path / "own")

    def write_file(name: str, content: str) -> None:
        path = tmp_path / "own" if name == "own" else tmp_path / "sys" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{content}\n")

    return write_file


def test_without_cgroups_all_processors_are_granted(write: Write) -> None:
    assert granted_processors() == math.inf
    write("own", "0::/")
    assert granted_processors() == math.inf


@pytest.mark.parametrize(
    ("content", "granted"),
    [
        ("max 100000", math.inf),
        ("150000 100000", 1.5),
        ("25000 50000", 0.5),
        *[(damaged, math.inf) for damaged in ("", "100000", "a b", "100000 0")],
    ],
)
def test_a_quota_of_version_2(write: Write, content: str, granted: float) -> None:
    write("own", "0::/a")
    write("a/cpu.max", content)
    assert granted_processors() == granted


def test_the_smallest_quota_of_nested_groups_counts(write: Write) -> None:
    write("own", "0::/a/b")
    write("cpu.max", "max 100000")
    write("a/cpu.max", "200000 100000")
    write("a/b/cpu.max", "300000 100000")
    write("other/cpu.max", "1000 100000")
    assert granted_processors() == 2


def test_a_quota_of_version_1(write: Write) -> None:
    write("own", "5:cpu,cpuacct:/x\n4:memory:/docker/ab\n0::/")
    write("cpu/x/cpu.cfs_quota_us", "-1")
    write("cpu/x/cpu.cfs_period_us", "100000")
    assert granted_processors() == math.inf
    write("cpu/x/cpu.cfs_quota_us", "50000")
    write("cpu/x/cpu.cfs_period_us", "25000")
    assert granted_processors() == 2


@pytest.mark.parametrize(("quota", "expected"), [("1000", 1), ("100000", 1), ("150000", 2)])
def test_part_of_a_processor_counts_as_one(
    write: Write, monkeypatch: pytest.MonkeyPatch, quota: str, expected: int
) -> None:
    monkeypatch.setattr(environment.os, "sched_getaffinity", lambda _: range(8), raising=False)
    write("own", "0::/")
    write("cpu.max", f"{quota} 100000")
    assert environment.available_processors() == expected
    write("cpu.max", "max 100000")
    assert environment.available_processors() == 8
