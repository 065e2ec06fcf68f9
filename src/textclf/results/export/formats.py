"""The formats: how a model is written in each, and read back with the format's runtime."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the command line imports this module, so it must be fast
    from textclf.results.export.serving import Served

Predict = Callable[[Any], Any]


@dataclass(frozen=True)
class Format:
    """A format of models.

    Args:
        suffix: the end of the path; '' for a folder.
        packages: needed beside textclf's own libraries.
        write: writes a model to a path.
        open: reads it back; returns the function from a batch to its outputs.
        usage: lines of Python that do the same with the format's runtime alone, for the card;
            `{name!r}` stands for the path.
        reads_texts: whether a model of texts takes raw strings.
        features_dtype: of a batch of features; float64 has the precision for standardization.
        slim_loops: whether recurrent layers need loops that carry only their states.
    """

    suffix: str
    packages: tuple[str, ...]
    write: Callable[[Served, Path], None]
    open: Callable[[Path], Predict]
    usage: tuple[str, ...]
    reads_texts: bool = False
    features_dtype: str = "float64"
    slim_loops: bool = False


def card_path(path: Path) -> Path:
    """The path of a model's card: beside it, with `.json` after its name."""
    return path.with_name(f"{path.name}.json")


def _write_keras(model: Served, path: Path) -> None:
    model.network.save(path)


def _open_keras(path: Path) -> Predict:
    import keras

    network = keras.saving.load_model(path)
    return lambda x: network(x).numpy()


def _write_savedmodel(model: Served, path: Path) -> None:
    import tensorflow as tf

    tf.saved_model.save(model, path, signatures=model.serve)


def _open_savedmodel(path: Path) -> Predict:
    import tensorflow as tf

    loaded = tf.saved_model.load(path)
    return lambda x: loaded.serve(tf.constant(x))["outputs"].numpy()


def _write_onnx(model: Served, path: Path) -> None:
    import onnx
    import tf2onnx

    written, _ = tf2onnx.convert.from_function(model.serve, model.serve.input_signature)
    for tensor in (*written.graph.input, *written.graph.output):
        tensor.type.tensor_type.shape.dim[0].dim_param = "batch"  # 'unk__36' otherwise
    onnx.save(written, path)


def _open_onnx(path: Path) -> Predict:
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    return lambda x: session.run(["outputs"], {"inputs": x})[0]


def _write_litert(model: Served, path: Path) -> None:
    import tensorflow as tf

    serve = model.serve.get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([serve], model)
    path.write_bytes(converter.convert())


def _open_litert(path: Path) -> Predict:
    from ai_edge_litert.interpreter import Interpreter

    run = Interpreter(str(path)).get_signature_runner()
    return lambda x: run(inputs=x)["outputs"]


FORMATS = {
    "keras": Format(
        ".keras",
        (),
        _write_keras,
        _open_keras,
        (
            "import keras",
            "",
            "model = keras.saving.load_model({name!r})",
            "",
            "def predict(x):",
            "    return model(x).numpy()",
        ),
    ),
    "savedmodel": Format(
        "",
        (),
        _write_savedmodel,
        _open_savedmodel,
        (
            "import tensorflow as tf",
            "",
            "model = tf.saved_model.load({name!r})",
            "",
            "def predict(x):",
            "    return model.serve(tf.constant(x))['outputs'].numpy()",
        ),
        reads_texts=True,
    ),
    "onnx": Format(
        ".onnx",
        ("tf2onnx", "onnxruntime"),
        _write_onnx,
        _open_onnx,
        (
            "import onnxruntime",
            "",
            "session = onnxruntime.InferenceSession({name!r})",
            "",
            "def predict(x):",
            "    return session.run(['outputs'], {{'inputs': x}})[0]",
        ),
    ),
    "litert": Format(
        ".tflite",
        ("ai-edge-litert",),
        _write_litert,
        _open_litert,
        (
            "from ai_edge_litert.interpreter import Interpreter",
            "",
            "run = Interpreter({name!r}).get_signature_runner()",
            "",
            "def predict(x):",
            "    return run(inputs=x)['outputs']",
        ),
        features_dtype="float32",  # LiteRT has no float64
        slim_loops=True,
    ),
}
