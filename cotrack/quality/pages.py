"""The pages that assess and close a deviation, and plan and end its actions."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response
from marshmallow import Schema

from cotrack.foundation.web.forms import act_page
from cotrack.foundation.web.schemas import NothingIn, ReasonIn
from cotrack.foundation.web.visit import needs, runtime
from cotrack.foundation.web.words import tell
from cotrack.foundation.words import N_
from cotrack.lifecycles import DEVIATION, DEVIATION_ACTION
from cotrack.quality.schemas import ActionIn, OutcomeIn
from cotrack.quality.service import actions, deviations

pages = Blueprint("quality", __name__)


@pages.route("/deviations/<number>/actions", methods=["GET", "POST"])
@needs("deviation:assess")
def plan_action(number: str) -> Response:
    """Plan what is to be done after a deviation, by whom and by when."""
    return act_page(
        DEVIATION_ACTION,
        "plan",
        ActionIn(),
        lambda work, **body: actions.plan(work, number, **body),
        thing=f"deviation:{number}",
        context=lambda session: {"options": {"owner": _owners(session)}},
    )


def _owners(session: Any) -> list[tuple[str, str]]:
    return [(each.username, each.printed_name) for each in actions.possible_owners(session)]


@pages.route("/deviation-actions/<int:action_id>/finish", methods=["GET", "POST"])
@needs("deviation:act")
def finish_action(action_id: int) -> Response:
    """Report an action as done."""
    act = lambda work, outcome: actions.finish(work, action_id, outcome=outcome)  # noqa: E731 (one line)
    return _end_action(action_id, "finish", OutcomeIn(), act)


@pages.route("/deviation-actions/<int:action_id>/drop", methods=["GET", "POST"])
@needs("deviation:assess")
def drop_action(action_id: int) -> Response:
    """Drop an action, with the reason."""
    act = lambda work, reason: actions.drop(work, action_id, reason=reason)  # noqa: E731 (one line)
    return _end_action(action_id, "drop", ReasonIn(), act)


def _end_action(action_id: int, name: str, schema: Schema, act: Callable[..., Any]) -> Response:
    with runtime().ground.sessions.reading() as session:
        action = actions.action_numbered(session, action_id)
        facts = [
            (tell(N_("What is to be done")), action.description),
            (tell(N_("Owner")), action.owner.printed_name),
            (tell(N_("To be done by")), action.due_on.isoformat()),
        ]
        subject = f"deviation:{action.deviation.number}"
    return act_page(DEVIATION_ACTION, name, schema, act, thing=subject, context=lambda _: {"facts": facts})


@pages.route("/deviations/<number>/close", methods=["GET", "POST"])
@needs("deviation:close")
def close(number: str) -> Response:
    """Close a deviation, signed."""
    act = lambda work: deviations.close(work, number)  # noqa: E731 (one line)
    return act_page(DEVIATION, "close", NothingIn(), act, thing=f"deviation:{number}")
