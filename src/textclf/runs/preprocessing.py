"""What a run's preprocessing.json says: the task, its classes, the encoder of the run's config."""

from dataclasses import dataclass
from typing import Any

from textclf.config.settings import Config
from textclf.config.settings.preprocessing import FeaturePreprocessing, TextPreprocessing
from textclf.data.encoders import Encoder, TargetScale, encoder_from_json
from textclf.data.tasks import TASKS, Task
from textclf.errors import RunError
from textclf.runs.folder import FitFolder

MAX_IDS = 10_000_000  # the most num_words that a config may ask for
MAX_CLASSES = 1_000_000
# What runs of earlier versions do not say, nor those without n-grams.
BEFORE = {
    **{"tokens": "keras", "signs": False},
    **{"ngrams": None, "min_rows": 2, "weighting": "binary"},
}


@dataclass(frozen=True)
class Preprocessing:
    """How a run's examples become a model's input and its outputs classes."""

    task: Task
    class_names: list[str]
    encoder: Encoder
    target: TargetScale | None = None


def read_preprocessing(config: Config, folder: FitFolder) -> Preprocessing:
    """A fit's preprocessing.json, of which nothing is made that the run's config does not allow.

    Raises:
        RunError: the file is missing, damaged, or not of that config.
    """
    content = folder.preprocessing
    try:
        _check_encoder(content["encoder"], config)
        names = content["class_names"]
        if type(names) is not list or not all(type(name) is str for name in names):
            raise ValueError("class_names is not a list of texts")
        if len(names) > MAX_CLASSES:
            raise ValueError(f"more than {MAX_CLASSES:,} classes")
        return Preprocessing(
            TASKS[content["task"]],
            names,
            encoder_from_json(content["encoder"], folder.ngrams),
            TargetScale.from_json(content.get("target")),
        )
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise RunError(f"{folder.preprocessing_path}: damaged: {reason:.200}") from error


def _check_encoder(settings: dict[str, Any], config: Config) -> None:
    """Refuse an encoder of other settings, and a vocabulary that fills the memory, by its numbers.

    Raises:
        ValueError: it is not of the config.
    """
    kind = "features" if isinstance(config.preprocessing, FeaturePreprocessing) else "text"
    if settings["kind"] != kind:
        raise ValueError(f"the encoder is not one of {kind}")
    if isinstance(config.preprocessing, TextPreprocessing):
        expected, found = config.preprocessing.model_dump(), BEFORE | settings
        num_words = expected.pop("num_words")
        # Of n-grams, those are counted and not the words.
        _check_vocabulary(settings, num_words if expected["ngrams"] is None else None)
        for name, value in expected.items():
            if found[name] != value or type(found[name]) is not type(value):
                raise ValueError(f"{name} is {found[name]!r:.50}, not the config's {value!r}")


def _check_vocabulary(settings: dict[str, Any], num_words: int | None) -> None:
    found, words = settings["num_words"], settings["words"]
    if type(found) is not int or not 0 < found <= MAX_IDS:
        raise ValueError(f"num_words is {found!r:.50}")
    if num_words not in (None, found):
        raise ValueError(f"num_words is {found:,}, not the config's {num_words:,}")
    if type(words) is not list or not all(type(word) is str for word in words):
        raise ValueError("words is not a list of texts")
    if words and len(words) != found:
        raise ValueError(f"{len(words):,} words for {found:,} ids")
