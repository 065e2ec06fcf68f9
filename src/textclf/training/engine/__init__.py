"""Engines: how batches are run; the only code that uses Keras's private parts."""
