"""The card beside an exported model: what goes in, how to make it, what comes out."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from textclf.data.tokenizer import FILTERS, PADDING_ID, START_ID, UNKNOWN_ID
from textclf.exporting.formats import FORMATS
from textclf.exporting.serving import Served
from textclf.exporting.texts import DIFFERENCES
from textclf.preprocessing import FIRST_WORD, REMOVED, Encoder, FeatureEncoder, TextEncoder
from textclf.runs import RunFolder

PACKAGES = ("textclf", "tensorflow", "keras", "numpy")


def card_path(path: Path) -> Path:
    """The card's place: beside the model, `.json` after its name."""
    return path.with_name(f"{path.name}.json")


def make_card(
    run: RunFolder, encoder: Encoder, format_name: str, path: Path, model: Served, outputs: Any
) -> dict[str, Any]:
    """What a reader needs who has the model, the card and the format's runtime, but no textclf.

    Args:
        path: the model's.
        outputs: what the written model makes of `model.examples`.
    """
    classes, reads_ids = list(run.preprocessing["class_names"]), model.spec.name == "inputs"
    knows_words = isinstance(encoder, TextEncoder) and bool(encoder.words)
    packages = (*PACKAGES, *FORMATS[format_name].packages)
    card = {
        "model": path.name,
        "format": format_name,
        "run": run.name,
        "recipe": run.record.get("recipe"),
        "scores": run.metrics,
        "versions": {package: version(package) for package in packages},
        "input": {
            **_describe(model.spec.name, model.examples),
            "meaning": _meaning(encoder, model),
        },
        "output": {**_describe("outputs", outputs), "meaning": _outcome(run, classes)},
        "classes": classes,
        "example": {**_example(encoder, model), "output": outputs[:1].tolist()},
        "usage": _usage(encoder, format_name, path, model),
    }
    if isinstance(encoder, FeatureEncoder):
        card["features"] = list(encoder.feature_names)
    elif not reads_ids:
        card["differences"] = DIFFERENCES
    elif knows_words:
        card["text"] = _text_rules(encoder)
    return card


def _describe(name: str, batch: np.ndarray) -> dict[str, Any]:
    dtype = "string" if batch.dtype.kind == "U" else batch.dtype.name
    return {"name": name, "shape": ["batch", *batch.shape[1:]], "dtype": dtype}


def _meaning(encoder: Encoder, model: Served) -> str:
    if isinstance(encoder, FeatureEncoder):
        return "the features as they come, in the order of 'features'; the model standardizes them"
    if model.spec.name == "texts":
        return "texts as they come, UTF-8; the model splits them into words"
    if encoder.packed_columns:
        return "1 in the column of each word that a text has, else 0"
    return "a text's words as ids, padded and cut to one length"


def _outcome(run: RunFolder, classes: list[str]) -> str:
    if not classes:
        return "the predicted value"
    if len(classes) == 2 and run.preprocessing["task"] == "binary":
        return f"the probability of {classes[1]!r}; what is missing to 1 is that of {classes[0]!r}"
    return "the probability of each class, in the order of 'classes'"


def _example(encoder: Encoder, model: Served) -> dict[str, Any]:
    """The first example; of a multi-hot row, only where it has ones."""
    first = model.examples[:1]
    text = {"text": model.text} if model.text and model.spec.name == "inputs" else {}
    if isinstance(encoder, TextEncoder) and encoder.packed_columns and first.dtype.kind == "f":
        return {**text, "ones": np.flatnonzero(first[0]).tolist()}
    return {**text, "input": first.tolist()}


def _text_rules(encoder: TextEncoder) -> dict[str, Any]:
    """How words become ids; None: they are left out."""
    start, unknown = (
        None if new == REMOVED else int(new) for new in encoder.id_table[[START_ID, UNKNOWN_ID]]
    )
    ids = {word: id_ for word, id_ in encoder.id_of.items() if encoder.id_table[id_] >= FIRST_WORD}
    return {"filters": FILTERS, "start_id": start, "unknown_id": unknown, "ids": ids}


# --- the program that uses the model ---------------------------------------------------------


def _usage(encoder: Encoder, format_name: str, path: Path, model: Served) -> list[str]:
    load = [line.format(name=path.name) for line in FORMATS[format_name].usage]
    card = f"card = json.load(open({card_path(path).name!r}, encoding='utf-8'))"
    return ["import json", "import numpy as np", *load, "", card, *_input_lines(encoder, model)]


def _input_lines(encoder: Encoder, model: Served) -> list[str]:
    """From the card's example to the model's input, and on to its outputs."""
    dtype = model.examples.dtype.name
    if isinstance(encoder, TextEncoder) and model.spec.name == "inputs":
        if model.text:
            return [*_encode_lines(encoder), "print(predict(encode([card['example']['text']])))"]
        if encoder.packed_columns:
            zeros = f"x = np.zeros((1, {encoder.num_words}), '{dtype}')"
            return [zeros, "x[0, card['example']['ones']] = 1", "print(predict(x))"]
    if model.spec.name == "texts":
        return ["print(predict(card['example']['input']))"]
    return [f"x = np.array(card['example']['input'], '{dtype}')", "print(predict(x))"]


def _encode_lines(encoder: TextEncoder) -> list[str]:
    """`TextEncoder.transform_texts` as a program without textclf."""
    return [
        "rules = card['text']",
        "",
        "def row_of(text):",
        "    text = text.lower()",
        "    for character in rules['filters']:",
        "        text = text.replace(character, ' ')",
        "    words = [word for word in text.split(' ') if word]",
        "    ids = [rules['ids'].get(word, rules['unknown_id']) for word in words]",
        "    ids = [id for id in [rules['start_id'], *ids] if id is not None]",
        *(_multi_hot_lines(encoder) if encoder.packed_columns else _padding_lines(encoder)),
        "",
        "def encode(texts):",
        f"    return np.array([row_of(text) for text in texts], '{encoder.input_dtype}')",
        "",
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
    """The card as JSON: a line for each entry and each string; numbers stay together."""
    return _dumps(card, "\n") + "\n"


def _dumps(value: Any, margin: str) -> str:
    inner = margin + "  "
    if isinstance(value, dict) and value:
        entries = [f"{json.dumps(key)}: {_dumps(entry, inner)}" for key, entry in value.items()]
        return "{" + inner + f",{inner}".join(entries) + margin + "}"
    if isinstance(value, list) and len(value) > 1 and all(isinstance(v, str) for v in value):
        return "[" + inner + f",{inner}".join(map(json.dumps, value)) + margin + "]"
    return json.dumps(value, allow_nan=False)
