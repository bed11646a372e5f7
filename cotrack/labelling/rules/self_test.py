"""Judges what arrived when the self-test sheet was scanned: what is wrong with it, in plain words, and what to do."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_, Term
from cotrack.labelling.rules.sheet import (
    DEAD,
    GROUP_SEPARATOR,
    LAYOUTS,
    SHEET,
    SYMBOLS,
    UNITED_STATES,
    SheetSymbol,
)
from cotrack.labelling.rules.symbology import symbology_of

MOST_MILLISECONDS: Final = 10_000
_MOST_ADDED: Final = 8
_MOST_PAIRS: Final = 12


@dataclass(frozen=True)
class Arrived:
    """What came of one symbol: the text, how long its typing took, and whether an input method took part.

    The page tells both of the latter; None where it did not.
    """

    text: str
    milliseconds: int | None = None
    is_composed: bool = False

    @classmethod
    def told(cls, text: str, typed: str) -> "Arrived":
        """Return what arrived as a page tells it: `typed` is such as `412 fast composed enter`, or says nothing."""
        first, *words = typed.split() or [""]
        return cls(text, int(first) if re.fullmatch(r"[0-9]{1,7}", first) else None, "composed" in words)


def against_symbol(symbol: SheetSymbol, arrived: Arrived) -> list[Blocker]:
    """Return what is wrong with what came of a symbol, each with what to do; none where it is true to the letter."""
    faults = _against_text(symbol, _without_identifier(symbol, arrived.text), is_composed=arrived.is_composed)
    if arrived.milliseconds is not None and arrived.milliseconds > MOST_MILLISECONDS:
        words = N_(
            "It took {seconds} seconds: longer than a scan may take, or typed by hand. Scan it; if a scanner is as "
            "slow as that, shorten its delay between characters."
        )
        faults.append(_fault("too_slow", words, symbol, seconds=arrived.milliseconds // 1000))
    return faults


def remarks_on(symbol: SheetSymbol, arrived: Arrived) -> list[Blocker]:
    """Return what a station does otherwise and may: the GS between fields of a GS1 code does not arrive.

    No code of ours holds one, so the station may be used.
    """
    text = _without_identifier(symbol, arrived.text)
    if text == symbol.text or text != symbol.text.replace(GROUP_SEPARATOR, ""):
        return []
    words = N_(
        "The sign between the fields of GS1 codes (GS) is lost. Labels of this site have none; to scan others' GS1 "
        "codes, let the scanner send GS as Ctrl+]."
    )
    return [_fault("gs_lost", words, symbol)]


def beside_each_other(expected: str, arrived: str) -> tuple[str, str, str]:
    """Return what is alike from the beginning, what should come then, and what came, each as people see it."""
    alike = next((at for at, pair in enumerate(zip(expected, arrived, strict=False)) if pair[0] != pair[1]), None)
    if alike is None:
        alike = min(len(expected), len(arrived))
    return _visible(expected[:alike]), _visible(expected[alike:]), _visible(arrived[alike:])


def _visible(text: str) -> str:
    return "".join("␝" if each == GROUP_SEPARATOR else each if each.isprintable() else "�" for each in text)


def _without_identifier(symbol: SheetSymbol, text: str) -> str:
    sent = symbology_of(text)
    return text.removeprefix(sent) if sent.startswith(f"]{symbol.letter}") else text


def _fault(code: str, words: str, symbol: SheetSymbol, **details: object) -> Blocker:
    return Blocker(code, words, {"symbol": symbol.name, **details})


def _against_text(symbol: SheetSymbol, text: str, *, is_composed: bool) -> list[Blocker]:
    """Return the one thing that explains the difference best, looked for from the plainest on."""
    if text in {symbol.text, symbol.text.replace(GROUP_SEPARATOR, "")}:
        return []
    for look in (_missing, _other_symbol, _input_method, _read_twice, _case, _added, _layout, _cut, _exchanged):
        found = look(symbol, text)
        if found is not None:
            return [found]
    if is_composed:
        return [_fault("ime_on", _IME, symbol)]
    words = N_(
        "Something else arrived. Scan this symbol again, alone; if it stays so, set the scanner back to its works "
        "settings, as a keyboard with the layout United States."
    )
    return [_fault("something_else", words, symbol)]


_IME: Final = N_(
    "An input method took part: the keyboard stands at Chinese. Switch it to English (Shift, or Ctrl+Space), and set "
    "English as the language with which this station starts."
)


def _missing(symbol: SheetSymbol, text: str) -> Blocker | None:
    if text.strip():
        return None
    words = N_(
        "Nothing arrived. Touch the field, scan again, and see that the scanner is paired and set to type as a "
        "keyboard."
    )
    return _fault("nothing_arrived", words, symbol)


def _other_symbol(symbol: SheetSymbol, text: str) -> Blocker | None:
    plain = text.removeprefix(symbology_of(text))
    others = [each for each in SYMBOLS if each != symbol and plain.startswith(each.text[: len(SHEET) + 1])]
    if not others:
        return None
    return _fault("other_symbol", N_("This is another symbol of the sheet: scan them in their order."), symbol)


def _input_method(symbol: SheetSymbol, text: str) -> Blocker | None:
    is_wide = unicodedata.normalize("NFKC", text) != text and any("\uff01" <= each <= "\uff5e" for each in text)
    if is_wide:
        words = N_("Letters arrive in full width: switch the input method to half width (Shift+Space) and to English.")
        return _fault("full_width", words, symbol)
    if any("\u2e80" <= each <= "\u9fff" or each in "。，、；：？！" for each in text):
        return _fault("ime_on", _IME, symbol)
    return None


def _read_twice(symbol: SheetSymbol, text: str) -> Blocker | None:
    half = len(text) // 2
    if not half or text[:half] != text[half:] or _without_identifier(symbol, text[:half]) != symbol.text:
        return None
    words = N_("The symbol was read twice in one go. Let the scanner wait before it reads the same code again.")
    return _fault("read_twice", words, symbol)


def _case(symbol: SheetSymbol, text: str) -> Blocker | None:
    if text == symbol.text.swapcase():
        words = N_("Capital and small letters are exchanged: switch CapsLock off at the keyboard, then scan again.")
        return _fault("case_inverted", words, symbol)
    if text.upper() == symbol.text.upper():
        words = N_("Capital letters arrive small, or small ones as capitals: set the scanner to keep them as they are.")
        return _fault("case_changed", words, symbol)
    return None


def _layout(symbol: SheetSymbol, text: str) -> Blocker | None:
    """Return which keyboard layout explains every character, also with CapsLock on; the service translates nothing."""
    for name, keys in LAYOUTS.items():
        typed = _typed_on(keys, symbol.text)
        if typed == symbol.text:
            continue
        if _is_typed_as(typed, text) or _is_typed_as(typed.swapcase(), text):
            words = N_(
                "The keyboard layout of this station is {layout}. Set it to English (United States) in the system's "
                "settings, or set the scanner to that layout."
            )
            return _fault("keyboard_layout", words, symbol, layout=Term(name))
    return None


def _typed_on(keys: str, text: str) -> str:
    """Return what a layout types for the keys that a US keyboard would be pressed at; GS is a key of its own."""
    table = dict(zip(UNITED_STATES, keys, strict=True))
    return "".join(table.get(each, each) for each in text)


def _is_typed_as(expected: str, text: str) -> bool:
    """Whether a text is what a layout types, dead keys and GS left out on both sides."""
    left_out = str.maketrans("", "", DEAD + GROUP_SEPARATOR)
    return expected.translate(left_out) == text.translate(left_out)


def _added(symbol: SheetSymbol, text: str) -> Blocker | None:
    before, found, behind = text.partition(symbol.text)
    if not found:
        return None
    words = N_(
        "The scanner adds “{before}” before and “{behind}” behind each code. Switch that off in the scanner, or write "
        "it into site.toml at this station: scanner = prefix and suffix."
    )
    shown = {"before": _seen(before), "behind": _seen(behind)}
    return _fault("signs_added", words, symbol, **shown)


def _seen(text: str) -> str:
    """Return what a scanner adds so that people see it, cut short: it may be no sign of a scanner at all."""
    return "".join(each if each.isprintable() else f"U+{ord(each):04X}" for each in text[:_MOST_ADDED])


def _cut(symbol: SheetSymbol, text: str) -> Blocker | None:
    if symbol.text.startswith(text):
        words = N_(
            "The end is missing: {arrived} of {whole} characters arrived. Scan again; if it stays so, let the scanner "
            "wait longer between characters."
        )
        return _fault("end_missing", words, symbol, arrived=len(text), whole=len(symbol.text))
    if symbol.text.endswith(text):
        words = N_(
            "The beginning is missing: {arrived} of {whole} characters arrived. Touch the field before you scan, and "
            "switch the input method to English."
        )
        return _fault("beginning_missing", words, symbol, arrived=len(text), whole=len(symbol.text))
    if _is_thinned(symbol.text, text):
        words = N_(
            "Characters are lost on the way: {arrived} of {whole} arrived. Let the scanner wait longer between "
            "characters."
        )
        return _fault("characters_lost", words, symbol, arrived=len(text), whole=len(symbol.text))
    return None


def _is_thinned(whole: str, text: str) -> bool:
    """Whether a text is the whole with characters left out, and more than half of it is there."""
    rest = iter(whole)
    return len(text) > len(whole) // 2 and all(each in rest for each in text)


def _exchanged(symbol: SheetSymbol, text: str) -> Blocker | None:
    """Return which characters arrive as others, where each does so every time."""
    whole = symbol.text if len(text) == len(symbol.text) else symbol.text.replace(GROUP_SEPARATOR, "")
    if len(text) != len(whole):
        return None
    pairs: dict[str, str] = {}
    if any(pairs.setdefault(sent, came) != came for sent, came in zip(whole, text, strict=True)):
        return None
    changed = [f"{_seen(sent)}→{_seen(came)}" for sent, came in pairs.items() if sent != came]
    if len(changed) > _MOST_PAIRS:
        return None
    words = N_(
        "Characters arrive as others: {pairs}. The layout of the scanner and that of the station differ: set both to "
        "English (United States)."
    )
    return _fault("characters_exchanged", words, symbol, pairs=" ".join(changed))


def judged(arrived: Mapping[str, Arrived]) -> tuple[Sequence[Blocker], Sequence[Blocker]]:
    """Return every fault of a self-test and every remark on it, over all symbols of the sheet."""
    pairs = [(each, arrived.get(each.name, Arrived(""))) for each in SYMBOLS]
    faults = [fault for symbol, found in pairs for fault in against_symbol(symbol, found)]
    return faults, [remark for symbol, found in pairs for remark in remarks_on(symbol, found)]
