"""What a config builds, told without training."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from textclf import backend
from textclf.config import Config
from textclf.data import Dataset, load_dataset, missing_files, placeholder
from textclf.memory import encoded_bytes, memory_needed, output_shape
from textclf.preprocessing import fit_encoder
from textclf.splits import Split, make_splits

if TYPE_CHECKING:
    import keras


def check_config(
    config: Config, data_dir: Path | None = None, device: str = "auto"
) -> dict[str, Any]:
    """Build the model of a config, and count.

    Returns:
        layers (type, output_shape, parameters), parameters, examples by split, memory_bytes,
        warnings. Without the data, examples and memory_bytes are None; where only the
        data tells the vocabulary, so are layers and parameters.
    """
    missing = missing_files(config.dataset, data_dir)
    data = placeholder(config.dataset) if missing else load_dataset(config.dataset, data_dir)
    outcome: dict[str, Any] = dict.fromkeys(("layers", "parameters", "examples", "memory_bytes"))
    is_known = not missing or getattr(config.preprocessing, "num_words", 1) is not None
    if data is not None and is_known:
        outcome.update(_build(config, data, device, is_here=not missing))
    return {**outcome, "warnings": [*missing, *(data.warnings if data else ())]}


def _build(config: Config, data: Dataset, device: str, is_here: bool) -> dict[str, Any]:
    split = make_splits(config.training.validation, data)[0] if is_here else None
    encoder = fit_encoder(config.preprocessing, data, split.train if split else data.train_rows)
    with backend.native_output_to(None):
        backend.start(device)
        from textclf.training import new_network

        network = new_network(config, encoder, data)
    outline = {"layers": _layers(network), "parameters": network.count_params()}
    if split is None:
        return outline
    n_bytes = encoded_bytes(encoder, data)
    return {
        **outline,
        "examples": _examples(split),
        "memory_bytes": memory_needed(network, data, n_bytes, config.training.batch_size),
    }


def _layers(network: "keras.Model") -> list[dict[str, Any]]:
    return [
        {
            "type": type(layer).__name__,
            "output_shape": output_shape(layer),
            "parameters": layer.count_params(),
        }
        for layer in network.layers
        if layer.name != "inputs"
    ]


def _examples(split: Split) -> dict[str, int]:
    parts = {"training": split.train, "validation": split.validation, "test": split.test}
    return {name: len(rows) for name, rows in parts.items()}
