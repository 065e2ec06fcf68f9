"""Every kind of mistake in a config, as a user reads it."""

from pathlib import Path
from typing import get_args

import pytest

from textclf.config.file import load_config
from textclf.config.settings.dataset import Encoding
from textclf.errors import ConfigError

START = "dataset: {name: imdb}\nmodel: {type: lstm, embedding_dim: 8}\n"
NAMES = [name if name.isidentifier() else f'"{name}"' for name in get_args(Encoding)]
ENCODINGS = f"{', '.join(NAMES[:-1])} or {NAMES[-1]}"
OPTIMIZERS = "sgd, rmsprop, adam, adamw, nadam or adagrad"


def messages(folder: Path, text: str) -> list[str]:
    file = folder / "a.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    return [line.removeprefix(f"{file}:") for line in caught.value.messages]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # unknown keys, at every level
        ("sed: 3", "3:1: sed: unknown key; did you mean 'seed'?"),
        ("epochs: 3", "3:1: epochs: unknown key; 'epochs' belongs to training"),
        (
            "zebra: 3",
            "3:1: zebra: unknown key; known here: dataset, preprocessing, model, training, seed, "
            "sweep",
        ),
        (
            "training:\n  epoch: 3",
            "4:3: training.epoch: unknown key; did you mean 'epochs'?",
        ),
        (
            "training: {units: 3}",
            "3:12: training.units: unknown key; 'units' belongs to model",
        ),
        (
            "training: {patience: 3}",
            "3:12: training.patience: unknown key; 'patience' belongs to "
            "training.reduce_on_plateau or training.early_stopping",
        ),
        (
            "training: {seed: 3}",
            "3:12: training.seed: unknown key; "
            "'seed' belongs to the top level, dataset or training.validation",
        ),
        (
            "training: {checkpoint: {Keep: last}}",
            "3:25: training.checkpoint.Keep: unknown key; did you mean 'keep'?",
        ),
        (
            "training: {early_stopping: {min-delta: 1}}",
            "3:29: training.early_stopping.min-delta: unknown key; did you mean 'min_delta'?",
        ),
        (
            "training: {validation: {split: tail, shares: 0.1}}",
            "3:38: training.validation.shares: unknown key; did you mean 'share'?",
        ),
        (
            "training: {validation: {split: k_fold, share: 0.2}}",
            "3:40: training.validation.share: "
            "share goes with split: shuffled or tail, not with split: k_fold",
        ),
        (
            "preprocessing: {standardize: true, num_words: 500}",
            "3:36: preprocessing.num_words: num_words is for texts, "
            "but standardize beside it is for numeric features; keep one",
        ),
        (
            "preprocessing: {standardise: true}",
            "3:17: preprocessing.standardise: unknown key; did you mean 'standardize'?",
        ),
        # whole numbers
        (
            'training: {epochs: "10"}',
            "3:12: training.epochs: "
            "expected a whole number, received the text '10'; did you mean 10?",
        ),
        (
            "training: {epochs: 010}",
            "3:12: training.epochs: "
            "expected a whole number, received the text '010'; did you mean 10?",
        ),
        (
            "training: {epochs: 1_000}",
            "3:12: training.epochs: "
            "expected a whole number, received the text '1_000'; did you mean 1000?",
        ),
        (
            "training: {epochs: 1e2}",
            "3:12: training.epochs: expected a whole number, received 100.0; did you mean 100?",
        ),
        ("training: {epochs: 1.5}", "3:12: training.epochs: expected a whole number, received 1.5"),
        (
            "training: {epochs: true}",
            "3:12: training.epochs: expected a whole number, received true",
        ),
        (
            "training: {epochs: }",
            "3:12: training.epochs: expected a whole number, received nothing (null)",
        ),
        (
            "training: {epochs: [1]}",
            "3:12: training.epochs: expected a whole number, received a list",
        ),
        (
            "training: {epochs: {}}",
            "3:12: training.epochs: expected a whole number, received a map of keys",
        ),
        (
            "training: {epochs: .nan}",
            "3:12: training.epochs: expected a whole number, received .nan",
        ),
        (
            "training: {epochs: .inf}",
            "3:12: training.epochs: expected a whole number, received .inf",
        ),
        ("training: {epochs: -3}", "3:12: training.epochs: -3 is out of range: 1 to 100,000"),
        (
            "training: {epochs: 100000000000000000000000}",
            "3:12: training.epochs: 100,000,000,000,000,000,000,000 is out of range: 1 to 100,000",
        ),
        (
            f"training: {{epochs: {'9' * 400}}}",
            "3:12: training.epochs: a number of 400 digits is out of range: 1 to 100,000",
        ),
        ("seed: -1", "3:1: seed: -1 is out of range: 0 to 4,294,967,295"),
        (
            "preprocessing: {maxlen: ten}",
            "3:17: preprocessing.maxlen: expected a whole number or null, received the text 'ten'",
        ),
        # numbers
        (
            "training: {learning_rate: .inf}",
            "3:12: training.learning_rate: expected a finite number, received .inf",
        ),
        (
            "training: {learning_rate: .nan}",
            "3:12: training.learning_rate: expected a finite number, received .nan",
        ),
        (
            "training: {learning_rate: 0}",
            "3:12: training.learning_rate: 0 is out of range: 1e-10 to 100",
        ),
        (
            "training: {learning_rate: '1e-4'}",
            "3:12: training.learning_rate: "
            "expected a number, received the text '1e-4'; did you mean 0.0001?",
        ),
        (
            f"training: {{learning_rate: {'9' * 400}}}",
            "3:12: training.learning_rate: a number of 400 digits is out of range: 1e-10 to 100",
        ),
        (
            "training: {validation: {split: tail, share: 1.5}}",
            "3:38: training.validation.share: 1.5 is out of range: above 0 and below 1",
        ),
        # booleans, choices, lists
        (
            "preprocessing: {remove_reserved: True}",
            "3:17: preprocessing.remove_reserved: "
            "expected true or false, received the text 'True'; did you mean true?",
        ),
        (
            "preprocessing: {remove_reserved: off}",
            "3:17: preprocessing.remove_reserved: "
            "expected true or false, received the text 'off'; did you mean false?",
        ),
        (
            "preprocessing: {padding: left}",
            "3:17: preprocessing.padding: expected pre or post, received the text 'left'",
        ),
        (
            "training: {optimizer: Adam}",
            f"3:12: training.optimizer: expected {OPTIMIZERS}, "
            "received the text 'Adam'; did you mean 'adam'?",
        ),
        (
            "training: {optimizer: null}",
            f"3:12: training.optimizer: expected {OPTIMIZERS}, received nothing (null)",
        ),
        # sections
        (
            "training: [1]",
            "3:1: training: expected a section with keys such as 'epochs:', received a list",
        ),
        (
            "training:\n  # epochs: 3",
            "3:1: training: expected a section with keys such as 'epochs:', "
            "received nothing (null); remove 'training' to use the defaults",
        ),
        (
            "training:\n  epochs:10",
            "3:1: training: expected a section with keys such as 'epochs:', "
            "received the text 'epochs:10'; put a space after the ':'",
        ),
        (
            "preprocessing: 3",
            "3:1: preprocessing: expected a section with keys such as 'tokens:', received 3",
        ),
        (
            "training: {early_stopping: true}",
            "3:12: training.early_stopping: "
            "expected a section with keys such as 'patience:', received true",
        ),
        (
            "training: {validation: shuffle}",
            "3:12: training.validation: expected a section with keys such as 'split:', "
            "received the text 'shuffle'; did you mean {split: shuffled}?",
        ),
        (
            "training: {validation: {share: 0.2}}",
            "3:12: training.validation.split: "
            "missing key; expected shuffled, tail, first, test or k_fold",
        ),
        (
            "training: {validation: {split: kfold}}",
            "3:25: training.validation.split: expected shuffled, tail, first, test or k_fold, "
            "received the text 'kfold'; did you mean 'k_fold'?",
        ),
        (
            "training: {validation: {split: first}}",
            "3:12: training.validation.rows: missing key; number of rows that validate",
        ),
    ],
)
def test_mistakes_in_plain_words(tmp_path: Path, text: str, message: str) -> None:
    assert messages(tmp_path, START + text + "\n") == [message]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "dataset: {name: csv, path: a, delimiter: x}\nmodel: {type: lstm}",
            '1:31: dataset.delimiter: expected ",", ";", "\\t" or "|", received the text \'x\'',
        ),
        (
            "dataset: {name: csv, path: ''}\nmodel: {type: lstm}",
            "1:22: dataset.path: expected a text of at least 1 characters",
        ),
        (
            "dataset: {name: csv, path: a, features: a}\nmodel: {type: lstm}",
            "1:31: dataset.features: expected a list such as [a, b], received the text 'a'",
        ),
        (
            "dataset: {name: csv, path: a, text: 3}\nmodel: {type: lstm}",
            "1:31: dataset.text: expected a text or null, received 3",
        ),
        (
            "dataset: {name: csv, path: a, text: []}\nmodel: {type: lstm}",
            "1:31: dataset.text: expected a list of 1 to 100 items, received 0",
        ),
        (
            "dataset: {name: csv, path: a, text: [b, 3]}\nmodel: {type: lstm}",
            "1:41: dataset.text[1]: expected a text, received 3",
        ),
        (
            "dataset: {name: csv, path: a, labels: {path: 1}}\nmodel: {type: lstm}",
            "1:40: dataset.labels.path: expected a text, received 1",
        ),
        (
            "dataset: {name: csv, path: a, labels: [b]}\nmodel: {type: lstm}",
            "1:31: dataset.labels: expected a map such as {a: b}, received a list",
        ),
        (
            "dataset: {name: csv, path: a, labels: {}}\nmodel: {type: lstm}",
            "1:31: dataset.labels: expected a map of 1 to 10000 items, received 0",
        ),
        (
            "dataset: {name: csv, path: a, encoding: cp94}\nmodel: {type: lstm}",
            f"1:31: dataset.encoding: expected {ENCODINGS}, received the text 'cp94'; did you "
            "mean 'cp949'?",
        ),
        (
            "model: {type: lstm}",
            "1:1: dataset: missing section; it needs a name: imdb, reuters, boston, docstrings or "
            "csv",
        ),
        (
            "dataset: {name: imdb}",
            "1:1: model: missing section; it needs a type: dense, simple_rnn, lstm, gru, "
            "cnn, cnn_lstm or layers",
        ),
        (
            "dataset: {name: imbd}\nmodel: {type: lstm}",
            "1:11: dataset.name: expected imdb, reuters, boston, docstrings or csv, "
            "received the text 'imbd'; did you mean 'imdb'?",
        ),
        (
            "dataset: imdb\nmodel: {type: lstm}",
            "1:1: dataset: expected a section with keys such as 'name:', "
            "received the text 'imdb'; did you mean {name: imdb}?",
        ),
        (
            "dataset: {name: imdb, test_split: 0.2}\nmodel: {type: lstm}",
            "1:23: dataset.test_split: test_split goes with name: reuters, boston, docstrings or "
            "csv, not with name: imdb",
        ),
        (
            "dataset: {name: imdb}\nmodel: {type: lstn}",
            "2:9: model.type: expected dense, simple_rnn, lstm, gru, cnn, cnn_lstm or layers, "
            "received the text 'lstn'; did you mean 'lstm'?",
        ),
        (
            "dataset: {name: imdb}\nmodel: {type: [1]}",
            "2:9: model.type: expected dense, simple_rnn, lstm, gru, cnn, cnn_lstm or layers, "
            "received a list",
        ),
        (
            "dataset: {name: imdb}\nmodel: {units: 8}",
            "2:1: model.type: missing key; expected dense, simple_rnn, lstm, gru, cnn, cnn_lstm or "
            "layers",
        ),
        (
            "dataset: {name: imdb}\nmodel:\n  type: lstm\n  unit: 8",
            "4:3: model.unit: unknown key; did you mean 'units'?",
        ),
        (
            "dataset: {name: imdb}\nmodel: {type: lstm, filters: 8}",
            "2:21: model.filters: filters goes with type: cnn or cnn_lstm, not with type: lstm",
        ),
        (
            "dataset: {name: imdb}\nmodel: {type: lstm, lstm: 8}",
            "2:21: model.lstm: unknown key; known here: type, embedding_dim, embedding_weights, "
            "embedding_trainable, units, dropout, recurrent_dropout, bidirectional, pooling, l2",
        ),
        (
            "dataset: {name: imdb}\nmodel: {type: lstm, dropout: 1.0}",
            "2:21: model.dropout: 1.0 is out of range: 0 or more and below 1",
        ),
        (
            "dataset: {name: imdb}\nmodel: {type: lstm, units: {a: 8}}",
            "2:21: model.units: expected a whole number, received a map of keys",
        ),
        (
            "dataset: {name: imdb}\nmodel: {type: lstm, units: 0}",
            "2:21: model.units: 0 is out of range: 1 to 65,536",
        ),
        (
            "dataset: {name: imdb}\nmodel: {type: lstm, units: [8, 0]}",
            "2:32: model.units[1]: 0 is out of range: 1 to 65,536",
        ),
        (
            "dataset: {name: imdb}\nmodel: {type: lstm, units: []}",
            "2:21: model.units: expected a list of 1 to 20 items, received 0",
        ),
        (
            "dataset: {name: imdb}\nmodel: {type: dense, units: wide}",
            "2:22: model.units: expected a list such as [16, 16], received the text 'wide'",
        ),
        (
            "dataset: {name: csv, path: a.csv, features: [], target: a}\nmodel: {type: dense}",
            "1:35: dataset.features: expected a list of 1 to 10000 items, received 0",
        ),
        (
            "dataset: {name: imdb}\nmodel: {type: dense, units: [8, 0]}",
            "2:33: model.units[1]: 0 is out of range: 1 to 65,536",
        ),
        (
            "dataset: {name: imdb}\nmodel: {type: dense, units: [8, null]}",
            "2:33: model.units[1]: expected a whole number, received nothing (null)",
        ),
        (
            "dataset: {name: imdb}\nmodel: {type: dense}\ntraining: {class_weight: balance}",
            "3:12: training.class_weight: expected balanced or a map such as {spam: 5}, received "
            "the text 'balance'; did you mean 'balanced'?",
        ),
        (
            "dataset: {name: imdb}\nmodel: {type: dense}\ntraining: {class_weight: {epochs: -1}}",
            "3:27: training.class_weight.epochs: -1 is out of range: 0 to 1,000,000",
        ),
        (
            "dataset: {name: imdb}\nmodel: {type: dense}\ntraining: {class_weight: {a: [1]}}",
            "3:27: training.class_weight.a: expected a number, received a list",
        ),
        (
            "dataset: {name: imdb}\nmodel: {type: dense}\ntraining: {class_weight: {}}",
            "3:12: training.class_weight: expected a map of 1 to 1000 items, received 0",
        ),
    ],
)
def test_mistakes_in_the_required_sections(tmp_path: Path, text: str, message: str) -> None:
    assert messages(tmp_path, text + "\n") == [message]


def test_a_strange_key_cannot_break_the_line(tmp_path: Path) -> None:
    (line,) = messages(tmp_path, START + '"\\e[31m\\nx": 1\n')
    assert line.startswith(r"3:1: \x1b[31m\nx: unknown key")
    assert line.isprintable()
