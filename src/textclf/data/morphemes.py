"""Korean texts to morphemes, by the package kiwipiepy."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from textclf.data.words import Split, fold
from textclf.errors import DataError

if TYPE_CHECKING:
    from kiwipiepy import Kiwi

PACKAGES = ("kiwipiepy", "kiwipiepy_model")
# Kiwi's tags of punctuation, brackets, quotes, dashes and other signs; numerals and emoji are kept.
SIGNS = frozenset({"SF", "SP", "SS", "SSO", "SSC", "SE", "SO", "SB", "SW"})


def split_into_morphemes(signs: bool) -> Split:
    """The function that splits a text into the forms of its morphemes.

    Args:
        signs: whether signs are morphemes, too.

    Raises:
        DataError: kiwipiepy is not installed.
    """
    kiwi = _kiwi()
    left_out = frozenset() if signs else SIGNS

    def split(text: str) -> list[str]:
        folded = fold(text).encode(errors="replace").decode()  # Kiwi refuses lone surrogates
        return [token.form for token in kiwi.tokenize(folded) if token.tag not in left_out]

    return split


def describe_kiwi() -> list[str]:
    """The versions on which the morphemes of a text depend.

    Raises:
        DataError: kiwipiepy is not installed.
    """
    try:
        return [f"{package} {version(package)}" for package in PACKAGES]
    except PackageNotFoundError:
        raise _missing() from None


@cache
def _kiwi() -> "Kiwi":
    try:
        from kiwipiepy import Kiwi  # late: an extra
    except ImportError:
        raise _missing() from None
    return Kiwi(num_workers=1)


def _missing() -> DataError:
    return DataError(
        "preprocessing.tokens: morphemes needs kiwipiepy, which is not installed; install it: "
        "pip install 'textclf[korean]'"
    )
