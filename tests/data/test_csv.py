"""One's own files: what they become, and how what is wrong with them is told."""

import csv
import gzip
import json
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from textclf.config.settings.dataset import CsvDataset
from textclf.data.loaders import load_dataset, missing_files
from textclf.data.tables import read_rows
from textclf.data.tasks import BINARY, MULTICLASS, REGRESSION
from textclf.data.tokens import Tokens
from textclf.errors import ConfigError, DataError, MissingDataError

FILMS = "text,label\nA good film,pos\nbad; so bad!,neg\ngood good,pos\nThe end,neg\nbad film,neg\n"
HOUSES = "rooms,age,price\n3,10,200.5\n4,20,250\n5,5,400\n2,50,100\n3,30,180\n"


@pytest.fixture(autouse=True)
def a_cache_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("TEXTCLF_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def write(name: str, content: str) -> str:
    Path(name).write_text(content, encoding="utf-8")
    return name


def as_json_lines(content: str) -> str:
    return "".join(json.dumps(row) + "\n" for row in csv.DictReader(content.splitlines()))


def films(content: str = FILMS, name: str = "films.csv", **settings: object) -> CsvDataset:
    given = {"text": "text", "label": "label", **settings}
    return CsvDataset(name="csv", path=write(name, content), **given)


def houses(content: str = HOUSES, **settings: object) -> CsvDataset:
    given = {"features": ["rooms", "age"], "target": "price", **settings}
    return CsvDataset(name="csv", path=write("houses.csv", content), **given)


def texts_of(data) -> list[str]:
    return [" ".join(data.words[id_] for id_ in data.x[row][1:]) for row in range(len(data))]


def test_texts_become_words_and_labels_classes():
    data = load_dataset(films(test_path=write("test.csv", "label,text\npos,Good\n")))
    assert texts_of(data) == [
        "a good film", "bad so bad", "good good", "the end", "bad film", "good",
    ]  # fmt: skip
    assert (data.task, data.class_names, data.n_train) == (BINARY, ["neg", "pos"], 5)
    assert data.y.tolist() == [1, 0, 1, 0, 0, 1]
    assert data.in_file(np.array([0, 4, 5])).tolist() == [0, 4, 0]
    assert set(data.files) == {"films.csv", "test.csv"} and not data.warnings


def test_without_a_test_file_rows_are_shuffled_and_a_share_tests():
    data = load_dataset(films(test_split=0.4))
    other = load_dataset(films(test_split=0.4, seed=1))
    assert data.n_train == 3
    as_in_file = texts_of(load_dataset(films(test_path=write("other.csv", FILMS))))[:5]
    assert texts_of(data) == [as_in_file[row] for row in data.in_file(np.arange(5))]
    assert sorted(texts_of(data)) == sorted(as_in_file)
    assert texts_of(other) != texts_of(data)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tsv", FILMS.replace(",", "\t")),
        ("a.jsonl", as_json_lines(FILMS)),
        ("a.csv", "\ufeff" + FILMS.replace("\n", "\r\n")),
        ("a.csv", FILMS.replace("The end", '"The\nend"')),
    ],
    ids=["tsv", "json lines", "byte order mark", "quoted newline"],
)  # fmt: skip
@pytest.mark.parametrize("is_packed", [False, True], ids=["plain", "gzip"])
def test_every_form_of_a_file_gives_the_same(name, content, is_packed):
    expected = load_dataset(films())
    settings = films(content, name)
    if is_packed:
        Path(f"{name}.gz").write_bytes(gzip.compress(content.encode()))
        settings = settings.model_copy(update={"path": str(Path(f"{name}.gz").absolute())})
    data = load_dataset(settings)
    assert texts_of(data) == texts_of(expected)
    assert data.y.tolist() == expected.y.tolist()


def test_another_delimiter_is_a_setting():
    semicolons = films("text;label\nwell, well;a\nno;b\nyes;a\n", delimiter=";")
    assert sorted(texts_of(load_dataset(semicolons))) == ["no", "well well", "yes"]


def test_numbers_as_classes_are_in_their_order():
    data = load_dataset(films("text,label\na,10\nb,9\nc, 9 \nd,-1\ne,x\n"))
    assert data.class_names == ["-1", "9", "10", "x"]
    assert data.task == MULTICLASS


def test_json_labels_may_be_numbers_or_booleans():
    rows = [
        {"text": "a", "label": True},
        {"text": "b", "label": False},
        {"text": "c", "label": True},
    ]
    data = load_dataset(films("\n".join(map(json.dumps, rows)), "a.jsonl"))
    assert data.class_names == ["false", "true"]


def test_features_and_targets_are_numbers():
    data = load_dataset(houses(test_split=0.2))
    assert data.task == REGRESSION and data.feature_names == ["rooms", "age"]
    assert (data.x.shape, data.x.dtype, data.y.dtype) == ((5, 2), np.float64, np.float64)
    price = dict(zip(map(tuple, data.x.tolist()), data.y.tolist(), strict=True))
    assert price[3, 10] == 200.5 and price[5, 5] == 400


def test_features_may_have_classes_and_texts_numbers():
    classes = load_dataset(houses(HOUSES.replace("price", "kind"), target=None, label="kind"))
    assert len(classes.class_names) == 5
    stars = load_dataset(films("text,stars\ngood,5\nbad,1\nso so,3\n", label=None, target="stars"))
    assert sorted(stars.y.tolist()) == [1, 3, 5] and stars.task == REGRESSION


def test_the_second_reading_comes_from_the_cache(monkeypatch):
    settings = films(FILMS + "...,neg\n")
    first = load_dataset(settings)
    monkeypatch.setattr("textclf.data.csv.read_rows", None)
    second = load_dataset(settings)
    assert texts_of(second) == texts_of(first) and second.warnings == first.warnings
    np.testing.assert_array_equal(second.source_rows, first.source_rows)


def test_a_changed_file_is_read_anew():
    load_dataset(films())
    assert "new" in load_dataset(films(FILMS + "new,neg\n")).words


def test_a_file_is_also_found_in_the_data_folder(tmp_path):
    settings = films()
    Path("elsewhere").mkdir()
    Path("films.csv").rename("elsewhere/films.csv")
    assert len(load_dataset(settings, Path("elsewhere"))) == 5
    with pytest.raises(MissingDataError, match=r"^films.csv: no such file"):
        load_dataset(settings)
    assert missing_files(settings) and not missing_files(settings, Path("elsewhere"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"films.csv: .*empty"),
        ("text,label\n", r"films.csv: has no rows"),
        ("Text,label\na,b\n", r"films.csv: has no column 'text'; did you mean 'Text'\?"),
        ("text,label\na,b\nc,b\n", r"films.csv: column 'label': all rows are of one class, 'b'"),
        ("text,label\na,b\nc, \n", r"films.csv:3: column 'label': no class"),
        ("text,label\na,b\nc,d,e\n", r"films.csv:3: 3 fields"),
        (
            "text,label\na,x\n" + "".join(f"a,c{i}\n" for i in range(1001)),
            "1,002 different classes",
        ),
        ("text,label\na,b\n", "all rows are of one class|of 1 row"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(content, message):
    with pytest.raises(DataError, match=message):
        load_dataset(films(content))


def test_all_wrong_rows_are_told_at_once_but_not_by_thousands():
    rows = "".join(f"{'?' if n % 2 else n},1,1\n" for n in range(40))
    with pytest.raises(DataError) as caught:
        load_dataset(houses("rooms,age,price\n" + rows))
    assert caught.value.messages[0].startswith("houses.csv:3: column 'rooms': '?' is not a number ")
    assert caught.value.messages[-2] == "and 10 more such places"
    assert len(caught.value.messages) == 12


@pytest.mark.parametrize("label", ["=cmd|' /C calc'!A0", "+1+cmd", "-2+3", "@SUM(1)", "=1"])
def test_a_class_that_a_spreadsheet_would_run_is_kept_and_warned_of(label):
    data = load_dataset(films("text,label\n" + f"a,{label}\nb,{label}\nc,pos\nd,pos\n" * 5))
    assert label in data.class_names
    (warning,) = data.warnings
    assert repr(label) in warning and "as text" in warning


@pytest.mark.parametrize("label", ["-1", "+1", "-0.5", "a=b", "1-2"])
def test_a_class_that_is_a_number_or_plain_text_is_not_warned_of(label):
    data = load_dataset(films("text,label\n" + f"a,{label}\nb,{label}\nc,pos\nd,pos\n" * 5))
    assert label in data.class_names and not data.warnings


@pytest.mark.parametrize("number", ["", "nan", "inf", "1,5", "1e999", "None"])
def test_only_finite_numbers_are_numbers(number):
    content = f'rooms,age,price\n1,2,3\n"{number}",2,3\n'
    with pytest.raises(DataError, match=r"houses.csv:3: column 'rooms'"):
        load_dataset(houses(content))


def test_what_is_odd_is_counted():
    content = FILMS + "...,neg\n ,pos\nx,rare\ny,other\n😀,other\n"
    data = load_dataset(films(content, test_path=write("test.csv", "text,label\na,only here\n")))
    assert list(data.warnings) == [
        "films.csv: 2 texts without a word, the first in line 7; they are kept, "
        "but the model sees nothing in them",
        "1 class with no training row: 'only here'",
        "1 class with one training row: 'rare'",
    ]
    assert len(data) == 11


def test_two_files_of_one_name_are_told_apart_from_any_folder(tmp_path, monkeypatch):
    Path("other").mkdir()
    settings = films(test_path=write("other/films.csv", FILMS))
    assert set(load_dataset(settings).files) == {"films.csv", "other/films.csv"}
    monkeypatch.chdir(tmp_path / "other")
    assert set(load_dataset(settings).files) == {"films.csv", "other/films.csv"}


def test_one_file_cannot_train_and_test(tmp_path):
    with pytest.raises(DataError, match=r"films.csv: the same file as test_path"):
        load_dataset(films(test_path="films.csv"))
    Path("other").mkdir()
    settings = films(test_path=write("other/films.csv", FILMS))
    with pytest.raises(DataError, match="the same file as test_path"):
        load_dataset(settings, tmp_path)


def test_a_given_data_folder_comes_first(tmp_path):
    Path("given").mkdir()
    settings = films()
    write("given/films.csv", FILMS + "given,neg\n")
    assert len(load_dataset(settings)) == 5
    assert len(load_dataset(settings, tmp_path / "given")) == 6


def test_the_cache_knows_a_file_by_its_name_too():
    content = FILMS.replace(",", "\t")
    load_dataset(films(content, "a.tsv"))
    with pytest.raises(DataError, match=r"b.csv:1: one column"):
        load_dataset(films(content, "b.csv"))


def test_an_object_without_a_key_is_told_with_its_line():
    lines = '{"text": "a", "label": 1}\n{"text": "b"}\n{"label": 2}\n{"text": "c", "label": 1.0}\n'
    with pytest.raises(DataError) as caught:
        load_dataset(films(lines, "a.jsonl"))
    assert caught.value.messages[:2] == (
        "a.jsonl:2: column 'label': no class",
        "a.jsonl:3: column 'text': None is not a text",
    )


@pytest.mark.parametrize("number", ["1" + "0" * 400, "1e300", "-1e16"])
def test_numbers_that_training_cannot_square_are_refused(number):
    lines = f'{{"a": 1, "price": 1}}\n{{"a": {number}, "price": 2}}\n'
    settings = CsvDataset(name="csv", path=write("a.jsonl", lines), features=["a"], target="price")
    with pytest.raises(DataError, match=r"a.jsonl:2: column 'a': .* is not a number from -1e\+15"):
        load_dataset(settings)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.csv.gz", "other"])
def test_the_bytes_that_are_parsed_are_those_that_are_hashed(name, monkeypatch):
    """Another program writes to a file between its hash and its reading."""
    new = FILMS.replace("good", "poison")

    def save(content: str) -> None:
        content = as_json_lines(content) if ".jsonl" in name else content
        packed = name.endswith(".gz")
        Path(name if "." in name else "test.csv").write_bytes(
            gzip.compress(content.encode(), mtime=0) if packed else content.encode()
        )

    settings = films(test_path="test.csv") if name == "other" else films(FILMS, name)
    save(FILMS)
    with monkeypatch.context() as patch:
        read = "textclf.data.csv.read_rows"
        patch.setattr(read, lambda path, *more: (save(new), read_rows(path, *more))[1])
        with pytest.raises(DataError, match="changed while it was read; try again"):
            load_dataset(settings)
    save(FILMS)
    assert "poison" not in load_dataset(settings).words
    save(new)
    assert "poison" in load_dataset(settings).words


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl"])
def test_one_text_is_the_same_words_in_every_form(name, line_break):
    texts = [f"so{line_break}good", f"so {line_break}{line_break}bad{line_break}"]
    delimiter = "\t" if name == "a.tsv" else ","
    with Path(name).open("w", newline="", encoding="utf-8") as file:
        if name == "a.jsonl":
            file.writelines(json.dumps({"text": t, "label": t[-3:]}) + "\n" for t in texts)
        else:
            rows = [["text", "label"], *([text, text[-3:].strip()] for text in texts)]
            csv.writer(file, delimiter=delimiter).writerows(rows)
    settings = CsvDataset(name="csv", path=name, text="text", label="label", test_split=0.5)
    assert sorted(texts_of(load_dataset(settings))) == ["so bad", "so good"]


@pytest.mark.parametrize("label", ["NaN", "Infinity", "-Infinity", "null"])
def test_what_json_writes_for_no_value_is_no_class(label):
    lines = f'{{"text": "a", "label": "x"}}\n{{"text": "b", "label": {label}}}\n' * 3
    with pytest.raises(DataError) as caught:
        load_dataset(films(lines, "a.jsonl"))
    assert caught.value.messages[:3] == tuple(
        f"a.jsonl:{line}: column 'label': no class" for line in (2, 4, 6)
    )


@pytest.mark.parametrize("label", ["nan", "None", "null", "N/A"])
def test_a_class_that_looks_like_a_missing_label_is_warned_of(label):
    (warning,) = load_dataset(films(FILMS.replace("neg", label), test_split=0.2)).warnings
    assert warning.startswith(f"class {label!r}: looks like a missing label; ")


@pytest.mark.parametrize(
    ("name", "content", "settings"),
    [
        ("a.csv", "good film,pos\nbad,neg\nso so,pos\n", {"text": "good film", "label": "pos"}),
        ("a.tsv", "4\tgood\n1\tbad\n4\tso\n", {"text": "good", "label": "4"}),
        (
            "a.csv",
            "5.1,3.5,setosa\n4.9,3,setosa\n6,2,virginica\n",
            {"text": None, "features": ["5.1", "3.5"], "label": "setosa"},
        ),
        (
            "a.csv",
            "5.1,3.5,12\n4.9,3,14\n6,2,17\n",
            {"text": None, "features": ["5.1", "3.5"], "label": None, "target": "12"},
        ),
    ],
    ids=["classes", "tsv", "features and classes", "numbers"],
)
def test_a_first_row_that_looks_like_data_is_warned_of(name, content, settings):
    data = load_dataset(films(content, name, test_split=0.3, **settings))
    assert "the first row looks like data, not a header: " in data.warnings[0]


@pytest.mark.parametrize(
    ("content", "settings"),
    [
        ("2019,2020,price\n1,2,3\n2,3,4\n", {"features": ["2019", "2020"], "target": "price"}),
        ("a,b\nx,1\ny,2\n", {"text": "a", "target": "b"}),
    ],
)
def test_a_header_is_not_taken_for_data(content, settings):
    own = {"text": None, "label": None, **settings}
    assert not load_dataset(films(content, test_split=0.5, **own)).warnings


def test_a_target_keeps_its_digits():
    content = "a,price\n" + "".join(f"{n},{123456789 + n / 10}\n" for n in range(9))
    data = load_dataset(houses(content, features=["a"]))
    assert sorted(data.y.tolist()) == [123456789 + n / 10 for n in range(9)]


def test_messages_name_the_file_as_the_user_does(tmp_path, monkeypatch):
    settings = films("text,label\na,b\nc,b\n")
    with pytest.raises(DataError, match=r"^films.csv: column"):
        load_dataset(settings)
    Path("below").mkdir()
    monkeypatch.chdir("below")
    with pytest.raises(DataError, match=r"^\.\./films.csv: column"):
        load_dataset(settings)
    single = films("text,label\na,b\n", "one.csv")
    with pytest.raises(DataError, match=r"^one.csv: "):
        load_dataset(single)
    with pytest.raises(DataError, match=r"^one.csv:2: column 'label': 'b' is not a number"):
        load_dataset(films("text,label\na,b\n", "one.csv", label=None, target="label"))


@pytest.mark.parametrize("number", ["1,5", "-0,25", " 12,0 "])
def test_a_decimal_comma_is_named(number):
    content = f"rooms;price\n1;2\n{number};3\n"
    settings = houses(content, features=["rooms"], delimiter=";")
    with pytest.raises(DataError, match="has a decimal comma; write"):
        load_dataset(settings)


def test_the_key_that_the_first_object_lacks_is_told_with_its_line():
    lines = '{"text": "a"}\n{"text": "b", "label": "x"}\n'
    with pytest.raises(DataError, match=r"^a.jsonl:1: has no column 'label'"):
        load_dataset(films(lines, "a.jsonl"))


def test_several_texts_are_joined_by_a_line_break():
    content = "subject,body,label\nGood news,all is well,a\nBad,news,b\n"
    data = load_dataset(films(content, text=["subject", "body"], test_split=0.5))
    assert sorted(texts_of(data)) == ["bad news", "good news all is well"]
    with pytest.raises(DataError, match=r"films.csv: has no column 'bodi'; did you mean 'body'"):
        load_dataset(films(content, text=["subject", "bodi"]))
    lines = '{"a": "x", "b": "y", "label": 1}\n{"a": "x", "b": 3, "label": 2}\n'
    with pytest.raises(DataError, match=r"a.jsonl:2: column 'b': 3 is not a text"):
        load_dataset(films(lines, "a.jsonl", text=["a", "b"]))


TYPED = "text,label\n" + "a,two\nb,Two\nc,two\nd,1\ne,1.0\nf,one\n" * 2


def test_labels_that_look_alike_are_warned_of_and_can_be_merged():
    first = load_dataset(films(TYPED, test_split=0.2))
    (warning,) = [line for line in first.warnings if "look alike" in line]
    assert "'two' (4), 'Two' (2); '1' (2), '1.0' (2); to merge them" in warning
    assert warning.endswith('set dataset.labels: {Two: two, "1.0": "1"}')
    merged = load_dataset(films(TYPED, test_split=0.2, labels={"Two": "two", "1.0": "1"}))
    assert (first.class_names, merged.class_names) == (
        ["1", "1.0", "Two", "one", "two"],
        ["1", "one", "two"],
    )
    assert not [line for line in merged.warnings if "look alike" in line]
    counts = dict(zip(merged.class_names, np.bincount(merged.y).tolist(), strict=True))
    assert counts == {"1": 4, "one": 2, "two": 6}


def test_a_merged_label_that_does_not_exist_is_an_error():
    with pytest.raises(DataError, match=r"no row has the label 'Tow' .*; did you mean 'Two'\?"):
        load_dataset(films(TYPED, labels={"Tow": "two"}))


def test_lists_of_labels_are_named():
    lines = '{"text": "a", "label": ["x", "y"]}\n{"text": "b", "label": "x"}\n'
    with pytest.raises(
        DataError, match=r"a.jsonl:1: column 'label': a list of labels, not one; set "
    ):
        load_dataset(films(lines, "a.jsonl"))


MISSING = "text,label\na,x\nb,\nc,y\nd, \ne,x\nf,y\n"


def test_rows_without_a_label_are_an_error_that_names_the_way_out():
    with pytest.raises(DataError) as caught:
        load_dataset(films(MISSING))
    assert caught.value.messages == (
        "films.csv:3: column 'label': no class",
        "films.csv:5: column 'label': no class",
        "correct these rows, or remove them from the file, or leave them out with "
        "dataset.missing: drop",
    )


def test_rows_without_a_label_can_be_left_out_and_are_counted():
    test_path = write("test.csv", "text,label\n,\ng,x\n")
    data = load_dataset(films(MISSING, test_path=test_path, missing="drop"))
    assert texts_of(data) == ["a", "c", "e", "f", "g"]
    assert data.in_file(np.arange(5)).tolist() == [0, 2, 4, 5, 1]
    assert list(data.warnings[:2]) == [
        "films.csv: 2 rows left out, without a label, target or feature",
        "test.csv: 1 row left out, without a label, target or feature",
    ]
    shuffled = load_dataset(films(MISSING, test_split=0.5, missing="drop"))
    as_in_file = dict(zip([0, 2, 4, 5], "acef", strict=True))
    rows = shuffled.in_file(np.arange(4)).tolist()
    assert texts_of(shuffled) == [as_in_file[row] for row in rows] and sorted(rows) == [0, 2, 4, 5]


def test_rows_without_a_feature_or_a_target_can_be_left_out():
    content = HOUSES + "1,,3\n1,2,\n"
    with pytest.raises(DataError, match=r"dataset.missing: drop$"):
        load_dataset(houses(content))
    assert len(load_dataset(houses(content, missing="drop"))) == 5
    with pytest.raises(DataError, match=r"houses.csv:9: column 'rooms': '\?' is not a number"):
        load_dataset(houses(content + "?,1,2\n", missing="drop"))
    with pytest.raises(DataError, match="none of its 2 rows has all of its columns' values"):
        load_dataset(houses("rooms,age,price\n1,,3\n1,2,\n", missing="drop"))


def test_an_object_without_a_label_can_be_left_out_be_it_the_first():
    lines = '{"text": "a"}\n{"text": "b", "label": 1}\n{"text": "c", "label": 2}\n'
    settings = films(lines, "a.jsonl", missing="drop", test_split=0.5)
    assert sorted(texts_of(load_dataset(settings))) == ["b", "c"]


def test_a_guessed_encoding_is_a_warning_that_stays_in_the_cache(monkeypatch):
    Path("ko.csv").write_bytes("text,label\n좋은 영화,긍정\n나쁜 영화,부정\n".encode("cp949"))
    settings = CsvDataset(name="csv", path="ko.csv", text="text", label="label", test_split=0.5)
    named = load_dataset(settings.model_copy(update={"encoding": "cp949"}))
    assert named.class_names == ["긍정", "부정"] and "ko.csv" not in named.warnings[0]
    for _ in range(2):
        data = load_dataset(settings)
        assert data.class_names == ["긍정", "부정"]
        assert data.warnings[0].startswith("ko.csv: not UTF-8; read as cp949, a guess, which gives")
        monkeypatch.setattr("textclf.data.csv.read_rows", None)


def test_a_folder_per_class_is_a_dataset():
    for name, text in {"neg/1": "bad", "neg/2": "!", "pos/1": "good", "pos/2": "so good"}.items():
        path = Path("reviews") / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        write(str(path), text)
    settings = CsvDataset(name="csv", path="reviews", text="text", label="label", test_split=0.5)
    data = load_dataset(settings)
    assert data.class_names == ["neg", "pos"] and set(data.files) == {"reviews"}
    assert sorted(texts_of(data)) == ["", "bad", "good", "so good"]
    assert data.warnings[0].startswith("reviews: 1 text without a word, the first in neg/2.txt;")
    write("reviews/pos/3.txt", "new")
    assert "new" in load_dataset(settings).words


IMDB_TEXT = Path(__file__).parents[3] / "shared" / "imdb-text"


@pytest.mark.real_data
@pytest.mark.slow
def test_the_reviews_as_text_are_those_that_keras_ships(data_dir):
    """Lengths, classes and vocabulary of the raw reviews and of Keras's ids are level."""
    if not (IMDB_TEXT / "test.csv.gz").is_file():
        pytest.skip("the reviews as text are not beside the project")
    path = str(IMDB_TEXT / "test.csv.gz")
    data = load_dataset(CsvDataset(name="csv", path=path, text="text", label="label"))
    imdb = load_dataset(type("settings", (), {"name": "imdb"}), data_dir)
    ours, theirs = data.x.lengths, imdb.x.lengths[25_000:]
    assert np.mean(ours) == pytest.approx(np.mean(theirs), rel=0.02)
    common, ids = {imdb.words[id_] for id_ in range(4, 1_000)}, np.bincount(data.x.values)
    frequent = {data.words[id_] for id_ in np.argsort(-ids)[:1_200]}
    assert len(common & frequent) > 950


def test_stratified_test_rows_have_the_shares_of_all_rows():
    content = "text,label\n" + "".join(
        f"t{i},{'rare' if i % 10 == 3 else 'often'}\n" for i in range(100)
    )
    data = load_dataset(films(content, test_split=0.3, stratify=True))
    assert data.class_names == ["often", "rare"] and data.n_train == 70
    assert np.bincount(data.y[data.test_rows]).tolist() == [27, 3]
    _, test = train_test_split(
        np.arange(100), test_size=30, random_state=113, stratify=np.arange(100) % 10 == 3
    )
    assert data.in_file(data.test_rows).tolist() == test.tolist()
    assert texts_of(data)[70] == f"t{test[0]}"


def test_too_few_rows_to_stratify_are_said_so():
    with pytest.raises(ConfigError, match=r"dataset.stratify: 1 row cannot hold all of 2 classes"):
        load_dataset(films(test_split=0.2, stratify=True))


# --- what texts are split into -----------------------------------------------------------------


def test_texts_are_split_as_the_config_says():
    settings = films("text,label\n“Good”…don’t—go,pos\nbad,neg\n", test_split=0.5)
    as_keras, as_words = (
        set(texts_of(load_dataset(settings, None, Tokens(k)))) for k in ("keras", "words")
    )
    assert as_keras == {"“good”…don’t—go", "bad"}
    assert as_words == {"good don't go", "bad"}


def test_both_forms_of_a_name_are_one_class():
    rows = [(form, normalize(form, "가"), normalize(form, "나 가")) for form in ("NFC", "NFD") * 2]
    content = "form,label,text\n" + "".join(f"{','.join(row)}\n" for row in rows) + "x,b,다\n"
    data = load_dataset(films(content), None, Tokens("words"))
    assert data.class_names == ["b", "가"]
    assert set(data.words[3:]) == {"나", "가", "다"}
    form = "in another form of Unicode than NFC, as files from a Mac have it: read as NFC"
    assert data.warnings[:2] == [
        f"2 labels {form}, so that a class has one name",
        f"2 texts {form}",
    ]
    as_keras = load_dataset(films(content))
    assert len(as_keras.words[3:]) == 5
    assert as_keras.warnings[1].endswith("for two words; set tokens: words")
