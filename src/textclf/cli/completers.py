"""Completion of words for the shell, without slow imports."""

import contextlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from textclf.cli.expectations import SCORES
from textclf.config.recipes import SUFFIXES, list_recipes, shipped_schema

Completions = list[CompletionItem[str]]

# Other words would need quotes, and file names cannot be trusted: a shell runs $(…).
_PLAIN = re.compile(r"[\w.+@%/=-]+")


def complete_config(_context: Any, _parameter: Any, incomplete: str) -> Completions:
    """Recipes and YAML files, here and one folder below; else whatever the shell finds."""
    folder = Path(incomplete.rpartition("/")[0])
    files = [
        str(path)
        for suffix in SUFFIXES
        for pattern in (f"*{suffix}", f"*/*{suffix}")
        for path in _found(folder, pattern)
    ]
    return _matching([*list_recipes(), *sorted(files)], incomplete) or _paths("file", incomplete)


def complete_config_or_sweep(context: Any, parameter: Any, incomplete: str) -> Completions:
    """Sweeps by name under --runs-dir, newest first, then configs."""
    folder = context.params.get("runs_dir") or Path("runs")
    records = sorted(_found(folder, "*/sweep.json"), key=_time, reverse=True)
    sweeps = [path.parent.name for path in records if not path.parent.name.startswith(".")]
    configs = complete_config(context, parameter, incomplete)
    found = [item for item in configs if item.type == "plain"]
    return _matching(sweeps, incomplete) + found or configs


def complete_recipe(_context: Any, _parameter: Any, incomplete: str) -> Completions:
    return _matching(list_recipes(), incomplete)


def complete_run(context: click.Context, _parameter: Any, incomplete: str) -> Completions:
    """Runs by name under --runs-dir, newest first, or by folder."""
    above = incomplete.rpartition("/")[0]
    names = [
        str(Path(above, record.parent.name))
        for folder in (context.params.get("runs_dir") or Path("runs"), Path())
        for record in sorted(_found(folder / above, "*/run.json"), key=_time, reverse=True)
        if not record.parent.name.startswith(".")
    ]
    return _matching(dict.fromkeys(names), incomplete) or _paths("dir", incomplete)


def complete_dataset(_context: Any, _parameter: Any, incomplete: str) -> Completions:
    """The datasets that need only a name."""
    sections = [s for s in _schema()["$defs"].values() if s.get("required") == ["name"]]
    return _matching([section["properties"]["name"]["const"] for section in sections], incomplete)


def complete_source(context: Any, parameter: Any, incomplete: str) -> Completions:
    """A dataset or a config."""
    configs = complete_config(context, parameter, incomplete)
    found = [item for item in configs if item.type == "plain"]
    return complete_dataset(context, parameter, incomplete) + found or configs


def complete_model(_context: Any, _parameter: Any, incomplete: str) -> Completions:
    return _matching(["ngrams", *_settings().get("model.type", ())], incomplete)


def complete_override(_context: Any, _parameter: Any, incomplete: str) -> Completions:
    """'training.ep' to 'training.epochs=', 'training.optimizer=a' to the optimizers with an a."""
    key, equals, _ = incomplete.partition("=")
    settings = _settings()
    if equals:
        return _matching([f"{key}={value}" for value in settings.get(key, ())], incomplete)
    return _matching([f"{key}=" for key in settings], incomplete)


def complete_key(_context: Any, _parameter: Any, incomplete: str) -> Completions:
    """Scores and settings."""
    return _matching([*SCORES, *_settings()], incomplete)


def complete_condition(context: Any, parameter: Any, incomplete: str) -> Completions:
    """'model.ty' to 'model.type=', 'model.type=l' to the types with an l."""
    return complete_override(context, parameter, incomplete)


def known_settings() -> set[str]:
    """The dotted path of every setting that a config can have."""
    return set(_settings())


def complete_epochs(_context: Any, _parameter: Any, incomplete: str) -> Completions:
    return _matching(["training.epochs="], incomplete)


def complete_device(_context: Any, _parameter: Any, incomplete: str) -> Completions:
    return _matching(["auto", "cpu", "gpu"], incomplete)


def complete_folder(_context: Any, _parameter: Any, incomplete: str) -> Completions:
    return _paths("dir", incomplete)


def _matching(words: Iterable[str], incomplete: str) -> Completions:
    fitting = [word for word in words if word.startswith(incomplete) and _PLAIN.fullmatch(word)]
    return [CompletionItem(word) for word in fitting]


def _paths(kind: str, incomplete: str) -> Completions:
    """Leave completion to the shell: 'file' or 'dir'."""
    return [CompletionItem(incomplete, type=kind)]


def _found(folder: Path, pattern: str) -> list[Path]:
    with contextlib.suppress(OSError):
        return list(folder.glob(pattern))
    return []


def _time(path: Path) -> float:
    with contextlib.suppress(OSError):
        return path.stat().st_mtime
    return 0.0


# --- settings --------------------------------------------------------------------------------


def _schema() -> dict[str, Any]:
    """The shipped schema: importing pydantic for the settings' classes would double the time."""
    try:
        schema: dict[str, Any] = json.loads(shipped_schema().read_text(encoding="utf-8"))
    except (OSError, ModuleNotFoundError):  # a source tree that is not installed
        return {"properties": {}, "$defs": {}}
    return schema


def _settings() -> dict[str, list[str]]:
    """Every setting by its dotted path, with its possible values if they can be listed."""
    schema = _schema()
    settings: dict[str, list[str]] = {}
    for path, values in _walk("", schema, schema["$defs"]):
        if path.startswith("sweep"):
            continue  # options of the command say the same
        known = settings.setdefault(path, [])
        known += [value for value in values if value not in known]
    return settings


def _walk(
    path: str, section: dict[str, Any], sections: dict[str, Any]
) -> Iterator[tuple[str, list[str]]]:
    for key, field in section["properties"].items():
        here = f"{path}.{key}" if path else key
        choices = field.get("anyOf", [field])
        below = [sections[c["$ref"].rpartition("/")[2]] for c in choices if "$ref" in c]
        values = [value for choice in choices for value in _values(choice)]
        if values or any("$ref" not in choice for choice in choices):
            yield here, values
        for part in below:
            yield from _walk(here, part, sections)


def _values(choice: dict[str, Any]) -> list[str]:
    if "const" in choice:
        return [choice["const"]]
    named = {"boolean": ["true", "false"], "null": ["null"]}
    return choice.get("enum") or named.get(choice.get("type", ""), [])
