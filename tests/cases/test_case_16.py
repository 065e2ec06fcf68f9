"""Case 16: of a file without a header, every command says that its first row looks like data."""

import pytest

DOUBT = "the first row looks like data, not a header: '4' is also what the column holds"

pytestmark = pytest.mark.slow


def test_a_first_row_that_is_data_is_doubted(case, cli):
    folder = case("16-no-header")
    (folder / "a.yaml").unlink()
    init = cli("init", "agnews.csv", "-o", "a.yaml")
    assert init.exit_code == 0 and DOUBT in init.stderr
    assert DOUBT in cli("check", "a.yaml").stderr
    assert DOUBT in " ".join(cli("data", "show", "a.yaml").output.split())
    faster = ("--set", "training.epochs=1", "--set", "training.engine=graph")
    assert DOUBT in cli("train", "a.yaml", "--quiet", *faster).stderr
