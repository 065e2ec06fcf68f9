"""Pydantic's errors in plain words, with the user's own keys."""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from textclf.config.phrases import (
    closest,
    did_you_mean,
    meant,
    number,
    number_range,
    one_of,
    received,
)
from textclf.config.settings import ConfigFile
from textclf.config.settings.dataset import ONE, SEVERAL
from textclf.config.settings.model import LAYERS_ERROR, ONE_WIDTH, SEVERAL_WIDTHS
from textclf.config.settings.preprocessing import FeaturePreprocessing, TextPreprocessing
from textclf.config.settings.section import Settings
from textclf.config.settings.training import NUMBER, SCHEDULE
from textclf.config.strict_yaml import KeyPath, quoted

SettingsClass = type[Settings]


def explain(error: ValidationError) -> list[tuple[KeyPath, str]]:
    """Every error: the path of the user's key, and a message."""
    return [
        problem
        for details in error.errors(include_url=False)
        # A default that depends on a field with an error: not an error of its own.
        if details["type"] != "default_factory_not_called"
        for problem in _explain_all(details)
    ]


def _explain_all(details: ErrorDetails) -> list[tuple[KeyPath, str]]:
    if details["type"] != LAYERS_ERROR:
        return [_explain(details)]
    path, _ = _resolve(details["loc"])
    return [((*path, *below), message) for below, message in details["ctx"]["problems"]]


def _explain(details: ErrorDetails) -> tuple[KeyPath, str]:
    kind, value = details["type"], details["input"]
    path, settings = _resolve(details["loc"])
    if kind.startswith("union_tag"):
        tag_field = _tag_field(_sections()[path][0])
        return (*path, tag_field), _wrong_tag(path, tag_field, value)
    if kind == "extra_forbidden":
        return path, _unknown_key(path, settings)
    if kind == "missing":
        return path, _missing(path, settings)
    if kind in ("model_type", "model_attributes_type"):
        return path, _not_a_section(path, value)
    return path, _wrong_value(path, settings, details)


# --- the schema, by the user's paths -----------------------------------------------------------

# The two classes that no key chooses by name have the tags of the discriminator in the settings.
_WORD_OR_MAP = {("training", "class_weight")}  # a tag chooses between values, not sections
_HIDDEN_TAGS = (ONE, SEVERAL, ONE_WIDTH, SEVERAL_WIDTHS, NUMBER, SCHEDULE)
_OR_A_SECTION: dict[KeyPath, str] = {
    ("training", "learning_rate"): "a schedule such as {schedule: cosine, initial: 0.001}"
}
_TAGS: dict[SettingsClass, str] = {TextPreprocessing: "text", FeaturePreprocessing: "features"}


@cache
def _sections() -> dict[KeyPath, list[SettingsClass]]:
    """Each section's settings classes by path: several if a tag chooses one."""
    return dict(_walk((), [ConfigFile]))


def _walk(
    path: KeyPath, classes: list[SettingsClass]
) -> Iterator[tuple[KeyPath, list[SettingsClass]]]:
    yield path, classes
    for settings in classes:
        for name, field in settings.model_fields.items():
            if below := _settings_in(field.annotation):
                yield from _walk((*path, name), below)


def _settings_in(annotation: Any) -> list[SettingsClass]:
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        return [annotation]
    return [found for part in get_args(annotation) for found in _settings_in(part)]


def _resolve(loc: KeyPath) -> tuple[KeyPath, SettingsClass]:
    """The user's path, without pydantic's tags, and the class in which it ends."""
    path: KeyPath = ()
    settings: SettingsClass = ConfigFile
    rest = [key for key in loc if key not in _HIDDEN_TAGS]
    while rest:
        path = (*path, rest.pop(0))
        if path in _WORD_OR_MAP and rest:
            rest.pop(0)  # pydantic's tag
        classes = _sections().get(path, [])
        if classes and rest:
            settings = classes[0] if len(classes) == 1 else _tagged(classes, rest.pop(0))
    return path, settings


def tags(path: KeyPath) -> list[str]:
    """The tags that choose a section's settings class: 'dense', 'lstm', ... of ('model',)."""
    return [_tag(settings) for settings in _sections()[path]]


def keys_by_tag(path: KeyPath) -> dict[str, set[str]]:
    """The keys of a section for each of its tags: of 'lstm', 'units' and others."""
    return {_tag(settings): set(settings.model_fields) for settings in _sections()[path]}


def _tag_field(settings: SettingsClass) -> str:
    return next(iter(settings.model_fields))


def _tag(settings: SettingsClass) -> str:
    """The tag that chooses this class: 'lstm', 'k_fold'."""
    if settings in _TAGS:
        return _TAGS[settings]
    return str(get_args(settings.model_fields[_tag_field(settings)].annotation)[0])


def _tagged(classes: list[SettingsClass], tag: str | int) -> SettingsClass:
    return next(settings for settings in classes if _tag(settings) == tag)


def _places(key: str) -> list[str]:
    """The sections that have this key."""
    return [
        ".".join(map(str, path)) or "the top level"
        for path, classes in _sections().items()
        if any(key in settings.model_fields for settings in classes)
    ]


# --- keys and sections -------------------------------------------------------------------------


def _unknown_key(path: KeyPath, settings: SettingsClass) -> str:
    *section, key = path
    siblings = [c for c in _sections()[tuple(section)] if key in c.model_fields]
    if siblings and settings is FeaturePreprocessing:
        return f"{key} is for texts, but standardize beside it is for numeric features; keep one"
    if siblings:
        tag_field = _tag_field(settings)
        these = one_of(map(_tag, siblings))
        return f"{key} goes with {tag_field}: {these}, not with {tag_field}: {_tag(settings)}"
    if places := _places(str(key)):
        return f"unknown key; {quoted(str(key))} belongs to {one_of(places)}"
    known = list(settings.model_fields)
    # From a misspelt 'standardize' pydantic cannot see that features were meant.
    possible = [*known, "standardize"] if settings is TextPreprocessing else known
    return "unknown key" + (did_you_mean(key, possible) or f"; known here: {', '.join(known)}")


def _missing(path: KeyPath, settings: SettingsClass) -> str:
    if path in _sections():
        classes = _sections()[path]
        return f"missing section; it needs a {_tag_field(classes[0])}: {one_of(map(_tag, classes))}"
    return f"missing key; {settings.model_fields[str(path[-1])].description}"


def _not_a_section(path: KeyPath, value: Any) -> str:
    classes = _sections()[path]
    key = _tag_field(classes[0])
    tags = [_tag(settings) for settings in classes] if len(classes) > 1 else []
    message = f"expected a section with keys such as '{key}:', received {received(value)}"
    if close := closest(value, tags):
        return f"{message}; did you mean {{{key}: {close}}}?"
    if isinstance(value, str) and ":" in value:
        return f"{message}; put a space after the ':'"
    if value is None:
        return f"{message}; remove '{path[-1]}' to use the defaults"
    return message


def _wrong_tag(section: KeyPath, tag_field: str, value: Any) -> str:
    choices = tags(section)
    if tag_field not in value:
        return f"missing key; expected {one_of(choices)}"
    return _not_a_choice(choices, value[tag_field])


# --- values ------------------------------------------------------------------------------------

NO_DEFAULT = "[{Dense: {units: 16}}]"  # of layers, the only list that is required
_EXPECTED = {
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "a text",
}


def _wrong_value(path: KeyPath, settings: SettingsClass, details: ErrorDetails) -> str:
    kind, value = details["type"], details["input"]
    depth = max(n for n in range(len(path)) if path[:n] in _sections())
    field = settings.model_fields[str(path[depth])]
    is_item = len(path) > depth + 1
    if kind == "literal_error":
        others = ["a map such as {spam: 5}"] if path in _WORD_OR_MAP else []
        return _not_a_choice(_choices(field.annotation), value, others)
    # Pydantic does not take an int beyond float's range for a float.
    too_big = kind == "float_type" and type(value) is int
    if too_big or kind.startswith(("greater_than", "less_than")):
        return f"{number(value)} is out of range: {number_range(_bounds(field, is_item))}"
    if kind == "list_type":
        example = NO_DEFAULT if field.is_required() else field.default or "[a, b]"
        return f"expected a list such as {example}, received {received(value)}"
    if kind == "dict_type":
        return f"expected a map such as {{a: b}}, received {received(value)}"
    if kind in ("too_short", "too_long"):
        form = "map" if isinstance(value, dict) else "list"
        return f"expected a {form} of {_lengths(field)} items, received {len(value)}"
    if kind in ("string_too_short", "string_too_long"):
        limit = (details.get("ctx") or {}).values()
        least_or_most = "least" if kind == "string_too_short" else "most"
        return f"expected a text of at {least_or_most} {number(*limit)} characters"
    if kind not in _EXPECTED:
        return details["msg"]
    expected, suggestion = _EXPECTED[kind], meant(kind, value)
    if kind == "float_type" and path in _OR_A_SECTION and not suggestion:
        expected += f" or {_OR_A_SECTION[path]}"
    or_null = " or null" if type(None) in get_args(field.annotation) and not is_item else ""
    return f"expected {expected}{or_null}, received {received(value)}{suggestion}"


def _choices(annotation: Any) -> list[str]:
    """The values of a Literal, which may be optional."""
    first, *_ = choices = get_args(annotation)
    return list(choices) if isinstance(first, str) else _choices(first)


def _not_a_choice(choices: Iterable[str], value: Any, others: Sequence[str] = ()) -> str:
    choices = list(choices)
    named = [choice if choice.isidentifier() else json.dumps(choice) for choice in choices]
    expected = one_of([*named, *others])
    return f"expected {expected}, received {received(value)}{did_you_mean(value, choices)}"


def _bounds(field: FieldInfo, is_item: bool) -> dict[str, float]:
    # A field of several kinds of values has no bounds of its own.
    return ({} if is_item else _bounds_in([field])) or _bounds_in(_inner_fields(field.annotation))


def _bounds_in(holders: list[FieldInfo]) -> dict[str, float]:
    limits = [limit for holder in holders for limit in holder.metadata]
    names = ("gt", "ge", "lt", "le")
    return {name: getattr(c, name) for c in limits for name in names if hasattr(c, name)}


def _inner_fields(annotation: Any) -> list[FieldInfo]:
    """The fields of the items in a list or a map."""
    if isinstance(annotation, FieldInfo):
        return [annotation]
    return [found for part in get_args(annotation) for found in _inner_fields(part)]


def _sized_fields(annotation: Any) -> list[FieldInfo]:
    """The fields of the lists and maps in a union."""
    parts = get_args(annotation)
    is_sized = bool(parts) and get_origin(parts[0]) in (list, dict)
    own = [part for part in parts if is_sized and isinstance(part, FieldInfo)]
    return own + [found for part in parts for found in _sized_fields(part)]


def _lengths(field: FieldInfo) -> str:
    holders = [field, *_sized_fields(field.annotation)]
    limits = [limit for holder in holders for limit in holder.metadata]
    bounds = [
        next((getattr(c, name) for c in limits if hasattr(c, name)), None)
        for name in ("min_length", "max_length")
    ]
    return "1 or more" if None in bounds else f"{bounds[0]} to {bounds[1]}"
