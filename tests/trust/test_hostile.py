"""Files made to do harm: refused or handled; nothing in them runs, nothing outside is written."""

import io
import json
import os
import pickle
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from itertools import cycle, product
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from click.testing import CliRunner

from figures import FIGURES
from snapshots import snapshot
from textclf.cli import main
from textclf.runs import RunFolder
from tiny_recipes import TINY_TAIL, sets

pytestmark = pytest.mark.real_data
HANDLED = {0, 2, 3, 4, 5, 6}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every attack on every file with --full; without it, one attack on each."""
    full = metafunc.config.getoption("--full")
    if metafunc.function is test_what_is_not_a_file_in_a_run:
        every = list(product(FILES_OF_A_RUN, NOT_FILES))
        one = list(zip(FILES_OF_A_RUN, cycle(NOT_FILES), strict=False))
        metafunc.parametrize(("name", "kind"), every if full else one)
    if metafunc.function is test_hard_links_to_files_outside:
        each = [[name] for name in LINKS[2:]]
        metafunc.parametrize("names", each if full else [LINKS[2:], ["log.txt", ".lock"]], ids=str)
    if metafunc.function is test_doctored_json:
        every = list(product(["run.json", *LATER_FILES], DOCTORED))
        one = [*product(["run.json"], DOCTORED), *zip(cycle(LATER_FILES), DOCTORED, strict=False)]
        metafunc.parametrize(("name", "content"), every if full else one)
    if metafunc.function is test_a_repository_that_runs_programs:
        every = list(product(["train", "resume"], REPOSITORIES))
        one = list(zip(cycle(["train", "resume"]), REPOSITORIES, strict=False))
        metafunc.parametrize(("command", "name"), every if full else one)


class Payload:
    """Unpickled, it leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return (open, (str(self.path), "w"))


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder that no command may touch."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.txt").write_text("as it was")
    return folder


@pytest.fixture
def attack(outside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable:
    """Runs a command; it must end with a code of the contract, and touch nothing outside."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def run(kind: str, *arguments: object) -> tuple[int, str]:
        before = snapshot(outside)
        result = CliRunner().invoke(main, list(map(str, arguments)), prog_name="textclf")
        FIGURES["hostile cases"] += 1
        FIGURES[f"hostile cases: {kind}"] += 1
        held = (
            result.exit_code in HANDLED
            and snapshot(outside) == before
            and "Traceback" not in result.stderr
        )
        FIGURES["hostile cases, escapes"] += not held
        assert held, (result.exit_code, result.stderr[-2000:], snapshot(outside))
        return result.exit_code, result.stderr

    return run


# --- configs ---------------------------------------------------------------------------------

VALID = "dataset: {name: boston}\nmodel: {type: dense}\n"
CONFIGS = {
    "a tag": VALID + "seed: !!python/object/apply:os.system ['touch ../outside/ran']\n",
    "another tag": VALID + "seed: !!python/name:os.system\n",
    "a thousand laughs": "a: &a [x, x]\n"
    + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
    ),
    "an anchor to itself": "a: &a [*a]\n",
    "a merge": VALID + "<<: {seed: 1}\n",
    "brackets": "[" * 100_000,
    "nested maps": "{a: " * 20_000,
    "100 MB": "#" * 100_000_000,
    "control characters": VALID + "seed: \x1b[2J\x07\n",
    "a null byte": VALID + "\x00",
    "no text": b"\xff\xfe\x00\xd8" * 100,
    "a huge number": VALID + "seed: " + "9" * 50_000,
    "a long key": VALID + "x" * 90_000 + ": 1\n",
    "a key that is a list": VALID + "? [a, b]\n: 1\n",
    "a path that climbs out": VALID.replace("boston", "../../outside/secret.txt"),
    "nothing": "",
}


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("command", ["check", "train"])
def test_a_config(attack: Callable, name: str, command: str) -> None:
    content = CONFIGS[name]
    Path("c.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    code, message = attack("configs", command, "c.yaml")
    assert code == 3
    assert message.startswith("textclf: c.yaml")
    assert len(message) < 5000
    assert not Path("runs").exists()


@pytest.mark.parametrize("config", ["/dev/zero", "/dev/stdin", "..", "/proc/self/mem", "a\nb"])
def test_a_config_that_is_no_file(attack: Callable, config: str) -> None:
    code, _ = attack("configs", "check", config)
    assert code == 3


NAMES = ["../../outside/x", "/tmp/x", "..", ".", "", "a/b", "a\\b", "a\x00b", "a\nb", "x" * 300]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_climbs_out(attack: Callable, name: str) -> None:
    code, _ = attack("names", "train", "boston_dense", "--name", name)
    assert code == 2


# --- data ------------------------------------------------------------------------------------


PICKLES = {"imdb": "imdb.npz", "reuters": "reuters.npz", "boston": "boston_housing.npz"}


@pytest.mark.parametrize("dataset", PICKLES)
def test_a_data_file_with_a_pickle(
    attack: Callable, outside: Path, tmp_path: Path, dataset: str
) -> None:
    file, recipe = PICKLES[dataset], f"{dataset}_dense"
    data = tmp_path / "data"
    data.mkdir()
    bad = np.array([Payload(outside / "ran")], dtype=object)
    with (data / file).open("wb") as target:
        np.savez(target, x=bad, y=bad, x_train=bad, y_train=bad, x_test=bad, y_test=bad)
    for command in ("train", "check"):
        code, message = attack("data files", command, recipe, "--data-dir", data)
        assert code == 4
        assert "SHA-256" in message or "sha256" in message.lower()


@pytest.mark.parametrize("name", ["../../outside", "imdb/../../x", "", "\x1b[2J"])
def test_a_dataset_that_climbs_out(attack: Callable, name: str) -> None:
    code, _ = attack("data files", "data", "verify", name)
    assert code in (3, 4)


# --- run folders -----------------------------------------------------------------------------

COMMANDS = (["evaluate"], ["plot"], ["resume"], ["resume", "--set", "training.epochs=4"])


def use(attack: Callable, kind: str, run: RunFolder, commands: tuple = COMMANDS) -> list[int]:
    return [attack(kind, command[0], run.path, *command[1:])[0] for command in commands]


@pytest.fixture
def run(runs: Path) -> RunFolder:
    return RunFolder(runs / "tail")


def lambda_model(outside: Path) -> keras.Model:
    code = f"lambda x: [open({str(outside / 'ran')!r}, 'w').close(), x][1]"
    inputs = keras.Input((13,))
    return keras.Model(inputs, keras.layers.Lambda(eval(code))(inputs))


@keras.saving.register_keras_serializable("hostile")
class Foreign(keras.layers.Layer):
    """Leaves a file where it is built."""

    def __init__(self, target: str = "", **others: object) -> None:
        super().__init__(**others)
        self.target = target
        if target:
            Path(target).write_text("ran")

    def call(self, x: object) -> object:
        return x

    def get_config(self) -> dict:
        return {**super().get_config(), "target": self.target}


def foreign_model(outside: Path) -> keras.Model:
    inputs = keras.Input((13,))
    return keras.Model(inputs, Foreign(str(outside / "ran"))(inputs))


@pytest.mark.parametrize("make", [lambda_model, foreign_model])
def test_a_model_with_code_inside(
    attack: Callable, run: RunFolder, outside: Path, make: Callable
) -> None:
    make(outside).save(run.kept_model_path)
    (outside / "ran").unlink(missing_ok=True)  # making them ran them
    code, message = attack("models", "evaluate", run.path)
    assert code == 5
    assert "damaged, or not of this run's model" in message


def doctored_weights(path: Path, doctor: Callable[[h5py.File], None]) -> None:
    """Rewrite the weights in a .keras file."""
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist()}
    content = io.BytesIO(members["model.weights.h5"])
    with h5py.File(content, "r+") as file:
        doctor(file)
    members["model.weights.h5"] = content.getvalue()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, member in members.items():
            file.writestr(name, member)


def first_weight(file: h5py.File) -> str:
    found: list[str] = []
    file.visititems(
        lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None
    )
    return next(name for name in found if name.startswith("layers"))


def link_out(file: h5py.File) -> None:
    name = first_weight(file)
    del file[name]
    file[name] = h5py.ExternalLink("/etc/passwd", "/x")


def explode(file: h5py.File) -> None:
    name = first_weight(file)
    del file[name]
    file.create_dataset(name, (50_000, 50_000), "f4", compression="gzip", fillvalue=0)


def other_shape(file: h5py.File) -> None:
    name = first_weight(file)
    del file[name]
    file[name] = np.zeros((3, 3), np.float32)


@pytest.mark.slow
@pytest.mark.parametrize("doctor", [link_out, explode, other_shape])
def test_doctored_weights(attack: Callable, run: RunFolder, doctor: Callable) -> None:
    doctored_weights(run.kept_model_path, doctor)
    assert attack("models", "evaluate", run.path)[0] == 5


def test_a_zip_bomb(attack: Callable, run: RunFolder) -> None:
    with zipfile.ZipFile(run.kept_model_path, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("bomb", bytes(300_000_000))
    assert attack("models", "evaluate", run.path)[0] == 5


@pytest.mark.slow
def test_a_state_with_a_pickle(attack: Callable, run: RunFolder, outside: Path) -> None:
    np.savez(run.state_path, rest=np.array([Payload(outside / "ran")], dtype=object))
    code, message = attack("states", "resume", run.path, "--set", "training.epochs=4")
    assert code == 5
    assert "state.npz: damaged" in message
    run.state_path.write_bytes(pickle.dumps(Payload(outside / "ran")))
    assert attack("states", "resume", run.path, "--set", "training.epochs=4")[0] == 5


DOCTORED = {
    "empty": "",
    "deep": "[" * 200_000,
    "deep objects": '{"a":' * 200_000,
    "no object": "[1, 2]",
    "null": "null",
    "huge numbers": '{"val_loss": 1e999, "best_epoch": ' + "9" * 5000 + "}",
    "nan": '{"val_loss": NaN, "status": NaN, "encoder": NaN, "data": NaN}',
    "other types": '{"status": ["finished"], "data": "x", "encoder": [], "task": 1, "started": {}}',
    "control characters": '{"status": "\\u001b[2J", "recipe": "../../outside", "error": 3}',
    "failed": '{"status": "failed", "error": ["\\u001b[2J", {"a": 1}], "recipe": "../x"}',
    "binary": "\x00\x01\x02" * 1000,
    "many words": '{"task": "binary", "class_names": ["a", "b"], "encoder": {"kind": "text", '
    '"num_words": 300000000, "words": []}}',
}


LATER_FILES = ["metrics.json", "preprocessing.json"]  # read once TensorFlow is there


@pytest.mark.slow
def test_doctored_json(attack: Callable, run: RunFolder, name: str, content: str) -> None:
    (run.path / name).write_text(DOCTORED[content])
    use(attack, "json files", run, COMMANDS[:3])
    assert attack("json files", "runs", "--runs-dir", run.path.parent)[0] == 0


TABLES = {
    "empty": "",
    "header": "epoch,loss\n",
    "words": "epoch,loss,val_loss\none,two,three\n",
    "infinite": "epoch,loss\n1,inf\n2,nan\n",
    "huge": "epoch,loss\n1e300,1e308\n-1e300,-1e308\n",
    "ragged": "epoch,loss\n1\n1,2,3,4,5\n",
    "formula": 'epoch,loss\n"=cmd|calc",1\n',
    "binary": "\x00\x01" * 1000,
    "wide": "epoch,loss," + "x," * 100_000 + "\n1,2\n",
}


@pytest.mark.parametrize("content", TABLES)
@pytest.mark.parametrize("name", ["history.csv", "confusion_matrix.csv", "predictions.csv"])
def test_doctored_tables(attack: Callable, runs: Path, name: str, content: str) -> None:
    # Predictions are drawn of a regression only, a confusion matrix of classes.
    run = RunFolder(runs / ("tail" if name == "predictions.csv" else "imdb"))
    (run.path / name).write_text(TABLES[content])
    use(attack, "tables", run, (["plot"], ["plot", "-o", "x.png"]))
    assert attack("tables", "runs", "--runs-dir", runs)[0] == 0


@pytest.mark.parametrize("content", CONFIGS)
def test_a_doctored_config_of_a_run(attack: Callable, run: RunFolder, content: str) -> None:
    text = CONFIGS[content]
    run.config_path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert use(attack, "configs", run, (["evaluate"], ["resume"])) == [5, 5]


LINKS = [
    *("plots", "checkpoints", "history.csv", "run.json", "config.yaml", "log.txt", ".lock"),
    *("metrics.json", "predictions.csv", "checkpoints/state.npz", "checkpoints/best.keras"),
]


@pytest.mark.slow
@pytest.mark.parametrize("name", LINKS)
def test_a_link_that_leads_out(attack: Callable, run: RunFolder, outside: Path, name: str) -> None:
    path, target = run.path / name, outside / "target"
    if path.is_dir():
        shutil.move(path, target)
    else:
        target.write_bytes(path.read_bytes() if path.exists() else b"")
        path.unlink(missing_ok=True)
    path.symlink_to(target)
    codes = use(attack, "links", run)
    assert codes[1] == codes[3] == 5


@pytest.mark.slow
def test_hard_links_to_files_outside(
    attack: Callable, run: RunFolder, outside: Path, names: list[str]
) -> None:
    for number, name in enumerate(names):
        path, target = run.path / name, outside / f"target-{number}"
        target.write_bytes(path.read_bytes() if path.exists() else b"as it was")
        path.unlink(missing_ok=True)
        os.link(target, path)
    use(attack, "links", run)  # attack() holds that nothing outside changes


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_an_output_that_is_a_link(
    attack: Callable, run: RunFolder, outside: Path, link: Callable
) -> None:
    secret = outside / "secret.txt"
    for command, name in (("plot", "a.png"), ("report", "a.html"), ("plot", "b.svg")):
        link(secret, name)
        assert attack("links", command, run.path, "-o", name)[0] == 0
    link(secret, "schema.json")
    assert attack("links", "schema", "-o", "schema.json")[0] == 0
    link(secret, "model.keras")
    code, message = attack("links", "export", run.path, "--format", "keras", "-o", "model.keras")
    assert code == 6 and "already exists" in message


@pytest.mark.parametrize("special", ["/dev/null", "pipe", "link"])
def test_an_output_that_is_not_a_file(attack: Callable, run: RunFolder, special: str) -> None:
    """As root, /dev/null itself would be replaced."""
    os.mkfifo("pipe")
    Path("link").symlink_to("pipe")
    code, message = attack("links", "schema", "-o", special)
    assert code == 6 and "cannot be written: not a file" in message
    assert not Path(special).is_file()


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def vast(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10**13)  # a hole: it takes no room


NOT_FILES: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a device": device,
    "a folder": Path.mkdir,
    "10 TB": vast,
}
FILES_OF_A_RUN = [*LINKS[2:], "preprocessing.json", "confusion_matrix.csv", "baseline.json"]


@pytest.mark.slow
def test_what_is_not_a_file_in_a_run(
    attack: Callable, run: RunFolder, name: str, kind: str
) -> None:
    path = run.path / name
    path.unlink(missing_ok=True)
    NOT_FILES[kind](path)
    commands = (["evaluate"], ["plot"], ["report"], ["resume", "--set", "training.epochs=4"])
    codes = [attack("not files", one[0], run.path, *one[1:])[0] for one in commands]
    attack("not files", "runs", "--runs-dir", run.path.parent)
    assert set(codes) <= {0, 5, 6}
    few_read = (".lock", "log.txt", "confusion_matrix.csv", "preprocessing.json")
    if name not in few_read:
        assert 5 in codes


@pytest.mark.parametrize("kind", NOT_FILES)
def test_what_is_not_a_file_of_examples(attack: Callable, kind: str, tmp_path: Path) -> None:
    NOT_FILES[kind](Path("a.csv"))
    assert attack("not files", "init", "a.csv")[0] == 4
    Path("c.yaml").write_text(
        "dataset: {name: csv, path: a.csv, text: t, label: l}\n"
        "preprocessing: {num_words: 9, encoding: multi_hot}\nmodel: {type: dense}\n"
    )
    assert attack("not files", "train", "c.yaml")[0] == 4
    for name in ("imdb.npz", "boston_housing.npz"):
        NOT_FILES[kind](tmp_path / name)
    for name in ("imdb", "boston"):
        assert attack("not files", "data", "verify", name, "--data-dir", tmp_path)[0] == 4
        assert attack("not files", "train", f"{name}_dense", "--data-dir", tmp_path)[0] == 4


@pytest.mark.parametrize("kind", NOT_FILES)
def test_what_is_not_a_config(attack: Callable, kind: str) -> None:
    NOT_FILES[kind](Path("c.yaml"))
    for command in ("check", "train"):
        assert attack("not files", command, "c.yaml")[0] == 3


@pytest.mark.slow
def test_a_runs_folder_of_links(attack: Callable, run: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "loop").symlink_to(tmp_path / "linked")
    (tmp_path / "linked" / "dangling").symlink_to(tmp_path / "nowhere")
    for command in ("evaluate", "plot"):
        assert attack("links", command, "--runs-dir", tmp_path / "linked")[0] == 5
    attack("links", "evaluate", run.path, "--runs-dir", tmp_path / "linked")


@pytest.mark.slow
def test_a_recipe_name_that_climbs_out_of_the_record(attack: Callable, run: RunFolder) -> None:
    record = json.loads(run.record_path.read_text())
    run.record_path.write_text(json.dumps({**record, "recipe": "../../outside/x"}))
    code, _ = attack("json files", "reproduce", run.path)
    assert code == 0
    assert [path.name for path in Path("runs").iterdir()] == ["tail-again-1"]


# --- repositories ----------------------------------------------------------------------------

REPOSITORIES = {
    "fsmonitor": "[core]\nfsmonitor = {0}\n",
    "filters": '[filter "x"]\nclean = {0}\nsmudge = {0}\nprocess = {0}\nrequired = true\n',
    "hooks": "[core]\nhooksPath = {1}\n",
    "aliases": "[alias]\nstatus = !{0}\nrev-parse = !{0}\n[core]\npager = {0}\n",
}


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_repository_that_runs_programs(
    attack: Callable, run: RunFolder, outside: Path, command: str, name: str
) -> None:
    script = Path("post-index-change").absolute()
    script.write_text(f"#!/bin/sh\ntouch {outside}/ran\n")
    script.chmod(0o755)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    Path("tracked").write_text("a")
    Path(".gitattributes").write_text("* filter=x\n")
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "a"]):
        subprocess.run([*git, *arguments], check=True)
    with Path(".git/config").open("a") as config:
        config.write(REPOSITORIES[name].format(script, script.parent))
    Path("tracked").write_text("b")
    more = ["--set", "training.epochs=3"]
    arguments = [run.path, *more] if command == "resume" else ["boston_dense", *sets(TINY_TAIL)]
    assert attack("repositories", command, *arguments)[0] == 0
