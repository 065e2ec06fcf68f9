"""The page itself: templates filled and escaped, with its style inside; it loads nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from textclf.config.file import dump_config
from textclf.plots.canvas import number
from textclf.results.report import charts, prose
from textclf.results.report.contents import Contents
from textclf.results.report.mistakes import strongest_features
from textclf.results.report.overview import best_runs, group_runs, sorting_style

if TYPE_CHECKING:
    import jinja2

TEMPLATES = files("textclf.results.report") / "templates"
# Control characters, and those that change the direction of what follows.
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# No script, nothing from elsewhere, no style but the page's own, recognised by its hash.
POLICY = "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'"


class Bar(NamedTuple):
    """A score as a bar, its length a share of the longest."""

    label: str
    value: float
    deviation: float | None
    share: float
    style: str  # 'test', 'val', 'linear' or 'baseline'


def render_page(runs: Sequence[Contents]) -> str:
    """One HTML document; with several runs, which differ in name, a comparison comes first."""
    groups = group_runs(runs) if len(runs) > 1 else []
    return fill(
        "page.html",
        sorting_style(groups),
        runs=runs,
        groups=groups,
        explained=len(best_runs(runs)),
    )


def fill(template: str, more_style: str, package: str | None = None, **content: Any) -> str:
    """A page with its style inside, and a policy that allows nothing else.

    Args:
        more_style: CSS after that of all pages.
        package: has the template, if it is not one of this package.
        content: what the template shows.
    """
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8") + more_style
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = _environment(package).get_template(template)
    return page.render(style=_trusted(style), policy=POLICY.format(digest), **content)


@cache
def _environment(package: str | None) -> jinja2.Environment:
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    packages = filter(None, (package, "textclf.results.report"))
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=number, bars=bars, share=share, score_name=score_name)
    environment.globals.update(
        prose=prose,
        chart=charts,
        dump_config=dump_config,
        strongest_features=strongest_features,
    )
    return environment


def _trusted(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)


def _printable(value: Any) -> Any:
    """Replace the invisible characters of a user's text."""
    if type(value) is not str:  # a number, or Markup, which is escaped already
        return value
    return CONTROL.sub("\ufffd", value)


def share(value: float) -> str:
    """A share for people to read: 84%, 0.4%."""
    return f"{value:.0%}" if value >= 0.1 or value == 0 else f"{value:.1%}"


WRITTEN = {"f1": "F1", "roc": "ROC", "auc": "AUC", "rmse": "RMSE", "r2": "R²"}


def score_name(key: str) -> str:
    """'validation macro F1' for val_macro_f1; a setting stays as it is."""
    if "." in key:
        return key
    name = " ".join(WRITTEN.get(word, word) for word in key.split("_"))
    return f"validation {name.removeprefix('val ')}" if name.startswith("val ") else name


def bars(run: Contents) -> list[Bar]:
    """The run's scores of its metric, those of a linear model, and that of a constant answer."""
    rows = [*_of_model(run), *_of_linear_model(run)]
    if run.outcome and run.metric != "loss":
        rows.append((run.outcome.baseline.words, run.outcome.baseline.score, None, "baseline"))
    longest = 1.0 if run.metric == "accuracy" else max((row[1] for row in rows), default=1.0)
    return [
        Bar(label, value, deviation, value / max(longest, 1e-12), style)
        for label, value, deviation, style in rows
    ]


ROWS = {"test": "test rows", "val": "validation rows"}
Row = tuple[str, float, float | None, str]  # of a Bar, without the share


def _of_model(run: Contents) -> list[Row]:
    return [
        (words, run.metrics[key], run.metrics.get(f"{key}_sd"), split)
        for split, words in ROWS.items()
        if (key := f"{split}_{run.metric}") in run.metrics
    ]


def _of_linear_model(run: Contents) -> list[Row]:
    """Its score on the rows of the run's first score."""
    if run.linear is None:
        return []
    known = run.linear["metrics"]
    keys = [key for split in ROWS if (key := f"{split}_{run.metric}") in run.metrics]
    scores = [known[key] for key in keys if key in known]
    return [(run.linear["model"], score, None, "linear") for score in scores[:1]]
