"""Docstrings are read from source without importing it, their give-aways masked."""

import hashlib
import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from textclf.config.settings.dataset import DocstringsDataset
from textclf.data import docstrings
from textclf.data.docstrings import _extract, first_paragraph, read_libraries
from textclf.data.loaders import load_dataset
from textclf.data.tokenizer import split_words
from textclf.errors import DataError, MissingDataError

FIRST = '''"""Module docstring of the first numpy library,
on two lines.

A second paragraph, which is left out.
"""
raise RuntimeError("imported")

class Thing:
    """A thing that both libraries document alike."""

    def method(self):
        """Method docstrings are read as well as the rest."""

    async def short(self):
        """Only four words here."""

def repeated():
    """Method docstrings are read, as well as the REST!"""
'''
SECOND = '''
def first():
    """A thing that both libraries document alike."""

def second():
    """The second library's own words stand here."""
'''


def install(folder: Path, name: str, sources: dict[str, str], version: str = "1.0") -> None:
    for path, source in sources.items():
        target = folder / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source, encoding="utf-8")
    (folder / f"{name}-{version}.dist-info").mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    (folder / f"{name}-{version}.dist-info" / "METADATA").write_text(metadata)


@pytest.fixture
def libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two small libraries, onelib and twolib, and an empty cache."""
    folder = tmp_path / "site"
    ignored = 'def f():\n    """Tests of a library are left out."""\n'
    install(
        folder,
        "onelib",
        {
            "__init__.py": FIRST,
            "tests/helpers.py": ignored,
            "test_one.py": ignored,
            "one_test.py": ignored,
            "conftest.py": ignored,
            "broken.py": "def (",
        },
    )
    install(folder, "twolib", {"__init__.py": SECOND})
    monkeypatch.syspath_prepend(folder)
    importlib.invalidate_caches()
    monkeypatch.setenv("TEXTCLF_CACHE_DIR", str(tmp_path / "cache"))
    return folder


def test_texts_of_small_libraries(libraries: Path) -> None:
    for _ in ("read", "cached"):
        texts, labels, files = read_libraries(["onelib", "twolib"])
        assert texts == [
            "Module docstring of the first [library] library, on two lines.",
            "Method docstrings are read, as well as the REST!",  # outer definitions first
            "The second library's own words stand here.",
        ]
        assert labels.tolist() == [0, 0, 1]
        assert labels.dtype == np.int32
        assert list(files) == ["onelib 1.0", "twolib 1.0"]
        assert files["twolib 1.0"] == hashlib.sha256(texts[2].encode()).hexdigest()
    assert "onelib" not in sys.modules


def test_another_version_is_read_anew(libraries: Path) -> None:
    read_libraries(["onelib", "twolib"])
    (libraries / "twolib" / "__init__.py").write_text('"""Words of quite another version here."""')
    (libraries / "twolib-1.0.dist-info").rename(libraries / "twolib-2.0.dist-info")
    metadata = libraries / "twolib-2.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("1.0", "2.0"))
    texts, _, files = read_libraries(["onelib", "twolib"])
    assert "Words of quite another version here." in texts
    assert list(files) == ["onelib 1.0", "twolib 2.0"]


NEW = '"""Words of quite another version here."""'


@pytest.mark.parametrize("file", ["__init__.py", "new.py"])
def test_another_source_of_the_same_version_is_read(libraries: Path, file: str) -> None:
    read_libraries(["onelib", "twolib"])
    (libraries / "twolib" / file).write_text(NEW)
    assert NEW.strip('"') in read_libraries(["onelib", "twolib"])[0]


def test_a_source_that_changes_while_it_is_read_is_not_cached(libraries, monkeypatch) -> None:
    path = libraries / "twolib" / "__init__.py"
    before = path.read_text()

    def extract(names):
        path.write_text(NEW)
        return _extract(names)

    with monkeypatch.context() as patch:
        patch.setattr(docstrings, "_extract", extract)
        with pytest.raises(DataError, match="changed while it was read; try again"):
            read_libraries(["onelib", "twolib"])
    path.write_text(before)
    assert NEW.strip('"') not in read_libraries(["onelib", "twolib"])[0]


def test_missing_library() -> None:
    with pytest.raises(MissingDataError, match="the library nolib is not installed") as caught:
        read_libraries(["nolib"])
    assert "pip install nolib" in str(caught.value)


@pytest.mark.parametrize(
    ("docstring", "text"),
    [
        (
            "  Uses NumPy's np.array\n  or `pd`.\n \n  More.",
            "Uses [library]'s [library].array or `[library]`.",
        ),
        ("mpl_toolkits, plt.plot, tf.data", "[library]_toolkits, [library].plot, [library].data"),
        ("A KerasTensor or np_array", "A [library]Tensor or [library]_array"),
        ("input, tfoo, mplot, 2np", "input, tfoo, mplot, 2np"),
        ("A lone \ud800 surrogate", "A lone ? surrogate"),
    ],
)
def test_first_paragraph(docstring: str, text: str) -> None:
    assert first_paragraph(docstring) == text


@pytest.fixture(scope="module")
def real() -> docstrings.Dataset:
    return load_dataset(DocstringsDataset(name="docstrings"))


def test_real_libraries(real: docstrings.Dataset) -> None:
    assert real.class_names == ("keras", "matplotlib", "numpy", "pandas")
    assert not real.ranked
    assert real.n_train == int(len(real) * 0.8)
    counts = np.bincount(real.y)
    assert counts.min() > 1_000
    assert counts.max() / counts.sum() < 0.4
    names = ("numpy", "np", "pandas", "pd", "matplotlib", "mpl", "plt", "keras", "tensorflow", "tf")
    assert not set(names) & set(real.words)


def test_no_text_occurs_twice(real: docstrings.Dataset) -> None:
    rows = {real.x[row].tobytes() for row in range(len(real))}
    assert len(rows) == len(real)


def test_seed_decides_the_rows(real: docstrings.Dataset) -> None:
    settings = DocstringsDataset(name="docstrings", seed=1, test_split=0.5)
    other = load_dataset(settings)
    again = load_dataset(settings)
    assert other.n_train == len(other) // 2
    assert sorted(real.y) == sorted(other.y)
    assert real.y.tolist() != other.y.tolist()
    np.testing.assert_array_equal(other.x.values, again.x.values)
    assert other.files == again.files == real.files


def test_rows_decode_to_the_texts(real: docstrings.Dataset) -> None:
    texts, labels, _ = read_libraries(docstrings.LIBRARIES)
    order = np.random.RandomState(113).permutation(len(texts))
    for row in (0, 17, len(texts) - 1):
        words = [real.words[word_id] for word_id in real.x[row]]
        assert words == ["<start>", *split_words(texts[order[row]])]
        assert real.y[row] == labels[order[row]]
