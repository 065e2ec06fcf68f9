"""The model types by name: each builds its layers between an input and the output layer."""

from collections.abc import Callable
from typing import Any

import keras

from textclf.config.settings.model import DenseModel, ModelSettings
from textclf.data.encoders import Encoder, TargetScale, TextEncoder
from textclf.data.tasks import Task
from textclf.models.cnn import build_cnn
from textclf.models.cnn_lstm import build_cnn_lstm
from textclf.models.dense import build_dense
from textclf.models.gru import build_gru
from textclf.models.layers import build_layers
from textclf.models.lstm import build_lstm
from textclf.models.ngrams import dense
from textclf.models.penalty import l2
from textclf.models.simple_rnn import build_simple_rnn

BUILDERS: dict[str, Callable[[Any, keras.KerasTensor, Any], keras.KerasTensor]] = {
    "dense": build_dense,
    "simple_rnn": build_simple_rnn,
    "lstm": build_lstm,
    "gru": build_gru,
    "cnn": build_cnn,
    "cnn_lstm": build_cnn_lstm,
    "layers": build_layers,
}

TARGET = "target"  # the name of the layer that puts standardized outputs into the target's units


def build_model(
    settings: ModelSettings,
    encoder: Encoder,
    task: Task,
    n_classes: int,
    target: TargetScale | None = None,
) -> keras.Model:
    """The layers of a config's `model` section, with weights drawn from Keras's global seed.

    Args:
        settings: a config's `model` section.
        encoder: has the input's shape and dtype, and the vocabulary.
        task: has the output's activation.
        n_classes: width of the output of a task with an output for each class.
        target: what a regression's output is multiplied by, and what is added to it.

    Returns:
        A model from `encoder.input_shape` to float32 (examples, 1) or (examples, n_classes).
    """
    inputs = _inputs(encoder)
    hidden = BUILDERS[settings.type](settings, inputs, encoder)
    width = n_classes if task.is_wide else 1
    outputs = dense(
        hidden,
        width,
        task.output_activation,
        name="outputs",
        is_linear=True,
        penalty=_penalty_of_outputs(settings),
    )
    if target is not None:
        outputs = _in_units_of(target)(outputs)
    return keras.Model(inputs, outputs, name=settings.type)


def _penalty_of_outputs(settings: ModelSettings) -> keras.Regularizer | None:
    """That on the kernel of a linear model, which has no other."""
    if isinstance(settings, DenseModel) and not settings.units:
        return l2(settings.l2)
    return None


def _inputs(encoder: Encoder) -> keras.KerasTensor | list[keras.KerasTensor]:
    """An input for the encoder's arrays; of n-grams two, their ids and their weights."""
    shape = encoder.input_shape
    if not isinstance(encoder, TextEncoder) or encoder.ngrams is None:
        return keras.Input(shape, dtype=encoder.input_dtype, name="inputs")
    kinds = {"ids": "int32", "weights": "float32"}
    return [keras.Input(shape, dtype=dtype, name=name) for name, dtype in kinds.items()]


def _in_units_of(target: TargetScale) -> keras.layers.Layer:
    """The last layer, from standardized numbers to the target's own.

    A Dense layer that does not train, where Rescaling would do: its numbers are weights, so that
    each fold has its own in the same compiled program.
    """
    return keras.layers.Dense(
        1,
        trainable=False,
        kernel_initializer=keras.initializers.Constant(target.scale),
        bias_initializer=keras.initializers.Constant(target.mean),
        name=TARGET,
    )
