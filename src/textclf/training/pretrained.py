"""A network's word vectors, which start from those of a file."""

import keras
import numpy as np

from textclf.config.vector_source import VectorSource
from textclf.data.dataset import Dataset
from textclf.data.encoders import Encoder, TextEncoder
from textclf.data.vectors import Vectors, read_vectors, warn_of_few_vectors
from textclf.training.reporter import Reporter


class Pretrained:
    """A config's file of word vectors, which is read again only for another vocabulary."""

    def __init__(self, source: VectorSource, reporter: Reporter) -> None:
        self.source = source
        self.reporter = reporter
        self.words: tuple[str, ...] | None = None
        self.vectors: Vectors | None = None

    def start(
        self, network: keras.Model, encoder: Encoder, data: Dataset, rows: np.ndarray
    ) -> None:
        """Give each word that the file has its vector; the others stay as they were drawn.

        Args:
            data: in the tokens that the encoder reads.
            rows: those that train, int64 (examples,).

        Raises:
            ConfigError, DataError: as `read_vectors` does.
        """
        assert isinstance(encoder, TextEncoder)  # otherwise a conflict of the config
        if self.vectors is None or self.words != encoder.words:
            is_first = self.vectors is None
            self.vectors = read_vectors(self.source, encoder, data, rows)
            self.words = encoder.words
            if is_first:
                self._report(self.vectors)
        embedding = next(one for one in network.layers if isinstance(one, keras.layers.Embedding))
        table = embedding.embeddings.numpy()
        table[self.vectors.ids] = self.vectors.values
        embedding.embeddings.assign(table)

    def _report(self, vectors: Vectors) -> None:
        self.reporter.note(str(vectors))
        for line in warn_of_few_vectors(vectors):
            self.reporter.warn(line)
