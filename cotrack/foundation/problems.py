"""Turns every error into one answer: a problem document (RFC 9457) for programs, a page for people, from one table."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from flask import Flask, Response, current_app, g, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing.exceptions import RoutingException

from cotrack.foundation.errors import (
    CotrackError,
    FormExpired,
    InvalidInput,
    NotSignedIn,
    PermissionDenied,
    Refused,
    SignInRefused,
)
from cotrack.foundation.web.visit import is_api
from cotrack.foundation.web.words import tell, tell_blocker
from cotrack.foundation.words import N_

log = logging.getLogger("cotrack")
security_log = logging.getLogger("cotrack.security")

HTTP_TITLES = {
    400: N_("The request could not be read"),
    404: N_("There is nothing at this address"),
    405: N_("This address does not take that kind of request"),
    413: N_("The file is too large"),
    415: N_("Send the request as JSON"),
    422: N_("Something you entered needs to be put right"),
    429: N_("Too many requests: wait a moment"),
}


def problem_of(error: CotrackError) -> dict[str, Any]:
    """Return the problem document of one of our errors: kind, title, detail, and every reason."""
    document: dict[str, Any] = {
        "type": f"urn:cotrack:problem:{error.kind}",
        "title": tell(error.title),
        "status": error.status,
        "detail": tell(error.detail, error.parameters),
        "request": g.get("request_id", ""),
    }
    if isinstance(error, Refused) and error.blockers:
        document["blockers"] = [{"code": each.code, "detail": tell_blocker(each)} for each in error.blockers]
    if isinstance(error, InvalidInput) and error.fields:
        document["errors"] = _told(error.fields)
    return document


def answer_problem(document: dict[str, Any], error: CotrackError | None = None) -> Response:
    """Answer with the document as JSON under /api, as a page elsewhere."""
    status = int(document["status"])
    if is_api():
        response = Response(_json(document), status=status, mimetype="application/problem+json")
    else:
        reasons = [(tell_blocker(each), each.solve) for each in error.blockers] if isinstance(error, Refused) else []
        page = render_template("problem.html", problem=document, reasons=reasons)
        response = Response(page, status=status, mimetype="text/html")
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="cotrack"'
    return response


def _json(document: dict[str, Any]) -> str:
    return current_app.json.dumps(document)


def register_problems(app: Flask) -> None:
    """Let every error of this application be answered here."""
    app.register_error_handler(CotrackError, _answer_ours)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_unknown)


def _answer_ours(error: CotrackError) -> Response:
    if isinstance(error, NotSignedIn | FormExpired | SignInRefused | PermissionDenied):
        security_log.warning("%s %s %s", error.kind, request.method, request.url_rule)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("%s: %s", error.kind, error)
    if error.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return answer_problem(problem_of(CotrackError()))
    return answer_problem(problem_of(error), error)


def _answer_http(error: HTTPException) -> Response:
    if isinstance(error, RoutingException):
        return cast("Response", error.get_response(request.environ))
    status = error.code or CotrackError.status
    if status != HTTPStatus.NOT_FOUND:
        security_log.warning("http-%d %s %s", status, request.method, request.url_rule)
    kind = "invalid-input" if status == HTTPStatus.UNPROCESSABLE_ENTITY else f"http-{status}"
    document = {
        "type": f"urn:cotrack:problem:{kind}",
        "title": tell(HTTP_TITLES.get(status, CotrackError.title)),
        "status": status,
        "request": g.get("request_id", ""),
    }
    faults = _told(_by_field(getattr(error, "data", {}).get("messages", {})))
    response = answer_problem({**document, **({"errors": faults} if faults else {})})
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return response


def _by_field(messages: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is wrong with each field, wherever it was sent; `_body` where the whole could not be read."""
    faults: dict[str, Any] = {}
    for found in messages.values():
        faults.update(found if isinstance(found, Mapping) else {"_body": found})
    return faults


def _told(faults: Any) -> Any:
    """Return faults by field, which may hold fields of their own, in the reader's language."""
    if isinstance(faults, Mapping):
        return {str(name): _told(found) for name, found in faults.items()}
    return [_told(each) for each in faults] if isinstance(faults, list) else tell(str(faults))


def _answer_unknown(error: Exception) -> Response:
    log.error("unexpected error in request %s", g.get("request_id", ""), exc_info=error)
    return answer_problem(problem_of(CotrackError()))
