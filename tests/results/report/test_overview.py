"""Many runs on one page: grouped, the best first, sorted by style alone, bounded."""

import base64
import hashlib
import html
import re

import pytest

from run_folders import make_run
from textclf.results.report import overview, read_contents, render_page
from textclf.results.report.overview import BEST, MOST_SETTINGS, best_runs, group_runs
from textclf.runs.notes import write_notes

MAES = [3.0 + 0.1 * (7 * number % 12) for number in range(12)]


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Twelve runs, the first validated on test rows, and one on other data."""
    folder = tmp_path_factory.mktemp("many")
    runs = []
    for number, mae in enumerate(MAES):
        test = ["training.validation={split: test}"] if number == 0 else []
        runs.append(make_run(folder, f"run-{number}", mae, f"model.units=[{8 + number}]", *test))
    write_notes(runs[3], "a <b>note</b>", ["a-tag"])
    runs.append(make_run(folder, "other", 1.0, data={"c.npz": "2"}))
    return [read_contents(run) for run in runs]


@pytest.fixture(scope="module")
def page(many):
    return render_page(many)


def test_runs_are_grouped_by_their_data_the_best_first(many):
    groups = group_runs(many)
    assert [len(group.runs) for group in groups] == [12, 1]
    assert [group.first for group in groups] == [1, 13]
    maes = [run.metrics["val_mae"] for run in groups[0].runs]
    assert maes == sorted(MAES) and groups[0].leading == "val_mae"


def test_runs_of_other_metrics_are_not_ranked_together(many, hostile):
    assert [group.runs[0].metric for group in group_runs([*many[:2], hostile])] == [
        *("mae", "accuracy")
    ]


def test_a_few_runs_stay_in_the_order_in_which_they_are_named(many):
    (group,) = group_runs([many[1], many[0]])
    assert [run.name for run in group.runs] == ["run-1", "run-0"]
    assert group.is_few and overview.sorting_style([group]) == ""


def test_curves_and_explanations_are_those_of_the_best(many, page):
    group = group_runs(many)[0]
    assert [line.label for line in group.chart.lines] == [str(n) for n in range(1, BEST + 1)]
    assert len({line.colour for line in group.chart.lines}) == BEST
    assert "The curves of the best 8 of 12 runs, by validation mae" in page
    assert [run.name for run in best_runs(many[:8])] == [f"run-{n}" for n in range(8)]
    names = [run.name for run in best_runs(many)]
    assert names == [*(run.name for run in group.runs[:4]), "other"]
    assert "The mistakes of the best runs, 5 of 13, are explained" in page


def test_every_column_has_a_place_for_each_row(many):
    group = group_runs(many)[0]
    columns = {column.key: column.places for column in group.columns}
    assert columns["val_mae"] == list(range(12))
    order = sorted(range(12), key=columns["model.units"].__getitem__)
    units = [group.value("model.units", place) for place in order]
    assert units == sorted(units)


def test_places_sort_numbers_then_texts_then_what_is_missing():
    assert overview._places([2, None, "b", 10, "a"]) == [0, 4, 3, 1, 2]
    assert overview._places([0.5, None, 0.9], descending=True) == [1, 2, 0]


def test_no_script_sorts_and_the_policy_knows_the_style(page):
    assert "<script" not in page
    style = re.search(r"<style>(.*?)</style>", page, re.S)[1]
    assert ".sortable:has(#sort-0-1:checked) tbody tr:nth-child(2){order:1}" in style
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in html.unescape(page)


def test_details_fold_and_each_row_leads_to_its_run(page):
    assert page.count('<details class="run">') == 13
    links, ids = (re.findall(rf'{kind}="#?(run-\d+)"', page) for kind in ("href", "id"))
    assert sorted(links) == sorted(ids) and len(set(ids)) == 13


def test_tags_notes_and_marks_are_shown(page):
    assert page.count('<small class="tag">a-tag</small>') == 2  # in the table and in its section
    assert "a &lt;b&gt;note&lt;/b&gt;" in page
    assert page.count('<span class="star">*</span>') == 2  # of one run, two scores
    assert "* validated on test rows" in page


def test_settings_without_a_column_are_named(tmp_path):
    runs = [make_run(tmp_path, f"b-{number}", 3.0, f"seed={number}") for number in range(3)]
    contents = [read_contents(run) for run in runs]
    other = make_run(tmp_path, "x", 3.0, "training.validation={split: k_fold}").path
    text = (other / "config.yaml").read_text()
    for old, new in (("batch_size: 1", "batch_size: 8"), ("epochs: 100", "epochs: 9")):
        text = text.replace(old, new)
    (other / "config.yaml").write_text(text)
    contents.append(read_contents(type(runs[0])(other)))
    (group,) = group_runs(contents)
    shown = [column.key for column in group.columns if column.kind == "setting"]
    assert shown[:2] == ["seed", "training.epochs"] and len(shown) <= MOST_SETTINGS
    assert [*shown, *group.left_out] == [path for path, _ in group.settings]
