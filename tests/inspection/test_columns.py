"""What a file's columns hold is guessed as a person would."""

import json
from pathlib import Path
from typing import Any

import pytest

from textclf.errors import DataError
from textclf.inspection import scripts
from textclf.inspection.columns import Columns, dataset_section, look_into, training_part

FILMS = "id,review,stars,sentiment\n" + "".join(
    f"{n},a film of {n} words or so,{n % 5},{'good' if n % 3 else 'bad'}\n" for n in range(30)
)
HOUSES = "id;rooms;age;price;street\n" + "".join(
    f"{n};{n % 4};{n * 1.5};{100 + n};No {n}\n" for n in range(30)
)


def look(tmp_path: Path, content: str, name: str = "a.csv", **known: Any) -> Columns:
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


def test_texts_beside_each_other_are_joined(tmp_path):
    content = "subject,body,kind,label\n" + "".join(
        f"News {n} of today,such a long text about {n} things,kind of a class,{'ab'[n % 2]}\n"
        for n in range(30)
    )
    columns = look(tmp_path, content)
    assert columns.text == ["subject", "body"] and columns.left_out == ("kind",)
    assert columns.n_words.tolist() == [11] * 30
    assert next(columns.in_words()).startswith("30 rows; text 'subject' and 'body', joined; ")
    assert dataset_section(columns, tmp_path / "a.csv", tmp_path)["text"] == ["subject", "body"]
    assert look(tmp_path, content, texts=["body"]).text == "body"


@pytest.mark.parametrize("note", ["", "sep=;\r\n"])
@pytest.mark.parametrize("encoding", ["cp949", "utf-16"])
def test_an_export_of_a_spreadsheet_is_understood(tmp_path, note, encoding):
    rows = "".join(f"{n};정말 좋은 영화 {n};{'긍정' if n % 2 else '부정'}\r\n" for n in range(20))
    path = tmp_path / "a.csv"
    path.write_bytes(f"{note}번호;본문;분류\r\n{rows}".encode(encoding))
    columns = look_into(path)
    assert (columns.text, columns.label, columns.encoding) == ("본문", "분류", encoding)
    assert columns.delimiter == (None if note else ";")
    said = [line for line in columns.in_words() if "not UTF-8" in line]
    assert len(said) == (encoding == "cp949")
    assert dataset_section(columns, path, tmp_path)["encoding"] == encoding


def test_labels_of_numbers_and_words_are_classes(tmp_path):
    typed = ["two", "Two", "1", "1.0", "01", "spam"]
    content = "text,label\n" + "".join(f"a film of {n} words,{typed[n % 6]}\n" for n in range(60))
    columns = look(tmp_path, content)
    assert (columns.label, set(columns.classes)) == ("label", set(typed))
    (line,) = columns.doubts
    assert line.endswith("""dataset.labels: {'01': "1", "1.0": "1", Two: two}""")


def test_labels_that_look_alike_are_named(tmp_path):
    columns = look(tmp_path, FILMS.replace("good", "Good", 3))
    (line,) = columns.doubts
    assert line.endswith("set dataset.labels: {Good: good}")


def test_lists_of_labels_are_recognized(tmp_path):
    tags = [["a|b"], ["c"], ["a|b", "c"], []]
    rows = [json.dumps({"text": f"a long text {n}", "tags": tags[n % 4]}) for n in range(40)]
    columns = look(tmp_path, "\n".join(rows), "a.jsonl")
    assert (columns.label, columns.separator, columns.classes) == ("tags", ";", ("a|b", "c"))
    assert not columns.can_stratify
    assert "column 'tags' holds lists: a row has any number of labels" in columns.why_several


@pytest.mark.parametrize("items", ['[["a"], ["b"]]', '[{"a": 1}]'])
def test_a_column_of_other_lists_is_named(tmp_path, items):
    rows = "".join(f'{{"text": "such a long text {n}", "tags": {items}}}\n' for n in range(9))
    with pytest.raises(DataError, match="column 'tags': holds lists, which are read only as"):
        look(tmp_path, rows, "a.jsonl")


@pytest.mark.parametrize(
    ("labels", "separator"),
    [
        (["a|b", "b|a", "a"], "|"),
        (["x", "y", "x; y"], None),  # one list may be a name
        (["a; b", "b; c", "a", "c"], ";"),
        (["Lyon, France", "Nice, France", "Bonn, Germany"], None),
        (["1,5", "5,1", "2,5"], None),
    ],
)
def test_labels_that_are_lists_are_recognized(tmp_path, labels, separator):
    rows = [f'a film of {n} words,"{labels[n % len(labels)]}"\n' for n in range(60)]
    columns = look(tmp_path, "text,label\n" + "".join(rows))
    assert columns.separator == separator
    section = dataset_section(columns, tmp_path / "a.csv", tmp_path)
    assert section.get("labels") == ({"separator": separator} if separator else None)


def test_an_empty_list_of_labels_is_said_so(tmp_path):
    rows = "".join(f"a film of {n} words,{['a', 'a|b', 'b|a', ''][n % 4]}\n" for n in range(60))
    said = [*look(tmp_path, "text,label\n" + rows).in_words()]
    assert "60 rows; text 'text'; label 'label', several in a row: 'a' and 'b'" in said
    assert (
        "column 'label' is empty in 15 rows, which have no label; to leave them out: "
        "dataset.missing: drop"
    ) in said


def test_the_current_folder_may_be_one_of_texts(tmp_path, monkeypatch):
    for name in ("neg/1", "pos/1"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / f"{name}.txt").write_text("so so")
    monkeypatch.chdir(tmp_path)
    assert dataset_section(look_into(Path()), Path(), Path())["path"] == "."


@pytest.mark.parametrize("has_parts", [False, True])
def test_a_folder_of_texts(tmp_path, has_parts):
    for part in ("train/", "test/") if has_parts else ("",):
        for name in ("neg/1", "neg/2", "pos/1", "pos/2"):
            path = tmp_path / f"reviews/{part}{name}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("so so")
    path = training_part(tmp_path / "reviews")
    section = dataset_section(look_into(path), path, tmp_path)
    paths = {"path": "reviews/train", "test_path": "reviews/test"}
    assert section == {
        "name": "csv",
        **(paths if has_parts else {"path": "reviews", "test_split": 0.2}),
        "text": "text",
        "label": "label",
    }


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
    assert [*columns.in_words()][-1] == (
        "column 'sentiment' is empty in 2 rows; train lists them: fill them, or leave them out: "
        "dataset.missing: drop"
    )
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


JOINED = "label\ttext\n" + "".join(
    f"{'good' if n % 2 else 'bad'}\t{quote}a film of {n} words\n"
    for n, quote in enumerate(["", '"', "", "", ""] * 4)
).replace("of 4 words", 'of 4 inches"')


@pytest.mark.parametrize(
    "content",
    [JOINED, JOINED.replace('4 inches"', '4 inches" or so'), JOINED.replace('inches"', "inches")],
    ids=["joined rows", "text behind a quote", "a quote left open"],
)
def test_quotes_that_enclose_nothing_are_plain_characters(tmp_path, content):
    columns = look(tmp_path, content, "a.tsv")
    assert (columns.n_rows, columns.quoting) == (20, "none")
    assert any(line.startswith("quoting: none, as otherwise ") for line in columns.in_words())
    section = dataset_section(columns, tmp_path / "a.tsv", tmp_path)
    assert section["quoting"] == "none"


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("".join(FILMS.splitlines(keepends=True)[6:]), "'good'"),
        ("5.1,3.5,x\n" + "".join(f"{n}.5,{n},{'x' if n % 2 else 'y'}\n" for n in range(9)), "'x'"),
        ("5.1,3.5,12.1\n" + "".join(f"{n}.5,{n},{n + 0.5}\n" for n in range(29)), "'3.5'"),
    ],
    ids=["texts", "features and classes", "numbers"],
)
def test_a_first_row_that_looks_like_data_is_told(tmp_path, content, names):
    lines = [*look(tmp_path, content).in_words()]
    (line,) = [line for line in lines if "the first row looks like data, not a header" in line]
    assert names in line


def test_a_header_is_not_doubted(tmp_path):
    for content in (FILMS, HOUSES):
        assert not look(tmp_path, content).doubts


def test_decimal_commas_are_told(tmp_path):
    content = "rooms;price\n" + "".join(f"{n},5;{n + 100},25\n" for n in range(30))
    with pytest.raises(DataError, match="numbers with a decimal comma are not read"):
        look(tmp_path, content)
    columns = look(tmp_path, "n;" + content.replace(",25", "").replace("\n", "\n1;").rstrip("1;"))
    assert "column 'rooms': numbers with a decimal comma" in columns.doubts[0]


@pytest.mark.parametrize("missing", ["", ', "label": null', ', "label": NaN'])
def test_an_object_may_lack_a_key_be_it_the_first(tmp_path, missing):
    content = f'{{"text": "a film of few words"{missing}}}\n' + "".join(
        f'{{"text": "a film of {n} words", "label": "{"good" if n % 2 else "bad"}"}}\n'
        for n in range(20)
    )
    columns = look(tmp_path, content, "a.jsonl")
    assert (columns.label, columns.n_rows, columns.empty) == ("label", 21, {"label": 1})
    assert set(columns.classes) == {"good", "bad"}


def rows_of(*texts: str) -> str:
    return "text,label\n" + "".join(f'"{text}",{"ab"[n % 2]}\n' for n, text in enumerate(texts * 5))


@pytest.mark.parametrize(
    ("texts", "tokens", "n_tokens"),
    [
        (("a good film, I say", "it’s the end"), "words", [5, 3]),
        (("我昨天去了北京。", "这部电影很好看！"), "characters", [7, 7]),
        (("昨日友達が寿司を買った", "テレビで見た"), "characters", [11, 6]),
    ],
)
def test_the_scripts_of_a_text_choose_its_tokens(tmp_path, texts, tokens, n_tokens):
    columns = look(tmp_path, rows_of(*texts))
    assert (columns.text, columns.label, columns.tokens[0]) == ("text", "label", tokens)
    assert columns.n_words.tolist() == n_tokens * 5


@pytest.mark.parametrize(("kiwi", "tokens"), [(None, "words"), (object(), "morphemes")])
def test_korean_is_split_into_morphemes_where_they_can_be_found(
    tmp_path, monkeypatch, kiwi, tokens
):
    monkeypatch.setattr(scripts, "find_spec", lambda _: kiwi)
    columns = look(tmp_path, rows_of("학교에서 친구를 만났다 정말", "노래가 좋다 참 그렇다"))
    assert columns.tokens[0] == tokens
    assert ("pip install 'textclf[korean]'" in columns.tokens[1]) == (tokens == "words")


def test_a_class_in_chinese_is_not_a_text(tmp_path):
    content = "a,b,kind\n" + "1.5,2,体育新闻\n0.5,3,财经新闻\n" * 5
    columns = look(tmp_path, content)
    assert (columns.text, columns.label, columns.features) == (None, "kind", ("a", "b"))
