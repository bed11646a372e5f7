"""The demonstration's participants: their screening file, and the steps that several of them take alike."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

from cotrack.demonstration.acts import Journey
from cotrack.participants.service import screening

BAG_ML = Decimal("30.0")

_SCREENED: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("101", "1967-03-14", "F", {}),
    ("102", "1979-11-02", "F", {}),
    ("103", "1958-05-21", "M", {}),
    ("104", "1971-08-17", "M", {}),
    ("105", "1962-12-09", "M", {}),
    ("106", "1969-02-27", "F", {}),
    ("107", "1975-09-30", "M", {}),
    ("108", "1964-06-18", "F", {}),
    ("109", "1950-01-30", "M", {}),
    ("110", "1988-06-21", "F", {"cns_metastases": "irradiated 2020-03; no symptoms; no steroids"}),
    ("111", "1981-04-05", "M", {}),
    ("112", "1973-10-22", "F", {}),
    ("113", "1966-07-13", "M", {}),
    ("114", "1985-01-08", "M", {}),
    ("115", "1977-03-29", "M", {"weight_kg": "168.5"}),
)


def screening_file(journey: Journey, *numbers: str) -> bytes:
    """Return the clinic's screening file of today with these people."""
    today = journey.today()
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(screening.COLUMNS)
    for number, born, sex, changed in _SCREENED:
        if number in numbers:
            row = {**_good_row(today), "subject_number": f"IFN-{number}", "birth_date": born, "sex": sex, **changed}
            writer.writerow([row[name] for name in screening.COLUMNS])
    return file.getvalue().encode()


def _good_row(today: date) -> dict[str, str]:
    return {
        "site": "DEMO",
        "screened_on": today.isoformat(),
        "histology": "non-small cell lung cancer",
        "prior_lines": "2",
        "measurable_lesions": "2",
        "last_treatment_on": (today - timedelta(days=43)).isoformat(),
        "ecog": "1",
        "organ_function_on": (today - timedelta(days=3)).isoformat(),
        "consent_signed_on": (today - timedelta(days=2)).isoformat(),
        "weight_kg": "61.5",
        "childbearing_potential": "no",
        "pregnancy_test_on": "",
        "pregnancy_test": "",
        "contraception_agreed": "",
        "autoimmune_disease": "no",
        "cns_metastases": "none",
        "corticosteroid_mg_per_day": "0",
        "hiv": "no",
        "other_cancer_on": "",
    }


def enrolled(journey: Journey, number: str) -> str:
    """Bring one screened person into the study, with identity and answers; return the subject number."""
    subject = f"IFN-{number}"
    born, sex = next((born, sex) for found, born, sex, _ in _SCREENED if found == number)
    journey.identified(subject, f"示范{number} SHIFAN {number}", f"DEMO{number}", date.fromisoformat(born))
    journey.answered(subject, {"breast_feeding": "no"} if sex == "F" else {})
    journey.enrolled(subject)
    return subject


def ordered_bag(journey: Journey, subject: str) -> str:
    """Measure somebody, order a dose and set its bag aside; return the bag's number."""
    journey.measured(subject, {"weight_kg": "61.5", "organ_function_on": journey.today().isoformat()})
    (bag,) = journey.allocated(journey.ordered(subject))
    return bag


def at_the_ward(journey: Journey, bag: str) -> None:
    """Issue a bag and receive it on the ward."""
    journey.issued(bag)
    journey.received(bag)


def infused(journey: Journey, subject: str, bag: str) -> None:
    """Take a bag from the freezer to the end of its infusion, as ordered."""
    at_the_ward(journey, bag)
    journey.thawed(bag)
    infusion = journey.started(subject, bag)
    to_give = journey.volume_to_give(bag)
    journey.completed(infusion, str(to_give), str(BAG_ML - to_give))
