"""The section on stacked layers in docs/config.md: examples, layers, what they read."""

from collections.abc import Iterator
from typing import Any

from textclf.config.layers import table as layer_table
from writers.markdown import code_block, table

# By what they are: whole configs, which a test trains on a few rows.
EXAMPLES = {
    "A convolution over words, as in many text classifiers": """\
dataset: {name: imdb}
preprocessing: {num_words: 10000, maxlen: 200}
model:
  type: layers
  layers:
    - Embedding: {output_dim: 32}
    - SpatialDropout1D: {rate: 0.3}
    - Conv1D: {filters: 64, kernel_size: 5, activation: relu}
    - GlobalMaxPooling1D
    - Dense: {units: 32, activation: relu, kernel_regularizer: {L2: {l2: 1e-4}}}
training: {epochs: 4, optimizer: adam}
""",
    "An LSTM that reads from both ends, padding masked": """\
dataset: {name: imdb}
preprocessing: {num_words: 10000, maxlen: 100}
model:
  type: layers
  layers:
    - Embedding: {output_dim: 32, mask_zero: true}
    - Bidirectional: {LSTM: {units: 32, return_sequences: true, dropout: 0.2}}
    - GlobalAveragePooling1D
training: {epochs: 4, optimizer: adam}
""",
    "Numbers from features": """\
dataset: {name: boston}
model:
  type: layers
  layers:
    - Dense: {units: 64, activation: relu, kernel_initializer: he_normal}
    - BatchNormalization
    - Dropout: {rate: 0.1}
    - Dense: {units: 64, activation: relu, kernel_constraint: {MaxNorm: {max_value: 3}}}
training: {epochs: 100, batch_size: 16, optimizer: adam}
""",
}


def layer_section() -> Iterator[str]:
    yield "## Layers"
    yield (
        "With `type: layers`, a model is any stack of the layers below, by Keras's own names and "
        "arguments; a layer without arguments is its name alone. The input, the vocabulary's size "
        "and the output layer follow from the data, as in the other models. Everything is checked "
        "before TensorFlow is imported: names, arguments, ranges, and whether each layer can read "
        "what the one before it gives. `textclf check` prints the shape after every layer."
    )
    for about, config in EXAMPLES.items():
        yield f"{about}:"
        yield code_block(config.strip(), "yaml")
    yield (
        "The first layer reads ids (`encoding: embedding`; it is then an Embedding), numbers "
        "(`multi_hot`, features), or a sequence of one-hot words (`one_hot`). The output layer "
        "reads numbers: after a sequence, pool it, flatten it, or let the last recurrent layer "
        "return its last step."
    )
    yield (
        "A mask (`mask_zero: true`, `Masking`) makes recurrent layers and GlobalAveragePooling1D "
        "skip padding; textclf warns where a layer such as Conv1D drops it, as Keras does. The "
        "loss that is shown while training includes what regularizers add, as in Keras; the loss "
        "in metrics.json does not. Layers that the [faster engines](engines.md) know train there; "
        "a model with any other layer takes Keras's own path."
    )
    rows = [[f"`{name}`", layer["meaning"], _arguments(layer)] for name, layer in _layers()]
    yield table(["layer", "what it does", "arguments (in bold: required)"], rows)
    yield table(
        ["such an argument", "is one of these words", "or a map with arguments of its own"],
        [
            _kind(kind, content)
            for kind, content in layer_table()["kinds"].items()
            if not kind.endswith("_initializer")
        ],
    )
    yield (
        "Recurrent kernels may also start as `identity`, kernels and vectors as `orthogonal`. "
        "What Keras has besides, such as `seed`, `dtype`, `stateful` and Lambda, is refused with "
        "the reason: a config cannot run code, and seeds follow from `seed`."
    )


def _layers() -> list[tuple[str, Any]]:
    return list(layer_table()["layers"].items())


def _arguments(layer: dict[str, Any]) -> str:
    names = [
        f"**`{name}`**" if spec.get("required") else f"`{name}`"
        for name, spec in layer["arguments"].items()
    ]
    return ", ".join(names) or "none"


def _kind(kind: str, content: dict[str, Any]) -> list[str]:
    words = ", ".join(f"`{word}`" for word in content["words"])
    classes = ", ".join(f"`{_example(name, of)}`" for name, of in content["classes"].items() if of)
    return [f"`…{kind}`", words, classes or "no"]


def _example(name: str, arguments: dict[str, Any]) -> str:
    inside = ", ".join(f"{key}: {spec['default']}" for key, spec in arguments.items())
    return f"{{{name}: {{{inside}}}}}"
