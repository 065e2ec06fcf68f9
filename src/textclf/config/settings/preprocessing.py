"""The `preprocessing` section: how examples become a model's input."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from textclf.config.settings.section import Settings

MOST_TOKENS = 10  # of an n-gram

NgramLength = Annotated[int, Field(ge=1, le=MOST_TOKENS)]
Ngrams = Annotated[
    Annotated[NgramLength, Tag("longest")]
    | Annotated[list[NgramLength], Field(min_length=2, max_length=2), Tag("range")],
    Discriminator(lambda value: "range" if isinstance(value, list | tuple) else "longest"),
]
Weighting = Literal["binary", "count", "tfidf", "naive_bayes"]


class TextPreprocessing(Settings):
    """How texts, as ids, become a model's input."""

    tokens: Literal["keras", "words", "characters", "subwords", "morphemes"] = Field(
        "keras",
        description="what texts are split into; keras: as Keras's Tokenizer",
    )
    signs: bool = Field(False, description="whether punctuation and other signs are tokens, too")
    num_words: int | None = Field(
        None,
        ge=4,
        le=10_000_000,
        description="ids from this on, the rarer words, become unknown",
    )
    skip_top: int = Field(
        0,
        ge=0,
        le=10_000_000,
        description="ids below this, the most frequent words, become unknown",
    )
    remove_reserved: bool = Field(
        False, description="remove ids 0 to 2 (padding, start, unknown) from every text"
    )
    maxlen: int | None = Field(
        None,
        ge=1,
        le=100_000,
        description="length in ids to which every text is cut or padded",
    )
    padding: Literal["pre", "post"] = Field(
        "pre", description="which end of a short text is padded"
    )
    truncating: Literal["pre", "post"] = Field("pre", description="which end of a long text is cut")
    encoding: Literal["embedding", "one_hot", "multi_hot"] = Field(
        "embedding", description="the form in which ids enter the model"
    )
    ngrams: Ngrams | None = Field(
        None,
        description="multi_hot of n-grams, not words: the tokens of the longest, or [shortest, "
        "longest]; num_words limits those of the model, maxlen those of a text",
        examples=[3],
    )
    min_rows: int = Field(
        2,
        ge=1,
        le=1_000_000_000,
        description="number of training rows that an n-gram must be in to be a feature",
    )
    weighting: Weighting = Field(
        "binary",
        description="what an n-gram of a text counts: binary: 1; count: its occurrences; tfidf: "
        "these, rare n-grams more, each text of length 1; naive_bayes: for which class it speaks",
    )

    @property
    def ngram_range(self) -> tuple[int, int] | None:
        """The numbers of tokens of the shortest and of the longest n-gram."""
        if self.ngrams is None:
            return None
        shortest, longest = (1, self.ngrams) if isinstance(self.ngrams, int) else self.ngrams
        return shortest, longest


class FeaturePreprocessing(Settings):
    """How numeric features become a model's input."""

    standardize: bool = Field(
        True, description="subtract the training rows' mean, divide by their standard deviation"
    )


def _kind_of_preprocessing(value: Any) -> str:
    has_key = isinstance(value, dict) and "standardize" in value
    return "features" if has_key or isinstance(value, FeaturePreprocessing) else "text"


PreprocessingSettings = Annotated[
    Annotated[TextPreprocessing, Tag("text")] | Annotated[FeaturePreprocessing, Tag("features")],
    Discriminator(_kind_of_preprocessing),
]
