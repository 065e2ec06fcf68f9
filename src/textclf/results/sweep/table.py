"""The trials of a sweep as a table: the best first, and as CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textclf.config.space import Axis
from textclf.data.tasks import is_better_higher
from textclf.runs.trials import DIVERGED, FAILED, FINISHED, PRUNED, RUNNING, Trial

NOT_THERE = "–"  # noqa: RUF001 (a dash: a setting that a model does not have)
ORDER = (FINISHED, RUNNING, PRUNED, DIVERGED, FAILED)  # below each other


@dataclass(frozen=True)
class Table:
    """The trials of a sweep.

    Args:
        score: that decides, such as 'val_accuracy'.
        space: what the sweep varies, by dotted path; 'config' are the names of several configs.
        trials: in any order.
    """

    score: str
    space: Mapping[str, Axis]
    trials: Sequence[Trial]

    @property
    def sign(self) -> int:
        """1 where a higher score is better, else -1."""
        return 1 if is_better_higher(self.score) else -1

    @property
    def best_first(self) -> list[Trial]:
        """Finished trials by their score, then the others by what became of them."""
        return sorted(self.trials, key=self._place)

    @property
    def ranked(self) -> list[Trial]:
        """Those that may win, the best first; of equal ones that with the lower number."""
        return [trial for trial in self.best_first if is_ranked(trial)]

    @property
    def tried(self) -> list[Trial]:
        """Those that were compared: pruned and diverged ones lost."""
        there = (FINISHED, PRUNED, DIVERGED)
        return [trial for trial in self.trials if trial.status in there and trial.same_as is None]

    def count(self, status: str) -> int:
        return sum(trial.status == status for trial in self.trials)

    def _place(self, trial: Trial) -> tuple[bool, int, float, int]:
        loss = math.inf if trial.value is None else -self.sign * trial.value
        loss = math.inf if math.isnan(loss) else loss
        return not is_ranked(trial), ORDER.index(trial.status), loss, trial.number


def is_ranked(trial: Trial) -> bool:
    """Whether it may win: it is finished, has a score, and its values were not tried before."""
    has_score = trial.value is not None and math.isfinite(trial.value)
    return trial.status == FINISHED and has_score and trial.same_as is None


def results_csv(table: Table) -> str:
    """results.csv: a line for each trial, the best first; the same trials give the same bytes."""
    scores = _other_scores(table)
    titles = ["rank", "trial", "status", table.score, *scores, *table.space]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*titles, "seconds", "folder", "message"])
    writer.writerows(_lines(table, scores))
    return text.getvalue()


def _lines(table: Table, scores: Sequence[str]) -> Iterator[list[Any]]:
    for rank, trial in enumerate(table.best_first, start=1):
        yield [
            rank if is_ranked(trial) else "",
            trial.number,
            trial.status,
            "" if trial.value is None else trial.value,
            *(trial.scores.get(name, "") for name in scores),
            *(in_yaml(trial.values[p]) if p in trial.values else "" for p in table.space),
            f"{trial.seconds:.3f}",
            trial.name,
            trial.message,
        ]


def _other_scores(table: Table) -> list[str]:
    """The deciding score's deviation, then the other scores; none of test rows."""
    known = dict.fromkeys(name for trial in table.best_first for name in trial.scores)
    deviation = [name for name in known if name == f"{table.score}_sd"]
    others = (name for name in known if not name.startswith("test_") and name != table.score)
    return list(dict.fromkeys([*deviation, *others]))


def in_yaml(value: Any) -> str:
    """A setting as a config has it, on one line."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(in_yaml, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {in_yaml(part)}' for key, part in value.items())}}}"
    return str(value)


def in_short(value: Any) -> str:
    """The same for people: of a fraction three digits."""
    return f"{value:.3g}" if isinstance(value, float) else in_yaml(value)
