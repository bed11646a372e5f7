"""The pages of what is little more than its labels: places and containers, vials of a bank, badges."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from cotrack.desk.service.acts import Offer
from cotrack.foundation.access.service.people import person_named
from cotrack.foundation.acting import Actor, Ground
from cotrack.foundation.audit.service import records_of
from cotrack.foundation.words import N_, Words
from cotrack.labelling.models import LabelInstance
from cotrack.labelling.rules.kinds import KINDS
from cotrack.labelling.service.instances import labels_of
from cotrack.labelling.service.print_queue import files_with
from cotrack.labelling.service.site_labels import labels_of_location, location_of
from cotrack.manufacture.service.vials import bank_of_vial


def locations_page(ground: Ground) -> Mapping[str, Any]:
    """Return every place and container of the site, by kind and code."""
    found = sorted(ground.site.locations.values(), key=lambda each: (each.kind, each.code))
    return {"locations": [(each, Words(each.name_en, each.name_zh)) for each in found]}


def location_page(ground: Ground, session: Session, actor: Actor, code: str) -> Mapping[str, Any]:
    """Return the page of a place or container."""
    location = location_of(ground.site, code)
    may_print = any(KINDS[each].permission in actor.permissions for each in labels_of_location(location))
    title, endpoint = N_("Print a label"), "labelling.request_location_label"
    return {
        "kind": location.kind,
        "number": code,
        "name": Words(location.name_en, location.name_zh),
        "above": f"location:{location.within}" if location.within else "",
        "offers": [Offer(title, endpoint, {"code": code}, look="main")] if may_print else [],
        **_about(session, f"location:{code}"),
    }


def vial_page(_: Ground, session: Session, actor: Actor, number: str) -> Mapping[str, Any]:
    """Return the page of a vial of a bank; raises NotFound where the bank holds no such vial."""
    bank = bank_of_vial(session, number)
    title, endpoint = N_("Print a vial's label"), "product_labels.request_vial_label"
    may_print = KINDS["vial"].permission in actor.permissions
    return {
        "kind": "vial",
        "number": number,
        "name": Words(bank.name, bank.name),
        "above": f"cell_bank:{bank.number}",
        "offers": [Offer(title, endpoint, {"number": bank.number}, look="main")] if may_print else [],
        **_about(session, f"vial:{number}"),
    }


def badge_page(_: Ground, session: Session, actor: Actor, username: str) -> Mapping[str, Any]:
    """Return the page of somebody's badge."""
    person = person_named(session, username)
    may_print = KINDS["badge"].permission in actor.permissions and person.is_active
    title, endpoint = N_("Print the badge"), "labelling.request_badge"
    return {
        "kind": "badge",
        "number": username,
        "name": Words(person.printed_name, person.printed_name),
        "above": f"person:{username}",
        "offers": [Offer(title, endpoint, {"username": username}, look="main")] if may_print else [],
        **_about(session, f"person:{username}", only=("badge",)),
    }


def _about(session: Session, subject: str, *, only: Sequence[str] = ()) -> Mapping[str, Any]:
    files = session.scalars(files_with(LabelInstance.subject == subject))
    told = [
        each for each in records_of(session, [subject, *files]) if not only or each.event.startswith("label_instance.")
    ]
    return {"labels": labels_of(session, subject), "timeline": told}
