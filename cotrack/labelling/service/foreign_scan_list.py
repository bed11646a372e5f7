"""The list of scans of codes that are none of ours: what was scanned stands on no list."""

from sqlalchemy import select

from cotrack.foundation.access.models import Person
from cotrack.foundation.web.listing import Column, Filter, Listing
from cotrack.foundation.words import N_
from cotrack.labelling.models import ForeignScan
from cotrack.lifecycles import FOREIGN_SCAN


def foreign_scan_list() -> Listing:
    """Return all of them, newest first; an HMAC that stands in the trail finds its scan."""
    scan = ForeignScan
    return Listing(
        name="foreign-scans",
        title=N_("Codes of others that were scanned"),
        statement=select(scan, Person).join(Person, Person.id == scan.scanned_by_id),
        columns=(
            Column("id", N_("Scan"), lambda row: f"foreign_scan:{row.ForeignScan.id}", scan.id, "thing"),
            Column("status", N_("Status"), lambda row: row.ForeignScan.status, scan.status, "status"),
            Column("scanned_at", N_("Scanned"), lambda row: row.ForeignScan.scanned_at, scan.scanned_at, "time"),
            Column("who", N_("Who"), lambda row: row.Person.printed_name, Person.printed_name),
            Column("station", N_("Station"), lambda row: row.ForeignScan.station or "–", scan.station),
            Column("symbology", N_("Symbol"), lambda row: row.ForeignScan.symbology or "–", scan.symbology),
            Column("length", N_("Characters"), lambda row: row.ForeignScan.length, scan.length, "number"),
        ),
        id_column=scan.id,
        search=(scan.hmac, scan.station, scan.symbology, Person.username, Person.printed_name),
        filters=(Filter("status", N_("Status"), FOREIGN_SCAN.states, scan.status),),
        sort="-scanned_at",
        day=scan.scanned_at,
    )
