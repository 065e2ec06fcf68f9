"""A folder per class is read as Keras's text_dataset_from_directory reads it."""

import os
from pathlib import Path

import pytest

from textclf.data.folders import list_texts
from textclf.data.tables import find_encoding, hash_source, read_rows, reading_warnings
from textclf.errors import DataError

REVIEWS = {
    "neg/2.txt": "bad\r\nfilm", "neg/10.txt": "so so", "neg/old/1.TXT": "worse",
    "pos/b.txt": "good", "pos/a.txt": "좋은",
}  # fmt: skip


@pytest.fixture(autouse=True)
def reviews(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write(REVIEWS)


def write(texts: dict[str, str], encoding: str = "utf-8") -> Path:
    for name, text in texts.items():
        path = Path("reviews") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode(encoding))
    return Path("reviews")


def test_the_folder_of_a_text_is_its_label(reviews):
    assert [*read_rows(reviews)] == [
        (1, {"text": "so so", "label": "neg", "file": "neg/10.txt"}),
        (2, {"text": "bad\nfilm", "label": "neg", "file": "neg/2.txt"}),
        (3, {"text": "worse", "label": "neg", "file": "neg/old/1.TXT"}),
        (4, {"text": "좋은", "label": "pos", "file": "pos/a.txt"}),
        (5, {"text": "good", "label": "pos", "file": "pos/b.txt"}),
    ]
    assert not [*reading_warnings(reviews)]


def test_the_order_is_that_of_keras(reviews):
    for name in ("neg/a/0.txt", "neg/a.b/0.txt", "neg/B.txt", "neg/é.txt", "Pos/1.txt"):
        write({name: "x"})
    assert list_texts(reviews) == [
        *("Pos/1.txt", "neg/10.txt", "neg/2.txt", "neg/B.txt", "neg/é.txt", "neg/a/0.txt"),
        *("neg/a.b/0.txt", "neg/old/1.TXT", "pos/a.txt", "pos/b.txt"),
    ]


def test_what_is_not_read_is_counted(reviews):
    write({"neg/a.pdf": "", "readme": "", "pos/.DS_Store": ""})
    (reviews / "empty").mkdir()
    assert [*reading_warnings(reviews)] == [
        "3 files left out, not .txt in a class's folder, the first: 'neg/a.pdf'",
        "1 folder without a text left out: 'empty'",
    ]
    assert len([*read_rows(reviews)]) == 5


def test_train_and_test_are_named_one_by_one(reviews):
    for part in ("train", "test"):
        write({f"../parts/{part}/{name}": text for name, text in REVIEWS.items()})
    with pytest.raises(DataError, match=r"path: parts/train and test_path: parts/test$"):
        [*read_rows(Path("parts"))]
    assert len([*read_rows(Path("parts/train"))]) == 5


def test_a_folder_without_texts_is_an_error(reviews):
    (reviews / "neg/old/1.TXT").unlink()
    for folder in (reviews / "neg", reviews / "pos"):
        with pytest.raises(
            DataError, match=f"^{folder}: a folder without texts; it needs a folder"
        ):
            [*read_rows(folder)]


def test_all_texts_have_one_encoding(reviews):
    write(dict.fromkeys(REVIEWS, "이 영화는 정말 좋았습니다"), "cp949")
    assert find_encoding(reviews).encoding == "cp949"
    assert {row["text"] for _, row in read_rows(reviews)} == {"이 영화는 정말 좋았습니다"}
    with pytest.raises(DataError, match=r"^reviews/neg/10.txt:1: byte 0xc0 is not utf-8; name the"):
        [*read_rows(reviews, encoding="utf-8")]


def test_a_change_of_a_text_or_its_name_changes_the_hash(reviews):
    first = hash_source(reviews)
    assert len([*read_rows(reviews, sha256=first)]) == 5
    os.rename("reviews/pos/b.txt", "reviews/neg/b.txt")  # noqa: PTH104
    assert hash_source(reviews) != first
    with pytest.raises(DataError, match="changed while it was read"):
        [*read_rows(reviews, sha256=first)]


def test_a_pipe_is_not_read(reviews):
    os.mkfifo("reviews/pos/c.txt")
    with pytest.raises(DataError, match=r"^reviews/pos/c.txt: cannot be read: a pipe, not a file"):
        [*read_rows(reviews)]
