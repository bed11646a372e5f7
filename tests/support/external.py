"""A laboratory outside for tests: how it spells, and files in its own form."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from cotrack.release.rules.spelling import Pair, ResultWord, Spelling
from cotrack.release.service import laboratories
from support.worlds import World

CODE = "EXT-QC"
HEAD = ("样品", "批号", "项目", "方法", "次数", "结果", "单位", "时间", "检验人", "仪器", "备注", "内部号")
MEANT = (
    *("Sample ID", "Lot No.", "Test", "Method", "Replicate", "Result", "Unit"),
    *("Tested at", "Analyst", "Instrument", "Comment", "ignored"),
)
TESTS = {
    "外观": "Appearance",
    "活细胞计数": "Viable cell count",
    "活率": "Viability",
    "CD105 阳性率": "CD105+",
    "内毒素": "Endotoxin",
    "支原体": "Mycoplasma",
    "无菌": "Sterility",
}
SPELLING = Spelling(
    encoding="gb18030",
    separator="semicolon",
    decimal="comma",
    time_form="DD.MM.YYYY HH:MM",
    zone="",
    replicate="",
    columns=tuple(Pair(*each) for each in zip(HEAD, MEANT, strict=True)),
    tests=tuple(Pair(*each) for each in TESTS.items()),
    words=(
        ResultWord("外观", "符合", "conforms"),
        ResultWord("支原体", "阴性", "not detected"),
        ResultWord("支原体", "阳性", "detected"),
        ResultWord("无菌", "阴性", "no growth"),
        ResultWord("无菌", "生长", "growth"),
    ),
    units=(Pair("％", "%"), Pair("EU/毫升", "EU/mL"), Pair("百万/毫升", "10^6/mL"), Pair("/", "")),
)
LOT = "MSC26-0031"
ROWS: tuple[tuple[str, ...], ...] = (
    ("APP", "外观", "目视", "符合", "/"),
    ("CNT", "活细胞计数", "NC-200", "5,36", "百万/毫升"),
    ("VIA", "活率", "7-AAD", "93,4", "％"),
    ("FC", "CD105 阳性率", "流式", "97,9", "％"),
    ("LAL", "内毒素", "LAL", "＜0,25", "EU/毫升"),
    ("MYC", "支原体", "NAT", "阴性", "/"),
    ("S14", "无菌", "BacT/ALERT", "阴性", "/"),
)
OURS = ["conforms", "5.36", "93.4", "97.9", "<0.25", "not detected", "no growth"]


def rows(lot: str = LOT) -> list[dict[str, str]]:
    """Return the laboratory's rows of a lot, by its own columns."""
    return [
        dict(
            zip(
                HEAD,
                (f"{lot}-{sample}", lot, test, method, "1", result, unit, "05.10.2026 09:12", "邓工", "A-1", "", "R-1"),
                strict=True,
            )
        )
        for sample, test, method, result, unit in ROWS
    ]


def changed(line: int, **cells: str) -> list[dict[str, str]]:
    """Return the laboratory's rows with some cells of one line changed."""
    found = rows()
    found[line - 2] |= cells
    return found


def sent(found: Iterable[Mapping[str, str]], *, head: tuple[str, ...] = HEAD, encoding: str = "gb18030") -> bytes:
    """Return rows as the laboratory's system exports them."""
    lines = [";".join(head), *(";".join(each.get(name, "") for name in head) for each in found)]
    return "\r\n".join(lines).encode(encoding)


def spelt(**parts: Any) -> Spelling:
    """Return the laboratory's mapping with some parts changed."""
    return replace(SPELLING, **parts)


def registered(world: World) -> None:
    named = {"code": CODE, "name_en": "Outside", "name_zh": "外部实验室"}
    world.do("wang.l", lambda work: laboratories.register(work, **named))


def proposed(world: World, spelling: Spelling = SPELLING, *, by: str = "wang.l") -> int:
    row = world.do(by, lambda work: laboratories.propose(work, CODE, spelling=spelling))
    return int(row.number)


def approved(world: World, spelling: Spelling = SPELLING) -> int:
    number = proposed(world, spelling)
    world.sign("qian.m", lambda work: laboratories.approve(work, CODE, number))
    return number
