"""Plain English: no stilted idioms in help, errors, report, docs, docstrings and comments."""

import ast
import re
import tokenize
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src" / "textclf").rglob("*.py"))
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "src" / "textclf").rglob("templates/*")),
]

# What is searched for, and what to write instead.
BANNED = {
    r"\b(tell|tells|telling|told)\b": "say, print, report, show, predict, explain",
    r"\banew\b": "again, from scratch",
    r"\b(go|goes|going|went) on\b": "resume, continue",
    r"(?<!there )\b(is|are|was|were) no (?!longer\b)": "is not a",
    r"(?<!there )\b(is|are) (?-i:none)\b": "is not one, does not exist",
    r"\bmade ready\b": "prepared",
    r"\bas many( as\b|[.,;:])": "the number of",
    r"\bwhat it takes\b": "everything needed",
    r"\bone's own\b": "your own",
    r"\bstands? in for\b": "replaces",
    r"\bmend(s|ed|ing)?\b": "repair, correct",
    r"\breckon": "compute",
}


def strings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Each string, its adjacent parts joined, and the line where it begins."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        elif isinstance(node, ast.JoinedStr):
            parts = (p.value if isinstance(p, ast.Constant) else "…" for p in node.values)
            yield node.lineno, "".join(map(str, parts))


def comments(path: Path) -> Iterator[tuple[int, str]]:
    """Each comment, its lines joined, and the line where it begins."""
    with tokenize.open(path) as file:
        tokens = [t for t in tokenize.generate_tokens(file.readline) if t.type == tokenize.COMMENT]
    numbered = enumerate(tokens)
    for _, block in groupby(numbered, lambda pair: pair[1].start[0] - pair[0]):
        lines = [token for _, token in block]
        yield lines[0].start[0], " ".join(token.string.lstrip("# ") for token in lines)


def paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """Each paragraph and the line where it begins."""
    line = 1
    for paragraph in text.split("\n\n"):
        yield line, paragraph
        line += paragraph.count("\n") + 2


def prose(path: Path) -> list[tuple[int, str]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return [*strings(ast.parse(text)), *comments(path)]
    code = r"{[%{].*?[%}]}"  # of a template
    return list(paragraphs(re.sub(code, "", text)))


def stilted(path: Path) -> list[str]:
    """A line for each banned idiom: where it stands, and what to write instead."""
    return [
        f"{path.relative_to(ROOT)}:{line}: '{found[0]}'; write: {better}"
        for line, text in sorted(prose(path))
        for idiom, better in BANNED.items()
        if (found := re.search(idiom, " ".join(text.split()), re.IGNORECASE))
    ]


@pytest.mark.parametrize("path", [*SOURCES, *PAGES], ids=lambda path: str(path.relative_to(ROOT)))
def test_a_colleague_would_write_so(path):
    assert stilted(path) == []


def test_idioms_are_found_wherever_they_stand(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    module, page = tmp_path / "a.py", tmp_path / "a.md"
    module.write_text(
        '"""It goes\non; None is None."""\n\n# made\n# ready\n'
        'x = f"{1} is " f"no {2}"\ny = "there is no such file"\n'
    )
    page.write_text("# Title\n\nTrain\nanew. {% if x is none %}\n")
    found = [line.rpartition("; ")[0] for line in stilted(module) + stilted(page)]
    assert found == [
        "a.py:1: 'goes on'",
        "a.py:4: 'made ready'",
        "a.py:6: 'is no '",
        "a.md:3: 'anew'",
    ]
