"""The schema: every field says what it means, has both ends, and takes no lenient types."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from textclf.config.settings import Config
from textclf.config.settings.dataset import ImdbDataset
from textclf.config.settings.model import DenseModel, LstmModel
from textclf.config.settings.preprocessing import FeaturePreprocessing, TextPreprocessing
from textclf.config.settings.section import Settings
from textclf.config.settings.training import Training

IMDB = {"dataset": {"name": "imdb"}, "model": {"type": "lstm"}}
BOSTON = {"dataset": {"name": "boston"}, "model": {"type": "dense"}}


def fields_of(settings: type[Settings]) -> Iterator[Any]:
    for name, field in settings.model_fields.items():
        yield pytest.param(field, id=f"{settings.__name__}.{name}")
        for below in settings_in(field.annotation):
            yield from fields_of(below)


def settings_in(annotation: Any) -> list[type[Settings]]:
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        return [annotation]
    return [found for part in get_args(annotation) for found in settings_in(part)]


EVERY_FIELD = list(fields_of(Config))


@pytest.mark.parametrize("field", EVERY_FIELD)
def test_every_field_says_what_it_means_in_one_line(field: FieldInfo) -> None:
    assert field.description
    assert "\n" not in field.description


@pytest.mark.parametrize("field", EVERY_FIELD)
def test_every_number_has_both_ends(field: FieldInfo) -> None:
    types = {field.annotation, *get_args(field.annotation)}
    if not types & {int, float}:
        return
    limits = field.metadata
    assert any(hasattr(limit, "gt") or hasattr(limit, "ge") for limit in limits)
    assert any(hasattr(limit, "lt") or hasattr(limit, "le") for limit in limits)


def test_the_schema_holds_descriptions_for_editors() -> None:
    schema = Config.model_json_schema()
    one, several = schema["$defs"]["LstmModel"]["properties"]["units"]["oneOf"]
    assert one["maximum"] == several["items"]["maximum"] == 65_536
    assert schema["properties"]["seed"]["description"]


@pytest.mark.parametrize("value", ["10", 10.0, True])
def test_types_are_strict(value: object) -> None:
    with pytest.raises(ValidationError):
        Training(epochs=value)  # type: ignore[arg-type]


def test_preprocessing_follows_the_dataset() -> None:
    assert Config.model_validate(IMDB).preprocessing == TextPreprocessing()
    assert Config.model_validate(BOSTON).preprocessing == FeaturePreprocessing()
    assert Config.model_validate({**BOSTON, "preprocessing": {}}).preprocessing == (
        FeaturePreprocessing()
    )


@pytest.mark.parametrize("value", [None, [1], "text", 3])
def test_preprocessing_of_a_wrong_type_is_an_error_not_a_crash(value: object) -> None:
    with pytest.raises(ValidationError):
        Config.model_validate({**IMDB, "preprocessing": value})


def test_preprocessing_can_be_given_as_settings() -> None:
    settings = FeaturePreprocessing(standardize=False)
    config = Config.model_validate({**BOSTON, "preprocessing": settings})
    assert config.preprocessing == settings


def test_a_config_can_be_written_in_python() -> None:
    config = Config(dataset=ImdbDataset(name="imdb"), model=LstmModel(type="lstm"))
    assert config == Config.model_validate(IMDB)


def test_a_list_of_units_is_bounded() -> None:
    with pytest.raises(ValidationError):
        DenseModel(type="dense", units=[16] * 21)


def test_the_learning_rate_is_keras_own_for_the_optimizer() -> None:
    assert Training(optimizer="sgd").learning_rate == 0.01
    assert Training(optimizer="adam").learning_rate == 0.001


def test_without_validation_the_last_epoch_is_kept() -> None:
    assert Training(validation=None).checkpoint.keep == "last"
    assert Training().checkpoint.keep == "best"
