"""A flag that XLA does not know ends the process; the screen says why."""

import json
import os
import subprocess
import sys

import pytest

FLAG = "--xla_gpu_enable_triton_softmax_fusion=true"

pytestmark = pytest.mark.slow


@pytest.fixture
def run(case):
    folder = case("13-xla-flags")

    def run_textclf(*arguments, flags=FLAG):
        return subprocess.run(
            [sys.executable, "-m", "textclf", *arguments],
            cwd=folder,
            env={**os.environ, "XLA_FLAGS": flags},
            capture_output=True,
            text=True,
        )

    return run_textclf


def test_the_reason_is_on_the_screen(run):
    assert run("train", "seq.yaml", "--name", "ok", "--quiet", flags="").returncode == 0
    for arguments in (["train", "seq.yaml"], ["evaluate", "ok"]):
        plain, as_json = run(*arguments), run(*arguments, "--json")
        assert plain.returncode == as_json.returncode == 1
        assert plain.stdout == ""
        assert f"Unknown flag in XLA_FLAGS: {FLAG}" in plain.stderr
        assert FLAG in json.loads(as_json.stdout)["error"]["messages"][0]
