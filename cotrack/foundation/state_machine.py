"""The one engine of every status: a lifecycle is a table of actions; nothing else decides what may follow what."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum


class Refusal(StrEnum):
    """Why a lifecycle refuses an action, in the order in which it is asked."""

    PERMISSION = "permission"
    REASON = "reason"
    STATE = "state"


@dataclass(frozen=True)
class Action:
    """One row of a lifecycle.

    `from_states` is empty for an action that creates the thing; `to_state` is None where the status stays.
    `meaning` is what a signature to it means (21 CFR 11.50), None where none is asked.
    """

    name: str
    title: str
    from_states: frozenset[str]
    to_state: str | None
    permission: str
    sentence: str
    meaning: str | None = None
    needs_reason: bool = False

    @property
    def creates(self) -> bool:
        """Whether the action brings the thing into being."""
        return not self.from_states


class Lifecycle:
    """All permitted actions of one noun, and the only place that answers what may be done with it."""

    def __init__(self, noun: str, states: tuple[str, ...], actions: tuple[Action, ...]) -> None:
        """Check the table as it is made: a state nobody knows, or a name used twice, stops the program."""
        self.noun = noun
        self.states = states
        self.actions = {action.name: action for action in actions}
        if len(self.actions) != len(actions):
            raise ValueError(f"{noun}: an action is named twice")
        for action in actions:
            unknown = (action.from_states | ({action.to_state} - {None})) - set(states)
            if unknown:
                raise ValueError(f"{noun}.{action.name}: unknown state {sorted(map(str, unknown))}")

    def __getitem__(self, name: str) -> Action:
        """Return the action of that name."""
        return self.actions[name]

    def event(self, name: str) -> str:
        """Return the name under which the trail records the action: `noun.action`."""
        return f"{self.noun}.{self.actions[name].name}"

    def decide(
        self, name: str, *, state: str | None, permissions: AbstractSet[str], has_reason: bool
    ) -> Refusal | None:
        """Say why the action is refused, or None where it may go on: permission first, then reason, then state."""
        action = self.actions[name]
        if action.permission not in permissions:
            return Refusal.PERMISSION
        if action.needs_reason and not has_reason:
            return Refusal.REASON
        if not self.fits(name, state):
            return Refusal.STATE
        return None

    def fits(self, name: str, state: str | None) -> bool:
        """Whether the action starts from this state (None: the thing does not exist yet)."""
        action = self.actions[name]
        return state is None if action.creates else state in action.from_states

    def available(self, state: str, permissions: AbstractSet[str]) -> list[Action]:
        """Return the actions that this state and these permissions offer: the buttons of a page."""
        return [
            action
            for action in self.actions.values()
            if state in action.from_states and action.permission in permissions
        ]
