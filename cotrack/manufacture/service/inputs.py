"""What went into a lot: drawing vials and materials, and every hold that stands over a lot by what it was made from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session, aliased, joinedload

from cotrack.foundation.access.models import Person
from cotrack.foundation.blockers import Blocker
from cotrack.foundation.errors import InvalidInput, NotFound
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.lifecycles import CELL_BANK, MATERIAL
from cotrack.manufacture.models import CellBank, Donor, LateInput, Lot, LotInput, Material, Unit
from cotrack.manufacture.rules import SourceFacts, Use, against_use, is_amount
from cotrack.manufacture.service.deviations import concerns_bag
from cotrack.manufacture.service.sources import (
    Source,
    chain_facts,
    chain_of,
    source_facts,
    source_named,
    subject_of,
    typed,
)
from cotrack.quality.models import Deviation, Hold
from cotrack.quality.rules import HoldFacts
from cotrack.quality.service.holds import STANDING_STATES, holds_of

Usable = CellBank | Material
MOST_VIALS = 10_000


def use_in_lot(work: Work, lot_number: str, *, source: str, amount: str) -> LotInput:
    """Put vials of a bank (a whole number) or an amount of a material into a lot in process.

    Everything is locked in the order source (donor first), lot: a hold or a rejection waits, or is seen below.
    """
    found = source_named(work.session, source)
    lifecycle = CELL_BANK if isinstance(found, CellBank) else MATERIAL
    work.begin(lifecycle, "use", "", subject=f"lot:{lot_number}")
    usable = lock_usable(work, usable_named(found, source))
    lot = work.lock(Lot, lot_number)
    vials = vials_of(usable, amount)
    work.refuse_if(against_use_now(work, lot, usable, vials))
    return put_in(work, lot, usable, vials=vials, amount=amount)


def usable_named(found: Source | None, source: str) -> Usable:
    """Return what people named as a bank or material; raises NotFound where it is none."""
    if found is None or isinstance(found, Donor):
        raise NotFound("There is no bank or material {source}.", source=typed(source))
    return found


def lock_usable(work: Work, found: Usable) -> Usable:
    """Lock a bank or material and all that it comes from, the donor first; its lot is locked after it."""
    for origin in reversed(chain_of(found)[1:]):
        work.lock(type(origin), origin.number, share=True)
    return work.lock(type(found), found.number)


def against_use_now(work: Work, lot: Lot, found: Usable, vials: int | None = None) -> list[Blocker]:
    """Return every reason against putting a locked bank or material into a locked lot now."""
    left = vials_left(work.session, found) if isinstance(found, CellBank) else 0
    use = Use(lot.number, lot.status, chain_facts(work.session, found), vials or 0, left)
    return against_use(use, work.today)


def put_in(
    work: Work, lot: Lot, found: Usable, *, vials: int | None, amount: str, used: tuple[datetime, int] | None = None
) -> LotInput:
    """Write that something went into a lot, once everything against it was asked on locked rows.

    `used` says when and by whom, where that is not now and not who acts: a record that is late.
    """
    used_at, used_by_id = used or (work.now, work.person_id)
    made = LotInput(
        lot_id=lot.id,
        bank_id=found.id if isinstance(found, CellBank) else None,
        material_id=found.id if isinstance(found, Material) else None,
        vials=vials,
        amount=amount.strip(),
        used_at=used_at,
        used_by_id=used_by_id,
    )
    work.add(made)
    work.details["source"] = subject_of(found)
    return made


def vials_of(found: Usable, amount: str) -> int | None:
    """Return how many vials of a bank an amount says, None for a material.

    Raises InvalidInput where it is no whole number above zero, or of a material that is not counted says no unit.
    """
    if isinstance(found, Material):
        if not is_amount(found.kind, amount):
            raise InvalidInput(fields={"amount": [N_("Enter a number with its unit, such as 500 mL.")]})
        return None
    if not (amount.strip().isascii() and amount.strip().isdecimal() and 0 < int(amount) <= MOST_VIALS):
        raise InvalidInput(fields={"amount": [N_("Enter how many vials, as a whole number.")]})
    return int(amount)


def vials_left(session: Session, bank: CellBank) -> int:
    """Return how many vials of a bank were not drawn yet."""
    drawn = session.scalar(select(func.sum(LotInput.vials)).where(LotInput.bank_id == bank.id))
    return bank.vials_total - int(drawn or 0)


def inputs_of(session: Session, lot_id: int) -> Sequence[LotInput]:
    """Return what went into a lot, oldest first, each with its bank or material."""
    bank = joinedload(LotInput.bank)
    late = joinedload(LotInput.late)
    loaded = (
        bank.joinedload(CellBank.donor),
        bank.joinedload(CellBank.parent),
        joinedload(LotInput.material),
        late.joinedload(LateInput.deviation),
        late.joinedload(LateInput.signature),
    )
    return session.scalars(
        select(LotInput).options(*loaded).where(LotInput.lot_id == lot_id).order_by(LotInput.id)
    ).all()


@dataclass(frozen=True)
class InputLine:
    """One thing that went into a lot, by whom, with all that it comes from, each with whether it is held now."""

    made: LotInput
    used_by: str
    chain: Sequence[tuple[Source, bool]]


def input_lines(session: Session, lot_id: int) -> list[InputLine]:
    """Return what went into a lot as people read it, oldest first."""
    made = inputs_of(session, lot_id)
    return lines_of_inputs(session, made, sources_behind(session, made))


def lines_of_inputs(session: Session, made: Sequence[LotInput], sources: Iterable[SourceFacts]) -> list[InputLine]:
    """Return what went into a lot as people read it, from what is known of it and of its sources already."""
    held = {each.subject for each in sources if each.holds}
    people = {each.used_by_id for each in made}
    names = dict(session.execute(select(Person.id, Person.printed_name).where(Person.id.in_(people))).all())
    return [
        InputLine(each, names[each.used_by_id], [(link, subject_of(link) in held) for link in chain_of(source)])
        for each in made
        if (source := each.bank or each.material) is not None
    ]


def sources_of(session: Session, lot_id: int) -> list[SourceFacts]:
    """Return every bank and material of a lot, and all that those come from, each once."""
    return sources_behind(session, inputs_of(session, lot_id))


def sources_behind(session: Session, made: Sequence[LotInput]) -> list[SourceFacts]:
    """Return the same of what is known to have gone into a lot."""
    used = [each.bank or each.material for each in made]
    found = {subject_of(each): each for source in used if source is not None for each in chain_of(source)}
    return source_facts(session, list(found.values()))


_parent = aliased(CellBank)
_bank = (CellBank, CellBank.id == LotInput.bank_id)
_PATHS: tuple[tuple[Sequence[tuple[Any, ColumnElement[bool]]], ColumnElement[str]], ...] = (
    (((Material, Material.id == LotInput.material_id),), "material:" + Material.number),
    ((_bank,), "cell_bank:" + CellBank.number),
    ((_bank, (_parent, _parent.id == CellBank.parent_id)), "cell_bank:" + _parent.number),
    ((_bank, (Donor, Donor.id == CellBank.donor_id)), "donor:" + Donor.number),
)
"""Each way from what went into a lot to a thing that may be held: the joins, and the thing's name."""

_STANDS = Hold.status.in_([literal(each) for each in STANDING_STATES])
_IS_OPEN = Deviation.status == literal("open")


def _holds_by_path(*columns: Any, only: ColumnElement[bool] = _STANDS) -> Iterable[Select[*tuple[Any, ...]]]:
    """Return, for each way, a selection of the holds that stand on sources of lots, or of other ones."""
    for joins, subject in _PATHS:
        statement = select(*columns).select_from(LotInput)
        for target, condition in joins:
            statement = statement.join(target, condition)
        yield statement.join(Hold, Hold.subject == subject).where(only)


def is_held_from_above(lot_id: Any, *of: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that a hold (of a kind) stands on anything that the lot of a statement was made from."""
    return or_(*(exists(each.where(LotInput.lot_id == lot_id, *of)) for each in _holds_by_path(Hold.id)))


IS_BAG_HELD: ColumnElement[bool] = or_(
    exists().where(Hold.subject.in_(("lot:" + Lot.number, "unit:" + Unit.number)), _STANDS),
    exists().where(concerns_bag(Unit.number), _IS_OPEN),
    is_held_from_above(Lot.id),
)
"""The condition that a bag is stopped: by a hold or a recall on itself, its lot, or what the lot was made from; or by
an open deviation that is about it or names it as concerned."""

HOLDS_ON_LOTS = union_all(
    select(Lot.id.label("lot_id"), Hold.placed_at.label("placed_at"))
    .join(Hold, Hold.subject == "lot:" + Lot.number)
    .where(_STANDS),
    *_holds_by_path(LotInput.lot_id, Hold.placed_at),
).subquery("hold_on_lot")
"""Which lots a hold or a recall stops, on themselves or on what they were made from, and since when."""

_COLUMNS = (Hold.subject, Hold.status, Hold.reason, Hold.placed_at, Hold.id)
_OPEN_DEVIATION = (
    "deviation:" + Deviation.number,
    Deviation.status,
    Deviation.description,
    Deviation.opened_at,
    -Deviation.id,
)
_OVER = union_all(
    select(Hold.subject.label("asked"), *_COLUMNS).where(
        Hold.subject.in_(bindparam("subjects", expanding=True)), _STANDS
    ),
    select(Deviation.subject.label("asked"), *_OPEN_DEVIATION).where(
        Deviation.subject.in_(bindparam("units", expanding=True)), _IS_OPEN
    ),
    # Which bags each names stands in one text: whoever asks looks for theirs in it.
    select(Deviation.affected.label("asked"), *_OPEN_DEVIATION).where(Deviation.affected.contains("unit:"), _IS_OPEN),
    *(
        each.join(Lot, Lot.id == LotInput.lot_id).where(Lot.number.in_(bindparam("lots", expanding=True)))
        for each in _holds_by_path(("lot:" + Lot.number).label("asked"), *_COLUMNS)
    ),
)


def _standing(session: Session, subjects: Iterable[str]) -> dict[tuple[str, int], HoldFacts]:
    """Return what stops these lots and bags by the thing that was asked about, by one statement.

    Beside holds these are the open deviations that are about bags or name them as concerned, numbered below zero.
    """
    asked = set(subjects)
    lots = [each.removeprefix("lot:") for each in asked if each.startswith("lot:")]
    units = [each for each in asked if each.startswith("unit:")]
    rows = session.connection().execute(_OVER, {"subjects": sorted(asked), "lots": lots, "units": units})
    return {
        (each, row[5]): HoldFacts(*row[1:5])
        for row in sorted(rows, key=lambda row: int(row[5]))
        for each in row[0].split()
        if each in asked and (each.startswith("unit:") or row[5] > 0)
    }


def holds_over(session: Session, subjects: Iterable[str]) -> list[HoldFacts]:
    """Return every hold and recall that stops these lots and bags now: on themselves, or on what a lot was made from.

    An open deviation of a bag, or one of another thing that names it as concerned, stops that bag as a hold does, until
    QA closes it.

    Whoever decides about a lot or a bag asks this, never for the holds on itself alone.
    """
    return list({hold_id: facts for (_, hold_id), facts in _standing(session, subjects).items()}.values())


def holds_ever_over(session: Session, lot: Lot) -> Sequence[Hold]:
    """Return every hold that a lot ever had, on itself or on what it was made from, newest first."""
    return holds_of(session, f"lot:{lot.number}", *(each.subject for each in sources_of(session, lot.id)))


def hold_ids_ever_over(lot: Lot) -> CompoundSelect[int]:
    """Return how every hold that a lot ever had is found by its id, on itself or on what it was made from, in one."""
    above = (each.where(LotInput.lot_id == lot.id) for each in _holds_by_path(Hold.id, only=true()))
    return union_all(select(Hold.id).where(Hold.subject == f"lot:{lot.number}"), *above)


def held_among(session: Session, subjects: Iterable[str]) -> set[str]:
    """Return which of these lots and bags are stopped now."""
    return {asked for asked, _ in _standing(session, subjects)}
