"""Measures recurrent layers: XLA in one part and in shards, graph, plain Keras; docs/engines.md."""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

STEPS, WORDS, DIMENSIONS = 100, 5_000, 16
BATCHES, EPOCHS = 60, 6
CASES = (
    "LSTM 8",
    "LSTM 16",
    "LSTM 32",
    "LSTM 32, both directions, pooled",
    "LSTM 32, two layers",
    "GRU 8",
    "GRU 16",
    "GRU 32",
    "SimpleRNN 32",
    "LSTM 64",
    "LSTM 128",
    "LSTM 64, both directions, pooled",
    "GRU 64",
    "SimpleRNN 192",
)


def main() -> None:
    """Print a line for each layer: milliseconds for a batch, medians of epochs but the first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=CASES, help=f"such as {CASES[0]!r}")
    parser.add_argument("--batch", type=int, default=64, help="examples in a batch")
    alone = parser.add_mutually_exclusive_group()
    alone.add_argument("--plain", action="store_true", help="plain Keras alone, a number a line")
    alone.add_argument("--graph", action="store_true", help="graph alone")
    alone.add_argument("--xla", type=int, metavar="SHARDS", help="XLA alone")
    options = parser.parse_args()
    if options.plain or options.graph or options.xla:
        for case in options.cases:
            if options.plain:
                print(measure_plain(case, options.batch))
            else:
                print(measure(case, options.batch, options.xla))
        return
    print(f"{'':34}{'one part':>10}{'shards':>10}{'graph':>10}{'plain':>10}{'times':>8}")
    for case in options.cases:
        one, shards, graph, plain = (
            apart(case, f"--batch={options.batch}", *which)
            for which in (["--xla", "1"], ["--xla", "2"], ["--graph"], ["--plain"])
        )
        print(
            f"{case:34}{one:10.2f}{shards:10.2f}{graph:10.2f}{plain:10.2f}"
            f"{plain / min(one, shards):8.1f}",
            flush=True,
        )


def apart(case: str, *which: str) -> float:
    """Milliseconds for a batch in a process of its own, as XLA reads its options once."""
    command = [sys.executable, __file__, case, *which]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def measure_plain(case: str, batch: int) -> float:
    """Milliseconds for a batch."""
    x, y = draw(batch)
    network = build(case)
    watch, seconds = watched()
    network.fit(x, y, batch_size=batch, epochs=EPOCHS, verbose=0, callbacks=[watch])
    return per_batch(seconds)


def measure(case: str, batch: int, shards: int | None) -> float:
    """Milliseconds for a batch, by XLA in shards, or by graph where there are none."""
    from textclf.training.engine import backend

    device = backend.start("cpu")
    from textclf.data.tasks import BINARY
    from textclf.training.engine.engines import make_engine
    from textclf.training.engine.rule import Choice

    choice = Choice("xla" if shards else "graph", BATCHES // 3, "a benchmark", shards or 1)
    engine = make_engine(choice, build(case), BINARY, batch, None, device)
    x, y = draw(batch)
    engine.put(x, y)
    rows = np.arange(len(x))
    watch, seconds = watched()
    engine.model.fit(
        engine.epochs_of(rows, seed=1),
        steps_per_epoch=engine.steps_in(rows),
        epochs=EPOCHS,
        shuffle=False,
        verbose=0,
        callbacks=[watch],
    )
    return per_batch(seconds)


def draw(batch: int) -> tuple[np.ndarray, np.ndarray]:
    """Random texts, int32 (rows, STEPS), and classes, int32 (rows,)."""
    rng = np.random.default_rng(0)
    n_rows = batch * BATCHES
    x = rng.integers(0, WORDS, (n_rows, STEPS), dtype=np.int32)
    return x, rng.integers(0, 2, n_rows, dtype=np.int32)


def watched() -> tuple[Any, list[float]]:
    """A callback, and the seconds of each epoch that it will list."""
    import keras

    seconds: list[float] = []
    started = [0.0]
    ends: dict[str, Callable[..., None]] = {
        "on_epoch_begin": lambda *_: started.__setitem__(0, time.perf_counter()),
        "on_epoch_end": lambda *_: seconds.append(time.perf_counter() - started[0]),
    }
    return keras.callbacks.LambdaCallback(**ends), seconds


def per_batch(seconds: list[float]) -> float:
    return 1000 * statistics.median(seconds[1:]) / BATCHES


def build(case: str) -> Any:
    """A compiled network with the layer of a case."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(42)
    (kind, units), is_pooled = case.split(",")[0].split(), "pooled" in case
    n_layers = 2 if "two layers" in case else 1
    inputs = keras.Input((STEPS,), dtype="int32")
    x = layers.Embedding(WORDS, DIMENSIONS)(inputs)
    for number in range(n_layers):
        returns = is_pooled or number < n_layers - 1
        layer = getattr(layers, kind)(int(units), return_sequences=returns)
        x = layers.Bidirectional(layer)(x) if "both" in case else layer(x)
    if is_pooled:
        pools = [layers.GlobalMaxPooling1D()(x), layers.GlobalAveragePooling1D()(x)]
        x = layers.Concatenate()(pools)
    network = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
    network.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"])
    return network


if __name__ == "__main__":
    main()
