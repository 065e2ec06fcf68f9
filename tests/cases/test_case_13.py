"""A flag that XLA does not know ends the process; the screen says why."""

import json
import os
import subprocess
import sys

import pytest

FLAG = "--xla_gpu_enable_triton_softmax_fusion=true"

pytestmark = pytest.mark.slow


def test_the_reason_is_on_the_screen(case):
    folder = case("13-xla-flags")
    for command in (["train", "seq.yaml"], ["train", "seq.yaml", "--json"]):
        result = subprocess.run(
            [sys.executable, "-m", "textclf", *command],
            cwd=folder,
            env={**os.environ, "XLA_FLAGS": FLAG},
            capture_output=True,
            text=True,
        )
        assert result.returncode == 1
        if "--json" in command:
            assert FLAG in json.loads(result.stdout)["error"]["messages"][0]
        else:
            assert result.stdout == ""
            assert f"Unknown flag in XLA_FLAGS: {FLAG}" in result.stderr
