"""What a label says by rule: the wording that authorities demand, and legends that stand there only when they are true.

Sources: 21 CFR 312.6(a), 1271.55, 1271.60(d), 1271.65(b), 1271.90(c); Regulation (EU) 536/2014 Annex VI; China GCP;
reference/domain.md §2.3 items 9–15.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.foundation.written import says_autologous_only

STATEMENTS: Final[Mapping[str, str]] = {
    "CN": "仅用于临床试验",
    "EU": "For clinical trial use only",
    "US": "Caution: New Drug—Limited by Federal (or United States) law to investigational use.",
}
"""What stands on the immediate package of an investigational product, by authority."""

AUTOLOGOUS: Final = "仅供自体使用 FOR AUTOLOGOUS USE ONLY"
NOT_EVALUATED: Final = "未检测传染性病原体 NOT EVALUATED FOR INFECTIOUS SUBSTANCES"
BIOHAZARD: Final = "生物危害 BIOHAZARD"
WARNING: Final = "WARNING: Advise patient of communicable disease risks"


def law_line(site_words: str, authorities: Iterable[str]) -> str:
    """Return the site's own wording, and after it the statement of each authority that it does not hold yet."""
    found = site_words
    for each in authorities:
        if _plain(STATEMENTS[each]) not in _plain(found):
            found = f"{found} {STATEMENTS[each]}"
    return found


def _plain(text: str) -> str:
    return " ".join(text.casefold().rstrip(".").split())


def legends(*, is_autologous: bool | None, donors: Sequence[str], is_given: bool = True) -> str:
    """Return the legends that are true of cells, in one line; empty where none is.

    `donors` are the statuses of all donors whose cells they are. One who is not decided about has not been evaluated;
    one who is not eligible is a known risk (21 CFR 1271.90(c), .65(b)). Where no donor is recorded, nothing is known to
    be true, and nothing is said. An autologous product says so, and no other ever does. A sample is given to nobody: it
    says what endangers those who handle it, and nothing else.
    """
    is_risk = "not_eligible" in donors
    said = (
        (bool(is_autologous) and is_given, AUTOLOGOUS),
        (is_risk, BIOHAZARD),
        (is_risk and is_given, WARNING),
        ("undecided" in donors and is_given, NOT_EVALUATED),
    )
    return " · ".join(words for is_true, words in said if is_true)


def against_wording(texts: Mapping[str, str], *, is_autologous: bool | None) -> list[Blocker]:
    """Return each field of a label that says “for autologous use only” of a product that nobody said is autologous."""
    if is_autologous:
        return []
    words = N_("The field {field} says “for autologous use only”: this product is allogeneic.")
    return [
        Blocker("wording_untrue", words, {"field": name}) for name, text in texts.items() if says_autologous_only(text)
    ]
