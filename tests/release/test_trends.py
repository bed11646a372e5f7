"""Trends of release tests over lots: which lots, in which order, by whose limits; as a page, as a picture, as data."""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import Engine, event
from support.clients import Client
from support.laboratory import example_rows, file_of
from support.refusals import records
from support.worlds import World

from cotrack.foundation.errors import NotFound
from cotrack.release.service import trends
from cotrack.release.service.trends import Trend

Person = Callable[[str], Client]
VIABILITY, POTENCY = "viability", "ifna_secretion"
FIRST = datetime(2026, 10, 5, 9, 0)  # noqa: DTZ001 (a time as the laboratory writes it)
NAMES = {VIABILITY: "Viability", POTENCY: "IFNa secretion", "endotoxin": "Endotoxin"}
TEMPLATES = {each["Test"]: each for each in example_rows("MSC26-0031")}


def number(place: int) -> str:
    return f"MSC26-{place:04d}"


def row(place: int, reported: str, *, test: str = VIABILITY, replicate: int = 1, hour: int | None = None) -> Any:
    """Return one line of a laboratory's file: the lot of this number, tested so many hours after the first."""
    lot, at = number(place), FIRST + timedelta(hours=place if hour is None else hour)
    changed = {"Lot No.": lot, "Sample ID": f"{lot}-X", "Replicate": str(replicate), "Result": reported}
    return TEMPLATES[NAMES[test]] | changed | {"Tested at": f"{at:%Y-%m-%d %H:%M}"}


def store(world: World, rows: Iterable[Any], *, lots: Sequence[int]) -> None:
    """Make the lots of these numbers and store the lines."""
    for place in lots:
        world.journey.lot(number(place))
    world.journey.results(file_of(rows))


def values(world: World, reported: Sequence[str]) -> None:
    """Make a lot for each of these viabilities, in their order."""
    store(world, [row(place, each) for place, each in enumerate(reported, 1)], lots=range(1, len(reported) + 1))


def read(world: World, test: str = VIABILITY, lot: str = "") -> Trend:
    found: Trend = world.read(lambda session: trends.trend_of(session, test, lot))
    return found


def shown(page: str) -> str:
    """Return what a page says, without its tags."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def page_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    heard: list[str] = []

    def execute(*, statement: str, **_: Any) -> None:
        heard.append(statement)

    event.listen(engine, "before_cursor_execute", execute, named=True)
    try:
        yield heard
    finally:
        event.remove(engine, "before_cursor_execute", execute)


def test_a_lot_is_one_point_in_the_order_of_testing_and_not_of_making(world: World) -> None:
    rows = [row(1, "91", hour=9), row(2, "92", hour=3), row(3, "93", hour=5)]
    store(world, rows, lots=[1, 2, 3])
    assert [(each.lot, each.value) for each in read(world).chart.points] == [
        (number(2), 92),
        (number(3), 93),
        (number(1), 91),
    ]


def test_the_replicates_of_a_lot_are_averaged_and_shown_as_they_were_reported(world: World, person: Person) -> None:
    rows = [row(1, "182", test=POTENCY), row(1, "189", test=POTENCY, replicate=2, hour=30)]
    store(world, rows, lots=[1])
    (point,) = read(world, POTENCY).chart.points
    assert (str(point.value.normalize()), point.reported) == ("185.5", ("182", "189"))
    assert "185.5 182 · 189" in shown(page_of(person("he.p"), f"/trends/{POTENCY}"))


def test_a_bounded_result_is_said_to_be_left_out(world: World, person: Person) -> None:
    store(world, [row(1, "<0.25", test="endotoxin"), row(2, "0.3", test="endotoxin")], lots=[1, 2])
    chart = read(world, "endotoxin").chart
    assert (chart.counted, str(chart.centre)) == (1, "0.300000")
    page = page_of(person("he.p"), "/trends/endotoxin")
    assert "<0.25 EU/mL" in shown(page)
    assert shown(page).count("a bound: left out of mean, sigma and rules") == 1
    assert page.count('class="point at_most"') == 1


def test_the_sixty_lots_tested_last_are_shown_and_the_page_says_so(world: World, person: Person) -> None:
    values(world, [f"9{place % 10}.{place % 7}" for place in range(63)])
    newest = read(world)
    assert [each.lot for each in newest.chart.points] == [number(place) for place in range(4, 64)]
    assert (newest.lots, newest.newer_lots) == (63, 0)
    page = page_of(person("he.p"), f"/trends/{VIABILITY}")
    assert "Lots shown: 60 of 63, those tested last." in shown(page)
    listed = re.findall(r'<tr><td><a class="mono" href="/lots/[^"]*">([^<]*)</a>', page)
    assert listed == [number(place) for place in range(63, 3, -1)], "the newest stands first in the table"


def test_a_lot_older_than_those_is_shown_with_the_lots_up_to_it(world: World, person: Person) -> None:
    values(world, ["91", "92", "93"] * 21)
    within = read(world, lot=number(4))
    assert (within.chart.points[0].lot, within.newer_lots) == (number(4), 0)
    older = read(world, lot=number(3))
    assert [each.lot for each in older.chart.points] == [number(1), number(2), number(3)]
    assert older.newer_lots == 60
    page = page_of(person("he.p"), f"/trends/{VIABILITY}?lot={number(3)}")
    assert f"Lots shown: 3 of 63, those up to {number(3)}; 60 were tested later." in shown(page)


def test_a_trend_takes_as_many_statements_however_many_lots_there_are(world: World) -> None:
    engine = world.runtime.ground.sessions.engine

    def heard() -> list[list[str]]:
        found = []
        for look in (
            lambda session: trends.trend_page(session, VIABILITY, number(1)),
            lambda session: trends.trend_page(session, VIABILITY),
            trends.trend_list,
        ):
            with statements(engine) as each:
                world.read(look)
            found.append(each)
        return found

    values(world, ["91"])
    few = heard()
    store(world, [row(place, "92") for place in range(2, 40)], lots=range(2, 40))
    assert heard() == few
    assert [len([each for each in one if "ranked" in each]) for one in few] == [1, 1, 1]


RISING = ("90.1", "92.3", "91.2", "93.4", "90.9", "91.1", "91.6", "92.2", "92.8", "93.3", "99.9", "91.2")


def test_a_point_that_breaks_a_rule_is_marked_by_form_and_number_and_said_in_words(
    world: World, person: Person
) -> None:
    values(world, RISING)
    assert read(world, lot=number(11)).broken == (1, 3)
    page = page_of(person("qian.m"), f"/trends/{VIABILITY}?lot={number(11)}")
    assert page.count('class="point broken"') == 2
    assert re.search(r'<text class="rule"[^>]*>1, 3</text>', page)
    said = shown(page).partition("Values")[2].partition("The rules")[0]
    assert "rule 1 one value more than 3 sigma from the centre line" in said
    assert said.count("rule 3 six values in a row that steadily rise or steadily fall") == 2
    assert "Provisional: centre line and sigma are of 12 lots only" in shown(page)


def test_of_too_few_lots_the_page_says_that_no_rule_is_judged(world: World, person: Person) -> None:
    values(world, ["91", "92"])
    page = page_of(person("qian.m"), f"/trends/{VIABILITY}")
    assert "Too few lots for a sigma: 2 of at least 8. No rule is judged." in shown(page)
    assert "3σ" not in page.partition("<h2>")[0]


def test_limits_alert_limits_mean_and_three_sigma_are_labelled_in_the_picture(world: World, person: Person) -> None:
    values(world, RISING)
    picture = page_of(person("qian.m"), f"/trends/{VIABILITY}").partition("<svg class=")[2].partition("</svg>")[0]
    labels = [each.strip() for each in re.findall(r'text-anchor="end">([^<]*)</text>', picture)]
    assert labels[:5] == ["+3σ 98.71", "Mean 92.50", "Alert limit &lt; 90", "−3σ 86.29", "Limit ≥ 85"]


def test_from_the_release_page_each_test_in_numbers_leads_to_its_trend_with_this_lot_marked(
    world: World, person: Person
) -> None:
    values(world, RISING)
    release = page_of(person("qian.m"), f"/lots/{number(11)}/release")
    assert release.count('class="spark"') == 1
    link = html.unescape(re.findall(r'class="spark" href="([^"]*)"', release)[0])
    assert link == f"/trends/{VIABILITY}?lot={number(11)}"
    assert "rule 1, 3" in shown(release)
    page = page_of(person("qian.m"), link)
    assert page.count('<circle class="asked"') == 1
    assert len(re.findall(rf'<tr class="asked" aria-current="true"><td><a [^>]*>{number(11)}<', page)) == 1
    assert "rule 1" not in shown(page_of(person("qian.m"), f"/lots/{number(12)}/release"))


def test_a_lot_without_a_value_has_no_point_to_mark(world: World, person: Person) -> None:
    values(world, ["91", "92"])
    world.journey.lot(number(9))
    page = page_of(person("qian.m"), f"/trends/{VIABILITY}?lot={number(9)}")
    assert 'class="asked"' not in page
    assert 'class="spark"' not in page_of(person("qian.m"), f"/lots/{number(9)}/release")


def test_every_test_in_numbers_is_listed_and_one_in_words_has_no_trend(world: World, person: Person) -> None:
    values(world, RISING)
    listed = page_of(person("wang.l"), "/trends")
    linked = set(re.findall(r'<td><a href="/trends/([a-z0-9_]+)"', listed))
    assert {VIABILITY, POTENCY, "endotoxin", "residual_bsa"} <= linked
    assert linked.isdisjoint({"sterility", "appearance", "rcl"})
    assert f"Viability ≥ 85 % < 90 % 12 {number(12)}" in shown(listed)
    assert person("wang.l").get("/trends/sterility").status_code == 404
    with pytest.raises(NotFound):
        read(world, "no such test")
    with pytest.raises(NotFound):
        read(world, lot="MSC26-9999")


def test_results_of_lots_that_are_not_reviewed_are_drawn_and_said_to_be_so(world: World, person: Person) -> None:
    values(world, ["91", "92"])
    assert [each.is_reviewed for each in read(world).chart.points] == [False, False]
    world.journey.review(number(1))
    assert [each.is_reviewed for each in read(world).chart.points] == [True, False]
    assert shown(page_of(person("wang.l"), f"/trends/{VIABILITY}")).count("not reviewed yet") == 1


def test_a_page_without_any_value_says_so(world: World, person: Person) -> None:
    page = page_of(person("wang.l"), f"/trends/{VIABILITY}")
    assert "No lot has a value of this test yet." in shown(page)
    assert "<svg class=" not in page


def test_times_are_told_in_the_sites_zone(world: World, person: Person) -> None:
    values(world, ["91"])
    assert "2026-10-05 10:00 +08:00" in shown(page_of(person("wang.l"), f"/trends/{VIABILITY}"))


def test_a_page_of_a_trend_has_no_style_or_script_of_its_own(world: World, person: Person) -> None:
    values(world, RISING)
    for path in (f"/trends/{VIABILITY}?lot={number(3)}", "/trends", f"/lots/{number(3)}/release"):
        page = page_of(person("wang.l"), path)
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=", page)


def test_reading_a_trend_leaves_nothing_in_the_trail(world: World, person: Person) -> None:
    values(world, ["91"])
    client, before = person("wang.l"), len(records(world))
    page_of(client, f"/trends/{VIABILITY}")
    assert len(records(world)) == before


def test_a_program_gets_the_same_trend_in_exact_numbers(world: World, person: Person) -> None:
    values(world, RISING)
    answer = person("he.p").get(f"/api/v1/trends/{VIABILITY}?lot={number(11)}").get_json()
    assert (answer["test"], answer["unit"], answer["basis"], answer["lots"]) == (VIABILITY, "%", "provisional", 12)
    assert answer["limits"] == {"least": "85", "most": None, "below": None, "alert_least": "90", "alert_most": None}
    assert [each["value"] for each in answer["points"]] == list(RISING)
    assert [each["rules_broken"] for each in answer["points"]] == [[]] * 9 + [[3], [1, 3], []]
    assert answer["points"][0]["tested_at"] == "2026-10-05T02:00:00+00:00"
    assert answer["centre"] == "92.5"
    few = person("he.p").get(f"/api/v1/trends/{POTENCY}").get_json()
    assert (few["points"], few["centre"], few["sigma"], few["basis"]) == ([], None, None, "too_few")


def test_a_trend_on_paper_has_its_chart_its_table_and_its_rules(world: World, person: Person) -> None:
    values(world, ["93.1", "92.8", "93.4", "93.0", "92.9", "93.3", "93.2", "92.7", "81.0"])
    client = person("shen.i")
    page = client.get(f"/trends/{VIABILITY}?lot={number(9)}").get_data(as_text=True)
    address = f"/trends/{VIABILITY}.pdf?lot={number(9)}"
    assert f'href="{address}"' in page
    answer = client.get(address)
    assert answer.mimetype == "application/pdf"
    pdf = pypdfium2.PdfDocument(answer.data)
    said = " ".join(" ".join(sheet.get_textpage().get_text_bounded().split()) for sheet in pdf)
    for words in ("检验趋势 Trend", "限度 Limit ≥ 85", f"{number(9)} 81.0", "81.0", "暂定", "Nine values in a row"):
        assert words in said, words
    assert f"Record {len(records(world))} ·" in said
    assert client.get("/trends/appearance.pdf").status_code == 404


def test_a_trend_of_no_lot_is_a_document_too(world: World, person: Person) -> None:
    answer = person("shen.i").get(f"/trends/{VIABILITY}.pdf")
    assert answer.status_code == 200
    said = pypdfium2.PdfDocument(answer.data)[0].get_textpage().get_text_bounded()
    assert "No lot has a value of this test yet." in said
