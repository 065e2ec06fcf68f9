"""A sweep on a disk that is full again and again stops each time, and loses nothing."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import sweep_processes
from figures import FIGURES
from sweep_checks import check_equal_to_train, check_ledger
from tiny_recipes import sets

CONFIG = Path(__file__).with_name("tiny_sweep.yaml")
SPACE = sets(("model.units=4,8", "training.learning_rate=3e-3,1e-2", "training.epochs=3"))
N_TRIALS = 4
DISK = 6 * 2**20
STEP = 150_000  # bytes that are freed after each time; a trial's files are larger or smaller


@pytest.fixture
def disk(tmp_path: Path, full: bool) -> Iterator[Path]:
    """A small disk of its own."""
    if not full:
        pytest.skip("takes minutes: --full")
    disk = tmp_path / "disk"
    disk.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", disk]
    if subprocess.run(options, capture_output=True).returncode:
        pytest.skip("only root can mount a small disk")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.slow
def test_a_full_disk_stops_a_sweep_which_is_then_resumed(disk: Path, tmp_path: Path) -> None:
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(DISK - 2 * 4096))
    fulls = 0
    while (ended := run(disk)).returncode:
        fulls += 1
        assert ended.returncode == 6, ended.stderr
        assert "no space left on device" in ended.stderr.lower()
        assert "Traceback" not in ended.stderr
        with ballast.open("r+b") as file:
            file.truncate(ballast.stat().st_size - STEP)
    FIGURES["sweep kills"] += fulls
    FIGURES["sweep kills: full disk"] += fulls
    assert fulls > N_TRIALS
    check_ledger(disk / "S", N_TRIALS)
    for trial in range(1, N_TRIALS + 1):
        check_equal_to_train(disk / "S" / f"trial-{trial}", tmp_path / f"reference-{trial}")


def run(disk: Path) -> subprocess.CompletedProcess[str]:
    process = sweep_processes.start(
        str(disk), "sweep", CONFIG, *SPACE, "--name", "S", "--runs-dir", disk, "--workers", 2
    )
    output, errors = process.communicate(timeout=300)
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)
