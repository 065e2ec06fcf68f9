"""Word vectors from a file, where a model has none, or the file cannot be read."""

from collections.abc import Iterator
from pathlib import Path

from textclf.config.settings import Config
from textclf.config.settings.preprocessing import TextPreprocessing
from textclf.config.settings.word_vectors import WordVectorModel
from textclf.config.strict_yaml import KeyPath
from textclf.config.vector_files import vector_length

WEIGHTS, TRAINABLE = "embedding_weights", "embedding_trainable"


def _vectors_without_an_embedding(config: Config) -> Iterator[tuple[KeyPath, str]]:
    model, settings = config.model, config.preprocessing
    if not isinstance(model, WordVectorModel) or _reads_ids(config):
        return
    source = f"a row of {config.dataset.name}"
    if isinstance(settings, TextPreprocessing):
        source = f"encoding: {settings.encoding}"
    given = {WEIGHTS: bool(model.embedding_weights), TRAINABLE: not model.embedding_trainable}
    for key in (key for key, is_given in given.items() if is_given):
        yield ("model", key), f"{source} has no embedding; remove {key}"


def _vectors_that_cannot_be_read(config: Config) -> Iterator[tuple[KeyPath, str]]:
    """Of a config that leaves the vectors' length to the file."""
    model = config.model
    if not isinstance(model, WordVectorModel) or model.embedding_dim or not _reads_ids(config):
        return
    try:
        if model.embedding_weights:
            vector_length(Path(model.embedding_weights))
    except ValueError as error:
        yield ("model", WEIGHTS), str(error)


def _reads_ids(config: Config) -> bool:
    settings = config.preprocessing
    return isinstance(settings, TextPreprocessing) and settings.encoding == "embedding"


VECTOR_RULES = (_vectors_without_an_embedding, _vectors_that_cannot_be_read)
