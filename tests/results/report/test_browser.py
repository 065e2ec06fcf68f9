"""The page in a real browser: nothing loads, nothing overflows, everything can be read."""

import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from made_up_run import make_run
from made_up_sweep import make_sweep
from needs import need
from run_folders import make_run as make_boston
from textclf.results.report import read_contents, render_page
from textclf.results.sweep.page import render_sweep
from textclf.runs import RunFolder

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = [pytest.mark.real_data, pytest.mark.slow]
NAMES = ["many classes", "imdb", "folds", "comparison", "many runs", "sweep"]

# The texts whose contrast with the nearest background behind them falls short, as WCAG 2 counts it.
FAINT_TEXTS = """() => {
    const parse = css => css.match(/[\\d.]+/g).map(Number);
    const luminance = ([r, g, b]) => [r, g, b]
        .map(v => v / 255)
        .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = element => {
        for (let e = element; e; e = e.parentElement) {
            const color = parse(getComputedStyle(e).backgroundColor);
            if (color.length === 3 || color[3] === 1) return color;
        }
        return [255, 255, 255];
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const faint = [];
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || element.closest('title')) continue;
        const style = getComputedStyle(element);
        const ink = parse(element.closest('svg') ? style.fill : style.color);
        const [low, high] = [luminance(ink), luminance(behind(element))].sort((a, b) => a - b);
        const contrast = (high + 0.05) / (low + 0.05);
        if (contrast < 4.5) faint.push([walker.currentNode.data.trim(), contrast]);
    }
    return faint;
}"""
# Elements that stick out of the window, but for those that scroll within it.
OVERFLOWING = """() => [...document.querySelectorAll('body *')]
    .filter(e => !e.parentElement.closest('.wide, pre, .hidden, svg'))
    .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
    .map(e => e.outerHTML.slice(0, 100))"""
TOO_SMALL = """() => [...document.querySelectorAll('figure.chart text')]
    .filter(e => 15 * e.getScreenCTM().a < 10).length"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    need(find_spec("playwright"), "playwright is not installed; pip install '.[test-export]'")
    need(CHROMIUM, "chromium is not installed; apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def pages(hostile, trained, tmp_path_factory) -> dict[str, Path]:
    """Pages by name: 46 hostile classes, two classes, k folds, four runs compared, then fifty."""
    folder = tmp_path_factory.mktemp("pages")
    runs = {name: read_contents(RunFolder(trained / name)) for name in ("imdb", "folds")}
    small = read_contents(make_run(folder / "runs", classes=4, name="small"))
    contents = {"many classes": [hostile], **{name: [run] for name, run in runs.items()}}
    contents["comparison"] = [hostile, small, *runs.values()]
    fifty = [make_boston(folder / "fifty", f"run-{n}", 3.0 + 7 * n % 50 / 50) for n in range(50)]
    contents["many runs"] = [read_contents(run) for run in fifty]
    paths = {name: folder / f"{name}.html" for name in contents}
    for name, path in paths.items():
        path.write_text(render_page(contents[name]), encoding="utf-8")
    paths["sweep"] = folder / "sweep.html"
    paths["sweep"].write_text(render_sweep(make_sweep()), encoding="utf-8")
    return paths


@pytest.fixture
def visit(browser, pages) -> Iterator[Callable[..., Any]]:
    """Opens a page; at the end it must have said nothing, asked for nothing, loaded nothing."""
    told: list[str] = []
    asked: list[str] = []
    contexts = []

    def open_page(name: str, **settings: Any) -> Any:
        contexts.append(browser.new_context(**settings))
        page = contexts[-1].new_page()
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("dialog", lambda dialog: (told.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(pages[name].as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert told == []
    assert set(asked) <= {path.as_uri() for path in pages.values()}


@pytest.mark.parametrize("name", NAMES)
def test_a_phone_shows_it_without_sideways_scrolling(visit, name):
    page = visit(name, viewport={"width": 375, "height": 700})
    page.eval_on_selector_all("details", "all => all.forEach(e => e.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    assert page.evaluate(OVERFLOWING) == []
    assert page.evaluate(TOO_SMALL) == 0


BAR_WIDTHS = "all => [...new Set(all.map(e => Math.round(e.getBoundingClientRect().width)))]"


@pytest.mark.parametrize("name", ["many classes", "imdb"])
def test_on_a_phone_a_bar_is_as_wide_as_the_page(visit, name):
    page = visit(name, viewport={"width": 375, "height": 700})
    assert page.eval_on_selector_all(".bar svg", BAR_WIDTHS) == [335]
    is_shown = page.locator(".hint").all()
    assert [hint.is_visible() for hint in is_shown] == [True] * (name == "many classes")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_every_text_can_be_read_in_both_schemes(visit, name, scheme):
    page = visit(name, color_scheme=scheme, viewport={"width": 1280, "height": 900})
    page.eval_on_selector_all("details", "all => all.forEach(e => e.open = true)")
    is_dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 27)"
    assert is_dark == (scheme == "dark")
    assert page.evaluate(FAINT_TEXTS) == []


def test_what_is_folded_opens_without_a_script(visit):
    page = visit("many classes", java_script_enabled=False)
    summaries = page.locator("summary")
    assert summaries.count() >= 12  # ten long texts, the settings, the environment
    settings = page.get_by_text("batch_size: 512")
    assert not settings.is_visible()
    page.get_by_text("Settings: the complete config").click()
    assert settings.is_visible()


@pytest.mark.parametrize("name", ["many classes", "folds"])
def test_it_prints_on_a4_with_the_settings_unfolded(visit, name, tmp_path):
    page = visit(name, viewport={"width": 680, "height": 900})
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") == 680
    assert page.get_by_text("batch_size:").bounding_box()["height"] > 100
    pdf = page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF") and 2 <= pdf.count(b"/Type /Page\n") <= 12


def test_a_screen_reader_finds_headings_tables_and_pictures(visit):
    page = visit("many classes")
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("heading", level=2).count() >= 4
    assert page.get_by_role("columnheader", name="precision").count() == 1
    assert page.get_by_role("rowheader", name="class-10", exact=True).count() >= 1
    for picture in page.get_by_role("img").all():
        assert len(picture.get_attribute("aria-label")) > 20
    assert page.locator("html").get_attribute("lang") == "en"


def test_attacks_are_shown_as_text(visit):
    page = visit("many classes")
    assert page.get_by_text("<script>alert(1)</script>").count() > 5
    assert page.locator("script, img, iframe").count() == 0


def test_many_runs_are_sorted_by_the_mouse_and_the_keys_without_a_script(visit):
    page = visit("many runs", java_script_enabled=False, viewport={"width": 1280, "height": 900})
    rows = page.locator(".sortable tbody tr")

    def shown() -> list[str]:
        tops = [(row.bounding_box()["y"], row.locator("a").inner_text()) for row in rows.all()]
        return [name for _, name in sorted(tops)]

    by_score = shown()
    page.get_by_role("radio", name="run").check()
    assert shown() == sorted(by_score) != by_score
    page.keyboard.press("ArrowRight")  # to the score
    assert shown() == by_score


def test_many_runs_are_a_page_of_bounded_height_whose_links_unfold_a_run(visit):
    page = visit("many runs", viewport={"width": 1280, "height": 900})
    assert page.evaluate("document.documentElement.scrollHeight") < 6000
    assert page.locator("details.run[open]").count() == 0
    page.get_by_role("link", name="run-17").click()
    page.wait_for_selector("details.run[open]")
    assert page.locator("details.run[open] article").get_by_text("run-17").first.is_visible()


def test_a_trial_lights_up_in_every_picture_when_a_reader_points_at_its_row(visit):
    page = visit("sweep", java_script_enabled=False, viewport={"width": 1280, "height": 900})
    row = page.locator("tr[class^=t]").nth(4)
    number = row.get_attribute("class")
    assert row.locator("th").hover() is None
    inks = page.locator(f"svg .{number}")
    assert inks.count() >= 6  # the line, the history, and the panels of its settings
    widths = page.locator(f".way.{number}").evaluate("e => getComputedStyle(e).strokeWidth")
    assert widths == "4px"
    others = page.locator(".way:not(.best)").first
    assert others.evaluate("e => getComputedStyle(e).strokeWidth") != "4px"
