"""Configs and overrides made by hypothesis: each is valid, or refused with a located line."""

import builtins
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from figures import FIGURES
from layer_stacks import Chance, misfit, wrong_stack
from textclf.config.conflicts import find_conflicts
from textclf.config.file import dump_config, list_recipes, load_config
from textclf.config.settings import Config
from textclf.data.dataset import Dataset, Ragged
from textclf.data.loaders import OUTLINES
from textclf.data.tasks import BINARY, REGRESSION
from textclf.errors import ConfigError, TextclfError
from textclf.runs import RunFolder
from textclf.training.engine.backend import Device
from textclf.training.fits import final_fit, fits_before
from textclf.training.reporter import Reporter

SCHEMA = Config.model_json_schema()
QUIET = {
    "deadline": None,
    "database": None,
    "suppress_health_check": list(HealthCheck),
    "phases": (Phase.generate, Phase.shrink),
}

# --- values ----------------------------------------------------------------------------------

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from([10**23, -1, 0, 1e400, float("nan"), "1e-4", "off", "12:30", "010", "..", []]),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=8), st.integers(), max_size=2),
)
SPICE = st.sampled_from(
    [
        *(
            "[",
            "]",
            "{",
            "}",
            ": ",
            "- ",
            "&a ",
            "*a",
            "!!python/object:os.system ",
            "!x ",
            "%",
            "@",
        ),
        *("'", '"', "\\", "\t", "\n", "#", "|", ">", "---", "...", "? ", "<<: ", "\x00", "\ufeff"),
        *("\u2028", "\x1b[31m", "é", "9" * 400, "[" * 60, "\n  ", "seed: 1\n"),
    ]
)


def values(definition: dict[str, Any], small: bool) -> st.SearchStrategy[Any]:
    """What a part of the JSON Schema allows; `small` keeps numbers small."""
    if "$ref" in definition:
        return values(SCHEMA["$defs"][definition["$ref"].rpartition("/")[2]], small)
    for key in ("anyOf", "oneOf"):
        if key in definition:
            return st.one_of(*(values(choice, small) for choice in definition[key]))
    if "const" in definition:
        return st.just(definition["const"])
    if "enum" in definition:
        return st.sampled_from(definition["enum"])
    return KINDS[definition["type"]](definition, small)


def objects(definition: dict[str, Any], small: bool) -> st.SearchStrategy[dict[str, Any]]:
    if "properties" not in definition:  # a map whose keys are the user's
        words = st.sampled_from(["a", "b", "path", "é", " "])
        return st.dictionaries(words, words, min_size=1)
    fields = {key: values(part, small) for key, part in definition["properties"].items()}
    needed = definition.get("required", [])
    return st.fixed_dictionaries(
        {key: fields[key] for key in needed},
        optional={key: field for key, field in fields.items() if key not in needed},
    )


def integers(definition: dict[str, Any], small: bool) -> st.SearchStrategy[int]:
    low, high = definition["minimum"], definition["maximum"]
    return st.integers(low, min(high, low + 9) if small else high)


def floats(definition: dict[str, Any], small: bool) -> st.SearchStrategy[float]:
    low = definition.get("minimum", definition.get("exclusiveMinimum"))
    high = definition.get("maximum", definition.get("exclusiveMaximum"))
    return st.floats(
        low,
        high,
        exclude_min="exclusiveMinimum" in definition,
        exclude_max="exclusiveMaximum" in definition,
    )


def stacks(seed: int) -> list[Any]:
    """Layers: most fit together, some are wrong."""
    draw = (Chance(seed).stack, Chance(seed).stack, lambda: wrong_stack(seed), lambda: misfit(seed))
    return draw[seed % 4]()[1]


def arrays(definition: dict[str, Any], small: bool) -> st.SearchStrategy[list[Any]]:
    if not definition["items"]:  # Keras's layers
        return st.integers(0, 10_000).map(stacks)
    most = 3 if small else definition["maxItems"]
    return st.lists(
        values(definition["items"], small), min_size=definition.get("minItems", 0), max_size=most
    )


def strings(definition: dict[str, Any], small: bool) -> st.SearchStrategy[str]:
    most = 10 if small else definition["maxLength"]
    return st.text(min_size=definition["minLength"], max_size=min(most, 200))


KINDS = {
    "string": strings,
    "object": objects,
    "integer": integers,
    "number": floats,
    "array": arrays,
    "boolean": lambda *_: st.booleans(),
    "null": lambda *_: st.none(),
}
PATHS = sorted(
    {
        f"{section}.{key}"
        for section in ("dataset", "preprocessing", "model", "training")
        for name, definition in SCHEMA["$defs"].items()
        if section.lower() in name.lower()
        for key in definition["properties"]
    }
    | {"seed", "training.early_stopping.patience", "training.validation.split", "model.units.0"}
    | {"model.layers[0]", "model.layers[1].Dense.units", "model.layers[0].LSTM"}
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A config as text: valid, with a value replaced by junk, or with spice strewn in."""
    config = draw(values(SCHEMA, small=False))
    for _ in range(draw(st.integers(0, 2))):
        section = draw(st.sampled_from([config, *(v for v in config.values() if type(v) is dict)]))
        key = draw(st.one_of(st.sampled_from(sorted(section) or ["x"]), st.text(max_size=10)))
        section[key] = draw(JUNK)
    text = yaml.safe_dump(config, allow_unicode=True, default_flow_style=draw(st.booleans()))
    for _ in range(draw(st.sampled_from([0, 0, 1, 3]))):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(SPICE) + text[place + draw(st.integers(0, 3)) :]
    return text


@st.composite
def overrides(draw: st.DrawFn) -> str:
    key = draw(st.one_of(st.sampled_from(PATHS), st.text(max_size=20)))
    value = draw(st.one_of(JUNK.map(repr), SPICE, st.sampled_from(["3", "null", "{}", "1e-3"])))
    return f"{key}={value}" if draw(st.integers(0, 9)) else key


# --- each validates, or is refused -----------------------------------------------------------


@contextlib.contextmanager
def no_tensorflow() -> Iterator[None]:
    """An import of TensorFlow or Keras fails, though they may be there already."""
    original = builtins.__import__

    def refuse(name: str, *others: Any, **named: Any) -> Any:
        if name.partition(".")[0] in ("tensorflow", "keras"):
            FIGURES["fuzzed configs, TensorFlow imports"] += 1
            raise AssertionError(f"{name} was imported")
        return original(name, *others, **named)

    builtins.__import__ = refuse
    try:
        yield
    finally:
        builtins.__import__ = original


def check(path: Path, sets: list[str]) -> None:
    FIGURES["fuzzed configs"] += 1
    try:
        with no_tensorflow():
            config = load_config(path, sets)
    except ConfigError as error:
        assert error.messages
        for message in error.messages:
            assert message.isprintable() and len(message) < 1000, message
            assert message.startswith((f"{path}:", f"{path.stem}:", "--set ")), message
        return
    except BaseException:
        FIGURES["fuzzed configs, tracebacks"] += 1
        raise
    FIGURES["fuzzed configs: valid"] += 1
    path.with_name("saved.yaml").write_text(dump_config(config), encoding="utf-8")
    assert load_config(path.with_name("saved.yaml")) == config


@pytest.mark.slow
def test_a_config_is_valid_or_refused_with_a_place(
    tmp_path: Path, full: bool, pytestconfig: pytest.Config
) -> None:
    path = tmp_path / "config.yaml"

    @settings(max_examples=7000 if full else 250, derandomize=not full, **QUIET)
    @given(texts(), st.lists(overrides(), max_size=2))
    def run(text: str, sets: list[str]) -> None:
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        check(path, sets)

    run()


@pytest.mark.slow
def test_an_override_of_a_recipe_is_valid_or_refused(tmp_path: Path, full: bool) -> None:
    @settings(max_examples=4000 if full else 150, derandomize=not full, **QUIET)
    @given(st.sampled_from(list_recipes()), st.lists(overrides(), min_size=1, max_size=3))
    def run(recipe: str, sets: list[str]) -> None:
        path = tmp_path / f"{Path(recipe).name}.yaml"
        path.write_text(dump_config(load_config(recipe)), encoding="utf-8")
        check(path, sets)

    run()


# --- what validates also builds --------------------------------------------------------------

N_TRAIN, N_TEST = 24, 6


def outline_of(dataset: Any) -> dict[str, Any]:
    if dataset.name in OUTLINES:
        return OUTLINES[dataset.name]
    names = {} if dataset.is_text else {"feature_names": dataset.features}
    if dataset.is_regression:
        return {"task": REGRESSION, **names}
    return {"task": BINARY, "class_names": ("a", "b"), **names}


def tiny_data(dataset: Any) -> Dataset:
    """A handful of rows with the dataset's task."""
    name, outline, random = dataset.name, outline_of(dataset), np.random.default_rng(0)
    n_rows = N_TRAIN + N_TEST
    n_classes = len(outline.get("class_names", ())) or 1
    y = np.arange(n_rows) % max(n_classes, 2)
    y = y + 0.5 if dataset.is_regression else y.astype(np.int32)
    if not dataset.is_text:
        x = random.normal(size=(n_rows, len(outline["feature_names"])))
        return Dataset(name=name, x=x, y=y, n_train=N_TRAIN, **outline)
    lengths = random.integers(1, 9, n_rows)
    x = Ragged(
        random.integers(1, 12, lengths.sum()).astype(np.int32),
        np.concatenate([[0], np.cumsum(lengths)]),
    )
    return Dataset(name=name, x=x, y=y, n_train=N_TRAIN, **outline)


@pytest.mark.slow
def test_what_validates_also_trains(tmp_path: Path, full: bool) -> None:
    from textclf.training.trainer import Trainer

    @settings(max_examples=60 if full else 3, derandomize=not full, **QUIET)
    @given(values(SCHEMA, small=True).filter(lambda c: not find_conflicts_of(c)), st.uuids())
    def run(content: dict[str, Any], name: object) -> None:
        content.setdefault("training", {}).update(epochs=1)
        config = Config.model_validate(content)
        data = tiny_data(config.dataset)
        trainer = Trainer(config, data, Device("cpu", "a processor", 1), Reporter())
        FIGURES["fuzzed configs: built and fitted"] += 1
        with contextlib.suppress(TextclfError):  # 20 rows to validate on, of 24; a loss of nan
            run = RunFolder(tmp_path / str(name))
            run.config = config
            folds = [train_and_score(trainer, fit) for fit in fits_before(run, data)]
            train_and_score(trainer, final_fit(run, data, folds))

    run()


def train_and_score(trainer: Any, fit: Any) -> dict[str, float]:
    prepared = trainer.prepare(fit)
    epoch = prepared.train()
    assert all(len(scored.outputs) == len(scored.rows) for scored in prepared.predict_kept())
    return {"best_epoch": epoch}


def find_conflicts_of(content: dict[str, Any]) -> bool:
    try:
        return bool(find_conflicts(Config.model_validate(content)))
    except ValueError:  # a default of one field that another's range excludes
        return True
