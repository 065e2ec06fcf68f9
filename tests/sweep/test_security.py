import stat

import pytest

from textclf.errors import RunError
from textclf.sweep.security import differing, new_key, read_key, write_key

pytest.importorskip("cryptography")


def test_a_key_is_its_owners_alone(tmp_path):
    key = new_key()
    write_key(tmp_path / "key.pem", key)
    assert stat.S_IMODE((tmp_path / "key.pem").stat().st_mode) == 0o600
    assert read_key(tmp_path / "key.pem") == key != new_key()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"-----BEGIN CERTIFICATE-----"])
def test_another_file(tmp_path, content):
    (tmp_path / "key.pem").write_bytes(content)
    with pytest.raises(RunError, match=r"key\.pem: .* key"):
        read_key(tmp_path / "key.pem")


def test_no_file(tmp_path):
    with pytest.raises(RunError, match="missing; copy it"):
        read_key(tmp_path / "key.pem")


def test_differences_are_named():
    ours = {"code": "a", "keras": "3.15.1", "numpy": "2.0"}
    assert differing(ours, ours) == ""
    assert differing(ours, {**ours, "code": "b"}) == "other source files of textclf"
    theirs = {"code": "b", "keras": "3.15.2"}
    assert differing(ours, theirs) == "keras 3.15.2 instead of 3.15.1, numpy missing instead of 2.0"
