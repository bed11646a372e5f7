"""Pages of results and of a lot's disposition: previewed before stored, with reasons where a decision is blocked."""

import html
import io
import re
from collections.abc import Callable

import pytest
from support.clients import Client
from support.laboratory import EXAMPLE, example_rows, file_of, lots_in_quarantine, with_cells
from support.refusals import records
from support.worlds import World
from werkzeug.test import TestResponse

LOT, NEAR, FAILING = "MSC26-0031", "MSC26-0032", "MSC26-0033"
ROWS = example_rows(LOT)
Person = Callable[[str], Client]


def upload(client: Client, content: bytes, name: str = "qc.csv") -> TestResponse:
    return client.post("/results/import", form={"file": (io.BytesIO(content), name)})


def shown(answer: TestResponse) -> str:
    """Return what a page says, without its tags."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))))


def hidden(answer: TestResponse) -> dict[str, str]:
    """Return the fields that the page's last form carries."""
    form = answer.get_data(as_text=True).split('action="/results/store"')[1].split("</form>")[0]
    return dict(re.findall(r'name="(form_key|sha256)" value="([^"]*)"', form))


def test_a_file_is_shown_before_it_is_stored(world: World, person: Person) -> None:
    lots_in_quarantine(world)
    analyst = person("wang.l")
    preview = upload(analyst, EXAMPLE.read_bytes())
    assert preview.status_code == 200
    assert "New results 60" in shown(preview)
    assert "Store 60 results" in shown(preview)
    assert records(world, event="result.import") == []
    stored = analyst.post("/results/store", form=hidden(preview))
    assert stored.status_code == 303
    assert "A second person reviews them now." in shown(analyst.get(stored.headers["Location"]))
    assert len(records(world, event="result.import", outcome="done")) == 1


def test_a_row_that_is_stored_already_is_listed_so_and_skipped(world: World, person: Person) -> None:
    lots_in_quarantine(world, LOT)
    analyst = person("wang.l")
    analyst.post("/results/store", form=hidden(upload(analyst, file_of(ROWS[:5]))))
    preview = upload(analyst, file_of(ROWS))
    assert "New results 15 Already there, skipped 5" in shown(preview)
    assert shown(preview).count("already there ") == 5
    analyst.post("/results/store", form=hidden(preview))
    again = upload(analyst, file_of(ROWS))
    assert "Every row of this file is stored already." in shown(again)
    assert "/results/store" not in again.get_data(as_text=True)


def test_a_form_sent_twice_stores_once(world: World, person: Person) -> None:
    lots_in_quarantine(world, LOT)
    analyst = person("wang.l")
    form = hidden(upload(analyst, file_of(ROWS)))
    answers = [analyst.post("/results/store", form=form) for _ in range(3)]
    assert {each.status_code for each in answers} == {303}
    assert {each.headers["Location"] for each in answers} == {answers[0].headers["Location"]}
    assert len(records(world, event="result.import")) == 1


def test_a_file_at_fault_shows_each_by_line_and_offers_no_storing(world: World, person: Person) -> None:
    lots_in_quarantine(world, LOT)
    answer = upload(person("wang.l"), file_of(with_cells(with_cells(ROWS, 4, Result="９３.４"), 9, Unit="")))
    assert answer.status_code == 422
    assert "Nothing of this file was stored." in shown(answer)
    assert "Line 4, column Result: “９３.４” is no result of this test." in shown(answer)
    assert "Line 9, column Unit: “” where % belongs." in shown(answer)
    assert "/results/store" not in answer.get_data(as_text=True)
    assert records(world)[-1]["details"]["file_name"] == "qc.csv"
    assert records(world)[-1]["outcome"] == "refused"


def test_a_file_that_stops_a_released_lot_says_so_before_it_is_stored_and_leads_to_the_lot(
    world: World, person: Person
) -> None:
    lots_in_quarantine(world, LOT)
    world.journey.results(file_of(ROWS))
    world.journey.review(LOT)
    world.journey.release(LOT)
    row = next(each for each in ROWS if each["Test"] == "Sterility")
    late = file_of([{**row, "Replicate": "2", "Result": "growth: S. aureus"}])
    preview = upload(person("wang.l"), late)
    reason = "Sterility, day 14: growth: S. aureus (out of specification)"
    assert f"Storing these results puts on hold at once: {LOT} · {reason}" in shown(preview)
    stored = person("wang.l").post("/results/store", form=hidden(preview))
    assert stored.headers["Location"] == f"/lots/{LOT}"
    assert reason in shown(person("wang.l").get(f"/lots/{LOT}"))
    again = upload(person("wang.l"), file_of([{**example_rows(LOT)[2], "Replicate": "3"}]))
    assert "puts on hold" not in shown(again)
    assert person("wang.l").post("/results/store", form=hidden(again)).headers["Location"] == "/lots"


def test_a_file_that_was_not_looked_at_is_not_stored(world: World, person: Person) -> None:
    lots_in_quarantine(world, LOT)
    form = hidden(upload(person("wang.l"), file_of(ROWS)))
    for client, given in ((person("chen.y"), form), (person("wang.l"), {"sha256": "0" * 64})):
        answer = client.post("/results/store", form=given)
        assert answer.status_code == 422
        assert "The file is no longer here: send it again." in shown(answer)
    assert records(world, event="result.import") == []


def test_no_file_and_an_empty_file_are_told_apart(person: Person) -> None:
    analyst = person("wang.l")
    none = analyst.post("/results/import", form={"file": (io.BytesIO(b""), "")})
    assert none.status_code == 422
    assert "Choose a file." in shown(none)
    assert 'href="#field-file"' in none.get_data(as_text=True)
    empty = upload(analyst, b"")
    assert empty.status_code == 422
    assert "The file is empty." in shown(empty)


def test_a_name_that_a_mac_took_apart_and_a_line_break_in_it_are_no_fault(world: World, person: Person) -> None:
    lots_in_quarantine(world, LOT)
    analyst = person("wang.l")
    preview = upload(analyst, file_of(ROWS), name="re\u0301sultats\u2028.csv")
    assert analyst.post("/results/store", form=hidden(preview)).status_code == 303
    assert records(world)[-1]["details"]["file_name"] == "résultats.csv"


def test_a_giant_file_is_refused_as_a_page(person: Person) -> None:
    kind = "multipart/form-data; boundary=x"
    body, headers = b"x" * (21 * 1024 * 1024), {"Accept-Language": "en"}
    answer = person("wang.l").browser.post("/results/import", data=body, content_type=kind, headers=headers)
    assert answer.status_code == 413
    assert "The file is too large" in shown(answer)


def test_the_review_page_offers_only_what_this_person_may_review(world: World, person: Person) -> None:
    lots_in_quarantine(world, LOT)
    world.journey.results(file_of(ROWS))
    boxes = {
        username: person(username).get(f"/lots/{LOT}/review").get_data(as_text=True).count('name="result_ids"')
        for username in ("wang.l", "chen.y", "he.p")
    }
    own = {name: sum(row["Analyst"] == name for row in ROWS) for name in ("wang.l", "chen.y")}
    assert own["wang.l"] == 3
    assert boxes == {"wang.l": 0, "chen.y": len(ROWS) - own["chen.y"], "he.p": len(ROWS)}


def test_nothing_is_ticked_beforehand_and_all_within_limits_on_demand(world: World, person: Person) -> None:
    lots_in_quarantine(world, NEAR, FAILING)
    world.journey.results(file_of(example_rows(NEAR, FAILING)))
    reviewer = person("he.p")
    for lot, singly in ((NEAR, {"Viability", "CD105+", "Endotoxin"}), (FAILING, {"CD105+", "Sterility, day 14"})):
        page = reviewer.get(f"/lots/{lot}/review").get_data(as_text=True)
        assert ticked(page) == set()
        assert f'href="/lots/{lot}/review?tick=within"' in page
        every = set(re.findall(r'aria-label="([^"]*)"', html.unescape(page))) & set(boxes(page))
        assert ticked(reviewer.get(f"/lots/{lot}/review?tick=within").get_data(as_text=True)) == every - singly
    refused = reviewer.post(f"/lots/{NEAR}/review", form={})
    assert "Choose at least one result." in shown(refused)


def boxes(page: str) -> list[str]:
    return re.findall(r'name="result_ids" value="\d+" aria-label="([^"]*)"', html.unescape(page))


def ticked(page: str) -> set[str]:
    return set(re.findall(r'name="result_ids" value="\d+" aria-label="([^"]*)" checked', html.unescape(page)))


def test_who_made_all_results_is_told_so_and_cannot_go_on_to_sign(world: World, person: Person) -> None:
    lots_in_quarantine(world, LOT)
    world.journey.results(file_of(ROWS))
    own = person("wang.l").get(f"/lots/{LOT}/review").get_data(as_text=True)
    assert "All these results are your own: another person reviews them." in own
    assert "disabled>Go on to sign</button>" in own
    assert "tick=within" not in own
    others = person("chen.y").get(f"/lots/{LOT}/review").get_data(as_text=True)
    assert "disabled" not in others
    assert "are your own" not in others


def test_the_failed_tests_stand_first_and_what_waits_is_counted_under_the_button(world: World, person: Person) -> None:
    lots_in_quarantine(world, FAILING)
    world.journey.results(file_of(example_rows(FAILING)))
    page = person("qian.m").get(f"/lots/{FAILING}/release")
    listed = shown(page).partition("What stands against release")[2].partition("Trail")[0]
    assert listed.index("Sterility, day 14: out of specification.") < listed.index("not reviewed by a second person")
    assert listed.count("not reviewed by a second person") == 19
    button = shown(page).partition("Decide ")[2].partition("Release conditionally")[0]
    assert button.split("Release ")[1].split(". ") == [
        "CD105+: out of specification",
        "Sterility, day 14: out of specification",
        f"Sterility, day 14: investigation OOS-{FAILING}-2 is not concluded",
        f"CD105+: investigation OOS-{FAILING}-1 is not concluded",
        "19 tests are not reviewed by a second person yet",
        f"The trail of lot {FAILING} is not reviewed yet",
        "",
    ]


def test_results_are_reviewed_and_the_lot_released_by_signature(world: World, person: Person) -> None:
    lots_in_quarantine(world, NEAR)
    world.journey.results(file_of(example_rows(NEAR)))
    ids = re.findall(
        r'name="result_ids" value="(\d+)"', person("he.p").get(f"/lots/{NEAR}/review").get_data(as_text=True)
    )
    assert person("he.p").sign(f"/lots/{NEAR}/review", result_ids=ids).status_code == 303
    assert person("tang.w").sign(f"/lots/{NEAR}/trail-review").status_code == 303
    page = shown(person("qian.m").get(f"/lots/{NEAR}/release"))
    assert page.count("near limit") == 3
    assert "full release" in page
    assert "Near a limit 3" in page
    assert person("qian.m").sign(f"/lots/{NEAR}/release/sign").status_code == 303
    done = shown(person("shen.i").get(f"/lots/{NEAR}/release"))
    assert "钱梅 QIAN Mei" in done
    assert "何平 HE Ping" in done


def test_what_is_signed_is_shown_and_names_the_results_near_a_limit(world: World, person: Person) -> None:
    lots_in_quarantine(world, NEAR)
    world.journey.results(file_of(example_rows(NEAR)))
    world.journey.review(NEAR)
    world.journey.trail_reviewed(NEAR)
    panel = shown(person("qian.m").post(f"/lots/{NEAR}/release/sign", form={}))
    assert "I release this lot. / 本人放行该批次。" in panel
    assert "CD105+: 96.2 % (≥ 95 %) near limit / 接近限度" in panel
    assert "Your signature means: released" in panel


def test_a_decision_that_is_blocked_stands_there_with_its_reasons(world: World, person: Person) -> None:
    lots_in_quarantine(world, FAILING)
    world.journey.results(file_of(example_rows(FAILING)))
    world.journey.review(FAILING)
    page = person("qian.m").get(f"/lots/{FAILING}/release").get_data(as_text=True)
    assert "CD105+: out of specification." in shown_text(page)
    assert "Sterility, day 14: out of specification." in shown_text(page)
    assert f"/lots/{FAILING}/release/sign" not in page
    assert f"/lots/{FAILING}/release/reject" in page
    answer = person("qian.m").post(f"/lots/{FAILING}/release/sign", form={})
    assert answer.status_code == 409
    assert "CD105+: out of specification." in shown(answer)


def shown_text(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", page))


@pytest.mark.parametrize("username", ["he.p", "zhao.l", "prof.han", "shen.i"])
def test_others_see_the_whole_page_and_no_decision(world: World, person: Person, username: str) -> None:
    lots_in_quarantine(world, LOT)
    page = person(username).get(f"/lots/{LOT}/release")
    assert page.status_code == 200
    for decision in ("sign", "conditionally", "reject"):
        assert f"/release/{decision}" not in page.get_data(as_text=True)
