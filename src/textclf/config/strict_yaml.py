"""YAML without surprises: what PyYAML's loader guesses is a text or an error here."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

from textclf.errors import ConfigError
from textclf.wording import shortened

MAX_DEPTH = 50

KeyPath = tuple[str | int, ...]
Event = Any  # of PyYAML, whose stubs lack tag and value, and make marks optional


class Position(NamedTuple):
    """A position in a text, line and column from 1."""

    line: int
    column: int


class Problem(NamedTuple):
    """A problem and its position."""

    position: Position
    message: str


@dataclass(frozen=True)
class Document:
    """The data of a YAML text, and the position of each part."""

    data: Any
    positions: dict[KeyPath, Position]  # of a map's keys, a list's items, and () for the whole


class YamlError(ConfigError):
    """The text is not YAML, or not the strict kind."""

    def __init__(self, source: str, problems: list[Problem]) -> None:
        super().__init__(
            *(f"{source}:{at.line}:{at.column}: {message}" for at, message in problems)
        )
        self.problems = problems


def parse(text: str, source: str) -> Document:
    """Read one YAML document; `source` names the text in errors. An empty text is None."""
    builder = _Builder()
    try:
        with _located_errors(text) as events:
            builder.read(events)
    except _Broken as broken:
        builder.problems.append(broken.problem)
    if builder.problems:
        raise YamlError(source, builder.problems)
    return Document(builder.data, builder.positions)


def quoted(text: str, longest: int = 60) -> str:
    """A text, quoted for a message of one line."""
    return repr(shortened(text, longest))


# --- scalars ---------------------------------------------------------------------------------

_FLOAT = r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?"
# The first pattern that matches an unquoted text gives its type.
_SCALARS: list[tuple[re.Pattern[str], Callable[[str], Any]]] = [
    (re.compile(r"|~|null"), lambda _: None),
    (re.compile(r"true|false"), lambda text: text == "true"),
    (re.compile(r"[-+]?(0|[1-9][0-9]*)"), int),
    (re.compile(_FLOAT), float),
    (re.compile(r"[-+]?\.(inf|Inf|INF)"), lambda text: float(text.replace(".", ""))),
    (re.compile(r"\.(nan|NaN|NAN)"), lambda _: float("nan")),
]


def needs_quotes(text: str) -> bool:
    """Whether a text without quotes would be read as another type."""
    return any(pattern.fullmatch(text) for pattern, _ in _SCALARS)


def _read_scalar(text: str) -> Any:
    """The value of an unquoted text: null, a boolean, a number, or the text itself.

    Raises:
        ValueError: a whole number has more digits than Python reads (4,300).
    """
    for pattern, read in _SCALARS:
        if pattern.fullmatch(text):
            return read(text)
    return text


# --- from events to data ---------------------------------------------------------------------


class _Broken(Exception):
    """A problem after which nothing more can be read."""

    def __init__(self, position: Position, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(position, message)


@dataclass
class _Builder:
    """Builds data from events, and collects every position and every problem."""

    data: Any = None
    positions: dict[KeyPath, Position] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def read(self, events: Iterator[Event]) -> None:
        self.events = events
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _Broken(_start(event), "a second document; a config is only one")
            elif isinstance(event, yaml.NodeEvent):
                self.data = self.node(event, ())

    def node(self, event: Event, path: KeyPath) -> Any:
        self.positions.setdefault(path, _start(event))
        self.refuse_decorations(event)
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        if isinstance(event, yaml.AliasEvent):
            return None
        if len(path) >= MAX_DEPTH:
            raise _Broken(_start(event), f"nested more than {MAX_DEPTH} levels deep")
        is_map = isinstance(event, yaml.MappingStartEvent)
        return self.mapping(path) if is_map else self.sequence(path)

    def refuse_decorations(self, event: Event) -> None:
        if isinstance(event, yaml.AliasEvent):
            self.refuse(
                event, f"alias {quoted(f'*{event.anchor}')} is not allowed; write the value itself"
            )
            return
        if event.anchor is not None:
            self.refuse(event, f"anchor {quoted('&' + event.anchor)} is not allowed; remove it")
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self.refuse(event, f"tag {quoted(tag)} is not allowed; remove it")

    def refuse(self, event: Event, message: str) -> None:
        self.problems.append(Problem(_start(event), message))

    def scalar(self, event: yaml.ScalarEvent) -> Any:
        unfit = re.search("[\0\ud800-\udfff]", event.value)
        if unfit:
            self.refuse(event, f"character U+{ord(unfit[0]):04X} is not allowed in a text")
        if event.style is not None:
            return str(event.value)
        try:
            return _read_scalar(event.value)
        except ValueError:
            self.refuse(event, f"a number of {len(event.value):,} digits is too long")
            return None

    def sequence(self, path: KeyPath) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(event, (*path, len(items))))
        return items

    def mapping(self, path: KeyPath) -> dict[str, Any]:
        items: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.key(event)
            here = (*path, key)
            if key in items:
                first = self.positions[here].line
                self.refuse(event, f"duplicate key {quoted(key)}, first given on line {first}")
            else:
                self.positions[here] = _start(event)
            items[key] = self.node(next(self.events), here)
        return items

    def key(self, event: Event) -> str:
        self.refuse_decorations(event)
        if isinstance(event, yaml.CollectionStartEvent):
            raise _Broken(_start(event), "a key must be a word, not a list or a map")
        if isinstance(event, yaml.AliasEvent):
            return f"*{event.anchor}"
        self.scalar(event)
        if not event.value:
            self.refuse(event, "a key is missing before ':'")
        return str(event.value)


def _start(event: Event) -> Position:
    return _position(event.start_mark)


def _position(mark: Any) -> Position:
    return Position(mark.line + 1, mark.column + 1)


# --- PyYAML's errors, in plain words -----------------------------------------------------------


@contextmanager
def _located_errors(text: str) -> Iterator[Iterator[Event]]:
    """The events of a text; an error of PyYAML becomes a problem with its position."""
    loader = None
    try:
        loader = yaml.SafeLoader(text)
        yield iter(loader.get_event, None)
    except yaml.reader.ReaderError as error:
        lines = (text[: error.position] + "|").splitlines()
        message = f"character U+{ord(text[error.position]):04X} is not allowed in a config"
        raise _Broken(Position(len(lines), len(lines[-1])), message) from None
    except yaml.MarkedYAMLError as error:
        raise _plainly(error) from None
    except (ValueError, OverflowError):
        # PyYAML raises these for escapes such as "\UFFFFFFFF", which are not characters.
        assert loader is not None
        at = Position(loader.line + 1, loader.column + 1)
        raise _Broken(at, "a number or an escape here is out of range") from None


# PyYAML's messages (context and problem, joined by a bar), and ours.
_PLAIN_WORDS = [
    (r"'\\t' that cannot start", "a tab, where YAML allows only spaces; replace it by spaces"),
    (r"character (.+) that cannot start", "a text that begins with {found} needs quotes"),
    (
        r"mapping values are not",
        "unexpected ':'; check the indentation and the line above, or quote the text",
    ),
    (r"could not find expected ':'", "a ':' and a space are missing after the key on line {line}"),
    (
        r"expected <block end>",
        "unexpected text; check the indentation, the quotes and the brackets",
    ),
    (r"flow sequence\|", "expected ',' or ']' in the list that begins on line {line}"),
    (r"flow mapping\|", "expected ',' or '}}' in the map that begins on line {line}"),
    (
        r"quoted scalar\|found unexpected",
        "the quote that was opened on line {line} is never closed",
    ),
    (
        r"unknown escape character|escape sequence|double-quoted scalar\|expected",
        "a backslash has a special meaning in double quotes; use single quotes",
    ),
    (r"an alias\||an anchor\|", "a text that begins with '*' or '&' needs quotes"),
    (r" tag\||tag handle|a URI|tag URI", "tags (words that begin with '!') are not allowed"),
    (
        r"sequence entries are not",
        "a list cannot begin here; put the '-' on its own line, or quote the text",
    ),
    (r"mapping keys are not", "unexpected '?'; quote the text"),
    (r"expected the node content", "expected a key or a value here"),
    (
        r"<document start>",
        "a second document or stray text; a config is only one map of settings",
    ),
    (r"directive|incompatible YAML", "lines that begin with '%' are not allowed; remove it"),
    (r"block scalar", "'|' and '>' begin a text of several lines; quote the text"),
]


def _plainly(error: Any) -> _Broken:
    said = f"{error.context or ''}|{error.problem or ''}"
    opened = error.context_mark or error.problem_mark
    for pattern, meant in _PLAIN_WORDS:
        if match := re.search(pattern, said):
            found = match[1] if match.groups() else ""
            message = meant.format(found=found, line=opened.line + 1)
            return _Broken(_position(error.problem_mark), message)
    return _Broken(_position(error.problem_mark), f"not valid YAML: {error.problem}")
