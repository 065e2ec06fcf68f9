"""The catalogue: its table, a section for each recipe, and the recipes' own first comments."""

from collections.abc import Iterator

from textclf.config.file import read_recipe
from textclf.config.recipes import Figures, read_figures
from writers.markdown import code_block, table

HEAD = ["recipe", "what it is", "tutorial", "plain Keras", "textclf, validation", "textclf, test"]
NOTHING = "\N{EN DASH}"


def catalogue_table(page: str) -> str:
    """A row for each recipe, linked to its section on `page`; '' for the same page."""
    return table(HEAD, [_row(name, one, page) for name, one in read_figures().items()])


def _row(name: str, figures: Figures, page: str) -> list[str]:
    texts = (figures.tutorial, figures.plain_keras, figures.validation, figures.test)
    scores = [_unbroken(text) if text else NOTHING for text in texts]
    return [f"[`{name}`]({page}#{name})", figures.about, *scores]


def _unbroken(score: str) -> str:
    """A line may end after 'best 0.785,' but not within it."""
    return ", ".join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in score.split(", "))


def recipe_sections() -> Iterator[str]:
    """What each recipe teaches, and the config itself."""
    for name, figures in read_figures().items():
        yield f"### {name}"
        yield figures.teaches
        yield code_block(_without_comments(read_recipe(name)), "yaml")


def _without_comments(recipe: str) -> str:
    return "\n".join(line for line in recipe.splitlines() if not line.startswith("#"))


def commented(name: str, recipe: str) -> str:
    """The recipe with its command, its subject and its figures in its first comments."""
    figures = read_figures()[name]
    others = f"tutorial: {figures.tutorial or 'no figure'} · plain Keras: "
    others += f"{figures.plain_keras or 'no figure'} (validation)"
    facts = [
        f"textclf train {name}",
        figures.about,
        *([others] if figures.tutorial or figures.plain_keras else []),
        f"measured: {figures.validation} (validation), {figures.test} (test)",
        "yaml-language-server: $schema=textclf.schema.json",
    ]
    return "\n".join([*(f"# {fact}" for fact in facts), _without_comments(recipe)]) + "\n"
