"""The recipes that are shipped with the package, and what runs are named after."""

import importlib.resources
from importlib.resources.abc import Traversable
from pathlib import Path

SUFFIXES = (".yaml", ".yml")
PACKAGE = "textclf.configs"
SCHEMA_FILE = "textclf.schema.json"  # beside the recipes


def recipe_name(path: str | Path) -> str:
    """What runs of this config are named after: 'imdb_lstm' for configs/imdb_lstm.yaml."""
    path = Path(path)
    return path.stem if path.suffix in SUFFIXES else path.name


def list_recipes() -> list[str]:
    """The names of the shipped recipes."""
    return sorted(shipped_recipes())


def shipped_recipes() -> dict[str, Traversable]:
    """The shipped recipes' files by name."""
    try:
        folder = importlib.resources.files(PACKAGE)
    except ModuleNotFoundError:  # a source tree that is not installed has no such package
        return {}
    return {recipe_name(f.name): f for f in folder.iterdir() if f.name.endswith(SUFFIXES)}


def shipped_schema() -> Traversable:
    """The JSON Schema that lies beside the recipes, for editors and the shell."""
    return importlib.resources.files(PACKAGE) / SCHEMA_FILE
