"""The tests' surroundings: real data where found, no network, nothing written outside /tmp."""

import gc
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import figures
from build_once import build_once
from needs import need
from textclf.data.files import SHA256, keras_cache_dir
from textclf.sweep.machine import visible_gpus
from textclf.training.engine.backend import LOOPS_IN_ONE, XLA_GPU_OPTIONS, XLA_OPTIONS
from tiny_recipes import TINY_BOSTON, TINY_IMDB, TINY_TAIL

SHARED = Path(__file__).parents[2] / "shared" / "keras" / "datasets"
CLOSED_PORT = "http://127.0.0.1:9"


def _find_data_dir() -> Path | None:
    """The first folder that has all files of keras.datasets."""
    named = os.environ.get("TEXTCLF_DATA_DIR")
    for folder in (Path(named) if named else SHARED, SHARED, keras_cache_dir()):
        if all((folder / name).is_file() for name in SHA256):
            return folder.resolve()
    return None


DATA_DIR = _find_data_dir()


# All tests but those marked gpu compute on the processor, also where there is a GPU. In a process
# that these start, TEXTCLF_TESTS_ON_GPU is set and it is seen.
ON_GPU = "TEXTCLF_TESTS_ON_GPU"
GPUS = "TEXTCLF_TESTS_GPUS"  # CUDA_VISIBLE_DEVICES as it was, '' if it was not set
LEFT_OUT = pytest.StashKey[int]()
SCRATCH = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the slow tests too, as in CI")
    parser.addoption(
        "--full", action="store_true", help="kill, fuzz and attack many more times (half an hour)"
    )


@pytest.fixture(scope="session")
def full(pytestconfig: pytest.Config) -> bool:
    """Whether the trust tests are to run in full."""
    return bool(pytestconfig.getoption("--full"))


def _names_a_test(config: pytest.Config) -> bool:
    return any("::" in argument for argument in config.args)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """A test that is named runs in this process; other processes take seconds to start."""
    return 0 if _names_a_test(config) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the slow tests out, except in CI and where they are asked for.

    Those that wait for processes come first: at the end, other processes of pytest would wait too.
    """
    items.sort(key=lambda item: "trust" not in item.path.parts)
    are_asked_for = config.getoption("--slow") or config.getoption("--full")
    if are_asked_for or os.environ.get("CI") or _names_a_test(config):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    items[:] = [item for item in items if not item.get_closest_marker("slow")]
    config.hook.pytest_deselected(items=slow)
    config.stash[LEFT_OUT] = len(slow)


def pytest_collection_finish() -> None:
    """Modules and tests stay; a collection of garbage need not look at them every time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def _garbage_is_looked_at_once() -> Iterator[None]:
    """What TensorFlow keeps of a module's programs stays, too, and would be looked at each time."""
    yield
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the trust tests counted, if they ran, and how many tests did not."""
    for line in figures.lines():
        terminalreporter.write_line(line)
    if left_out := terminalreporter.config.stash.get(LEFT_OUT, 0):
        tests = "slow test" if left_out == 1 else "slow tests"
        terminalreporter.write_line(f"{left_out} {tests} left out; run all with: pytest --slow")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand over what was counted, where pytest-xdist runs tests in several processes."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["figures"] = dict(figures.FIGURES)
        session.config.workeroutput["left_out"] = session.config.stash.get(LEFT_OUT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add up what a process of pytest-xdist counted; every one leaves the same tests out."""
    output = getattr(node, "workeroutput", {})
    figures.FIGURES.update(output.get("figures", {}))
    node.config.stash[LEFT_OUT] = output.get("left_out", 0)


def pytest_configure(config: pytest.Config) -> None:
    """Sets environment variables, not fixtures: subprocesses and imports at collection see them."""
    if not hasattr(config, "workerinput"):  # processes of pytest-xdist inherit the rest, too
        _set_environment(config)
    # A shell ignores Ctrl-C for what it starts in the background, and so would all that is tested.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _set_environment(config: pytest.Config) -> None:
    config.stash[SCRATCH] = tempfile.TemporaryDirectory(prefix="textclf-tests-")
    scratch = Path(config.stash[SCRATCH].name)
    os.environ["TEXTCLF_CACHE_DIR"] = str(scratch / "cache")
    os.environ["KERAS_HOME"] = str(scratch / "keras")  # Keras writes keras.json there
    # As in a user's process, though tests import keras first.
    os.environ["XLA_FLAGS"] = " ".join([*XLA_OPTIONS, LOOPS_IN_ONE, *XLA_GPU_OPTIONS])
    os.environ.pop("TEXTCLF_DATA_DIR", None)
    # With it, what a user's process keeps in its buffers reaches a pipe or a full disk at once.
    os.environ.pop("PYTHONUNBUFFERED", None)
    if visible_gpus() and ON_GPU not in os.environ:
        os.environ[GPUS] = os.environ.get("CUDA_VISIBLE_DEVICES", "")
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    if DATA_DIR:
        os.environ["TEXTCLF_DATA_DIR"] = str(DATA_DIR)
    for name in ("http_proxy", "https_proxy"):
        os.environ[name] = os.environ[name.upper()] = CLOSED_PORT
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1,localhost"


def pytest_unconfigure(config: pytest.Config) -> None:
    if SCRATCH in config.stash:
        config.stash[SCRATCH].cleanup()


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("real_data"):
        need(DATA_DIR, f"no folder has all of {', '.join(SHA256)}; set TEXTCLF_DATA_DIR")
    if item.get_closest_marker("gpu") and GPUS not in os.environ:
        pytest.skip("needs a GPU; this machine has none")


@pytest.fixture
def on_gpu() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs Python with arguments in a process that sees the GPU; for tests marked gpu."""
    environment = {name: value for name, value in os.environ.items() if name != GPUS}
    environment.pop("CUDA_VISIBLE_DEVICES", None)
    if os.environ[GPUS]:
        environment["CUDA_VISIBLE_DEVICES"] = os.environ[GPUS]
    environment[ON_GPU] = "1"

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *map(str, arguments)]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    return run


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of the real files; for tests marked real_data."""
    assert DATA_DIR is not None, "mark this test real_data"
    return DATA_DIR


@pytest.fixture
def keras_datasets(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> types.ModuleType:
    """The module keras.datasets, its `load_data` reading the real files."""
    import keras

    # Keras looks below its home only, and needs to write there: the real files are a link in it.
    (tmp_path / "datasets").symlink_to(data_dir)
    monkeypatch.setattr("keras.src.utils.file_utils.config.keras_home", lambda: str(tmp_path))
    return keras.datasets


@pytest.fixture
def no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No data anywhere: `TEXTCLF_DATA_DIR` unset, Keras's home an empty folder, returned."""
    monkeypatch.delenv("TEXTCLF_DATA_DIR", raising=False)
    home = tmp_path / "keras-home"
    home.mkdir()
    monkeypatch.setenv("KERAS_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def trained(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of finished runs, to be read only: 'seeds', 'folds', 'tail', the newest, 'imdb'."""
    return build_once(tmp_path_factory, "trained", lambda folder: _train_runs(folder, data_dir))


def _train_runs(runs_dir: Path, data_dir: Path) -> None:
    from textclf import load_config, train

    recipes = {
        "folds": ("boston_dense", TINY_BOSTON),
        "tail": ("boston_dense", TINY_TAIL),
        "imdb": ("imdb_dense", TINY_IMDB),
    }
    config = load_config("boston_dense", TINY_TAIL)
    train(config, runs_dir, "seeds", seeds=2, recipe="boston_dense", data_dir=data_dir)
    for name, (recipe, overrides) in recipes.items():
        train(load_config(recipe, overrides), runs_dir, name, recipe=recipe, data_dir=data_dir)


@pytest.fixture
def runs(trained: Path, tmp_path: Path) -> Path:
    """A copy of `trained` that a test may damage."""
    return shutil.copytree(trained, tmp_path / "runs")
