"""Registering donors, cell banks and materials, deciding about them, and stopping all that was made from them."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import InvalidInput, NotFound
from cotrack.foundation.state_machine import Lifecycle
from cotrack.foundation.words import N_, Term
from cotrack.foundation.work import Work
from cotrack.lifecycles import CELL_BANK, DONOR, MATERIAL
from cotrack.manufacture.models import CellBank, Donor, Equipment, Lot, LotInput, Material, Unit
from cotrack.manufacture.rules import SourceFacts, against_approval, against_laying_down
from cotrack.quality.models import Hold
from cotrack.quality.service import holds

Source = Donor | CellBank | Material
SourceRow = TypeVar("SourceRow", Donor, CellBank, Material)

SOURCES: dict[str, type[Any]] = {"donor": Donor, "cell_bank": CellBank, "material": Material}
SOURCE_NUMBER = re.compile(r"(?![A-Z]+[0-9]{2}-[0-9]{4}$)[A-Z][A-Z0-9]*(-[A-Z0-9]+)*-[A-Z]*[0-9][A-Z0-9]*")
"""Its last part has a digit, so that no name of a person is one, and it is no number of a lot."""
LONGEST_NUMBER = 40


def register_donor(work: Work, *, number: str, markers: str = "") -> Donor:
    """Register a donor under a number; whether they are eligible is QA's decision."""
    number = _begin(work, DONOR, number)
    return _registered(work, Donor, number, "undecided", markers=markers)


def register_bank(
    work: Work, *, number: str, name: str, origin: str, vials_total: int, expires_on: date, passage: int | None = None
) -> CellBank:
    """Register a bank: a master bank of a donor, or a working bank of a master bank, as `origin` names.

    `passage` is that of the cells in its vials, from which a lot's passage is counted.
    """
    number = _begin(work, CELL_BANK, number)
    parent = work.session.scalar(select(CellBank).where(CellBank.number == typed(origin)))
    if parent is not None and parent.tier != "master":
        words = N_("{bank} is a working bank: a bank is made of a donor or of a master bank.")
        work.refuse_if([Blocker("bank_of_working", words, {"bank": parent.number}, solve=subject_of(parent))])
    if parent is not None:
        work.lock(CellBank, parent.number, share=True)
        (facts,) = source_facts(work.session, [parent])
        work.refuse_if(against_laying_down(facts, work.today))
    donor_id = parent.donor_id if parent is not None else work.lock(Donor, typed(origin), share=True).id
    details = {"name": name, "vials_total": vials_total, "expires_on": expires_on, "donor_id": donor_id}
    details["passage"] = passage
    tier, parent_id = ("working", parent.id) if parent is not None else ("master", None)
    return _registered(work, CellBank, number, "quarantine", tier=tier, parent_id=parent_id, **details)


def register_material(work: Work, *, number: str, **described: str | date) -> Material:
    """Register a delivered lot: its `kind`, `name`, `supplier`, the supplier's lot, and the last day of its use."""
    number = _begin(work, MATERIAL, number)
    return _registered(work, Material, number, "quarantine", **described)


def _begin(work: Work, lifecycle: Lifecycle, number: str) -> str:
    """State a registration; a number names one source alone, whatever its kind, as people type and scan it."""
    number = typed(number)
    work.begin(lifecycle, "register", number)
    if len(number) > LONGEST_NUMBER or not SOURCE_NUMBER.fullmatch(number):
        raise InvalidInput(fields={"number": [N_("A number looks like WCB-2026-01.")]})
    work.refuse_if(against_number(work.session, number))
    return number


def against_number(session: Session, number: str) -> list[Blocker]:
    """Return why a number is not given anew: people scan sources and equipment into one field."""
    found = source_named(session, number)
    taken = subject_of(found) if found is not None else ""
    if session.scalar(select(Equipment.id).where(Equipment.number == number)) is not None:
        taken = f"equipment:{number}"
    words = N_("There is {source} already.")
    return [Blocker("number_taken", words, {"source": number}, solve=taken)] if taken else []


def _registered(work: Work, model: type[SourceRow], number: str, status: str, **values: object) -> SourceRow:
    row = model(number=number, status=status, registered_at=work.now, registered_by_id=work.person_id, **values)
    work.add(row)
    return row


def typed(number: str) -> str:
    """Return a number as it is kept, from what somebody typed or scanned."""
    return unicodedata.normalize("NFC", number.strip().upper())


def subject_of(source: Source) -> str:
    """Return what a source is called in the trail: `noun:number`."""
    return f"{source.__lifecycle__.noun}:{source.number}"


def source_named(session: Session, number: str) -> Source | None:
    """Return the donor, bank or material of a number, None where there is none."""
    for model in SOURCES.values():
        found: Source | None = session.scalar(select(model).where(model.number == typed(number)))
        if found is not None:
            return found
    return None


def approve(work: Work, noun: str, number: str, *, markers: str = "") -> Source:
    """Approve a bank or material, or find a donor eligible by its marker results; QA signs."""
    source: Source = work.take(model_of(noun), "approve", number)
    if isinstance(source, Donor):
        source.markers = markers or source.markers
        if not source.markers:
            raise InvalidInput(fields={"markers": [N_("Enter a value.")]})
    work.refuse_if(against_approval_now(work, source))
    _decide(work, source, "approve", "")
    return source


def against_approval_now(work: Work, source: Source) -> list[Blocker]:
    """Return what speaks against approving a source by this person now."""
    own, *origins = chain_facts(work.session, source)
    today = work.today
    return against_approval(own, origins, today, is_own=source.registered_by_id == work.actor.person_id)


def reject(work: Work, noun: str, number: str, *, reason: str) -> Source:
    """Reject a bank or material, or find a donor not eligible; QA signs.

    One that was approved may have gone into lots, and one of which it was recorded late did: it and all that is below
    it are recalled, which nobody lifts.
    """
    source: Source = work.take(model_of(noun), "reject", number, reason=reason)
    was_approved = source.status != source.__lifecycle__["register"].to_state
    went_into_a_lot = work.session.scalar(lots_below(source).limit(1)) is not None
    _decide(work, source, "reject", reason)
    if was_approved or went_into_a_lot:
        _hold(work, source, "follow_rejection", reason)
    return source


def _decide(work: Work, source: Source, decision: str, reason: str) -> None:
    action = source.__lifecycle__[decision]
    source.decision_signature = work.sign(action.meaning, _decision_text(source, decision, reason))
    work.move(source, decision)


_STATEMENTS = {
    ("donor", "approve"): "I find this donor eligible. / 本人判定该供者合格。",
    ("donor", "reject"): "I find this donor not eligible. / 本人判定该供者不合格。",
    ("cell_bank", "approve"): "I approve this cell bank. / 本人批准使用该细胞库。",
    ("cell_bank", "reject"): "I reject this cell bank. / 本人拒用该细胞库。",
    ("material", "approve"): "I approve this material. / 本人批准使用该物料。",
    ("material", "reject"): "I reject this material. / 本人拒用该物料。",
}


def _decision_text(source: Source, decision: str, reason: str) -> str:
    return "\n".join(
        (
            *_described(source),
            *([f"Reason / 理由: {reason.strip()}"] if reason else []),
            _STATEMENTS[source.__lifecycle__.noun, decision],
        )
    )


def _described(source: Source) -> Sequence[str]:
    if isinstance(source, Donor):
        return (f"Donor / 供者 {source.number}", f"Marker results / 标志物检测结果: {source.markers}")
    expiry = f"Last day of use / 最后使用日 {source.expires_on.isoformat()}"
    if isinstance(source, CellBank):
        origin = source.parent.number if source.parent is not None else source.donor.number
        vials = f"Of / 来自 {origin} · vials / 支数 {source.vials_total}"
        vials += f" · passage / 代次 P{source.passage}" if source.passage is not None else ""
        return (f"Cell bank / 细胞库 {source.number}: {source.name}", vials, expiry)
    supplied = f"Supplier / 供应商 {source.supplier} · lot / 批号 {source.supplier_lot}"
    return (f"Material / 物料 {source.number}: {source.name}", supplied, expiry)


def hold_source(work: Work, noun: str, number: str, *, reason: str) -> Hold:
    """Put a donor, bank or material on hold: all that was made from it stops at once."""
    holds.begin_hold(work, "place", f"{noun}:{number}", reason=reason)
    return _hold(work, work.lock(model_of(noun), number), "place", reason)


def _hold(work: Work, source: Source, action: str, reason: str) -> Hold:
    """Lock everything below in the order source, lot, unit: no use, release, allocation or start slips through."""
    statement = select(Lot.id).where(Lot.id.in_(lots_below(source))).order_by(Lot.number).with_for_update()
    lot_ids = work.session.scalars(statement).all()
    work.session.execute(select(Unit.id).where(Unit.lot_id.in_(lot_ids)).order_by(Unit.id).with_for_update()).all()
    return holds.place(work, action, subject_of(source), reason=reason)


def lots_below(source: Source) -> Select[int]:
    """Return how the ids of the lots are found into which a source went, or something that was made from it."""
    found = select(LotInput.lot_id)
    if isinstance(source, Material):
        return found.where(LotInput.material_id == source.id)
    of = CellBank.donor_id if isinstance(source, Donor) else CellBank.parent_id
    is_below = of == source.id if isinstance(source, Donor) else or_(CellBank.id == source.id, of == source.id)
    return found.join(CellBank, CellBank.id == LotInput.bank_id).where(is_below)


def model_of(noun: str) -> type[Any]:
    """Return the table of a kind of source; raises NotFound for any other word."""
    if noun not in SOURCES:
        raise NotFound("There is no such thing.")
    return SOURCES[noun]


def markers_of(source: Source) -> str | None:
    """Return a donor's marker results, None for anything else."""
    return source.markers if isinstance(source, Donor) else None


def lifecycle_of(noun: str) -> Lifecycle:
    """Return what may be done with a kind of source; raises NotFound for any other word."""
    found: Lifecycle = model_of(noun).__lifecycle__
    return found


def banks_below(session: Session, source: Source) -> Sequence[CellBank]:
    """Return the banks that come from a donor or from a master bank, by number."""
    if isinstance(source, Material):
        return []
    is_below = CellBank.donor_id == source.id if isinstance(source, Donor) else CellBank.parent_id == source.id
    return session.scalars(select(CellBank).where(is_below).order_by(CellBank.number)).all()


def made_from(session: Session, source: Source) -> Sequence[Lot]:
    """Return the lots into which a source went, or something that was made from it, newest first."""
    return session.scalars(select(Lot).where(Lot.id.in_(lots_below(source))).order_by(Lot.number.desc())).all()


def source_numbered(session: Session, noun: str, number: str) -> Source:
    """Return one source with who signed its decision; raises NotFound."""
    found: Source | None = session.scalar(listed_sources(noun).where(model_of(noun).number == number))
    if found is None:
        raise NotFound("There is no {noun} {key}.", noun=Term(noun), key=number)
    return found


def listed_sources(noun: str) -> Select[Source]:
    """Return how the sources of a kind are found, for a list that is paged by key."""
    model = model_of(noun)
    origins = (joinedload(CellBank.donor), joinedload(CellBank.parent)) if model is CellBank else ()
    return select(model).options(joinedload(model.decision_signature), *origins)


def chain_of(source: Source) -> list[Source]:
    """Return a source and all that it comes from: a working bank, its master bank, their donor."""
    if not isinstance(source, CellBank):
        return [source]
    return [source, *([source.parent] if source.parent is not None else []), source.donor]


def chain_facts(session: Session, source: Source) -> list[SourceFacts]:
    """Return what decides about a source and about all that it comes from."""
    return source_facts(session, chain_of(source))


def source_facts(session: Session, sources: Sequence[Source]) -> list[SourceFacts]:
    """Return what decides about each source: its status, its last day, the holds that stand on itself."""
    standing = holds.standing_holds(session, [subject_of(each) for each in sources])
    return [
        SourceFacts(
            subject_of(each),
            each.status,
            None if isinstance(each, Donor) else each.expires_on,
            tuple(hold for hold in standing if hold.subject == subject_of(each)),
        )
        for each in sources
    ]
