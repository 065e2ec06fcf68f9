"""Two machines train one sweep: one is cut off for good, one falls asleep for a minute."""

import contextlib
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import sweep_processes
from breakable_line import BreakableLine
from figures import FIGURES
from sweep_checks import check_equal_to_train, check_ledger
from tiny_recipes import sets

CONFIG = Path(__file__).with_name("tiny_sweep.yaml")
SPACE = sets(("model.units=4,8", "training.learning_rate=1e-3,2e-3,3e-3,5e-3,7e-3,1e-2"))
N_TRIALS = 12
ASLEEP = 60.0  # seconds


@pytest.fixture(autouse=True)
def in_full_only(full: bool) -> None:
    if not full:
        pytest.skip("takes minutes: --full")


@pytest.fixture
def lines() -> Iterator[Callable[[int], BreakableLine]]:
    with contextlib.ExitStack() as stack:
        yield lambda port: stack.enter_context(contextlib.closing(BreakableLine(port)))


@pytest.mark.slow
@pytest.mark.parametrize("disk", ["shared", "separate"])
def test_machines_that_are_cut_off_or_asleep_cost_nothing(
    tmp_path: Path, disk: str, lines: Callable[[int], BreakableLine]
) -> None:
    sweep, mark = tmp_path / "runs" / "S", str(tmp_path)
    coordinator = sweep_processes.start(
        mark,
        *("sweep", CONFIG, *SPACE, "--name", "S", "--runs-dir", sweep.parent),
        *("--listen", "127.0.0.1:0", "--workers", 0),
    )
    wait_until((sweep / "address").exists, coordinator)
    port = int((sweep / "address").read_text().rpartition(":")[2])
    line = lines(port)
    machines = [Machine(tmp_path / name, sweep, disk == "shared") for name in ("one", "two")]
    cut_off = machines[0].join(f"127.0.0.1:{line.port}")  # as no machine can read what is cut
    asleep = machines[1].join(str(sweep) if disk == "shared" else f"127.0.0.1:{port}")
    wait_until(lambda: n_finished(sweep) >= 3, coordinator)
    line.cut()
    with sleeping(machines[1].mark):
        time.sleep(ASLEEP)
    _, errors = coordinator.communicate(timeout=600)
    assert coordinator.returncode == 0, errors
    check_ledger(sweep, N_TRIALS)
    for trial in range(1, N_TRIALS + 1):
        check_equal_to_train(sweep / f"trial-{trial}", tmp_path / f"reference-{trial}")
    for worker, machine in zip((cut_off, asleep), machines, strict=True):
        assert sweep_processes.all_gone(machine.mark, 45)
        _, errors = worker.communicate()
        assert "joined with 2 slots" in errors and "Traceback" not in errors
        left = [path for path in (machine.home / ".cache" / "textclf").rglob("*") if path.is_file()]
        assert not left
    FIGURES["sweep kills"] += 2
    FIGURES[f"sweep kills: machine, disk {disk}"] += 2


class Machine:
    """A machine of its own as far as a process can see: another HOME and working directory."""

    def __init__(self, root: Path, sweep: Path, shares_disk: bool) -> None:
        self.home, self.work, self.mark = root / "home", root / "work", str(root)
        self.home.mkdir(parents=True)
        self.work.mkdir()
        self.key = sweep / "key.pem"
        if not shares_disk:
            self.key = Path(shutil.copy(sweep / "key.pem", self.work / "key.pem"))

    def join(self, where: str) -> subprocess.Popen[str]:
        return sweep_processes.start(
            self.mark,
            *("sweep", "worker", where, "--key", self.key, "--slots", 2),
            cwd=self.work,
            env={"HOME": str(self.home), "XDG_CACHE_HOME": str(self.home / ".cache")},
        )


@contextlib.contextmanager
def sleeping(mark: str) -> Iterator[None]:
    """All processes of a machine stand still inside the block."""
    processes = list(sweep_processes.marked(mark))
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    yield
    for process in processes:
        process.send_signal(signal.SIGCONT)


def wait_until(is_so: Callable[[], bool], coordinator: subprocess.Popen[str]) -> None:
    while not is_so():
        assert coordinator.poll() is None, coordinator.communicate()
        time.sleep(0.1)


def n_finished(sweep: Path) -> int:
    ledger = sweep / "trials.jsonl"
    return ledger.read_text().count('"status": "finished"') if ledger.exists() else 0
