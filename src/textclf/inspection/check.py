"""What a config builds, found without training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from textclf.config.settings import Config
from textclf.config.settings.preprocessing import FeaturePreprocessing, PreprocessingSettings
from textclf.config.vector_source import vector_source
from textclf.data.dataset import Dataset
from textclf.data.encoders import Encoder, fit_encoder
from textclf.data.loaders import load_dataset, missing_files, placeholder
from textclf.data.splits import Split
from textclf.data.tokens import Tokens
from textclf.data.vectors import Vectors, read_vectors, warn_of_few_vectors
from textclf.inspection.description import Description
from textclf.inspection.traps import find_all_traps, find_traps
from textclf.training.class_weights import row_weights
from textclf.training.device_choice import AUTO, choose_device
from textclf.training.engine import backend
from textclf.training.engine.gpu_memory import card_memory
from textclf.training.memory import (
    card_bytes,
    check_memory,
    encoded_bytes,
    memory_parts,
    output_shape,
)
from textclf.training.scores import refuse_undefined

if TYPE_CHECKING:
    import keras


def check_config(
    config: Config, data_dir: Path | None = None, device: str = "auto"
) -> dict[str, Any]:
    """Outline the model of a config and count its parts.

    Returns:
        layers (type, output_shape, parameters), parameters, examples by split, memory_bytes,
        vectors (of a file: name, words, running_words), warnings; on a GPU gpu_memory
        (needed_bytes, total, free, is_known), and where --device auto had a choice, device: which
        one and why. Without the data, examples and
        memory_bytes are None, and layers and parameters are, too, if the vocabulary depends on the
        data.
    """
    if device.startswith("gpu"):  # an error before time is spent on the data
        with backend.computing(None):
            backend.start(device)
    missing = missing_files(config.dataset, data_dir)
    tokens = Tokens.of(config.preprocessing)
    data = (
        placeholder(config.dataset) if missing else load_dataset(config.dataset, data_dir, tokens)
    )
    outcome: dict[str, Any] = dict.fromkeys(("layers", "parameters", "examples", "memory_bytes"))
    if data is not None and not missing:
        description = _describe(config, data)
        device, why = _choose(device, config, data)
        outcome.update(_count(description, device), **why)
        traps = find_all_traps(description, outcome.pop("memory"))
        vectors = _find_vectors(description)
        few = warn_of_few_vectors(vectors) if vectors else ()
        outcome["vectors"] = vectors and vectors.coverage
        return {**outcome, "warnings": [*data.warnings, *few, *traps]}
    if data is not None and _is_of_known_size(config.preprocessing):
        encoder = fit_encoder(config.preprocessing, data, data.train_rows)
        outcome.update(_layers(_outline(config, data, encoder)))
    return {**outcome, "warnings": [*missing, *find_traps(config)]}


def _find_vectors(description: Description) -> Vectors | None:
    """Those of the config's file for the words of its first fit."""
    source = vector_source(description.config.model)
    if source is None:
        return None
    rows = description.splits[0].train
    return read_vectors(source, description.encoder, description.data, rows)


def _is_of_known_size(settings: PreprocessingSettings) -> bool:
    """Whether a model's input has a size that does not depend on the data."""
    if isinstance(settings, FeaturePreprocessing):
        return True
    return settings.num_words is not None and settings.ngrams is None


def find_traps_before_training(config: Config, data: Dataset, device: str) -> list[str]:
    """Every trap of a config and its data, the gravest first.

    Raises:
        ResourceError: memory does not suffice.
    """
    description = _describe(config, data)
    memory = _count(description, device)["memory"]
    check_memory(sum(memory.values()))
    return find_all_traps(description, memory)


def _describe(config: Config, data: Dataset) -> Description:
    """The data as the config has them.

    Raises:
        ConfigError: a setting does not fit the data.
    """
    row_weights(config.training.class_weight, data, data.train_rows)  # names the wrong classes
    description = Description.of(config, data)
    for split in description.splits:
        refuse_undefined(config, data, split.validation)
    return description


def _count(description: Description, device: str) -> dict[str, Any]:
    """What depends on the data; `memory` holds the parts of memory_bytes."""
    config, data, encoder = description.config, description.data, description.encoder
    network = _outline(config, data, encoder)
    n_bytes = encoded_bytes(encoder, data)
    memory = memory_parts(network, data, n_bytes, config.training.batch_size)
    return {
        **_layers(network),
        "examples": _examples(description.splits[0], description.data),
        "memory_bytes": sum(memory.values()),
        "memory": memory,
        **(_card(network, n_bytes, config, device) if device.startswith("gpu") else {}),
    }


def _card(
    network: keras.Model, n_bytes: int, config: Config, device: str
) -> dict[str, dict[str, Any]]:
    """What the training needs of a GPU's memory, and what the card has."""
    needed = card_bytes(network, n_bytes, config.training.batch_size)
    return {"gpu_memory": {"needed_bytes": needed, **vars(card_memory(device))}}


def _choose(device: str, config: Config, data: Dataset) -> tuple[str, dict[str, str]]:
    """The device on which the config would train, and why, if there is a choice."""
    if device != AUTO:
        return device, {}
    with backend.computing(None):
        choice = choose_device(device, config, data)
    return choice.device, {"device": choice.reason} if choice.reason else {}


def _outline(config: Config, data: Dataset, encoder: Encoder) -> keras.Model:
    with backend.computing(None):
        backend.import_tensorflow()
    from textclf.training.network import outline

    return outline(config, encoder, data)


def _layers(network: keras.Model) -> dict[str, Any]:
    layers = [
        {
            "type": type(layer).__name__,
            "output_shape": output_shape(layer),
            "parameters": layer.count_params(),
        }
        for layer in network.layers
        if type(layer).__name__ != "InputLayer"
    ]
    return {"layers": layers, "parameters": network.count_params()}


def _examples(split: Split, data: Dataset) -> dict[str, int]:
    # Folds have no test rows: only the final model is tested.
    parts = {"training": split.train, "validation": split.validation, "test": data.test_rows}
    return {name: len(rows) for name, rows in parts.items()}
