"""`textclf data`: files found, verified, downloaded where missing."""

import functools
import http.server
import json
import threading

import pytest

from textclf.data.files import SHA256

BOSTON = "boston_housing.npz"


@pytest.mark.real_data
def test_genuine_files_are_ok(cli, cli_json, data_dir):
    result = cli("data", "verify", "imdb", "--data-dir", data_dir)
    assert (result.exit_code, result.stderr) == (0, "")
    names = ["imdb.npz", "imdb_word_index.json"]
    assert result.stdout.splitlines() == [f"ok       {data_dir / name}" for name in names]
    code, printed = cli_json("data", "verify", "imdb", "--data-dir", data_dir)
    assert code == 0
    assert printed == {
        "files": [
            {
                "name": name,
                "path": str(data_dir / name),
                "status": "ok",
                "expected_sha256": SHA256[name],
                "sha256": SHA256[name],
            }
            for name in names
        ]
    }


@pytest.mark.parametrize("status", ["missing", "damaged"])
def test_a_file_that_is_not_correct_ends_with_4_and_says_how_to_repair_it(
    cli, cli_json, no_data, tmp_path, status
):
    folder = tmp_path / "my data"
    folder.mkdir()
    if status == "damaged":
        (folder / BOSTON).write_text("no data")
    arguments = ("data", "verify", "boston", "--data-dir", folder)
    messages = [
        f"{BOSTON}: {status}",
        f"repair it with: textclf data fetch boston --data-dir '{folder}'",
    ]
    result = cli(*arguments)
    assert (result.exit_code, result.stdout) == (4, f"{status:<8} {folder / BOSTON}\n")
    assert result.stderr.splitlines() == [f"textclf: {message}" for message in messages]
    code, printed = cli_json(*arguments)
    assert (code, printed["files"][0]["status"]) == (4, status)
    assert printed["error"] == {"code": 4, "messages": messages}


@pytest.mark.parametrize("command", ["verify", "fetch"])
def test_docstrings_have_no_files(cli, cli_json, command):
    result = cli("data", command, "docstrings")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "docstrings has no files: it is read from the installed libraries" in result.stderr
    assert cli_json("data", command, "docstrings") == (0, {"files": []})


@pytest.mark.parametrize("command", ["verify", "fetch"])
def test_an_unknown_dataset_ends_with_4(cli_json, command):
    messages = ["mnist: no such dataset; there are imdb, reuters, boston, docstrings"]
    expected = (4, {"error": {"code": 4, "messages": messages}})
    assert cli_json("data", command, "mnist") == expected


def test_fetching_without_a_network_ends_with_4(cli, no_data, tmp_path):
    result = cli("data", "fetch", "boston", "--data-dir", tmp_path / "new")
    assert (result.exit_code, result.stdout) == (4, "")
    assert f"{BOSTON}: cannot be downloaded: " in result.stderr
    assert not (tmp_path / "new").exists()


@pytest.fixture
def origin(data_dir):
    """A server of the real files on this machine."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Handler, directory=str(data_dir))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.real_data
@pytest.mark.parametrize("quiet", [True, False])
def test_fetching_downloads_what_is_missing_and_tells_how_far_it_is(
    cli, data_dir, tmp_path, monkeypatch, origin, quiet
):
    monkeypatch.setattr("textclf.data.files.ORIGIN", origin)
    target = tmp_path / "target"
    result = cli("data", "fetch", "boston", "--data-dir", target, *["--quiet"] * quiet)
    assert (result.exit_code, result.stdout) == (0, f"{target / BOSTON}\n")
    assert (target / BOSTON).read_bytes() == (data_dir / BOSTON).read_bytes()
    shown = [int(line.split()[1]) for line in result.stderr.splitlines()]
    # However the network cuts the file, each tenth is shown once.
    assert shown == sorted(set(shown)) and shown[-1:] == ([] if quiet else [100])


@pytest.mark.real_data
def test_genuine_files_are_not_fetched_again(cli, data_dir):
    result = cli("data", "fetch", "reuters", "--json")
    paths = [str(data_dir / name) for name in ("reuters.npz", "reuters_word_index.json")]
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"warnings": [], "files": paths})
    assert result.stderr == ""
