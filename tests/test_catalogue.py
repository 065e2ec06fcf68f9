"""One real epoch of every experiment of the catalogue, on the real data."""

import pytest

from textclf import load_config, train
from textclf.config.file import list_recipes

CATALOGUE = sorted(set(list_recipes()) - {"quickstart"})


@pytest.mark.real_data
@pytest.mark.parametrize("name", CATALOGUE)
def test_an_epoch(name, tmp_path, data_dir):
    run = train(load_config(name, ["training.epochs=1"]), tmp_path, name, data_dir=data_dir)
    assert run.status == "finished"
    assert {path.stem for path in run.plots_path.iterdir()} > {"loss"}
    for fit in run.folds.values() or [run]:
        row = fit.history.iloc[0]
        kept = {key: value for key, value in fit.metrics.items() if key in row}
        assert {"val_loss"} < set(kept)
        assert kept == pytest.approx({key: row[key] for key in kept}, rel=1e-6)


def test_the_catalogue_has_eleven_experiments():
    assert len(CATALOGUE) == 11
