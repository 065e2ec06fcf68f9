"""What a page would say about a made-up run."""

from dataclasses import replace

import pytest

from made_up_run import ATTACK, make_explanation, make_run
from textclf.results.report import Contents, read_contents


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    """46 classes, ten mistakes; names, texts and notes are markup."""
    contents = read_contents(make_run(tmp_path_factory.mktemp("hostile")))
    assert contents.outcome is not None
    explanations = [make_explanation(seed) for seed in range(len(contents.outcome.mistakes))]
    return replace(contents, name=ATTACK, explanations=explanations, notes=[ATTACK])
