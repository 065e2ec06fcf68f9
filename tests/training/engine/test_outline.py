"""Models are counted without allocating a weight, and without a trace in Keras."""

import keras
import numpy as np
import pytest

from textclf.config.file import load_config
from textclf.data.encoders import fit_encoder
from textclf.data.loaders import placeholder
from textclf.inspection.check import check_config
from textclf.training.engine import backend
from textclf.training.engine.outline import outlining
from textclf.training.network import new_network, outline

WIDEST = {
    "boston_dense": ["model.units=[65536,65536]"],
    "imdb_lstm": ["model.units=65536", "model.embedding_dim=4096"],
    "imdb_simple_rnn": ["model.units=65536"],
    "imdb_cnn_lstm": ["model.units=65536", "model.filters=4096"],
    "reuters_dense": ["model.units=[65536,65536,65536]", "preprocessing.num_words=80000"],
}


@pytest.mark.parametrize("recipe", WIDEST)
def test_check_counts_a_model_that_no_machine_holds(no_data, monkeypatch, recipe):
    def allocate(*_, **__):
        raise MemoryError

    monkeypatch.setattr(keras.initializers.GlorotUniform, "__call__", allocate)
    outcome = check_config(load_config(recipe, WIDEST[recipe]))
    assert outcome["parameters"] > 4e9
    assert outcome["parameters"] == sum(layer["parameters"] for layer in outcome["layers"])


@pytest.mark.parametrize("recipe", [*WIDEST, "imdb_simple_rnn_onehot"])
def test_an_outline_has_the_shapes_of_the_model(recipe):
    config = load_config(recipe)
    data = placeholder(config.dataset)
    encoder = fit_encoder(config.preprocessing, data, data.train_rows)
    counted, built = outline(config, encoder, data), new_network(config, encoder, data)
    assert counted.count_params() == built.count_params()
    assert [w.shape for w in counted.weights] == [w.shape for w in built.weights]


def test_an_outline_changes_neither_names_nor_weights():
    def build():
        backend.set_seeds(42)
        return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])

    keras.utils.clear_session()
    expected = build()
    keras.utils.clear_session()
    with outlining():
        build()
    model = build()
    assert [layer.name for layer in model.layers] == [layer.name for layer in expected.layers]
    np.testing.assert_array_equal(model.get_weights()[0], expected.get_weights()[0])
