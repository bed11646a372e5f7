"""Who is meant by a name that a laboratory writes, in every way in which people write names."""

import pytest

from cotrack.release.rules.authors import KnownPerson, people_meant

CHEN, ZHEN, WANG = (
    KnownPerson("chen.y", "陈燕 CHEN Yan"),
    KnownPerson("chen.z", "陈真 CHEN Zhen"),
    KnownPerson("Wang.L", "王磊 WANG Lei"),
)


@pytest.mark.parametrize(
    "cell",
    [
        "chen.y",
        "CHEN.Y",
        " chen.y ",
        "ｃｈｅｎ.ｙ",
        "陈燕 CHEN Yan",
        "陈燕",
        "分析员陈燕",
        "陈燕CHEN Yan",
        "CHEN Yan",
        "Yan Chen",
        "Chén Yàn",
        "CHEN, Yan (QC)",
        "chenyan",
        "YanChen",
        "Chen Y",
        "Y. Chen",
        "cheny",
        "chen_y",
        "chen.y (lab 2)",
        "chen.y@hospital.cn",
    ],
)
def test_a_person_is_meant_however_their_name_is_written(cell: str) -> None:
    assert people_meant(cell, [CHEN, ZHEN, WANG]) == {"chen.y"}


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("chen.y / wang.l", {"chen.y", "wang.l"}),
        ("Chen", {"chen.y", "chen.z"}),
        ("Dr. Chen, laboratory 2", {"chen.y", "chen.z"}),
        ("陈工", {"chen.y", "chen.z"}),
        ("Lei", {"wang.l"}),
        ("li.h", set()),
        ("李华 LI Hua", set()),
        ("Y.", set()),
        ("–", set()),
    ],
    ids=[
        "two names",
        "a surname",
        "in a sentence",
        "a title",
        "a given name",
        "nobody",
        "a stranger",
        "a letter",
        "none",
    ],
)
def test_a_doubt_means_everybody_who_bears_a_part_of_the_name_and_a_stranger_nobody(cell: str, meant: set[str]) -> None:
    assert people_meant(cell, [CHEN, ZHEN, WANG]) == meant


def test_a_user_name_stands_for_its_person_alone() -> None:
    yan = KnownPerson("chen.yan", "陈妍 CHEN Yann")
    assert people_meant("chen.yan", [CHEN, yan]) == {"chen.yan"}
    assert people_meant("Chen Yan", [CHEN, yan]) == {"chen.y", "chen.yan"}
