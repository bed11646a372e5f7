"""The kinds of label: what each is stuck on, its letter in the code, and its template."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class LabelKind:
    """A kind of label. `name` is also the name of its template in `labels/`; `permission` says who prints it."""

    letter: str
    name: str
    noun: str
    permission: str


KINDS: Final = {
    kind.name: kind
    for kind in (
        LabelKind("B", "bag", "unit", "label:print_bag"),
        LabelKind("T", "tag", "unit", "label:print_bag"),
        LabelKind("P", "wristband", "participant", "label:print_band"),
        LabelKind("S", "sample", "unit", "label:print_bag"),
    )
}
"""Letters kept for later kinds: F freezer box, U staff badge, L location, O order sheet, X shipper."""

BY_LETTER: Final = {kind.letter: kind for kind in KINDS.values()}
