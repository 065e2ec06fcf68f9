"""Training: one fit after another, each from fresh weights, with the same compiled programs."""

import gc
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from textclf.config.scores import scores_by_epoch
from textclf.config.settings import Config
from textclf.config.vector_source import vector_source
from textclf.data.dataset import Dataset
from textclf.data.encoders import Encoder, TargetScale, fit_encoder, in_tokens
from textclf.data.tasks import is_better_higher
from textclf.disk.atomic import write_json, write_text, writing
from textclf.training.callbacks import (
    Checkpoints,
    DivergenceGuard,
    EarlyStopping,
    EpochScores,
    HistoryWriter,
    ProgressReport,
    StateKeeper,
    restore,
)
from textclf.training.class_weights import row_weights
from textclf.training.engine import backend
from textclf.training.engine.engines import Engine, make_engine
from textclf.training.engine.rule import Choice, choose_engine
from textclf.training.engine.seeds import seeded
from textclf.training.engine.tensorboard import TensorBoard
from textclf.training.evaluation import Scored
from textclf.training.fits import Fit
from textclf.training.interruption import Interruption
from textclf.training.losses import with_loss
from textclf.training.memory import (
    card_bytes,
    check_card,
    check_memory,
    encoded_bytes,
    memory_errors_reported,
    memory_needed,
)
from textclf.training.network import load_weights, new_network, outline
from textclf.training.optimizers import has_schedule
from textclf.training.plateau import PlateauWatch
from textclf.training.pretrained import Pretrained
from textclf.training.reporter import Reporter
from textclf.training.scores import SCORES, Scores, refuse_undefined
from textclf.training.state import FitState, read_state


@dataclass(frozen=True)
class Program:
    """An engine, compiled for models of one shape.

    Args:
        optimizer_start: the values of the optimizer's variables before any training.
        n_batches: gradient steps in an epoch, if its learning rate follows a schedule.
    """

    choice: Choice
    engine: Engine
    optimizer_start: list[np.ndarray]
    n_batches: int | None = None

    @property
    def network(self) -> keras.Model:
        """The model that is trained, scored and saved."""
        return self.engine.network

    def suits(self, network: keras.Model, n_batches: int, x: Any) -> bool:
        """Whether a model has the shapes and the schedule that the engine is compiled for, and
        encoded examples the form."""
        shapes = [[weight.shape for weight in model.weights] for model in (network, self.network)]
        is_like_it = shapes[0] == shapes[1] and self.n_batches in (None, n_batches)
        return is_like_it and self.engine.suits(x)

    def restart(self, fresh: keras.Model) -> None:
        """Give the network the values of `fresh`, dropout's seeds included; reset the optimizer."""
        for variable, start in zip(self.network.variables, fresh.variables, strict=True):
            variable.assign(start)
        optimizer = self.network.optimizer
        for variable, start in zip(optimizer.variables, self.optimizer_start, strict=True):
            variable.assign(start)


class Trainer:
    """Prepares the fits of one config, compiling once where their shapes allow it.

    Args:
        data: the dataset of the config.
        device: where to compute.
        callbacks: a user's Keras callbacks.
        tensorboard: whether TensorBoard's logs are written.
    """

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
        self.data = replace(data, task=with_loss(data.task, config.training))
        self.device = device
        self.reporter = reporter
        self.callbacks = callbacks
        self.tensorboard = tensorboard
        self.why_device: str | None = None  # where there was a choice
        self.program: Program | None = None
        source = vector_source(config.model)
        self.pretrained = Pretrained(source, reporter) if source else None

    def with_config(self, config: Config, reporter: Reporter) -> "Trainer":
        """Another one on the same data and device."""
        return Trainer(config, self.data, self.device, reporter, self.callbacks, self.tensorboard)

    @property
    def engine_record(self) -> dict[str, Any] | None:
        """For run.json: the engine's name, batches a call, and why it was chosen."""
        return vars(self.program.choice) if self.program else None

    @memory_errors_reported()
    def prepare(self, fit: Fit) -> "PreparedFit":
        """Encode the examples and place them and new weights on the device.

        It takes the engine of the fit before, which must not be used any more.

        Raises:
            ConfigError: a weight is for what is not a class of the data, or the validation rows do
                not have a score that the config asks for after each epoch.
            ResourceError: memory does not suffice.
        """
        gc.collect()  # the network of the fit before is a cycle: Python would let many pile up
        refuse_undefined(self.config, self.data, fit.split.validation)
        settings, rows = self.config.preprocessing, fit.split.train
        data = in_tokens(settings, self.data, rows)
        encoder = fit_encoder(settings, data, rows)
        weights = row_weights(self.config.training.class_weight, data, rows)
        if self.program is None:  # later fits find everything in place
            self._check_memory(encoder, data)
        target = self._target_scale(fit)
        n_batches = self.n_batches(fit)
        with seeded(fit.seed):
            network = new_network(self.config, encoder, self.data, target, n_batches)
        x = encoder.transform(data.x)
        if self.program is not None and self.program.suits(network, n_batches, x):
            self.program.restart(network)
        else:
            self.program = self._compile(network, x.nbytes, n_batches, encoder.packed_columns)
        self.program.engine.put(x, self.data.targets, weights)
        return PreparedFit(self, fit, data, encoder, target, self.program)

    def _target_scale(self, fit: Fit) -> TargetScale | None:
        if fit.folder.preprocessing_path.exists() and "target" not in fit.folder.preprocessing:
            return None  # trained before targets were standardized
        return TargetScale.fit(self.data, fit.split.train)

    def n_batches(self, fit: Fit) -> int:
        """Gradient steps in an epoch of a fit."""
        return -(-len(fit.split.train) // self.config.training.batch_size)

    def _check_memory(self, encoder: Encoder, data: Dataset) -> None:
        network, n_bytes = outline(self.config, encoder, data), encoded_bytes(encoder, data)
        batch_size = self.config.training.batch_size
        check_memory(memory_needed(network, data, n_bytes, batch_size))
        if self.device.is_gpu:
            check_card(card_bytes(network, n_bytes, batch_size), self.device.name)

    def _compile(
        self, network: keras.Model, n_bytes: int, n_batches: int, packed_columns: int | None
    ) -> Program:
        settings, task = self.config.training, self.data.task
        choice = choose_engine(
            settings.engine, network, settings.batch_size, n_batches, n_bytes, self.device
        )
        engine = make_engine(
            choice, network, task, settings.batch_size, packed_columns, self.device
        )
        start = [variable.numpy() for variable in network.optimizer.variables]
        return Program(choice, engine, start, n_batches if has_schedule(settings) else None)


class PreparedFit:
    """A fit whose examples and weights are on the device: train it, then score its kept model.

    Args:
        data: in the tokens that the encoder reads.
    """

    def __init__(
        self,
        trainer: Trainer,
        fit: Fit,
        data: Dataset,
        encoder: Encoder,
        target: TargetScale | None,
        program: Program,
    ) -> None:
        self.trainer = trainer
        self.fit = fit
        self.data = data
        self.encoder = encoder
        self.target = target
        self.engine = program.engine
        self.network = program.network
        self.scores_by_epoch = scores_by_epoch(trainer.config) if fit.split.validates else []

    def train(self) -> int:
        """Train the model and keep it in the fit's folder.

        It starts from fresh weights, or from the state that an interrupted training left there.

        Returns:
            The epoch, from 1, whose model is kept.

        Raises:
            ConfigError, DataError: the file of word vectors is missing, damaged, or another one.
            RunError: training diverged, or the saved state is damaged.
            ResourceError: memory or disk does not suffice.
        """
        self._write_preprocessing()
        start = self._restore()
        if start is None and self.trainer.pretrained:
            rows = self.fit.split.train
            self.trainer.pretrained.start(self.network, self.encoder, self.data, rows)
        checkpoints = self._checkpoints(start)
        early_stopping = self._early_stopping(start)
        history = HistoryWriter(self.fit.folder, start)
        plateau = self._plateau(start)
        keeper = StateKeeper(checkpoints, history, early_stopping, start, plateau)
        in_order = [
            DivergenceGuard(self.network, self._n_batches, self.engine.batches),
            EpochScores(self._compute_scores) if self.scores_by_epoch else None,
            early_stopping,
            *self.trainer.callbacks,
            TensorBoard(self.fit.folder.tensorboard_path) if self.trainer.tensorboard else None,
            checkpoints,
            history,
            plateau,
            keeper,
            self._progress_report(history, start),
        ]
        try:
            if not self._is_over(start):
                self._train(start.epoch if start else 0, list(filter(None, in_order)))
        finally:
            keeper.close()
        return checkpoints.kept.epoch

    def predict_kept(self) -> list[Scored]:
        """The outputs of the kept model, read back from disk, for the rows that did not train it.

        Raises:
            RunError: the model's file is missing or damaged.
        """
        load_weights(self.network, self.fit.folder)
        splits = {"validation": self.fit.split.validation, "test": self.fit.split.test}
        rows = np.unique(np.concatenate(list(splits.values())))
        if not len(rows):
            return []  # of a trial's final fit: all training rows trained
        with Interruption() as interruption, memory_errors_reported():
            outputs = self.engine.predict(rows, [interruption])
        return [
            Scored(name, part, outputs[np.searchsorted(rows, part)])
            for name, part in splits.items()
            if len(part)
        ]

    def _write_preprocessing(self) -> None:
        # Before the first epoch: the kept model of an interrupted fit predicts, too.
        data = self.trainer.data
        content: dict[str, Any] = {
            "task": data.task.name,
            "class_names": list(data.class_names),
            "encoder": self.encoder.to_json(),
            **({"target": vars(self.target)} if self.target else {}),
        }
        if self.encoder.arrays:
            with writing(self.fit.folder.ngrams_path) as temporary:
                np.savez(temporary, allow_pickle=False, **self.encoder.arrays)
        write_json(self.fit.folder.preprocessing_path, content)

    def _restore(self) -> FitState | None:
        """Restore the state in the fit's folder, if it has one, and cut its history back to it."""
        folder = self.fit.folder
        # Weights, moments and kept weights, and a history of any length.
        n_bytes = sum(weight.nbytes for weight in self.network.get_weights())
        state = read_state(folder.state_path, 10 * n_bytes + 100_000_000)
        if state is None or state.epoch > self.fit.epochs:  # a final fit may turn out shorter
            return None
        restore(self.network, state, folder.state_path)
        write_text(folder.history_path, state.history)
        return state

    def _is_over(self, start: FitState | None) -> bool:
        if start is not None and start.stopped:
            name = self.fit.folder.path.name
            self.trainer.reporter.note(f"{name}: early stopping ended it after epoch {start.epoch}")
            return True
        return start is not None and start.epoch == self.fit.epochs

    def _train(self, first: int, callbacks: list[keras.callbacks.Callback]) -> None:
        with Interruption() as interruption, memory_errors_reported():
            self.engine.model.fit(
                self.engine.epochs_of(self.fit.split.train, self.fit.seed, first),
                shuffle=False,  # the engine's order is the order
                initial_epoch=first,
                epochs=self.fit.epochs,
                steps_per_epoch=self.engine.steps_in(self.fit.split.train),
                validation_data=self._validation_data(),
                verbose=0,
                callbacks=[*callbacks, interruption],
            )

    def _compute_scores(self) -> Scores:
        """Those of the validation rows in the epoch that has ended, such as val_macro_f1."""
        rows = self.fit.split.validation
        y, outputs = self.trainer.data.y[rows], self.engine.validated_outputs(rows)
        return {f"val_{name}": SCORES[name](y, outputs) for name in self.scores_by_epoch}

    @property
    def _n_batches(self) -> int:
        return self.trainer.n_batches(self.fit)

    def _validation_data(self) -> object:
        split = self.fit.split
        return self.engine.pass_over(split.validation) if split.validates else None

    def _checkpoints(self, start: FitState | None) -> Checkpoints:
        settings = self.trainer.config.training.checkpoint
        keep = settings.keep if self.fit.split.validates else "last"
        return Checkpoints(self.network, self.fit.folder, keep, settings.monitor, start)

    def _progress_report(self, history: HistoryWriter, start: FitState | None) -> ProgressReport:
        reporter, per_step = self.trainer.reporter, self.engine.batches
        done = start.epoch if start else 0
        return ProgressReport(reporter, history, self._n_batches, per_step, done)

    def _plateau(self, start: FitState | None) -> PlateauWatch | None:
        settings = self.trainer.config.training.reduce_on_plateau
        return PlateauWatch(settings, start) if settings else None

    def _early_stopping(self, start: FitState | None) -> EarlyStopping | None:
        settings = self.trainer.config.training.early_stopping
        if settings is None or not self.fit.split.validates:
            return None
        return EarlyStopping(
            start,
            monitor=settings.monitor,
            min_delta=settings.min_delta,
            patience=settings.patience,
            mode="max" if is_better_higher(settings.monitor) else "min",
        )
