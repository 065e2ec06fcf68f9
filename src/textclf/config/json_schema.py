"""The JSON Schema of a config: each field's meaning, range and default, for editors."""

import json
import re
from typing import Any

from textclf.config.layer_schema import layer_definitions, layer_schema
from textclf.config.phrases import number_range
from textclf.config.settings import ConfigFile

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ID = "urn:textclf:config"
_BOUNDS = {
    "exclusiveMinimum": "gt",
    "minimum": "ge",
    "exclusiveMaximum": "lt",
    "maximum": "le",
}


def config_schema() -> Schema:
    """The JSON Schema (draft 2020-12) of a config.

    It accepts some configs that `load_config` rejects: settings that are valid one by one but
    conflict, and whole numbers that are written with a point.
    """
    schema = ConfigFile.model_json_schema()
    sections = {name: _section(section) for name, section in sorted(schema.pop("$defs").items())}
    whole = _section({**schema, "title": "TextclfConfig"})
    sections["LayersModel"]["properties"]["layers"]["items"] = layer_schema()
    sections |= {name: _described(name, part) for name, part in layer_definitions().items()}
    return {"$schema": DIALECT, "$id": ID, **whole, "$defs": sections}


def dump_schema(schema: Schema) -> str:
    """The schema as the text of a file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def choices(field: Schema) -> list[Schema]:
    """The alternatives of a field, or its own schema if it has none."""
    parts = field.get("anyOf") or field.get("oneOf")
    return [choice for part in parts for choice in choices(part)] if parts else [field]


def value_range(field: Schema) -> str:
    """'1 to 100,000', for a list its items' range; '' if the field is not a number."""
    for choice in choices(field):
        bounds = {_BOUNDS[key]: choice[key] for key in _BOUNDS if key in choice}
        if bounds:
            return number_range(bounds)
        if "items" in choice:
            return value_range(choice["items"])
    return ""


def default(field: Schema) -> str:
    """A field's default as YAML, or '' where it has none."""
    return json.dumps(field["default"]).replace('"', "") if "default" in field else ""


# --- for editors -----------------------------------------------------------------------------


def _section(section: Schema) -> Schema:
    fields = {key: _field(key, field) for key, field in section["properties"].items()}
    return {**section, "title": in_words(section["title"]), "properties": fields}


def _described(name: str, part: Schema) -> Schema:
    """A definition of layer_schema.py, which has Keras's own name."""
    if "properties" not in part:
        return {**part, "title": name}
    fields = {key: _field(key, field) for key, field in part["properties"].items()}
    return {**part, "title": name, "properties": fields}


def in_words(class_name: str) -> str:
    """'cnn lstm model' for CnnLstmModel."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", class_name).lower()


def _field(key: str, field: Schema) -> Schema:
    """A field with all that an editor shows in its description, alternatives in one list."""
    shown = {"title": key, "description": _description(field)}
    rest = {name: part for name, part in field.items() if name not in ("oneOf", "discriminator")}
    alternatives = choices(field)
    return {**rest, **({"anyOf": alternatives} if len(alternatives) > 1 else {}), **shown}


def _description(field: Schema) -> str:
    facts = [value_range(field), f"default {default(field)}" if "default" in field else ""]
    return " · ".join(filter(None, [field["description"], *facts]))
