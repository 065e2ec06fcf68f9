"""A flag that XLA does not know ends the process; the screen says why."""

import json
import os

import pytest

from forked import Textclf

FLAG = "--xla_gpu_enable_triton_softmax_fusion=true"

pytestmark = pytest.mark.slow


def test_the_reason_is_on_the_screen(case):
    folder = case("13-xla-flags")
    for command in (["train", "seq.yaml"], ["train", "seq.yaml", "--json"]):
        process = Textclf(*command, cwd=folder, env={**os.environ, "XLA_FLAGS": FLAG})
        output, errors = process.communicate()
        assert process.returncode == 1
        if "--json" in command:
            assert FLAG in json.loads(output)["error"]["messages"][0]
        else:
            assert output == ""
            assert f"Unknown flag in XLA_FLAGS: {FLAG}" in errors
