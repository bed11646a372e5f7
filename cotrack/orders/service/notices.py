"""Who was told of a supply out of specification: the sponsor immediately, authority, ethics committee (§3.3 rule 4)."""

from datetime import datetime

from cotrack.foundation import written
from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.orders.models import OosSupply, SupplyNotice
from cotrack.orders.rules.supply import against_notice, is_time_of_notice
from cotrack.orders.service.supplied import supply_numbered


def record_notice(work: Work, number: str, *, addressee: str, sent_at: str, sent_by: str, how: str) -> SupplyNotice:
    """Write down that somebody was told of a supply: when by the site's time, by whom, and how.

    Raises InvalidInput for a time before the acceptance or in the future. Once told is told: a further one is added.
    """
    supply = work.take(OosSupply, "notify", number)
    work.refuse_if(against_notice(number, supply.accepted_at))
    notice = SupplyNotice(
        supply_id=supply.id,
        addressee=addressee,
        sent_at=_sent_at(work, supply, sent_at),
        sent_by=sent_by.strip(),
        how=how.strip(),
        recorded_at=work.now,
        recorded_by_id=work.person_id,
    )
    work.add(notice)
    return notice


def _sent_at(work: Work, supply: OosSupply, text: str) -> datetime:
    at = written.site_instant(text.strip(), work.site.zone)
    if at is None or supply.accepted_at is None or not is_time_of_notice(at, supply.accepted_at, work.now):
        words = N_("Enter a time of the site between the acceptance and now, such as 2026-10-05 09:12.")
        raise InvalidInput(fields={"sent_at": [words]})
    return at


def suggested_notice(work: Work, number: str) -> dict[str, str]:
    """Return what the form of a notice stands at: the sponsor where it was not told, now, by whoever records it."""
    told = {each.addressee for each in supply_numbered(work.session, number).notices}
    at = work.now.astimezone(work.site.zone)
    return {
        "addressee": "" if "sponsor" in told else "sponsor",
        "sent_at": f"{at:%Y-%m-%d %H:%M}",
        "sent_by": work.actor.printed_name,
    }
