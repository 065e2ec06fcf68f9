"""Medians, ratios and agreement of scores; as Markdown, and between a page's markers."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from experiments import EXPERIMENTS, GB, SIDES

NOTHING, TIMES = "\u2013", "\u00d7"  # a dash; the multiplication sign

Run = dict[str, Any]
Results = dict[str, Any]


def epoch_seconds(runs: list[Run]) -> float:
    """The median over all repeats and fits, without each fit's first epoch, which compiles."""
    fits = [fit["seconds"] for run in runs for fit in run["fits"]]
    return median([seconds for fit in fits for seconds in fit[1:] or fit])


def command_seconds(runs: list[Run]) -> float:
    return median(run["seconds"] for run in runs)


def peak_gigabytes(runs: list[Run]) -> float:
    return median(run["peak_bytes"] for run in runs) / GB


def epochs(runs: list[Run]) -> int:
    """Epochs of a run, all its fits': early stopping may end one side sooner than another."""
    return round(median(sum(len(fit["seconds"]) for fit in run["fits"]) for run in runs))


def score(recipe: str, runs: list[Run]) -> float:
    """The compared validation score: a mean over fits, the median of the repeats."""
    pick = _picker(recipe)
    means = [sum(pick(fit["scores"]) for fit in run["fits"]) / len(run["fits"]) for run in runs]
    return median(means)


def _picker(recipe: str) -> Callable[[list[float]], float]:
    experiment = EXPERIMENTS[recipe]
    if experiment.score == "last":
        return lambda scores: scores[-1]
    return max if experiment.metric == "accuracy" else min


@dataclass(frozen=True)
class Measure:
    """Something measured, less of which is better."""

    title: str
    of: Callable[[list[Run]], float]


MEASURES = {
    "epoch": Measure("Seconds per epoch", epoch_seconds),
    "command": Measure("Whole command, seconds", command_seconds),
    "memory": Measure("Peak memory, GB", peak_gigabytes),
}


def ratio(results: Results, recipe: str, side: str, measure: str) -> float | None:
    """How many times textclf's figure a side's is; None where either did not run."""
    runs = results["runs"][recipe]
    if not runs.get(side) or not runs.get("textclf"):
        return None
    of = MEASURES[measure].of
    return of(runs[side]) / of(runs["textclf"])


def scores(results: Results, recipe: str) -> dict[str, float]:
    """The compared score of every side that ran."""
    return {side: score(recipe, runs) for side, runs in results["runs"][recipe].items() if runs}


def disagreements(results: Results) -> list[str]:
    """A sentence for each experiment whose sides' scores are further apart than it tolerates."""
    if results["settings"]["epochs"]:
        return []  # a model tried out for an epoch or two may stand anywhere
    found = []
    for recipe in results["runs"]:
        by_side = scores(results, recipe)
        tolerance = EXPERIMENTS[recipe].tolerance
        if by_side and max(by_side.values()) - min(by_side.values()) > tolerance:
            listed = ", ".join(f"{SIDES[side]} {value:.3f}" for side, value in by_side.items())
            found.append(f"{recipe}: scores are more than {tolerance} apart: {listed}")
    return found


# --- Markdown ----------------------------------------------------------------------------------


def report(results: Results, picture: str) -> str:
    """All that stands between the page's markers."""
    tables = [measure_table(results, measure) for measure in MEASURES]
    notes = [f"- {line}" for line in (*disagreements(results), *_skipped(results))]
    return "\n\n".join(
        [
            _surroundings(results),
            f"![Slowdown relative to textclf]({picture})",
            *tables,
            score_table(results),
            *(["\n".join(notes)] if notes else []),
        ]
    )


def measure_table(results: Results, measure: str) -> str:
    """A row for each recipe: each side's figure, the best bold, and how many times textclf's."""
    rows = [
        [_linked(recipe), *(_cell(results, recipe, side, measure) for side in _sides(results))]
        for recipe in results["runs"]
    ]
    return _table([MEASURES[measure].title, *_side_titles(results)], rows)


def score_table(results: Results) -> str:
    """A row for each recipe: each side's score, and how far apart they may be."""
    rows = []
    for recipe in results["runs"]:
        experiment, by_side = EXPERIMENTS[recipe], scores(results, recipe)
        values = [f"{by_side[s]:.3f}" if s in by_side else NOTHING for s in _sides(results)]
        which = f"{_linked(recipe)}: {experiment.score} {experiment.metric}"
        rows.append([which, *values, str(experiment.tolerance)])
    return _table(["Validation score", *_side_titles(results), "tolerance"], rows)


def _cell(results: Results, recipe: str, side: str, measure: str) -> str:
    runs = results["runs"][recipe]
    if not runs.get(side):
        return NOTHING
    of = MEASURES[measure].of
    value = three_digits(of(runs[side]))
    if of(runs[side]) == min(of(others) for others in runs.values() if others):
        value = f"**{value}**"
    times = ratio(results, recipe, side, measure)
    if side == "textclf" or times is None:
        return value
    return f"{value} ({times_sign(times)}{_other_epochs(runs, side, measure)})"


def _other_epochs(runs: dict[str, list[Run]], side: str, measure: str) -> str:
    if measure != "command" or epochs(runs[side]) == epochs(runs["textclf"]):
        return ""
    return f", {epochs(runs[side])} epochs instead of {epochs(runs['textclf'])}"


def three_digits(value: float) -> str:
    """0.0051, 0.51, 4.71, 61.3, 1234."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def times_sign(value: float) -> str:
    """0.97, 9.2 or 42 and the sign: the digits that matter."""
    digits = 2 if value < 2 else 1 if value < 10 else 0
    return f"{value:.{digits}f}{TIMES}"


def _surroundings(results: Results) -> str:
    machine, versions = results["machine"], results["versions"]
    packages = ", ".join(f"{name} {version}" for name, version in versions.items())
    gpu = f" and one {machine['gpu']}" if "gpu" in machine else ""
    repeats = results["settings"]["repeats"]
    medians = f"Medians of {repeats} runs of each side, in turn" if repeats > 1 else "One run each"
    fewer = results["settings"]["epochs"]
    tried = f" **Tried out with {fewer} epochs only.**" if fewer else ""
    return (
        f"{medians}, on {machine['cores']} cores of {machine['processor']} with "
        f"{machine['memory_bytes'] / GB:.0f} GB{gpu}; {packages}.{tried} An epoch includes "
        "validation and saving; the first epoch of a fit, which compiles, is left out. In "
        "brackets: the slowdown relative to textclf (for memory: the ratio)."
    )


def _skipped(results: Results) -> list[str]:
    return [
        f"{recipe}, {SIDES[side]}: {_how_often(results, recipe, side)}{why}"
        for recipe, sides in results["skipped"].items()
        for side, why in sides.items()
    ]


def _how_often(results: Results, recipe: str, side: str) -> str:
    times = len(results["runs"][recipe].get(side, []))
    return f"ran {times} of {results['settings']['repeats']} times, then " if times else ""


def _sides(results: Results) -> list[str]:
    ran = {side for runs in results["runs"].values() for side in runs}
    return [side for side in SIDES if side in ran]


def _side_titles(results: Results) -> list[str]:
    return [SIDES[side] for side in _sides(results)]


def _linked(recipe: str) -> str:
    return f"[`{recipe}`](catalogue.md#{recipe})"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def replace_block(text: str, block: str, name: str = "benchmark") -> str | None:
    """The text with the block between the markers of a name; None where it has no such markers."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    between = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
    if not between.search(text):
        return None
    return between.sub(lambda _: f"{start}\n{block}\n{end}", text, count=1)
