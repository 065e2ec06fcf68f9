"""A config's network: built and compiled from its settings, its weights read from a run."""

import keras

from textclf.config.settings import Config
from textclf.data.dataset import Dataset
from textclf.data.encoders import Encoder, TargetScale, TextEncoder
from textclf.errors import RunError
from textclf.models.builders import build_model
from textclf.runs import FitFolder
from textclf.runs.model_file import open_model_file
from textclf.runs.preprocessing import read_preprocessing
from textclf.training.engine.block_trainer import METRICS
from textclf.training.engine.hinge import squared_hinge
from textclf.training.engine.outline import outlining
from textclf.training.losses import saved_loss, with_loss
from textclf.training.memory import memory_errors_reported
from textclf.training.optimizers import new_optimizer


def new_network(
    config: Config,
    encoder: Encoder,
    data: Dataset,
    target: TargetScale | None = None,
    n_batches: int = 1,
) -> keras.Model:
    """A new model, compiled, so that its saved file evaluates and trains on in plain Keras.

    Keras has no squared hinge loss of outputs from 0 to 1: such a file is opened uncompiled.

    Args:
        n_batches: gradient steps in an epoch, in which a learning-rate schedule counts.
    """
    network = build_model(config.model, encoder, data.task, len(data.class_names), target)
    loss = saved_loss(data.task, config.training)
    is_one_hot = isinstance(loss, keras.losses.CategoricalCrossentropy)
    kind = keras.metrics.CategoricalAccuracy if is_one_hot else METRICS[data.task.name]
    optimizer = new_optimizer(config.training, n_batches)
    network.compile(optimizer, loss=loss, metrics=[kind(name=data.task.metric)])
    network.optimizer.build(network.trainable_variables)
    if loss is squared_hinge:
        network.get_compile_config = _nothing
    return network


def _nothing() -> None:
    """Replaces a model's `get_compile_config`."""


def outline(config: Config, encoder: Encoder, data: Dataset) -> keras.Model:
    """The layers and shapes of a new model, to be counted; no weight is allocated."""
    target = TargetScale(0, 1) if data.standardizes_target else None
    with outlining():
        return build_model(config.model, encoder, data.task, len(data.class_names), target)


def load_weights(network: keras.Model, folder: FitFolder) -> None:
    """Read the weights, and nothing else, of a fit's kept model into a model of its layers.

    Raises:
        RunError: the file is missing, damaged, or of another model.
    """
    path = folder.kept_model_path
    try:
        with open_model_file(path, sum(weight.nbytes for weight in network.get_weights())):
            network.load_weights(path)
    except FileNotFoundError as error:
        raise RunError(f"{path}: missing; no epoch of this run was finished") from error
    except Exception as error:  # h5py, zipfile and Keras raise what they like on a damaged file
        reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        raise RunError(
            f"{path}: damaged, or not of this run's model: {reason or type(error).__name__}"
        ) from error


@memory_errors_reported()
def load_kept_model(config: Config, folder: FitFolder) -> keras.Model:
    """The kept model of a fit: layers from the config, weights from the file.

    Raises:
        RunError: the model or preprocessing.json is missing or damaged.
    """
    found = read_preprocessing(config, folder)
    _refuse_beyond_file(found.encoder, folder)
    try:
        task = with_loss(found.task, config.training)
        network = build_model(
            config.model, found.encoder, task, len(found.class_names), found.target
        )
    except (TypeError, ValueError) as error:
        raise RunError(f"{folder.preprocessing_path}: damaged: {error}") from error
    load_weights(network, folder)
    return network


def _refuse_beyond_file(encoder: Encoder, folder: FitFolder) -> None:
    """Refuse a vocabulary that the model's file, which has a number for each word, cannot hold."""
    n_words = encoder.num_words if isinstance(encoder, TextEncoder) else 0
    path = folder.kept_model_path
    if path.is_file() and 4 * n_words > path.stat().st_size:
        raise RunError(
            f"{folder.preprocessing_path}: damaged: num_words is {n_words:,}, more than "
            f"{path.name} holds"
        )
