"""Several runs side by side: grouped by what they were asked, the best first, sortable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from textclf.config.scores import is_detail, scores_by_epoch
from textclf.config.settings import flatten
from textclf.data.tasks import is_better_higher
from textclf.results.comparison import FEW, asked, best_first, by_interest, differing, leading_score
from textclf.results.report import prose
from textclf.results.report.charts import Chart, chart_of_runs
from textclf.results.report.contents import Contents

BEST = 8  # runs of a page whose curves are drawn and whose mistakes are explained
MOST_SETTINGS = 12  # columns
SPLITS = ("test", "val")


class Column(NamedTuple):
    """A column of a group's table.

    Args:
        kind: 'run', 'score', 'epochs', 'time' or 'setting'.
        key: the score's name or the setting's dotted path.
        places: of each row, if the table is sorted by this column, int from 0.
        is_number: whether its cells are aligned as numbers.
    """

    kind: str
    key: str
    places: list[int]
    is_number: bool = True


@dataclass(frozen=True)
class Group:
    """Runs that were asked the same, by the same metric.

    Args:
        title: what they were asked.
        number: of the group, from 0.
        first: the number of its first run on the page, from 1.
        runs: the best first; few runs in the order in which they were named.
        leading: the score that ranks them; '' if none has one.
        columns: of its table.
        settings: those that differ, by run.
        left_out: those that have no column.
        chart: the curves of the first `drawn` runs.
    """

    title: str
    number: int
    first: int
    runs: list[Contents]
    leading: str
    columns: list[Column]
    settings: list[tuple[str, list[str]]]
    left_out: list[str]
    chart: Chart | None
    drawn: int

    @property
    def is_few(self) -> bool:
        return len(self.runs) <= FEW

    def value(self, path: str, place: int) -> str:
        """A setting of the run in a place."""
        return dict(self.settings)[path][place]


def group_runs(runs: Sequence[Contents]) -> list[Group]:
    """The runs in groups, in the order in which each group's first run is named."""
    groups: dict[str, list[Contents]] = {}
    for run in runs:
        key = repr((run.metric, asked(run.config.model_dump(), run.record)))
        groups.setdefault(key, []).append(run)
    made, first = [], 1
    for number, members in enumerate(groups.values()):
        made.append(_group(number, first, members))
        first += len(members)
    return made


def best_runs(runs: Sequence[Contents]) -> list[Contents]:
    """The best runs of a page, some of each group."""
    groups = group_runs(runs)
    each = max(1, BEST // len(groups))
    return list(runs) if len(runs) <= BEST else [r for group in groups for r in group.runs[:each]]


def _group(number: int, first: int, members: list[Contents]) -> Group:
    runs = members if len(members) <= FEW else _best_first(members)
    drawn = min(len(runs), BEST)
    settings = _settings(runs)
    shown = [] if len(runs) <= FEW else settings[:MOST_SETTINGS]
    return Group(
        title=prose.question(runs[0].config),
        number=number,
        first=first,
        runs=runs,
        leading=leading_score(run.metrics for run in runs),
        columns=_columns(runs, [path for path, _ in shown]),
        settings=settings,
        left_out=[path for path, _ in settings[MOST_SETTINGS:]],
        chart=chart_of_runs([run.histories for run in runs[:drawn]], runs[0].metric, first),
        drawn=drawn,
    )


def _best_first(runs: Sequence[Contents]) -> list[Contents]:
    by_name = {run.name: run for run in runs}
    return [by_name[name] for name in best_first({run.name: run.metrics for run in runs})]


def _settings(runs: Sequence[Contents]) -> list[tuple[str, list[str]]]:
    """The settings that differ, the most interesting first, each with its value in every run."""
    values = dict(prose.differing_settings([run.config for run in runs]))
    flat = {run.name: flatten(run.config.model_dump()) for run in runs}
    order = by_interest(differing(flat)) if len(runs) > FEW else list(values)
    return [(path, values[path]) for path in order]


# --- the table -------------------------------------------------------------------------------


def _columns(runs: Sequence[Contents], settings: Sequence[str]) -> list[Column]:
    scores = [
        Column("score", key, _places([run.metrics.get(key) for run in runs], is_better_higher(key)))
        for key in _scores(runs)
    ]
    epochs = [sum(map(len, run.histories)) or None for run in runs]
    times = [prose.time_of(run.record) for run in runs]
    flat = [flatten(run.config.model_dump()) for run in runs]
    return [
        Column("run", "run", _places([run.name for run in runs]), is_number=False),
        *scores,
        Column("epochs", "epochs", _places(epochs)),
        Column("time", "time", _places(times)),
        *(
            Column("setting", path, _places([one.get(path) for one in flat]), is_number=False)
            for path in settings
        ),
    ]


def _scores(runs: Sequence[Contents]) -> list[str]:
    """The one that ranks the runs, the metric's, the loss's, then the others, without details."""
    leading = leading_score(run.metrics for run in runs)
    names = {name: None for run in runs for name in run.metrics if name.startswith(SPLITS)}
    usual = [leading, *(f"{split}_{m}" for m in (runs[0].metric, "loss") for split in SPLITS)]
    asked = {name for run in runs for name in scores_by_epoch(run.config)}
    hidden = [name for name in names if name.endswith("_sd") or is_detail(name, asked)]
    others = [name for name in names if name not in (*usual, *hidden)]
    return [*(name for name in dict.fromkeys(usual) if name in names), *others]


def _places(values: Sequence[Any], descending: bool = False) -> list[int]:
    """The place of each value among the sorted ones: numbers, then texts, then missing ones."""

    def rank(row: int) -> tuple[int, Any]:
        value = values[row]
        if type(value) in (int, float):
            return 0, -value if descending else value
        return (2, "") if value is None else (1, str(value))

    order = sorted(range(len(values)), key=rank)
    return [order.index(row) for row in range(len(values))]


def sorting_style(groups: Sequence[Group]) -> str:
    """CSS that sorts a group's table by the column that a reader chooses: no script is needed."""
    return "".join(line for group in groups if not group.is_few for line in _rules(group))


def _rules(group: Group) -> Iterator[str]:
    table = f".sortable:has(#sort-{group.number}-"
    yield f"{table}0) table{{grid-template-columns:repeat({len(group.columns)},auto)}}\n"
    for number, column in enumerate(group.columns):
        for row, place in enumerate(column.places, start=1):
            yield f"{table}{number}:checked) tbody tr:nth-child({row}){{order:{place}}}\n"
