"""Stacked layers: each mistake is found before Keras is imported, with its line and column."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from layer_stacks import FEATURES, MAXLEN, WORDS, Chance, misfit, wrong_stack
from textclf.config.conflicts import input_of
from textclf.config.file import dump_config, load_config
from textclf.config.layer_shapes import find_shapes, mask_droppers, masked
from textclf.config.layers import layer_problems, named, table
from textclf.config.settings import Config, flatten
from textclf.config.settings.model import LayersModel
from textclf.errors import ConfigError

N_WRONG = 100
N_MISFITS = 30


def sections(encoding: str, layers: list[Any]) -> dict[str, Any]:
    columns = {"path": "a.csv", "label": "l", "test_split": 0.2}
    columns |= {"features": ["a", "b", "c"][:FEATURES]} if encoding == "features" else {"text": "t"}
    texts = {"num_words": WORDS, "maxlen": MAXLEN, "encoding": encoding}
    return {
        "dataset": {"name": "csv", **columns},
        "preprocessing": {} if encoding == "features" else texts,
        "model": {"type": "layers", "layers": layers},
    }


def messages(folder: Path, content: dict[str, Any] | str) -> list[str]:
    """What is said, each line without the file's name."""
    file = folder / "a.yaml"
    file.write_text(content if isinstance(content, str) else yaml.safe_dump(content), "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    return [line.removeprefix(f"{file}:") for line in caught.value.messages]


@pytest.mark.parametrize("seed", range(N_WRONG))
def test_a_wrong_layer_is_named_with_its_place(tmp_path: Path, seed: int) -> None:
    encoding, layers, message = wrong_stack(seed)
    (line,) = messages(tmp_path, sections(encoding, layers))
    place, _, said = line.partition(": ")
    assert re.fullmatch(r"\d+:\d+", place)
    assert said.startswith(message)


@pytest.mark.parametrize("seed", range(N_MISFITS))
def test_two_layers_that_do_not_fit_are_both_named(tmp_path: Path, seed: int) -> None:
    encoding, layers, pattern = misfit(seed)
    (line,) = messages(tmp_path, sections(encoding, layers))
    assert re.match(r"\d+:\d+: model.layers", line)
    assert re.search(pattern, line)


@pytest.mark.parametrize("seed", range(50))
def test_a_stack_that_fits_is_read_and_written_back(tmp_path: Path, seed: int) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(yaml.safe_dump(sections(*Chance(seed).stack())), encoding="utf-8")
    config = load_config(file)
    again = tmp_path / "b.yaml"
    again.write_text(dump_config(config), encoding="utf-8")
    assert load_config(again) == config


START = "dataset: {name: imdb}\npreprocessing: {num_words: 50, maxlen: 9}\nmodel:\n"
START += "  type: layers\n  layers:\n    - Embedding: {output_dim: 4}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "    - Dense:\n      units: 3\n",
            "8:7: model.layers[1].units: an argument of Dense stands below its name, not in it; "
            "indent it further",
        ),
        (
            "    - Flatten:\n",
            "7:7: model.layers[1].Flatten: expected {Flatten: {}}, received nothing (null)",
        ),
        (
            "    - {LSTM: {units: 3}, Dense: {units: 3}}\n",
            "7:7: model.layers[1]: expected one layer, received the keys 'LSTM' and 'Dense'; begin "
            "each layer with '- '",
        ),
        (
            "    - lstm: {units: 3}\n",
            "7:7: model.layers[1].lstm: unknown layer; did you mean 'LSTM'?",
        ),
        (
            "    - LSTM: {units: 3, activation: 3}\n",
            "7:24: model.layers[1].LSTM.activation: expected relu, tanh,",
        ),
        (
            "    - LSTM: {units: 3}\n    - Conv1D: {filters: 3, kernel_size: 3}\n"
            "    - GlobalMaxPooling1D\n",
            "8:7: model.layers[2].Conv1D: Conv1D reads (steps, features), but LSTM gives (3); set "
            "return_sequences: true in LSTM",
        ),
        (
            "    - Conv1D: {filters: 3, kernel_size: 3, strides: 2, dilation_rate: 2}\n",
            "7:7: model.layers[1].Conv1D: Conv1D cannot read Embedding, which gives (9, 4): "
            "strides and dilation_rate cannot both be above 1",
        ),
        (
            "    - Conv1D: {filters: 4, kernel_size: 3, groups: 3}\n",
            "7:7: model.layers[1].Conv1D: Conv1D cannot read Embedding, which gives (9, 4): ",
        ),
        (
            "    - Flatten\n    - Embedding: {output_dim: 3}\n",
            "8:7: model.layers[2].Embedding: Embedding reads ids, which only the first layer gets",
        ),
        (
            "    - Flatten\ntraining: {engine: xla}\n",
            "8:12: training.engine: xla does not know every layer; use auto",
        ),
    ],
)
def test_what_is_said_reads_well(tmp_path: Path, text: str, message: str) -> None:
    (line,) = messages(tmp_path, START + text)
    assert line.startswith(message)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ("{Dense: {units: 3}}", "expected a list such as [{Dense: {units: 16}}], received a map"),
        ("[]", "expected a list of 1 to 100 items, received 0"),
        (
            "[{Dense: {units: 3, bias_regularizer: 0.01}}]",
            "expected l1, l2, l1l2, a map such as {L1: {l1: 0.01}} or null, received 0.01",
        ),
    ],
)
def test_what_is_not_a_list_of_layers(tmp_path: Path, layers: str, message: str) -> None:
    text = f"dataset: {{name: boston}}\nmodel: {{type: layers, layers: {layers}}}\n"
    (line,) = messages(tmp_path, text)
    assert message in line


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    text = "    - Dense: {unit: 3}\n    - Lambda: {}\ntraining: {epoch: 3}\n"
    places = [
        line.partition(": ")[2].partition(":")[0] for line in messages(tmp_path, START + text)
    ]
    assert places == [
        *("model.layers[1].Dense", "model.layers[1].Dense.unit", "model.layers[2].Lambda"),
        "training.epoch",
    ]


def test_every_argument_that_keras_requires_or_allows_has_a_kind() -> None:
    for layer in table()["layers"].values():
        for name, spec in layer["arguments"].items():
            assert spec.get("required", False) != ("default" in spec), name
            if not spec.get("required"):
                default = spec["default"]
                assert layer_problems([]) == []
                assert default is not None or spec["nullable"]


def test_the_defaults_are_valid_themselves() -> None:
    for name, layer in table()["layers"].items():
        arguments = {
            key: spec["default"]
            for key, spec in layer["arguments"].items()
            if not spec.get("required")
        }
        problems = layer_problems([{name: arguments}])
        assert [message for _, message in problems if "missing key" not in message] in (
            [],
            ["expected one of SimpleRNN, LSTM or GRU in Bidirectional; it has none"],
        )


def test_a_wrong_config_never_imports_keras(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(START + "    - Conv1D: {filter: 3}\n", encoding="utf-8")
    code = (
        "import sys; from textclf.__main__ import run\n"
        "try: run()\n"
        "except SystemExit as end: code = end.code\n"
        "print(code, 'keras' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "check", str(file), "--json"], capture_output=True, text=True
    )
    *answer, last = done.stdout.splitlines()
    assert last == "3 False"
    assert len(json.loads("".join(answer))["error"]["messages"]) == 3


# --- masks -----------------------------------------------------------------------------------

MASKED = {"Embedding": {"output_dim": 4, "mask_zero": True}}
SEQUENCES = {"LSTM": {"units": 3, "return_sequences": True}}
CONV = {"Conv1D": {"filters": 3, "kernel_size": 2}}


@pytest.mark.parametrize(
    ("layers", "reach", "dropped"),
    [
        ([MASKED, {"Dropout": {"rate": 0.1}}, {"LSTM": {"units": 3}}], [0, 1, 1], []),
        ([MASKED, CONV, "GlobalMaxPooling1D"], [0, 1, 0], [1]),
        ([MASKED, {"Bidirectional": SEQUENCES}, CONV, "Flatten"], [0, 1, 1, 0], [2]),
        ([MASKED, "GlobalAveragePooling1D", {"Dense": {"units": 3}}], [0, 1, 0], []),
        ([MASKED, {"GRU": {"units": 3}}, {"Dense": {"units": 3}}], [0, 1, 0], []),
        ([{"Embedding": {"output_dim": 4}}, "Masking", "Flatten"], [0, 0, 1], [2]),
    ],
)
def test_where_masks_reach(layers: list[Any], reach: list[int], dropped: list[int]) -> None:
    stack = LayersModel(type="layers", layers=[named(layer) for layer in layers]).named_layers
    assert [int(has_mask) for has_mask in masked(stack)] == reach
    assert mask_droppers(stack) == dropped


def test_the_shapes_by_hand() -> None:
    stack = [
        {"Embedding": {"output_dim": 4}},
        {"Conv1D": {"filters": 6, "kernel_size": 3}},
        {"MaxPooling1D": {"pool_size": 3}},
        {"Bidirectional": {"GRU": {"units": 5, "return_sequences": True}}},
        "Flatten",
        {"Dense": {"units": 2}},
    ]
    config = Config.model_validate(sections("embedding", stack))
    start = input_of(config)
    assert start is not None and isinstance(config.model, LayersModel)
    shapes = find_shapes(config.model.named_layers, start)
    assert shapes == [(12, 4), (10, 6), (3, 6), (3, 10), (30,), (2,)]


# --- one argument of one layer ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("override", "layer"),
    [
        ("model.layers[1].LSTM.units=7", {"LSTM": {"units": 7}}),
        ("model.layers[1]=Flatten", {"Flatten": {}}),
        ("model.layers[1].LSTM.dropout=0.5", {"LSTM": {"units": 3, "dropout": 0.5}}),
    ],
)
def test_a_layer_is_overridden_by_its_place(tmp_path: Path, override: str, layer: Any) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(START + "    - LSTM: {units: 3}\n", encoding="utf-8")
    model = load_config(file, [override]).model
    assert isinstance(model, LayersModel)
    assert model.layers == [{"Embedding": {"output_dim": 4}}, layer]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("model.layers[2]=Flatten", "model.layers has no item [2]; the first one is [0]"),
        ("model[0]=3", "model has no item [0]; the first one is [0]"),
        ("model.layers.LSTM=3", "model.layers is a list, not a section with keys"),
        ("model.layers[1].LSTM.units=0", "0 is out of range: 1 to 65,536"),
        ("model.layers[x]=3", "unknown key; did you mean 'layers'?"),
    ],
)
def test_a_wrong_override_of_a_layer(tmp_path: Path, override: str, message: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(START + "    - LSTM: {units: 3}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(file, [override])
    assert caught.value.messages == (f"--set {override}: {message}",)


def test_layers_are_compared_argument_by_argument() -> None:
    model = {"layers": [{"Dense": {"units": 3, "kernel_regularizer": {"L2": {"l2": 0.1}}}}]}
    assert flatten({"model": model, "training": {"epochs": 3}}) == {
        "model.layers[0]": "Dense",
        "model.layers[0].Dense.units": 3,
        "model.layers[0].Dense.kernel_regularizer.L2.l2": 0.1,
        "training.epochs": 3,
    }


# --- vectors from a file ----------------------------------------------------------------------


def with_vectors(**arguments: Any) -> dict[str, Any]:
    return sections("embedding", [{"Embedding": arguments}, "GlobalMaxPooling1D"])


def test_vectors_have_the_length_of_their_file_which_a_run_does_not_need(tmp_path: Path) -> None:
    (tmp_path / "vectors.txt").write_text("good 1 2 3\n")
    file = tmp_path / "a.yaml"
    file.write_text(yaml.safe_dump(with_vectors(weights="vectors.txt", trainable=False)))
    config = load_config(file)
    assert isinstance(config.model, LayersModel)
    path = str(tmp_path / "vectors.txt")  # relative to the config
    assert config.model.named_layers[0] == (
        "Embedding",
        {"weights": path, "trainable": False, "output_dim": 3},
    )
    (tmp_path / "vectors.txt").unlink()
    file.write_text(dump_config(config))
    assert load_config(file) == config


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weights": "none.txt"}, "weights: {folder}/none.txt: no such file or directory"),
        ({"weights": "."}, "weights: {folder}: a folder, not a file"),
        ({"weights": "a.yaml"}, "weights: {folder}/a.yaml: not a file of word vectors: GloVe's"),
        ({"weights": 3}, "weights: expected the path of a file or null, received 3"),
        ({"trainable": False}, "missing key 'output_dim'"),
        ({"weights": None}, "missing key 'output_dim'"),
    ],
)
def test_vectors_that_cannot_be_read_are_named(
    tmp_path: Path, arguments: dict[str, Any], message: str
) -> None:
    (line,) = messages(tmp_path, with_vectors(**arguments))
    assert message.format(folder=tmp_path) in line
