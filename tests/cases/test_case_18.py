"""Case 18: a language without blanks: train warns, as check does, that texts have one word."""

import pytest

pytestmark = pytest.mark.slow


def test_train_warns_that_half_of_the_texts_have_one_word(case, cli):
    case("18-no-blanks", engine="graph")
    lines = [
        [line for line in cli(*command).stderr.splitlines() if "language written" in line]
        for command in (("train", "c.yaml", "--name", "zh"), ("check", "c.yaml"))
    ]
    assert lines[0] == lines[1] and len(lines[0]) == 1
