"""Every reason against a bag: before the thaw, at the vein, and once more, atomically, at the start."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from cotrack.bedside.rules.facts import BagFacts, CheckFacts, OrderFacts, Place
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.labelling.rules.standing import Scan, against_label, against_scanned_before
from cotrack.manufacture.rules import FROZEN_STATES, label_outdated
from cotrack.orders.rules import against_lot, against_newer_weight, against_schedule, against_weight
from cotrack.quality.rules import against_held
from cotrack.study.rules.definition import not_set

USED_STATES = frozenset({"started", "paused", "completed", "stopped_early", "wasted", "destroyed"})


def against_scans(bag: Scan, tag: Scan | None) -> list[Blocker]:
    """Return what speaks against the scanned bag, and against the scanned tag beside it (E14, E16 to E18, E32)."""
    blockers = against_label(bag, ("bag",), may_be_keyed=True)
    if tag is None:
        return blockers
    blockers += against_label(tag, ("tag",))
    if not blockers and tag.subject != bag.subject:
        blockers.append(Blocker("label_incomplete", "The tag belongs to another bag."))
    return blockers


def against_band(band: Scan, *, is_band_current: bool) -> list[Blocker]:
    """Return what speaks against the scanned band: only a confirmed, current band says who somebody is (E15)."""
    blockers = against_label(band, ("wristband",), may_be_keyed=True)
    if not blockers and not is_band_current:
        blockers.append(Blocker("band_not_current", "This band was not confirmed on the wrist, or was replaced."))
    return blockers


def against_bag(facts: BagFacts, place: Place, *, state: str) -> list[Blocker]:
    """Return every reason why this bag may not go on from `state` here and now."""
    return [
        *_against_place(facts, place),
        *_against_state(facts, state),
        *against_its_lot(facts),
        *against_held(facts.stops),
        *_against_expiry(facts, place),
        *against_old_labels(facts),
        *_against_lives(facts),
        *_against_order(facts.order, facts, place),
    ]


def against_its_lot(facts: BagFacts) -> list[Blocker]:
    """Return why the bag's lot may not be given for its order (E05 to E07)."""
    return against_lot(
        facts.lot_number,
        facts.lot_status,
        has_acceptance=facts.has_acceptance,
        over=facts.over,
        supplied=facts.supplied,
    )


def _against_place(facts: BagFacts, place: Place) -> list[Blocker]:
    if place.ward is None:
        return [Blocker("station_unknown", "This is no registered station: sign in at the bedside.")]
    if facts.issued_to_ward != place.ward:
        return [Blocker("not_issued_here", "This bag was not issued to this ward.")]
    return []


def _against_state(facts: BagFacts, state: str) -> list[Blocker]:
    if facts.status == state:
        return []
    if facts.status in USED_STATES:
        return [Blocker("already_used", "This bag was used or discarded before.")]
    if (facts.status, state) == ("thawing", "thawed"):
        words = N_("The thaw is not recorded as finished: record “Thaw finished” on the bag's page, then scan again.")
        return [Blocker("step_out_of_order", words, solve=f"unit:{facts.number}")]
    return [Blocker("step_out_of_order", "This bag is not at this step: something before it was not done.")]


def _against_expiry(facts: BagFacts, place: Place) -> list[Blocker]:
    """The lot's expiry or the thaw's end, whichever is first, against the server's clock (E08, E09).

    Of a paused bag a part is given already: how long the rest will take only the person at the bed can say.
    """
    if facts.expires_at <= place.now:
        return [Blocker("expired", "This bag expired at {at}.", {"at": facts.expires_at})]
    if facts.status == "paused":
        return []
    minutes = facts.definition.dose.planned_minutes
    if minutes is None:
        return [not_set("dose.planned_minutes")]
    if facts.expires_at < place.now + timedelta(minutes=minutes):
        details = {"at": facts.expires_at, "minutes": minutes}
        return [
            Blocker(
                "expires_before_end",
                "This bag expires at {at}, before an infusion of {minutes} minutes would end.",
                details,
            )
        ]
    return []


def against_old_labels(facts: BagFacts) -> list[Blocker]:
    """Return a reason for each label of a frozen bag that carries another expiry than its lot has by now.

    It stops the bag before it leaves the freezer and before the thaw. Once thawed, no bag is lost for its sticker: the
    server's date wins (reference/domain.md §2.3b).
    """
    if facts.status not in FROZEN_STATES:
        return []
    return [label_outdated(facts.number, each) for each in facts.old_labels]


def _against_lives(facts: BagFacts) -> list[Blocker]:
    """The site's limit only shortens the study's: by itself it does not say how long thawed cells may be given."""
    product = facts.definition.product
    found = [not_set("product.thawed_life_minutes")] if product.thawed_life_minutes is None else []
    if facts.washed_at is not None and product.washed_life_minutes is None:
        found.append(not_set("product.washed_life_minutes"))
    return found


def against_wash(facts: BagFacts) -> list[Blocker]:
    """Return why no wash of a bag is recorded: it was washed before, the study washes none, or says no time."""
    against = facts.definition.against_use("product.washed_life_minutes")
    if not against and facts.definition.product.washed_life_minutes is None:
        words = N_("This study washes no thawed cells: if these were washed, open a deviation of the bag.")
        against = [Blocker("not_washed_here", words, solve=f"unit:{facts.number}")]
    if facts.washed_at is not None:
        words = N_("This bag was washed at {at} already.")
        against.append(Blocker("already_washed", words, {"at": facts.washed_at}))
    return against


def _against_order(order: OrderFacts | None, facts: BagFacts, place: Place) -> list[Blocker]:
    if order is None:
        return [Blocker("not_allocated", "This bag is not set aside for anybody.")]
    blockers = []
    if order.status != "allocated":
        blockers.append(Blocker("order_not_valid", "The order of this bag is not in force."))
    if order.participant_status != "enrolled":
        blockers.append(Blocker("participant_not_eligible", "The participant is not, or no longer, in the study."))
    if not order.is_started:
        blockers += against_schedule(facts.definition.schedule, order.history, place.today)
    dose = facts.definition.dose
    # What runs into a vein is not interrupted by a weight: a paused bag goes on or is stopped by a person's judgement.
    if facts.status != "paused":
        blockers += against_weight(order.weighed_on, place.today, dose.weight_valid_days)
        blockers += against_newer_weight(order.weight_kg, order.newest_weight, dose.tolerance_percent)
    return blockers


def against_patient(facts: BagFacts, subject_number: str) -> list[Blocker]:
    """Return the reason where this bag is another person's than the one the band names (E01)."""
    if facts.order is None or facts.order.subject_number == subject_number:
        return []
    return [Blocker("wrong_patient", "This bag is for another patient.")]


def against_answer(identity_answer: str) -> list[Blocker]:
    """Return the reason where the person at the bed is not who the band says."""
    if identity_answer != "denied":
        return []
    return [Blocker("wrong_patient", "The patient did not confirm name and birth date.")]


def against_other_order(facts: BagFacts, order_number: str) -> list[Blocker]:
    """Return the reason where a bag is set aside for another order than the one at hand (E03, E04)."""
    if facts.order is None or facts.order.number == order_number:
        return []
    return [Blocker("not_allocated", "This bag is not set aside for this order.")]


def against_preconditions(facts: BagFacts, confirmed: Mapping[str, bool]) -> list[Blocker]:
    """Return what the study wants confirmed before a thaw and was not (E25, E35)."""
    missing = [
        Blocker("precondition_missing", "Not confirmed: {words}.", {"words": each.ask})
        for each in facts.definition.before_thaw
        if not confirmed.get(each.key)
    ]
    return [*facts.definition.against_use("before_thaw"), *missing]


def against_pair(first: CheckFacts | None, second: CheckFacts | None, kind: str, place: Place) -> list[Blocker]:
    """Return what speaks against two checks as the two independent ones that a step needs (E26, E27, E28)."""
    if first is None or second is None:
        return [Blocker("second_scan_missing", "Two people must each scan for themselves.")]
    blockers = _against_same_person(first, second)
    for check in (first, second):
        blockers += against_check(check, kind, place)
    if (first.unit_id, first.order_id) != (second.unit_id, second.order_id):
        blockers.append(Blocker("second_scan_missing", "The two checks are of different bags."))
    if second.check_id <= first.check_id:
        blockers.append(Blocker("second_scan_missing", "The second check must follow the first."))
    return blockers


def against_other_bag(pair: Iterable[CheckFacts], facts: BagFacts) -> list[Blocker]:
    """Return why checks do not count for this bag: one was of another, or the bag has another order by now (E03)."""
    checks = list(pair)
    if any(check.unit_id != facts.unit_id for check in checks):
        return [Blocker("second_scan_missing", "The two checks are of different bags.")]
    if any(check.order_id != facts.order_id for check in checks):
        return [Blocker("second_scan_missing", "The bag was set aside for another order meanwhile: both scan again.")]
    return []


def _against_same_person(first: CheckFacts, second: CheckFacts) -> list[Blocker]:
    is_same_sitting = first.session_id is not None and first.session_id == second.session_id
    if first.person_id == second.person_id or is_same_sitting:
        return [Blocker("same_person", "Both checks are by one person: another person must scan.")]
    return []


def against_check(check: CheckFacts, kind: str, place: Place) -> list[Blocker]:
    """Return why a check does not stand, or no longer: its result or person, a later mismatch, time, labels (E28)."""
    if check.kind != kind or check.result != "match":
        return [Blocker("second_scan_missing", "One of the checks is no match for this step.")]
    if not check.is_person_entitled:
        return [Blocker("second_scan_missing", "One of those who checked may check no longer: another person scans.")]
    if check.has_later_mismatch:
        return [Blocker("check_too_old", "A later check was a mismatch: both people scan again.")]
    if check.valid_until < place.now:
        return [Blocker("check_too_old", "A check is too old: scan again.")]
    return [blocker for status in check.label_statuses for blocker in against_scanned_before(status)]


def unique(blockers: Sequence[Blocker]) -> list[Blocker]:
    """Return each reason once, in order."""
    seen: dict[tuple[str, str], Blocker] = {}
    for each in blockers:
        seen.setdefault((each.code, each.sentence), each)
    return list(seen.values())
