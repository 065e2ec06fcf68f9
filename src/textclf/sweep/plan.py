"""What a sweep is to do: its space, how it is searched, how many trials, what decides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from textclf.config.settings.sweep import SweepSettings
from textclf.config.sweep_file import Space
from textclf.errors import RunError, UsageError
from textclf.runs.sweep import SweepFolder
from textclf.wording import several

USUAL_TRIALS = 50
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True)
class Plan:
    """A sweep, as sweep.json keeps it.

    Args:
        search: 'grid', 'random' or 'tpe'.
        prune: 'none', 'median' or 'asha'.
        trials: how many are asked for.
        seeds: of each trial.
        keep: 'best' or 'all': whose checkpoints are kept.
        score: of the validation rows, which decides.
        fresh_seeds: of the best two trials, trained again in the end; None: enough for a test.
    """

    space: Space
    search: str
    prune: str
    trials: int
    seeds: int
    keep: str
    score: str
    fresh_seeds: int | None = None

    def to_json(self) -> dict[str, Any]:
        rest = {key: value for key, value in vars(self).items() if key != "space"}
        return self.space.to_json() | {k: v for k, v in rest.items() if v is not None}


def make_plan(space: Space, settings: SweepSettings, score: str) -> Plan:
    """A plan in which nothing is left open.

    Raises:
        UsageError: a grid has more points than the trials that are asked for, or a range.
    """
    n_points = len(space.grid()) if space.is_finite and space.size <= 100_000 else None
    trials = settings.trials or USUAL_TRIALS
    search = settings.search or ("grid" if n_points and n_points <= trials else "tpe")
    if search == "grid":
        trials = _points_of_grid(settings.trials, n_points)
    asked = (settings.seeds, settings.keep, score, settings.fresh_seeds)
    return Plan(space, search, settings.prune, trials, *asked)


def _points_of_grid(trials: int | None, n_points: int | None) -> int:
    if n_points is None:
        raise UsageError(
            "a grid needs choices for every setting, such as 8,16,32, and at most 100,000 "
            "combinations; use --search random or tpe"
        )
    if trials is not None and n_points > trials:
        raise UsageError(
            f"the grid has {n_points:,} points, more than --trials {trials:,}; use --search random "
            f"or tpe, or --trials {n_points}"
        )
    return n_points


def read_plan(sweep: SweepFolder) -> Plan:
    """The plan of a sweep that exists.

    Raises:
        RunError: sweep.json is damaged.
    """
    record = sweep.record
    try:
        space = Space.from_json(record, str(sweep.record_path))
        rest: Mapping[str, Any] = {
            name: record[name]
            for name in Plan.__dataclass_fields__
            if name not in ("space", "fresh_seeds")
        }
    except (KeyError, TypeError) as error:
        raise RunError(f"{sweep.record_path}: damaged: {error}") from error
    return Plan(space, **rest, fresh_seeds=record.get("fresh_seeds"))


def changed(plan: Plan, changes: Mapping[str, Any]) -> Plan:
    """The plan of a sweep that is resumed with other options.

    Raises:
        UsageError: a grid is to have another number of trials than it has points.
    """
    trials = changes.get("trials", plan.trials)
    if plan.search == "grid" and trials != plan.trials:
        raise UsageError(
            f"--trials {trials:,}: the sweep is a grid of {several(plan.trials, 'point')}, all of "
            "which are tried"
        )
    return replace(plan, **changes)


def seconds_in(time: str) -> float:
    """'90m' in seconds.

    Raises:
        UsageError: it is not of this form.
    """
    match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)([smhd])", time)
    if not match:
        raise UsageError(f"{time!r} is not a time such as 90m or 2h")
    return float(match[1]) * SECONDS[match[2]]
