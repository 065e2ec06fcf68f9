"""Settings of `training` that are valid one by one but conflict, each a small rule."""

from collections.abc import Iterator
from itertools import pairwise

from textclf.config.scores import MORE_SCORES, bare
from textclf.config.settings import Config
from textclf.config.settings.training import (
    SQUARED_HINGE,
    CosineSchedule,
    KFoldValidation,
    PiecewiseSchedule,
    Training,
)
from textclf.config.strict_yaml import KeyPath

Conflict = tuple[KeyPath, str]

WITH_MOMENTUM = ("sgd", "rmsprop")
# By validation.split, why a second fit has no more rows than the first one.
NO_REFIT = {
    "null": "validation rows choose the epochs, but validation is null; set it, or remove refit",
    "test": "the test rows validate, so that all training rows train already; remove refit",
    "k_fold": "k_fold fits its final model on all training rows already; remove refit",
}
REGRESSION_LOSSES = ("mean_squared_error", "mean_absolute_error", "huber")


def _momentum_of_another_optimizer(config: Config) -> Iterator[Conflict]:
    training = config.training
    if training.momentum and training.optimizer not in WITH_MOMENTUM:
        yield (
            ("training", "momentum"),
            f"{training.optimizer} has no momentum to set; remove it, or use sgd or rmsprop",
        )


def _warmup_that_never_ends(config: Config) -> Iterator[Conflict]:
    training, rate = config.training, config.training.learning_rate
    if isinstance(rate, CosineSchedule) and rate.warmup_epochs >= training.epochs:
        yield (
            ("training", "learning_rate", "warmup_epochs"),
            f"a warm-up of {rate.warmup_epochs:g} epochs leaves no epoch of {training.epochs} for "
            "the decay; lower it, or raise epochs",
        )


def _pieces_that_do_not_match(config: Config) -> Iterator[Conflict]:
    rate = config.training.learning_rate
    if not isinstance(rate, PiecewiseSchedule):
        return
    if len(rate.values) != len(rate.boundaries) + 1:
        yield (
            ("training", "learning_rate", "values"),
            f"{len(rate.values)} values need {len(rate.values) - 1} in boundaries, not "
            f"{len(rate.boundaries)}",
        )
    if any(later <= earlier for earlier, later in pairwise(rate.boundaries)):
        yield (
            ("training", "learning_rate", "boundaries"),
            "each boundary must be above the one before it",
        )


def _plateau_under_a_schedule(config: Config) -> Iterator[Conflict]:
    training = config.training
    plateau, rate = training.reduce_on_plateau, training.learning_rate
    if plateau is None:
        return
    if not isinstance(rate, float):
        yield (
            ("training", "reduce_on_plateau"),
            f"the {rate.schedule} schedule decides the learning rate; remove one of them",
        )
    elif plateau.min_lr >= rate:
        yield (
            ("training", "reduce_on_plateau", "min_lr"),
            f"{plateau.min_lr:g} is not below the learning rate {rate:g}, which is then never "
            "lowered; lower min_lr",
        )


def _plateau_without_validation(config: Config) -> Iterator[Conflict]:
    plateau = config.training.reduce_on_plateau
    why = _why_not_validated(config.training)
    if plateau and why and plateau.monitor.startswith("val_"):
        name = bare(plateau.monitor)
        yield (
            ("training", "reduce_on_plateau", "monitor"),
            f"{plateau.monitor} needs validation rows, but {why}; "
            f"set monitor: {'loss' if name in MORE_SCORES else name}",
        )


def _why_not_validated(training: Training) -> str:
    """Why a model of the run has no validation rows; '' if each has some."""
    if training.validation is None:
        return "validation is null"
    if isinstance(training.validation, KFoldValidation):
        return "the final model of k_fold has none"
    return "the refitted model has none" if training.refit else ""


def _refit_of_nothing_more(config: Config) -> Iterator[Conflict]:
    training = config.training
    split = training.validation.split if training.validation else "null"
    if training.refit and split in NO_REFIT:
        yield ("training", "refit"), NO_REFIT[split]


def _loss_of_another_task(config: Config) -> Iterator[Conflict]:
    dataset, training = config.dataset, config.training
    if training.loss in REGRESSION_LOSSES and not dataset.is_regression:
        yield (
            ("training", "loss"),
            f"{training.loss} is for numbers, but {dataset.name} has classes; remove it",
        )
    if training.loss == SQUARED_HINGE and dataset.is_regression:
        yield (
            ("training", "loss"),
            f"{training.loss} is for classes, but {dataset.name} is regression; remove it",
        )
    if training.label_smoothing and dataset.is_regression:
        yield (
            ("training", "label_smoothing"),
            f"label_smoothing is about classes, but {dataset.name} is regression; remove it",
        )


def _smoothed_hinge(config: Config) -> Iterator[Conflict]:
    training = config.training
    if training.loss == SQUARED_HINGE and training.label_smoothing:
        yield (
            ("training", "label_smoothing"),
            "squared_hinge asks on which side of a margin a score is, and has no answers to "
            "smooth; remove label_smoothing",
        )


def _delta_of_huber(config: Config) -> Iterator[Conflict]:
    training = config.training
    if training.loss == "huber" and training.huber_delta is None:
        yield (
            ("training", "huber_delta"),
            "huber needs huber_delta, an error in the target's own units; set it, such as 2.0",
        )
    if training.loss != "huber" and training.huber_delta is not None:
        yield ("training", "huber_delta"), "huber_delta is for loss: huber; remove it"


TRAINING_RULES = (
    _momentum_of_another_optimizer,
    _warmup_that_never_ends,
    _pieces_that_do_not_match,
    _plateau_under_a_schedule,
    _plateau_without_validation,
    _refit_of_nothing_more,
    _loss_of_another_task,
    _smoothed_hinge,
    _delta_of_huber,
)
