"""The files that the demonstration's laboratory sends."""

import csv
import io
from collections.abc import Mapping
from datetime import datetime

from cotrack.release.service.result_files import COLUMNS

_TESTS = (
    ("APP", "Appearance", "visual", 1, "conforms", "", "wang.l", ""),
    ("CNT", "Viable cell count", "NC-200", 1, "5.36", "10^6/mL", "wang.l", "NC200-2"),
    ("VIA", "Viability", "7-AAD flow", 1, "93.4", "%", "wang.l", "FACSLyric-1"),
    ("FC", "CD73+", "flow", 1, "99.1", "%", "chen.y", "FACSLyric-1"),
    ("FC", "CD90+", "flow", 1, "98.7", "%", "chen.y", "FACSLyric-1"),
    ("FC", "CD105+", "flow", 1, "97.9", "%", "chen.y", "FACSLyric-1"),
    ("FC", "CD45+", "flow", 1, "0.28", "%", "chen.y", "FACSLyric-1"),
    ("FC", "CD34+", "flow", 1, "1.06", "%", "chen.y", "FACSLyric-1"),
    ("FC", "CD14+", "flow", 1, "0.16", "%", "chen.y", "FACSLyric-1"),
    ("FC", "CD19+", "flow", 1, "0.88", "%", "chen.y", "FACSLyric-1"),
    ("FC", "HLA-DR+", "flow", 1, "0.62", "%", "chen.y", "FACSLyric-1"),
    ("LAL", "Endotoxin", "LAL kinetic", 1, "<0.25", "EU/mL", "chen.y", "ELx808"),
    ("MYC", "Mycoplasma", "NAT", 1, "not detected", "", "chen.y", "QS5"),
    ("ST5", "Sterility interim", "BacT/ALERT day 5", 1, "no growth", "", "liu.m", "BTA-1"),
    ("S14", "Sterility", "BacT/ALERT day 14", 1, "no growth", "", "liu.m", "BTA-1"),
    ("VCN", "Vector copy number", "ddPCR", 1, "1.8", "copies/cell", "chen.y", "QX200"),
    ("POT", "IFNa secretion", "ELISA", 1, "182", "ng/10^6 cells/24 h", "sun.q", "ELx808"),
    ("POT", "IFNa secretion", "ELISA", 2, "188", "ng/10^6 cells/24 h", "sun.q", "ELx808"),
    ("RCL", "RCL", "co-culture", 1, "not detected", "", "sun.q", ""),
    ("BSA", "Residual BSA", "ELISA", 1, "9", "ng/dose", "sun.q", "ELx808"),
)


def good_results(
    lot_number: str, tested_at: datetime, *, changed: Mapping[str, str] | None = None, without: tuple[str, ...] = ()
) -> bytes:
    """Return a laboratory's file for one lot, every test within its limits but for the results changed or left out."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for sample, test, method, replicate, value, unit, analyst, instrument in _TESTS:
        if test in without:
            continue
        reported = (changed or {}).get(test, value)
        row = (
            f"{lot_number}-{sample}",
            lot_number,
            test,
            method,
            replicate,
            reported,
            unit,
            f"{tested_at:%Y-%m-%d %H:%M}",
        )
        writer.writerow((*row, analyst, instrument, ""))
    return file.getvalue().encode()
