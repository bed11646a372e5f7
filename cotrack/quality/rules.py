"""What a hold, a recall or an open deviation says to whoever wants to go on with a thing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_


@dataclass(frozen=True)
class HoldFacts:
    """One hold or recall that stands now, or an open deviation of a bag, which stops it in the same way."""

    subject: str
    status: str
    reason: str
    placed_at: datetime

    @property
    def key(self) -> str:
        """The number of the thing that is held."""
        return self.subject.partition(":")[2]

    @property
    def is_deviation(self) -> bool:
        """Whether it is an open deviation of a bag."""
        return self.subject.startswith("deviation:")


def against_held(holds: Sequence[HoldFacts]) -> list[Blocker]:
    """Return one reason for each hold or recall that stands: `lot_recalled`, `lot_on_hold`, `unit_on_hold`.

    An open deviation of a bag is `unit_on_hold`.

    A hold on a donor, a bank or a material is one on each lot that was made from it.
    """
    return [_blocker(hold) for hold in holds]


def _blocker(hold: HoldFacts) -> Blocker:
    noun = hold.subject.partition(":")[0]
    if hold.is_deviation:
        return _open("unit_on_hold", hold.key, hold.reason)
    is_below = noun in {"lot", "unit"}
    words = _WORDS["thing" if is_below else "donor" if noun == "donor" else "source", hold.status]
    code = "lot_recalled" if hold.status == "recalled" else "unit_on_hold" if noun == "unit" else "lot_on_hold"
    details = {"thing": hold.key} if noun == "donor" else {"thing": hold.key, "reason": hold.reason}
    return Blocker(code, words, details, solve=hold.subject)


_WORDS = {
    ("thing", "standing"): N_("{thing} is on hold: {reason}"),
    ("thing", "recalled"): N_("{thing} is recalled: {reason}"),
    ("source", "standing"): N_("{thing}, from which this lot was made, is on hold: {reason}"),
    ("source", "recalled"): N_("{thing}, from which this lot was made, is recalled: {reason}"),
    ("donor", "standing"): N_("{thing}, from which this lot was made, is on hold: QA knows why."),
    ("donor", "recalled"): N_("{thing}, from which this lot was made, is recalled: QA knows why."),
}
"""Why a donor's cells are stopped is a matter of that person's health: it stands on no bedside screen."""


@dataclass(frozen=True)
class ActionFacts:
    """One action after a deviation that is planned and not done yet."""

    description: str
    owner: str
    due_on: date
    is_correction: bool


@dataclass(frozen=True)
class DeviationFacts:
    """One open deviation, as far as it was assessed."""

    number: str
    description: str
    classification: str = ""
    cause: str = ""
    impact: str = ""
    planned: tuple[ActionFacts, ...] = ()
    is_open: bool = True


def against_open(deviations: Sequence[DeviationFacts]) -> list[Blocker]:
    """Return one reason for each open deviation: nothing is released over a question that QA has not answered."""
    return [_open("deviation_open", each.number, each.description) for each in deviations]


def _open(code: str, number: str, description: str) -> Blocker:
    words = N_("Deviation {number} is open: {description}")
    details = {"number": number, "description": description}
    return Blocker(code, words, details, solve=f"deviation:{number}")


def against_closing(deviation: DeviationFacts) -> list[Blocker]:
    """Return what keeps a deviation open: class, cause, impact (EU GMP 1.4 xiv), and each correction that is not done.

    A prevention may end after the closure: its owner keeps it on their list.
    """
    missing = {
        "classification_missing": (deviation.classification, N_("The class of the deviation is not written down.")),
        "cause_missing": (deviation.cause, N_("The cause of the deviation is not written down.")),
        "impact_missing": (deviation.impact, N_("What the deviation means for lots and units is not written down.")),
    }
    where = f"deviation:{deviation.number}"
    return [
        *(Blocker(code, words, solve=where) for code, (value, words) in missing.items() if not value),
        *(_undone(each, where) for each in deviation.planned if each.is_correction),
    ]


def _undone(action: ActionFacts, where: str) -> Blocker:
    details = {"action": action.description, "owner": action.owner, "day": action.due_on}
    words = N_("The correction “{action}” is not done yet: {owner} does it by {day}.")
    return Blocker("correction_planned", words, details, solve=where)


def against_ending(owner: str, actor: str) -> list[Blocker]:
    """Return the reason against reporting an action as done by anybody but its owner: who did it says so."""
    if owner == actor:
        return []
    return [Blocker("not_owner", "The action is {owner}'s: its owner reports it as done.", {"owner": owner})]
