"""The pages of participants: what is shown before anything is stored, and nothing typed is lost."""

import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from support.clients import Client, SignIn
from support.clinic import BORN, WOMAN, candidate, file_of, records
from support.stages import HER, enrolled
from support.worlds import World

from cotrack.demonstration.acts import NOT_SCREENED
from cotrack.demonstration.players import PASSWORD
from cotrack.foundation.tables import sha256_of
from cotrack.participants.models import Participant


def send_file(client: Client, content: bytes, name: str = "screening.csv") -> tuple[int, str]:
    answer = client.send("POST", "/participants/screen", form={"file": (io.BytesIO(content), name)})
    return answer.status_code, answer.get_data(as_text=True)


def stored(world: World) -> int:
    return int(world.read(lambda session: session.scalar(select(func.count()).select_from(Participant))))


def test_the_preview_shows_each_verdict_and_the_file_is_stored_once_confirmed(
    world: World, person: SignIn, examples: Path
) -> None:
    content = (examples / "screening.csv").read_bytes()
    client = person("li.c")
    status, page = send_file(client, content)
    assert status == 200
    assert stored(world) == 0
    for verdict in ("not eligible: I1 age 76", "eligible after a brain MRI", "not eligible: E3 corticosteroid above"):
        assert verdict in page
    assert "differs" not in page
    form = {"sha256": sha256_of(content)}
    assert client.send("POST", "/participants/store", form=form, key="k").status_code == 303
    assert client.send("POST", "/participants/store", form=form, key="k").status_code == 303
    assert stored(world) == 6


def test_the_verdicts_are_said_in_chinese_too(world: World, person: SignIn, examples: Path) -> None:
    client = person("li.c")
    client.browser.set_cookie("cotrack_language", "zh")
    _, page = send_file(client, (examples / "screening.csv").read_bytes())
    assert "不合格：I1 年龄 76 岁" in page
    assert "完成脑部 MRI后合格" in page


def test_a_verdict_that_differs_from_the_files_own_is_marked(world: World, person: SignIn) -> None:
    row = {**candidate(world), "expected": "not eligible: I1 age 76"}
    _, page = send_file(person("li.c"), file_of(row, columns=tuple(row)))
    assert "differs" in page


def test_a_file_with_faults_is_answered_with_all_of_them_and_offers_nothing_to_store(
    world: World, person: SignIn
) -> None:
    status, page = send_file(person("li.c"), file_of(candidate(world, ecog="x", hiv="<b>")))
    assert status == 422
    assert "Line 2, column ecog: “x” is no number such as 61.5." in page
    assert "“&lt;b&gt;” where yes / no belongs." in page
    assert "/participants/store" not in page


def test_no_file_at_all_is_told(person: SignIn) -> None:
    answer = person("li.c").send("POST", "/participants/screen", form={})
    assert answer.status_code == 422
    assert "Choose a file." in answer.get_data(as_text=True)


def test_only_who_sent_a_file_stores_it(world: World, person: SignIn) -> None:
    content = file_of(candidate(world))
    answer = person("li.c").send("POST", "/participants/store", form={"sha256": sha256_of(content)})
    assert answer.status_code == 422
    assert "The file is no longer here: send it again." in answer.get_data(as_text=True)
    assert stored(world) == 0


def test_the_physician_is_asked_what_no_column_says_and_answers_once(world: World, person: SignIn) -> None:
    world.journey.screened(file_of(candidate(world)))
    client, path = person("dr.gao"), f"/participants/{HER}/answer"
    page = client.get(path).get_data(as_text=True)
    for name in NOT_SCREENED:
        assert f'name="{name}"' in page.partition("<details>")[0]
    assert 'name="hiv"' in page.partition("<details>")[2]
    assert client.send("POST", path, form=NOT_SCREENED).status_code == 303
    waiting = client.get(path).get_data(as_text=True).partition("<details>")[0]
    assert [name for name in NOT_SCREENED if f'name="{name}"' in waiting] == []


def fields_asked(page: str) -> set[str]:
    """Return the questions that wait, which stand before what is folded away."""
    return set(re.findall(r'name="([a-z0-9_]+)"', page.partition("To be answered</h2>")[2].partition("<details>")[0]))


@pytest.mark.parametrize(
    ("changed", "more"),
    [
        ({}, set()),
        (
            {**WOMAN, "pregnancy_test_on": "", "pregnancy_test": ""},
            {"pregnancy_test", "pregnancy_test_on", "breast_feeding"},
        ),
        ({"cns_metastases": "irradiated 2026-03; no symptoms"}, {"cns_steroids", "brain_mri_on"}),
        ({"prior_lines": "1"}, {"no_guideline_therapy"}),
        ({"hiv": ""}, {"hiv"}),
    ],
    ids=["a man", "a woman", "irradiated", "one line", "left out"],
)
def test_only_what_is_asked_of_this_participant_waits_for_the_physician(
    world: World, person: SignIn, changed: dict[str, str], more: set[str]
) -> None:
    world.journey.screened(file_of(candidate(world, **changed)))
    page = person("dr.gao").get(f"/participants/{HER}/answer").get_data(as_text=True)
    assert fields_asked(page) == set(NOT_SCREENED) | more
    folded = page.partition("are not asked of this participant</summary>")[2]
    assert 'name="other_cancer_on"' in folded, "it stays within reach"


def test_an_answer_in_the_future_is_refused_and_what_was_typed_stays(world: World, person: SignIn) -> None:
    world.journey.screened(file_of(candidate(world)))
    form = {"last_treatment_on": "2026-12-31", "hiv": "no"}
    answer = person("dr.gao").send("POST", f"/participants/{HER}/answer", form=form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Enter a day up to today." in page
    assert 'value="2026-12-31"' in page


@pytest.mark.parametrize("name", ["work", "number", "answers"])
def test_an_answer_to_what_nobody_asks_is_no_fault_of_the_program(world: World, person: SignIn, name: str) -> None:
    world.journey.screened(file_of(candidate(world)))
    answer = person("dr.gao").send("POST", f"/participants/{HER}/answer", form={name: "yes"})
    assert answer.status_code == 422
    assert "This field is not known here." in answer.get_data(as_text=True)


def test_measurements_are_typed_and_a_wrong_one_is_told_at_its_field(world: World, person: SignIn) -> None:
    world.journey.screened(file_of(candidate(world)))
    client, path = person("li.c"), f"/participants/{HER}/measure"
    answer = client.send("POST", path, form={"measured_on": "2026-11-23", "weight_kg": "6150"})
    assert answer.status_code == 422
    assert 'value="6150"' in answer.get_data(as_text=True)
    assert client.send("POST", path, form={"measured_on": "2026-11-23", "weight_kg": "60.2"}).status_code == 303
    assert "60.2 kg" in client.get(f"/participants/{HER}").get_data(as_text=True)


def test_a_weight_far_from_the_last_one_is_asked_about_and_taken_once_confirmed(world: World, person: SignIn) -> None:
    world.journey.screened(file_of(candidate(world)))
    client, path = person("li.c"), f"/participants/{HER}/measure"
    first = client.get(path).get_data(as_text=True)
    assert "Last weight: 61.5 kg on 2026-11-23" in first
    assert 'name="confirmed_weight_kg"' not in first
    form = {"measured_on": "2026-11-23", "weight_kg": "16.5"}
    refused = client.send("POST", path, form=form)
    assert refused.status_code == 409
    assert "16.5 kg is more than 10 % from the last weight, 61.5 kg on 2026-11-23" in refused.get_data(as_text=True)
    assert 'name="confirmed_weight_kg" value="16.5"' in refused.get_data(as_text=True)
    other = client.send("POST", path, form={**form, "weight_kg": "165", "confirmed_weight_kg": "16.5"})
    assert other.status_code == 409, "what was confirmed is another weight"
    assert client.send("POST", path, form={**form, "weight_kg": "51", "confirmed_weight_kg": "51"}).status_code == 303
    assert "51 kg" in client.get(f"/participants/{HER}").get_data(as_text=True)


def test_an_identity_is_shown_after_a_purpose_was_given_and_the_participants_page_never_shows_it(
    world: World, person: SignIn
) -> None:
    enrolled(world, HER)
    client, path = person("li.c"), f"/participants/{HER}/look"
    assert "测试" not in client.get(path).get_data(as_text=True)
    before = records(world)
    for purpose in (" ", "call\nsecond line", "x" * 100_000):
        refused = client.send("POST", path, form={"purpose": purpose})
        assert refused.status_code == 422
        assert "测试" not in refused.get_data(as_text=True)
    assert "测试 IFN-001" in client.send("POST", path, form={"purpose": "call"}).get_data(as_text=True)
    assert records(world) == before + 1
    for page in ("/participants", f"/participants/{HER}", "/"):
        assert "测试" not in client.get(page).get_data(as_text=True)


def test_enrolling_shows_the_text_to_sign_and_a_wrong_password_shows_it_again(world: World, person: SignIn) -> None:
    world.journey.screened(file_of(candidate(world)))
    world.journey.identified(HER, "测试", "H-1", BORN)
    world.journey.answered(HER)
    client, path = person("dr.gao"), f"/participants/{HER}/enrol"
    panel = client.send("POST", path, form={"arm": "monotherapy"})
    assert "Participant / 受试者 IFN-001" in panel.get_data(as_text=True)
    wrong = client.send("POST", path, form={"arm": "monotherapy", "password": "wrong"})
    assert wrong.status_code == 403
    assert "Participant / 受试者 IFN-001" in wrong.get_data(as_text=True)
    signed = client.send("POST", path, form={"arm": "monotherapy", "password": PASSWORD}, key="once")
    assert (signed.status_code, signed.headers["Location"]) == (303, f"/participants/{HER}")


def test_a_button_that_blockers_refuse_stands_disabled_with_the_reasons_under_it(world: World, person: SignIn) -> None:
    world.journey.screened(file_of(candidate(world, ecog="3")))
    page = person("dr.gao").get(f"/participants/{HER}").get_data(as_text=True)
    disabled = page.partition("disabled>Enrol</button>")[2].partition("</li>")[0]
    assert "I6: ECOG 3." in page
    assert disabled
    assert f'href="/participants/{HER}/enrol"' not in page


def test_what_is_judged_before_a_dose_is_named_also_where_it_is_met_today(world: World, person: SignIn) -> None:
    world.journey.screened(file_of(candidate(world)))
    assert "I7: met today" in person("dr.gao").get(f"/participants/{HER}").get_data(as_text=True)


def test_page_button_and_signed_text_say_the_same_of_an_organ_function_too_old_for_a_dose(
    world: World, person: SignIn
) -> None:
    old = (world.journey.today() - timedelta(days=15)).isoformat()
    world.journey.screened(file_of(candidate(world, organ_function_on=old)))
    world.journey.identified(HER, "测试", "H-1", BORN)
    world.journey.answered(HER)
    physician, words = person("dr.gao"), "I7: organ function confirmed more than 2 weeks before"
    page = physician.get(f"/participants/{HER}").get_data(as_text=True)
    verdict = page.partition("Eligibility for enrolment today</h2>")[2].partition("</p>")[0]
    assert verdict.rstrip().endswith("eligible</span>")
    assert "not eligible" not in verdict
    assert words in page.partition("Not for the enrolment, but before each dose")[2].partition("</ul>")[0]
    assert f'href="/participants/{HER}/enrol"' in page
    text = physician.send("POST", f"/participants/{HER}/enrol", form={"arm": "monotherapy"}).get_data(as_text=True)
    assert "I7 Have adequate organ function" in text.partition("Not judged today, but before each dose")[2]
    world.journey.enrolled(HER)
    enrolled_page = physician.get(f"/participants/{HER}").get_data(as_text=True)
    assert "not eligible: I7 organ function" in enrolled_page.partition("Eligibility for a dose today</h2>")[2]


def test_the_band_page_shows_the_identity_asks_for_the_scan_and_tells_a_wrong_one(world: World, person: SignIn) -> None:
    enrolled(world, HER)
    nurse = person("zhou.n")
    nurse.send("POST", f"/participants/{HER}/band/remove", form={"reason": "wet"})
    world.journey.printed_band(HER)
    path = f"/participants/{HER}/band/put-on"
    assert "测试 IFN-001" in nurse.get(path).get_data(as_text=True)
    answer = nurse.send("POST", path, form={"band_code": "4006381333931", "is_identity_confirmed": "true"})
    assert answer.status_code == 409
    assert "This is no code of cotrack." in answer.get_data(as_text=True)
    code = world.journey.live_code(f"participant:{HER}", "wristband")
    not_confirmed = nurse.send("POST", path, form={"band_code": code})
    assert "Not ticked: the person says name and birth date" in not_confirmed.get_data(as_text=True)
    done = nurse.send("POST", path, form={"band_code": code, "is_identity_confirmed": "true"})
    assert done.status_code == 303


@pytest.mark.parametrize("path", ["/participants/IFN-001/measure", "/participants/IFN-001/identity", "/trail"])
def test_a_day_is_typed_as_it_is_shown_whatever_the_language_of_the_browser(
    world: World, person: SignIn, path: str
) -> None:
    enrolled(world, "IFN-001")
    page = person("qian.m" if path == "/trail" else "li.c").get(path).get_data(as_text=True)
    assert 'type="date"' not in page
    assert "Year-month-day, such as 2026-03-04" in page


def test_a_day_written_otherwise_is_told_at_its_field(world: World, person: SignIn) -> None:
    enrolled(world, "IFN-001")
    form = {"measured_on": "03/04/2026", "weight_kg": "61.5"}
    answer = person("li.c").send("POST", "/participants/IFN-001/measure", form=form)
    assert answer.status_code == 422
    assert "Enter a date, such as 2026-11-22." in answer.get_data(as_text=True)
    assert 'value="03/04/2026"' in answer.get_data(as_text=True)
