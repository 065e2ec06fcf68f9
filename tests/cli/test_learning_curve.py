"""`textclf learning-curve`: a run for each share, resumable, listed, and refused where it must."""

import json
from pathlib import Path

import pandas as pd
import pytest

from made_up_curve import make_curve
from textclf import load_config, open_run, train, workflow
from textclf.training.reporter import Reporter

CONFIG = """
dataset: {name: csv, path: d.csv, text: text, label: sign, stratify: true}
preprocessing: {num_words: 12, encoding: multi_hot}
model: {type: dense, units: [4]}
training: {epochs: 2, batch_size: 8, validation: {split: shuffled, stratify: true}, engine: graph}
"""


@pytest.fixture
def config(empty_folder):
    rows = [(f"a{a} b{b}", "plus" if a > b else "minus") for a in range(8) for b in range(8)]
    pd.DataFrame(rows, columns=["text", "sign"]).to_csv("d.csv", index=False)
    Path("c.yaml").write_text(CONFIG)
    return "c.yaml"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--shares", "a,b"), 2, "'a,b' is not of the form 0.1,0.25,0.5,1."),
        (("--shares", "1"), 3, "shares: give 2 to 20 numbers above 0 and at most 1"),
        (("--shares", "0.5,1.5"), 3, "shares: give 2 to 20 numbers above 0"),
        (("--shares", "0.5,nan,1"), 3, "shares: give 2 to 20 numbers above 0"),
        (("--shares", "0.5,0.50"), 3, "shares: each can be given once"),
        (("--set", "training.train_share=0.5"), 3, "a learning curve sets it for each"),
        (("--set", "training.validation={split: k_fold}"), 3, "a learning curve needs one of"),
        (("--seeds", "0"), 2, "0 is not in the range"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_anything_is_written(
    cli, config, arguments, code, message
):
    result = cli("learning-curve", config, *arguments)
    assert result.exit_code == code and message in result.stderr
    assert not Path("runs").exists()


class Stop(Reporter):
    """Stops the training in a fit, by its number."""

    def __init__(self, fit: int) -> None:
        self.fit = fit

    def begin_fit(self, *_: object) -> None:
        self.fit -= 1

    def end_epoch(self, _row: object) -> None:
        if self.fit == 0:
            raise KeyboardInterrupt


@pytest.mark.slow
def test_a_curve_is_resumed_where_it_was_interrupted(cli, cli_json, config):
    curve = {"name": "curve", "shares": (1, 0.5), "seeds": 2}
    with pytest.raises(KeyboardInterrupt) as stopped:
        workflow.learning_curve(load_config(config), **curve, reporter=Stop(fit=4))
    assert "resume with: textclf resume runs/curve" in str(stopped.value.__notes__)
    finished = [Path(f"runs/curve/{name}/metrics.json") for name in ("share-0.5", "share-1/seed-1")]
    written = [path.stat().st_mtime_ns for path in finished]
    assert cli("resume", "curve", "--quiet").exit_code == 0
    assert [path.stat().st_mtime_ns for path in finished] == written

    curve = open_run("curve")
    assert curve.table["rows"].tolist() == [20, 40] and curve.table["share"].tolist() == [0.5, 1]
    assert curve.metrics == json.loads(Path("runs/curve/share-1/metrics.json").read_text())
    assert open_run("curve/share-1/seed-2").config.seed == 43
    half = load_config(config, ["training.train_share=0.5"])
    assert train(half, name="alone", seeds=2, reporter=Reporter()).metrics == json.loads(
        finished[0].read_text()
    )
    listed = cli_json("runs")[1]["runs"][0]
    assert (listed["parts"], listed["n_parts"], listed["status"]) == ("shares", 2, "finished")


@pytest.fixture
def made_up(empty_folder, monkeypatch):
    """A curve of three shares and two seeds, as if it had just been trained."""
    curve = make_curve(empty_folder / "runs", (5.0, 5.2), (4.0, 4.2), (2.0, 2.2))
    monkeypatch.setattr(workflow, "learning_curve", lambda *_, **__: curve)


def test_the_screen_has_a_line_for_each_share_and_the_verdict(cli, made_up):
    lines = cli("learning-curve", "boston_dense").stdout.splitlines()
    assert lines[0].split() == ["share", "rows", "train_mae", "val_mae", "test_mae"]
    assert lines[1].split()[:2] == ["0.25", "80"] and "5.1000 ± 0.1414" in lines[1]
    assert lines[5].startswith("from 160 to 320 training rows, val_mae went from 4.1000 to 2.1000")
    assert "more data of this kind would probably help" in lines[6]
    assert lines[-1].endswith("runs/curve")


def test_json_has_the_points_and_the_verdict(cli_json, made_up):
    code, printed = cli_json("learning-curve", "boston_dense")
    assert code == 0 and [point["rows"] for point in printed["points"]] == [80, 160, 320]
    verdict = printed["verdict"]
    assert (verdict["score"], verdict["rows"], verdict["helped"]) == ("val_mae", [160, 320], True)


def test_what_needs_a_model_names_a_run_of_the_curve(cli, made_up):
    assert cli("plot", "curve").stdout == "runs/curve/plots/learning_curve.png\n"
    for command in ("evaluate", "report", "reproduce", "predict --run"):
        result = cli(*command.split(), "curve")
        assert result.exit_code == 5 and "name one of them: runs/curve/share-1" in result.stderr
