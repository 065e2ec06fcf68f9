"""The least that the system, a container and `ulimit -v` leave is what a process can have."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from textclf.errors import ResourceError
from textclf.runs import cgroups
from textclf.training import memory

GB = 10**9
UNLIMITED = 9223372036854771712  # as version 1 writes it

Write = Callable[[str, str], None]


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with 16 GB available, and a process that holds 1 GB of its 3 of address space."""
    process = SimpleNamespace(memory_info=lambda: SimpleNamespace(rss=GB, vms=3 * GB))
    monkeypatch.setattr(memory.psutil, "Process", lambda: process)
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: SimpleNamespace(available=16 * GB))
    monkeypatch.setattr(memory, "address_space", lambda: float("inf"))


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a file of /sys/fs/cgroup, or 'own': the cgroups of the process."""
    monkeypatch.setattr(cgroups, "CGROUP", tmp_path / "sys")
    monkeypatch.setattr(cgroups, "OWN_CGROUPS", tmp_path / "own")

    def write_file(name: str, content: object) -> None:
        path = tmp_path / "own" if name == "own" else tmp_path / "sys" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{content}\n")

    return write_file


def test_without_limits_the_system_has_the_say(write: Write) -> None:
    assert memory.available_bytes() == 17 * GB  # no /proc: macOS and Windows
    write("own", "0::/")
    write("memory.max", "max")
    assert memory.available_bytes() == 17 * GB


@pytest.mark.parametrize("limited", ["", "a/", "a/b/"])
def test_the_limit_of_a_nested_cgroup_or_of_one_above_it_counts(write: Write, limited: str) -> None:
    write("own", "0::/a/b")
    for folder in ("", "a/", "a/b/"):
        write(f"{folder}memory.max", 4 * GB if folder == limited else "max")
        write(f"{folder}memory.current", 3 * GB)
    assert memory.available_bytes() == 2 * GB  # 1 GB is left, and the process's own


def test_the_limit_of_another_cgroup_does_not_count(write: Write) -> None:
    write("own", "0::/a")
    write("b/memory.max", 1000)
    assert memory.available_bytes() == 17 * GB


def test_cached_files_leave_room(write: Write) -> None:
    write("own", "0::/")
    write("memory.max", 4 * GB)
    write("memory.current", 3 * GB)
    write("memory.stat", f"anon {GB}\ninactive_file {GB}\nactive_file {GB // 2}\nshmem 0")
    assert memory.available_bytes() == 3.5 * GB


def test_cgroups_of_version_1(write: Write) -> None:
    write("own", "5:cpu,cpuacct:/x\n4:memory:/docker/ab\n0::/")
    write("memory/memory.limit_in_bytes", UNLIMITED)
    assert memory.available_bytes() == 17 * GB
    write("memory/docker/ab/memory.limit_in_bytes", 4 * GB)
    write("memory/docker/ab/memory.usage_in_bytes", 2 * GB)
    write("memory/docker/ab/memory.stat", f"inactive_file 0\ntotal_inactive_file {GB}")
    assert memory.available_bytes() == 4 * GB


def test_a_container_sees_its_own_cgroup_at_the_top(write: Write) -> None:
    write("own", "4:memory:/docker/ab")  # a path of the host, which the container does not see
    write("memory/memory.limit_in_bytes", 2 * GB)
    write("memory/memory.usage_in_bytes", 2 * GB)
    assert memory.available_bytes() == GB


def test_an_unreadable_limit_is_none(write: Write) -> None:
    write("own", "0::/")
    write("memory.max", "plenty")
    assert memory.available_bytes() == 17 * GB


def test_an_exhausted_cgroup_leaves_what_the_process_has(write: Write) -> None:
    write("own", "0::/")
    write("memory.max", GB)
    write("memory.current", 2 * GB)
    assert memory.available_bytes() == GB


def test_the_address_space_counts(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "address_space", lambda: 8 * GB)
    assert memory.available_bytes() == 6 * GB


def test_ulimit_is_the_limit_of_the_address_space() -> None:
    resource = pytest.importorskip("resource")
    script = (
        "import resource\n"
        "from textclf.runs.environment import address_space\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2**34, 2**34))\n"
        "print(address_space())"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert result.stdout == f"{2**34}\n", result.stderr
    assert resource.RLIM_INFINITY != 2**34


def test_this_machine_has_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert 1e8 < memory.available_bytes() < 1e14


def test_what_needs_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda: 2.0 * GB)
    memory.check_memory(2 * GB)
    with pytest.raises(ResourceError, match=r"about 2\.1 GB of memory, 2\.0 GB are available"):
        memory.check_memory(21 * GB // 10)
