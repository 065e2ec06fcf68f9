"""Workers that join as from another machine: they send what they trained, and are let in or not."""

import os
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

import light_work
from light_work import LIGHT, order, outcomes, wait_for_process, without_tensorflow, work
from textclf.errors import ResourceError
from textclf.sweep import desk
from textclf.sweep.cluster import ClusterSlots
from textclf.sweep.desk import Listening
from textclf.sweep.orders import FINISHED, LOST, OUT_OF_RESOURCES, Progress

pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def slots(runs):
    listening = Listening("127.0.0.1", 0, runs / "key.pem", runs / "address")
    with pytest.MonkeyPatch.context() as patch:
        without_tensorflow(patch)
        with ClusterSlots(work, 0, listening) as found:
            yield found


class Joined:
    """A worker, and what it prints."""

    def __init__(self, slots: ClusterSlots, runs: Path, home: Path, *options: str) -> None:
        home.mkdir(exist_ok=True)
        program = LIGHT + "from textclf.__main__ import run; run()"
        support = str(Path(light_work.__file__).parent)
        surroundings = {"HOME": str(home), "XDG_CACHE_HOME": str(home), "PYTHONPATH": support}
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-c", program, "sweep", "worker"),
                *(slots.address, "--key", runs / "key.pem", *options),
            ],
            env={**os.environ, **surroundings},
            cwd=home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Exit code, standard output and standard error, after a signal or by itself."""
        if number:
            self.process.send_signal(number)
        out, errors = self.process.communicate(timeout=60)
        return self.process.returncode, out, errors


def test_a_worker_sends_its_folders(slots, runs, tmp_path):
    joined = Joined(slots, runs, tmp_path / "home", "--slots", "2")
    folder = runs / "trial-1"
    folder.mkdir()
    (folder / "of-an-attempt-before").touch()
    slots.submit(order("trial-1", runs, steps=2))
    events = [slots.next_event(60) for _ in range(3)]
    assert [type(event) for event in events[:2]] == [Progress, Progress]
    assert events[2].status == FINISHED and slots.n_slots == 2
    assert sorted(path.name for path in folder.iterdir()) == ["process-1", "threads"]
    assert not list((tmp_path / "home").rglob("process-*"))
    code, out, errors = joined.end()
    assert (code, out) == (143, "")
    assert errors.splitlines() == [
        f"textclf: {slots.address}: joined with 2 slots",
        "textclf: trial-1: begins",
        "textclf: trial-1: finished",
        "textclf: interrupted; the trials of this worker are given to others",
    ]


@pytest.mark.slow
def test_what_it_cannot_end_is_lost_and_trained_by_another(slots, runs, tmp_path):
    first = Joined(slots, runs, tmp_path / "first")
    slots.submit(order("trial-2", runs, steps=10**6, seconds=0.01))
    assert isinstance(slots.next_event(60), Progress)
    first.end(signal.SIGKILL)
    assert outcomes(slots, 1)[0].status == LOST
    slots.submit(order("trial-2", runs))
    second = Joined(slots, runs, tmp_path / "second")
    assert outcomes(slots, 1)[0].status == FINISHED
    assert wait_for_process(runs / "trial-2")
    second.end()
    assert not [path for path in (tmp_path / "second").rglob("*") if path.is_file()]


def test_a_full_disk_of_the_coordinator_is_said(slots, runs, tmp_path, monkeypatch):
    joined = Joined(slots, runs, tmp_path / "home", "--quiet")
    monkeypatch.setattr(desk, "unpack", _full)
    slots.submit(order("trial-3", runs))
    ended = outcomes(slots, 1)[0]
    assert (ended.status, ended.exit_code, ended.message) == (OUT_OF_RESOURCES, 6, "full")
    assert joined.end()[2].count("\n") == 1


def _full(*_arguments: object) -> None:
    raise ResourceError("full")


def test_a_worker_of_other_code_is_refused(slots, runs, tmp_path, monkeypatch):
    monkeypatch.setattr(slots._desk, "_code", {**slots._desk._code, "code": "other"})
    code, _, errors = Joined(slots, runs, tmp_path / "home").end(0)
    assert code == 5
    assert errors == (
        f"textclf: {slots.address}: refused: this machine has other source files of textclf; "
        "install the same\n"
    )


def test_a_worker_with_another_key_is_refused(slots, runs, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    from textclf.sweep.security import new_key, write_key

    write_key(other / "key.pem", new_key())
    code, _, errors = Joined(slots, other, tmp_path / "home").end(0)
    assert code == 5
    assert "no sweep with this key is found there" in errors and errors.count("\n") == 1


@pytest.mark.slow
def test_nobody_without_the_key_gets_an_answer(slots, runs, tmp_path):
    joined = Joined(slots, runs, tmp_path / "home")
    slots.submit(order("trial-4", runs))
    outcomes(slots, 1)  # the worker listens by now
    processes = [psutil.Process(), psutil.Process(joined.process.pid)]
    connections = [one for process in processes for one in process.net_connections("tcp")]
    ports = {one.laddr.port for one in connections if one.status == psutil.CONN_LISTEN}
    assert int(slots.address.rpartition(":")[2]) in ports and len(ports) >= 2
    for port in ports:
        assert answer(port) == b""
    joined.end()


def answer(port: int) -> bytes:
    """What is heard after a TLS greeting by somebody who has no key, and asks for a web page."""
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
        try:
            with anybody.wrap_socket(plain) as encrypted:
                encrypted.sendall(b"GET / HTTP/1.0\r\n\r\n")
                return encrypted.recv(1)
        except OSError:
            return b""
