"""The catalogue's experiments as a reader of the tutorials writes them in plain Keras."""

import argparse
import json
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
from keras import layers

HISTORIES = []  # of each `fit`: seconds and validation score by epoch


class Clock(keras.callbacks.Callback):
    """Whole epochs, validation and saving included: it comes last among the callbacks."""

    def on_train_begin(self, logs=None):  # noqa: ARG002
        self.seconds = []
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002
        ended = time.perf_counter()
        self.seconds.append(ended - self.started)
        self.started = ended


def fit(model, train, validation, epochs, batch_size, callbacks=(), metric="accuracy"):
    clock = Clock()
    history = model.fit(
        *train,
        validation_data=validation,
        epochs=OPTIONS.epochs or epochs,
        batch_size=batch_size,
        callbacks=[*callbacks, clock],
        verbose=0,
    )
    scores = [float(score) for score in history.history[f"val_{metric}"]]
    HISTORIES.append({"seconds": clock.seconds, "scores": scores})


def imdb(num_words):
    (x, y), (x_test, y_test) = keras.datasets.imdb.load_data(num_words=num_words)
    return (x[: OPTIONS.rows], y[: OPTIONS.rows]), (x_test[: OPTIONS.rows], y_test[: OPTIONS.rows])


def reuters(num_words):
    return keras.datasets.reuters.load_data(num_words=num_words, test_split=0.2)


def padded(data, maxlen):
    x, y = data
    return keras.utils.pad_sequences(x, maxlen), y


def multi_hot(sequences, columns=10000):
    x = np.zeros((len(sequences), columns))
    for row, sequence in enumerate(sequences):
        x[row, sequence] = 1.0
    return x


def small_rnn(model, encode=lambda x: x):
    """Train as the RNN tutorial does: a fifth validates, the best epoch is kept."""
    x, y = padded(imdb(500)[0], 100)
    order = np.random.RandomState(42).permutation(len(x))
    held_out = len(x) // 5
    train, validation = [(encode(x[rows]), y[rows]) for rows in np.split(order, [held_out])[::-1]]
    model.compile(keras.optimizers.RMSprop(1e-4), "binary_crossentropy", metrics=["accuracy"])
    with tempfile.TemporaryDirectory() as folder:
        best_only = keras.callbacks.ModelCheckpoint(f"{folder}/best.keras", save_best_only=True)
        stopping = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)
        fit(model, train, validation, 10, 64, [best_only, stopping])


def imdb_lstm(dropout=0.0):
    small_rnn(
        keras.Sequential(
            [
                layers.Embedding(500, 16),
                layers.LSTM(8, dropout=dropout),
                layers.Dense(1, activation="sigmoid"),
            ]
        )
    )


def imdb_lstm_dropout():
    imdb_lstm(dropout=0.3)


def imdb_simple_rnn():
    small_rnn(
        keras.Sequential(
            [
                layers.Embedding(500, 16),
                layers.SimpleRNN(8),
                layers.Dense(1, activation="sigmoid"),
            ]
        )
    )


def imdb_simple_rnn_onehot():
    small_rnn(
        keras.Sequential([layers.SimpleRNN(8), layers.Dense(1, activation="sigmoid")]),
        encode=lambda x: keras.utils.to_categorical(x, 500),
    )


def imdb_dense():
    (x, y), (x_test, y_test) = imdb(10000)
    x, x_test = multi_hot(x), multi_hot(x_test)
    held_out = len(x) * 10 // 25
    model = keras.Sequential(
        [
            layers.Dense(16, activation="relu"),
            layers.Dense(16, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"])
    fit(model, (x[held_out:], y[held_out:]), (x[:held_out], y[:held_out]), 20, 512)
    model.evaluate(x_test, y_test, verbose=0)


def reuters_dense():
    (x, y), (x_test, y_test) = reuters(10000)
    x, x_test = multi_hot(x), multi_hot(x_test)
    model = keras.Sequential(
        [
            layers.Dense(64, activation="relu"),
            layers.Dense(64, activation="relu"),
            layers.Dense(46, activation="softmax"),
        ]
    )
    model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
    fit(model, (x[1000:], y[1000:]), (x[:1000], y[:1000]), 20, 512)
    model.evaluate(x_test, y_test, verbose=0)


def boston_dense():
    (x, y), _ = keras.datasets.boston_housing.load_data()
    for held_out in np.array_split(np.arange(len(x)), 4):
        kept = np.setdiff1d(np.arange(len(x)), held_out)
        mean, sd = x[kept].mean(axis=0), x[kept].std(axis=0)
        model = keras.Sequential(
            [
                layers.Dense(64, activation="relu"),
                layers.Dense(64, activation="relu"),
                layers.Dense(1),
            ]
        )
        model.compile("rmsprop", "mse", metrics=["mae"])
        train, validation = [((x[rows] - mean) / sd, y[rows]) for rows in (kept, held_out)]
        fit(model, train, validation, 100, 1, metric="mae")


def imdb_embedding_dense():
    train, test = [padded(part, 500) for part in imdb(10000)]
    model = keras.Sequential(
        [
            layers.Embedding(10000, 32),
            layers.Flatten(),
            layers.Dense(16, activation="relu"),
            layers.Dense(16, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    fit(model, train, test, 5, 128)


def reuters_lstm():
    train, test = [padded(part, 100) for part in reuters(1000)]
    model = keras.Sequential(
        [
            layers.Embedding(1000, 100),
            layers.LSTM(100),
            layers.Dense(46, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    fit(model, train, test, 20, 100)


def imdb_cnn_lstm():
    train, test = [padded(part, 100) for part in imdb(5000)]
    model = keras.Sequential(
        [
            layers.Embedding(5000, 100),
            layers.Dropout(0.5),
            layers.Conv1D(64, 5, activation="relu"),
            layers.MaxPooling1D(4),
            layers.LSTM(100),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    fit(model, train, test, 5, 100)


EXPERIMENTS = {
    function.__name__: function
    for function in (
        *(imdb_lstm, imdb_lstm_dropout, imdb_simple_rnn, imdb_simple_rnn_onehot),
        *(imdb_dense, reuters_dense, boston_dense, imdb_embedding_dense),
        *(reuters_lstm, imdb_cnn_lstm),
    )
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=EXPERIMENTS)
    parser.add_argument("--epochs", type=int, help="instead of the experiment's own")
    parser.add_argument("--rows", type=int, help="of the IMDB reviews, to try an experiment out")
    parser.add_argument("--seed", type=int, default=42)
    OPTIONS = parser.parse_args()
    keras.utils.set_random_seed(OPTIONS.seed)
    EXPERIMENTS[OPTIONS.name]()
    print(json.dumps({"script": Path(__file__).name, "fits": HISTORIES}))
