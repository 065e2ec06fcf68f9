"""A run as an enemy would write it, without training: 46 classes, names and texts are markup."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from textclf.config.file import load_config
from textclf.results.report import TextExplanation
from textclf.results.report.attribution import Attribution
from textclf.runs import RunFolder, create_run

ATTACK = "<script>alert(1)</script>"
HOSTILE = (
    ATTACK,
    '"><img src=x onerror=alert(2)>',
    "{{ 7 * 7 }}",
    "a\x00\x1b[31mb",
    "\u202eevil",
    "&amp;",
)


def make_names(classes: int) -> list[str]:
    return [*HOSTILE, *(f"class-{number}" for number in range(len(HOSTILE), classes))][:classes]


def make_run(folder: Path, classes: int = 46, rows: int = 600, name: str = "run-1") -> RunFolder:
    """A finished run on reuters, its tables made up."""
    record = {"status": "finished", "command": f"textclf train {ATTACK}", "git": {"commit": ATTACK}}
    run = create_run(load_config("reuters_dense"), "r", folder, name, record)
    run.lock.release()
    names, rng = np.array(make_names(classes), object), np.random.default_rng(0)
    truth = np.minimum(rng.geometric(0.15, rows) - 1, classes - 1)
    predicted = np.where(rng.random(rows) < 0.7, truth, rng.integers(0, classes, rows))
    epochs = pd.DataFrame(
        {"epoch": [1, 2, 3], "loss": [3.0, 2.0, 1.0], "val_loss": [3.0, 2.5, 2.6]}
    )
    epochs.assign(accuracy=[0.3, 0.5, 0.7], val_accuracy=[0.3, 0.5, 0.6]).to_csv(
        run.history_path, index=False
    )
    table = pd.DataFrame({"split": "test", "row": np.arange(rows), "truth": names[truth]})
    table.assign(prediction=names[predicted], probability=rng.uniform(0.5, 1, rows)).to_csv(
        run.predictions_path, index=False
    )
    matrix = np.zeros((classes, classes), int)
    np.add.at(matrix, (truth, predicted), 1)
    confusion = pd.DataFrame(matrix, columns=names, index=pd.Index(names, name="truth"))
    confusion.to_csv(run.confusion_path)
    scores = {"val_accuracy": 0.6, "test_accuracy": float((truth == predicted).mean())}
    run.metrics_path.write_text(json.dumps({**scores, "best_epoch": 2}))
    return run


def make_explanation(seed: int) -> TextExplanation:
    """200 words, some of them hostile, some unseen."""
    rng = np.random.default_rng(seed)
    words = [*HOSTILE, *(f"word{number}" for number in range(194))]
    seen = rng.random(200) < 0.8
    return TextExplanation(words, Attribution(np.where(seen, rng.normal(size=200), 0.0), seen))
