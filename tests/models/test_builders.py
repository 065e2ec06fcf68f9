"""Recipes build the catalogue's layers, and plain Keras opens what is saved of them."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from textclf.config.file import list_recipes, load_config
from textclf.config.recipes import is_best
from textclf.config.settings import Config
from textclf.data.dataset import Dataset, Ragged
from textclf.data.encoders import fit_encoder
from textclf.data.loaders import placeholder
from textclf.data.tasks import BINARY, MULTICLASS
from textclf.models.builders import BUILDERS, build_model
from textclf.training.engine.backend import Device
from textclf.training.engine.engines import make_engine
from textclf.training.engine.rule import Choice
from textclf.training.network import new_network

CPU = Device("cpu", "a processor", 1)

# The weights by hand: an Embedding has v·d, a Dense layer (n + 1)·u, a SimpleRNN (n + u + 1)·u, an
# LSTM four times that, a Conv1D (k·n + 1)·f.
RECIPES = {
    "imdb_truncated_rnn": ("CategoryEncoding SimpleRNN Dense", 7_489),
    "reuters_lstm": ("Embedding LSTM Dense", 185_046),
    "imdb_cnn_lstm": ("Embedding Dropout Conv1D MaxPooling1D LSTM Dense", 598_165),
    "imdb_dense": ("Dense Dense Dense", 160_305),
    "reuters_dense": ("Dense Dense Dense", 647_214),
    "boston_dense": ("Dense Dense Dense", 5_121),
    "imdb_simple_rnn_onehot": ("CategoryEncoding SimpleRNN Dense", 4_081),
    "imdb_simple_rnn": ("Embedding SimpleRNN Dense", 8_209),
    "imdb_lstm": ("Embedding LSTM Dense", 8_809),
    "imdb_lstm_dropout": ("Embedding LSTM Dense", 8_809),
    "imdb_embedding_dense": ("Embedding Flatten Dense Dense Dense", 576_305),
}


def build_recipe(name: str, *overrides: str) -> keras.Model:
    config = load_config(name, overrides)
    data = placeholder(config.dataset)
    assert data is not None
    encoder = fit_encoder(config.preprocessing, data, data.train_rows)
    return build_model(config.model, encoder, data.task, len(data.class_names))


@pytest.mark.parametrize(("name", "layers", "parameters"), [(n, *r) for n, r in RECIPES.items()])
def test_layers_and_parameters_of_a_recipe(name: str, layers: str, parameters: int) -> None:
    model = build_recipe(name)
    assert [type(layer).__name__ for layer in model.layers[1:]] == layers.split()
    assert model.count_params() == parameters


def test_every_catalogue_recipe_is_tested() -> None:
    catalogue = {name for name in list_recipes() if not is_best(name)}
    assert set(RECIPES) == catalogue - {"quickstart"}
    types = {load_config(name).model.type for name in RECIPES}
    assert types == set(BUILDERS) - {"layers", "gru", "cnn"}


@pytest.mark.parametrize(
    ("name", "activation", "width"),
    [("imdb_dense", "sigmoid", 1), ("reuters_dense", "softmax", 46), ("boston_dense", "linear", 1)],
)
def test_the_task_decides_the_output(name: str, activation: str, width: int) -> None:
    model = build_recipe(name)
    assert model.layers[-1].activation.__name__ == activation
    assert model.output_shape == (None, width)


@pytest.mark.parametrize("kind", ["simple_rnn", "lstm", "gru"])
def test_the_settings_of_recurrent_layers_are_passed_on(kind: str) -> None:
    model = {"type": kind, "embedding_dim": 3, "units": [4, 2], "bidirectional": True}
    rest = {"pooling": "max_mean", "dropout": 0.1, "recurrent_dropout": 0.2, "l2": 0.3}
    config = Config(dataset={"name": "imdb"}, preprocessing={"maxlen": 5}, model=model | rest)
    encoder = fit_encoder(config.preprocessing, TEXTS, TEXTS.train_rows)
    layers = build_model(config.model, encoder, BINARY, 2).layers
    wrappers = [layer for layer in layers if isinstance(layer, keras.layers.Bidirectional)]
    assert [layer.output.shape for layer in wrappers] == [(None, 5, 8), (None, 5, 4)]
    for wrapper in wrappers:
        assert type(wrapper.forward_layer).__name__.lower() == kind.replace("_", "")
        cell = wrapper.backward_layer.cell
        assert (cell.dropout, cell.recurrent_dropout) == (0.1, 0.2)
        assert (cell.kernel_regularizer.l2, cell.recurrent_regularizer.l2) == (0.3, 0.3)
    assert layers[-1].input.shape == (None, 8)


def test_dropout_is_passed_on() -> None:
    assert build_recipe("imdb_lstm_dropout").layers[-2].cell.dropout == 0.3
    assert build_recipe("imdb_lstm").layers[-2].cell.dropout == 0
    (dropout,) = [
        layer
        for layer in build_recipe("imdb_cnn_lstm").layers
        if isinstance(layer, keras.layers.Dropout)
    ]
    assert dropout.rate == 0.5


def test_a_text_of_one_word_has_an_axis_of_words_too() -> None:
    model = build_recipe("imdb_simple_rnn_onehot", "preprocessing.maxlen=1")
    assert model.count_params() == 4_081
    assert model.get_layer(index=-2).input.shape == (None, 1, 500)


def test_dense_dropout_follows_each_hidden_layer() -> None:
    config = load_config("imdb_dense", ["model.dropout=0.25", "model.activation=tanh"])
    encoder = fit_encoder(config.preprocessing, TEXTS, TEXTS.train_rows)
    layers = build_model(config.model, encoder, BINARY, 2).layers[1:]
    assert [type(layer).__name__ for layer in layers] == ["Dense", "Dropout"] * 2 + ["Dense"]
    assert [layer.activation.__name__ for layer in layers[::2]] == ["tanh", "tanh", "sigmoid"]


def test_a_penalty_is_on_the_kernel_of_a_linear_model_or_on_hidden_ones() -> None:
    linear = build_recipe("imdb_dense", "model.units=[]", "model.l2=0.5").layers[-1]
    hidden, outputs = build_recipe("imdb_dense", "model.units=[4]", "model.l2=0.5").layers[-2:]
    ngrams = {"encoding": "multi_hot", "ngrams": 1}
    model = {"type": "dense", "units": [], "l2": 0.5}
    config = Config(dataset={"name": "imdb"}, preprocessing=ngrams, model=model)
    encoder = fit_encoder(config.preprocessing, TEXTS, TEXTS.train_rows)
    of_ngrams = build_model(config.model, encoder, BINARY, 2).get_layer("ngrams")
    assert linear.kernel_regularizer.l2 == hidden.kernel_regularizer.l2 == 0.5
    assert outputs.kernel_regularizer is None
    assert of_ngrams.embeddings_regularizer.l2 == 0.5


# --- saved models ----------------------------------------------------------------------------

RNG = np.random.default_rng(0)
VOCABULARY, LENGTH, N_ROWS = 11, 12, 6
TEXTS = Dataset(
    name="texts",
    task=MULTICLASS,
    x=Ragged(
        RNG.integers(3, VOCABULARY, N_ROWS * LENGTH).astype(np.int32),
        np.arange(N_ROWS + 1) * LENGTH,
    ),
    y=np.array([0, 1, 2] * 2, np.int32),
    n_train=N_ROWS,
    class_names=("a", "b", "c"),
)
FORMS = {
    "dense": ({"type": "dense", "embedding_dim": 3, "units": [4]}, "embedding"),
    "multi_hot": ({"type": "dense", "units": [4], "dropout": 0.5}, "multi_hot"),
    "truncated": ({"type": "simple_rnn", "units": 4, "bptt_steps": 5}, "one_hot"),
    "lstm": ({"type": "lstm", "embedding_dim": 3, "units": 4, "dropout": 0.5}, "embedding"),
    "one_hot_lstm": ({"type": "lstm", "units": 4}, "one_hot"),
    "cnn_lstm": (
        {"type": "cnn_lstm", "embedding_dim": 3, "filters": 3, "kernel_size": 2, "units": 4},
        "embedding",
    ),
    "gru": (
        {"type": "gru", "embedding_dim": 3, "units": [4, 3], "bidirectional": True}
        | {"pooling": "max_mean", "dropout": 0.5, "l2": 0.1},
        "embedding",
    ),
    "one_hot_gru": (
        {"type": "gru", "units": 4, "bidirectional": True, "pooling": "mean"},
        "one_hot",
    ),
    "cnn": (
        {"type": "cnn", "embedding_dim": 3, "filters": 3, "units": 2, "pooling": "max_mean"}
        | {"kernel_size": 2, "dropout": 0.5},
        "embedding",
    ),
}
IN_PLAIN_KERAS = """
import sys
sys.modules["textclf"] = None  # importing it fails
import json, keras, numpy as np
for folder in sys.argv[1:]:
    model = keras.models.load_model(folder + "/best.keras")
    x, y = (np.load(f"{folder}/{name}.npy") for name in "xy")
    np.save(folder + "/plain.npy", model(x))
print(json.dumps(model.evaluate(x, y, verbose=0, return_dict=True)))
"""


def save_form(form: str, folder: Path) -> np.ndarray:
    """Save the fast form of a model, and return what the stock form of it gives."""
    model, encoding = FORMS[form]
    preprocessing = {"num_words": VOCABULARY, "maxlen": LENGTH, "encoding": encoding}
    config = Config(dataset={"name": "reuters"}, preprocessing=preprocessing, model=model)
    encoder = fit_encoder(config.preprocessing, TEXTS, TEXTS.train_rows)
    x = encoder.transform(TEXTS.x)
    if encoder.packed_columns:
        x = np.unpackbits(x, axis=1, count=VOCABULARY).astype(np.float32)
    network = new_network(config, encoder, TEXTS)
    expected = network(x).numpy()
    choice = Choice("xla", 1, "a test")
    make_engine(choice, network, TEXTS.task, 2, encoder.packed_columns, CPU)
    folder.mkdir()
    network.save(folder / "best.keras")
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", TEXTS.y)
    return expected


@pytest.mark.slow
def test_plain_keras_opens_saved_models(tmp_path: Path) -> None:
    expected = {form: save_form(form, tmp_path / form) for form in FORMS}
    folders = [str(tmp_path / form) for form in FORMS]
    done = subprocess.run(
        [sys.executable, "-c", IN_PLAIN_KERAS, *folders], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    for form in FORMS:
        plain = np.load(tmp_path / form / "plain.npy")
        np.testing.assert_allclose(plain, expected[form], atol=1e-6, err_msg=form)
    # What is saved is compiled too, with its loss and metric.
    accuracy = np.mean(plain.argmax(axis=1) == TEXTS.y)
    assert json.loads(done.stdout)["accuracy"] == pytest.approx(accuracy)
