"""Settings that are valid one by one but conflict, each a small rule."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from textclf.config import ngram_conflicts
from textclf.config.layer_shapes import Input, MisfitError, find_shapes
from textclf.config.monitors import MONITOR_RULES
from textclf.config.settings import Config
from textclf.config.settings.dataset import SEPARATOR, CsvDataset
from textclf.config.settings.model import CnnLstmModel, CnnModel, LayersModel, SimpleRnnModel
from textclf.config.settings.preprocessing import FeaturePreprocessing, TextPreprocessing
from textclf.config.strict_yaml import KeyPath
from textclf.config.training_conflicts import TRAINING_RULES
from textclf.config.vector_rules import VECTOR_RULES
from textclf.errors import ConfigError
from textclf.wording import listed

Conflict = tuple[KeyPath, str]
Rule = Callable[[Config], Iterator[Conflict]]

OWN_ENCODING = (".xlsx", ".parquet")  # files that are not text
LONGEST_SEPARATOR = 10  # characters
# The encodings that each model reads.
ENCODINGS = {
    "dense": ("embedding", "multi_hot"),
    "simple_rnn": ("embedding", "one_hot"),
    "lstm": ("embedding", "one_hot"),
    "gru": ("embedding", "one_hot"),
    "cnn": ("embedding",),
    "cnn_lstm": ("embedding",),
    "layers": ("embedding", "one_hot", "multi_hot"),
}
FEATURE_MODELS = ("dense", "layers")
BOSTON_FEATURES = 13


def find_conflicts(config: Config, rules: tuple[Rule, ...] | None = None) -> list[Conflict]:
    """Every conflict: the path of the setting to look at first, and a message.

    Args:
        rules: the rules to check, from RULES; None: all.
    """
    return [conflict for rule in rules or RULES for conflict in rule(config)]


def check_conflicts(config: Config) -> None:
    """Raise a ConfigError that names every conflict."""
    conflicts = find_conflicts(config)
    if conflicts:
        raise ConfigError(
            *(f"{'.'.join(map(str, path))}: {message}" for path, message in conflicts)
        )


# --- the dataset and what reads it -----------------------------------------------------------


def _text_model_on_features(config: Config) -> Iterator[Conflict]:
    dataset, model = config.dataset, config.model.type
    if not dataset.is_text and model not in FEATURE_MODELS:
        yield (
            ("model", "type"),
            f"{model} reads texts, but {dataset.name} has numeric features; use dense",
        )


def _preprocessing_of_the_other_kind(config: Config) -> Iterator[Conflict]:
    dataset, settings = config.dataset, config.preprocessing
    if dataset.is_text and isinstance(settings, FeaturePreprocessing):
        yield (
            ("preprocessing", "standardize"),
            f"standardize is for numeric features, but {dataset.name} has texts; remove it",
        )
    if not dataset.is_text and isinstance(settings, TextPreprocessing):
        yield (
            ("preprocessing",),
            f"these settings are for texts, but {dataset.name} has numeric features; "
            "only 'standardize' can be set here",
        )


# --- the columns of a csv -----------------------------------------------------------------------


def _one_of_two(config: Config) -> Iterator[Conflict]:
    """A csv has texts or features, classes or targets, a file or a share of test rows."""
    dataset = config.dataset
    if not isinstance(dataset, CsvDataset):
        return
    for first, second, what in (
        ("text", "features", "what the model reads"),
        ("label", "target", "what it learns"),
        ("test_path", "test_split", "which rows test"),
    ):
        given = [name for name in (first, second) if getattr(dataset, name) is not None]
        if len(given) == 2:
            yield ("dataset", second), f"{first} and {second} both say {what}; remove one"
        if not given:
            yield ("dataset",), f"nothing says {what}; set {first} or {second}"


def _column_in_two_places(config: Config) -> Iterator[Conflict]:
    dataset = config.dataset
    if not isinstance(dataset, CsvDataset):
        return
    learnt = dataset.label or dataset.target
    read = [*(dataset.features or []), *dataset.texts]
    times = Counter(read)
    for column in sorted(name for name in times if name == learnt or times[name] > 1):
        yield ("dataset",), f"column {column!r} is named twice; the answer must not be an input"


def _setting_of_another_format(config: Config) -> Iterator[Conflict]:
    """A folder, a workbook or a Parquet file has no delimiter; only a folder has an encoding."""
    dataset = config.dataset
    if not isinstance(dataset, CsvDataset):
        return
    names = {name.lower() for name in (dataset.path, dataset.test_path) if name}
    if not all(name.endswith(OWN_ENCODING) for name in names):
        return
    for key in ("encoding", "delimiter", "quoting"):
        if getattr(dataset, key) is not None:
            yield (
                ("dataset", key),
                f"{key} is for files of text, which .xlsx and .parquet are not; remove it",
            )


def _labels_that_are_not_merged(config: Config) -> Iterator[Conflict]:
    """A label is read as another one, which is not read as yet another one."""
    dataset = config.dataset
    labels = dataset.labels if isinstance(dataset, CsvDataset) else None
    if not labels:
        return
    path = ("dataset", "labels")
    if dataset.is_regression:
        yield path, "labels is for classes, but target is a number; remove it"
    for name, other in labels.items():
        if name == SEPARATOR:
            yield from ((path, message) for message in _separator_errors(labels))
        elif labels.get(other, other) != other:
            yield (
                (*path, name),
                f"{other!r} is itself read as {labels[other]!r}; write that for both",
            )


def _separator_errors(labels: Mapping[str, str]) -> Iterator[str]:
    separator = labels[SEPARATOR]
    if len(labels) > 1:
        yield (
            "separator divides a row's labels, and the other keys merge labels, which cannot be "
            "done together; remove one or the other, and merge labels in the file"
        )
    if len(separator) > LONGEST_SEPARATOR or any(map(str.isalnum, separator)):
        yield (
            f"separator {separator!r:.50} is not one to {LONGEST_SEPARATOR} signs or blanks, "
            "such as '|'; a class called separator cannot be merged"
        )
    if any(sign in separator for sign in '"\r\n'):
        yield "separator must not be a quote or a line break; choose another, such as '|'"


# --- words and their encoding ----------------------------------------------------------------


def _text_settings(config: Config) -> TextPreprocessing | None:
    """The preprocessing of texts; None where another rule reports it."""
    settings = config.preprocessing
    is_text = config.dataset.is_text
    return settings if is_text and isinstance(settings, TextPreprocessing) else None


def _tokens_of_texts_that_come_as_ids(config: Config) -> Iterator[Conflict]:
    settings, name = _text_settings(config), config.dataset.name
    if settings and settings.tokens != "keras" and name in ("imdb", "reuters"):
        yield (
            ("preprocessing", "tokens"),
            f"{name} comes as ids of the words that Keras found, not as texts; remove tokens",
        )


def _signs_that_keras_drops(config: Config) -> Iterator[Conflict]:
    settings = _text_settings(config)
    if settings and settings.signs and settings.tokens == "keras":
        yield (
            ("preprocessing", "signs"),
            "tokens: keras drops all signs; set tokens: words, or remove signs",
        )


def _subwords_without_num_words(config: Config) -> Iterator[Conflict]:
    settings = _text_settings(config)
    if settings and settings.tokens == "subwords" and settings.num_words is None:
        yield (
            ("preprocessing", "num_words"),
            "subwords are learnt until there are num_words; set it, such as 8000",
        )


def _encoding_that_the_model_cannot_read(config: Config) -> Iterator[Conflict]:
    settings, model = _text_settings(config), config.model.type
    if settings and settings.encoding not in ENCODINGS[model]:
        readable = listed(ENCODINGS[model], "or")
        yield (
            ("preprocessing", "encoding"),
            f"{model} cannot read {settings.encoding}; use {readable}, or another model.type",
        )


def _skip_top_leaves_no_words(config: Config) -> Iterator[Conflict]:
    settings = _text_settings(config)
    if settings and settings.ngrams is not None:  # num_words counts those
        return
    if settings and settings.num_words is not None and settings.skip_top >= settings.num_words:
        yield (
            ("preprocessing", "skip_top"),
            f"skip_top {settings.skip_top} leaves no words below num_words {settings.num_words}; "
            "lower skip_top or raise num_words",
        )


def _hot_without_num_words(config: Config) -> Iterator[Conflict]:
    settings = _text_settings(config)
    if not settings or settings.tokens == "subwords":  # they need num_words anyway
        return
    if settings.ngrams is not None:  # only those of a text are stored
        return
    if settings.encoding != "embedding" and settings.num_words is None:
        yield (
            ("preprocessing", "num_words"),
            f"{settings.encoding} needs num_words; set it, such as 500",
        )


def _sequences_without_maxlen(config: Config) -> Iterator[Conflict]:
    settings = _text_settings(config)
    if settings and settings.encoding != "multi_hot" and settings.maxlen is None:
        yield (
            ("preprocessing", "maxlen"),
            f"{settings.encoding} needs texts of equal length; set maxlen, such as 100",
        )


def _embedding_dim(config: Config) -> Iterator[Conflict]:
    if isinstance(config.model, LayersModel):
        return  # its first layer is looked at instead
    if config.model.embedding_weights:
        return  # its file has the length
    settings, dim = _text_settings(config), config.model.embedding_dim
    path = ("model", "embedding_dim")
    if settings is None:
        if dim is not None and not config.dataset.is_text:
            yield (
                path,
                f"embedding_dim is for texts, but {config.dataset.name} has numeric features; "
                "remove it",
            )
        return
    if settings.encoding not in ENCODINGS[config.model.type]:
        return
    if settings.encoding == "embedding" and dim is None:
        yield path, "encoding: embedding needs embedding_dim; set it, such as 16"
    if settings.encoding != "embedding" and dim is not None:
        yield path, f"encoding: {settings.encoding} has no embedding; remove embedding_dim"


def _bptt_beyond_the_text(config: Config) -> Iterator[Conflict]:
    settings, model = _text_settings(config), config.model
    if not (settings and settings.maxlen and isinstance(model, SimpleRnnModel)):
        return
    if model.bptt_steps is not None and model.bptt_steps > settings.maxlen:
        yield (
            ("model", "bptt_steps"),
            f"{model.bptt_steps} steps are more than the {settings.maxlen} words of maxlen; "
            "lower bptt_steps or raise maxlen",
        )


def _bptt_of_one_layer(config: Config) -> Iterator[Conflict]:
    """The gradient is cut in one layer that reads forwards and is read at its last step."""
    model = config.model
    if not isinstance(model, SimpleRnnModel) or model.bptt_steps is None:
        return
    for key, is_set, plain in (
        ("units", len(model.widths) > 1, "set one number"),
        ("bidirectional", model.bidirectional, "remove it"),
        ("pooling", model.pooling != "last", "use pooling: last"),
    ):
        if is_set:
            yield (
                ("model", key),
                "bptt_steps is for one layer that is read at its last step, in one direction; "
                f"{plain}, or remove bptt_steps",
            )


def _filter_longer_than_the_text(config: Config) -> Iterator[Conflict]:
    settings, model = _text_settings(config), config.model
    if not (settings and settings.maxlen and isinstance(model, CnnModel)):
        return
    if settings.maxlen < model.kernel_size:
        yield (
            ("model", "kernel_size"),
            f"{model.kernel_size} words are more than the {settings.maxlen} of maxlen; "
            "lower kernel_size or raise maxlen",
        )


def _pooling_that_leaves_no_step(config: Config) -> Iterator[Conflict]:
    settings, model = _text_settings(config), config.model
    if not (settings and settings.maxlen and isinstance(model, CnnLstmModel)):
        return
    needed = model.kernel_size + model.pool_size - 1
    if settings.maxlen < needed:
        yield (
            ("preprocessing", "maxlen"),
            f"maxlen {settings.maxlen} is too short for kernel_size {model.kernel_size} and "
            f"pool_size {model.pool_size}; raise maxlen to {needed} or more, or lower them",
        )


# --- layers -----------------------------------------------------------------------------------


def _layers_that_do_not_fit(config: Config) -> Iterator[Conflict]:
    model, start = config.model, input_of(config)
    if not isinstance(model, LayersModel) or start is None:
        return
    try:
        find_shapes(model.named_layers, start)
    except MisfitError as misfit:
        name = model.named_layers[misfit.place][0]
        yield ("model", "layers", misfit.place, name), str(misfit)


def input_of(config: Config) -> Input | None:
    """What the first layer reads; None where another rule reports that it is not known."""
    dataset, settings = config.dataset, config.preprocessing
    if not dataset.is_text:
        named = dataset.features if isinstance(dataset, CsvDataset) else None
        return Input((len(named) if named else BOSTON_FEATURES,), "dataset")
    if not isinstance(settings, TextPreprocessing):
        return None
    source, words, length = f"encoding: {settings.encoding}", settings.num_words, settings.maxlen
    if settings.encoding == "multi_hot":
        return Input((words,), source) if words else None
    if settings.encoding == "one_hot":
        return Input((length, words), source) if length and words else None
    return Input((length,), source, holds_ids=True) if length else None


def _engine_that_does_not_know_every_layer(config: Config) -> Iterator[Conflict]:
    engine = config.training.engine
    if isinstance(config.model, LayersModel) and engine in ("xla", "graph"):
        yield (
            ("training", "engine"),
            f"{engine} does not know every layer; use auto, which takes the fastest engine that "
            "knows these, or keras",
        )


# --- classes ----------------------------------------------------------------------------------


def _about_classes(config: Config) -> list[KeyPath]:
    """The settings given that divide or weigh rows by their class."""
    given = {
        ("dataset", "stratify"): getattr(config.dataset, "stratify", False),
        ("training", "class_weight"): config.training.class_weight is not None,
        ("training", "validation", "stratify"): getattr(
            config.training.validation, "stratify", False
        ),
    }
    return [path for path, value in given.items() if value]


def _classes_of_a_regression(config: Config) -> Iterator[Conflict]:
    dataset = config.dataset
    if not dataset.is_regression:
        return
    for path in _about_classes(config):
        yield path, f"{path[-1]} is about classes, but {dataset.name} is regression; remove it"


def _one_class_in_each_row(config: Config) -> Iterator[Conflict]:
    """What divides or weighs rows by their only class."""
    dataset = config.dataset
    if dataset.separator is None:
        return
    for path in _about_classes(config):
        yield (
            path,
            f"{path[-1]} needs one class in each row, but dataset.labels gives rows several "
            "labels; remove it",
        )


def _stratified_test_file(config: Config) -> Iterator[Conflict]:
    dataset = config.dataset
    if isinstance(dataset, CsvDataset) and dataset.stratify and dataset.test_path is not None:
        yield ("dataset", "stratify"), "test_path says which rows test; remove stratify"


# --- the epoch that is kept ------------------------------------------------------------------


def _best_without_validation(config: Config) -> Iterator[Conflict]:
    training = config.training
    if training.validation is None and training.checkpoint.keep == "best":
        yield (
            ("training", "checkpoint", "keep"),
            "the best epoch is found on validation rows, but validation is null; "
            "set keep: last, or training.validation",
        )


RULES = (
    _one_of_two,
    _column_in_two_places,
    _setting_of_another_format,
    _labels_that_are_not_merged,
    _text_model_on_features,
    _preprocessing_of_the_other_kind,
    _tokens_of_texts_that_come_as_ids,
    _signs_that_keras_drops,
    _subwords_without_num_words,
    _encoding_that_the_model_cannot_read,
    _skip_top_leaves_no_words,
    _hot_without_num_words,
    _sequences_without_maxlen,
    _embedding_dim,
    *VECTOR_RULES,
    _bptt_beyond_the_text,
    _bptt_of_one_layer,
    _filter_longer_than_the_text,
    _pooling_that_leaves_no_step,
    *ngram_conflicts.RULES,
    _layers_that_do_not_fit,
    _engine_that_does_not_know_every_layer,
    _classes_of_a_regression,
    _one_class_in_each_row,
    _stratified_test_file,
    _best_without_validation,
    *MONITOR_RULES,
    *TRAINING_RULES,
)
# The rules that a config without a model can break.
DATA_RULES = (
    _preprocessing_of_the_other_kind,
    _tokens_of_texts_that_come_as_ids,
    _signs_that_keras_drops,
    _subwords_without_num_words,
    _skip_top_leaves_no_words,
    *ngram_conflicts.DATA_RULES,
)
