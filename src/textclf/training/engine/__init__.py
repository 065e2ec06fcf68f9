"""Engines: how batches are run, and all that touches the private parts of Keras."""
