"""Forms of pages: one effect for one page, words at the field, nothing typed lost, nothing changed by looking."""

import re

import pytest
from support.clients import SignIn
from support.clinic import candidate, file_of, records
from support.stages import HER, LOT, enrolled
from support.worlds import World

from cotrack.app import MOST_UPLOAD_BYTES
from cotrack.participants.service.knowledge import known_values, participant_numbered

PATH = f"/participants/{HER}/measure"
TODAY = {"measured_on": "2026-11-23"}


def weights(world: World) -> str:
    participant = world.read(lambda session: participant_numbered(session, HER))
    return str(world.read(lambda session: known_values(session, participant.id))["weight_kg"])


def screened(world: World) -> None:
    world.journey.screened(file_of(candidate(world)))


def test_a_form_sent_twice_has_one_effect_and_leads_to_the_same_page(world: World, person: SignIn) -> None:
    screened(world)
    page = person("li.c").get(PATH).get_data(as_text=True)
    key = re.findall(r'name="form_key" value="([^"]+)"', page)[0]
    before = records(world)
    answers = [person("li.c").send("POST", PATH, form={**TODAY, "weight_kg": "60.2"}, key=key) for _ in range(2)]
    assert [each.headers["Location"] for each in answers] == [f"/participants/{HER}"] * 2
    assert records(world) == before + 1


def test_every_page_of_a_form_has_a_key_of_its_own(world: World, person: SignIn) -> None:
    screened(world)
    pages = [person("li.c").get(PATH).get_data(as_text=True) for _ in range(2)]
    keys = {re.findall(r'name="form_key" value="([^"]+)"', page)[0] for page in pages}
    assert len(keys) == 2


def test_a_page_that_was_filled_in_differently_is_no_repeat(world: World, person: SignIn) -> None:
    screened(world)
    person("li.c").send("POST", PATH, form={**TODAY, "weight_kg": "60.2"}, key="one")
    other = person("li.c").send("POST", PATH, form={**TODAY, "weight_kg": "61.2"}, key="one")
    assert other.status_code == 422
    assert weights(world) == "60.2"


def test_a_refused_form_may_be_sent_again_from_the_same_page(world: World, person: SignIn) -> None:
    screened(world)
    refused = person("li.c").send("POST", PATH, form={**TODAY, "weight_kg": "6020"}, key="one")
    assert 'name="form_key" value="one"' in refused.get_data(as_text=True)
    assert person("li.c").send("POST", PATH, form={**TODAY, "weight_kg": "60.2"}, key="one").status_code == 303


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"weight_kg": "60"}, "Enter a value."),
        ({**TODAY, "weight_kg": "sixty"}, "Enter a number, such as 61.5."),
        ({**TODAY, "weight_kg": "60.25"}, "This number has too many places after the point."),
        ({**TODAY, "weight_kg": "500"}, "This number is outside what is possible."),
        ({**TODAY, "pregnancy_test": "maybe"}, "Choose one of these."),
        ({"measured_on": "23/11/2026", "weight_kg": "60"}, "Enter a date, such as 2026-11-22."),
        ({**TODAY, "shoe_size": "42"}, "This field is not known here."),
        ({**TODAY}, "Fill in at least one value."),
    ],
)
def test_what_is_wrong_is_said_at_the_top_and_what_was_typed_stays(
    world: World, person: SignIn, form: dict[str, str], words: str
) -> None:
    screened(world)
    answer = person("li.c").send("POST", PATH, form=form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page.partition('id="faults"')[2].partition("</div>")[0]
    for name, typed in form.items():
        assert name == "shoe_size" or f'name="{name}"' in page
        assert name in {"shoe_size", "pregnancy_test"} or f'value="{typed}"' in page


def test_a_fault_links_to_its_field(world: World, person: SignIn) -> None:
    screened(world)
    page = person("li.c").send("POST", PATH, form={**TODAY, "weight_kg": "x"}).get_data(as_text=True)
    assert '<a href="#field-weight_kg">Weight: Enter a number, such as 61.5.</a>' in page
    assert 'id="field-weight_kg"' in page


def test_faults_that_read_alike_name_their_fields(person: SignIn) -> None:
    page = person("root.a").send("POST", "/people/new", form={"roles": "nurse"}).get_data(as_text=True)
    summary = page.partition('id="faults"')[2].partition("</div>")[0]
    names = ("User name", "Name as it is printed under signatures", "Who verified the identity, and how")
    for name in (*names, "First password"):
        assert f">{name}: Enter a value.</a>" in summary
    assert summary.count("Enter a value.") == 4


def test_a_scan_of_a_refused_form_is_made_again_and_what_was_typed_stays(world: World, person: SignIn) -> None:
    (bag,) = world.journey.finished_lot(LOT)
    form = {"ward": "3A", "taken_by": "zhou.n", "bag_code": "no code of ours"}
    answer = person("ma.k").send("POST", f"/units/{bag}/issue", form=form)
    page = answer.get_data(as_text=True)
    assert answer.status_code >= 400
    assert 'value="zhou.n"' in page
    assert "no code of ours" not in page
    assert re.search(r'<input[^>]*name="bag_code"[^>]*data-scan[^>]* value=""', page)


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Done: Hold · MSC26-0031"), ("zh", "已完成：扣留 · MSC26-0031")]
)
def test_what_was_done_is_said_with_the_thing_and_not_as_a_rule(
    world: World, person: SignIn, language: str, words: str
) -> None:
    world.journey.finished_lot(LOT)
    client = person("qian.m")
    client.send("POST", f"/language/{language}")
    assert client.send("POST", f"/lots/{LOT}/hold", form={"reason": "alarm"}).status_code == 303
    page = client.get(f"/lots/{LOT}").get_data(as_text=True)
    assert page.partition('role="status">')[2].partition("<")[0] == words


def test_a_thing_that_is_new_has_no_name_to_say_yet(world: World, person: SignIn) -> None:
    client = person("zhao.l")
    done = client.send("POST", "/lots/new", form={"number": LOT, "made_on": world.journey.today().isoformat()})
    assert done.status_code == 303
    page = client.get(done.headers["Location"]).get_data(as_text=True)
    assert page.partition('role="status">')[2].partition("<")[0] == "Done: Make lot"


def test_what_is_typed_is_shown_as_text_and_never_as_markup(world: World, person: SignIn) -> None:
    enrolled(world, HER)
    form = {"reason": '"><script>alert(1)</script>'}
    person("zhou.n").send("POST", f"/participants/{HER}/band/remove", form=form)
    page = person("qian.m").get("/trail").get_data(as_text=True) + person("li.c").get(f"/participants/{HER}").get_data(
        as_text=True
    )
    assert "<script>alert" not in page


def test_what_was_done_is_said_once_on_the_next_page(world: World, person: SignIn) -> None:
    screened(world)
    person("li.c").send("POST", PATH, form={**TODAY, "weight_kg": "60.2"})
    assert "The measurements are stored." in person("li.c").get(f"/participants/{HER}").get_data(as_text=True)
    assert "The measurements are stored." not in person("li.c").get(f"/participants/{HER}").get_data(as_text=True)


def test_looking_at_a_page_changes_and_records_nothing(world: World, person: SignIn) -> None:
    screened(world)
    client = person("li.c")
    before = records(world)
    for path in ("/", "/participants", f"/participants/{HER}", PATH, f"/participants/{HER}/look", "/lots", "/people"):
        client.get(path)
    assert records(world) == before


def test_a_file_that_is_too_large_is_refused_as_a_page(person: SignIn) -> None:
    answer = person("li.c").browser.post(
        "/participants/screen",
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(MOST_UPLOAD_BYTES + 1)},
        headers={"Accept-Language": "en"},
    )
    assert (answer.status_code, answer.mimetype) == (413, "text/html")
    assert "The file is too large" in answer.get_data(as_text=True)


def test_the_language_is_switched_and_the_page_stays(world: World, person: SignIn) -> None:
    client = person("li.c")
    answer = client.send("POST", "/language/zh", form={"next": "/lots?status=released"})
    assert answer.headers["Location"] == "/lots?status=released"
    assert '<html lang="zh">' in client.get("/lots").get_data(as_text=True)
    assert client.send("POST", "/language/en", form={"next": "//evil.example/"}).headers["Location"] == "/"
    assert '<html lang="en">' in client.get("/lots").get_data(as_text=True)
    assert client.send("POST", "/language/xx", form={"next": "/lots"}).status_code == 303
    assert '<html lang="en">' in client.get("/lots").get_data(as_text=True)


@pytest.mark.parametrize("path", ["/nowhere", "/units/none", "/participants/none/answer", "/infusions/4711"])
def test_what_is_not_there_is_told_on_a_page_for_people(person: SignIn, path: str) -> None:
    answer = person("dr.gao").get(path)
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "<h1" in answer.get_data(as_text=True)


def test_a_page_of_another_role_says_that_the_role_does_not_include_it(person: SignIn) -> None:
    answer = person("zhao.l").get("/participants")
    assert answer.status_code == 403
    assert "Your role does not include" in answer.get_data(as_text=True)
