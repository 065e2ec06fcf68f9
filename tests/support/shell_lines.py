"""The textclf commands of Markdown pages, as click parses them."""

import re
import shlex
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import click

from textclf.cli import main

SHELL = re.compile(r"^```(?:bash|console)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`(textclf [^`]+)`")
INNER = re.compile(r"\$\((textclf [^)]*)\)")
PUNCTUATION = set("();<>|&")


def commands_in(page: Path) -> Iterator[list[str]]:
    """The words after 'textclf' of every command in a page's shell blocks."""
    for block in SHELL.findall(page.read_text(encoding="utf-8")):
        is_console = any(line.startswith("$ ") for line in block.splitlines())
        for line in block.splitlines():
            if is_console and not line.startswith("$ "):
                continue  # output
            for part in [line.removeprefix("$ "), *INNER.findall(line)]:
                yield from _commands_of(part)


def _commands_of(line: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    for is_separator, words in groupby(lexer, lambda word: set(word) <= PUNCTUATION):
        command = list(words)
        if not is_separator and command[0] == "textclf":
            yield command[1:]


def inline_commands_in(page: Path) -> list[list[str]]:
    """The words after 'textclf' of every command in a page's running text."""
    text = SHELL.sub("", page.read_text(encoding="utf-8"))
    return [shlex.split(code)[1:] for code in INLINE.findall(text) if "…" not in code]


def find_command(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that the words name, and the words after its name.

    Raises:
        KeyError: there is no such command.
    """
    command: click.Command = main
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        command, words = command.commands[words[0]], words[1:]
    return command, words


def parse(words: list[str]) -> None:
    """Parse a command line without running it.

    Raises:
        KeyError, click.UsageError: textclf does not take it.
    """
    command, rest = find_command(words)
    if command is not main:
        command.make_context(" ".join(words), list(rest))
