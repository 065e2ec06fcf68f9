"""What people write about a run: notes and tags, in a file of their own."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textclf.disk.atomic import write_json
from textclf.errors import RunError
from textclf.runs.folder import RunFolder, now
from textclf.runs.lock import RunLock
from textclf.runs.reading import read_json

FORMAT = 1


@dataclass(frozen=True)
class Notes:
    """The content of notes.json.

    Args:
        tags: single words, such as 'baseline'.
        texts: the notes, the oldest first.
        times: of each note, UTC, ISO 8601.
    """

    tags: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    times: tuple[str, ...] = ()


def read_notes(run: RunFolder) -> Notes:
    """A run's notes and tags; none if nobody has written any.

    Raises:
        RunError: notes.json is damaged.
    """
    if not os.path.lexists(run.notes_path):
        return Notes()
    content = read_json(run.notes_path)
    tags: Any = content.get("tags")
    notes: Any = content.get("notes")
    if not (_are_texts(tags) and isinstance(notes, list) and all(map(_is_note, notes))):
        raise RunError(f"{run.notes_path}: damaged: 'tags' and 'notes' must be lists of texts")
    return Notes(tuple(tags), *(tuple(note[key] for note in notes) for key in ("text", "time")))


def _are_texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def _is_note(note: Any) -> bool:
    return isinstance(note, dict) and _are_texts([note.get("text"), note.get("time")])


def write_notes(
    run: RunFolder,
    text: str | None = None,
    tags: Sequence[str] = (),
    untag: Sequence[str] = (),
    clear: bool = False,
) -> Notes:
    """Change a run's notes and tags; no other file of the run is written.

    Args:
        text: a note to add.
        tags, untag: tags to add and to remove.
        clear: remove the notes that exist.

    Returns:
        All notes and tags.

    Raises:
        RunError: notes.json is damaged, or another process is writing it.
        ResourceError: the folder cannot be written.
    """
    # A lock of their own: a run in training can be annotated.
    with RunLock(run.path, ".notes.lock").held():
        before = read_notes(run)
        old = [] if clear else list(zip(before.texts, before.times, strict=True))
        pairs = [*old, *([(text, now())] if text else [])]
        kept = tuple(tag for tag in dict.fromkeys([*before.tags, *tags]) if tag not in untag)
        after = Notes(kept, tuple(text for text, _ in pairs), tuple(time for _, time in pairs))
        _save(run, after)
    return after


def _save(run: RunFolder, notes: Notes) -> None:
    if notes == Notes():
        with contextlib.suppress(FileNotFoundError):
            run.notes_path.unlink()
        return
    pairs = zip(notes.texts, notes.times, strict=True)
    rows = [{"time": time, "text": text} for text, time in pairs]
    write_json(run.notes_path, {"format": FORMAT, "tags": list(notes.tags), "notes": rows})
