"""From a YAML file, or a shipped recipe's name, to a checked Config, and back to YAML."""

import codecs
import copy
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import IO, Any

import yaml
from pydantic import ValidationError

from textclf.config.conflicts import DATA_RULES, RULES, Rule, find_conflicts
from textclf.config.messages import explain
from textclf.config.phrases import received
from textclf.config.recipes import list_recipes, recipe_name, shipped_recipes
from textclf.config.settings import Config, ConfigFile
from textclf.config.strict_yaml import MAX_DEPTH, KeyPath, Position, YamlError, needs_quotes, parse
from textclf.disk.regular import open_regular
from textclf.errors import ConfigError
from textclf.wording import listed, printable, shortened

MAX_BYTES = 100_000  # a config is a page; a larger file is data, given by mistake
DATA_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".xlsx", ".parquet")
NOT_A_PAIR = "expected KEY=VALUE, such as training.epochs=3"
# Of a dataset, a model and its first layer: relative to the config.
PATHS = ("path", "test_path", "embedding_weights", "weights")


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Read, override and check a config; `path` is a file or the name of a shipped recipe.

    Raises:
        ConfigError: one line with its position for each problem.
    """
    return _overridden(read_draft(path), overrides).check()


def dataset_config(name: str, overrides: Sequence[str] = ()) -> Config:
    """A config of a dataset alone, to look at its rows: without a model or validation.

    Raises:
        ConfigError: one line with its position for each problem.
    """
    sections = {"dataset": {"name": name}, "model": {"type": "dense"}}
    draft = Draft(name, {**sections, "training": {"validation": None}}, {})
    return _overridden(draft, overrides).check(DATA_RULES)


def _overridden(draft: "Draft", overrides: Sequence[str]) -> "Draft":
    for override in overrides:
        draft.override(override)
    return draft


def dump_config(config: Config) -> str:
    """The complete config as YAML, which load_config reads back unchanged."""
    return yaml.dump(
        config.model_dump(),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=float("inf"),
    )


def dump_value(value: Any) -> str:
    """A value as YAML on one line."""
    text = yaml.dump(
        value,
        Dumper=_Dumper,
        default_flow_style=True,
        sort_keys=False,
        allow_unicode=True,
        width=float("inf"),
    )
    return text.removesuffix("...\n").rstrip("\n")


# --- reading ---------------------------------------------------------------------------------


def read_draft(path: str | Path) -> "Draft":
    """A file's content, its own relative paths made absolute; nothing of it is checked yet.

    Raises:
        ConfigError: it cannot be read, or is not a map in YAML.
    """
    draft = _read(path)
    _anchor_paths(draft.data, Path(path).parent)
    return draft


def _read(path: str | Path) -> "Draft":
    recipe = shipped_recipes().get(str(path))
    file = Path(path) if recipe is None or Path(path).is_file() else recipe
    name = _one_line(str(file if str(path) else "''"), longest=4_096)
    document = parse(_decode(_read_bytes(file, name), name), name)
    if document.data is None:
        raise ConfigError(f"{name}: the file is empty; a config needs a dataset and a model")
    if not isinstance(document.data, dict):
        sections = ", ".join(ConfigFile.model_fields)
        at = document.positions[()]
        raise ConfigError(
            f"{name}:{at.line}:{at.column}: "
            f"expected a map with the keys {sections}; received {received(document.data)}"
        )
    return Draft(name, document.data, document.positions)


def _anchor_paths(data: dict[str, Any], folder: Path) -> None:
    """Make the file's own relative paths absolute: they are relative to its folder."""
    model = data.get("model")
    layers = model.get("layers") if isinstance(model, dict) else None
    first = layers[0] if isinstance(layers, list) and layers else None
    first = first.get("Embedding") if isinstance(first, dict) else None
    for section in (data.get("dataset"), model, first):
        if not isinstance(section, dict):
            continue
        for key in PATHS:
            if isinstance(section.get(key), str) and section[key]:
                section[key] = str(folder.absolute() / section[key])


def _read_bytes(file: Path | Traversable, name: str) -> bytes:
    try:
        with _open(file) as stream:
            content = stream.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigError(f"{name}: no such file or recipe{_suggest_recipe(name)}") from None
    except (OSError, ValueError) as error:
        if os.path.isdir(str(file)):  # noqa: PTH112 (unlike Path's, it never raises)
            raise ConfigError(f"{name}: this is a folder; name a YAML file in it") from None
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"{name}: cannot be read: {reason}") from None
    if Path(name).name.lower().removesuffix(".gz").endswith(DATA_SUFFIXES):
        raise ConfigError(f"{name}: this is data; write a config for it with: textclf init {name}")
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{name}: larger than {MAX_BYTES:,} bytes: not a config")
    return content


def _open(file: Path | Traversable) -> IO[bytes]:
    if isinstance(file, Path):
        return open_regular(file, sys.maxsize, follow_links=True)
    return file.open("rb")  # a recipe in a zipped package


def read_recipe(name: str) -> str:
    """The text of a shipped recipe.

    Raises:
        ConfigError: there is no recipe of that name.
    """
    recipes = shipped_recipes()
    if name not in recipes:
        raise ConfigError(f"{name or repr(name)}: no such recipe{_suggest_recipe(name)}")
    return recipes[name].read_text(encoding="utf-8")


def _suggest_recipe(name: str) -> str:
    recipes = list_recipes()
    close = get_close_matches(recipe_name(name)[:100], recipes, n=3)
    if close:
        return f"; did you mean the recipe {listed(close, 'or')}?"
    return f"; the recipes are {', '.join(recipes)}" if recipes else ""


def _decode(content: bytes, name: str) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ConfigError(f"{name}: this is UTF-16 text; save it as UTF-8")
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        lines = (content[: error.start].decode("utf-8") + "|").splitlines()
        raise ConfigError(
            f"{name}:{len(lines)}:{len(lines[-1])}: byte 0x{content[error.start]:02X} "
            "is not UTF-8; save the file as UTF-8"
        ) from None


# --- a config before it is checked -----------------------------------------------------------


@dataclass
class Draft:
    """A file's data with its overrides, where each part came from, and all problems."""

    name: str
    data: dict[str, Any]
    positions: dict[KeyPath, Position]
    overrides: list[str] = field(default_factory=list)
    overridden: dict[KeyPath, int] = field(default_factory=dict)  # index into overrides
    problems: list[tuple[tuple[int, ...], str]] = field(default_factory=list)  # (order, line)

    def check(self, rules: tuple[Rule, ...] = RULES) -> Config:
        """The config, checked by the schema and the rules; without its sweep section.

        Raises:
            ConfigError: a line for each problem.
        """
        return self.check_file(rules).config

    def check_file(self, rules: tuple[Rule, ...] = RULES) -> ConfigFile:
        """The same with its sweep section.

        Raises:
            ConfigError: a line for each problem.
        """
        try:
            file = ConfigFile.model_validate(self.data)
        except ValidationError as error:
            self.refuse_all(explain(error))
        else:
            self.refuse_all(find_conflicts(file.config, rules))
        self.raise_problems()
        return file

    def override(self, override: str) -> None:
        """Set one value, given as 'training.epochs=3'."""
        self.overrides.append(override)
        key, equals, text = override.partition("=")
        if not equals:
            self.refuse_override(NOT_A_PAIR)
            return
        try:
            value = parse(text, "").data
        except YamlError as error:
            for problem in error.problems:
                self.refuse_override(problem.message)
        else:
            self._set(key, value)

    def choose(self, key: str, value: Any, at: Position | None) -> None:
        """Set a value that a sweep has chosen.

        Args:
            at: where the config says so; None: the command line does.
        """
        self.overrides.append(f"{key}={dump_value(value)}")
        self._set(key, value)
        path = path_of(key)
        if at is not None and self.overridden.pop(path, None) is not None:
            self.positions[path] = at

    def _set(self, key: str, value: Any) -> None:
        path = path_of(key.strip())
        if not (all(part != "" for part in path) and key.isprintable()):
            self.refuse_override(NOT_A_PAIR)
        elif len(path) > MAX_DEPTH:
            self.refuse_override(f"the key has more than {MAX_DEPTH} levels")
        else:
            self.set(path, value)

    def copy(self) -> "Draft":
        """Another one, to be changed on its own."""
        return Draft(
            self.name,
            copy.deepcopy(self.data),
            dict(self.positions),
            list(self.overrides),
            dict(self.overridden),
            list(self.problems),
        )

    def set(self, path: KeyPath, value: Any) -> None:
        section: Any = self.data
        for depth, key in enumerate(path):
            if isinstance(key, int) and not (isinstance(section, list) and key < len(section)):
                here = dotted(path[:depth])
                self.refuse_override(f"{here} has no item [{key}]; the first one is [0]")
                return
            if isinstance(key, str) and not isinstance(section, dict):
                here = dotted(path[:depth])
                self.refuse_override(f"{here} is {received(section)}, not a section with keys")
                return
            if depth == len(path) - 1:
                section[key] = value
            elif isinstance(key, str) and section.get(key) is None:
                section[key] = {}
                self.note_override(path[: depth + 1])
            section = section[key]
        self.note_override(path)

    def note_override(self, path: KeyPath) -> None:
        """Report problems at this path and below as those of the latest override."""
        for places in (self.positions, self.overridden):
            for below in [other for other in places if other[: len(path)] == path]:
                del places[below]
        self.overridden[path] = len(self.overrides) - 1

    def refuse_override(self, message: str) -> None:
        index = len(self.overrides) - 1
        self.problems.append(((1, index), f"{self.option(index)}: {message}"))

    def refuse_all(self, problems: Iterable[tuple[KeyPath, str]]) -> None:
        for path, message in problems:
            order, place, is_named = self.locate(path)
            line = message if is_named or not path else f"{dotted(path)}: {message}"
            self.problems.append((order, f"{place}: {line}"))

    def locate(self, path: KeyPath) -> tuple[tuple[int, ...], str, bool]:
        """The order and name of the place nearest to a path, and whether it names the path."""
        for length in range(len(path), -1, -1):
            nearest = path[:length]
            if nearest in self.overridden:
                index = self.overridden[nearest]
                key = self.overrides[index].partition("=")[0].strip()
                return (1, index), self.option(index), key == dotted(path)
            if nearest in self.positions:
                at = self.positions[nearest]
                return (0, *at), f"{self.name}:{at.line}:{at.column}", False
        return (0, 1, 1), f"{self.name}:1:1", False

    def option(self, index: int) -> str:
        return _one_line(f"--set {self.overrides[index]}")

    def raise_problems(self) -> None:
        if self.problems:
            in_order = sorted(self.problems, key=lambda problem: problem[0])
            raise ConfigError(*(line for _, line in in_order))


def path_of(key: str) -> KeyPath:
    """('model', 'layers', 1, 'Dense', 'units'), of 'model.layers[1].Dense.units'."""
    parts: list[str | int] = []
    for part in key.split("."):
        name, bracket, place = part.partition("[")
        if bracket and place[:-1].isdecimal() and place.endswith("]") and len(place) < 8:
            parts += [name, int(place[:-1])]
        else:
            parts.append(part)
    return tuple(parts)


def dotted(path: KeyPath) -> str:
    """A path as the user writes it: model.units[1]."""
    parts = [f"[{key}]" if isinstance(key, int) else f".{_one_line(key)}" for key in path]
    return "".join(parts).removeprefix(".")


def _one_line(text: str, longest: int = 200) -> str:
    """A user's text within an error line, without line breaks and terminal codes."""
    return printable(shortened(text, longest))


# --- writing ---------------------------------------------------------------------------------


class _Dumper(yaml.SafeDumper):
    """Writes lists on one line, and quotes texts that the parser would not read as texts."""


def _represent_list(dumper: yaml.SafeDumper, items: list[Any]) -> yaml.Node:
    is_short = not any(isinstance(item, dict) for item in items)
    flow_style = True if is_short else None  # layers have a line each
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=flow_style)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = '"' if needs_quotes(text) or not text.isprintable() else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(list, _represent_list)
_Dumper.add_representer(str, _represent_text)
