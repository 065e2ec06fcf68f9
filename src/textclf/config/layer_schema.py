"""The JSON Schema of stacked layers: Keras's names, each argument's meaning, range and default."""

from typing import Any

from textclf.config.layers import RECURRENT, Spec, table

Schema = dict[str, Any]

_TYPES = {"whole": "integer", "number": "number", "flag": "boolean"}
_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
LAYER = "layer"


def layer_schema() -> Schema:
    """Of an item of `layers`: a layer with its arguments, or the name alone."""
    needs_none = [
        name
        for name, layer in table()["layers"].items()
        if not _needed(layer) and not _one_of_two(layer)
    ]
    names = [name for name in needs_none if name != "Bidirectional"]
    return {"anyOf": [_reference(LAYER), {"enum": names}]}


def layer_definitions() -> dict[str, Schema]:
    """The schemas that `layer_schema` refers to, by name."""
    layers, kinds = table()["layers"], table()["kinds"]
    return {
        LAYER: _one_of_several({name: layer["meaning"] for name, layer in layers.items()}),
        **{name: _layer(name, layer) for name, layer in layers.items()},
        **{kind: _kind(content) for kind, content in kinds.items()},
        **{
            name: _section(arguments, [])
            for content in kinds.values()
            for name, arguments in content["classes"].items()
        },
    }


def _layer(name: str, layer: Spec) -> Schema:
    section = _section(layer["arguments"], _needed(layer)) | _one_of_two(layer)
    if name != "Bidirectional":
        return section
    inner = {one: _named(table()["layers"][one]["meaning"], one) for one in RECURRENT}
    one_of_them = [
        {"required": [one], "properties": {other: False for other in RECURRENT if other != one}}
        for one in RECURRENT
    ]
    return {**section, "properties": {**inner, **section["properties"]}, "anyOf": one_of_them}


def _needed(layer: Spec) -> list[str]:
    """The arguments that a layer always needs."""
    arguments = layer["arguments"].items()
    return [key for key, spec in arguments if spec.get("required") and "or" not in spec]


def _one_of_two(layer: Spec) -> Schema:
    """What an argument may stand for that is needed otherwise."""
    pairs = [(key, spec["or"]) for key, spec in layer["arguments"].items() if "or" in spec]
    return {"anyOf": [{"required": [key]} for key in pairs[0]]} if pairs else {}


def _section(arguments: dict[str, Spec], required: list[str]) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {key: _argument(key, spec) for key, spec in arguments.items()},
        **({"required": required} if required else {}),
    }


def _one_of_several(meanings: dict[str, str]) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _named(meaning, name) for name, meaning in meanings.items()},
        "minProperties": 1,
        "maxProperties": 1,
    }


def _kind(content: Spec) -> Schema:
    """The words of a kind, or one of its classes with arguments."""
    words = {"enum": content["words"]}
    if not content["classes"]:
        return words
    meanings = {name: f"Keras's {name}" for name in content["classes"]}
    return {"anyOf": [words, _one_of_several(meanings)]}


def _named(meaning: str, name: str) -> Schema:
    return {"description": meaning, **_reference(name)}


def _argument(key: str, spec: Spec) -> Schema:
    schema = _value(spec)
    if spec.get("nullable"):
        schema = {"anyOf": [schema, {"type": "null"}]}
    default = {"default": spec["default"]} if "default" in spec else {}
    return {**schema, **default, "description": spec.get("meaning", key)}


def _value(spec: Spec) -> Schema:
    kind = spec["kind"]
    if kind in table()["kinds"]:
        return _reference(kind)
    if kind == "choice":
        return {"enum": spec["of"]}
    if kind == "path":
        return {"type": "string", "minLength": 1}
    return {"type": _TYPES[kind], **{_BOUNDS[key]: spec[key] for key in _BOUNDS if key in spec}}


def _reference(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}
