"""Rows with several labels, from lists and from texts that a separator divides."""

import json
from pathlib import Path

import numpy as np
import pytest

from textclf.config.settings.dataset import CsvDataset
from textclf.data.labels import labels_of
from textclf.data.loaders import load_dataset
from textclf.data.tasks import MULTILABEL
from textclf.errors import DataError

LABELS = [["b", "a"], ["10", "2"], [], ["a", "a"], ["b"]]
ROWS = [[0, 0, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]


@pytest.fixture(autouse=True)
def a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("TEXTCLF_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def dataset(labels: list, form: str = "jsonl", separator: str = "|", **settings):
    if form == "jsonl":
        lines = [json.dumps({"text": f"text {n}", "tags": tags}) for n, tags in enumerate(labels)]
    else:
        lines = ["text,tags", *(f"text {n},{tags}" for n, tags in enumerate(labels))]
    Path(f"a.{form}").write_text("\n".join([*lines, ""]))
    Path(f"test.{form}").write_text("\n".join([*lines, ""]))
    of = CsvDataset(
        name="csv",
        path=f"a.{form}",
        test_path=f"test.{form}",
        text="text",
        label="tags",
        labels={"separator": separator},
        **settings,
    )
    return load_dataset(of)


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_each_label_has_a_column(form):
    labels = LABELS if form == "jsonl" else [" | ".join(tags) for tags in LABELS]
    data = dataset(labels, form)
    assert (data.task, data.class_names, data.separator) == (MULTILABEL, ["2", "10", "a", "b"], "|")
    assert (data.y[:5].tolist(), data.y.dtype) == (ROWS, np.int8)
    assert data.targets.dtype == np.float32
    assert [data.label_of(row) for row in range(5)] == ["a|b", "2|10", "", "a", "b"]
    assert data.count_classes(slice(5)).tolist() == [1, 1, 2, 2]
    assert any("2 rows without any label: kept" in line for line in data.warnings)
    assert dataset(labels, form).y.tolist() == data.y.tolist()  # from the cache


def test_the_constant_answer_has_the_labels_of_most_rows():
    assert dataset(LABELS).constant_answer == ""
    common = dataset([["a"], ["a", "b"], ["a", "b"], ["b", "c"]])
    assert common.constant_answer == "a|b"


def test_empty_cells_can_be_left_out():
    data = dataset(["a|b", "", "b"], "csv", missing="drop")
    assert len(data) == 4 and data.y.sum(axis=1).min() == 1
    assert "a.csv: 1 row left out, without a label, target or feature" in data.warnings


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([["a"], None, ["b"]], "a.jsonl:2: column 'tags': None is not a text or a list of labels"),
        ([["a"], ["b|c"]], r"a.jsonl:2: column 'tags': \['b|c'\] is not a list of labels without"),
        ([["a"], [["b"]]], r"a.jsonl:2: column 'tags': \[\['b'\]\] is not a list of labels"),
        ([["a"], [""]], r"a.jsonl:2: column 'tags': \[''\] is not a list of labels"),
        ([["a"], ["a"]], "all rows together have 1 label; a model needs two or more"),
        ([[], []], "all rows together have 0 labels; a model needs two or more"),
    ],
)
def test_what_is_not_labels_is_an_error(labels, message):
    with pytest.raises(DataError, match=message):
        dataset(labels)


def test_a_label_that_every_row_has_teaches_nothing():
    warnings = dataset([["a", "b"], ["a"], ["a"]]).warnings
    assert any("label 'a': all training rows have it" in line for line in warnings)
    assert "1 class with one training row: 'b'" in warnings


@pytest.mark.parametrize(
    ("value", "labels"),
    [
        ("b|a|b", ["a", "b"]),
        ("|a||", ["a"]),
        ("", []),
        (" ", []),
        ([], []),
        ([2, True, 1.0], ["1", "2", "true"]),
        (7, ["7"]),
        (None, None),
        ({}, None),
        ([None], None),
        (["a|b"], None),
    ],
)
def test_labels_of_a_cell(value, labels):
    assert labels_of(value, "|") == labels
