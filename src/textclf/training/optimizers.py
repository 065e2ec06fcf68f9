"""Keras's optimizers and learning-rate schedules, as a config sets them."""

from typing import Any

import keras
import numpy as np
from keras.optimizers.schedules import (
    CosineDecay,
    ExponentialDecay,
    LearningRateSchedule,
    PiecewiseConstantDecay,
)

from textclf.config.settings.training import (
    CosineSchedule,
    ExponentialSchedule,
    Schedule,
    Training,
)

OPTIMIZERS = {
    "sgd": keras.optimizers.SGD,
    "rmsprop": keras.optimizers.RMSprop,
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "nadam": keras.optimizers.Nadam,
    "adagrad": keras.optimizers.Adagrad,
}


def new_optimizer(settings: Training, n_batches: int) -> keras.Optimizer:
    """Keras's own optimizer of a config, which plain Keras reads from a saved model.

    Args:
        n_batches: gradient steps in an epoch, in which Keras's schedules count.
    """
    rate = settings.learning_rate
    optional = {"momentum": settings.momentum, "clipnorm": settings.clipnorm}
    arguments: dict[str, Any] = {name: value for name, value in optional.items() if value}
    if settings.weight_decay or settings.optimizer == "adamw":  # AdamW needs a number
        arguments["weight_decay"] = settings.weight_decay
    optimizer: keras.Optimizer = OPTIMIZERS[settings.optimizer](
        learning_rate=rate if isinstance(rate, float) else _schedule(rate, settings, n_batches),
        **arguments,
    )
    return optimizer


def has_schedule(settings: Training) -> bool:
    """Whether the optimizer counts steps, so that it fits epochs of one length only."""
    return not isinstance(settings.learning_rate, float)


def last_rate(optimizer: keras.Optimizer) -> float:
    """The learning rate of the step before, as the shortest decimal of the float32."""
    rate: Any = getattr(optimizer, "_learning_rate", None)
    if isinstance(rate, LearningRateSchedule):
        rate = rate(optimizer.iterations - 1)
    else:
        rate = optimizer.learning_rate
    return float(str(np.float32(rate)))  # 1e-04 rather than 9.999999747378752e-05


def _schedule(rate: Schedule, settings: Training, n_batches: int) -> LearningRateSchedule:
    """The schedule in Keras's steps."""

    def steps(epochs: float) -> int:
        return max(1, round(epochs * n_batches))

    if isinstance(rate, CosineSchedule):
        decay = steps(rate.decay_epochs or settings.epochs - rate.warmup_epochs)
        if not rate.warmup_epochs:
            return CosineDecay(rate.initial, decay, rate.alpha)
        return CosineDecay(
            0.0,
            decay,
            rate.alpha,
            warmup_target=rate.initial,
            warmup_steps=steps(rate.warmup_epochs),
        )
    if isinstance(rate, ExponentialSchedule):
        return ExponentialDecay(
            rate.initial, steps(rate.decay_epochs), rate.decay_rate, rate.staircase
        )
    # Keras changes the rate in the step after a boundary, and counts steps from 0.
    return PiecewiseConstantDecay(
        [steps(epochs) - 1 for epochs in rate.boundaries], list(rate.values)
    )
