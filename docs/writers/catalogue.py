"""The catalogue: its table, a section for each recipe, and the recipes' own first comments."""

from collections.abc import Iterator

from textclf.config.file import read_recipe
from textclf.config.recipes import SCHEMA_FILE, Figures, is_best, read_figures
from writers.markdown import code_block, table

HEAD = ["recipe", "what it is", "tutorial", "plain Keras", "textclf, validation", "textclf, test"]
BEST_HEAD = ["recipe", "what it is", "validation", "test", "time on 2 cores"]
NOTHING = "\N{EN DASH}"


def catalogue_table(page: str) -> str:
    """A row for each recipe, linked to its section on `page`; '' for the same page."""
    experiments = {name: one for name, one in read_figures().items() if not is_best(name)}
    return table(HEAD, [_row(name, one, page) for name, one in experiments.items()])


def best_table(page: str) -> str:
    """A row for the best recipe of each family, linked as those of the catalogue."""
    best = {name: one for name, one in read_figures().items() if is_best(name)}
    return table(BEST_HEAD, [_best_row(name, one, page) for name, one in best.items()])


def _best_row(name: str, figures: Figures, page: str) -> list[str]:
    scores = [_unbroken(text) for text in (figures.validation, figures.test)]
    return [f"[`{name}`]({page}#{_anchor(name)})", figures.about, *scores, figures.time]


def _anchor(name: str) -> str:
    """The link to a section: a heading's slash is left out of it."""
    return name.replace("/", "")


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
        if figures.source:
            yield f"Source: {figures.source}."
        yield code_block(_without_comments(read_recipe(name)), "yaml")


def _without_comments(recipe: str) -> str:
    return "\n".join(line for line in recipe.splitlines() if not line.startswith("#"))


def commented(name: str, recipe: str) -> str:
    """The recipe with its command, its subject and its figures in its first comments."""
    figures = read_figures()[name]
    schema = f"../{SCHEMA_FILE}" if is_best(name) else SCHEMA_FILE
    others = f"tutorial: {figures.tutorial or 'no figure'} · plain Keras: "
    others += f"{figures.plain_keras or 'no figure'} (validation)"
    facts = [
        f"textclf train {name}",
        figures.about,
        *([others] if figures.tutorial or figures.plain_keras else []),
        f"measured: {figures.validation} (validation), {figures.test} (test)",
        *([f"time: {figures.time}, on 2 cores"] if figures.time else []),
        *([f"source: {figures.source}"] if figures.source else []),
        f"yaml-language-server: $schema={schema}",
    ]
    return "\n".join([*(f"# {fact}" for fact in facts), _without_comments(recipe)]) + "\n"
