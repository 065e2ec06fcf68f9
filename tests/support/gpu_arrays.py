"""Trains one epoch of a recipe on a GPU, and prints each array of a step that is not there."""

import sys

from textclf.config.file import load_config
from textclf.training.engine import backend
from textclf.training.reporter import Reporter
from textclf.workflow.fitting import new_trainer


def main(recipe: str, engine: str) -> None:
    config = load_config(recipe, ["training.epochs=1", f"training.engine={engine}"])
    with backend.computing(None):
        trainer = new_trainer(config, None, "gpu", Reporter())
        network_and_engine(trainer)


def network_and_engine(trainer: object) -> None:
    from textclf.data.encoders import fit_encoder
    from textclf.training.network import new_network

    config, data = trainer.config, trainer.data
    encoder = fit_encoder(config.preprocessing, data, data.train_rows)
    network = new_network(config, encoder, data)
    x = encoder.transform(data.x)
    program = trainer._compile(network, x.nbytes, 100, encoder.packed_columns)
    program.engine.put(x, data.targets)
    model = program.engine.model
    arrays = vars(model.arrays)
    variables = [value for value in arrays.values() if hasattr(value, "device")]
    of_keras = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    for variable in [*variables, *(variable.value for variable in of_keras)]:
        if "GPU:0" not in variable.device:
            print(variable.name, variable.dtype, variable.device)


if __name__ == "__main__":
    main(*sys.argv[1:])
