"""Settings of `training` that cannot work together are refused with what to do about it."""

from typing import Any

import pytest

from textclf.config.conflicts import find_conflicts
from textclf.config.settings import Config

MODELS = {"imdb": {"type": "lstm", "embedding_dim": 16}, "boston": {"type": "dense"}}
COSINE = {"schedule": "cosine", "initial": 0.01}


def found(dataset: str, **training: Any) -> list[str]:
    preprocessing = {"maxlen": 100} if dataset == "imdb" else {}
    config = Config.model_validate(
        {
            "dataset": {"name": dataset},
            "preprocessing": preprocessing,
            "model": MODELS[dataset],
            "training": training,
        }
    )
    return [f"{'.'.join(map(str, path))}: {message}" for path, message in find_conflicts(config)]


@pytest.mark.parametrize(
    ("dataset", "training"),
    [
        ("imdb", {"optimizer": "sgd", "momentum": 0.9, "weight_decay": 0.1, "clipnorm": 1.0}),
        ("imdb", {"label_smoothing": 0.1, "learning_rate": {**COSINE, "warmup_epochs": 9.0}}),
        ("imdb", {"reduce_on_plateau": {"min_lr": 1e-5, "monitor": "val_accuracy"}}),
        ("imdb", {"loss": "squared_hinge", "class_weight": "balanced"}),
        ("boston", {"loss": "huber", "huber_delta": 2.0}),
        ("boston", {"reduce_on_plateau": {"monitor": "mae"}, "validation": {"split": "k_fold"}}),
    ],
)
def test_possible_combinations_pass(dataset: str, training: dict[str, Any]) -> None:
    assert found(dataset, **training) == []


@pytest.mark.parametrize(
    ("dataset", "training", "path"),
    [
        ("imdb", {"optimizer": "adam", "momentum": 0.9}, "momentum: adam has no momentum to set"),
        (
            "imdb",
            {"learning_rate": {**COSINE, "warmup_epochs": 10.0}},
            "learning_rate.warmup_epochs: a warm-up of 10 epochs leaves no epoch of 10",
        ),
        (
            "imdb",
            {"learning_rate": {"schedule": "piecewise", "boundaries": [2.0], "values": [1.0] * 3}},
            "learning_rate.values: 3 values need 2 in boundaries, not 1",
        ),
        (
            "imdb",
            {
                "learning_rate": {
                    "schedule": "piecewise",
                    "boundaries": [2.0, 2.0],
                    "values": [1.0] * 3,
                }
            },
            "learning_rate.boundaries: each boundary must be above the one before it",
        ),
        (
            "imdb",
            {"learning_rate": COSINE, "reduce_on_plateau": {}},
            "reduce_on_plateau: the cosine schedule decides the learning rate",
        ),
        (
            "imdb",
            {"learning_rate": 0.01, "reduce_on_plateau": {"min_lr": 0.01}},
            "reduce_on_plateau.min_lr: 0.01 is not below the learning rate 0.01",
        ),
        (
            "boston",
            {"validation": {"split": "k_fold"}, "reduce_on_plateau": {}},
            "reduce_on_plateau.monitor: val_loss needs validation rows, but the final model of",
        ),
        (
            "imdb",
            {"validation": None, "reduce_on_plateau": {}},
            "reduce_on_plateau.monitor: val_loss needs validation rows, but validation is null",
        ),
        (
            "boston",
            {"reduce_on_plateau": {"monitor": "val_accuracy"}},
            "reduce_on_plateau.monitor: boston is regression, which has no val_accuracy",
        ),
        ("boston", {"validation": {"split": "k_fold"}, "refit": True}, "refit: k_fold fits its"),
        ("imdb", {"validation": None, "refit": True}, "refit: validation rows choose the epochs"),
        ("imdb", {"validation": {"split": "test"}, "refit": True}, "refit: the test rows validate"),
        ("imdb", {"reduce_on_plateau": {}, "refit": True}, "reduce_on_plateau.monitor: val_loss"),
        ("imdb", {"loss": "mean_squared_error"}, "loss: mean_squared_error is for numbers"),
        ("boston", {"label_smoothing": 0.1}, "label_smoothing: label_smoothing is about classes"),
        ("boston", {"loss": "squared_hinge"}, "loss: squared_hinge is for classes"),
        (
            "imdb",
            {"loss": "squared_hinge", "label_smoothing": 0.1},
            "label_smoothing: squared_hinge asks on which side",
        ),
        ("boston", {"loss": "huber"}, "huber_delta: huber needs huber_delta, an error in the"),
        ("boston", {"huber_delta": 2.0}, "huber_delta: huber_delta is for loss: huber"),
    ],
)
def test_impossible_ones_are_refused(dataset: str, training: dict[str, Any], path: str) -> None:
    (message,) = found(dataset, **training)
    assert message.startswith(f"training.{path}")
