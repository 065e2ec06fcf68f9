"""Settings that work but mislead or waste, each a small rule: warnings of `check`."""

from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter
from typing import Any

import numpy as np

from textclf.config.layer_shapes import last_step_readers, mask_droppers, masked
from textclf.config.layers import RECURRENT
from textclf.config.settings import Config
from textclf.config.settings.model import (
    CnnModel,
    DenseModel,
    LayersModel,
    ModelSettings,
    RecurrentModel,
)
from textclf.config.settings.preprocessing import FeaturePreprocessing, TextPreprocessing
from textclf.data.dataset import Ragged
from textclf.inspection.description import Description
from textclf.training.memory import available_bytes
from textclf.wording import listed, several

Trap = tuple[str, str]  # the dotted path of the setting to look at first, and a message

# Lowest and highest rate at which each optimizer is usually run: two powers of ten around Keras's
# default, wide enough for what textbooks try. Adagrad's steps shrink, so it starts with long ones.
USUAL_RATES = {
    "sgd": (1e-4, 1.0),
    "rmsprop": (1e-5, 0.05),
    "adam": (1e-5, 0.05),
    "adamw": (1e-5, 0.05),
    "nadam": (1e-5, 0.05),
    "adagrad": (1e-4, 1.0),
}
NOTABLE_LOSS = 0.25  # without a quarter of their words, texts are other texts
NOTABLE_FREQUENT_LOSS = 0.5  # the most frequent words are many, and mean little
SMALL_LOSS = 0.1  # the most that a suggested setting may lose
ROUND_SIZES = [factor * 10**power for power in range(1, 6) for factor in (1, 2, 3, 4, 5, 8)]
# A layer's units for each class. Of reuters_dense, 46 classes, the test accuracy is 0.788; with a
# second layer of 24 units 0.774, of 16 0.756, of 8 0.714, of 4 0.646.
ENOUGH_UNITS = 0.5
WIDE_ENOUGH = 64  # units; enough to distinguish hundreds of classes
UNUSED_WORDS = 0.5  # share of num_words without a word, whose weights never learn
ONE_SIDED = 0.9  # share of the most common class; beyond it, accuracy means little
FLATTERING = 0.01  # share of test rows known from training; the last printed digit of an accuracy
FEW_ROWS = 100  # to validate on; an accuracy is uncertain by 0.1 (twice sqrt(1/4 / 100))
SCALES_APART = 100  # largest by smallest standard deviation of the features
ONE_WORD = 2  # ids, including the start mark
TIGHT = 0.8  # of the available memory; the estimate is not more exact


def find_traps(config: Config) -> list[str]:
    """The traps in a config alone, as lines: where, what it means, what now."""
    return [_line(config, trap) for rule in RULES for trap in rule(config)]


def find_all_traps(description: Description, memory: Mapping[str, int]) -> list[str]:
    """The traps of a config, its data and the machine, the gravest first.

    Args:
        memory: bytes, as `memory_parts` returns them.
    """
    config = description.config
    found = [
        *((gravity, trap) for rule, gravity in RULES.items() for trap in rule(config)),
        *((gravity, trap) for rule, gravity in DATA_RULES.items() for trap in rule(description)),
        *((MEMORY, trap) for trap in _too_little_memory(config, memory)),
    ]
    return [_line(config, trap) for _, trap in sorted(found, key=itemgetter(0))]


def _line(config: Config, trap: Trap) -> str:
    path, message = trap
    value: Any = config
    for key in path.split("."):
        value = getattr(value, key)
    return f"{path} = {_shown(value)}: {message}"


def _shown(value: Any) -> str:
    if isinstance(value, list) and isinstance(value[0], dict):
        return f"[{', '.join(name for layer in value for name in layer)}]"
    return f"{value:g}" if isinstance(value, float) else str(value)


# --- from the config alone ----------------------------------------------------------------


def _validation_on_the_test_rows(config: Config) -> Iterator[Trap]:
    training = config.training
    if training.validation is None or training.validation.split != "test":
        return
    chooses = training.checkpoint.keep == "best" or training.early_stopping is not None
    what = "the epoch that is kept is chosen" if chooses else "tuning by val_… scores is tuning"
    yield (
        "training.validation.split",
        f"{what} on the test rows, so the test score is not independent; use split: shuffled",
    )


def _rate_far_out(config: Config) -> Iterator[Trap]:
    training = config.training
    path, rate, optimizer = "training.learning_rate", training.highest_rate, training.optimizer
    low, high = USUAL_RATES[optimizer]
    if rate > high:
        yield (
            path,
            f"{_times(rate / high)} times the highest usual rate of {optimizer}, {high:g}; the "
            "loss may fluctuate, or become NaN; lower it",
        )
    if rate < low:
        yield (
            path,
            f"{_times(low / rate)} times below the lowest usual rate of {optimizer}, {low:g}; the "
            "model may learn next to nothing; raise it",
        )


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}"


# The docstrings, an LSTM of 16 units, maxlen 60: validation accuracy 0.43 instead of 0.76.
def _padding_read_last(config: Config) -> Iterator[Trap]:
    settings, model = config.preprocessing, config.model
    if not isinstance(settings, TextPreprocessing) or not _is_read_last(model):
        return
    if settings.padding == "post":
        yield (
            "preprocessing.padding",
            f"{model.type} is read at its last step, where every text shorter than maxlen "
            f"{settings.maxlen} has padding, which nothing masks; use padding: pre",
        )
    elif isinstance(model, RecurrentModel) and model.bidirectional:
        yield (
            "model.pooling",
            f"backwards, {model.type} reads the padding of texts shorter than maxlen "
            f"{settings.maxlen} last, which nothing masks; use pooling: max_mean",
        )


def _is_read_last(model: ModelSettings) -> bool:
    """Whether a text's last step decides."""
    if isinstance(model, LayersModel):
        return bool(last_step_readers(model.named_layers))
    return isinstance(model, RecurrentModel) and model.pooling == "last"


def _mask_that_is_dropped(config: Config) -> Iterator[Trap]:
    model = config.model
    if not isinstance(model, LayersModel):
        return
    layers = model.named_layers
    for place in mask_droppers(layers)[:1]:
        name = layers[place][0]
        yield (
            "model.layers",
            f"{name}, layers[{place}], ignores the mask, so that padding counts like words from "
            "there on; remove mask_zero and Masking, or use layers that read masks: "
            f"{listed([*RECURRENT, 'GlobalAveragePooling1D'])}",
        )


def _maxlen_without_effect(config: Config) -> Iterator[Trap]:
    settings = config.preprocessing
    if not isinstance(settings, TextPreprocessing) or settings.encoding != "multi_hot":
        return
    if settings.maxlen is not None and settings.ngrams is None:
        yield "preprocessing.maxlen", "multi_hot uses all words of a text and cuts none; remove it"


def _patience_without_effect(config: Config) -> Iterator[Trap]:
    epochs, stopping = config.training.epochs, config.training.early_stopping
    if stopping and stopping.patience >= epochs - 1:
        yield (
            "training.early_stopping.patience",
            f"the first epoch always improves, so nothing stops before the last of {epochs:,} "
            "epochs; lower it, or raise training.epochs",
        )


def _kept_by_training_rows(config: Config) -> Iterator[Trap]:
    checkpoint = config.training.checkpoint
    if config.training.validation is None or checkpoint.keep == "last":
        return
    if not checkpoint.monitor.startswith("val_"):
        yield (
            "training.checkpoint.monitor",
            f"the {checkpoint.monitor} of the training rows improves while the model overfits, so "
            f"that a late epoch is kept; use monitor: val_{checkpoint.monitor}",
        )


# --- from the data ------------------------------------------------------------------------


def _much_cut_off(description: Description) -> Iterator[Trap]:
    lengths = description.lengths
    if lengths is None or lengths.maxlen is None or lengths.tokens_cut < NOTABLE_LOSS:
        return
    end = getattr(description.config.preprocessing, "truncating", "pre")
    part = "beginning" if end == "pre" else "end"
    yield (
        "preprocessing.maxlen",
        f"{lengths.texts_cut:.0%} of the training texts are longer and lose their {part}, in all "
        f"{lengths.tokens_cut:.0%} of the words; {_longer(description, lengths.maxlen)}",
    )


def _longer(description: Description, maxlen: int) -> str:
    for size in ROUND_SIZES:
        lost = description.cut_by(size)[1]
        if size > maxlen and lost <= SMALL_LOSS:
            return f"maxlen: {size} would lose {lost:.0%}"
    return "raise it"


def _many_words_unknown(description: Description) -> Iterator[Trap]:
    vocabulary = description.vocabulary
    if vocabulary is None or vocabulary.num_words is None or vocabulary.too_rare < NOTABLE_LOSS:
        return
    larger = (size for size in vocabulary.coverage if size.training >= 1 - SMALL_LOSS)
    better = next(larger, None)
    now = f"num_words: {better.num_words} would lose {1 - better.training:.0%}" if better else ""
    yield (
        "preprocessing.num_words",
        f"{vocabulary.too_rare:.0%} of the words in the training texts are rarer and become "
        f"unknown; {now or 'raise it'}",
    )


def _no_step_to_average(description: Description) -> Iterator[Trap]:
    model, x = description.config.model, description.data.x
    if not isinstance(model, LayersModel) or not isinstance(x, Ragged):
        return
    layers = model.named_layers
    averages = any(
        has_mask and name == "GlobalAveragePooling1D"
        for (name, _), has_mask in zip(layers, masked(layers), strict=True)
    )
    empty = int((x.lengths == 0).sum())
    if averages and empty:
        yield (
            "model.layers",
            f"{several(empty, 'text')} without a word: GlobalAveragePooling1D divides by the "
            "number of steps that are not masked, so that the loss becomes nan; remove mask_zero",
        )


def _texts_of_one_word(description: Description) -> Iterator[Trap]:
    x, n_train = description.data.x, description.data.n_train
    if isinstance(x, Ragged) and np.median(np.diff(x.offsets[: n_train + 1])) <= ONE_WORD:
        yield (
            "dataset.name",
            "half of the texts have at most one word; words are separated by spaces, so a "
            "language written without spaces needs them added between its words",
        )


def _frequent_words_unknown(description: Description) -> Iterator[Trap]:
    vocabulary = description.vocabulary
    if vocabulary and vocabulary.too_frequent >= NOTABLE_FREQUENT_LOSS:
        yield (
            "preprocessing.skip_top",
            f"{vocabulary.too_frequent:.0%} of the words in the training texts are more frequent "
            f"and become unknown; with num_words, {vocabulary.kept:.0%} remain; lower it",
        )


def _more_words_than_there_are(description: Description) -> Iterator[Trap]:
    vocabulary = description.vocabulary
    if vocabulary is None or vocabulary.num_words is None:
        return
    unused = 1 - vocabulary.words / vocabulary.num_words
    if unused > UNUSED_WORDS:
        yield (
            "preprocessing.num_words",
            f"the training texts have {vocabulary.words:,} distinct words, so that "
            f"{unused:.0%} of the model's word weights never learn; lower it",
        )


def _layer_too_narrow_for_the_classes(description: Description) -> Iterator[Trap]:
    model = description.config.model
    if isinstance(model, LayersModel):
        return  # its layers of few units may only gate or project
    if model.units == []:
        return
    setting, narrowest = min(_widths(model), key=itemgetter(1))
    classes = len(description.data.class_names)
    if narrowest < min(ENOUGH_UNITS * classes, WIDE_ENOUGH) and classes > 2:
        yield (
            setting,
            f"{narrowest} numbers must distinguish {classes} classes, and what one layer loses "
            f"no later layer restores; use {min(classes, WIDE_ENOUGH)} or more in each",
        )


def _widths(model: DenseModel | CnnModel | RecurrentModel) -> list[tuple[str, int]]:
    """The setting and the width of each hidden layer: two directions or poolings double it."""
    if isinstance(model, DenseModel):
        return [("model.units", units) for units in model.units]
    pooled = 2 if model.pooling == "max_mean" else 1
    if isinstance(model, CnnModel):
        hidden = [("model.units", model.units)] if model.units else []
        return [("model.filters", model.filters * pooled), *hidden]
    *lower, highest = (units * (1 + model.bidirectional) for units in model.widths)
    return [("model.units", units) for units in (*lower, highest * pooled)]


def _batch_of_all_rows(description: Description) -> Iterator[Trap]:
    training = description.config.training
    rows = min(len(split.train) for split in description.splits)
    if training.batch_size >= rows:
        yield (
            "training.batch_size",
            f"all {rows:,} training rows are one batch, so that {training.epochs:,} epochs are "
            f"{training.epochs:,} gradient steps; use, for example, {_usual_batch(rows)}",
        )


def _usual_batch(rows: int) -> int:
    """The largest power of two, up to 64, that gives an epoch ten steps."""
    return next((size for size in (64, 32, 16, 8, 4, 2) if size * 10 <= rows), 1)


def _one_sided_classes(description: Description) -> Iterator[Trap]:
    if not description.classes or description.data.task.is_multilabel:
        return
    commonest = description.commonest
    share = commonest.training / description.data.n_train
    if share > ONE_SIDED:
        yield (
            "dataset.name",
            f"{share:.1%} of the training rows are {commonest.name!r}: always guessing "
            f"that has an accuracy of about {share:.3f}; look at the recall of each class, in "
            "classification_report.csv",
        )


def _rare_labels(description: Description) -> Iterator[Trap]:
    if not description.data.task.is_multilabel:
        return
    share = description.share_right_of_constant(slice(description.data.n_train))
    if share is not None and share > ONE_SIDED:
        answer = description.data.constant_answer
        always = f"guessing {answer!r}" if answer else "giving no label"
        yield (
            "dataset.name",
            f"labels are rare: always {always} is right for {share:.1%} of all decisions, so that "
            "accuracy means little; look at micro_f1 and macro_f1",
        )


def _classes_that_cannot_be_learnt(description: Description) -> Iterator[Trap]:
    validation = description.config.training.validation
    absent = [count.name for count in description.classes if not count.training]
    if absent:
        yield (
            "dataset.name",
            f"no training row is {_named(absent)}: the model never predicts it; remove such test "
            "rows, or add training rows",
        )
    elif description.classes and validation and (names := _only_validating(description)):
        yield (
            "training.validation.split",
            f"all rows of {_named(names)} validate and none train: the model never predicts "
            "it; use another split, or remove these rows",
        )


def _only_validating(description: Description) -> list[str]:
    """The classes without a training row in the first split that lacks one."""
    classes = description.classes
    for split in description.splits:
        counts = description.data.count_classes(split.train)
        names = [classes[number].name for number in np.flatnonzero(counts == 0)]
        if names:
            return names
    return []


def _named(names: list[str]) -> str:
    return listed([*map(repr, names)], most=3)


def _sorted_rows(description: Description) -> Iterator[Trap]:
    validation, data = description.config.training.validation, description.data
    if validation is None or validation.split not in ("first", "k_fold"):
        return
    if not description.classes or data.task.is_multilabel or data.n_train < FEW_ROWS:
        return
    y = data.y[: data.n_train]
    equal = float((y[1:] == y[:-1]).mean())
    by_chance = float(((np.bincount(y) / len(y)) ** 2).sum())
    if equal > (1 + by_chance) / 2:
        yield (
            "training.validation.split",
            f"the training rows seem sorted by class ({equal:.0%} of them follow one of the same "
            f"class, {by_chance:.0%} would by chance), so that other classes validate than "
            "train; use split: shuffled",
        )


def _few_rows_validate(description: Description) -> Iterator[Trap]:
    rows = min(len(split.validation) for split in description.splits)
    if description.classes and description.splits[0].validates and rows < FEW_ROWS:
        yield (
            "training.validation.split",
            f"{rows} rows validate: their accuracy is uncertain by {1 / rows**0.5:.2f} (two "
            "standard errors), more than most settings change; let more rows validate",
        )


def _test_rows_known_from_training(description: Description) -> Iterator[Trap]:
    known, rows = description.duplicates.test_rows, len(description.data.test_rows)
    if rows and known / rows > FLATTERING:
        yield (
            "dataset.name",
            f"{known:,} of {rows:,} test rows ({known / rows:.1%}) are also training rows; their "
            "score shows memorization; see textclf data show",
        )


def _features_of_different_scales(description: Description) -> Iterator[Trap]:
    settings = description.config.preprocessing
    if not isinstance(settings, FeaturePreprocessing) or settings.standardize:
        return
    by_scale = sorted((feature.sd, feature.name) for feature in description.features if feature.sd)
    if by_scale and by_scale[-1][0] > SCALES_APART * by_scale[0][0]:
        (small, narrow), (large, wide) = by_scale[0], by_scale[-1]
        yield (
            "preprocessing.standardize",
            f"{wide!r} varies by {large:.3g}, {narrow!r} by {small:.3g}, so the model sees "
            "little but the former; use standardize: true",
        )


# --- from the machine ---------------------------------------------------------------------


def _too_little_memory(config: Config, parts: Mapping[str, int]) -> Iterator[Trap]:
    needed, free = sum(parts.values()), available_bytes()
    if needed > TIGHT * free:
        end = "train would refuse" if needed > free else "other programs may need it"
        yield (
            _lever(config, parts),
            f"training needs about {needed / 1e9:.1f} GB of memory, {free / 1e9:.1f} GB are "
            f"available, so that {end}; lower it",
        )


def _lever(config: Config, parts: Mapping[str, int]) -> str:
    """The setting on which the largest part of the memory depends."""
    largest = max(("examples", "weights", "batch"), key=parts.__getitem__)
    settings = config.preprocessing
    if largest == "examples" and isinstance(settings, TextPreprocessing):
        is_multi_hot = settings.encoding == "multi_hot"
        return "preprocessing.num_words" if is_multi_hot else "preprocessing.maxlen"
    keys = {"layers": "model.layers", "cnn": "model.filters"}
    return (
        keys.get(config.model.type, "model.units")
        if largest == "weights"
        else "training.batch_size"
    )


# How grave it is: a score that misleads; a process that may be killed; a model that learns less
# than it could; a setting that does nothing.
SCORE, MEMORY, LEARNING, WASTE = range(4)

RULES: dict[Callable[[Config], Iterator[Trap]], int] = {
    _validation_on_the_test_rows: SCORE,
    _kept_by_training_rows: SCORE,
    _padding_read_last: LEARNING,
    _mask_that_is_dropped: LEARNING,
    _rate_far_out: LEARNING,
    _maxlen_without_effect: WASTE,
    _patience_without_effect: WASTE,
}
DATA_RULES: dict[Callable[[Description], Iterator[Trap]], int] = {
    _classes_that_cannot_be_learnt: SCORE,
    _sorted_rows: SCORE,
    _test_rows_known_from_training: SCORE,
    _one_sided_classes: SCORE,
    _rare_labels: SCORE,
    _few_rows_validate: SCORE,
    _no_step_to_average: SCORE,
    _texts_of_one_word: LEARNING,
    _features_of_different_scales: LEARNING,
    _layer_too_narrow_for_the_classes: LEARNING,
    _batch_of_all_rows: LEARNING,
    _much_cut_off: LEARNING,
    _many_words_unknown: LEARNING,
    _frequent_words_unknown: LEARNING,
    _more_words_than_there_are: WASTE,
}
