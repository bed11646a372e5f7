"""Labels of what belongs to the site itself: its places and containers, its stations, its staff."""

from collections.abc import Mapping

from cotrack.foundation.access.models import Person
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import NotFound
from cotrack.foundation.locations import Location
from cotrack.foundation.site import Site
from cotrack.foundation.words import N_, Term
from cotrack.foundation.work import Work
from cotrack.labelling.models import LabelInstance
from cotrack.labelling.service import instances

LOCATION_WORDS = {
    "freezer": "冻存罐 Freezer",
    "rack": "冻存架 Rack",
    "room": "房间 Room",
    "bay": "分区 Bay",
    "bed": "床位 Bed",
    "box": "冻存盒 Freezer box",
    "shipper": "运输罐 Shipper",
    "station": "工作站 Station",
    "ward": "病区 Ward",
}
"""What a label calls a place or container: in both languages, as everything that stands on a label."""

ROLE_WORDS = {
    "technician": "GMP 技术员 technician",
    "analyst": "QC 分析员 analyst",
    "qa_reviewer": "QA 审核人 reviewer",
    "physician": "研究医生 physician",
    "coordinator": "研究协调员 coordinator",
    "nurse": "输注护士 nurse",
    "logistics": "物流 logistics",
    "administrator": "系统管理员 administrator",
    "principal_investigator": "主要研究者 principal investigator",
    "auditor": "稽查员 auditor",
}
"""What a badge calls a role."""


def labels_of_location(location: Location) -> tuple[str, ...]:
    """Return the kinds of label that a place or container has: a box and a shipper one of their own."""
    return (location.kind,) if location.kind in {"box", "shipper"} else ("location",)


def request_location_label(work: Work, code: str, *, kind: str, reason: str = "", template: str = "") -> LabelInstance:
    """Ask for a label of a place, a container or a station of the site."""
    subject = f"location:{code}"
    instances.begin_request(work, kind, subject, reason=reason)
    location = location_of(work.site, code)
    if kind not in labels_of_location(location):
        words = N_("{code} gets no label of this kind: {label}.")
        work.refuse_if([Blocker("label_of_other_kind", words, {"code": code, "label": Term(kind)})])
    fields = location_fields(work, code)
    return instances.request_label(work, kind, subject, fields=fields, reason=reason, template=template)


def location_of(site: Site, code: str) -> Location:
    """Return a place or container of the site; raises NotFound."""
    if code not in site.locations:
        raise NotFound("There is no place {code} in the site's definition.", code=code)
    return site.locations[code]


def location_fields(work: Work, code: str) -> Mapping[str, str]:
    """Return what the label of a place or container says."""
    location = location_of(work.site, code)
    return {
        "number": code,
        "name": _both(location.name_zh, location.name_en),
        "what": LOCATION_WORDS[location.kind],
        "within": location.within or "–",
        "site": _both(work.site.name_zh, work.site.name_en),
    }


def request_badge(work: Work, username: str, *, reason: str = "", template: str = "") -> LabelInstance:
    """Ask for somebody's badge; who has left gets none."""
    subject = f"person:{username}"
    instances.begin_request(work, "badge", subject, reason=reason)
    person = work.lock(Person, username, share=True)
    words = N_("{person} has no access any more: no badge is printed.")
    against = [] if person.is_active else [Blocker("person_disabled", words, {"person": username})]
    fields = badge_fields(work, person)
    return instances.request_label(
        work, "badge", subject, fields=fields, reason=reason, against=against, template=template
    )


def badge_fields(work: Work, person: Person) -> Mapping[str, str]:
    """Return what a badge says: printed name, user name, and the roles held now."""
    return {
        "number": person.username,
        "name": person.printed_name,
        "roles": " · ".join(ROLE_WORDS[each] for each in person.role_names if each in ROLE_WORDS),
        "site": _both(work.site.name_zh, work.site.name_en),
    }


def _both(zh: str, en: str) -> str:
    return zh if zh == en else f"{zh} {en}"
