"""A mapping changes how a unit is written, never the unit: what is not read alike, number by number, is refused."""

import pytest

from cotrack.release.rules.units import spell_the_same


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("％", "%"),
        ("percent", "%"),
        ("EU/毫升", "EU/mL"),
        ("eu/ml", "EU/mL"),
        ("×10⁶/ml", "10^6/mL"),
        ("x10^6/mL", "10^6/mL"),
        ("1e6/mL", "10^6/mL"),
        ("百万个/毫升", "10^6/mL"),
        ("ng/10⁶ cells/24h", "ng/10^6 cells/24 h"),
        ("ng/10^6细胞/24小时", "ng/10^6 cells/24 h"),
        ("纳克/剂", "ng/dose"),
        ("拷贝/细胞", "copies/cell"),
        ("MIU/毫升", "MIU/mL"),
        ("NG/ML", "ng/mL"),
        ("/", ""),
        ("无", ""),
        ("—", ""),
    ],
)
def test_another_spelling_of_a_unit_is_read_as_that_unit(theirs: str, ours: str) -> None:
    assert spell_the_same(theirs, ours)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("10^5/mL", "10^6/mL"),
        ("10⁵/mL", "10^6/mL"),
        ("万/mL", "10^6/mL"),
        ("106/mL", "10^6/mL"),
        ("10^6/L", "10^6/mL"),
        ("10^6 cells/mL", "10^6/mL"),
        ("‰", "%"),
        ("", "%"),
        ("EU", "EU/mL"),
        ("IU/mL", "EU/mL"),
        ("mL/EU", "EU/mL"),
        ("EU/µL", "EU/mL"),
        ("µg/dose", "ng/dose"),
        ("微克/剂", "ng/dose"),
        ("Mg/dose", "mg/dose"),
        ("MIU/mL", "mIU/mL"),
        ("mIU/mL", "MIU/mL"),
        ("MU/mL", "mU/mL"),
        ("EU/(mL·h)", "EU/mL"),
        ("pg/10^6 cells/24 h", "ng/10^6 cells/24 h"),
        ("ng/10^6 cells/48 h", "ng/10^6 cells/24 h"),
        ("ng/10^6 cells/24 d", "ng/10^6 cells/24 h"),
        ("%", ""),
    ],
)
def test_another_unit_or_a_factor_is_never_a_spelling(theirs: str, ours: str) -> None:
    assert not spell_the_same(theirs, ours)
