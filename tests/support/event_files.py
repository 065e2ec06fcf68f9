"""What TensorBoard would read."""

from pathlib import Path

import tensorflow as tf


def read_scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Each tag's steps and values, in the order of the event files below a folder."""
    scalars: dict[str, list[tuple[int, float]]] = {}
    for path in sorted(folder.glob("events.*")):
        for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
            event = tf.compat.v1.Event.FromString(record)
            for value in event.summary.value:
                assert value.metadata.plugin_data.plugin_name in ("scalars", "")
                number = float(tf.make_ndarray(value.tensor))
                scalars.setdefault(value.tag, []).append((event.step, number))
    return scalars
