"""Which rows train, validate and test, to the row numbers of scikit-learn."""

import numpy as np
import pytest
from pydantic import TypeAdapter
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split

from textclf.config.settings.training import ValidationSettings
from textclf.data.dataset import Dataset
from textclf.data.splits import Split, make_splits, stratify
from textclf.data.tasks import BINARY, MULTICLASS, REGRESSION
from textclf.errors import ConfigError


def settings(split: str, **fields: object) -> ValidationSettings:
    return TypeAdapter(ValidationSettings).validate_python({"split": split, **fields})


SHUFFLED, TAIL = (settings(split, share=0.2, seed=42) for split in ("shuffled", "tail"))
FIRST, TEST, K_FOLD = settings("first", rows=4), settings("test"), settings("k_fold", folds=4)


def make_dataset(n_train: int, n_test: int = 0) -> Dataset:
    rows = n_train + n_test
    return Dataset("numbers", BINARY, x=np.zeros((rows, 1)), y=np.zeros(rows), n_train=n_train)


def only_split(validation: object, n_train: int, n_test: int = 0) -> Split:
    (split,) = make_splits(validation, make_dataset(n_train, n_test))
    return split


@pytest.mark.parametrize(
    ("n", "share", "seed"), [(25_000, 0.2, 42), (11, 0.21, 0), (8_982, 0.1, 7)]
)
def test_shuffled_is_train_test_split(n: int, share: float, seed: int) -> None:
    split = only_split(settings("shuffled", share=share, seed=seed), n, n)
    train, validation = train_test_split(np.arange(n), test_size=share, random_state=seed)
    np.testing.assert_array_equal(split.train, train)
    np.testing.assert_array_equal(split.validation, validation)


def test_tail_validates_on_the_end_of_the_permutation() -> None:
    split = only_split(TAIL, 25_000)
    assert (len(split.train), len(split.validation)) == (20_000, 5_000)
    assert split.train[:5].tolist() == [6868, 24016, 9668, 13640, 14018]
    assert split.validation[-3:].tolist() == [860, 15795, 23654]
    np.testing.assert_array_equal(
        np.concatenate([split.train, split.validation]),
        np.random.RandomState(42).permutation(25_000),
    )


@pytest.mark.parametrize("split", ["shuffled", "tail"])
def test_share_is_rounded_up_and_another_seed_is_another_split(split: str) -> None:
    one, other = (only_split(settings(split, share=0.21, seed=seed), 10) for seed in (1, 2))
    assert len(one.validation) == 3
    assert one.validation.tolist() != other.validation.tolist()


def test_first_validates_on_the_first_rows() -> None:
    split = only_split(settings("first", rows=2), 5, n_test=2)
    assert (split.validation.tolist(), split.train.tolist()) == ([0, 1], [2, 3, 4])
    assert split.test.tolist() == [5, 6]


def test_test_validates_on_the_test_rows() -> None:
    split = only_split(TEST, 3, n_test=2)
    assert (split.train.tolist(), split.validation.tolist()) == ([0, 1, 2], [3, 4])
    assert split.test.tolist() == [3, 4]


def test_none_trains_on_all() -> None:
    split = only_split(None, 3, n_test=2)
    assert (split.train.tolist(), split.test.tolist()) == ([0, 1, 2], [3, 4])
    assert not split.validates


@pytest.mark.parametrize(
    ("rows", "folds", "sizes"),
    [(404, 4, [101] * 4), (10, 3, [4, 3, 3]), (11, 4, [3, 3, 3, 2])],
)
def test_k_fold_in_file_order_with_the_larger_folds_first(
    rows: int, folds: int, sizes: list[int]
) -> None:
    splits = make_splits(settings("k_fold", folds=folds), make_dataset(rows, n_test=2))
    assert [len(split.validation) for split in splits] == sizes
    expected = KFold(folds).split(np.arange(rows))
    for split, (train, validation) in zip(splits, expected, strict=True):
        np.testing.assert_array_equal(split.train, train)
        np.testing.assert_array_equal(split.validation, validation)
        assert not len(split.test)  # the folds' scores are validation; the final model is tested


@pytest.mark.parametrize("validation", [SHUFFLED, TAIL, FIRST, TEST])
def test_training_rows_come_from_the_training_rows_alone(validation: object) -> None:
    split = only_split(validation, 20, n_test=5)
    assert np.isin(split.train, np.arange(20)).all()
    assert not np.isin(split.train, split.validation).any()
    assert len(np.unique(split.train)) == len(split.train)


@pytest.mark.parametrize(
    ("validation", "n_train", "message"),
    [
        (settings("first", rows=5), 5, "of 5 training rows, 0 would train and 5 validate"),
        (settings("first", rows=6), 5, "0 would train"),
        (TEST, 5, "5 would train and 0 validate"),
        (settings("shuffled", share=0.9), 3, "0 would train and 3 validate"),
        (settings("tail", share=0.9), 3, "0 would train and 3 validate"),
        (K_FOLD, 3, "3 would train and 0 validate"),
    ],
)
def test_impossible_splits(validation: object, n_train: int, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        make_splits(validation, make_dataset(n_train))
    assert caught.value.messages[0].startswith("training.validation: ")


# --- stratified ------------------------------------------------------------------------------

UNEQUAL = np.repeat(np.arange(3, dtype=np.int32), [70, 25, 5])


def unequal_dataset(y: np.ndarray) -> Dataset:
    names = [f"class {number}" for number in range(y.max() + 1)]
    return Dataset("numbers", MULTICLASS, np.zeros((len(y), 1)), y, len(y), names)


def test_stratified_is_train_test_split() -> None:
    (split,) = make_splits(
        settings("shuffled", share=0.2, seed=7, stratify=True), unequal_dataset(UNEQUAL)
    )
    train, validation = train_test_split(
        np.arange(100), test_size=0.2, random_state=7, stratify=UNEQUAL
    )
    np.testing.assert_array_equal(split.train, train)
    np.testing.assert_array_equal(split.validation, validation)
    assert np.bincount(UNEQUAL[split.validation]).tolist() == [14, 5, 1]


@pytest.mark.filterwarnings("error")
def test_stratified_folds_are_those_of_scikit_learn() -> None:
    splits = make_splits(settings("k_fold", folds=5, stratify=True), unequal_dataset(UNEQUAL))
    expected = StratifiedKFold(5).split(UNEQUAL, UNEQUAL)
    for split, (train, validation) in zip(splits, expected, strict=True):
        np.testing.assert_array_equal(split.train, train)
        np.testing.assert_array_equal(split.validation, validation)
        assert np.bincount(UNEQUAL[validation]).tolist() == [14, 5, 1]
    # Three rows of a class are in three of five folds, without a warning of scikit-learn's.
    few = make_splits(settings("k_fold", folds=5, stratify=True), unequal_dataset(UNEQUAL[:-2]))
    assert sorted(int((UNEQUAL[s.validation] == 2).sum()) for s in few) == [0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("split", "fields"), [("tail", {"share": 0.2, "seed": 7}), ("first", {"rows": 20})]
)
def test_the_end_or_beginning_of_each_class_validates(split: str, fields: dict) -> None:
    y = np.append(UNEQUAL[np.random.default_rng(0).permutation(99)], 3).astype(np.int32)
    (found,) = make_splits(settings(split, stratify=True, **fields), unequal_dataset(y))
    counts = np.bincount(y[found.validation], minlength=4)
    assert np.abs(counts - np.bincount(y) / 5).max() <= 1 and counts.sum() == 20
    assert 99 in found.train  # the only row of its class
    assert sorted([*found.train, *found.validation]) == list(range(100))
    order = np.arange(100) if split == "first" else np.random.RandomState(7).permutation(100)
    places = {row: place for place, row in enumerate(order.tolist())}
    for number in range(3):
        of_class = [row for row in order if y[row] == number]
        ours = sorted((r for r in found.validation if y[r] == number), key=places.__getitem__)
        n = counts[number]
        assert ours == (of_class[:n] if split == "first" else of_class[-n:])


def test_the_only_row_of_a_class_is_in_the_first_part() -> None:
    y = np.array([0] * 10 + [1] + [2] * 10, np.int32)
    first, second = stratify(y, 4, 0, "dataset.stratify")
    assert 10 in first and np.bincount(y[second]).tolist() == [2, 0, 2]
    assert sorted([*first, *second]) == list(range(21))


@pytest.mark.parametrize(
    ("asked", "y", "message"),
    [
        (
            settings("shuffled", share=0.1, stratify=True),
            [0, 1, 2] * 4,
            "stratify: 2 rows cannot hold all of 3 classes; give another share",
        ),
        (settings("shuffled", share=0.9, stratify=True), [0, 1] * 4, "0 rows cannot hold"),
        (
            settings("k_fold", folds=5, stratify=True),
            [0, 1, 2] * 4,
            "every class has fewer rows than there are folds, 5, at most 4",
        ),
    ],
)
def test_too_few_rows_to_stratify(asked: object, y: list[int], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        make_splits(asked, unequal_dataset(np.array(y, np.int32)))
    assert caught.value.messages[0].startswith("training.validation.stratify: ")


def test_a_share_holds_each_class_alike_and_is_part_of_a_larger_one() -> None:
    y = np.repeat([0, 1, 2], [400, 90, 10])[np.random.default_rng(0).permutation(500)]
    data = unequal_dataset(y)
    everything = make_splits(SHUFFLED, data)[0]
    before: set[int] = set()
    for share in (0.1, 0.5, 1.0):
        (split,) = make_splits(SHUFFLED, data, share)
        assert len(split.train) == np.ceil(share * 400) and before <= set(split.train.tolist())
        np.testing.assert_array_equal(split.validation, everything.validation)
        counts, all_counts = (np.bincount(y[s.train]) for s in (split, everything))
        assert (np.abs(counts - share * all_counts) <= 1).all()
        before = set(split.train.tolist())
    np.testing.assert_array_equal(split.train, everything.train)
    in_order = [row for row in everything.train if row in set(split.train)]
    assert split.train.tolist() == in_order


def test_every_class_has_a_row_in_a_small_share() -> None:
    data = unequal_dataset(np.repeat([0, 1, 2], [97, 2, 1]))
    (split,) = make_splits(None, data, 0.03)
    assert sorted(data.y[split.train]) == [0, 1, 2]


def test_folds_and_numbers_have_shares_too() -> None:
    data = make_dataset(40, 5)
    assert [len(split.train) for split in make_splits(K_FOLD, data, 0.5)] == [15] * 4
    numbers = Dataset("n", REGRESSION, np.zeros((9, 1)), np.arange(9.0), n_train=8)
    small, large = (make_splits(FIRST, numbers, share)[0].train for share in (0.5, 1.0))
    assert len(small) == 2 and set(small) < set(large) == {4, 5, 6, 7}
