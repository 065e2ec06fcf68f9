"""The card beside an exported model: its input, how to make it, its output."""

import json
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from textclf.data.encoders import FIRST_WORD, REMOVED, FeatureEncoder, TextEncoder
from textclf.data.tokenizer import PADDING_ID, START_ID, UNKNOWN_ID
from textclf.results.export.formats import FORMATS, card_path
from textclf.results.export.serving import Served
from textclf.results.export.splitting import split_lines, split_rules
from textclf.results.export.texts import DIFFERENCES
from textclf.runs import RunFolder

PACKAGES = ("textclf", "tensorflow", "keras", "numpy")


def make_card(
    run: RunFolder, format_name: str, path: Path, model: Served, outputs: np.ndarray
) -> dict[str, Any]:
    """All that is needed to use the model with the format's runtime and without textclf.

    Args:
        path: of the model.
        outputs: of the written model for `model.examples`.
    """
    form, name = FORMATS[format_name], card_path(path).name
    classes = list(run.preprocessing["class_names"])
    taken = _describe_input(model)
    return {
        "model": path.name,
        "format": format_name,
        "run": run.name,
        "recipe": run.record.get("recipe"),
        "scores": run.metrics,
        "versions": {package: version(package) for package in (*PACKAGES, *form.packages)},
        "input": {**_shape(model.spec.name, model.examples), "meaning": taken.meaning},
        "output": {**_shape("outputs", outputs), "meaning": _outcome(run, classes)},
        "classes": classes,
        "example": {**taken.example, "output": outputs[:1].tolist()},
        "usage": [
            "import json",
            "import numpy as np",
            *(line.format(name=path.name) for line in form.usage),
            "",
            f"card = json.load(open({name!r}, encoding='utf-8'))",
            *taken.usage,
        ],
        **taken.more,
    }


def _shape(name: str, batch: np.ndarray) -> dict[str, Any]:
    dtype = "string" if batch.dtype.kind == "U" else batch.dtype.name
    return {"name": name, "shape": ["batch", *batch.shape[1:]], "dtype": dtype}


def _outcome(run: RunFolder, classes: list[str]) -> str:
    if not classes:
        return "the predicted value"
    if run.config.training.is_calibrated:
        return _probabilities(run, classes)
    return f"{_probabilities(run, classes)}; not calibrated, as the loss was squared_hinge"


def _probabilities(run: RunFolder, classes: list[str]) -> str:
    if run.preprocessing["task"] == "binary":
        return f"the probability of {classes[1]!r}; 1 minus it is that of {classes[0]!r}"
    if run.preprocessing["task"] == "multilabel":
        return (
            "the probability of each label, in the order of 'classes'; an example has each label "
            "whose probability is above 0.5"
        )
    return "the probability of each class, in the order of 'classes'"


# --- the input ----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Input:
    """A model's input.

    Args:
        example: entries of the card's example.
        usage: lines of Python from the card's example to printed outputs.
        more: further entries of the card that are needed to make the input.
    """

    meaning: str
    example: dict[str, Any]
    usage: list[str]
    more: dict[str, Any] = field(default_factory=dict)


def _describe_input(model: Served) -> _Input:
    if isinstance(model.encoder, FeatureEncoder):
        return _features(model, model.encoder)
    if model.reads_texts:
        return _texts(model)
    return _rows_of_texts(model, model.encoder) if model.text else _rows(model, model.encoder)


def _features(model: Served, encoder: FeatureEncoder) -> _Input:
    dtype = model.examples.dtype.name
    return _Input(
        "the raw features, in the order of 'features'; the model standardizes them",
        {"input": model.examples[:1].tolist()},
        [f"x = np.array(card['example']['input'], '{dtype}')", "print(predict(x))"],
        {"features": list(encoder.feature_names)},
    )


def _texts(model: Served) -> _Input:
    return _Input(
        "raw texts, UTF-8; the model splits them into words",
        {"input": model.examples[:1].tolist()},
        ["print(predict(card['example']['input']))"],
        {"differences": DIFFERENCES},
    )


def _rows(model: Served, encoder: TextEncoder) -> _Input:
    """Ids or multi-hot rows of a run without words."""
    first = model.examples[:1]
    if encoder.packed_columns is None:
        meaning = "a text's ids in the dataset's numbering, padded and cut to one length"
        lines = ["x = np.array(card['example']['input'], 'int32')", "print(predict(x))"]
        return _Input(meaning, {"input": first.tolist()}, lines)
    return _Input(
        "1 in the column of each of a text's ids, in the dataset's numbering; else 0",
        {"ones": np.flatnonzero(first[0]).tolist()},  # shorter than thousands of zeros
        [
            f"x = np.zeros((1, {encoder.num_words}), 'float32')",
            "x[0, card['example']['ones']] = 1",
            "print(predict(x))",
        ],
    )


def _rows_of_texts(model: Served, encoder: TextEncoder) -> _Input:
    """Ids or multi-hot rows, with everything needed to make them from a text."""
    example = _rows(model, encoder).example
    return _Input(
        "1 in the column of each of a text's words, else 0; made by 'encode', below"
        if encoder.packed_columns
        else "the ids of a text's words, padded and cut to one length; made by 'encode', below",
        {"text": model.text, **example},
        [
            *_encode_lines(encoder),
            "",
            "print(predict(encode([card['example']['text']])))",
        ],
        {"text": _text_rules(encoder)},
    )


def _text_rules(encoder: TextEncoder) -> dict[str, Any]:
    """How words become ids; None: the word is removed."""
    start, unknown = (
        None if new == REMOVED else int(new) for new in encoder.id_table[[START_ID, UNKNOWN_ID]]
    )
    ids = {word: id_ for word, id_ in encoder.id_of.items() if encoder.id_table[id_] >= FIRST_WORD}
    return {**split_rules(encoder), "start_id": start, "unknown_id": unknown, "ids": ids}


def _encode_lines(encoder: TextEncoder) -> list[str]:
    """`TextEncoder.transform_texts` as a program without textclf."""
    return [
        "rules = card['text']",
        "",
        *split_lines(encoder),
        "",
        "def row_of(text):",
        "    ids = [rules['ids'].get(word, rules['unknown_id']) for word in words_of(text)]",
        "    ids = [i for i in [rules['start_id'], *ids] if i is not None]",
        *(_multi_hot_lines(encoder) if encoder.packed_columns else _padding_lines(encoder)),
        "",
        "def encode(texts):",
        f"    return np.array([row_of(text) for text in texts], '{encoder.input_dtype}')",
    ]


def _multi_hot_lines(encoder: TextEncoder) -> list[str]:
    return [f"    row = np.zeros({encoder.num_words})", "    row[ids] = 1", "    return row"]


def _padding_lines(encoder: TextEncoder) -> list[str]:
    kept = f"-{encoder.maxlen}:" if encoder.truncating == "pre" else f":{encoder.maxlen}"
    padding = f"[{PADDING_ID}] * ({encoder.maxlen} - len(ids))"
    padded = f"{padding} + ids" if encoder.padding == "pre" else f"ids + {padding}"
    return [f"    ids = ids[{kept}]", f"    return {padded}"]


# --- the file --------------------------------------------------------------------------------


def card_text(card: dict[str, Any]) -> str:
    """The card as JSON: a line for each entry and each string; numbers stay on one line."""
    return _dumps(card, "\n") + "\n"


def _dumps(value: Any, margin: str) -> str:
    inner = margin + "  "
    if isinstance(value, dict) and value:
        entries = [f"{json.dumps(key)}: {_dumps(entry, inner)}" for key, entry in value.items()]
        return "{" + inner + f",{inner}".join(entries) + margin + "}"
    if isinstance(value, list) and len(value) > 1 and isinstance(value[-1], str):
        return "[" + inner + f",{inner}".join(map(json.dumps, value)) + margin + "]"
    return json.dumps(value, allow_nan=False)
