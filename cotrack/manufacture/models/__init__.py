"""Tables of lots and units, of what lots are made from, and of the steps by which they are made."""

from cotrack.manufacture.models.process import Equipment, Step, StepScan, StepValue, StepVerification
from cotrack.manufacture.models.product import (
    MATERIAL_KINDS,
    TIERS,
    UNIT_KINDS,
    CellBank,
    Donor,
    LateInput,
    LineClearance,
    Lot,
    LotInput,
    Material,
    RollChange,
    RollExplanation,
    Unit,
)

__all__ = [
    "MATERIAL_KINDS",
    "TIERS",
    "UNIT_KINDS",
    "CellBank",
    "Donor",
    "Equipment",
    "LateInput",
    "LineClearance",
    "Lot",
    "LotInput",
    "Material",
    "RollChange",
    "RollExplanation",
    "Step",
    "StepScan",
    "StepValue",
    "StepVerification",
    "Unit",
]
