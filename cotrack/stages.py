"""The stages put together: pages, routes, commands and constraints of each, in the order of the journey."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import click
import flask
import flask_smorest
from flask import url_for

from cotrack.bedside import api as bedside_api
from cotrack.bedside import pages as bedside_pages
from cotrack.bedside.pages import bags as bag_pages
from cotrack.bedside.pages import infusing as infusion_pages
from cotrack.custody import api as custody_api
from cotrack.custody import pages as custody_pages
from cotrack.demonstration import commands as demonstration_commands
from cotrack.desk import commands as desk_commands
from cotrack.desk import pages as desk_pages
from cotrack.desk.pages import check_station as check_pages
from cotrack.foundation.access import api as access_api
from cotrack.foundation.access import commands as access_commands
from cotrack.foundation.access import pages as access_pages
from cotrack.foundation.audit import commands as audit_commands
from cotrack.foundation.audit import pages as audit_pages
from cotrack.foundation.backup import commands as backup_commands
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.findings import pages as findings_pages
from cotrack.foundation.web import words
from cotrack.foundation.web.visit import may
from cotrack.foundation.words import N_
from cotrack.labelling import api as labelling_api
from cotrack.labelling import commands as labelling_commands
from cotrack.labelling import pages as labelling_pages
from cotrack.labelling.pages import printers as printer_pages
from cotrack.labelling.pages import scans as scan_pages
from cotrack.labelling.pages import self_tests as self_test_pages
from cotrack.lifecycles import LIFECYCLES
from cotrack.manufacture.api import labels as product_labels_api
from cotrack.manufacture.api import line as filling_api
from cotrack.manufacture.api import process as process_api
from cotrack.manufacture.api import product as manufacture_api
from cotrack.manufacture.api import sources as sources_api
from cotrack.manufacture.pages import labels as product_labels_pages
from cotrack.manufacture.pages import line as filling_pages
from cotrack.manufacture.pages import process as process_pages
from cotrack.manufacture.pages import product as manufacture_pages
from cotrack.orders import api as orders_api
from cotrack.orders import pages as orders_pages
from cotrack.participants import api as participants_api
from cotrack.participants import pages as participants_pages
from cotrack.quality import api as quality_api
from cotrack.quality import pages as quality_pages
from cotrack.release import api as release_api
from cotrack.release import pages as release_pages
from cotrack.release.api import laboratories as laboratory_api
from cotrack.release.pages import expiry as expiry_pages
from cotrack.release.pages import investigations as investigation_pages
from cotrack.release.pages import laboratories as laboratory_pages
from cotrack.study import api as study_api
from cotrack.study import commands as study_commands
from cotrack.study import pages as study_pages
from cotrack.trace import api as trace_api
from cotrack.trace import commands as trace_commands
from cotrack.trace import pages as trace_pages

PAGES: Final[list[flask.Blueprint]] = [
    access_pages.pages,
    audit_pages.pages,
    findings_pages.pages,
    study_pages.pages,
    labelling_pages.pages,
    printer_pages.pages,
    scan_pages.pages,
    self_test_pages.pages,
    quality_pages.pages,
    manufacture_pages.pages,
    process_pages.pages,
    filling_pages.pages,
    product_labels_pages.pages,
    custody_pages.pages,
    release_pages.pages,
    investigation_pages.pages,
    expiry_pages.pages,
    laboratory_pages.pages,
    participants_pages.pages,
    orders_pages.pages,
    bedside_pages.pages,
    bag_pages.pages,
    infusion_pages.pages,
    trace_pages.pages,
    desk_pages.pages,
    check_pages.pages,
]
APIS: Final[list[flask_smorest.Blueprint]] = [
    access_api.api,
    study_api.api,
    labelling_api.api,
    labelling_api.jobs,
    labelling_api.scans_api,
    quality_api.api,
    manufacture_api.api,
    process_api.api,
    sources_api.api,
    filling_api.api,
    product_labels_api.api,
    custody_api.api,
    release_api.api,
    laboratory_api.api,
    participants_api.api,
    orders_api.api,
    bedside_api.api,
    trace_api.api,
]
COMMANDS: Final[list[click.Command]] = [
    access_commands.user,
    study_commands.study,
    audit_commands.audit,
    backup_commands.backup,
    desk_commands.labels,
    labelling_commands.documents,
    trace_commands.trace,
    demonstration_commands.demo,
]

_USED: Final = Blocker("already_used", "This bag was used or taken before.")
CONSTRAINTS: Final[Mapping[str, Blocker]] = {
    "infusion.unit_id": _USED,
    "uq_infusion_unit_id": _USED,
    "allocation.unit_id": _USED,
    "uq_allocation_unit": _USED,
    "ck_infusion_two_people": Blocker("same_person", "Both checks are by one person: another person must scan."),
    "ck_band_two_people": Blocker("same_person", "You put this band on yourself: another person confirms it."),
    "ck_step_verification_two_people": Blocker(
        "same_person", "You did a part of this step: another person verifies it."
    ),
    "ck_line_clearance_two_people": Blocker("same_person", "You cleared this line yourself: another person checks it."),
    "ck_line_clearance_two_people_after": Blocker(
        "same_person", "You cleared this line yourself: another person checks it."
    ),
    "uq_line_clearance_station": Blocker("station_taken", "This station is cleared for another lot."),
    "line_clearance.station": Blocker("station_taken", "This station is cleared for another lot."),
    "wash.unit_id": Blocker("already_washed", "This bag was washed already."),
    "uq_wash_unit_id": Blocker("already_washed", "This bag was washed already."),
    "ck_file_mapping_two_people": Blocker(
        "same_person", "You proposed this mapping yourself: another person approves it."
    ),
    "ck_handover_two_people": Blocker("same_person", "Somebody else must take the bag over."),
}
"""What a constraint of the database means in domain words, by its name (PostgreSQL) or its column (SQLite)."""


@dataclass(frozen=True)
class Entry:
    """One entry of the navigation, shown to whom its permission is granted."""

    endpoint: str
    title: str
    permission: str


NAVIGATION: Final = [
    Entry("desk.home", N_("Your work"), "self:sign_in"),
    Entry("desk.lots", N_("Lots"), "lot:read"),
    Entry("desk.units", N_("Units"), "unit:read"),
    Entry("desk.participants", N_("Participants"), "participant:read"),
    Entry("desk.orders", N_("Orders"), "order:read"),
    Entry("desk.infusions", N_("Infusions"), "infusion:read"),
    Entry("bedside.question", N_("Bedside"), "infusion:check"),
    Entry("printers.show_printers", N_("Printers"), "label:print"),
    Entry("check_station.show", N_("Labels"), "label:check"),
    Entry("desk.deviations", N_("Deviations"), "deviation:open"),
    Entry("desk.investigations", N_("Investigations"), "investigation:open"),
    Entry("desk.locations", N_("Places"), "location:read"),
    Entry("study.list_definitions", N_("Studies"), "study:read"),
    Entry("audit.list_records", N_("Trail"), "trail:read"),
    Entry("access.list_people", N_("People"), "person:read"),
    Entry("self_test.list_stations", N_("Stations"), "metrics:read"),
]

_THINGS: Final = {
    "person": ("access.show_person", "username", "person:read"),
    "study_definition": ("study.show_definition", "sha256", "study:read"),
    "lot": ("desk.lot", "number", "lot:read"),
    "donor": ("desk.donor", "number", "source:read"),
    "cell_bank": ("desk.cell_bank", "number", "source:read"),
    "vial": ("desk.vial", "number", "source:read"),
    "location": ("desk.location", "code", "location:read"),
    "material": ("desk.material", "number", "source:read"),
    "equipment": ("desk.equipment", "number", "equipment:read"),
    "process": ("process.show_process", "number", "lot:read"),
    "filling": ("filling.show", "number", "unit:fill"),
    "deviation": ("desk.deviation", "number", "lot:read"),
    "investigation": ("desk.investigation", "number", "lot:read"),
    "laboratory": ("laboratory.show", "code", "lot:read"),
    "alert": ("trace.show_alert", "alert_id", "participant:read"),
    "result_entries": ("release.list_entries", "number", "lot:read"),
    "trail_review": ("release.review_trail", "number", "trail:review"),
    "unit": ("desk.unit", "number", "unit:read"),
    "participant": ("desk.participant", "number", "participant:read"),
    "order": ("desk.order", "number", "order:read"),
    "oos_supply": ("desk.supply", "number", "order:read"),
    "infusion": ("infusions.show_infusion", "infusion_id", "infusion:read"),
    "record": ("audit.show_record", "record_id", "trail:read"),
    "trail_finding": ("findings.list_findings", "", "trail:read"),
    "print_job": ("printers.show_job", "job_id", "label:print label:void"),
    "foreign_scan": ("scans.show_foreign_scan", "scan_id", "foreign_scan:open"),
    "station": ("self_test.show_self_test", "code", "station:test"),
    "label_instance": ("labelling.show_label", "label_id", "label:print label:void"),
}
"""The page of each noun: its endpoint, the route's argument, and the permissions of which one opens it."""


def thing_url(subject: str) -> str:
    """Return the address of the page of a thing named `noun:id`; empty where it has none."""
    noun, _, key = subject.partition(":")
    if noun not in _THINGS or key in {"", "unknown"}:
        return ""
    endpoint, argument, _ = _THINGS[noun]
    return url_for(endpoint, **({argument: key} if argument else {}))  # type: ignore[arg-type]  # url_for's keywords are the route's


def open_url(subject: str) -> str:
    """Return the address of a thing's page; empty where it has none, or none that this reader may open."""
    noun = subject.partition(":")[0]
    return thing_url(subject) if noun in _THINGS and any(map(may, _THINGS[noun][2].split())) else ""


def thing_name(subject: str) -> str:
    """Return what people call a thing: its number, or the first letters of a hash."""
    noun, _, key = subject.partition(":")
    return key[:12] if noun == "study_definition" else key


def event_words(event: str) -> str:
    """Say an event of the trail in the reader's words."""
    noun, _, action = event.partition(".")
    lifecycle = LIFECYCLES.get(noun)
    if lifecycle is not None and action in lifecycle.actions:
        return f"{words.term(noun)}: {words.tell(lifecycle[action].title)}"
    return words.term(event)
