"""Names in every script: drawn with an installed font, or one line that names a package."""

import unicodedata
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager
from matplotlib.text import Text

from textclf.errors import TextclfWarning
from textclf.plots import canvas, draw_confusion_matrix, fonts, save_figure

HANGUL, JAPANESE = "경제", "経済"


def make_font(path: Path, name: str, signs: str) -> Path:
    """A font of squares."""
    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    for corner in ((100, 800), (900, 800), (900, 0)):
        pen.lineTo(corner)
    pen.closePath()
    names = [".notdef", *(f"g{place}" for place in range(len(signs)))]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(s): n for s, n in zip(signs, names[1:], strict=True)})
    builder.setupGlyf(dict.fromkeys(names, pen.glyph()))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (1000, 100)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": name, "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=800, usWinAscent=800, usWinDescent=200)
    builder.setupPost()
    builder.save(path)
    return path


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The fonts that the machine has besides Matplotlib's; empty at first."""
    paths: list[str] = []
    manager = font_manager.fontManager
    usual = [e for e in manager.ttflist if e.name.startswith((fonts.USUAL, fonts.PLACEHOLDER))]
    monkeypatch.setattr(manager, "ttflist", usual)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: paths)
    for cached in (fonts.find_families, canvas._warn_once):
        cached.cache_clear()
    yield paths
    fonts.find_families.cache_clear()


def draw(*names: str) -> list[Text]:
    figure = draw_confusion_matrix(np.eye(len(names), dtype=int), names, "a")
    return figure.findobj(Text)


def test_a_font_that_has_the_signs_is_found_even_if_it_is_new(
    tmp_path: Path, installed: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    installed += [str(make_font(tmp_path / "one.ttf", "One", HANGUL))]
    installed += [str(make_font(tmp_path / "two.ttf", "Two", JAPANESE))]
    with warnings.catch_warnings(), caplog.at_level("WARNING"):
        warnings.simplefilter("error")
        figure = draw_confusion_matrix(np.eye(2, dtype=int), [HANGUL, JAPANESE], "a")
        for suffix in ("png", "svg", "pdf"):
            save_figure(figure, tmp_path / f"picture.{suffix}")
    families = {tuple(text.get_fontfamily()) for text in figure.findobj(Text)}
    assert caplog.text == ""
    assert families == {(fonts.USUAL, "One", "Two")}


def test_without_a_font_one_line_names_the_package(tmp_path: Path) -> None:
    with pytest.warns(TextclfWarning) as caught:
        for title in ("one picture", "another"):
            figure = draw_confusion_matrix(np.eye(2, dtype=int), [HANGUL, "b"], title)
            save_figure(figure, tmp_path / "a.png")
    (line,) = [str(warning.message) for warning in caught]
    assert "fonts-noto-cjk" in line
    assert all(sign in line for sign in HANGUL)


@pytest.mark.parametrize("name", ["sport", "экономика", "Ökonomie", "a\u200bb\u00a0c"])
def test_nothing_is_searched_for_what_the_usual_font_has(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: pytest.fail("searched"))
    assert all(text.get_fontfamily() == [fonts.USUAL] for text in draw(name, "b"))


def test_decomposed_names_are_drawn_composed(tmp_path: Path, installed: list[str]) -> None:
    installed += [str(make_font(tmp_path / "one.ttf", "One", HANGUL))]
    drawn = {text.get_text() for text in draw(unicodedata.normalize("NFD", HANGUL), "b")}
    assert HANGUL in drawn


def test_a_damaged_font_does_not_matter(tmp_path: Path, installed: list[str]) -> None:
    (tmp_path / "damaged.ttf").write_bytes(b"\0" * 100)
    installed += [str(tmp_path / "damaged.ttf")]
    installed += [str(make_font(tmp_path / "one.ttf", "One", HANGUL))]
    assert draw(HANGUL, "b")[0].get_fontfamily() == [fonts.USUAL, "One"]


def test_wide_names_are_as_wide_as_they_look() -> None:
    assert fonts.columns("ab") == 2
    assert fonts.columns("경a") == 3
