"""The kinds of label: what each is stuck on, its letter in the code, who prints it, and its template."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class LabelKind:
    """A kind of label. `name` is also the name of its template in `labels/`.

    `permission` says who prints it and scans it back, `noun` on what it goes, `reader` who may see that.
    """

    letter: str
    name: str
    noun: str
    permission: str
    reader: str


KINDS: Final = {
    kind.name: kind
    for kind in (
        LabelKind("B", "bag", "unit", "label:print_bag", "unit:read"),
        LabelKind("T", "tag", "unit", "label:print_bag", "unit:read"),
        LabelKind("P", "wristband", "participant", "label:print_band", "participant:read"),
        LabelKind("S", "sample", "unit", "label:print_bag", "unit:read"),
        LabelKind("K", "tube", "unit", "label:print_bag", "unit:read"),
        LabelKind("V", "vial", "vial", "label:print_vial", "source:read"),
        LabelKind("R", "batch_sheet", "lot", "label:print_batch_sheet", "lot:read"),
        LabelKind("O", "order_sheet", "order", "label:print_order_sheet", "order:read"),
        LabelKind("U", "badge", "person", "label:print_badge", "person:read"),
        LabelKind("L", "location", "location", "label:print_location", "location:read"),
        LabelKind("F", "box", "location", "label:print_location", "location:read"),
        LabelKind("X", "shipper", "location", "label:print_location", "location:read"),
    )
}

SCANNED_BACK: Final = tuple(name for name in KINDS if name != "wristband")
"""The kinds that one person takes as applied by a scan; a wristband is put on its participant by two."""

SHEETS: Final = frozenset({"batch_sheet", "order_sheet"})
"""The kinds that are a sheet of paper: they come off no roll of labels."""

BY_LETTER: Final = {kind.letter: kind for kind in KINDS.values()}
