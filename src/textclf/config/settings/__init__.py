"""The schema of a config: each setting's type, default, range and meaning, a file a section."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from textclf.config.settings.dataset import DatasetSettings
from textclf.config.settings.model import ModelSettings
from textclf.config.settings.preprocessing import (
    FeaturePreprocessing,
    PreprocessingSettings,
    TextPreprocessing,
)
from textclf.config.settings.section import MAX_SEED, Settings
from textclf.config.settings.sweep import SweepSettings
from textclf.config.settings.training import Training


class Config(Settings):
    """All settings of a training."""

    dataset: DatasetSettings = Field(description="where the examples come from")
    preprocessing: PreprocessingSettings = Field(
        default_factory=lambda config: (
            TextPreprocessing()
            if getattr(config.get("dataset"), "is_text", False)
            else FeaturePreprocessing()
        ),
        description="how examples are prepared for the model",
    )
    model: ModelSettings = Field(
        description="the hidden layers; output and loss follow from what is predicted: "
        "two classes (sigmoid, binary cross-entropy), more (softmax, categorical cross-entropy), "
        "several labels (sigmoid, binary cross-entropy), or a number (linear, mean squared error)"
    )
    training: Training = Field(default_factory=Training, description="how the model is fitted")
    seed: int = Field(
        42,
        ge=0,
        le=MAX_SEED,
        description="seed of initial weights, row order and dropout, but not of the test rows",
    )

    @model_validator(mode="before")
    @classmethod
    def _empty_preprocessing_is_the_default(cls, config: Any) -> Any:
        # An empty map fits texts and features alike: the dataset decides.
        if isinstance(config, dict) and config.get("preprocessing") == {}:
            return {key: value for key, value in config.items() if key != "preprocessing"}
        return config


class ConfigFile(Config):
    """A whole YAML file, with what is not of a single training."""

    sweep: SweepSettings | None = Field(
        None, description="what textclf sweep varies, and how it searches"
    )

    @property
    def config(self) -> Config:
        """Without the sweep."""
        fields = {name: getattr(self, name) for name in Config.model_fields}
        return Config.model_construct(self.model_fields_set - {"sweep"}, **fields)


def flatten(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Settings by their dotted paths, as `--set` names them; a layer's own value is its name."""
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{path}.")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for place, layer in enumerate(value):
                flat |= {f"{path}[{place}]": name for name in layer}
                flat |= flatten(layer, f"{path}[{place}].")
        else:
            flat[path] = value
    return flat
