"""Markdown: tables, code, headings, blocks between markers."""

import re
from collections.abc import Iterable


def page(blocks: Iterable[str]) -> str:
    """A page that is generated as a whole."""
    notice = "<!-- python docs/generate.py writes this page -->"
    return "\n\n".join([notice, *blocks]) + "\n"


def fill(text: str, name: str, block: str) -> str:
    """The text with a block between the markers of that name.

    Raises:
        ValueError: the text has no such markers, or has them twice.
    """
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    between = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
    if len(between.findall(text)) != 1:
        raise ValueError(f"{start} ... {end} must stand in the page once")
    return between.sub(lambda _: f"{start}\n{block}\n{end}", text)


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_escaped, line))} |" for line in lines)


def _escaped(cell: str) -> str:
    """A cell whose bars do not end it; one within code cannot be escaped for all readers."""
    code = re.sub(r"`([^`]*\|[^`]*)`", lambda found: _code(found[1]), cell.replace("<", "\\<"))
    return code.replace("|", "\\|")


def _code(text: str) -> str:
    return f"<code>{text.replace('|', '&#124;')}</code>"


def code_block(text: str, language: str) -> str:
    return f"```{language}\n{text}\n```"
