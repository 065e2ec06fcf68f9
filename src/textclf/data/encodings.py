"""The encoding of a text file: UTF-8, UTF-16, or a guess that can be checked."""

import codecs
import io
import re
import string
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, get_args

from textclf.wording import printable

UTF8 = "utf-8"
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
ENOUGH_LINES = 1_000  # beyond ASCII that are all UTF-8: so is the file
SAMPLE = 200_000  # bytes of lines that are not UTF-8
RIVAL = 0.5  # share of the best guess's confidence that makes another one worth a word
LONGEST_EXAMPLE = 20
ENOUGH_LETTERS = 3
MANY_NULS = 0.15  # of every other byte: signs and digits among other scripts' letters
# What the library calls by the name of a larger set.
PLAIN = {"euc_jis_2004": "euc_jp", "big5hkscs": "big5", "shift_jis_2004": "cp932"}
FOREIGN = re.compile(r"[^\s,;|]*[^\x00-\x7f][^\s,;|]*")


@dataclass(frozen=True)
class Guess:
    """An encoding, and how to check it.

    Args:
        encoding: one that `dataset.encoding` can name.
        example: a word that it reads; None if nothing had to be guessed.
        rival: another encoding and what it makes of the word, if it is almost as likely.
    """

    encoding: str
    example: str | None = None
    rival: tuple[str, str] | None = None

    def in_words(self, is_written: bool = False) -> Iterator[str]:
        """What a user should check; nothing unless it was guessed.

        Args:
            is_written: whether a config names it.
        """
        if self.example is None:
            return
        other = (
            f"; {self.rival[0]}, which gives {self.rival[1]!r}, is as likely" if self.rival else ""
        )
        yield (
            f"not UTF-8; read as {self.encoding}, a guess, which gives {self.example!r}{other}; "
            + (
                "if it is wrong, change dataset.encoding"
                if is_written
                else f"settle it with dataset.encoding: {self.encoding}"
            )
        )


def guess_encoding(lines: Iterable[bytes]) -> Guess:
    """Guess the encoding of a file's lines, or of a folder's files, read as far as needed.

    Only what is mostly not UTF-8 is something else: a few wrong bytes are an error of the file.
    """
    lines = iter(lines)
    first = next(lines, b"")
    if found := encoding_of_start(first):
        return Guess(found)
    n_utf8, strange, n_bytes = 0, list[bytes](), 0
    for line in _with(first, lines):
        if line.isascii():
            continue
        try:
            line.decode()
            n_utf8 += 1
        except UnicodeDecodeError:
            strange.append(line[: SAMPLE - n_bytes])
            n_bytes += len(strange[-1])
        if n_bytes >= SAMPLE or (n_utf8 >= ENOUGH_LINES and not strange):
            break
    return Guess(UTF8) if n_utf8 >= len(strange) else _detect(strange)


def _with(first: bytes, lines: Iterator[bytes]) -> Iterator[bytes]:
    yield first.removeprefix(codecs.BOM_UTF8)
    yield from lines


def encoding_of_start(start: bytes) -> str | None:
    """UTF-16 by its mark, or by the NUL beside each ASCII character; None for anything else."""
    if start.startswith(UTF16_MARKS):
        return "utf-16"
    nuls = [half.count(0) / max(len(half), 1) for half in (start[::2], start[1::2])]
    if start.count(0) < 2 or max(nuls) < max(MANY_NULS, 5 * min(nuls)):
        return None
    return "utf-16-le" if nuls[1] > nuls[0] else "utf-16-be"


def _detect(lines: list[bytes]) -> Guess:
    import chardet  # late: most files are UTF-8

    sample = b"".join(lines)
    found = chardet.detect_all(
        sample,
        max_bytes=SAMPLE,
        encoding_era=chardet.EncodingEra.MODERN_WEB,
        prefer_superset=True,
        compat_names=False,
    )
    known = _known_names()
    fitting = [
        (known[codec], guess["confidence"])
        for guess in found
        for codec in _plain_first(_codec(guess["encoding"]))
        if codec in known and _reads(lines, codec)
    ]
    if not fitting:
        return Guess(UTF8)  # the error of reading it names the line
    (best, confidence), *others = fitting
    word = _example(lines, best)
    close = (
        (name, _as_read(word, best, name)) for name, sure in others if sure > RIVAL * confidence
    )
    rival = next(((name, text) for name, text in close if text not in ("", word)), None)
    return Guess(best, word, rival)


def _known_names() -> Mapping[str, str]:
    """The names in a config by those of Python's codecs."""
    from textclf.config.settings.dataset import Encoding

    return {codecs.lookup(name).name: name for name in reversed(get_args(Encoding))}


def _plain_first(codec: str) -> tuple[str, ...]:
    return (PLAIN[codec], codec) if codec in PLAIN else (codec,)


def _codec(name: str | None) -> str:
    with suppress(LookupError):
        return codecs.lookup(name or "").name
    return ""


def _reads(lines: Iterable[bytes], codec: str) -> bool:
    """Whether every line can be decoded, the last one as far as it was cut."""
    decoder = codecs.getincrementaldecoder(codec)
    try:
        return all(decoder().decode(line) is not None for line in lines)
    except UnicodeDecodeError:
        return False


def _example(lines: Iterable[bytes], encoding: str) -> str:
    """The first word beyond ASCII, of a few letters if there is one."""
    words = [
        word.strip(string.punctuation)
        for line in list(lines)[:100]
        for word in FOREIGN.findall(line.decode(encoding, errors="replace"))
    ]
    chosen = next((word for word in words if len(word) >= ENOUGH_LETTERS), words[0])
    return printable(chosen[:LONGEST_EXAMPLE])


def _as_read(word: str, encoding: str, other: str) -> str:
    """What another encoding makes of a word; '' if it cannot read it."""
    with suppress(UnicodeError):
        return printable(word.encode(encoding).decode(other))
    return ""


# --- reading ---------------------------------------------------------------------------------


def line_codec(encoding: str) -> str:
    """The codec of the lines that `with_plain_lines` leaves."""
    return UTF8 if encoding.startswith("utf-16") else encoding


def with_plain_lines(file: io.BufferedReader, encoding: str) -> io.BufferedReader:
    """The file, in which a line ends with the byte of a line feed; UTF-16 becomes UTF-8."""
    if not encoding.startswith("utf-16"):
        return file
    raw: Any = _AsUtf8(file, encoding)
    return io.BufferedReader(raw)


class _AsUtf8(io.RawIOBase):
    """UTF-16 as UTF-8; what is wrong in the one is wrong in the other, in the same line."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self.file = file
        self.decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
        self.rest = b""
        self.is_at_end = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not (self.rest or self.is_at_end):
            chunk = self.file.read(len(buffer))
            self.is_at_end = not chunk
            self.rest = self._encode(chunk)
        part, self.rest = self.rest[: len(buffer)], self.rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)

    def _encode(self, chunk: bytes) -> bytes:
        try:
            return self.decoder.decode(chunk, not chunk).encode(UTF8, "surrogatepass")
        except UnicodeDecodeError:  # half a character at the end
            return b"\xff"
