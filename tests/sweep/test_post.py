import json

import pytest

from textclf.errors import RunError, UsageError
from textclf.sweep.post import Post, find_post
from textclf.sweep.security import new_key, write_key

pytest.importorskip("cryptography")


@pytest.fixture
def sweep(tmp_path):
    folder = tmp_path / "runs" / "S"
    folder.mkdir(parents=True)
    (folder / "sweep.json").write_text(json.dumps({"format": 1}))
    write_key(folder / "key.pem", new_key())
    (folder / "address").write_text("tls://10.0.0.1:8786\n")
    return folder


@pytest.mark.parametrize("by", ["name", "path"])
def test_a_sweep_whose_folder_can_be_read(sweep, by):
    where = "S" if by == "name" else str(sweep)
    post = find_post(where, 4, None, sweep.parent, None)
    assert (post.address, post.slots, post.in_place) == ("tls://10.0.0.1:8786", 4, False)
    assert post.key == (sweep / "key.pem").read_text()
    assert Post.from_json(post.to_json()) == post


@pytest.mark.parametrize("where", ["host:8786", "tls://host:8786", "[::1]:8786"])
def test_an_address_with_a_key(sweep, where):
    post = find_post(where, 1, sweep / "key.pem", sweep.parent, sweep)
    assert post.address == "tls://" + where.removeprefix("tls://")
    assert Post.from_json(post.to_json()) == post


def test_an_address_alone(sweep):
    with pytest.raises(UsageError, match="--key FILE is missing"):
        find_post("host:8786", 1, None, sweep.parent, None)


def test_what_is_not_there(sweep):
    with pytest.raises(RunError, match="no such sweep"):
        find_post("T", 1, None, sweep.parent, None)
    (sweep / "address").unlink()
    with pytest.raises(RunError, match=r"not open for other machines.*--listen"):
        find_post("S", 1, None, sweep.parent, None)
