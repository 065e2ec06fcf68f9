"""Small runs that were never trained: their kept models have the weights they began with."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from textclf.config.settings import Config
from textclf.data.dataset import Dataset
from textclf.data.encoders import fit_encoder
from textclf.data.tasks import BINARY, MULTICLASS, REGRESSION
from textclf.data.tokenizer import tokenize
from textclf.disk.atomic import write_json
from textclf.runs import RunFolder, create_run
from textclf.training.network import new_network

TEXTS = [
    "The Café's ÉCOLE—don't stop!",
    "tabs\there\nand\r\nlines of the café",
    "a\u00a0b: no-break\u00a0space the the",
    "emoji 💡 of Istanbul, İSTANBUL and ISPARTA",
    "ΟΔΟΣ οδος \x0bthe STRASSE",
    "'quoted' o'clock (don't) 3.14 a-b",
]
FEATURES = np.random.default_rng(0).normal([0, 1e6, -5], [1, 1e4, 0.1], (9, 3))


def text_data(task: Any = MULTICLASS, words: bool = True) -> Dataset:
    """TEXTS, told apart by nothing."""
    x, known = tokenize(TEXTS)
    names = ("a", "b", 'c"\\') if task is MULTICLASS else ("bad", "good")
    y = np.arange(len(TEXTS), dtype=np.int32) % len(names)
    return Dataset("texts", task, x, y, 4, names, known if words else (), ranked=False)


def feature_data() -> Dataset:
    y = np.arange(9, dtype=np.float32)
    return Dataset("features", REGRESSION, FEATURES, y, 7, feature_names=("x", "y", "z"))


EMBEDDED = {"num_words": 20, "maxlen": 9, "encoding": "embedding"}
# Model, preprocessing, dataset.
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any], Callable[[], Dataset]]] = {
    "multi_hot": (
        {"type": "dense", "units": [4], "dropout": 0.5},
        {"num_words": 20, "skip_top": 5, "encoding": "multi_hot"},
        text_data,
    ),
    "embedding": (
        {"type": "dense", "embedding_dim": 3, "units": [4]},
        {**EMBEDDED, "truncating": "post", "padding": "post", "remove_reserved": True},
        lambda: text_data(BINARY),
    ),
    "simple_rnn": ({"type": "simple_rnn", "embedding_dim": 3, "units": 4}, EMBEDDED, text_data),
    "truncated": (
        {"type": "simple_rnn", "units": 4, "bptt_steps": 5},
        {**EMBEDDED, "encoding": "one_hot", "maxlen": 5},
        text_data,
    ),
    "lstm": (
        {"type": "lstm", "embedding_dim": 3, "units": 4},
        {**EMBEDDED, "truncating": "post", "skip_top": 5},
        text_data,
    ),
    "lstm_dropout": (
        {"type": "lstm", "embedding_dim": 3, "units": 4, "dropout": 0.5},
        {**EMBEDDED, "padding": "post"},
        lambda: text_data(BINARY),
    ),
    "cnn_lstm": (
        {"type": "cnn_lstm", "embedding_dim": 3, "filters": 3, "kernel_size": 2, "units": 4},
        EMBEDDED,
        text_data,
    ),
    "gru": (
        {"type": "gru", "embedding_dim": 3, "units": [4, 3], "bidirectional": True}
        | {"pooling": "max_mean"},
        EMBEDDED,
        text_data,
    ),
    "features": ({"type": "dense", "units": [4]}, {}, feature_data),
    "wordless": (
        {"type": "lstm", "embedding_dim": 3, "units": 4},
        EMBEDDED,
        lambda: text_data(words=False),
    ),
    "wordless_multi_hot": (
        {"type": "dense", "units": [4]},
        {"num_words": 20, "encoding": "multi_hot"},
        lambda: text_data(words=False),
    ),
}


def make_run(runs_dir: Path, kind: str) -> RunFolder:
    """The run of a kind, complete as far as exporting reads it."""
    model, preprocessing, load = KINDS[kind]
    name = {"name": "boston" if kind == "features" else "docstrings"}
    config = Config(dataset=name, preprocessing=preprocessing, model=model)
    run = create_run(config, kind, runs_dir, kind, {"status": "finished"})
    run.lock.release()
    data = load()
    encoder = fit_encoder(config.preprocessing, data, data.train_rows)
    task = {"task": data.task.name, "class_names": list(data.class_names)}
    write_json(run.preprocessing_path, {**task, "encoder": encoder.to_json()})
    write_json(run.metrics_path, {"test_loss": 1.0})
    run.kept_model_path.parent.mkdir()
    network = new_network(config, encoder, data)
    weights = np.random.default_rng(1)
    network.set_weights([weights.normal(size=weight.shape) for weight in network.get_weights()])
    network.save(run.kept_model_path)
    return run
