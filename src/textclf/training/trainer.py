"""Fitting one model after another with the same compiled programs."""

import contextlib
import gc
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from textclf.atomic import write_json, write_text
from textclf.config.settings import Config
from textclf.data.dataset import Dataset
from textclf.data.encoders import Encoder, encoder_from_json, fit_encoder
from textclf.data.tasks import TASKS, is_better_higher
from textclf.errors import ResourceError, RunError
from textclf.models.builders import build_model
from textclf.runs import FitFolder
from textclf.training.callbacks import (
    Checkpoints,
    DivergenceGuard,
    EarlyStopping,
    HistoryWriter,
    StateKeeper,
    TensorBoard,
    restore,
)
from textclf.training.engine import backend
from textclf.training.engine.block_trainer import METRICS
from textclf.training.engine.engines import Engine, make_engine
from textclf.training.engine.rule import Choice, choose_engine
from textclf.training.evaluation import Scored
from textclf.training.fits import Fit
from textclf.training.interruption import Interruption
from textclf.training.memory import check_memory, encoded_bytes, memory_needed
from textclf.training.reporter import Reporter
from textclf.training.state import FitState, read_state


class Trainer:
    """Fits models of one config, each from fresh weights, compiling once.

    Args:
        data: the dataset of the config.
        device: where to compute.
        callbacks: a user's own Keras callbacks.
        tensorboard: whether TensorBoard's logs are written.
    """

    encoder: Encoder
    engine: Engine
    choice: Choice

    def __init__(
        self,
        config: Config,
        data: Dataset,
        device: backend.Device,
        reporter: Reporter,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        tensorboard: bool = False,
    ) -> None:
        self.config = config
        self.data = data
        self.device = device
        self.reporter = reporter
        self.callbacks = callbacks
        self.tensorboard = tensorboard

    def fit(self, fit: Fit) -> int:
        """Train a model on the fit's rows and keep it in its folder.

        It starts anew, or from the state that an interrupted training left in the folder.

        Returns:
            The epoch, from 1, whose model is kept.

        Raises:
            RunError: training diverged, or the saved state is damaged.
            ResourceError: memory or disk does not suffice.
        """
        self.prepare(fit)
        self._write_preprocessing(fit)
        start = self._go_on(fit)
        guard = DivergenceGuard(self.engine.network, self._n_batches(fit), self.engine.batches)
        early_stopping = self._early_stopping(fit, start)
        checkpoints = self._checkpoints(fit, start)
        history = self._history_writer(fit, start)
        keeper = StateKeeper(checkpoints, history, early_stopping, start)
        logs = TensorBoard(fit.folder) if self.tensorboard else None
        in_order = [guard, early_stopping, *self.callbacks, logs, checkpoints, history, keeper]
        try:
            if not self._is_over(fit, start):
                self._train(fit, start.epoch if start else 0, list(filter(None, in_order)))
        finally:
            keeper.close()
        return checkpoints.kept.epoch

    def _write_preprocessing(self, fit: Fit) -> None:
        # Before the first epoch: the kept model of an interrupted fit predicts, too.
        task = {"task": self.data.task.name, "class_names": list(self.data.class_names)}
        write_json(fit.folder.preprocessing_path, {**task, "encoder": self.encoder.to_json()})

    def _is_over(self, fit: Fit, start: FitState | None) -> bool:
        if start is not None and start.stopped:
            name = fit.folder.path.name
            self.reporter.tell(f"{name}: early stopping had ended it after epoch {start.epoch}")
            return True
        return start is not None and start.epoch == fit.epochs

    def _go_on(self, fit: Fit) -> FitState | None:
        """Restore the state in the fit's folder, if it has one, and cut its history back to it."""
        state = read_state(fit.folder.state_path)
        if state is None or state.epoch > fit.epochs:  # a final fit may turn out shorter
            return None
        restore(self.engine.network, state)
        write_text(fit.folder.history_path, state.history)
        return state

    def _train(self, fit: Fit, first: int, callbacks: list[keras.callbacks.Callback]) -> None:
        with Interruption() as interruption, _memory_errors_told():
            self.engine.model.fit(
                self.engine.epochs_of(fit.split.train, fit.seed, first),
                shuffle=False,  # the engine's order is the order
                initial_epoch=first,
                epochs=fit.epochs,
                steps_per_epoch=self.engine.steps_in(fit.split.train),
                validation_data=self._validation_data(fit),
                verbose=0,
                callbacks=[*callbacks, interruption],
            )

    def predict_kept(self, fit: Fit) -> list[Scored]:
        """What the kept model, read back from disk, makes of the rows that did not train it.

        Takes what `prepare` or `fit` left: call one of them first.
        """
        load_weights(self.engine.network, fit.folder)
        splits = {"validation": fit.split.validation, "test": fit.split.test}
        rows = np.unique(np.concatenate(list(splits.values())))
        with Interruption() as interruption, _memory_errors_told():
            outputs = self.engine.predict(rows, [interruption])
        return [
            Scored(name, part, outputs[np.searchsorted(rows, part)])
            for name, part in splits.items()
            if len(part)
        ]

    def prepare(self, fit: Fit) -> None:
        """Encode the examples and start from new weights, in the program compiled before."""
        gc.collect()  # the network of the fit before is a cycle: Python would let many pile up
        self.encoder = fit_encoder(self.config.preprocessing, self.data, fit.split.train)
        backend.set_seeds(fit.seed)
        network = new_network(self.config, self.encoder, self.data)
        self._check_memory(network)
        x = self.encoder.transform(self.data.x)
        if hasattr(self, "engine") and _same_shapes(network, self.engine.network):
            self._restart(network)
        else:
            self._make_engine(network, x, len(fit.split.train))
        self.engine.put(x, self.data.y)

    def _check_memory(self, network: keras.Model) -> None:
        if not hasattr(self, "engine"):  # later fits find everything in place
            n_bytes = encoded_bytes(self.encoder, self.data)
            check_memory(
                memory_needed(network, self.data, n_bytes, self.config.training.batch_size)
            )

    def _make_engine(self, network: keras.Model, x: np.ndarray, n_rows: int) -> None:
        settings = self.config.training
        n_batches = -(-n_rows // settings.batch_size)
        self.choice = choose_engine(
            settings.engine, network, settings.batch_size, n_batches, x.nbytes, self.device
        )
        self.engine = make_engine(
            self.choice,
            network,
            self.data.task,
            settings.batch_size,
            self.encoder.packed_columns,
            self.device,
        )
        self._fresh_optimizer = [variable.numpy() for variable in network.optimizer.variables]

    def _restart(self, fresh: keras.Model) -> None:
        """Give the network the values of `fresh`, dropout's seeds included; reset the optimizer."""
        for variable, start in zip(self.engine.network.variables, fresh.variables, strict=True):
            variable.assign(start)
        optimizer = self.engine.network.optimizer
        for variable, start in zip(optimizer.variables, self._fresh_optimizer, strict=True):
            variable.assign(start)

    def _checkpoints(self, fit: Fit, start: FitState | None) -> Checkpoints:
        settings = self.config.training.checkpoint
        keep = settings.keep if fit.split.validates else "last"
        return Checkpoints(self.engine.network, fit.folder, keep, settings.monitor, start)

    def _history_writer(self, fit: Fit, start: FitState | None) -> HistoryWriter:
        n_batches, per_step = self._n_batches(fit), self.engine.batches
        return HistoryWriter(fit.folder, self.reporter, n_batches, per_step, start)

    def _early_stopping(self, fit: Fit, start: FitState | None) -> EarlyStopping | None:
        settings = self.config.training.early_stopping
        if settings is None or not fit.split.validates:
            return None
        return EarlyStopping(
            start,
            monitor=settings.monitor,
            min_delta=settings.min_delta,
            patience=settings.patience,
            mode="max" if is_better_higher(settings.monitor) else "min",
        )

    def _n_batches(self, fit: Fit) -> int:
        return -(-len(fit.split.train) // self.config.training.batch_size)

    def _validation_data(self, fit: Fit) -> object:
        return self.engine.pass_over(fit.split.validation) if fit.split.validates else None


@contextlib.contextmanager
def _memory_errors_told() -> Iterator[None]:
    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        raise ResourceError(
            "the device ran out of memory; use a smaller batch_size, num_words or maxlen"
        ) from error


def new_network(config: Config, encoder: Encoder, data: Dataset) -> keras.Model:
    """A new model, compiled, so that its saved file evaluates and trains on in plain Keras."""
    network = build_model(config.model, encoder, data.task, len(data.class_names))
    metric = METRICS[data.task.name](name=data.task.metric)
    network.compile(new_optimizer(config), loss=data.task.loss, metrics=[metric])
    network.optimizer.build(network.trainable_variables)
    return network


def new_optimizer(config: Config) -> keras.Optimizer:
    """Keras's optimizer of that name, with the config's learning rate."""
    optimizer = keras.optimizers.get(config.training.optimizer)
    optimizer.learning_rate = config.training.learning_rate
    return optimizer


def _same_shapes(one: keras.Model, other: keras.Model) -> bool:
    shapes = [[weight.shape for weight in model.weights] for model in (one, other)]
    return one.input_shape == other.input_shape and shapes[0] == shapes[1]


def load_weights(network: keras.Model, folder: FitFolder) -> None:
    """Read the weights, and nothing else, of a fit's kept model into a model of its layers.

    Raises:
        RunError: the file is missing, damaged, or of another model.
    """
    path = folder.kept_model_path
    try:
        _refuse_bomb(path, network)
        network.load_weights(path)
    except FileNotFoundError as error:
        raise RunError(f"{path}: missing; no epoch of this run was finished") from error
    except Exception as error:  # h5py, zipfile and Keras raise what they like on a damaged file
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RunError(f"{path}: damaged, or not of this run's model: {reason}") from error


def _refuse_bomb(path: Path, network: keras.Model) -> None:
    """Refuse a file that unpacks to far more than weights, gradients' moments and a config."""
    with zipfile.ZipFile(path) as file:
        unpacked = sum(member.file_size for member in file.infolist())
    most = 10 * sum(weight.nbytes for weight in network.get_weights()) + 10_000_000
    if unpacked > most:
        raise ValueError(f"it unpacks to {unpacked:,} bytes, the model has {most:,} at most")


def load_kept_model(config: Config, folder: FitFolder) -> keras.Model:
    """The kept model of a fit: layers from the config, weights from the file.

    Raises:
        RunError: the model or preprocessing.json is missing or damaged.
    """
    settings = folder.preprocessing
    try:
        encoder = encoder_from_json(settings["encoder"])
        task, n_classes = TASKS[settings["task"]], len(settings["class_names"])
        network = build_model(config.model, encoder, task, n_classes)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunError(f"{folder.preprocessing_path}: damaged: {error}") from error
    load_weights(network, folder)
    return network
