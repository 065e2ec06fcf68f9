"""A full disk, too little memory: told with exit code 6, and the run goes on once there is room."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from forked import textclf
from textclf import load_config, train
from textclf.errors import ResourceError
from textclf.results.reproduction import compare_runs
from textclf.runs import RunFolder
from textclf.training import memory
from textclf.training.reporter import Reporter
from tiny_recipes import sets

SMALL = (
    *("training.epochs=40", "training.batch_size=64", "training.engine=graph"),
    "training.validation={split: tail}",
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.function is test_a_full_disk:
        every = [0, 20_000, 60_000, 120_000, 180_000, 250_000]
        free = every if metafunc.config.getoption("--full") else [20_000, 250_000]
        metafunc.parametrize("free", free)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """The run that had room."""
    runs_dir = tmp_path_factory.mktemp("whole")
    train(load_config("boston_dense", SMALL), runs_dir, "whole", reporter=Reporter())
    return RunFolder(runs_dir / "whole")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of 4 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("only root can mount a small disk")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.real_data
@pytest.mark.slow
def test_a_full_disk(small_disk: Path, whole: RunFolder, free: int) -> None:
    """Bytes free of the disk at the start; with the last, training ends and its plots do not."""
    ballast = small_disk / "ballast"
    with ballast.open("wb") as file:
        file.write(bytes(4 * 2**20 - free - free % 4096 - 8192))
    run = RunFolder(small_disk / "run")
    ended = textclf(
        "train", "boston_dense", *sets(SMALL), "--name", "run", "--runs-dir", small_disk
    )
    assert ended.returncode == 6, ended.stderr
    assert "no space left on device; make room" in ended.stderr
    assert "Traceback" not in ended.stderr
    ballast.unlink()
    if run.path.exists():
        assert run.status == "interrupted"
        ended = textclf("resume", run.path)
        assert ended.returncode == 0, ended.stderr
        assert not compare_runs(whole, run).differences


@pytest.mark.real_data
def test_what_needs_too_much_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda: 3e8)
    with pytest.raises(
        ResourceError, match=r"needs about 0\.6 GB of memory, 0\.3 GB are available"
    ):
        train(load_config("boston_dense"), tmp_path)
    assert list(tmp_path.iterdir()) == []
