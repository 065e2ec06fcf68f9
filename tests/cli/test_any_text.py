"""From files as people have them to a report, without an edit: what training read is read again."""

import json
import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from needs import need

Rows = Iterator[tuple[str, str]]
KOREAN = ("영화", "배우", "음악"), ("재미", "감동"), ("실망", "지루함")
CHINESE = ("电影", "故事", "演员"), ("很好", "喜欢"), ("糟糕", "无聊")
ENGLISH = ("film", "actor", "music"), ("great", "lovely"), ("awful", "dull")
PARTICLES = ("은", "는", "이", "가", "을", "를", "의", "에서")


def make_rows(words: tuple[tuple[str, ...], ...], join: Callable[[list[str]], str]) -> Rows:
    """Texts of five words, of which one or two say the class; every 17th label is wrong."""
    chance = random.Random(0)
    neutral, good, bad = words
    for row in range(240):
        is_good = row % 2 == 0
        text = chance.choices(neutral, k=3) + chance.choices(good if is_good else bad, k=2)
        chance.shuffle(text)
        yield join(text), "yes" if is_good == (row % 17 > 0) else "no"


def with_particles(words: list[str]) -> str:
    return " ".join(word + PARTICLES[len(words[0]) * 3 % 8 + k % 2] for k, word in enumerate(words))


def excel_export() -> str:
    """As a Korean Excel saves it: cp949, semicolons, and a line that says so."""
    lines = [f'"{text}";{label}' for text, label in make_rows(KOREAN, with_particles)]
    content = "\r\n".join(["sep=;", "text;label", *lines, ""])
    Path("export.csv").write_bytes(content.encode("cp949"))
    return "export.csv"


def folders() -> str:
    for number, (text, label) in enumerate(make_rows(ENGLISH, "… “".join)):
        Path("reviews", label).mkdir(parents=True, exist_ok=True)
        Path("reviews", label, f"{number}.txt").write_text(text)
    return "reviews"


def without_blanks() -> str:
    rows = [f"{text}。,{label}" for text, label in make_rows(CHINESE, "".join)]
    Path("texts.csv").write_text("\n".join(["text,label", *rows, ""]))
    return "texts.csv"


def from_a_mac() -> str:
    """JSON Lines, every other text decomposed."""
    forms = ("NFC", "NFD") * 120
    lines = [
        json.dumps({"text": unicodedata.normalize(form, text), "label": label})
        for form, (text, label) in zip(forms, make_rows(KOREAN, with_particles), strict=True)
    ]
    Path("texts.jsonl").write_text("\n".join(lines) + "\n")
    return "texts.jsonl"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:unclosed file")  # by the card's program
@pytest.mark.parametrize(
    ("make_data", "tokens", "overrides", "package", "on_page"),
    [
        (excel_export, "morphemes", (), "kiwipiepy", "재미"),
        (folders, "words", (), None, "lovely"),
        (without_blanks, "characters", (), None, "很"),
        (from_a_mac, "subwords", ("--set", "preprocessing.tokens=subwords"), "tokenizers", "▁"),
    ],
    ids=["excel", "folders", "chinese", "mac"],
)
def test_a_file_as_it_comes(cli, make_data, tokens, overrides, package, on_page):
    need(package is None or find_spec(package), f"{package} is not installed")
    file = make_data()

    def run(*arguments: object) -> str:
        result = cli(*arguments)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    run("init", file, "-o", "c.yaml")
    assert overrides or f"tokens: {tokens}" in Path("c.yaml").read_text()
    if not overrides:
        run("check", "c.yaml")
    faster = ("--set", "training.engine=graph")  # than compiling for so few rows
    run("train", "c.yaml", *overrides, *faster, "--name", "a", "--set", "training.epochs=12")
    if tokens == "morphemes":
        run("evaluate", "a", "--expect", "test_accuracy>=0.85")
    run("report", "a", "-o", "a.html")
    assert on_page in "".join(re.findall("<mark[^>]*>([^<]*)</mark>", Path("a.html").read_text()))
    run("predict", "--run", "a", "--file", file, "-o", "p.csv", "--expect", "accuracy>=0.85")
    predicted = pd.read_csv("p.csv")
    assert_same_as_training(predicted)
    run("export", "a", "--format", "keras", "-o", "a.keras")
    assert_same_as_card(predicted)


def assert_same_as_training(predicted: pd.DataFrame) -> None:
    own = pd.read_csv("runs/a/predictions.csv")
    again = predicted.loc[own["row"]]
    np.testing.assert_allclose(again["probability"], own["probability"], atol=1e-6)
    assert (again["truth"].to_numpy() == own["truth"].to_numpy()).all()


def assert_same_as_card(predicted: pd.DataFrame) -> None:
    scope: dict[str, Any] = {"print": lambda *_: None}
    exec("\n".join(json.loads(Path("a.keras.json").read_text())["usage"]), scope)
    some = predicted[:9]
    of_yes = scope["predict"](scope["encode"](some["text"].tolist()))[:, 0]
    of_predicted = np.where(some["prediction"] == "yes", of_yes, 1 - of_yes)
    np.testing.assert_allclose(some["probability"], of_predicted, atol=1e-5)
