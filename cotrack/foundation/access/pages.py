"""Pages of signing in and out, one's password, and people."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, g, make_response, render_template, request, session, url_for
from marshmallow import ValidationError
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from cotrack.foundation.access import schemas
from cotrack.foundation.access.service import people
from cotrack.foundation.access.service.sign_ins import SignIn, locked_names
from cotrack.foundation.errors import SignInRefused
from cotrack.foundation.web.forms import Form, faults_by_field, form_page
from cotrack.foundation.web.schemas import In, ReasonIn
from cotrack.foundation.web.visit import actor, form_token, go_to, needs, own_address, public, runtime, session_cookie
from cotrack.foundation.web.words import tell
from cotrack.foundation.words import N_

pages = Blueprint("access", __name__, template_folder="templates")

STATION_COOKIE = "cotrack_station"


@pages.get("/sign-in")
@public
def sign_in() -> Response:
    """Ask who signs in, and where."""
    form_token()
    return _sign_in_page(Form(MultiDict({"station": request.cookies.get(STATION_COOKIE, "")})), "", 200)


@pages.post("/sign-in")
@public
def open_session() -> Response:
    """Sign in at a station; the page to go on to is always one of ours."""
    form = Form(request.form)
    try:
        body = schemas.SignInIn().load({name: form.value(name) for name in ("username", "password", "station")})
        return _opened(runtime().door.sign_in(**body, kind="browser", request=""), form, body["station"])
    except ValidationError as fault:
        form.errors = faults_by_field(fault)
        return _sign_in_page(form, "", 422)
    except SignInRefused as refused:
        return _sign_in_page(form, tell(refused.detail), refused.status)


def _opened(opened: SignIn, form: Form, station: str) -> Response:
    """Go on under a new session; one that was open in this browser ends, and takes its cookies with it."""
    if g.visitor is not None:
        runtime().door.sign_out(actor())
    session.clear()
    return _with_cookies(go_to(own_address(form.value("next"))), opened.secret, station)


def _with_cookies(response: Response, secret: str, station: str) -> Response:
    options: dict[str, Any] = {
        "httponly": True,
        "secure": runtime().settings.is_behind_tls,
        "samesite": "Lax",
        "path": "/",
    }
    response.set_cookie(session_cookie(), secret, **options)
    response.set_cookie(STATION_COOKIE, station, max_age=365 * 86_400, **options)
    return response


def _sign_in_page(form: Form, error: str, status: int) -> Response:
    stations = runtime().ground.site.stations.values()
    goes_on = request.values.get("next", "")
    return make_response(
        render_template("access/sign_in.html", form=form, error=error, stations=stations, next=goes_on),
        status,
    )


@pages.post("/sign-out")
@needs("self:sign_in")
def sign_out() -> Response:
    """End this sign-in."""
    runtime().door.sign_out(actor())
    goes_on = request.form.get("next", "")
    response = go_to(url_for("access.sign_in", next=goes_on or None))
    response.delete_cookie(session_cookie())
    return response


@pages.route("/password", methods=["GET", "POST"])
@needs("self:change_password")
def change_password() -> Response:
    """Change one's own password; the old one is asked again."""
    is_current, password_hash = _verified_and_hashed(request.form)
    return form_page(
        schemas.PasswordIn(),
        lambda work, **typed: people.change_password(work, **typed, is_current=is_current, password_hash=password_hash),
        template="access/change_password.html",
        then=lambda _: url_for("desk.home"),
        done=N_("Your password is changed."),
    )


def _verified_and_hashed(form: Mapping[str, str]) -> tuple[bool, str]:
    """Verify the present password and hash the new one before the command: inside, argon2id would stop the ward."""
    current, new = form.get("current_password", ""), form.get("new_password", "")
    if not current or not new:
        return False, ""
    return runtime().door.is_password_of(actor(), current), runtime().passwords.hash(new)


@pages.get("/people")
@needs("person:read")
def list_people() -> str:
    """Show everybody and their roles."""
    sessions = runtime().ground.sessions
    with sessions.reading() as database:
        locked = locked_names(database, sessions.clock())
        return render_template("access/people.html", people=people.all_people(database), locked=locked)


@pages.route("/people/new", methods=["GET", "POST"])
@needs("person:add")
def add_person() -> Response:
    """Add a person."""
    return form_page(
        schemas.PersonIn(),
        lambda work, new_password, **body: people.add_person(work, runtime().passwords, password=new_password, **body),
        template="access/add_person.html",
        then=lambda person: url_for("access.show_person", username=person.username),
        done=N_("The person can sign in now and must choose a password of their own."),
        context=lambda _: {"roles": schemas.GRANTABLE},
    )


@pages.get("/people/<username>")
@needs("person:read")
def show_person(username: str) -> str:
    """Show one person."""
    with runtime().ground.sessions.reading() as database:
        return render_template("access/person.html", form=Form(MultiDict()), **_person_page(database, username))


def _person_page(database: Session, username: str) -> dict[str, Any]:
    return {
        "person": people.person_named(database, username),
        "roles": schemas.GRANTABLE,
        "locked": locked_names(database, runtime().ground.sessions.clock()),
    }


def _person_form(username: str, schema: In, act: Any) -> Response:
    return form_page(
        schema,
        act,
        template="access/person.html",
        then=lambda person: url_for("access.show_person", username=person.username),
        context=lambda session: _person_page(session, username),
    )


@pages.post("/people/<username>/grant")
@needs("person:grant")
def grant_role(username: str) -> Response:
    """Give a role."""
    return _person_form(username, schemas.RoleIn(), lambda work, **body: people.grant_role(work, username, **body))


@pages.post("/people/<username>/revoke")
@needs("person:grant")
def revoke_role(username: str) -> Response:
    """Take a role."""
    return _person_form(username, schemas.RoleIn(), lambda work, **body: people.revoke_role(work, username, **body))


@pages.post("/people/<username>/disable")
@needs("person:disable")
def disable_person(username: str) -> Response:
    """Take every access."""
    return _person_form(username, ReasonIn(), lambda work, **body: people.disable_person(work, username, **body))


@pages.post("/people/<username>/reset")
@needs("person:reset")
def reset_password(username: str) -> Response:
    """Set a password that must be changed."""
    return _person_form(
        username,
        schemas.ResetIn(),
        lambda work, new_password, reason: people.reset_password(
            work, runtime().passwords, username, password=new_password, reason=reason
        ),
    )
