"""Settings of n-grams that conflict with others, each a small rule."""

from collections.abc import Iterator

from textclf.config.settings import Config
from textclf.config.settings.model import DenseModel
from textclf.config.settings.preprocessing import TextPreprocessing
from textclf.config.strict_yaml import KeyPath

Conflict = tuple[KeyPath, str]

CLASSES = {"reuters": 46, "docstrings": 4}  # of the datasets that do not have two


def _settings(config: Config) -> TextPreprocessing | None:
    """The preprocessing of texts; None where another rule reports it."""
    settings = config.preprocessing
    is_text = config.dataset.is_text
    return settings if is_text and isinstance(settings, TextPreprocessing) else None


def reads_ngrams(config: Config) -> bool:
    """Whether a model's inputs are n-grams."""
    settings = _settings(config)
    return settings is not None and settings.ngrams is not None


def _settings_of_ngrams_without_them(config: Config) -> Iterator[Conflict]:
    settings = _settings(config)
    if settings is None or settings.ngrams is not None:
        return
    for key in ("min_rows", "weighting"):
        if getattr(settings, key) != TextPreprocessing.model_fields[key].default:
            yield (
                ("preprocessing", key),
                f"{key} is about n-grams; set ngrams, where 1 is words alone, or remove {key}",
            )


def _range_in_the_wrong_order(config: Config) -> Iterator[Conflict]:
    settings = _settings(config)
    if settings is None or settings.ngram_range is None:
        return
    shortest, longest = settings.ngram_range
    if shortest > longest:
        yield (
            ("preprocessing", "ngrams"),
            f"the shortest, {shortest}, is longer than the longest, {longest}; swap them",
        )


def _ngrams_in_an_order(config: Config) -> Iterator[Conflict]:
    settings = _settings(config)
    if settings and settings.ngrams is not None and settings.encoding != "multi_hot":
        yield (
            ("preprocessing", "encoding"),
            f"{settings.encoding} is of words in their order; n-grams need multi_hot",
        )


def _ends_of_ngrams(config: Config) -> Iterator[Conflict]:
    settings = _settings(config)
    if settings is None or settings.ngrams is None:
        return
    for key in ("padding", "truncating"):
        if getattr(settings, key) != TextPreprocessing.model_fields[key].default:
            yield (
                ("preprocessing", key),
                f"n-grams are not padded, and maxlen keeps those that weigh most; remove {key}",
            )


def _ngrams_for_another_model(config: Config) -> Iterator[Conflict]:
    model = config.model
    if reads_ngrams(config) and not isinstance(model, DenseModel):
        yield (
            ("model", "type"),
            f"{model.type} cannot read n-grams; use dense, or remove preprocessing.ngrams",
        )


def _ngrams_under_xla(config: Config) -> Iterator[Conflict]:
    if reads_ngrams(config) and config.training.engine == "xla":
        yield (
            ("training", "engine"),
            "xla needs texts of one length, but n-grams are of any number; use auto",
        )


def _naive_bayes_of_other_than_two_classes(config: Config) -> Iterator[Conflict]:
    settings, dataset = _settings(config), config.dataset
    if settings is None or settings.weighting != "naive_bayes":
        return
    is_other = dataset.is_regression or dataset.separator is not None
    if is_other or dataset.name in CLASSES:
        several = "numbers to predict" if dataset.is_regression else "several labels in a row"
        found = CLASSES.get(dataset.name, several)
        yield (
            ("preprocessing", "weighting"),
            f"naive_bayes compares two classes, but {dataset.name} has {found}; use tfidf",
        )


def _dropped_ids(config: Config) -> Iterator[Conflict]:
    settings, model = _settings(config), config.model
    if not isinstance(model, DenseModel) or not model.input_dropout:
        return
    if settings and settings.encoding == "embedding":
        yield (
            ("model", "input_dropout"),
            "input_dropout drops features, but encoding: embedding has ids of words; remove it",
        )


RULES = (
    _settings_of_ngrams_without_them,
    _range_in_the_wrong_order,
    _ngrams_in_an_order,
    _ends_of_ngrams,
    _ngrams_for_another_model,
    _ngrams_under_xla,
    _naive_bayes_of_other_than_two_classes,
    _dropped_ids,
)
# Those that a config without a model can break.
DATA_RULES = (
    _settings_of_ngrams_without_them,
    _range_in_the_wrong_order,
    _ngrams_in_an_order,
    _naive_bayes_of_other_than_two_classes,
)
