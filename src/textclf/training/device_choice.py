"""Which device `--device auto` is: the one on which a whole command takes less time."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textclf.config.settings import Config
from textclf.data.dataset import Dataset
from textclf.data.encoders import fit_encoder, in_tokens
from textclf.data.splits import make_splits
from textclf.runs.environment import available_processors
from textclf.training.engine import backend

if TYPE_CHECKING:
    import keras

AUTO = "auto"
SCORING_SHARE = 1 / 3  # of the time of a row that trains, for one that is only scored
GPU_START_SECONDS = 10.0  # for the driver, the libraries and the first kernels
# As two processors were measured, on which the figures of docs/benchmarks.md were, too.
CPUS = 2
CPU_BATCH_SECONDS = 3e-5
CPU_STEP_SECONDS = 4e-6  # of a loop over time, forward and backward
CPU_MULTIPLICATIONS_PER_SECOND = 4e10


@dataclass(frozen=True)
class DeviceChoice:
    """A device for `backend.start`, and why, if there was a choice."""

    device: str
    reason: str | None = None


@dataclass(frozen=True)
class Work:
    """What a command computes.

    Args:
        trained: rows that train, of all epochs and fits.
        scored: rows that are only scored.
        batch_size: of training.
    """

    trained: int
    scored: int
    batch_size: int

    @property
    def batches(self) -> float:
        return (self.trained + SCORING_SHARE * self.scored) / self.batch_size


def choose_device(
    device: str, config: Config, data: Dataset, trainings: int = 1, trains: bool = True
) -> DeviceChoice:
    """The device for a command, before TensorFlow starts any.

    Args:
        device: as of `--device`; only 'auto' is a choice, and only where there is a GPU.
        trainings: how often the config is trained, such as with several seeds.
        trains: False: kept models are only scored.
    """
    if device != AUTO or not backend.is_open():
        return DeviceChoice(device)
    network = _outline(config, data)
    if network is None:
        return DeviceChoice("cpu", f"on the CPU, where n-grams are fast; {_override('gpu')}")
    work = work_of(config, data, trainings, trains)
    on_cpu = cpu_seconds(network, work, available_processors())
    on_gpu = gpu_seconds(network, work, config.training.engine)
    chosen, other = ("cpu", "gpu") if on_cpu <= on_gpu else ("gpu", "cpu")
    said = {"cpu": f"about {on_cpu:.0f} s", "gpu": f"about {on_gpu:.0f} s with its start"}
    return DeviceChoice(
        chosen,
        f"{'trained' if trains else 'scored'} on the {chosen.upper()}: by an estimate, "
        f"{said[chosen]} there, {said[other]} on the {other.upper()}; {_override(other)}",
    )


def device_again(device: str, record: dict[str, Any]) -> str:
    """The device for more of a run: where it began, if that is still there, as bits depend on it.

    Args:
        record: the run's run.json.
    """
    began = record.get("device", {}).get("name")
    if device != AUTO or began is None:
        return device
    return str(began) if began == "cpu" or backend.has_gpu(began) else device


def device_for_little(device: str) -> str:
    """The device for a few rows, for which no GPU is started that was not asked for."""
    return "cpu" if device == AUTO and backend.is_open() else device


def _override(other: str) -> str:
    return f"--device {other} overrides"


def _outline(config: Config, data: Dataset) -> "keras.Model | None":
    """The layers and shapes of the config's model; None of n-grams, which must be counted first."""
    if getattr(config.preprocessing, "ngrams", None) is not None:
        return None
    from textclf.training.network import outline

    data = in_tokens(config.preprocessing, data, data.train_rows)
    encoder = fit_encoder(config.preprocessing, data, data.train_rows)
    return outline(config, encoder, data)


def work_of(config: Config, data: Dataset, trainings: int, trains: bool) -> Work:
    """All epochs, as early stopping may not end any; every fold and the final fit."""
    splits = make_splits(config.training.validation, data)
    epochs = config.training.epochs if trains else 0
    trained = epochs * sum(len(split.train) for split in splits)
    if trains and len(splits) > 1:  # the final fit
        trained += epochs * len(data.train_rows)
    scored = (epochs + 1) * sum(len(split.validation) for split in splits) + len(data.test_rows)
    return Work(trained * trainings, scored * trainings, config.training.batch_size)


def cpu_seconds(network: "keras.Model", work: Work, threads: int) -> float:
    """A rough estimate on so many processors of an average kind."""
    from textclf.training.engine import rule_cpu
    from textclf.training.engine.costs import loop_steps, multiplications

    products = 3 * work.batch_size * multiplications(network)
    seconds = loop_steps(network) * CPU_STEP_SECONDS + products / CPU_MULTIPLICATIONS_PER_SECOND
    name, _ = rule_cpu.engine_of(network)
    parts = rule_cpu.number_of_parts(network, work.batch_size, threads)
    if name == "graph" or parts > 1:  # several threads; twice as many are not twice as fast
        seconds /= (threads / CPUS) ** 0.5
    return work.batches * (CPU_BATCH_SECONDS + seconds)


def gpu_seconds(network: "keras.Model", work: Work, engine: str = "auto") -> float:
    """A rough estimate on a GPU, with its start."""
    from textclf.training.engine import rule_gpu
    from textclf.training.engine.rule import is_known

    if engine == "auto":
        known = all(is_known(layer) for layer in network.layers)
        engine = rule_gpu.engine_of(network)[0] if known else "keras"
    return GPU_START_SECONDS + work.batches * rule_gpu.seconds_of_batch(
        engine, network, work.batch_size
    )
