"""The file that a model's word vectors start from."""

from dataclasses import dataclass
from pathlib import Path

from textclf.config.settings.model import LayersModel, ModelSettings


@dataclass(frozen=True)
class VectorSource:
    """The file of a config's word vectors.

    Args:
        length: of each vector, as the config says.
        setting: that says so, for messages.
    """

    path: Path
    length: int
    setting: str


def vector_source(model: ModelSettings) -> VectorSource | None:
    """The file that a model's word vectors start from; None if they are drawn."""
    if isinstance(model, LayersModel):
        name, arguments = model.named_layers[0]
        path, length = arguments.get("weights"), arguments.get("output_dim")
        return _source(path, length, f"model.layers[0].{name}.output_dim")
    return _source(getattr(model, "embedding_weights", None), model.embedding_dim, DIM)


DIM = "model.embedding_dim"


def _source(path: str | None, length: int | None, setting: str) -> VectorSource | None:
    return VectorSource(Path(path), length, setting) if path and length else None
