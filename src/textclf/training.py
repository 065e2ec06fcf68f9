"""Fitting one model after another with the same compiled programs."""

import contextlib
from collections.abc import Iterator, Sequence

import keras
import numpy as np

from textclf import backend
from textclf.callbacks import Checkpoints, DivergenceGuard, HistoryWriter
from textclf.config import Config
from textclf.data import Dataset
from textclf.engine import Choice, Engine, choose_engine, make_engine
from textclf.engine.block_trainer import METRICS
from textclf.errors import RunError
from textclf.evaluation import Scored
from textclf.fits import Fit
from textclf.interruption import Interruption
from textclf.models import build_model
from textclf.preprocessing import Encoder, encoder_from_json, fit_encoder
from textclf.reporter import Reporter
from textclf.runs import FitFolder
from textclf.tasks import TASKS, is_better_higher


class Trainer:
    """Fits models of one config, each from fresh weights, compiling once.

    Args:
        data: the dataset of the config.
        device: where to compute.
        callbacks: a user's own Keras callbacks.
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
    ) -> None:
        self.config = config
        self.data = data
        self.device = device
        self.reporter = reporter
        self.callbacks = callbacks

    def fit(self, fit: Fit) -> int:
        """Train a new model on the fit's rows and keep it in its folder.

        Returns:
            The epoch, from 1, whose model is kept.
        """
        self.prepare(fit)
        with self._checkpoints(fit) as checkpoints, Interruption() as interruption:
            self.engine.model.fit(
                self.engine.epochs_of(fit.split.train, fit.seed),
                shuffle=False,  # the engine's order is the order
                epochs=fit.epochs,
                steps_per_epoch=self.engine.steps_in(fit.split.train),
                validation_data=self._validation_data(fit),
                verbose=0,
                callbacks=[
                    DivergenceGuard(),
                    *self._early_stopping(fit),
                    *self.callbacks,
                    checkpoints,
                    self._history_writer(fit),
                    interruption,
                ],
            )
        return checkpoints.kept_epoch

    def predict_kept(self, fit: Fit) -> list[Scored]:
        """What the kept model, read back from disk, makes of the rows that did not train it.

        Takes what `prepare` or `fit` left: call one of them first.
        """
        load_weights(self.engine.network, fit.folder)
        splits = {"validation": fit.split.validation, "test": fit.split.test}
        rows = np.unique(np.concatenate(list(splits.values())))
        outputs = self.engine.predict(rows)
        return [
            Scored(name, part, outputs[np.searchsorted(rows, part)])
            for name, part in splits.items()
            if len(part)
        ]

    def prepare(self, fit: Fit) -> None:
        """Encode the examples and start from new weights, in the program compiled before."""
        self.encoder = fit_encoder(self.config.preprocessing, self.data, fit.split.train)
        x = self.encoder.transform(self.data.x)
        backend.set_seeds(fit.seed)
        network = new_network(self.config, self.encoder, self.data)
        if hasattr(self, "engine") and _same_shapes(network, self.engine.network):
            self._restart(network)
        else:
            self._make_engine(network, x, len(fit.split.train))
        self.engine.put(x, self.data.y)

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

    @contextlib.contextmanager
    def _checkpoints(self, fit: Fit) -> Iterator[Checkpoints]:
        """Checkpoints that are written at the latest when training ends, however it ends."""
        settings = self.config.training.checkpoint
        keep = settings.keep if fit.split.validates else "last"
        checkpoints = Checkpoints(self.engine.network, fit.folder, keep, settings.monitor)
        try:
            yield checkpoints
        finally:
            checkpoints.save()

    def _history_writer(self, fit: Fit) -> HistoryWriter:
        n_batches = -(-len(fit.split.train) // self.config.training.batch_size)
        return HistoryWriter(fit.folder, self.reporter, n_batches, self.engine.batches)

    def _early_stopping(self, fit: Fit) -> list[keras.callbacks.Callback]:
        settings = self.config.training.early_stopping
        if settings is None or not fit.split.validates:
            return []
        return [
            keras.callbacks.EarlyStopping(
                settings.monitor,
                min_delta=settings.min_delta,
                patience=settings.patience,
                mode="max" if is_better_higher(settings.monitor) else "min",
            )
        ]

    def _validation_data(self, fit: Fit) -> object:
        return self.engine.pass_over(fit.split.validation) if fit.split.validates else None


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
        network.load_weights(path)
    except FileNotFoundError as error:
        raise RunError(f"{path}: missing; no epoch of this run was finished") from error
    except Exception as error:  # h5py, zipfile and Keras raise what they like on a damaged file
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RunError(f"{path}: damaged, or not of this run's model: {reason}") from error


def load_kept_model(config: Config, folder: FitFolder) -> keras.Model:
    """The kept model of a fit: layers from the config, weights from the file."""
    settings = folder.preprocessing
    encoder = encoder_from_json(settings["encoder"])
    network = build_model(
        config.model, encoder, TASKS[settings["task"]], len(settings["class_names"])
    )
    load_weights(network, folder)
    return network
