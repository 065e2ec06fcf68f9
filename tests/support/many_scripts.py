"""Texts in many scripts, with the signs, forms and spaces that people paste."""

import unicodedata

TEXTS = [
    "Don’t “stop”… it’s rock‘n’roll — 3.14, 1,000! a_b\u00a0c\r\nd",
    "don't \"stop\"... it's rock'n'roll - 3.14, 1,000! a b c\nd",
    "학교에서 친구가 노래를 불렀다. 서울·부산, 커피를 마신다!",
    unicodedata.normalize("NFD", "학교는 친구를 만난다. Café ÉCOLE"),
    "昨日友達がスーパーで寿司を買った。ＡＢＣ：ｘ",
    "我昨天去了北京，买了3本书！",
    "हिन्दी में कॉफ़ी, ภาษาไทย กาแฟ",
    "Straße STRASSE ΟΔΟΣ οδός İstanbul co\u00adop",
    "👩🏽\u200d💻 🇰🇷❤️ good-bad.worse \x00 \ufeff½ don't",
    "",
    "...",
]
