"""Each format's own runtime, told by the card alone, gives what the run's model gives."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import keras
import numpy as np
import pytest

from build_once import build_once
from needs import need_format
from textclf import open_run
from textclf.data.encoders import encoder_from_json
from textclf.errors import ResourceError, RunError
from textclf.results.export import writing
from textclf.results.export.formats import FORMATS
from textclf.results.export.writing import export_run
from textclf.runs import RunFolder
from untrained_runs import FEATURES, KINDS, TEXTS, make_run

NEW_TEXTS = [
    *TEXTS,
    "",
    "!!! \t\n",
    "words that nobody knows, THE CAFÉ and İstanbul " * 5,
    "ΟΔΟΣ the 日本語 テスト e\u0301",
]
BY_RUNTIME = [
    [name for name in FORMATS if not FORMATS[name].packages],  # TensorFlow's
    *([name] for name in FORMATS if FORMATS[name].packages),
]
# Takes the cards of a folder; runs their programs, and feeds them more texts or features.
BY_THE_CARDS = """
import sys
sys.modules["textclf"] = None  # importing it fails
import glob, json
import numpy as np
more = json.load(open("more.json"))
results = {}
for name in glob.glob("*.json"):
    if name == "more.json":
        continue
    shown = []
    scope = {"print": shown.append}
    card = json.load(open(name, encoding="utf-8"))
    exec("\\n".join(card["usage"]), scope)
    if card["input"]["name"] == "texts":
        x = more["texts"]
    elif "text" in card:
        x = scope["encode"](more["texts"])
    elif "features" in card:
        x = np.array(more["features"], card["input"]["dtype"])
    else:
        x = scope["x"]
    results[name] = [shown[0].tolist(), scope["predict"](x).tolist()]
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RunFolder]:
    """A run of each kind, to be read only."""

    def build(runs_dir: Path) -> None:
        for kind in KINDS:
            make_run(runs_dir, kind)

    runs_dir = build_once(tmp_path_factory, "untrained", build)
    return {kind: RunFolder(runs_dir / kind) for kind in KINDS}


def path_of(folder: Path, kind: str, format_name: str) -> Path:
    return folder / f"{kind}{FORMATS[format_name].suffix}"


def expected_outputs(run: RunFolder, card: dict) -> np.ndarray:
    """What the run's own model and encoder make of what the program above was fed."""
    encoder = encoder_from_json(run.preprocessing["encoder"])
    if "features" in card:
        x = encoder.transform(FEATURES)
    elif "ones" in card["example"] and not encoder.words:
        x = np.zeros((1, encoder.num_words))
        x[0, card["example"]["ones"]] = 1
    elif not encoder.words:
        x = np.array(card["example"]["input"])
    else:
        x = encoder.transform_texts(NEW_TEXTS)
        if encoder.packed_columns:
            x = np.unpackbits(x, axis=1, count=encoder.num_words)
    return open_run(run.path).load_model()(x).numpy()


@pytest.mark.slow
@pytest.mark.parametrize("format_names", BY_RUNTIME, ids=" and ".join)
def test_the_card_is_all_it_takes(untrained, tmp_path, format_names):
    cards = {}
    for format_name in format_names:
        need_format(format_name)
        # A SavedModel holds TensorFlow's own functions, whatever the layers; texts differ.
        is_saved_model = format_name == "savedmodel"
        for kind in ["multi_hot", "embedding", "features"] if is_saved_model else KINDS:
            path = path_of(tmp_path, kind, format_name)
            card_path = export_run(untrained[kind], format_name, path)
            assert card_path == Path(f"{path}.json")
            cards[card_path.name] = json.loads(card_path.read_text())
    more = {"texts": NEW_TEXTS, "features": FEATURES.tolist()}
    (tmp_path / "more.json").write_text(json.dumps(more))
    done = subprocess.run(
        [sys.executable, "-c", BY_THE_CARDS],
        cwd=tmp_path,
        # In Turkish, and for TensorFlow's strings too, I is the capital of another letter.
        env={**os.environ, "LC_ALL": "tr_TR.UTF-8", "KERAS_BACKEND": "tensorflow"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert results.keys() == cards.keys()
    for name, (shown, outputs) in results.items():
        card = cards[name]
        expected = expected_outputs(untrained[card["run"]], card)
        digits = 4 if card["input"]["dtype"] == "float32" else 6  # a feature of 1e6, say
        np.testing.assert_allclose(outputs, expected, rtol=10**-digits, atol=1e-6, err_msg=name)
        np.testing.assert_allclose(shown, card["example"]["output"], rtol=1e-5, atol=1e-6)


def test_what_a_card_says(untrained, tmp_path):
    export_run(untrained["lstm_dropout"], "keras", tmp_path / "m.keras")
    card = json.loads((tmp_path / "m.keras.json").read_text())
    assert card["run"] == card["recipe"] == "lstm_dropout"
    assert card["scores"] == {"test_loss": 1.0}
    assert card["input"]["shape"] == ["batch", 9] and card["input"]["dtype"] == "int32"
    assert card["output"]["shape"] == ["batch", 1]
    assert "probability of 'good'" in card["output"]["meaning"]
    assert card["classes"] == ["bad", "good"]
    assert card["versions"]["keras"] == keras.__version__


def test_a_features_columns_are_named(untrained, tmp_path):
    export_run(untrained["features"], "keras", tmp_path / "m.keras")
    card = json.loads((tmp_path / "m.keras.json").read_text())
    assert card["features"] == ["x", "y", "z"]
    assert card["output"]["meaning"] == "the predicted value"


def test_folders_are_made_and_nothing_else_is_left(untrained, tmp_path):
    export_run(untrained["features"], "keras", tmp_path / "new/folder/m.keras")
    assert sorted(p.name for p in (tmp_path / "new/folder").iterdir()) == [
        "m.keras",
        "m.keras.json",
    ]


# --- what is refused -------------------------------------------------------------------------


def refused(run: RunFolder, format_name: str, path: Path, kind: type[Exception], what: str) -> None:
    before = sorted(path.parent.iterdir()) if path.parent.is_dir() else None
    with pytest.raises(kind, match=what):
        export_run(run, format_name, path)
    assert before is None or sorted(path.parent.iterdir()) == before


@pytest.mark.parametrize("taken", ["m.keras", "m.keras.json"])
def test_what_is_there_is_not_overwritten(untrained, tmp_path, taken):
    (tmp_path / taken).write_text("mine")
    what = f"{taken}: already exists"
    refused(untrained["features"], "keras", tmp_path / "m.keras", ResourceError, what)
    assert (tmp_path / taken).read_text() == "mine"


def test_a_model_that_computes_something_else_is_not_kept(untrained, tmp_path, monkeypatch):
    def write_wrong(model, path):
        model.network.set_weights([0.9 * weight for weight in model.network.get_weights()])
        model.network.save(path)

    monkeypatch.setitem(FORMATS, "keras", replace(FORMATS["keras"], write=write_wrong))
    what = "outputs differ from the run's by up to .*, so it was not kept"
    refused(untrained["lstm"], "keras", tmp_path / "m.keras", ResourceError, what)


def test_a_converter_that_fails_is_told(untrained, tmp_path, monkeypatch):
    need_format("onnx")

    def fail(model, path):
        path.write_bytes(b"half")
        raise ValueError("no such operation\nand much more")

    monkeypatch.setitem(FORMATS, "onnx", replace(FORMATS["onnx"], write=fail))
    what = "--format onnx: cannot be written: no such operation$"
    refused(untrained["lstm"], "onnx", tmp_path / "m.onnx", ResourceError, what)


@pytest.mark.parametrize("format_name", ["onnx", "litert"])
def test_a_missing_package_is_told_with_its_cure(untrained, tmp_path, monkeypatch, format_name):
    def absent(package):
        raise PackageNotFoundError(package)

    monkeypatch.setattr(writing, "version", absent)
    path = path_of(tmp_path, "m", format_name)
    what = r"not installed; install it: pip install 'textclf\[export\]'"
    refused(untrained["lstm"], format_name, path, ResourceError, what)


def test_features_keep_their_digits_or_are_refused(tmp_path, monkeypatch):
    """Of a time in seconds, float32 keeps the minutes."""
    need_format("onnx")
    need_format("litert")
    monkeypatch.setattr("untrained_runs.FEATURES", FEATURES + 1.7e9)
    run = make_run(tmp_path / "runs", "features")
    export_run(run, "onnx", tmp_path / "m.onnx")
    card = json.loads((tmp_path / "m.onnx.json").read_text())
    assert card["input"]["dtype"] == "float64"
    refused(run, "litert", tmp_path / "m.tflite", ResourceError, "differ from the run's")


@pytest.mark.parametrize("kind", ["wordless", "wordless_multi_hot"])
def test_a_run_without_words_reads_no_texts(untrained, tmp_path, kind):
    what = "has no words.*textclf data fetch docstrings"
    refused(untrained[kind], "savedmodel", tmp_path / "m", RunError, what)


def test_a_folder_that_cannot_be_made_is_told(untrained, tmp_path):
    (tmp_path / "file").write_text("")
    path = tmp_path / "file/m.keras"
    refused(untrained["features"], "keras", path, ResourceError, "cannot be written")
