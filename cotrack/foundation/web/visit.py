"""Who a request is from and what its route asks: every view says which permission it needs, or is refused."""

import json
import secrets
from collections.abc import Callable
from typing import Any, TypeVar, cast
from unicodedata import is_normalized

from flask import Flask, Response, current_app, g, redirect, request, session, url_for
from flask_smorest import abort
from werkzeug.exceptions import NotFound as UnknownAddress
from werkzeug.exceptions import UnsupportedMediaType

from cotrack.foundation.access.service.sign_ins import Visitor
from cotrack.foundation.acting import Actor
from cotrack.foundation.errors import DatabaseUnavailable, FormExpired, NotSignedIn, PermissionDenied
from cotrack.foundation.findings.service import open_findings
from cotrack.foundation.runtime import Runtime
from cotrack.foundation.scanners import Scanner
from cotrack.foundation.web.schemas import MOST_ID
from cotrack.foundation.words import N_

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC = frozenset({"*"})
LONGEST_ARGUMENT = 200
DEEPEST_BODY = 10
SHORT_BODY = 4000
"""Bytes that cannot hold a number with too many digits (`sys.int_info.default_max_str_digits` is 4300)."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN_ENDPOINTS = frozenset({"static", "api-docs.openapi_json"})
ASKED_BY_PAGES = frozenset({"trace.waiting"})
"""What an open page asks by itself, without anybody there."""


def needs(*permissions: str) -> Callable[[View], View]:
    """Mark a view with the permissions of which a visitor must hold one."""

    def mark(view: View) -> View:
        view.cotrack_needs = frozenset(permissions)  # type: ignore[attr-defined]  # read by `check_visit`
        return view

    return mark


def public(view: View) -> View:
    """Mark a view that needs no sign-in: sign-in itself, health, documentation."""
    view.cotrack_needs = PUBLIC  # type: ignore[attr-defined]  # read by `check_visit`
    return view


def runtime() -> Runtime:
    """Return what this process holds."""
    return cast("Runtime", current_app.extensions["cotrack"])


def visitor() -> Visitor:
    """Return who is signed in; raises NotSignedIn."""
    if g.get("visitor") is None:
        raise NotSignedIn("Sign in to go on.")
    return cast("Visitor", g.visitor)


def actor() -> Actor:
    """Return the acting person of this request."""
    return visitor().actor


def require(permission: str) -> None:
    """Refuse a view that shows a thing which this visitor may not see."""
    if permission not in actor().permissions:
        raise PermissionDenied("Your role does not include “{permission}”.", permission=permission)


def may(permission: str) -> bool:
    """Whether the visitor holds a permission; nobody does who is not signed in."""
    found = g.get("visitor")
    return found is not None and permission in found.actor.permissions


def scanner() -> Scanner | None:
    """Return what the scanner at the visitor's station adds to each code; None where there is no station."""
    found = g.get("visitor")
    place = runtime().ground.site.station(found.actor.station) if found is not None else None
    return place.scanner if place else None


def trail_findings() -> bool:
    """Whether verification found the trail altered and nobody has acknowledged it: every page says so."""
    try:
        with runtime().ground.sessions.reading() as session:
            return bool(open_findings(session))
    except DatabaseUnavailable:
        return False  # the page itself tells this


def is_api() -> bool:
    """Whether the request comes from a program: it signs in by token, and gets problems as JSON."""
    return request.path.startswith("/api/v1") or request.path in {"/metrics", "/readyz"}


def session_cookie() -> str:
    """Return the name of the sign-in cookie; under TLS one that no other host can set."""
    return "__Host-cotrack" if runtime().settings.is_behind_tls else "cotrack"


def form_token() -> str:
    """Return the token that every form of this session carries."""
    if g.get("visitor") is not None:
        return visitor().form_token
    if "form_token" not in session:
        session["form_token"] = secrets.token_urlsafe(32)
    return str(session["form_token"])


def guard_visits(app: Flask) -> None:
    """Ask of every request who it is from, whether its route is open to them, and whether its form is its own."""

    @app.before_request
    def check_visit() -> Response | None:
        g.request_id = secrets.token_hex(8)
        g.visitor = _find_visitor()
        if request.endpoint is None:
            raise request.routing_exception or UnknownAddress
        _refuse_unwritable_address()
        stopped = _check_rights()
        if stopped is None:
            _check_form()
        return stopped


def _refuse_unwritable_address() -> None:
    """Refuse an address with a number or name that nothing here could ever have: the database could not look for it."""
    for value in (request.view_args or {}).values():
        is_text = isinstance(value, str)
        if is_text and not (len(value) <= LONGEST_ARGUMENT and value.isprintable() and is_normalized("NFC", value)):
            raise UnknownAddress
        if not is_text and value > MOST_ID:
            raise UnknownAddress


def _find_visitor() -> Visitor | None:
    if is_api():
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        kind = "api"
        secret = secret.strip() if scheme.lower() == "bearer" else ""
    else:
        kind, secret = "browser", request.cookies.get(session_cookie(), "")
    is_act = request.endpoint not in ASKED_BY_PAGES
    return runtime().door.visitor(secret, kind=kind, request=g.request_id, is_act=is_act) if secret else None


def _check_rights() -> Response | None:
    needed = _needed()
    if needed == PUBLIC:
        return None
    if g.visitor is None:
        if is_api() or request.method not in SAFE_METHODS:
            raise NotSignedIn("Sign in to go on.")
        return go_to(url_for("access.sign_in", next=request.full_path.rstrip("?")))
    if g.visitor.must_change_password and request.endpoint not in {
        "access.change_password",
        "access.sign_out",
    }:
        if is_api():
            raise PermissionDenied("Change your password in the browser first.")
        return go_to(url_for("access.change_password"))
    if not needed & g.visitor.actor.permissions:
        raise PermissionDenied("Your role does not include “{permission}”.", permission=" / ".join(sorted(needed)))
    return None


def _needed() -> frozenset[str]:
    """Return what the route asks; a view that says nothing is open to nobody."""
    endpoint = str(request.endpoint)
    if endpoint in OPEN_ENDPOINTS or endpoint.endswith(".static"):
        return PUBLIC
    needed: frozenset[str] = getattr(current_app.view_functions[endpoint], "cotrack_needs", frozenset())
    return needed


def _check_form() -> None:
    """Refuse a form that does not carry its session's own token, or comes from another site; a program sends JSON."""
    if request.method in SAFE_METHODS:
        return
    if is_api():
        _check_body()
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise FormExpired("The form came from another site.")
    if not secrets.compare_digest(request.form.get("form_token", "").encode(), form_token().encode()):
        raise FormExpired("Load the page again and repeat what you did; nothing was stored.")


def _check_body() -> None:
    """Refuse a body that is no JSON as people send it, before anything reads it: nested without end, a number too long.

    What is no JSON at all is left to the reader of the route's fields, which says so.
    """
    if request.content_length and not request.is_json:
        raise UnsupportedMediaType
    body = request.get_data()
    if len(body) < SHORT_BODY and body.count(b"{") + body.count(b"[") <= DEEPEST_BODY:
        return
    try:
        is_deep = _is_deeper(json.loads(body or b"{}"), DEEPEST_BODY)
    except (json.JSONDecodeError, UnicodeDecodeError):
        return
    except (RecursionError, ValueError):
        is_deep = True
    if is_deep:
        abort(400, messages={"json": [N_("The body is nested too deep, or holds a number with too many digits.")]})


def _is_deeper(value: Any, levels: int) -> bool:
    within = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels < 0 or any(_is_deeper(each, levels - 1) for each in within)


def own_address(address: str) -> str:
    """Return the address if it is a path of this site, else the home page: no redirect ever leaves, or fails.

    A browser leaves tabs and line ends out of an address and takes a backslash for a stroke.
    """
    is_own = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if is_own else url_for("desk.home")


def go_to(address: str) -> Response:
    """Go on to an address after something was done (post, redirect, get)."""
    return redirect(address, code=303, Response=Response)  # type: ignore[return-value]  # it is of the class given
