"""Every impossible combination is told with what to do about it; possible ones are not."""

from typing import Any

import pytest

from textclf.config.conflicts import check_conflicts, find_conflicts
from textclf.config.settings import Config
from textclf.errors import ConfigError

TEXTS = {"num_words": 500, "maxlen": 100}
VALIDATION_NEEDED = "needs validation rows, but validation is null; set monitor:"


def config(dataset: str, **sections: Any) -> Config:
    return Config.model_validate({"dataset": {"name": dataset}, **sections})


def imdb(
    model: dict[str, Any] | None = None,
    preprocessing: dict[str, Any] = TEXTS,
    **training: Any,
) -> Config:
    model = model or {"type": "lstm", "embedding_dim": 16}
    return config("imdb", model=model, preprocessing=preprocessing, training=training)


def boston(model: dict[str, Any] | None = None, **sections: Any) -> Config:
    return config("boston", model=model or {"type": "dense"}, **sections)


def own(**columns: Any) -> Config:
    dataset = {"name": "csv", "path": "a.csv", **columns}
    is_text = "features" not in columns
    model = {"type": "dense", "embedding_dim": 4} if is_text else {"type": "dense"}
    sections = {"preprocessing": TEXTS} if is_text else {}
    return Config.model_validate({"dataset": dataset, "model": model, **sections})


def told(config: Config) -> list[str]:
    return [f"{'.'.join(path)}: {message}" for path, message in find_conflicts(config)]


@pytest.mark.parametrize(
    "config",
    [
        imdb(),
        imdb({"type": "dense", "embedding_dim": 8}),
        imdb({"type": "dense"}, {"num_words": 500, "encoding": "multi_hot"}),
        imdb({"type": "simple_rnn"}, {**TEXTS, "encoding": "one_hot"}),
        imdb({"type": "lstm"}, {**TEXTS, "encoding": "one_hot"}),
        imdb({"type": "simple_rnn", "embedding_dim": 8, "bptt_steps": 100}),
        imdb({"type": "cnn_lstm", "embedding_dim": 8}, {"maxlen": 8}),
        imdb({"type": "cnn", "embedding_dim": 8, "kernel_size": 100}),
        imdb({"type": "gru", "units": [8, 4]}, {**TEXTS, "encoding": "one_hot"}),
        imdb(preprocessing={"maxlen": 100}),
        imdb(preprocessing={**TEXTS, "skip_top": 499}),
        imdb(preprocessing={"maxlen": 100, "remove_reserved": True}),
        imdb(validation=None),
        imdb(validation=None, checkpoint={"keep": "last", "monitor": "val_mae"}),
        imdb(validation=None, early_stopping={"monitor": "loss"}),
        imdb(validation={"split": "k_fold"}, checkpoint={"keep": "best"}),
        imdb(checkpoint={"monitor": "val_accuracy"}),
        boston(),
        boston(preprocessing={}),
        boston(preprocessing={"standardize": False}),
        boston(training={"checkpoint": {"monitor": "val_mae"}}),
        own(text="a", label="b"),
        own(text="a", target="b", test_path="b.csv"),
        own(features=["a", "c"], label="b"),
        own(features=["a"], target="b"),
        own(text=["a", "b"], label="c", labels={"Two": "two", "TWO": "two", "two": "two"}),
        own(path="a.xlsx", test_path="b.csv", text="a", label="b", encoding="cp949"),
    ],
)
def test_possible_combinations_pass(config: Config) -> None:
    assert told(config) == []


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            boston({"type": "simple_rnn"}),
            "model.type: simple_rnn reads texts, but boston has numeric features; use dense",
        ),
        (
            boston({"type": "lstm"}),
            "model.type: lstm reads texts, but boston has numeric features; use dense",
        ),
        (
            boston({"type": "cnn_lstm"}),
            "model.type: cnn_lstm reads texts, but boston has numeric features; use dense",
        ),
        (
            boston({"type": "dense", "embedding_dim": 8}),
            "model.embedding_dim: embedding_dim is for texts, but boston has numeric features; "
            "remove it",
        ),
        (
            boston(preprocessing={"num_words": 500}),
            "preprocessing: these settings are for texts, but boston has numeric features; "
            "only 'standardize' can be set here",
        ),
        (
            imdb(preprocessing={"standardize": True}),
            "preprocessing.standardize: standardize is for numeric features, but imdb has texts; "
            "remove it",
        ),
        (
            imdb({"type": "lstm"}, {**TEXTS, "encoding": "multi_hot"}),
            "preprocessing.encoding: lstm cannot read multi_hot; use embedding or one_hot, "
            "or another model.type",
        ),
        (
            imdb({"type": "simple_rnn"}, {**TEXTS, "encoding": "multi_hot"}),
            "preprocessing.encoding: simple_rnn cannot read multi_hot; use embedding or one_hot, "
            "or another model.type",
        ),
        (
            imdb({"type": "dense"}, {**TEXTS, "encoding": "one_hot"}),
            "preprocessing.encoding: dense cannot read one_hot; use embedding or multi_hot, "
            "or another model.type",
        ),
        (
            imdb({"type": "cnn_lstm"}, {**TEXTS, "encoding": "one_hot"}),
            "preprocessing.encoding: cnn_lstm cannot read one_hot; use embedding, "
            "or another model.type",
        ),
        (
            imdb(preprocessing={**TEXTS, "skip_top": 600}),
            "preprocessing.skip_top: skip_top 600 leaves no words below num_words 500; "
            "lower skip_top or raise num_words",
        ),
        (
            imdb(preprocessing={**TEXTS, "skip_top": 500}),
            "preprocessing.skip_top: skip_top 500 leaves no words below num_words 500; "
            "lower skip_top or raise num_words",
        ),
        (
            imdb({"type": "lstm"}, {"maxlen": 100, "encoding": "one_hot"}),
            "preprocessing.num_words: one_hot needs num_words; set it, such as 500",
        ),
        (
            imdb({"type": "dense"}, {"encoding": "multi_hot"}),
            "preprocessing.num_words: multi_hot needs num_words; set it, such as 500",
        ),
        (
            imdb(preprocessing={"num_words": 500}),
            "preprocessing.maxlen: embedding needs texts of equal length; set maxlen, such as 100",
        ),
        (
            imdb({"type": "lstm"}, {"num_words": 500, "encoding": "one_hot"}),
            "preprocessing.maxlen: one_hot needs texts of equal length; set maxlen, such as 100",
        ),
        (
            imdb({"type": "lstm"}),
            "model.embedding_dim: encoding: embedding needs embedding_dim; set it, such as 16",
        ),
        (
            imdb({"type": "lstm", "embedding_dim": 8}, {**TEXTS, "encoding": "one_hot"}),
            "model.embedding_dim: encoding: one_hot has no embedding; remove embedding_dim",
        ),
        (
            imdb({"type": "dense", "embedding_dim": 8}, {**TEXTS, "encoding": "multi_hot"}),
            "model.embedding_dim: encoding: multi_hot has no embedding; remove embedding_dim",
        ),
        (
            imdb({"type": "simple_rnn", "embedding_dim": 8, "bptt_steps": 101}),
            "model.bptt_steps: 101 steps are more than the 100 words of maxlen; "
            "lower bptt_steps or raise maxlen",
        ),
        (
            imdb({"type": "cnn", "embedding_dim": 8, "kernel_size": 101}),
            "model.kernel_size: 101 words are more than the 100 of maxlen; "
            "lower kernel_size or raise maxlen",
        ),
        *(
            (
                imdb({"type": "simple_rnn", "embedding_dim": 8, "bptt_steps": 9, **setting}),
                f"model.{next(iter(setting))}: bptt_steps is for one layer that is read at its "
                f"last step, in one direction; {what}, or remove bptt_steps",
            )
            for setting, what in (
                ({"units": [8, 4]}, "set one number"),
                ({"bidirectional": True}, "remove it"),
                ({"pooling": "mean"}, "use pooling: last"),
            )
        ),
        (
            imdb({"type": "cnn_lstm", "embedding_dim": 8}, {"maxlen": 7}),
            "preprocessing.maxlen: maxlen 7 is too short for kernel_size 5 and pool_size 4; "
            "raise maxlen to 8 or more, or lower them",
        ),
        (
            imdb(validation=None, checkpoint={"keep": "best"}),
            "training.checkpoint.keep: the best epoch is found on validation rows, "
            "but validation is null; set keep: last, or training.validation",
        ),
        (
            imdb(validation=None, early_stopping={}),
            "training.early_stopping.monitor: val_loss needs validation rows, but validation is "
            "null; set monitor: loss, or training.validation",
        ),
        (
            imdb(checkpoint={"monitor": "val_mae"}),
            "training.checkpoint.monitor: imdb is classification into two classes, which has no "
            "val_mae; use val_accuracy or val_loss",
        ),
        (
            imdb(early_stopping={"monitor": "val_top_3_accuracy"}),
            "training.early_stopping.monitor: imdb is classification into two classes, which has "
            "no val_top_3_accuracy; use val_accuracy or val_loss",
        ),
        (
            boston(training={"metrics": ["r2", "macro_f1"]}),
            "training.metrics: boston is regression, which has no macro_f1; it has rmse, r2",
        ),
        (
            imdb(validation=None, metrics=["macro_f1"]),
            "training.metrics: they are of the validation rows, but validation is null; remove "
            "them, or set training.validation",
        ),
        (
            imdb(validation=None, early_stopping={"monitor": "val_macro_f1"}),
            "training.early_stopping.monitor: val_macro_f1 needs validation rows, but validation "
            "is null; set monitor: loss, or training.validation",
        ),
        (
            boston(training={"validation": {"split": "shuffled", "stratify": True}}),
            "training.validation.stratify: stratify is about classes, but boston is regression; "
            "remove it",
        ),
        (
            boston(training={"class_weight": "balanced"}),
            "training.class_weight: class_weight is about classes, but boston is regression; "
            "remove it",
        ),
        (
            boston(training={"early_stopping": {"monitor": "accuracy"}}),
            "training.early_stopping.monitor: boston is regression, which has no accuracy; "
            "use mae or loss",
        ),
    ],
)
def test_an_impossible_combination_is_told_once(config: Config, message: str) -> None:
    assert told(config) == [message]


@pytest.mark.parametrize("maxlen", range(1, 20))
@pytest.mark.parametrize(("kernel_size", "pool_size"), [(1, 1), (5, 4), (3, 7)])
def test_pooling_needs_at_least_one_step(maxlen: int, kernel_size: int, pool_size: int) -> None:
    model = {
        "type": "cnn_lstm",
        "embedding_dim": 8,
        "kernel_size": kernel_size,
        "pool_size": pool_size,
    }
    steps = (maxlen - kernel_size + 1) // pool_size
    assert bool(told(imdb(model, {"maxlen": maxlen}))) == (steps < 1)


def test_check_conflicts_raises_all_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        check_conflicts(imdb({"type": "lstm"}, {"num_words": 500, "skip_top": 500}))
    assert len(caught.value.messages) == 3


def test_check_conflicts_lets_a_good_config_pass() -> None:
    check_conflicts(imdb())


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"text": "a"}, "dataset: nothing says what it learns; set label or target"),
        ({"label": "a"}, "dataset: nothing says what the model reads; set text or features"),
        (
            {"text": "a", "features": ["b"], "label": "c"},
            "dataset.features: text and features both say what the model reads; remove one",
        ),
        (
            {"text": "a", "label": "b", "target": "c"},
            "dataset.target: label and target both say what it learns; remove one",
        ),
        (
            {"text": "a", "label": "b", "test_path": "c", "test_split": 0.1},
            "dataset.test_split: test_path and test_split both say which rows test; remove one",
        ),
        (
            {"text": "a", "label": "b", "test_split": None},
            "dataset: nothing says which rows test; set test_path or test_split",
        ),
        ({"text": "a", "label": "a"}, "dataset: column 'a' is named twice"),
        (
            {"text": "a", "target": "b", "stratify": True},
            "dataset.stratify: stratify is about classes, but csv is regression; remove it",
        ),
        (
            {"text": "a", "label": "b", "test_path": "c", "stratify": True},
            "dataset.stratify: test_path says which rows test; remove stratify",
        ),
        ({"features": ["a", "b", "a"], "label": "c"}, "dataset: column 'a' is named twice"),
        ({"text": ["a", "b", "a"], "label": "c"}, "dataset: column 'a' is named twice"),
        ({"text": ["a", "b"], "label": "b"}, "dataset: column 'b' is named twice"),
        (
            {"text": "a", "target": "b", "labels": {"c": "d"}},
            "dataset.labels: labels is for classes, but target is a number; remove it",
        ),
        (
            {"text": "a", "label": "b", "labels": {"c": "d", "d": "e"}},
            "dataset.labels.c: 'd' is itself read as 'e'; write that for both",
        ),
        (
            {"text": "a", "label": "b", "labels": {"separator": "|", "Two": "two"}},
            "dataset.labels: separator divides a row's labels, and the other keys merge labels",
        ),
        (
            {"text": "a", "label": "b", "labels": {"separator": "and"}},
            "dataset.labels: separator 'and' is not one to 10 signs or blanks, such as '|'",
        ),
        (
            {"text": "a", "label": "b", "labels": {"separator": "\n"}},
            "dataset.labels: separator must not be a quote or a line break; choose another",
        ),
        (
            {"text": "a", "label": "b", "labels": {"separator": "|"}, "stratify": True},
            "dataset.stratify: stratify needs one class in each row",
        ),
        (
            {"path": "a.xlsx", "text": "a", "label": "b", "delimiter": ";"},
            "dataset.delimiter: delimiter is for files of text, which .xlsx and .parquet are not",
        ),
        (
            {"path": "a.parquet", "text": "a", "label": "b", "encoding": "cp949"},
            "dataset.encoding: encoding is for files of text, which .xlsx and .parquet are not",
        ),
    ],
)
def test_columns_of_ones_own_file_are_named_once(columns: dict[str, Any], message: str) -> None:
    (line,) = told(own(**columns))
    assert line.startswith(message)
