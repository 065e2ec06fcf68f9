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
BEST = "best"  # the folder of the best recipe of each family, whose names are 'best/...'


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
        time: how long a training takes.
        source: where the idea is from.
    """

    about: str = ""
    teaches: str = ""
    tutorial: str = ""
    plain_keras: str = ""
    validation: str = ""
    test: str = ""
    time: str = ""
    source: str = ""


def recipe_name(path: str | Path) -> str:
    """What runs of this config are named after: 'imdb_lstm' for configs/imdb_lstm.yaml.

    Those of configs/best/imdb_lstm.yaml have another name: 'best_imdb_lstm'.
    """
    path = Path(path)
    name = path.stem if path.suffix in SUFFIXES else path.name
    return f"{BEST}_{name}" if path.parent.name == BEST else name


def list_recipes() -> list[str]:
    """The names of the shipped recipes."""
    return sorted(shipped_recipes())


def shipped_recipes() -> dict[str, Traversable]:
    """The shipped recipes' files by name: 'imdb_lstm', 'best/imdb_lstm'."""
    try:
        folder = importlib.resources.files(PACKAGE)
    except ModuleNotFoundError:  # a source tree that is not installed has no such package
        return {}
    return _recipes_in(folder) | _recipes_in(folder / BEST, f"{BEST}/")


def _recipes_in(folder: Traversable, prefix: str = "") -> dict[str, Traversable]:
    files = list(folder.iterdir()) if folder.is_dir() else []
    return {f"{prefix}{recipe_name(f.name)}": f for f in files if f.name.endswith(SUFFIXES)}


def read_figures() -> dict[str, Figures]:
    """What is known of each shipped recipe: the catalogue in its order, then the best ones."""
    folder = importlib.resources.files(PACKAGE)
    return _figures_in(folder) | {
        f"{BEST}/{name}": figures for name, figures in _figures_in(folder / BEST).items()
    }


def _figures_in(folder: Traversable) -> dict[str, Figures]:
    content = json.loads((folder / FIGURES_FILE).read_text(encoding="utf-8"))
    return {name: Figures(**figures) for name, figures in content.items()}


def is_best(name: str) -> bool:
    """Whether a shipped recipe is the best one of its family, not an experiment."""
    return name.startswith(f"{BEST}/")


def shipped_schema() -> Traversable:
    """The JSON Schema that lies beside the recipes, for editors and the shell."""
    return importlib.resources.files(PACKAGE) / SCHEMA_FILE
