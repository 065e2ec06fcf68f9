"""The catalogue's experiments in PyTorch: a DataLoader and a training loop, as its tutorials have.

Initial weights and RMSprop's decay are Keras's, so that scores can be compared.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

HISTORIES = []  # of each `fit`: seconds and validation score by epoch


# --- data, as keras.datasets gives it ------------------------------------------------------------


def load(name):
    home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    return np.load(home / "datasets" / name, allow_pickle=True)


def ids(x, num_words):
    """1 starts a text, word i is i + 3, and 2 stands for the rare words."""
    texts = ([1] + [word + 3 for word in text] for text in x)
    return [[word if word < num_words else 2 for word in text] for text in texts]


def imdb(num_words):
    random = np.random.RandomState(113)
    with load("imdb.npz") as file:
        parts = [(file[f"x_{part}"], file[f"y_{part}"]) for part in ("train", "test")]
    orders = [random.permutation(len(x))[: OPTIONS.rows] for x, _ in parts]
    return [
        (ids(x[order], num_words), torch.tensor(y[order], dtype=torch.float32))
        for (x, y), order in zip(parts, orders, strict=True)
    ]


def reuters(num_words):
    with load("reuters.npz") as file:
        x, y = file["x"], file["y"]
    order = np.random.RandomState(113).permutation(len(x))
    x, y = ids(x[order], num_words), torch.tensor(y[order])
    n_train = int(len(x) * 0.8)
    return (x[:n_train], y[:n_train]), (x[n_train:], y[n_train:])


def boston():
    with load("boston_housing.npz") as file:
        order = np.random.RandomState(113).permutation(len(file["x"]))
        x, y = torch.tensor(file["x"][order]), torch.tensor(file["y"][order])
    n_train = int(len(x) * 0.8)
    return x[:n_train].float(), y[:n_train].float()


def padded(data, maxlen):
    texts, y = data
    x = np.zeros((len(texts), maxlen), np.int64)
    for row, text in enumerate(texts):
        x[row, -len(text) :] = text[-maxlen:]
    return torch.from_numpy(x), y


def multi_hot(texts, columns=10000):
    x = np.zeros((len(texts), columns), np.float32)
    for row, text in enumerate(texts):
        x[row, text] = 1.0
    return torch.from_numpy(x)


# --- models --------------------------------------------------------------------------------------


class WordRNN(nn.Module):
    """Words as vectors (one-hot without `dim`), a recurrent layer read at its last step."""

    def __init__(self, layer, words, dim, units, outputs=1, dropout=0.0):
        super().__init__()
        self.words = words
        self.embedding = nn.Embedding(words, dim) if dim else None
        self.dropout = nn.Dropout(dropout)
        self.rnn = layer(dim or words, units, batch_first=True)
        self.out = nn.Linear(units, outputs)

    def forward(self, x):
        x = self.embedding(x) if self.embedding else nn.functional.one_hot(x, self.words).float()
        x = x * self.dropout(torch.ones_like(x[:, :1]))  # as Keras: one mask for all time steps
        return self.out(self.rnn(x)[0][:, -1])


class ConvLSTM(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(5000, 100)
        self.dropout = nn.Dropout(0.5)
        self.convolution = nn.Conv1d(100, 64, 5)
        self.pool = nn.MaxPool1d(4)
        self.rnn = nn.LSTM(64, 100, batch_first=True)
        self.out = nn.Linear(100, 1)

    def forward(self, x):
        x = self.dropout(self.embedding(x)).transpose(1, 2)
        x = self.pool(torch.relu(self.convolution(x))).transpose(1, 2)
        return self.out(self.rnn(x)[0][:, -1])


def dense(inputs, units, outputs, before=()):
    return nn.Sequential(
        *before,
        *(nn.Linear(inputs, units), nn.ReLU()),
        *(nn.Linear(units, units), nn.ReLU()),
        nn.Linear(units, outputs),
    )


@torch.no_grad()
def start_as_keras_does(model):
    for name, weights in model.named_parameters():
        if weights.dim() == 1:
            weights.zero_()
            if "bias_ih" in name and isinstance(model.rnn, nn.LSTM):
                weights[len(weights) // 4 : len(weights) // 2] = 1.0  # the forget gate's
        elif "embedding" in name:
            weights.uniform_(-0.05, 0.05)
        elif "weight_hh" in name:
            nn.init.orthogonal_(weights)
        else:
            nn.init.xavier_uniform_(weights)


# --- training ------------------------------------------------------------------------------------


def right(outputs, y):
    classes = outputs.argmax(1) if outputs.dim() == 2 else (outputs > 0).float()
    return (classes == y).sum().item()


def absolute_error(outputs, y):
    return (outputs - y).abs().sum().item()


def adam(model):
    return torch.optim.Adam(model.to(OPTIONS.device).parameters(), lr=1e-3, eps=1e-7)


def rmsprop(model, rate=1e-3):
    return torch.optim.RMSprop(model.to(OPTIONS.device).parameters(), lr=rate, alpha=0.9, eps=1e-7)


def train_epoch(model, optimizer, loss_of, loader):
    model.train()
    for x, y in loader:
        x, y = x.to(OPTIONS.device), y.to(OPTIONS.device)
        optimizer.zero_grad()
        loss_of(model(x).squeeze(1), y).backward()
        optimizer.step()


@torch.no_grad()
def evaluate(model, loss_of, metric, x, y):
    model.eval()
    loss = score = 0.0
    for x_batch, y_batch in zip(x.split(1000), y.split(1000), strict=True):
        x_batch, y_batch = x_batch.to(OPTIONS.device), y_batch.to(OPTIONS.device)
        outputs = model(x_batch).squeeze(1)
        loss += loss_of(outputs, y_batch).item() * len(x_batch)
        score += metric(outputs, y_batch)
    return loss / len(x), score / len(x)


def fit(model, optimizer, train, validation, epochs, batch_size, loss_of, metric=right, keep=None):
    """Train; `keep` names the best epoch's file, and training stops after 3 that are no better."""
    seconds, scores, losses = [], [], []
    loader = DataLoader(TensorDataset(*train), batch_size, shuffle=True)
    for _ in range(OPTIONS.epochs or epochs):
        started = time.perf_counter()
        train_epoch(model, optimizer, loss_of, loader)
        loss, score = evaluate(model, loss_of, metric, *validation)
        losses.append(loss)
        if keep and loss == min(losses):
            torch.save(model.state_dict(), keep)
        seconds.append(time.perf_counter() - started)
        scores.append(score)
        if keep and min(losses) not in losses[-3:]:
            break
    if keep:
        model.load_state_dict(torch.load(keep))
    HISTORIES.append({"seconds": seconds, "scores": scores})


# --- experiments ---------------------------------------------------------------------------------

BINARY = nn.BCEWithLogitsLoss()
CLASSES = nn.CrossEntropyLoss()


def small_rnn(model):
    x, y = padded(imdb(500)[0], 100)
    order = np.random.RandomState(42).permutation(len(x))
    held_out = len(x) // 5
    validation, train = [(x[rows], y[rows]) for rows in np.split(order, [held_out])]
    start_as_keras_does(model)
    with tempfile.TemporaryDirectory() as folder:
        keep = f"{folder}/best.pt"
        fit(model, rmsprop(model, 1e-4), train, validation, 10, 64, BINARY, keep=keep)


def imdb_lstm():
    small_rnn(WordRNN(nn.LSTM, 500, 16, 8))


def imdb_lstm_dropout():
    small_rnn(WordRNN(nn.LSTM, 500, 16, 8, dropout=0.3))


def imdb_simple_rnn():
    small_rnn(WordRNN(nn.RNN, 500, 16, 8))


def imdb_simple_rnn_onehot():
    small_rnn(WordRNN(nn.RNN, 500, None, 8))


def imdb_dense():
    (x, y), (x_test, y_test) = imdb(10000)
    x, x_test = multi_hot(x), multi_hot(x_test)
    held_out = len(x) * 10 // 25
    model = dense(10000, 16, 1)
    start_as_keras_does(model)
    train, validation = (x[held_out:], y[held_out:]), (x[:held_out], y[:held_out])
    fit(model, rmsprop(model), train, validation, 20, 512, BINARY)
    evaluate(model, BINARY, right, x_test, y_test)


def reuters_dense():
    (x, y), (x_test, y_test) = reuters(10000)
    x, x_test = multi_hot(x), multi_hot(x_test)
    model = dense(10000, 64, 46)
    start_as_keras_does(model)
    fit(model, rmsprop(model), (x[1000:], y[1000:]), (x[:1000], y[:1000]), 20, 512, CLASSES)
    evaluate(model, CLASSES, right, x_test, y_test)


def boston_dense():
    x, y = boston()
    for held_out in torch.arange(len(x)).tensor_split(4):
        kept = torch.ones(len(x), dtype=torch.bool).index_fill(0, held_out, False)
        mean, sd = x[kept].mean(0), x[kept].std(0, correction=0)
        model = dense(13, 64, 1)
        start_as_keras_does(model)
        train, validation = [((x[rows] - mean) / sd, y[rows]) for rows in (kept, held_out)]
        fit(model, rmsprop(model), train, validation, 100, 1, nn.MSELoss(), absolute_error)


def imdb_embedding_dense():
    train, test = [padded(part, 500) for part in imdb(10000)]
    model = nn.Sequential()
    model.add_module("embedding", nn.Embedding(10000, 32))
    model.extend([nn.Flatten(), *dense(16000, 16, 1)])
    start_as_keras_does(model)
    fit(model, adam(model), train, test, 5, 128, BINARY)


def reuters_lstm():
    train, test = [padded(part, 100) for part in reuters(1000)]
    model = WordRNN(nn.LSTM, 1000, 100, 100, outputs=46)
    start_as_keras_does(model)
    fit(model, adam(model), train, test, 20, 100, CLASSES)


def imdb_cnn_lstm():
    train, test = [padded(part, 100) for part in imdb(5000)]
    model = ConvLSTM()
    start_as_keras_does(model)
    fit(model, adam(model), train, test, 5, 100, BINARY)


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
    parser.add_argument("--device", default="cpu", help="such as cuda")
    parser.add_argument("--seed", type=int, default=42)
    OPTIONS = parser.parse_args()
    torch.manual_seed(OPTIONS.seed)
    EXPERIMENTS[OPTIONS.name]()
    print(json.dumps({"script": Path(__file__).name, "fits": HISTORIES}))
