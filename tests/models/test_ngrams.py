"""A Dense layer on n-grams is Keras's Dense layer on the same features, most of which are 0."""

from pathlib import Path

import keras
import numpy as np
import pytest

from textclf.models.ngrams import START, NgramInputs, dense

N_IDS, LONGEST, ROWS = 7, 4, 5
RNG = np.random.default_rng(0)
IDS = np.array([RNG.choice(np.arange(1, N_IDS), LONGEST, replace=False) for _ in range(ROWS)])
IDS[0, 2:] = IDS[1] = 0
WEIGHTS = np.where(IDS > 0, RNG.normal(size=IDS.shape), 0).astype(np.float32)
FEATURES = np.zeros((ROWS, N_IDS), np.float32)
np.put_along_axis(FEATURES, IDS, WEIGHTS, axis=1)


def inputs(are_log_ratios: bool = False) -> NgramInputs:
    ids, weights = keras.Input((None,), dtype="int32"), keras.Input((None,))
    return NgramInputs(ids, weights, N_IDS, are_log_ratios)


def build(units: int, activation: str | None) -> keras.Model:
    x = inputs()
    model = keras.Model([x.ids, x.weights], dense(x, units, activation, name="outputs"))
    model.get_layer("bias").set_weights([RNG.normal(size=units)])
    return model


@pytest.mark.parametrize(("units", "activation"), [(1, "sigmoid"), (3, "relu"), (3, None)])
def test_outputs_are_those_of_a_dense_layer(units: int, activation: str | None) -> None:
    model = build(units, activation)
    layer = keras.layers.Dense(units, activation=activation)
    layer.build(FEATURES.shape)
    layer.set_weights([model.get_layer(name).get_weights()[0] for name in ("ngrams", "bias")])
    np.testing.assert_allclose(
        model.predict_on_batch([IDS, WEIGHTS]), layer(FEATURES), rtol=1e-5, atol=1e-6
    )


def test_plain_keras_opens_what_is_saved(tmp_path: Path) -> None:
    model = build(3, "relu")
    assert all(type(layer).__module__.startswith("keras.") for layer in model.layers)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        again.predict_on_batch([IDS, WEIGHTS]), model.predict_on_batch([IDS, WEIGHTS])
    )


@pytest.mark.parametrize(
    ("units", "are_log_ratios", "is_linear", "starts"),
    [
        (1, True, True, True),
        (1, True, False, False),
        (1, False, True, False),
        (2, True, True, False),
    ],
)
def test_a_linear_model_of_log_ratios_starts_as_naive_bayes(
    units: int, are_log_ratios: bool, is_linear: bool, starts: bool
) -> None:
    x = inputs(are_log_ratios)
    model = keras.Model([x.ids, x.weights], dense(x, units, None, is_linear=is_linear))
    kernel = model.get_layer("ngrams").get_weights()[0]
    assert (kernel == np.float32(START)).all() == starts
