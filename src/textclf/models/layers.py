"""Any stack of Keras's layers."""

from typing import Any

import keras

from textclf.config.layer_shapes import ATTENTION, EMBEDDING, inner_layer, masked
from textclf.config.layers import Spec, name_and_arguments, table
from textclf.config.settings.model import LayersModel
from textclf.data.encoders import Encoder, TextEncoder
from textclf.models.words import word_vectors

CUDNN = ("LSTM", "GRU")


def build_layers(
    settings: LayersModel, inputs: keras.KerasTensor, encoder: Encoder
) -> keras.KerasTensor:
    """The config's layers, one after another, each with its own arguments."""
    x = inputs
    if isinstance(encoder, TextEncoder) and encoder.encoding == "one_hot":
        x = word_vectors(settings, inputs, encoder)
    layers = settings.named_layers
    for (name, arguments), has_mask in zip(layers, masked(layers), strict=True):
        if name == EMBEDDING and isinstance(encoder, TextEncoder):
            drawn = {key: value for key, value in arguments.items() if key != "weights"}
            arguments = {"input_dim": encoder.num_words, **drawn}
        layer = new_layer(name, arguments, has_mask)
        x = _apply(layer, name, x)
    return x


def new_layer(name: str, arguments: dict[str, Any], has_mask: bool) -> keras.Layer:
    """Keras's layer of that name.

    Args:
        arguments: as a config has them, besides an Embedding's `input_dim`.
        has_mask: whether its input has a mask.
    """
    if name == "Bidirectional":
        inner, inner_arguments = inner_layer(arguments)
        rest = {key: value for key, value in arguments.items() if key != inner}
        return keras.layers.Bidirectional(new_layer(inner, inner_arguments, has_mask), **rest)
    specs = table()["layers"][name]["arguments"]
    values = {key: _value(value, specs.get(key)) for key, value in arguments.items()}
    if name in CUDNN and has_mask:  # cuDNN refuses texts that are padded in front, or empty
        values["use_cudnn"] = False
    layer: keras.Layer = getattr(keras.layers, name)(**values)
    if has_mask and not table()["layers"][name]["hands_on_masks"]:
        # As without it, but Keras warns at each call; textclf has warned already.
        layer.supports_masking, layer.compute_mask = True, _no_mask
    return layer


def _no_mask(_inputs: Any, _previous_mask: Any = None) -> None:
    """Replaces `compute_mask`."""


def _value(value: Any, spec: Spec | None) -> Any:
    """An argument for Keras: {'L2': {'l2': 1e-4}} becomes the object of that class."""
    if not isinstance(value, dict) or spec is None:
        return value
    name, arguments = name_and_arguments(value)
    module = getattr(keras, table()["kinds"][spec["kind"]]["module"])
    return getattr(module, name)(**arguments)


def _apply(layer: keras.Layer, name: str, x: keras.KerasTensor) -> keras.KerasTensor:
    if name == "MultiHeadAttention":
        return layer(x, x)
    return layer([x, x] if name in ATTENTION else x)
