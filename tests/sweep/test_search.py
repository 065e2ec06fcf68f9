"""What is tried next: within the space, where scores were good, and the same in every process."""

import math
from collections import Counter
from dataclasses import replace

import pytest

from textclf.config.sweep_file import Space, load_sweep
from textclf.runs.trials import DIVERGED, FINISHED, PRUNED, Trial
from textclf.sweep.search import Random, Tpe, within

RANGES = ("model.units=4..64", "training.learning_rate=1e-5..1e-1", "model.dropout=0.0..0.5")


def space(*overrides: str) -> Space:
    return load_sweep(["quickstart"], overrides)[0]


def searches(of: Space):
    return Random(of, 1), Tpe(of, 1, is_higher_better=True)


def rate(trial: Trial) -> float:
    return float(trial.values["training.learning_rate"])


def judged(number: int, values, status: str = FINISHED) -> Trial:
    """A trial whose score is best at a learning rate of 0.001."""
    trial = Trial(number, values, status)
    return replace(trial, value=-abs(math.log10(rate(trial)) + 3))


@pytest.mark.parametrize("which", [0, 1])
def test_every_proposal_is_a_valid_point(which):
    of = space(*RANGES)
    search = searches(of)[which]
    for number in range(1, 21):
        values = search.propose(number)
        assert list(values) == ["model.units", "training.learning_rate", "model.dropout"]
        of.config(values)
        digits = f"{values['training.learning_rate']:e}".partition("e")[0].rstrip("0")
        assert len(digits) <= 5
        search.tell(judged(number, values))


def test_numbers_are_short_and_stay_in_their_range():
    axis = space("training.learning_rate=1.23456e-3..9.87654e-1").axes["training.learning_rate"]
    assert within(axis, 0.00123458) == 0.001235
    assert within(axis, 0.00123449) == 0.00123456
    assert within(axis, 0.0456789) == 0.04568


def test_chance_gives_each_whole_number_the_same_share():
    search = Random(space("model.units=1..4"), 7)
    counts = Counter(search.propose(number)["model.units"] for number in range(1, 2001))
    assert set(counts) == {1, 2, 3, 4}
    assert min(counts.values()) > 400


def test_tpe_draws_more_where_scores_were_good():
    search = Tpe(space(*RANGES), 3, is_higher_better=True)
    trials = []
    for number in range(1, 41):
        trials.append(judged(number, search.propose(number)))
        search.tell(trials[-1])
    near = [trial for trial in trials if 3e-4 < rate(trial) < 3e-3]
    late = [trial for trial in near if trial.number > 20]
    assert len(late) >= 10 > 20 * 0.25


def test_tpe_proposes_the_same_after_a_restart():
    def told(search: Tpe, numbers: range) -> list[Trial]:
        trials = [judged(n, search.propose(n), PRUNED if n % 5 == 0 else FINISHED) for n in numbers]
        for trial in trials:
            search.tell(trial)
        return trials

    first = Tpe(space(*RANGES), 3, is_higher_better=True)
    trials = told(first, range(1, 16))
    second = Tpe(space(*RANGES), 3, is_higher_better=True)
    for trial in trials:
        second.restore(trial)
        second.tell(trial)
    assert second.propose(16) == first.propose(16)


def test_tpe_takes_trials_that_an_earlier_process_left_unfinished():
    search = Tpe(space(*RANGES), 3, is_higher_better=True)
    left = Trial(1, {"model.units": 9, "training.learning_rate": 0.01, "model.dropout": 0.25})
    search.restore(left)
    values = search.propose(2)
    assert values != left.values
    search.tell(judged(2, values))
    search.tell(replace(left, status=DIVERGED))


@pytest.mark.parametrize("which", [0, 1])
def test_several_configs_compete(which, tmp_path):
    data = "dataset: {name: docstrings}\npreprocessing: {num_words: 50, maxlen: 9, "
    data += "encoding: embedding}"
    for name in ("cnn", "dense"):
        text = f"{data}\nmodel: {{type: {name}, embedding_dim: 4}}\n"
        (tmp_path / f"{name}.yaml").write_text(text)
    recipes = ("cnn", "dense")
    paths = [tmp_path / f"{name}.yaml" for name in recipes]
    of = load_sweep(paths, ["model.kernel_size=2..5", "training.learning_rate=1e-4..1e-2"])[0]
    search = searches(of)[which]
    seen = set()
    for number in range(1, 11):
        values = search.propose(number)
        of.config(values)
        seen.add(values["config"])
        search.tell(Trial(number, values, FINISHED, value=0.5))
    assert seen == set(recipes)


@pytest.mark.parametrize("which", [0, 1])
def test_a_type_is_given_its_own_keys_alone(which):
    of = space(
        "model.type=dense,cnn",
        "model.embedding_dim=8,16",
        "model.kernel_size=2..5",
        "model.units=8",
        "preprocessing={num_words: 100, maxlen: 20, encoding: embedding}",
    )
    search = searches(of)[which]
    seen = set()
    for number in range(1, 16):
        values = search.propose(number)
        assert ("model.kernel_size" in values) == (values["model.type"] == "cnn")
        seen.add(values["model.type"])
        search.tell(Trial(number, values, FINISHED, value=0.5))
    assert seen == {"dense", "cnn"}
