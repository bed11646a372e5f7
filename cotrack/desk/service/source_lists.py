"""The lists of donors, cell banks and materials, and of rooms and devices."""

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from cotrack.desk.service.lists import held
from cotrack.foundation.web.listing import Column, Filter, Listing
from cotrack.foundation.words import N_
from cotrack.lifecycles import CELL_BANK, DONOR, EQUIPMENT, MATERIAL
from cotrack.manufacture.models import CellBank, Donor, Equipment, LotInput, Material
from cotrack.manufacture.rules import MATERIAL_KINDS
from cotrack.study.rules.process import EQUIPMENT_KINDS

_parent = aliased(CellBank)


def donor_list() -> Listing:
    """Return all donors, by number."""
    is_held = held("donor:" + Donor.number).label("held")
    return Listing(
        name="donors",
        title=N_("Donors"),
        statement=select(Donor, is_held),
        columns=(
            Column("number", N_("Donor"), lambda row: f"donor:{row.Donor.number}", Donor.number, "thing"),
            Column("status", N_("Status"), lambda row: row.Donor.status, Donor.status, "status"),
            Column("held", N_("Hold"), lambda row: row.held, None, "status"),
            Column("markers", N_("Marker results"), lambda row: row.Donor.markers or "–"),
            Column("registered", N_("Registered"), lambda row: row.Donor.registered_at, Donor.registered_at, "time"),
        ),
        id_column=Donor.id,
        search=(Donor.number, Donor.markers),
        filters=(Filter("status", N_("Status"), DONOR.states, Donor.status),),
        sort="number",
    )


def bank_list() -> Listing:
    """Return all cell banks; a hold on a master bank or a donor is one on each bank below."""
    drawn = select(func.sum(LotInput.vials)).where(LotInput.bank_id == CellBank.id).scalar_subquery()
    above = ("cell_bank:" + CellBank.number, "cell_bank:" + _parent.number, "donor:" + Donor.number)
    statement = (
        select(CellBank, Donor, drawn.label("drawn"), held(*above).label("held"), _parent.number.label("parent"))
        .join(Donor, Donor.id == CellBank.donor_id)
        .outerjoin(_parent, _parent.id == CellBank.parent_id)
    )
    return Listing(
        name="cell-banks",
        title=N_("Cell banks"),
        statement=statement,
        columns=(
            Column("number", N_("Cell bank"), lambda row: f"cell_bank:{row.CellBank.number}", CellBank.number, "thing"),
            Column("status", N_("Status"), lambda row: row.CellBank.status, CellBank.status, "status"),
            Column("held", N_("Hold"), lambda row: row.held, None, "status"),
            Column("tier", N_("Tier"), lambda row: row.CellBank.tier, CellBank.tier, "term"),
            Column("name", N_("Cells"), lambda row: row.CellBank.name, CellBank.name),
            Column("parent", N_("Master bank"), lambda row: row.parent and f"cell_bank:{row.parent}", None, "thing"),
            Column("donor", N_("Donor"), lambda row: f"donor:{row.Donor.number}", Donor.number, "thing"),
            Column("left", N_("Vials left"), lambda row: row.CellBank.vials_total - (row.drawn or 0), None, "number"),
            Column("expires", N_("Last day of use"), lambda row: row.CellBank.expires_on, CellBank.expires_on),
        ),
        id_column=CellBank.id,
        search=(CellBank.number, CellBank.name, Donor.number),
        filters=(Filter("status", N_("Status"), CELL_BANK.states, CellBank.status),),
        sort="number",
    )


def material_list() -> Listing:
    """Return all delivered lots of materials, by number."""
    is_held = held("material:" + Material.number).label("held")
    return Listing(
        name="materials",
        title=N_("Materials"),
        statement=select(Material, is_held),
        columns=(
            Column("number", N_("Material"), lambda row: f"material:{row.Material.number}", Material.number, "thing"),
            Column("status", N_("Status"), lambda row: row.Material.status, Material.status, "status"),
            Column("held", N_("Hold"), lambda row: row.held, None, "status"),
            Column("kind", N_("Kind"), lambda row: row.Material.kind, Material.kind, "term"),
            Column("name", N_("Material name"), lambda row: row.Material.name, Material.name),
            Column("supplier", N_("Supplier"), lambda row: row.Material.supplier, Material.supplier),
            Column("supplier_lot", N_("Supplier's lot"), lambda row: row.Material.supplier_lot),
            Column("expires", N_("Last day of use"), lambda row: row.Material.expires_on, Material.expires_on),
        ),
        id_column=Material.id,
        search=(Material.number, Material.name, Material.supplier, Material.supplier_lot),
        filters=(
            Filter("status", N_("Status"), MATERIAL.states, Material.status),
            Filter("kind", N_("Kind"), MATERIAL_KINDS, Material.kind),
        ),
        sort="number",
    )


def equipment_list() -> Listing:
    """Return all rooms and devices, by number."""
    return Listing(
        name="equipment",
        title=N_("Equipment"),
        statement=select(Equipment),
        columns=(
            Column("number", N_("Number"), lambda row: f"equipment:{row.Equipment.number}", Equipment.number, "thing"),
            Column("status", N_("Status"), lambda row: row.Equipment.status, Equipment.status, "status"),
            Column("kind", N_("Kind"), lambda row: row.Equipment.kind, Equipment.kind, "term"),
            Column("name", N_("Name of equipment"), lambda row: row.Equipment.name, Equipment.name),
            Column("calibrated", N_("Calibrated on"), lambda row: row.Equipment.calibrated_on, Equipment.calibrated_on),
            Column("due", N_("Calibration ends on"), lambda row: row.Equipment.due_on, Equipment.due_on),
        ),
        id_column=Equipment.id,
        search=(Equipment.number, Equipment.name),
        filters=(
            Filter("status", N_("Status"), EQUIPMENT.states, Equipment.status),
            Filter("kind", N_("Kind"), EQUIPMENT_KINDS, Equipment.kind),
        ),
        sort="due",
    )
