"""A laboratory outside with files in a form of its own: one version of its mapping approved, the next proposed."""

from dataclasses import replace
from functools import partial
from typing import Final

from cotrack.demonstration import files
from cotrack.demonstration.acts import Journey
from cotrack.demonstration.story import StoryClock
from cotrack.release.rules.spelling import Pair, ResultWord, Spelling
from cotrack.release.service import laboratories

CODE: Final = "EXT-GEN"

SPELLING: Final = Spelling(
    encoding="gb18030",
    separator="semicolon",
    decimal="comma",
    time_form="YYYY/MM/DD HH:MM",
    zone="",
    replicate="1",
    columns=(
        Pair("样品编号", "Sample ID"),
        Pair("批号", "Lot No."),
        Pair("检测项目", "Test"),
        Pair("方法", "Method"),
        Pair("结果", "Result"),
        Pair("单位", "Unit"),
        Pair("检测时间", "Tested at"),
        Pair("检验人", "Analyst"),
        Pair("仪器", "Instrument"),
        Pair("备注", "Comment"),
        Pair("报告编号", "ignored"),
    ),
    tests=(
        Pair("转基因鉴别", "Transgene identity"),
        Pair("IFNα 阳性率", "IFNa+"),
        Pair("核型分析", "Karyotype"),
        Pair("STR 分型", "STR identity"),
    ),
    words=(
        ResultWord("转基因鉴别", "阳性", "positive"),
        ResultWord("转基因鉴别", "阴性", "negative"),
        ResultWord("核型分析", "正常", "normal"),
        ResultWord("核型分析", "异常", "abnormal"),
        ResultWord("STR 分型", "一致", "match"),
        ResultWord("STR 分型", "不一致", "mismatch"),
    ),
    units=(Pair("％", "%"), Pair("/", "")),
)


def laboratory_outside(journey: Journey, clock: StoryClock) -> None:
    """A laboratory of genetics: QA approved how its files are read, and a change of one word waits for QA."""
    clock.go_to(days=1)
    name_zh, name_en = "深检遗传实验室（演示）", "Shenjian Genetics (demonstration)"
    journey.cast.do("wang.l", partial(laboratories.register, code=CODE, name_zh=name_zh, name_en=name_en))
    sample = (files.EXTERNAL, files.text_of(files.EXTERNAL, clock.end.date()))
    propose = partial(laboratories.propose, code=CODE, spelling=SPELLING, remark="as agreed with them", sample=sample)
    journey.cast.do("wang.l", propose)
    journey.cast.sign("tang.w", lambda work: laboratories.approve(work, CODE, 1))
    word = ResultWord("核型分析", "未见异常", "normal")
    newer = replace(SPELLING, words=(*SPELLING.words, word))
    remark = "They write “未见异常” for a normal karyotype now."
    journey.cast.do("he.p", partial(laboratories.propose, code=CODE, spelling=newer, remark=remark, sample=sample))
