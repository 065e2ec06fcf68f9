"""A card's memory as NVIDIA's library reports it, played by a fake."""

import sys
from types import SimpleNamespace

import pytest

from textclf.errors import ResourceError
from textclf.training.engine import gpu_memory
from textclf.training.engine.gpu_memory import UNKNOWN, CardMemory, card_memory
from textclf.training.memory import check_card

CARDS = [SimpleNamespace(total=141, free=100), SimpleNamespace(total=24, free=2)]


class NVMLError(Exception):
    pass


def handle(name: int | str) -> SimpleNamespace:
    try:
        return CARDS[name] if isinstance(name, int) else {"GPU-b": CARDS[1]}[name]
    except LookupError as error:
        raise NVMLError from error


@pytest.fixture(autouse=True)
def nvml(monkeypatch):
    fake = SimpleNamespace(
        NVMLError=NVMLError,
        nvmlInit=lambda: None,
        nvmlShutdown=lambda: None,
        nvmlDeviceGetHandleByIndex=handle,
        nvmlDeviceGetHandleByUUID=handle,
        nvmlDeviceGetMemoryInfo=lambda card: card,
    )
    monkeypatch.setitem(sys.modules, "pynvml", fake)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    card_memory.cache_clear()
    yield fake
    card_memory.cache_clear()


@pytest.mark.parametrize(
    ("visible", "device", "total"),
    [
        (None, "gpu:0", 141),
        (None, "gpu", 141),
        (None, "gpu:1", 24),
        ("1", "gpu:0", 24),
        ("1,0", "gpu:1", 141),
        ("GPU-b", "gpu:0", 24),
    ],
)
def test_the_card_is_the_one_that_tensorflow_counts(monkeypatch, visible, device, total):
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert card_memory(device).total == total


@pytest.mark.parametrize(
    ("visible", "device"), [(None, "gpu:7"), ("MIG-x", "gpu:0"), ("0", "gpu:1"), ("", "gpu:0")]
)
def test_an_unknown_card_has_8_gib(monkeypatch, visible, device):
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert card_memory(device) == UNKNOWN == CardMemory(2**33, 2**33, is_known=False)


def test_without_the_library_it_is_a_guess(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert not card_memory("gpu:0").is_known


def test_without_a_driver_it_is_a_guess(nvml):
    def fail():
        raise NVMLError

    nvml.nvmlInit = fail
    assert card_memory("gpu:0") is gpu_memory.UNKNOWN


def test_a_training_that_does_not_fit_is_refused_where_that_is_known(monkeypatch):
    check_card(2, "gpu:1")
    with pytest.raises(ResourceError, match=r"--device cpu") as caught:
        check_card(3, "gpu:1")
    assert caught.value.exit_code == 6
    monkeypatch.setitem(sys.modules, "pynvml", None)
    card_memory.cache_clear()
    check_card(2**40, "gpu:1")
