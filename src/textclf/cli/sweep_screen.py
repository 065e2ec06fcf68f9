"""A sweep's progress on standard error: a sorted table on a terminal, a line a trial elsewhere."""

from __future__ import annotations

import contextlib
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from textclf.cli import output
from textclf.cli.cells import describe_duration
from textclf.results.sweep.table import NOT_THERE, Table, in_short, is_ranked
from textclf.runs.sweep import SweepFolder
from textclf.runs.trials import DIVERGED, ENDS, FAILED, PRUNED, Trial
from textclf.sweep.orders import Order
from textclf.sweep.watcher import Watcher
from textclf.wording import (
    listed,
    one_line,
    printable,
    several,
    short_titles,
    shortened_inside,
)

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live

MOST_ROWS = 12  # finished trials in the live table
FRAMES = 4  # a second
WIDEST = 14  # columns of a setting


@contextlib.contextmanager
def show_sweep(quiet: bool) -> Iterator[Watcher]:
    """A live table if standard error is a terminal, lines if not, warnings alone if `quiet`."""
    watcher: Watcher = QuietWatcher()
    if not quiet:
        watcher = LiveWatcher() if sys.stderr.isatty() else LineWatcher()
    try:
        yield watcher
    finally:
        watcher.end_sweep()  # after Ctrl-C, too: the live table hides the cursor


class QuietWatcher(Watcher):
    """Warnings alone."""

    def warn(self, message: str) -> None:
        output.warn(message)


# --- what is known while it runs -------------------------------------------------------------


@dataclass
class Standing:
    """Where a sweep stands.

    Args:
        wanted: the number of trials in the end.
        began: when this process took it up, by `clock`.
        steps: of each trial that runs: epochs done and the score of the last.
        final: what is still trained again.
        n_before: trials that had ended by then.
    """

    sweep: SweepFolder
    wanted: int
    trials: dict[int, Trial]
    clock: Callable[[], float] = time.monotonic
    steps: dict[int, tuple[int, float]] = field(default_factory=dict)
    final: list[Order] = field(default_factory=list)
    began: float = 0.0
    n_before: int = 0

    def __post_init__(self) -> None:
        self.began, self.n_before = self.clock(), self.n_ended

    @property
    def table(self) -> Table:
        return Table(self.sweep.score, self.sweep.space, list(self.trials.values()))

    @property
    def n_ended(self) -> int:
        return sum(trial.has_ended for trial in list(self.trials.values()))

    @property
    def seconds_left(self) -> float | None:
        """At the rate so far; None before a trial has ended in this process."""
        n_since = self.n_ended - self.n_before
        if n_since < 1:
            return None
        return (self.clock() - self.began) / n_since * max(0, self.wanted - self.n_ended)

    @property
    def left_in_words(self) -> str:
        """'6 min to the final', or nothing."""
        seconds = self.seconds_left
        return "" if not seconds else f"{describe_duration(seconds)} to the final"

    def begin(self, trial: Trial) -> None:
        self.trials[trial.number] = trial

    def step(self, trial: Trial, step: int, value: float) -> None:
        self.trials[trial.number] = trial
        self.steps[trial.number] = (step, value)

    def end(self, trial: Trial) -> bool:
        """Take up a trial's end; whether it is the best so far."""
        self.trials[trial.number] = trial
        self.steps.pop(trial.number, None)
        return is_ranked(trial) and self.table.ranked[0].number == trial.number


# --- a line for each trial -------------------------------------------------------------------


class LineWatcher(QuietWatcher):
    """A line for each trial that ends: its place, its score, its settings, the time left."""

    standing: Standing | None = None

    def begin_sweep(self, sweep: SweepFolder, trials: Sequence[Trial], wanted: int) -> None:
        self.standing = standing = Standing(sweep, wanted, {one.number: one for one in trials})
        if standing.n_before:
            self.write(f"{sweep.path}: resuming after {standing.n_before} of {wanted} trials")

    def begin_trial(self, trial: Trial) -> None:
        if self.standing:
            self.standing.begin(trial)

    def end_step(self, trial: Trial, step: int, value: float) -> None:
        if self.standing:
            self.standing.step(trial, step, value)

    def end_trial(self, trial: Trial) -> None:
        if self.standing and trial.status in ENDS:
            is_best = self.standing.end(trial)
            self.write(describe_end(self.standing, trial, is_best))

    def begin_final(self, orders: Sequence[Order]) -> None:
        self.write(describe_final(orders))

    def end_order(self, order: Order) -> None:
        self.write(f"{order.name}  {order.seeds} of {order.seeds} seeds")

    def note(self, message: str) -> None:
        output.note(message)

    def write(self, line: str) -> None:
        with contextlib.suppress(OSError):  # nobody reads it: no reason to stop the sweep
            output.say(line, err=True)


def describe_final(orders: Sequence[Order]) -> str:
    """'the final: trial-7 and trial-3 again, with 7 fresh seeds each'."""
    names = listed([order.name.removesuffix("-final") for order in orders])
    seeds = several(orders[0].seeds, "fresh seed")
    return f"the final: {names} again, with {seeds}{' each' if len(orders) > 1 else ''}"


def describe_end(standing: Standing, trial: Trial, is_best: bool) -> str:
    """'7/50  trial-7  val_accuracy 0.8382  units 16  3.2 s  best so far  6 min to the final'."""
    width = len(str(standing.wanted))
    score = "" if trial.value is None else f"{standing.sweep.score} {trial.value:.4f}"
    same = "" if trial.same_as is None else f"the same as {trial.name}, which is not trained again"
    status = trial.status if trial.status in (PRUNED, DIVERGED, FAILED) else ""
    titles = dict(zip(standing.sweep.space, short_titles(list(standing.sweep.space)), strict=True))
    parts = (
        f"{standing.n_ended:>{width}}/{standing.wanted}",
        f"trial-{trial.number}",
        score,
        status,
        *(f"{titles.get(path, path)} {in_short(value)}" for path, value in trial.values.items()),
        same or describe_duration(trial.seconds),
        "best so far" if is_best else "",
        one_line(trial.message) if status == FAILED else "",
        standing.left_in_words,
    )
    return "  ".join(filter(None, parts))


# --- a live table ----------------------------------------------------------------------------


class LiveWatcher(LineWatcher):
    """The best trials and those that run, sorted, above a bar with the time left."""

    live: Live | None = None
    console: Console | None = None

    def begin_sweep(self, sweep: SweepFolder, trials: Sequence[Trial], wanted: int) -> None:
        from rich.console import Console
        from rich.live import Live

        super().begin_sweep(sweep, trials, wanted)
        if (standing := self.standing) is None:
            return
        self.console = console = Console(stderr=True, highlight=False)
        self.live = Live(
            console=self.console,
            get_renderable=lambda: render(standing, console.width, console.height),
            refresh_per_second=FRAMES,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self.live.start()

    def end_trial(self, trial: Trial) -> None:
        if self.standing and trial.status in ENDS:
            self.standing.end(trial)
            if trial.status == FAILED:
                self.write(describe_end(self.standing, trial, False))

    def begin_final(self, orders: Sequence[Order]) -> None:
        if self.standing:
            self.standing.final = list(orders)

    def end_order(self, order: Order) -> None:
        if self.standing:
            self.standing.final = [one for one in self.standing.final if one.name != order.name]

    def end_sweep(self) -> None:
        if self.live is not None:
            self.live.stop()
            self.live = None

    def warn(self, message: str) -> None:
        with self._above():
            output.warn(message)

    def note(self, message: str) -> None:
        self.write(f"textclf: {message}")

    def write(self, line: str) -> None:
        if self.live is None or self.console is None:
            super().write(line)
        else:
            self.console.print(printable(line), markup=False, soft_wrap=True)

    @contextlib.contextmanager
    def _above(self) -> Iterator[None]:
        """Print above the table, which is drawn again below."""
        if self.live is None:
            yield
            return
        self.live.stop()
        yield
        self.live.start()


def render(standing: Standing, width: int, height: int) -> RenderableType:
    """The table and the bar, no wider and no higher than the terminal."""
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.spinner import Spinner
    from rich.table import Table as Grid
    from rich.text import Text

    table = standing.table
    running = [standing.trials[n] for n in sorted(standing.steps)]
    room = max(1, min(MOST_ROWS, height - 5 - len(running)))
    best = table.ranked[:room]
    titles, rows = _texts(standing, [*best, *running], width)
    grid = Grid.grid(padding=(0, 2, 0, 0))
    for place in range(len(titles)):
        grid.add_column(justify="right" if place in (0, 2) else "left", no_wrap=True)
    grid.add_row(*(Text(title, style="bold") for title in titles))
    for place, row in enumerate(rows):
        style = "cyan" if place >= len(best) else "bold green" if place == 0 else ""
        grid.add_row(*(Text(text, style=style) for text in row))
    if standing.final:
        spinner = Spinner("dots", Text(describe_final(standing.final)), style="cyan")
        return Group(grid, Text(""), spinner)
    counts = _counts(standing, table)
    bar = Grid.grid(padding=(0, 2, 0, 0))
    length = max(1, min(24, width - len(counts) - 4))
    bar.add_row(
        ProgressBar(standing.wanted, standing.n_ended, width=length),
        Text(counts, no_wrap=True, overflow="ellipsis"),
    )
    return Group(grid, Text(""), bar) if rows else bar


def _counts(standing: Standing, table: Table) -> str:
    """'14 of 50 trials  6 min to the final  3 pruned'."""
    counts = ((table.count(status), status) for status in (PRUNED, DIVERGED, FAILED))
    lost = (f"{n} {status}" for n, status in counts if n)
    parts = (f"{standing.n_ended} of {standing.wanted} trials", standing.left_in_words, *lost)
    return "  ".join(filter(None, parts))


def _texts(
    standing: Standing, trials: Sequence[Trial], width: int
) -> tuple[list[str], list[list[str]]]:
    """Titles and cells: the rank, the trial, its score and state, then the settings that fit."""
    titles = ["", "trial", standing.sweep.score, "time"]
    rows = [_cells(standing, rank, trial) for rank, trial in enumerate(trials, start=1)]
    left = width - sum(_widest(titles, rows, n) + 2 for n in range(len(titles)))
    shown = zip(standing.sweep.space, short_titles(list(standing.sweep.space)), strict=True)
    for path, title in shown:
        cells = [_setting(trial, path) for trial in trials]
        needed = max(map(len, [title, *cells])) + 2
        if needed > left:
            break
        left -= needed
        titles.insert(-1, title)
        for row, cell in zip(rows, cells, strict=True):
            row.insert(-1, cell)
    return titles, rows


def _cells(standing: Standing, rank: int, trial: Trial) -> list[str]:
    if trial.number in standing.steps:
        step, value = standing.steps[trial.number]
        return ["…", trial.name, f"{value:.4f}" if math.isfinite(value) else "", f"epoch {step}"]
    deviation = trial.scores.get(f"{standing.sweep.score}_sd")
    spread = "" if deviation is None else f" ± {deviation:.4f}"
    score = f"{float(trial.value or 0.0):.4f}{spread}"
    return [str(rank), trial.name, score, describe_duration(trial.seconds)]


def _setting(trial: Trial, path: str) -> str:
    if path not in trial.values:
        return NOT_THERE
    return shortened_inside(in_short(trial.values[path]), WIDEST)


def _widest(titles: Sequence[str], rows: Sequence[Sequence[Any]], place: int) -> int:
    return max(len(titles[place]), *(len(row[place]) for row in rows), 0)
