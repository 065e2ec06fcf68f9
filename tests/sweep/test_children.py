import contextlib
import os
import signal
import threading
import time

import psutil
import pytest

from light_work import order, wait_for_process, without_tensorflow, work
from textclf.sweep.children import Children
from textclf.sweep.orders import DIED, FINISHED, LOST, OUT_OF_RESOURCES, PRUNED, Outcome


@pytest.fixture(scope="module", autouse=True)
def light():
    with pytest.MonkeyPatch.context() as patch:
        without_tensorflow(patch)
        yield


@pytest.fixture
def children():
    found = Children()
    yield found
    found.stop()


def nobody(step: int, value: float) -> None:
    """Nobody reads the reports."""


def in_thread(children: Children, ordered) -> tuple[threading.Thread, list[Outcome]]:
    found: list[Outcome] = []
    thread = threading.Thread(target=lambda: found.append(children.train(ordered, work, nobody)))
    thread.start()
    return thread, found


def test_each_order_has_a_process_of_its_own(children, tmp_path):
    first = children.train(order("trial-1", tmp_path), work, nobody)
    second = children.train(order("trial-2", tmp_path), work, nobody)
    assert (first.status, second.status) == (FINISHED, FINISHED)
    processes = {wait_for_process(tmp_path / name) for name in ("trial-1", "trial-2")}
    assert len(processes) == 2 and os.getpid() not in processes
    for process in processes:
        wait_until_gone(process)


def wait_until_gone(process_id: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(process_id).wait(10)


def test_steps_are_reported_in_order(children, tmp_path):
    steps = []
    children.train(order("trial-1", tmp_path, steps=3), work, lambda *step: steps.append(step))
    assert steps == [(1, 0.1), (2, 0.2), (3, 0.3)]


def test_a_process_that_is_killed_has_an_outcome(children, tmp_path):
    died = children.train(order("trial-1", tmp_path, kill=True), work, nobody)
    assert (died.status, died.exit_code) == (DIED, -signal.SIGKILL)
    assert died.message == "its process was ended by signal 9 (SIGKILL)"
    again = children.train(order("trial-1", tmp_path, attempt=2, kill=True), work, nobody)
    assert again.status == FINISHED


def test_a_bug_is_named(children, tmp_path):
    died = children.train(order("trial-1", tmp_path, bug=True), work, nobody)
    assert (died.status, died.exit_code, died.message) == (DIED, 1, "KeyError: 'bug'")


def test_an_order_can_be_pruned(children, tmp_path):
    thread, found = in_thread(children, order("trial-1", tmp_path, steps=10**6, seconds=0.01))
    wait_for_process(tmp_path / "trial-1")
    children.prune("trial-1")
    children.prune("trial-2")  # it has ended, or never was
    thread.join()
    assert found[0].status == PRUNED


def test_all_end_with_the_worker(children, tmp_path):
    thread, found = in_thread(children, order("trial-1", tmp_path, steps=10**6, seconds=0.01))
    process = wait_for_process(tmp_path / "trial-1")
    children.stop()
    thread.join()
    assert found[0].status == LOST and not psutil.pid_exists(process)
    assert children.train(order("trial-2", tmp_path), work, nobody).status == LOST


def test_ctrl_c_is_not_for_trials(children, tmp_path):
    thread, found = in_thread(children, order("trial-1", tmp_path, steps=20, seconds=0.01))
    os.kill(wait_for_process(tmp_path / "trial-1"), signal.SIGINT)
    thread.join()
    assert found[0].status == FINISHED


def test_the_process_that_forks_may_be_killed(children, tmp_path):
    if children._context.get_start_method() != "forkserver":
        pytest.skip("this system does not fork")
    children.train(order("trial-1", tmp_path), work, nobody)
    from multiprocessing.forkserver import _forkserver

    os.kill(_forkserver._forkserver_pid, signal.SIGKILL)
    time.sleep(0.1)
    statuses = []
    while FINISHED not in statuses:
        statuses.append(children.train(order("trial-2", tmp_path), work, nobody).status)
    assert set(statuses) <= {DIED, FINISHED} and len(statuses) <= 3


def test_a_process_that_cannot_be_started_is_a_lack_of_resources(tmp_path, monkeypatch):
    found = Children()
    monkeypatch.setattr(found._context, "Pipe", _no_pipes)
    ended = found.train(order("trial-1", tmp_path), work, nobody)
    assert (ended.status, ended.exit_code) == (OUT_OF_RESOURCES, 6)
    assert "Too many open files" in ended.message


def _no_pipes() -> None:
    raise OSError(24, "Too many open files")
