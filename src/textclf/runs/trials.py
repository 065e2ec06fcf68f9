"""The trials of a sweep, as its file of lines says: which were asked for, how they ended."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from textclf.disk.atomic import append_line, cannot_write
from textclf.disk.regular import read_regular
from textclf.errors import RunError

RUNNING = "running"  # asked for, without an end
FINISHED, PRUNED, DIVERGED, FAILED = "finished", "pruned", "diverged", "failed"
ENDS = (FINISHED, PRUNED, DIVERGED, FAILED)
DIED = "died"  # an attempt, not the trial
MOST_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Trial:
    """A point of the space, and what came out.

    Args:
        number: from 1; its folder is `trial-<number>`.
        values: what was chosen, by dotted paths: {'model.units': 8}; of several configs the name
            of one, under 'config'.
        status: RUNNING or one of ENDS.
        same_as: the number of the earlier trial of the same values, whose results these are.
        value: the score that decides; None without one. Of a pruned trial its best so far.
        scores: as in metrics.json.
        attempts: how often it was begun and ended by itself.
        seconds: that its last attempt took.
        message: the error in a line; '' without one.
    """

    number: int
    values: Mapping[str, Any]
    status: str = RUNNING
    same_as: int | None = None
    value: float | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    attempts: int = 0
    seconds: float = 0.0
    message: str = ""

    @property
    def name(self) -> str:
        """Of the folder that has its run: 'trial-7'."""
        return f"trial-{self.same_as or self.number}"

    @property
    def has_ended(self) -> bool:
        return self.status in ENDS


class Ledger:
    """trials.jsonl: a line for each trial that is asked for, and one for each end; only added to.

    Args:
        path: of the file, which need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def repair(self) -> None:
        """Cut off a last line that was being written when the machine died; for the writer only.

        Raises:
            ResourceError: the file cannot be written.
        """
        content = self._content()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            try:
                with self.path.open("r+b") as file:
                    file.truncate(whole)
            except OSError as error:
                raise cannot_write(self.path, error) from error

    def ask(self, trial: Trial) -> None:
        """Add a trial that is about to begin.

        Raises:
            ResourceError: the disk is full.
        """
        same = {} if trial.same_as is None else {"same_as": trial.same_as}
        self._add({"trial": trial.number, "values": dict(trial.values), **same})

    def end(self, trial: Trial, status: str) -> None:
        """Add how a trial ended, or that an attempt DIED.

        Raises:
            ResourceError: the disk is full.
        """
        result = {} if trial.value is None else {"value": trial.value}
        error = {"message": trial.message} if trial.message else {}
        self._add(
            {
                "trial": trial.number,
                "status": status,
                **result,
                "scores": dict(trial.scores),
                "attempts": trial.attempts,
                "seconds": round(trial.seconds, 3),
                **error,
            }
        )

    def _add(self, line: dict[str, Any]) -> None:
        text = json.dumps(line, allow_nan=False, ensure_ascii=False)
        append_line(self.path, f"{text}\n", is_synced=True)

    def read(self) -> list[Trial]:
        """All trials, in the order in which they were asked for.

        Raises:
            RunError: the file is damaged; a last line that is not whole is not read.
        """
        trials: dict[int, Trial] = {}
        for number, line in enumerate(self._lines(), start=1):
            try:
                _take(json.loads(line), trials)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise RunError(f"{self.path}:{number}: damaged: {error}") from error
        return [_with_result(trial, trials) for trial in trials.values()]

    def _lines(self) -> Iterator[bytes]:
        *whole, _torn = self._content().split(b"\n")
        yield from whole

    def _content(self) -> bytes:
        try:
            return read_regular(self.path, MOST_BYTES)
        except FileNotFoundError:
            return b""
        except (OSError, ValueError) as error:
            raise RunError(f"{self.path}: damaged: {error}") from error


def _take(line: dict[str, Any], trials: dict[int, Trial]) -> None:
    number = line["trial"]
    if "values" in line:
        if number != len(trials) + 1:
            raise ValueError(f"trial {number} comes after trial {len(trials)}")
        trials[number] = Trial(number, line["values"], same_as=line.get("same_as"))
        return
    ended = {name: line[name] for name in ("value", "message") if name in line}
    is_end = line["status"] in ENDS
    trials[number] = replace(
        trials[number],
        status=line["status"] if is_end else RUNNING,
        scores=line["scores"],
        attempts=line["attempts"],
        seconds=line["seconds"],
        **ended,
    )


def _with_result(trial: Trial, trials: Mapping[int, Trial]) -> Trial:
    """The trial, with the result of the one that has the same values."""
    if trial.same_as is None:
        return trial
    return replace(trials[trial.same_as], number=trial.number, same_as=trial.same_as)
