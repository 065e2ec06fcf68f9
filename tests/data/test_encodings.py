"""Files in the encodings of the world are read as their writers wrote them, or refused."""

import pytest

from textclf.data.encodings import guess_encoding

LINES = {
    "cp949": "이 영화는 정말 좋았습니다. 배우들의 연기가 훌륭했다;긍정",
    "cp932": "この映画はとても良かったです。俳優の演技が素晴らしい,肯定",
    "euc-jp": "この映画はとても良かったです。俳優の演技が素晴らしい,肯定",
    "gb18030": "这部电影非常好看，演员的表演很精彩,正面",
    "big5": "這部電影非常好看，演員的表演很精彩,正面",
    "cp1252": "Le garçon était très déçu à l’école – “bientôt”,négatif",
    "cp1251": "Этот фильм был очень хорошим актёры играли прекрасно,да",
    "koi8-r": "Этот фильм был очень хорошим актёры играли прекрасно,да",
    "cp1250": "Příliš žluťoučký kůň úpěl ďábelské ódy,dobré",
    "cp1253": "Η ταινία ήταν πολύ καλή και οι ηθοποιοί υπέροχοι,ναι",
    "cp1254": "Bu film çok güzeldi, oyuncular şahaneydi ığdır İstanbul,iyi",
    "cp1255": "הסרט היה טוב מאוד והשחקנים נהדרים,כן",
    "cp1256": "كان الفيلم جيدا جدا والممثلون رائعون,نعم",
    "cp874": "หนังเรื่องนี้ดีมาก นักแสดงเล่นดี,ดี",
}


@pytest.mark.parametrize("encoding", LINES)
@pytest.mark.parametrize("times", [1, 3_000])
def test_an_encoding_is_guessed_and_can_be_checked(encoding, times):
    line = (LINES[encoding] + "\r\n").encode(encoding)
    guess = guess_encoding([b"text,label\r\n", *[line] * times])
    assert line.decode(guess.encoding) == line.decode(encoding)
    (said,) = guess.in_words()
    assert f"read as {guess.encoding}, a guess, which gives {guess.example!r}" in said
    assert guess.example in LINES[encoding] and f"dataset.encoding: {guess.encoding}" in said


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text\n",
        "좋은 영화\n".encode(),
        b"\xef\xbb\xbfGr\xc3\xb6\xc3\x9fe\n",
        b"\x00\x1b[31m\n",
    ],
)
def test_utf8_is_not_guessed(content):
    guess = guess_encoding(content.splitlines(keepends=True))
    assert (guess.encoding, [*guess.in_words()]) == ("utf-8", [])


def test_a_few_wrong_bytes_do_not_make_it_another_encoding():
    good, wrong = "좋은 영화\n".encode(), b"\xb0\xff\n"
    assert guess_encoding([good, wrong]).encoding == "utf-8"
    assert guess_encoding([wrong, *[good] * 3]).encoding == "utf-8"


def test_what_another_encoding_would_make_of_it_is_said():
    guess = guess_encoding(["naïve café\n".encode("cp1252")])
    (said,) = guess.in_words()
    assert (
        guess.rival and f"; {guess.rival[0]}, which gives {guess.rival[1]!r}, is as likely" in said
    )


def test_the_same_bytes_give_the_same_guess():
    lines = ["größer\n".encode("cp1252"), "Pole žluté\n".encode("cp1250")]
    assert len({guess_encoding(lines) for _ in range(5)}) == 1
