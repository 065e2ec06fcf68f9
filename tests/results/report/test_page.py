"""The page: one file that loads nothing, escapes everything, and says what the tables say."""

import html
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from made_up_run import ATTACK, make_run
from textclf.results.report import read_contents, render_page
from textclf.results.report.page import bars

VOID = {"meta", "br", "img", "input"}


class Outline(HTMLParser):
    """Elements, attributes and headings of a page; every element must be closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.headings: list[int] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name == "href"]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(hostile) -> str:
    return render_page([hostile])


def test_names_and_texts_are_text_not_markup(page):
    outline = Outline(page)
    assert not {"script", "img", "iframe", "link", "object", "base"} & outline.tags
    assert not {name for name in outline.attributes if name.startswith("on") or name == "style"}
    assert not {"src", "srcset", "action", "xlink:href"} & outline.attributes
    assert page.count(html.escape(ATTACK)) > 5 and ATTACK not in page
    assert "{{ 7 * 7 }}" in page  # a template in a text stays one


def test_no_control_character_of_a_text_reaches_the_page(page):
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)


def test_nothing_outside_the_file_is_named_and_no_script_may_run(page):
    assert all(link.startswith("#") for link in Outline(page).links)
    assert not re.search(r"url\(|@import|https?:", page)
    policy = html.unescape(re.search(r'Security-Policy" content="([^"]*)"', page)[1])
    assert "default-src 'none'" in policy and "script-src" not in policy
    assert "unsafe" not in policy


def test_headings_go_down_a_level_at_a_time(hostile, page):
    several = render_page([hostile, replace(hostile, name="b")])
    for outline in (Outline(page), Outline(several)):
        assert outline.open == []
        assert outline.headings.count(1) == 1 and outline.headings[0] == 1
        steps = zip(outline.headings, outline.headings[1:], strict=False)
        assert all(after <= before + 1 for before, after in steps)


def test_the_same_run_gives_the_same_page(hostile, page):
    assert render_page([hostile]) == page


def test_runs_side_by_side_show_scores_and_the_settings_that_differ(tmp_path, hostile):
    other = make_run(tmp_path, name="other")
    text = other.config_path.read_text().replace("batch_size: 512", "batch_size: 64")
    other.config_path.write_text(text)
    page = render_page([hostile, read_contents(other)])
    assert "2 runs compared" in page and 'href="#run-2"' in page
    (settings,) = re.findall(r"Settings that differ</caption>(.*?)</table>", page, re.S)
    assert re.findall("<code>(.*?)</code>", settings) == ["training.batch_size", "512", "64"]


LINEAR = {
    "model": "logistic regression",
    "metrics": {"val_accuracy": 0.8, "test_loss": 0.5, "test_accuracy": 0.75},
}


def test_a_linear_model_stands_between_the_scores_and_the_constant_answer(hostile):
    rows = bars(replace(hostile, linear=LINEAR))
    assert [bar.style for bar in rows] == ["test", "val", "linear", "baseline"]
    assert rows[2][:3] == ("logistic regression", 0.75, None)
    rows = bars(replace(hostile, linear={**LINEAR, "metrics": {"val_accuracy": 0.8}}))
    assert rows[2].value == 0.8
    assert [bar.style for bar in bars(hostile)] == ["test", "val", "baseline"]
    assert bars(replace(hostile, linear=LINEAR, metrics={}, outcome=None)) == []
    page = render_page([replace(hostile, linear=LINEAR)])
    assert "Logistic regression: on the same words and training rows" in page


def test_a_linear_model_is_read_from_the_run(tmp_path):
    run = make_run(tmp_path, 2)
    assert read_contents(run).linear is None
    content = {"model": ATTACK, "metrics": {"test_accuracy": 1}}
    run.baseline_path.write_text(json.dumps(content))
    page = render_page([read_contents(run)])
    assert html.escape(ATTACK) in page and ATTACK not in page


@pytest.mark.parametrize(("classes", "curves"), [(2, 3), (3, 0)])
def test_two_classes_have_curves_of_their_probabilities(tmp_path, classes, curves):
    contents = read_contents(make_run(tmp_path, classes))
    assert len(contents.outcome.curves) == curves
    assert ("ROC curve" in render_page([contents])) == bool(curves)


def test_a_matrix_that_is_wider_than_a_page_says_so(tmp_path):
    pages = {
        classes: render_page([read_contents(make_run(tmp_path, classes, name=f"r{classes}"))])
        for classes in (12, 46, 100)
    }
    assert "scroll sideways" not in pages[12]
    assert 'class="caption hint">46 classes: scroll sideways to see all.' in pages[46]
    assert 'class="caption hint always">100 classes' in pages[100]
    # About 14 px for a label of 10.5 units: neither huge for 12 classes nor tiny for 100.
    for classes, page in pages.items():
        width, side = re.search(
            r'class="heat[^"]*" width="(\d+)" viewBox="0 0 (\d+)', page
        ).groups()
        assert 11 < 10.5 * int(width) / int(side) < 15, classes
