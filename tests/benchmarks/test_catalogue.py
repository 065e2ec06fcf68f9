"""The catalogue's figures as texts, of made-up runs: nothing trains."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import catalogue


def test_a_classifiers_figures_are_its_best_and_last_accuracy_and_the_kept_models_test_score():
    history = pd.DataFrame({"val_accuracy": [0.5, 0.7854, 0.7791]})
    run = SimpleNamespace(folds={}, history=history, metrics={"test_accuracy": 0.7714})
    assert catalogue.validation_score(run) == "best 0.785, last 0.779"
    assert catalogue.test_score(run) == "0.771"


def test_a_regressions_figures_are_the_folds_mean_and_deviation():
    scores = {"val_mae": 2.304, "val_mae_sd": 0.226, "test_mae": 2.389}
    run = SimpleNamespace(folds={"fold-1": None}, metrics=scores)
    assert catalogue.validation_score(run) == "MAE 2.30 ± 0.23"
    assert catalogue.test_score(run) == "MAE 2.39"
