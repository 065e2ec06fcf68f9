"""The layers that a config may stack, by Keras's own names, checked without Keras."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from textclf.config.phrases import closest, meant, number, number_range, one_of, received
from textclf.config.strict_yaml import KeyPath, quoted
from textclf.wording import listed

Spec = dict[str, Any]  # what an argument may be
Problem = tuple[KeyPath, str]

RECURRENT = ("SimpleRNN", "LSTM", "GRU")  # what Bidirectional holds
REFUSED = {
    "Lambda": "it runs code, which a config does not hold",
    "Input": "the input follows from the data",
    "InputLayer": "the input follows from the data",
}
EXPECTED = {"whole": "a whole number", "number": "a number", "flag": "true or false"}
KINDS_OF_PYDANTIC = {"whole": "int_type", "number": "float_type", "flag": "bool_type"}
LONGEST_PATH = 4_096
BOUNDS = ("gt", "ge", "lt", "le")


@cache
def table() -> dict[str, Any]:
    """The content of layers.json, which docs/generate.py makes from Keras's signatures."""
    text = (files("textclf.config") / "layers.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def named(item: Any) -> Any:
    """A layer with its arguments; a name alone, as in '- Flatten', has none."""
    return {item: {}} if isinstance(item, str) else item


def name_and_arguments(layer: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """'Dense' and {'units': 16}, of {'Dense': {'units': 16}}."""
    ((name, arguments),) = layer.items()
    return name, arguments


def layer_problems(layers: list[Any]) -> list[Problem]:
    """What is wrong with each layer: the path below `layers`, and a message."""
    return [problem for place, item in enumerate(layers) for problem in _item(item, (place,))]


def _item(item: Any, path: KeyPath) -> Iterator[Problem]:
    if not isinstance(item, dict) or not item:
        yield path, f"expected a layer such as {{Dense: {{units: 16}}}}, received {received(item)}"
        return
    known = [key for key in item if key in table()["layers"]]
    if len(item) > 1 and len(known) == 1:
        (name,) = known
        others = [key for key in item if key != name]
        yield (
            (*path, others[0]),
            f"an argument of {name} stands below its name, not in it; indent it further",
        )
    elif len(item) > 1:
        keys = listed([quoted(key) for key in item], most=3)
        yield path, f"expected one layer, received the keys {keys}; begin each layer with '- '"
    else:
        name, arguments = name_and_arguments(item)
        yield from _layer(name, arguments, (*path, name), tuple(table()["layers"]))


def _layer(name: str, arguments: Any, path: KeyPath, known: tuple[str, ...]) -> Iterator[Problem]:
    if name not in known:
        yield path, _unknown_layer(name, known)
        return
    layer = table()["layers"][name]
    if not isinstance(arguments, dict):
        yield path, _not_arguments(name, arguments, layer["arguments"])
        return
    rest = dict(arguments)
    if name == "Bidirectional":
        inner = [key for key in rest if key not in layer["arguments"]]
        yield from _inner(inner, rest, path)
        rest = {key: value for key, value in rest.items() if key not in inner}
    yield from _arguments(rest, layer["arguments"], layer["left_out"], path)


def _inner(names: list[str], arguments: dict[str, Any], path: KeyPath) -> Iterator[Problem]:
    """The recurrent layer in Bidirectional, which stands among its arguments."""
    if len(names) != 1:
        several = f"received {' and '.join(map(quoted, names))}" if names else "it has none"
        yield path, f"expected one of {one_of(RECURRENT)} in Bidirectional; {several}"
        return
    (name,) = names
    left_out = table()["layers"]["Bidirectional"]["left_out"]
    if name in left_out:
        yield (*path, name), f"not supported: {left_out[name]}; remove it"
        return
    yield from _layer(name, arguments[name], (*path, name), RECURRENT)
    if isinstance(arguments[name], dict) and "go_backwards" in arguments[name]:
        yield (*path, name, "go_backwards"), "Bidirectional reads from both ends; remove it"


def _unknown_layer(name: str, known: tuple[str, ...]) -> str:
    if name in REFUSED:
        return f"not supported: {REFUSED[name]}; remove it"
    by_lower = {other.lower(): other for other in known}
    close = closest(name.replace("_", ""), by_lower)
    hint = (
        f"did you mean {quoted(by_lower[close])}?" if close else f"known here: {', '.join(known)}"
    )
    return f"unknown layer; {hint}"


def _not_arguments(name: str, value: Any, arguments: dict[str, Spec]) -> str:
    needed = [key for key, spec in arguments.items() if spec.get("required")]
    example = ", ".join(f"{key}: …" for key in needed)
    return f"expected {{{name}: {{{example}}}}}, received {received(value)}"


# --- arguments -------------------------------------------------------------------------------


def _arguments(
    values: dict[str, Any], specs: dict[str, Spec], left_out: dict[str, str], path: KeyPath
) -> Iterator[Problem]:
    for key, spec in specs.items():
        if spec.get("required") and key not in values and not values.get(spec.get("or", "")):
            yield path, f"missing key {quoted(key)}: {spec['meaning']}"
    for key, value in values.items():
        here = (*path, key)
        if key in left_out:
            yield here, f"not supported: {left_out[key]}; remove it"
        elif key not in specs:
            close = closest(key, specs)
            known = f"known here: {', '.join(specs)}" if specs else "it has no arguments"
            yield here, "unknown key; " + (f"did you mean {quoted(close)}?" if close else known)
        else:
            yield from _value(value, specs[key], here)


def _value(value: Any, spec: Spec, path: KeyPath) -> Iterator[Problem]:
    kind = spec["kind"]
    or_null = " or null" if spec.get("nullable") else ""
    if value is None and or_null:
        return
    if kind in table()["kinds"]:
        yield from _word_or_object(value, kind, or_null, path)
    elif kind == "path":
        if not (isinstance(value, str) and value and len(value) <= LONGEST_PATH):
            yield path, f"expected the path of a file{or_null}, received {received(value)}"
    elif kind == "choice":
        if value not in spec["of"]:
            yield path, _not_a_choice(spec["of"], value)
    elif not _is_of(kind, value):
        guess = meant(KINDS_OF_PYDANTIC[kind], value)
        yield path, f"expected {EXPECTED[kind]}{or_null}, received {received(value)}{guess}"
    elif kind != "flag" and not _is_within(value, spec):
        bounds = {name: spec[name] for name in BOUNDS if name in spec}
        yield path, f"{number(value)} is out of range: {number_range(bounds)}"


def _is_of(kind: str, value: Any) -> bool:
    if isinstance(value, bool) or kind == "flag":
        return kind == "flag" and isinstance(value, bool)
    return isinstance(value, int) or (kind == "number" and isinstance(value, float))


def _is_within(value: float, spec: Spec) -> bool:
    """Whether a number is within the bounds; nan is not."""
    return (
        ("ge" not in spec or value >= spec["ge"])
        and ("gt" not in spec or value > spec["gt"])
        and ("le" not in spec or value <= spec["le"])
        and ("lt" not in spec or value < spec["lt"])
    )


def _word_or_object(value: Any, kind: str, or_null: str, path: KeyPath) -> Iterator[Problem]:
    """A word such as l2, or an object with its own arguments such as {L2: {l2: 1e-4}}."""
    words, classes = table()["kinds"][kind]["words"], table()["kinds"][kind]["classes"]
    if not (isinstance(value, dict) and classes):
        if value not in words:
            others = [*_example(classes), *(["null"] if or_null else [])]
            yield path, _not_a_choice(words, value, others)
        return
    if len(value) != 1 or next(iter(value)) not in classes:
        name = next(iter(value), None)
        by_lower = {other.lower(): other for other in classes}
        close = closest(str(name).replace("_", ""), by_lower) if len(value) == 1 else None
        hint = f"did you mean {quoted(by_lower[close])}?" if close else f"known: {one_of(classes)}"
        yield path, f"expected one of Keras's {table()['kinds'][kind]['module']}; {hint}"
        return
    name, arguments = name_and_arguments(value)
    here = (*path, name)
    if isinstance(arguments, dict):
        yield from _arguments(arguments, classes[name], {}, here)
    else:
        yield here, _not_arguments(name, arguments, classes[name])


def _example(classes: dict[str, dict[str, Spec]]) -> list[str]:
    """['a map such as {L2: {l2: 0.01}}'], of the first class with arguments, if any has."""
    for name, arguments in classes.items():
        for key, spec in arguments.items():
            return [f"a map such as {{{name}: {{{key}: {spec['default']}}}}}"]
    return []


def _not_a_choice(words: list[str], value: Any, others: Sequence[str] = ()) -> str:
    close = closest(value, words)
    guess = f"; did you mean {quoted(close)}?" if close else ""
    return f"expected {one_of([*words, *others])}, received {received(value)}{guess}"
