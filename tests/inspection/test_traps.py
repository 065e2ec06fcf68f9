"""Each trap is told with its place, its figures and a way out; good settings are left in peace."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from textclf.config.file import load_config
from textclf.config.recipes import list_recipes
from textclf.config.settings import Config
from textclf.config.settings.training import LEARNING_RATES
from textclf.data.dataset import Dataset, Ragged
from textclf.data.loaders import load_dataset
from textclf.data.tasks import MULTILABEL
from textclf.inspection.description import Description
from textclf.inspection.traps import (
    DATA_RULES,
    RULES,
    USUAL_RATES,
    find_all_traps,
    find_traps,
)
from tiny_data import features, texts

SHUFFLED = {"split": "shuffled"}


def layers(*stack: Any) -> dict[str, Any]:
    embedding = {"Embedding": {"output_dim": 4, "mask_zero": True}}
    return {"type": "layers", "layers": [embedding, *stack]}


def imdb(model: Any = None, preprocessing: Any = None, **training: Any) -> Config:
    return Config.model_validate(
        {
            "dataset": {"name": "imdb"},
            "preprocessing": {"num_words": 500, "maxlen": 100, **(preprocessing or {})},
            "model": model or {"type": "lstm", "embedding_dim": 16, "units": 8},
            "training": training,
        }
    )


def boston(**sections: Any) -> Config:
    sections = {"model": {"type": "dense"}, **sections}
    return Config.model_validate({"dataset": {"name": "boston"}, **sections})


def told(config: Config, data: Dataset) -> list[str]:
    own = find_traps(config)
    return [line for line in find_all_traps(Description.of(config, data), {}) if line not in own]


def made(n: int = 400, words: int = 10, classes: int = 2, seed: int = 0) -> Dataset:
    """Shuffled rows of as many classes, each of `words` words, no two alike; a fifth tests."""
    rng = np.random.default_rng(seed)
    rows = [" ".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz"), words)) for _ in range(n)]
    return texts(rows, rng.integers(0, classes, n), int(n * 0.8), classes)


def little(config: dict[str, Any] | None = None, **training: Any) -> Config:
    """A config for `made` that falls into no trap."""
    preprocessing = {"num_words": 30, "maxlen": 12, **(config or {})}
    validation = {"split": "shuffled", "share": 0.4}
    return imdb(None, preprocessing, **{"validation": validation, **training})


# --- from the config alone ----------------------------------------------------------------

READ_LAST = {"LSTM": {"units": 3}}
TRAPS = {
    "a mask that a layer drops": (
        imdb(layers({"Conv1D": {"filters": 3, "kernel_size": 2}}, "GlobalMaxPooling1D")),
        "model.layers = [Embedding, Conv1D, GlobalMaxPooling1D]: Conv1D, layers[1], ignores the "
        "mask, so that padding counts like words from there on; remove mask_zero and Masking, or "
        "use layers that read masks: SimpleRNN, LSTM, GRU and GlobalAveragePooling1D",
    ),
    "padding read last by a layer": (
        imdb(
            {"type": "layers", "layers": [{"Embedding": {"output_dim": 4}}, READ_LAST]},
            {"padding": "post"},
        ),
        "preprocessing.padding = post: layers is read at its last step, where every text shorter "
        "than maxlen 100 has padding, which nothing masks; use padding: pre",
    ),
    "test rows validate": (
        imdb(validation={"split": "test"}),
        "training.validation.split = test: the epoch that is kept is chosen on the test rows, so "
        "the test score is not independent; use split: shuffled",
    ),
    "test rows validate, the last epoch is kept": (
        imdb(validation={"split": "test"}, checkpoint={"keep": "last"}),
        "training.validation.split = test: tuning by val_… scores is tuning on the test rows, "
        "so the test score is not independent; use split: shuffled",
    ),
    "rate too high": (
        imdb(optimizer="adam", learning_rate=1.0),
        "training.learning_rate = 1: 20 times the highest usual rate of adam, 0.05; the loss may "
        "fluctuate, or become NaN; lower it",
    ),
    "rate too low": (
        imdb(optimizer="sgd", learning_rate=1e-7),
        "training.learning_rate = 1e-07: 1,000 times below the lowest usual rate of sgd, 0.0001; "
        "the model may learn next to nothing; raise it",
    ),
    "padding behind": (
        imdb(preprocessing={"padding": "post"}),
        "preprocessing.padding = post: lstm is read at its last step, where every text shorter "
        "than maxlen 100 has padding, which nothing masks; use padding: pre",
    ),
    "padding read last backwards": (
        imdb({"type": "gru", "embedding_dim": 4, "bidirectional": True}),
        "model.pooling = last: backwards, gru reads the padding of texts shorter than maxlen 100 "
        "last, which nothing masks; use pooling: max_mean",
    ),
    "maxlen of multi-hot words": (
        imdb({"type": "dense"}, {"encoding": "multi_hot"}),
        "preprocessing.maxlen = 100: multi_hot uses all words of a text and cuts none; remove it",
    ),
    "patience": (
        imdb(epochs=4, early_stopping={"patience": 3}),
        "training.early_stopping.patience = 3: the first epoch always improves, so nothing stops "
        "before the last of 4 epochs; lower it, or raise training.epochs",
    ),
    "kept by training rows": (
        imdb(checkpoint={"monitor": "accuracy"}),
        "training.checkpoint.monitor = accuracy: the accuracy of the training rows improves while "
        "the model overfits, so that a late epoch is kept; use monitor: val_accuracy",
    ),
}


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_of_the_config_is_told(name):
    config, message = TRAPS[name]
    assert find_traps(config) == [message]


@pytest.mark.parametrize(
    "config",
    [
        imdb(),
        imdb(epochs=5, early_stopping={"patience": 3}),
        imdb({"type": "dense", "embedding_dim": 8}, {"padding": "post"}),
        imdb(layers(READ_LAST), {"padding": "post"}),
        imdb(layers("GlobalAveragePooling1D"), {"padding": "post"}),
        imdb({"type": "dense"}, {"encoding": "multi_hot", "maxlen": None}),
        imdb(validation=None, checkpoint={"keep": "last", "monitor": "loss"}),
        *(imdb(optimizer=name, learning_rate=rate) for name, rate in LEARNING_RATES.items()),
        *(
            imdb(optimizer=name, learning_rate=rate)
            for name in USUAL_RATES
            for rate in (1e-4, 0.05)
        ),
        boston(),
    ],
)
def test_good_settings_are_left_in_peace(config):
    assert find_traps(config) == []


def test_every_optimizer_has_its_usual_rates():
    assert set(USUAL_RATES) == set(LEARNING_RATES)


# --- from the data ------------------------------------------------------------------------


def test_ordinary_data_is_no_trap():
    assert told(little(), made()) == []
    assert told(boston(), features(np.eye(300), np.arange(300), 240)) == []


def test_texts_cut_off():
    (line,) = told(little({"maxlen": 5}), made(words=19))
    assert line == (
        "preprocessing.maxlen = 5: 100% of the training texts are longer and lose their "
        "beginning, in all 75% of the words; maxlen: 20 would lose 0%"
    )
    assert "lose their end," in told(little({"maxlen": 5, "truncating": "post"}), made())[0]


def test_texts_without_a_word_have_no_mean():
    data = texts(["a b c"] * 19, [0, 1] * 9 + [0], 15)
    rows = [*data.x.values.tolist()[:-4]]
    empty = replace(data, x=Ragged(np.array(rows, np.int32), np.minimum(data.x.offsets, len(rows))))
    config = imdb(layers("GlobalAveragePooling1D"))
    (line,) = [line for line in told(config, empty) if line.startswith("model.layers")]
    assert line == (
        "model.layers = [Embedding, GlobalAveragePooling1D]: 1 text without a word: "
        "GlobalAveragePooling1D divides by the number of steps that are not masked, so that the "
        "loss becomes nan; remove mask_zero"
    )
    assert not any(line.startswith("model.layers") for line in told(config, data))


def test_rare_words_lost():
    (line,) = told(little({"num_words": 17}), made())  # half of the 26 letters
    place, _, rest = line.partition(": ")
    assert place == "preprocessing.num_words = 17"
    assert rest.endswith(
        "of the words in the training texts are rarer and become unknown; raise it"
    )


@pytest.mark.real_data
def test_rare_words_lost_and_what_would_keep_them():
    config = load_config("imdb_lstm")
    data = load_dataset(config.dataset)
    assert told(config, data) == [
        "preprocessing.maxlen = 100: 89% of the training texts are longer and lose their "
        "beginning, in all 60% of the words; maxlen: 500 would lose 7%",
        "preprocessing.num_words = 500: 31% of the words in the training texts are rarer and "
        "become unknown; num_words: 5000 would lose 10%",
    ]


def test_frequent_words_lost():
    (line,) = told(little({"skip_top": 20}), made())
    assert line.startswith("preprocessing.skip_top = 20: 6")
    assert line.endswith("remain; lower it")


def test_more_words_than_there_are():
    (line,) = told(little({"num_words": 1000}), made())
    assert line == (
        "preprocessing.num_words = 1000: the training texts have 26 distinct words, so that 97% "
        "of the model's word weights never learn; lower it"
    )


@pytest.mark.parametrize(
    ("model", "narrow"),
    [
        ({"type": "dense", "embedding_dim": 4, "units": [64, 4]}, 4),
        ({"type": "dense", "embedding_dim": 4, "units": [64, 64]}, None),
        ({"type": "lstm", "embedding_dim": 4, "units": 22}, 22),
        ({"type": "lstm", "embedding_dim": 4, "units": 23}, None),
    ],
)
def test_a_layer_too_narrow_for_the_classes(model, narrow):
    settings = {"maxlen": 12, "num_words": 30}
    config = imdb(model, settings, validation={"split": "shuffled", "share": 0.4})
    expected = [
        f"model.units = {model['units']}: {narrow} numbers must distinguish 46 classes, "
        "and what one layer loses no later layer restores; use 46 or more in each"
    ]
    assert told(config, made(4000, classes=46)) == (expected if narrow else [])


@pytest.mark.parametrize("batch_size", [192, 100_000])
def test_a_batch_of_all_rows(batch_size):
    assert told(little(batch_size=batch_size), made()) == [
        f"training.batch_size = {batch_size}: all 192 training rows are one batch, so that 10 "
        "epochs are 10 gradient steps; use, for example, 16"
    ]
    assert told(little(batch_size=191), made()) == []


def test_one_class_with_nearly_all_rows():
    data = made()
    y = (np.arange(len(data)) % 20 > 0).astype(np.int32)
    (line,) = told(little(), Dataset(**{**vars(data), "y": y}))
    assert line == (
        "dataset.name = imdb: 95.0% of the training rows are 'pos': always guessing that has an "
        "accuracy of about 0.950; look at the recall of each class, in classification_report.csv"
    )


def test_a_class_without_training_rows():
    data = made(classes=4)
    y = np.where(data.y == 2, 1, data.y)
    (line,) = told(little(), Dataset(**{**vars(data), "y": y}))
    assert line.startswith("dataset.name = imdb: no training row is 'class 2': the")


def test_a_class_whose_rows_all_validate():
    data = made(classes=4)
    y = np.where(data.y == 2, 1, data.y)
    y[5] = 2
    config = little(validation={"split": "first", "rows": 100})
    (line,) = told(config, Dataset(**{**vars(data), "y": y}))
    assert line.startswith("training.validation.split = first: all rows of 'class 2' validate")


@pytest.mark.parametrize(
    "validation", [{"split": "first", "rows": 120}, {"split": "k_fold", "folds": 2}]
)
def test_rows_sorted_by_class(validation):
    data = made()
    assert told(little(validation=validation), data) == []
    y = (np.arange(len(data)) > 180).astype(np.int32)
    in_order = Dataset(**{**vars(data), "y": y})
    place = f"training.validation.split = {validation['split']}: the training rows seem sorted"
    assert any(line.startswith(place) for line in told(little(validation=validation), in_order))
    assert told(little(), in_order) == []


def test_few_rows_validate():
    (line,) = told(little(validation={"split": "shuffled", "share": 0.05}), made())
    assert line == (
        "training.validation.split = shuffled: 16 rows validate: their accuracy is uncertain by "
        "0.25 (two standard errors), more than most settings change; let more rows validate"
    )
    assert told(little(validation=None, checkpoint={"keep": "last"}), made()) == []


@pytest.mark.real_data
def test_test_rows_known_from_training():
    config = load_config("reuters_dense")
    assert told(config, load_dataset(config.dataset)) == [
        "dataset.name = reuters: 237 of 2,246 test rows (10.6%) are also training rows; their "
        "score shows memorization; see textclf data show"
    ]


@pytest.mark.real_data
def test_features_of_different_scales():
    config = boston(
        preprocessing={"standardize": False}, training={"validation": {"split": "tail"}}
    )
    data = load_dataset(config.dataset)
    assert told(config, data) == [
        "preprocessing.standardize = False: 'TAX' varies by 166, 'NOX' by 0.117, so the "
        "model sees little but the former; use standardize: true"
    ]


# --- from the machine ---------------------------------------------------------------------


def machine_traps(description: Description, memory: dict[str, float]) -> list[str]:
    """Those that depend on the memory."""
    others = find_all_traps(description, {})
    return [line for line in find_all_traps(description, memory) if line not in others]


@pytest.mark.parametrize(
    ("part", "config", "place"),
    [
        ("examples", imdb(), "preprocessing.maxlen = 100"),
        ("examples", imdb({"type": "dense"}, {"encoding": "multi_hot"}), "preprocessing.num_words"),
        ("weights", imdb(), "model.units = 8"),
        ("batch", imdb(), "training.batch_size = 64"),
    ],
)
def test_too_little_memory(monkeypatch, part, config, place):
    monkeypatch.setattr("textclf.inspection.traps.available_bytes", lambda: 4e9)
    parts = {"TensorFlow": 6e8, "examples": 0, "weights": 0, "batch": 0, part: 9e9}
    description = Description.of(config, made(4_000))
    (line,) = machine_traps(description, parts)
    assert line.startswith(place)
    assert "training needs about 9.6 GB of memory, 4.0 GB are available, so that" in line
    assert "train would refuse" in line
    assert "other programs" in machine_traps(description, {**parts, part: 3e9})[0]
    assert machine_traps(description, {**parts, part: 2e9}) == []


# --- the shipped recipes ---------------------------------------------------------------------

TEST_VALIDATES, CUT, RARE, KNOWN = (
    "training.validation.split",
    "preprocessing.maxlen",
    "preprocessing.num_words",
    "dataset.name",
)
DESERVED = {
    "best/reuters_ngrams": [KNOWN],
    "imdb_cnn_lstm": [TEST_VALIDATES, CUT],
    "imdb_embedding_dense": [TEST_VALIDATES],
    "imdb_lstm": [CUT, RARE],
    "imdb_lstm_dropout": [CUT, RARE],
    "imdb_simple_rnn": [CUT, RARE],
    "imdb_simple_rnn_onehot": [CUT, RARE],
    "imdb_truncated_rnn": [RARE],
    "reuters_dense": [KNOWN],
    "reuters_lstm": [TEST_VALIDATES, KNOWN, CUT],
}


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize("recipe", list_recipes())
def test_a_recipe_is_told_what_it_deserves(recipe):
    config = load_config(recipe)
    lines = find_traps(config) + told(config, load_dataset(config.dataset))
    assert [line.partition(" = ")[0] for line in lines] == DESERVED.get(recipe, [])


def test_rare_labels_make_accuracy_mean_little():
    data = made(400)
    y = np.zeros((400, 3), np.int8)
    y[::5, 0] = 1  # 93.3 % of all decisions are no
    config = little()
    rare = replace(data, task=MULTILABEL, y=y, class_names=("a", "b", "c"))
    assert any("no label is right for 93.3% of all" in line for line in told(config, rare))
    y[::2, 1] = 1
    assert not any("labels are rare" in line for line in told(config, rare))


def test_every_rule_has_a_test():
    names = {rule.__name__ for rule in (*RULES, *DATA_RULES)}
    assert len(names) == len(RULES) + len(DATA_RULES) == 22


def test_texts_without_blanks_between_words():
    random = np.random.default_rng(0)
    rows = list(random.choice(list("abcdefghijklmnopqrstuvwxyz"), 400))
    data = texts(rows, random.integers(0, 2, 400), 320, 2)
    assert any("half of the texts have at most one word" in line for line in told(little(), data))
    assert not any("one word" in line for line in told(little(), made()))


def test_the_gravest_trap_comes_first(monkeypatch):
    """A wrong score, too little memory, a model that learns little, a setting without effect."""
    monkeypatch.setattr("textclf.inspection.traps.available_bytes", lambda: 1e9)
    config = imdb(
        {"type": "dense"},
        {"num_words": 30, "maxlen": 12, "encoding": "multi_hot"},
        learning_rate=0.9,
        validation={"split": "test"},
    )
    lines = find_all_traps(
        Description.of(config, made()), {"examples": 9e9, "weights": 0, "batch": 0}
    )
    assert [line.partition(" = ")[0] for line in lines if "uncertain" not in line] == [
        "training.validation.split",
        "preprocessing.num_words",
        "training.learning_rate",
        "preprocessing.maxlen",
    ]
