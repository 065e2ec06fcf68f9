"""The recipes that are shipped with the package, and what runs are named after."""

import importlib.resources
import json
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

SUFFIXES = (".yaml", ".yml")
PACKAGE = "textclf.configs"
SCHEMA_FILE = "textclf.schema.json"  # beside the recipes
FIGURES_FILE = "figures.json"  # beside them, too


@dataclass(frozen=True)
class Figures:
    """What a recipe is about and what came out, each a short text; '' where there is nothing.

    Args:
        about: data and model.
        teaches: what the tutorial behind it teaches.
        tutorial: the validation score that the tutorial printed.
        plain_keras: the validation score of the same script in plain Keras.
        validation: textclf's validation score.
        test: the kept model's test score.
    """

    about: str = ""
    teaches: str = ""
    tutorial: str = ""
    plain_keras: str = ""
    validation: str = ""
    test: str = ""


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


def read_figures() -> dict[str, Figures]:
    """What is known of each shipped recipe, in the order of the catalogue."""
    content = (importlib.resources.files(PACKAGE) / FIGURES_FILE).read_text(encoding="utf-8")
    return {name: Figures(**figures) for name, figures in json.loads(content).items()}


def shipped_schema() -> Traversable:
    """The JSON Schema that lies beside the recipes, for editors and the shell."""
    return importlib.resources.files(PACKAGE) / SCHEMA_FILE
