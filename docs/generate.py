"""Writes what the code itself says: the reference pages, the tables of recipes, the schema."""

from pathlib import Path

from textclf.config.json_schema import config_schema, dump_schema
from textclf.config.recipes import SCHEMA_FILE, read_figures
from writers.catalogue import best_table, catalogue_table, commented, recipe_sections
from writers.commands import commands_page
from writers.config import config_page
from writers.layers import layer_table
from writers.markdown import fill, page

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))


def pages() -> dict[Path, str]:
    """Every generated file and its text."""
    return {
        ROOT / "README.md": readme(),
        ROOT / "docs" / "catalogue.md": catalogue(),
        ROOT / "docs" / "commands.md": page(commands_page()),
        ROOT / "docs" / "config.md": page(config_page()),
        ROOT / "configs" / SCHEMA_FILE: dump_schema(config_schema()),
        ROOT / "src" / "textclf" / "config" / "layers.json": layer_table(),
        **recipes(),
    }


def readme() -> str:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    text = fill(text, "catalogue", catalogue_table("docs/catalogue.md"))
    return fill(text, "best", best_table("docs/catalogue.md"))


def catalogue() -> str:
    text = (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")
    text = fill(text, "catalogue", catalogue_table(""))
    text = fill(text, "best", best_table(""))
    return fill(text, "recipes", "\n\n".join(recipe_sections()))


def recipes() -> dict[Path, str]:
    paths = {name: ROOT / "configs" / f"{name}.yaml" for name in read_figures()}
    return {path: commented(name, path.read_text("utf-8")) for name, path in paths.items()}


if __name__ == "__main__":
    main()
