"""Whether two texts spell one unit: a mapping changes no value, so that a factor between them is refused."""

import re
import unicodedata
from collections import Counter
from typing import Final

_TOKENS: Final = {
    "百万": "n:1000000",
    "万": "n:10000",
    "亿": "n:100000000",
    "皮克": "pg",
    "纳克": "ng",
    "微克": "ug",
    "毫克": "mg",
    "千克": "kg",
    "公斤": "kg",
    "克": "g",
    "毫升": "ml",
    "微升": "ul",
    "升": "l",
    "小时": "h",
    "天": "d",
    "分钟": "min",
    "剂": "dose",
    "拷贝": "copies",
    "细胞": "cells",
    "个": "",
    "每": "/",
    "percent": "%",
    "mcg": "ug",
    "μg": "ug",
    "μl": "ul",
    "hours": "h",
    "hour": "h",
    "hrs": "h",
    "hr": "h",
    "cell": "cells",
    "copy": "copies",
    "doses": "dose",
    "per": "/",
}
_WORD: Final = re.compile(r"\d+(?:\.\d+)?|[a-zμ]+|[\u4e00-\u9fff]+|[%‰/]")
NO_UNIT: Final = frozenset({"", "/", "-", "–", "—", "无", "none", "n/a"})


def spell_the_same(theirs: str, ours: str) -> bool:
    """Whether both texts, read number by number and word by word, say one unit: `EU/毫升` and `EU/mL`, `×10⁶/ml`.

    What is not read alike is refused, be it a factor (`10^5/mL` for `10^6/mL`, `µg` for `ng`) or a word unknown here.
    """
    if ours == "":
        return theirs.casefold() in NO_UNIT
    return theirs != "" and _read(theirs) == _read(ours)


def _read(text: str) -> tuple[Counter[str], ...]:
    """Return the parts of a unit above and below its strokes, each as the numbers and words that stand there."""
    parts: list[Counter[str]] = [Counter()]
    for word in _tokens(text):
        if word == "/":
            parts.append(Counter())
        elif word:
            parts[-1][word] += 1
    return tuple(parts)


def _tokens(text: str) -> list[str]:
    # A capital M before small letters, or before units of activity (MIU), is a million; a small one a thousandth.
    plain = re.sub(r"(?<![A-Za-z])M(?=[a-z]|[IE]?U(?![A-Za-z]))", "mega", text.translate(_SUPERSCRIPTS_MARKED))
    plain = unicodedata.normalize("NFKC", plain).casefold().replace("×", " ").replace("µ", "μ")
    plain = re.sub(r"(?<![a-z])x(?=\s*10)", " ", plain)
    plain = re.sub(r"10\s*(?:\^|\*\*)\s*\(?(\d{1,2})\)?", lambda found: f" {10 ** int(found[1])} ", plain)
    plain = re.sub(r"(?<!\d)1?e(\d{1,2})(?!\d)", lambda found: f" {10 ** int(found[1])} ", plain)
    return [token for word in _WORD.findall(plain) for token in _spelt(word)]


_SUPERSCRIPTS_MARKED: Final = {ord(each): f"^{number}" for number, each in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}


def _spelt(word: str) -> list[str]:
    if not _is_chinese(word):
        return [_TOKENS.get(word, word)]
    tokens: list[str] = []
    while word:
        known = next((each for each in _LONGEST_FIRST if word.startswith(each)), word[0])
        tokens.append(_TOKENS.get(known, known).removeprefix("n:"))
        word = word[len(known) :]
    return tokens


def _is_chinese(word: str) -> bool:
    return "\u4e00" <= word[0] <= "\u9fff"


_LONGEST_FIRST: Final = sorted((each for each in _TOKENS if _is_chinese(each)), key=len, reverse=True)
