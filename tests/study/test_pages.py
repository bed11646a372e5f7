"""Pages of study definitions: the list, what one says, and the panel under which its very text is signed."""

import html
from collections.abc import Callable

import pytest
from support.clients import Client
from support.studies import PUBLIC, in_effect, loaded, newer
from support.worlds import World

Person = Callable[[str], Client]


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return html.unescape(answer.get_data(as_text=True))


def test_qa_loads_a_file_and_lands_on_the_draft(world: World, person: Person) -> None:
    qa = person("qian.m")
    answer = qa.post("/studies/load", form={"text": newer().replace("\n", "\r\n")})
    assert answer.status_code == 303
    shown = text_of(qa, answer.headers["Location"])
    assert "QA has not signed yet" in shown
    assert "The principal investigator has not signed yet" in shown
    assert newer() in shown
    assert "MSC-IFNA" in text_of(qa, "/studies")


def test_a_text_with_faults_stays_in_the_form_under_every_fault(person: Person) -> None:
    text = newer(
        ("planned_participants = 40", "planned_participants = 0"), ("follow_up_days = 28", "follow_up_days = 0")
    )
    answer = person("qian.m").post("/studies/load", form={"text": text})
    assert answer.status_code == 422
    shown = html.unescape(answer.get_data(as_text=True))
    assert "study.planned_participants: " in shown
    assert "schedule.follow_up_days: " in shown
    assert "planned_participants = 0" in shown


def test_what_is_signed_is_the_very_text_and_stands_on_the_page_afterwards(world: World, person: Person) -> None:
    sha256 = loaded(world, newer())
    qa = person("qian.m")
    panel = qa.post(f"/studies/{sha256}/approve-quality", form={}).get_data(as_text=True)
    assert newer() in html.unescape(panel)
    assert f'name="text_sha256" value="{sha256}"' in panel
    assert qa.sign(f"/studies/{sha256}/approve-quality").status_code == 303
    assert person("prof.han").sign(f"/studies/{sha256}/approve-investigator").status_code == 303
    shown = text_of(person("shen.i"), f"/studies/{sha256}")
    for words in ("钱梅 QIAN Mei", "韩教授 HAN Bo", "approved", "Asia/Shanghai", "This version is signed and never"):
        assert words in shown


def test_a_wrong_password_shows_the_panel_again_and_signs_nothing(world: World, person: Person) -> None:
    sha256 = loaded(world, newer())
    form = {"password": "wrong", "meaning": "approved", "text_sha256": sha256}
    answer = person("qian.m").post(f"/studies/{sha256}/approve-quality", form=form)
    assert answer.status_code == 403
    assert newer() in html.unescape(answer.get_data(as_text=True))
    assert "QA has not signed yet" in text_of(person("qian.m"), f"/studies/{sha256}")


@pytest.mark.parametrize(
    ("username", "offered"),
    [("qian.m", ["approve-quality"]), ("prof.han", ["approve-investigator"]), ("zhao.l", []), ("shen.i", [])],
)
def test_a_page_offers_only_what_the_role_may_do(
    world: World, person: Person, username: str, offered: list[str]
) -> None:
    sha256 = loaded(world, newer())
    shown = text_of(person(username), f"/studies/{sha256}")
    assert [each for each in ("approve-quality", "approve-investigator") if each in shown] == offered


def test_a_signature_that_was_given_is_not_offered_again(world: World, person: Person) -> None:
    sha256 = loaded(world, newer())
    assert person("qian.m").sign(f"/studies/{sha256}/approve-quality").status_code == 303
    assert "approve-quality" not in text_of(person("tang.w"), f"/studies/{sha256}")
    assert "Nothing for your role." in text_of(person("qian.m"), f"/studies/{sha256}")


def test_the_page_lists_each_thing_that_the_sponsor_has_still_to_set(world: World, person: Person) -> None:
    sha256 = in_effect(world, PUBLIC)
    shown = text_of(person("qian.m"), f"/studies/{sha256}")
    assert "The sponsor has still to set" in shown
    for key in ("product.shelf_life_months", "dose.premedication_en", "test.ifna_secretion.least"):
        assert key in shown
    answer = person("zhao.l").post("/lots/new", form={"number": "MSC26-0031", "made_on": "2026-11-20"})
    assert answer.status_code == 409
    assert "The sponsor has not set product.shelf_life_months" in answer.get_data(as_text=True)


def test_a_draft_waits_on_the_home_page_of_who_has_to_sign(world: World, person: Person) -> None:
    loaded(world, newer())
    for username in ("qian.m", "prof.han"):
        assert "Sign the study definition" in text_of(person(username), "/")
    assert "Sign the study definition" not in text_of(person("zhao.l"), "/")
