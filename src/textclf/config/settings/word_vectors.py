"""The settings of a model's word vectors: their length, and a file that they start from."""

from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from textclf.config.settings.dataset import DataPath
from textclf.config.settings.section import Settings
from textclf.config.vector_files import vector_length


class WordVectorModel(Settings):
    """What the families that read word vectors have in common."""

    type: str
    embedding_dim: int | None = Field(
        None, ge=1, le=65_536, description="length of a word's vector (encoding: embedding)"
    )
    embedding_weights: DataPath | None = Field(
        None,
        description="file of vectors that words start from, relative to the config, which "
        "embedding_dim then follows; null: all are drawn",
    )
    embedding_trainable: bool = Field(True, description="whether training changes the vectors")

    @model_validator(mode="before")
    @classmethod
    def _length_of_the_file(cls, settings: Any) -> Any:
        # What cannot be read is reported by config/vector_rules.py: a run's own config has the
        # length, and needs the file no more.
        if not isinstance(settings, dict) or settings.get("embedding_dim") is not None:
            return settings
        path = settings.get("embedding_weights")
        try:
            return {**settings, "embedding_dim": vector_length(Path(path))} if path else settings
        except (TypeError, ValueError):
            return settings
