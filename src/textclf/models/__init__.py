"""Models in Keras's own layers, one file for each type."""
