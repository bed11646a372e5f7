"""Pages of orders."""

from flask import Blueprint, Response, url_for

from cotrack.foundation.web.forms import act_page, done_words, form_page
from cotrack.foundation.web.schemas import NothingIn, ReasonIn
from cotrack.foundation.web.visit import actor, needs, runtime
from cotrack.foundation.work import Work
from cotrack.lifecycles import ORDER
from cotrack.orders import schemas
from cotrack.orders.service import acceptance, allocation, dosing, sheets

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
