"""Fonts for names in any script: which installed ones have the signs that the usual one lacks."""

from __future__ import annotations

import logging
import unicodedata
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.font_manager import FontEntry

USUAL = "DejaVu Sans"  # comes with Matplotlib: the same picture on every machine
IS_CJK = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA", "BOPOMOFO", "FULLWIDTH", "IDEOGRAPHIC")
UNSEEN = {"Cc", "Cf", "Cs", "Mn", "Me", "Zs", "Zl", "Zp"}  # categories that need no sign of a font
PLACEHOLDER = "Last Resort"  # a font of Matplotlib's own: a framed picture of each sign's script
MOST_SIGNS = 5  # that a warning shows


def unusual_signs(texts: Iterable[str]) -> str:
    """The signs that the usual font lacks, sorted; nothing is opened for ASCII."""
    signs = {sign for text in texts if not text.isascii() for sign in text if sign > "\x7f"}
    if not signs:
        return ""
    from matplotlib.font_manager import findfont

    usual = _signs_of(findfont(USUAL))
    lacking = (s for s in signs if ord(s) not in usual and unicodedata.category(s) not in UNSEEN)
    return "".join(sorted(lacking))


@lru_cache
def find_families(signs: str) -> tuple[tuple[str, ...], str]:
    """Families of installed fonts that have `signs` together, and the signs that none has."""
    wanted, families = set(map(ord, signs)), []
    for entry in _installed():
        if not wanted:
            break
        if there := wanted & _signs_of(entry.fname):
            families.append(entry.name)
            wanted -= there
    return tuple(families), "".join(sorted(map(chr, wanted)))


def describe_missing(signs: str) -> str:
    """What a user reads about signs that no font has: the package that brings one."""
    is_cjk = any(unicodedata.name(sign, "").startswith(IS_CJK) for sign in signs)
    shown = " ".join(signs[:MOST_SIGNS]) + (" …" if len(signs) > MOST_SIGNS else "")
    package = "fonts-noto-cjk" if is_cjk else "fonts-noto-core"
    return (
        f"pictures show boxes for {shown}: no installed font has them; install one, such as the "
        f"package {package}, and draw the pictures again"
    )


@contextmanager
def quiet_fonts() -> Iterator[None]:
    """Silence Matplotlib on what fonts lack; `describe_missing` reports signs in our words."""
    log = logging.getLogger("matplotlib.font_manager")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from", UserWarning)
            yield
    finally:
        log.setLevel(level)


def columns(text: str) -> int:
    """How wide a text is, in letters; a Chinese, Japanese or Korean sign is as wide as two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _installed() -> list[FontEntry]:
    """Every font, upright sans serif first; those installed since Matplotlib listed them, too."""
    from matplotlib.font_manager import findSystemFonts, fontManager

    known = {entry.fname for entry in fontManager.ttflist}
    for path in findSystemFonts():
        if path not in known:
            with suppress(Exception):  # FreeType's errors for a damaged or foreign file
                fontManager.addfont(path)
    return sorted(
        (entry for entry in fontManager.ttflist if not entry.name.startswith(PLACEHOLDER)),
        key=lambda entry: (entry.style != "normal", "Serif" in entry.name, entry.name),
    )


def _signs_of(path: str) -> frozenset[int]:
    """The code points that a font file can draw at any size; none if it cannot be read."""
    from matplotlib.font_manager import get_font

    try:
        font = get_font(path)
        return frozenset(font.get_charmap()) if font.scalable else frozenset()
    except (OSError, RuntimeError):
        return frozenset()
