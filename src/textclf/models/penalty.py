"""The L2 penalty on weights."""

import keras


def l2(strength: float) -> keras.Regularizer | None:
    """Keras's regularizer of this strength; None for 0, which adds nothing to the loss."""
    return keras.regularizers.L2(strength) if strength else None
