"""What a file's columns hold is guessed as a person would."""

from pathlib import Path

import pytest

from textclf.errors import DataError
from textclf.inspection.columns import Columns, look_into

FILMS = "id,review,stars,sentiment\n" + "".join(
    f"{n},a film of {n} words or so,{n % 5},{'good' if n % 3 else 'bad'}\n" for n in range(30)
)
HOUSES = "id;rooms;age;price;street\n" + "".join(
    f"{n};{n % 4};{n * 1.5};{100 + n};No {n}\n" for n in range(30)
)


def look(tmp_path: Path, content: str, name: str = "a.csv", **known: str) -> Columns:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    return look_into(path, **known)


def test_a_text_and_its_class(tmp_path):
    columns = look(tmp_path, FILMS)
    assert (columns.text, columns.label, columns.target) == ("review", "sentiment", None)
    assert columns.classes == ("good", "bad")
    assert columns.left_out == ("id", "stars") and columns.n_words.tolist() == [7] * 30


def test_features_and_a_target_behind_semicolons(tmp_path):
    columns = look(tmp_path, HOUSES)
    assert (columns.features, columns.target) == (("rooms", "age"), "price")
    assert (columns.label, columns.delimiter) == (None, ";")
    assert columns.left_out == ("id", "street")


def test_features_and_a_class(tmp_path):
    content = "a,b,species\n1.5,2,x\n2.5,3,y\n1.5,4,x\n0,0,y\n"
    columns = look(tmp_path, content)
    assert (columns.features, columns.label, columns.text) == (("a", "b"), "species", None)


def test_numbers_of_few_values_are_classes(tmp_path):
    rows = "".join(f'{{"text": "such a long text {n}", "y": {n % 2}}}\n' for n in range(9))
    columns = look(tmp_path, rows, "a.jsonl")
    assert (columns.text, columns.label, columns.classes) == ("text", "y", ("0", "1"))


def test_what_is_known_is_not_guessed(tmp_path):
    assert look(tmp_path, FILMS, label="stars").label == "stars"
    assert look(tmp_path, FILMS, target="stars").label is None
    assert look(tmp_path, HOUSES, target="age").features == ("rooms", "price")
    with pytest.raises(DataError, match="has no column 'start'; did you mean 'stars'"):
        look(tmp_path, FILMS, label="start")


def test_a_few_empty_cells_make_no_other_column(tmp_path):
    content = FILMS.replace(",good", ",", 2)
    columns = look(tmp_path, content)
    assert (columns.label, columns.classes) == ("sentiment", ("good", "bad"))
    assert columns.empty == {"sentiment": 2}
    assert "column 'sentiment' is empty in 2 rows; train lists them: fill them" in [
        *columns.in_words()
    ]
    numbers = look(tmp_path, HOUSES.replace(";1.5;", ";;"))
    assert numbers.features == ("rooms", "age") and numbers.empty == {"age": 1}


def test_the_vocabulary_is_counted(tmp_path):
    assert look(tmp_path, FILMS).vocabulary == 6 + 30


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,text\n1,a long text here\n2,another long text\n", "no column looks like a class"),
        ("name,kind\na,x\nb,y\nc,x\nd,y\n", "no column looks like a text"),
        ("a,b\n", "has no rows"),
    ],
)
def test_a_file_without_an_answer_is_told(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        look(tmp_path, content)
