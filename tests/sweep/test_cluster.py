import gc
import os
import signal
import stat

import psutil
import pytest

from light_work import order, outcomes, wait_for_process, without_tensorflow, work
from textclf.errors import ResourceError, RunError
from textclf.sweep import own_worker
from textclf.sweep.cluster import ClusterSlots
from textclf.sweep.desk import Listening
from textclf.sweep.orders import DIED, FINISHED, LOST, PRUNED, Progress

pytest.importorskip("distributed")


@pytest.fixture(scope="module", autouse=True)
def light():
    with pytest.MonkeyPatch.context() as patch:
        without_tensorflow(patch)
        yield


@pytest.fixture(scope="module")
def slots():
    with ClusterSlots(work, 2) as found:
        yield found


def test_orders_are_trained_in_place_several_at_a_time(slots, tmp_path):
    names = [f"trial-{number}" for number in range(1, 6)]
    for name in names:
        slots.submit(order(name, tmp_path, seconds=0.1))
    ended = outcomes(slots, 5)
    assert sorted(outcome.name for outcome in ended) == names
    assert {outcome.status for outcome in ended} == {FINISHED}
    assert slots.n_slots == 2
    assert len({wait_for_process(tmp_path / name) for name in names}) == 5


def test_progress_comes_before_the_outcome(slots, tmp_path):
    slots.submit(order("trial-1", tmp_path, steps=2))
    events = [slots.next_event(60) for _ in range(3)]
    assert events[:2] == [Progress("trial-1", 1, 1, 0.1), Progress("trial-1", 1, 2, 0.2)]
    assert events[2].status == FINISHED
    assert slots.next_event(0) is None


def test_an_order_is_pruned(slots, tmp_path):
    slots.submit(order("trial-1", tmp_path, steps=10**6, seconds=0.01))
    assert isinstance(slots.next_event(60), Progress)
    slots.prune("trial-1")
    assert outcomes(slots, 1)[0].status == PRUNED
    slots.prune("trial-1")  # it has ended


def test_a_process_that_died_is_news_and_its_order_can_come_again(slots, tmp_path):
    slots.submit(order("trial-1", tmp_path, kill=True))
    died = outcomes(slots, 1)[0]
    assert (died.status, died.exit_code) == (DIED, -signal.SIGKILL)
    slots.submit(order("trial-1", tmp_path, attempt=2, kill=True))
    assert outcomes(slots, 1)[0].status == FINISHED


@pytest.mark.slow
def test_a_worker_that_died_is_replaced_and_its_orders_are_lost(slots, tmp_path):
    for name in ("trial-1", "trial-2"):
        slots.submit(order(name, tmp_path, steps=10**6, seconds=0.01))
    numbers = [wait_for_process(tmp_path / name) for name in ("trial-1", "trial-2")]
    processes = list(map(psutil.Process, numbers))
    os.kill(slots._own._process.pid, signal.SIGKILL)
    assert [outcome.status for outcome in outcomes(slots, 2)] == [LOST, LOST]
    slots.submit(order("trial-1", tmp_path))  # of the same attempt: it does not count
    assert outcomes(slots, 1)[0].status == FINISHED
    assert not psutil.wait_procs(processes, timeout=10)[1]


@pytest.mark.slow
def test_nothing_is_left_when_it_is_closed(tmp_path, capfd):
    with ClusterSlots(work, 2) as slots:
        slots.submit(order("trial-1", tmp_path, steps=10**6, seconds=0.01))
        wait_for_process(tmp_path / "trial-1")
        below = psutil.Process(slots._own._process.pid)
        processes = [below, *below.children(recursive=True)]
    gone, left = psutil.wait_procs(processes, timeout=10)
    assert len(gone) > 2 and not left
    assert capfd.readouterr() == ("", "")


def test_a_worker_that_cannot_start_ends_the_sweep(monkeypatch):
    monkeypatch.setattr(own_worker, "START", "raise SystemExit('no such module') #{path}")
    with (
        ClusterSlots(work, 1) as slots,
        pytest.raises(ResourceError, match="dies: no such module"),
    ):
        while True:
            slots.next_event(60)


def test_off_the_loopback_a_key_is_needed(tmp_path):
    key, address = tmp_path / "key.pem", tmp_path / "address"
    with ClusterSlots(work, 0, Listening("127.0.0.1", 0, key, address)) as slots:
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert address.read_text() == f"{slots.address}\n"
        assert slots.address.startswith("tls://127.0.0.1:")
        first = key.read_text()
    with ClusterSlots(work, 0, Listening("127.0.0.1", 0, key, address)):
        assert key.read_text() == first
    key.write_text("not a key")
    with pytest.raises(RunError, match="not a sweep's key"):
        ClusterSlots(work, 0, Listening("127.0.0.1", 0, key, address))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Dask's socket
def test_an_address_that_is_taken(tmp_path):
    files = tmp_path / "key.pem", tmp_path / "address"
    with ClusterSlots(work, 0, Listening("127.0.0.1", 0, *files)) as slots:
        port = int(slots.address.rpartition(":")[2])
        before = psutil.Process().children()
        with pytest.raises(ResourceError, match=f"127.0.0.1:{port}: cannot listen there"):
            ClusterSlots(work, 1, Listening("127.0.0.1", port, *files))
        assert psutil.Process().children() == before  # the worker that had begun its imports
    gc.collect()
