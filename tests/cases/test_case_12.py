"""Case 12: NaN, as Python's json writes a missing label, is not a class, as null is not."""

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("file", ["d.jsonl", "null.jsonl"])
def test_a_missing_label_is_not_a_class(case, cli, file):
    case("12-nan-label")
    result = cli("train", "c.yaml", "--name", "a", "--quiet", "--set", f"dataset.path={file}")
    assert result.exit_code == 4
    assert f"{file}:1: column 'label': no class" in result.stderr
