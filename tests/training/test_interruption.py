"""Signals wait for the end of a block of batches."""

import signal

import pytest

from textclf.training.interruption import Interruption


class Came(BaseException):
    """Stands for what a handler raises."""


@pytest.fixture(autouse=True)
def handler():
    def come(number, frame):
        raise Came(number)

    before = signal.signal(signal.SIGINT, come)
    yield come
    signal.signal(signal.SIGINT, before)


def test_a_signal_waits_for_the_end_of_a_batch():
    with pytest.raises(Came), Interruption() as interruption:
        signal.raise_signal(signal.SIGINT)
        waited = True
        interruption.on_train_batch_end(0)
    assert waited


def test_a_second_signal_does_not_wait():
    with pytest.raises(Came), Interruption():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        pytest.fail("the second signal waited")


def test_a_signal_after_the_last_batch_comes_when_training_is_left():
    with pytest.raises(Came), Interruption():
        signal.raise_signal(signal.SIGINT)


def test_handlers_are_given_back(handler):
    with Interruption():
        assert signal.getsignal(signal.SIGINT) is not handler
    assert signal.getsignal(signal.SIGINT) is handler


def test_an_error_is_not_hidden_by_a_signal():
    with pytest.raises(ValueError, match="first"), Interruption():
        signal.raise_signal(signal.SIGINT)
        raise ValueError("first")
