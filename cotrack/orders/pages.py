"""Pages of orders."""

from flask import Blueprint, Response, url_for

from cotrack.foundation.web.forms import act_page, done_words, form_page
from cotrack.foundation.web.schemas import NothingIn, ReasonIn
from cotrack.foundation.web.visit import actor, needs, runtime
from cotrack.foundation.work import Work
from cotrack.labelling.pages import request_page
from cotrack.labelling.schemas import RequestIn
from cotrack.lifecycles import OOS_SUPPLY, ORDER
from cotrack.orders import schemas
from cotrack.orders.service import acceptance, allocation, dosing, notices, sheets, supplies, supply_sheets
from cotrack.orders.service.order_sheet import request_order_sheet

pages = Blueprint("orders", __name__, template_folder="templates")


@pages.route("/participants/<number>/order", methods=["GET", "POST"])
@needs("order:make")
def make_order(number: str) -> Response:
    """Order a dose; the page says what stands against it and what it would come to."""
    return form_page(
        schemas.OrderIn(),
        lambda work, **body: dosing.make_order(work, number, **body),
        template="orders/make_order.html",
        then=lambda order: url_for("desk.order", number=order.number),
        done=done_words(ORDER["make"], f"participant:{number}"),
        context=lambda session: sheets.order_sheet(runtime().ground, session, actor(), number),
        suggest=sheets.suggestion(runtime().ground, number),
        is_signed=True,
    )


@pages.route("/orders/<number>/allocate", methods=["GET", "POST"])
@needs("order:allocate")
def allocate(number: str) -> Response:
    """Set bags aside."""
    return form_page(
        NothingIn(),
        lambda work: allocation.allocate(work, number),
        template="orders/allocate.html",
        then=lambda _: url_for("desk.order", number=number),
        done=done_words(ORDER["allocate"], f"order:{number}"),
        context=lambda session: sheets.allocation_sheet(runtime().ground, session, number),
    )


@pages.route("/orders/<number>/accept/<lot>", methods=["GET", "POST"])
@needs("order:accept_lot")
def accept_lot(number: str, lot: str) -> Response:
    """Accept a conditionally released lot for an order; the page names what is outstanding."""
    return form_page(
        ReasonIn(),
        lambda work, reason: acceptance.accept_lot(work, number, lot=lot, reason=reason),
        template="orders/accept_lot.html",
        then=lambda _: url_for("desk.order", number=number),
        done=done_words(ORDER["accept_lot"], f"order:{number}"),
        context=lambda session: acceptance.acceptance_sheet(Work(runtime().ground, session, actor()), number, lot),
        is_signed=True,
    )


@pages.route("/orders/<number>/sheet", methods=["GET", "POST"])
@needs("label:print_order_sheet")
def request_sheet(number: str) -> Response:
    """Ask for the sheet of an order; the next page hands it out."""
    act = lambda work, **body: request_order_sheet(work, number, **body)  # noqa: E731 (one line)
    return request_page(RequestIn, ["order_sheet"], act, thing=f"order:{number}")


@pages.route("/orders/<number>/deallocate", methods=["GET", "POST"])
@needs("order:allocate")
def deallocate(number: str) -> Response:
    """Take bags back that were not issued."""
    act = lambda work, reason: dosing.take_back_bags(work, number, reason=reason)  # noqa: E731 (one line)
    return act_page(ORDER, "deallocate", ReasonIn(), act, thing=f"order:{number}")


@pages.route("/orders/<number>/cancel", methods=["GET", "POST"])
@needs("order:cancel")
def cancel(number: str) -> Response:
    """Withdraw an order."""
    act = lambda work, reason: dosing.cancel_order(work, number, reason=reason)  # noqa: E731 (one line)
    return act_page(ORDER, "cancel", ReasonIn(), act, thing=f"order:{number}")


@pages.route("/orders/<number>/supplies/new", methods=["GET", "POST"])
@needs("oos_supply:request")
def request_supply(number: str) -> Response:
    """Request a lot out of specification; the page names what failed in each."""
    return form_page(
        schemas.SupplyIn(),
        lambda work, **body: supplies.request_supply(work, number, **body),
        template="orders/request_supply.html",
        then=lambda made: url_for("desk.supply", number=made.number),
        done=done_words(OOS_SUPPLY["request"], f"order:{number}"),
        context=lambda session: supply_sheets.request_sheet(Work(runtime().ground, session, actor()), number),
        is_signed=True,
    )


@pages.route("/supplies/<number>/evaluate", methods=["GET", "POST"])
@needs("oos_supply:evaluate")
def evaluate_supply(number: str) -> Response:
    """Sign the risk evaluation of a supply out of specification."""
    with runtime().ground.sessions.reading() as session:
        suggested = supply_sheets.suggested_evaluation(session, number)
    return form_page(
        schemas.EvaluationIn(),
        lambda work, **body: supplies.evaluate_supply(work, number, **body),
        template="orders/evaluate_supply.html",
        then=lambda _: url_for("desk.supply", number=number),
        done=done_words(OOS_SUPPLY["evaluate"], f"oos_supply:{number}"),
        context=lambda session: supply_sheets.evaluation_sheet(Work(runtime().ground, session, actor()), number),
        suggest=suggested,
        is_signed=True,
    )


@pages.route("/supplies/<number>/accept", methods=["GET", "POST"])
@needs("oos_supply:accept")
def accept_supply(number: str) -> Response:
    """Accept a lot out of specification; the page shows what failed and QA's evaluation."""
    return form_page(
        NothingIn(),
        lambda work: supplies.accept_supply(work, number),
        template="orders/accept_supply.html",
        then=lambda _: url_for("desk.supply", number=number),
        done=done_words(OOS_SUPPLY["accept"], f"oos_supply:{number}"),
        context=lambda session: supply_sheets.acceptance_sheet(Work(runtime().ground, session, actor()), number),
        is_signed=True,
    )


@pages.route("/supplies/<number>/decline", methods=["GET", "POST"])
@needs("oos_supply:evaluate")
def decline_supply(number: str) -> Response:
    """Decline a supply out of specification."""
    act = lambda work, reason: supplies.decline_supply(work, number, reason=reason)  # noqa: E731 (one line)
    return act_page(OOS_SUPPLY, "decline", ReasonIn(), act, thing=f"oos_supply:{number}")


@pages.route("/supplies/<number>/withdraw", methods=["GET", "POST"])
@needs("oos_supply:request")
def withdraw_supply(number: str) -> Response:
    """Withdraw a supply out of specification."""
    act = lambda work, reason: supplies.withdraw_supply(work, number, reason=reason)  # noqa: E731 (one line)
    return act_page(OOS_SUPPLY, "withdraw", ReasonIn(), act, thing=f"oos_supply:{number}")


@pages.route("/supplies/<number>/void", methods=["GET", "POST"])
@needs("oos_supply:evaluate")
def void_supply(number: str) -> Response:
    """Make a supply out of specification void."""
    act = lambda work, reason: supplies.void_supply(work, number, reason=reason)  # noqa: E731 (one line)
    return act_page(OOS_SUPPLY, "void", ReasonIn(), act, thing=f"oos_supply:{number}")


@pages.route("/supplies/<number>/notices", methods=["GET", "POST"])
@needs("oos_supply:notify")
def record_notice(number: str) -> Response:
    """Record who was told of a supply out of specification."""
    with runtime().ground.sessions.reading() as session:
        suggested = notices.suggested_notice(Work(runtime().ground, session, actor()), number)
    return act_page(
        OOS_SUPPLY,
        "notify",
        schemas.NoticeIn(),
        lambda work, **body: notices.record_notice(work, number, **body),
        thing=f"oos_supply:{number}",
        suggest=suggested,
    )
