"""Wires the web application: every stage's pages and routes, words, headers, health."""

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Flask, Request, Response, g, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_babel import Babel, get_locale
from flask_smorest import Api

from cotrack import __version__, stages, vocabulary
from cotrack.foundation.problems import register_problems
from cotrack.foundation.resources import resource
from cotrack.foundation.runtime import Runtime, start_runtime
from cotrack.foundation.web import health, visit, words
from cotrack.foundation.web.visit import guard_visits
from cotrack.settings import read_settings
from cotrack.trace.pages import waiting_alerts

MOST_UPLOAD_BYTES = 20 * 1024 * 1024

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
CAMERA_HEADERS = {
    "Content-Security-Policy": HEADERS["Content-Security-Policy"].replace(
        "script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'"
    ),
    "Permissions-Policy": HEADERS["Permissions-Policy"].replace("camera=()", "camera=(self)"),
}
"""What a page with a scan field has instead: the camera, and the reader of codes, which is WebAssembly."""
WITHOUT_PHOTOS = frozenset({"bedside"})
"""Where a scan says that a bag or a band is here; a photo says that it was somewhere once (domain.md §5.3, E14)."""


def create_app(runtime: Runtime | None = None) -> Flask:
    """Make the application; without a runtime, read the settings from the environment."""
    runtime = runtime or start_runtime(read_settings(os.environ), stages.CONSTRAINTS)
    app = Flask(
        __name__,
        static_folder=str(resource("foundation/web/static")),
        template_folder=str(resource("foundation/web/templates")),
    )
    app.session_interface = _NoticeCookie()
    app.extensions["cotrack"] = runtime
    app.config.update(_config(runtime))
    Babel(
        app,
        default_locale="zh",
        locale_selector=words.choose_language,
        default_translation_directories=str(resource("foundation/web/translations")),
    )
    guard_visits(app)
    health.register_health(app)
    _register_stages(app)
    # Last: the API's library brings an answer of its own for each HTTP error, and the newest one counts.
    register_problems(app)
    _add_page_tools(app)
    app.after_request(_add_headers)
    return app


def _config(runtime: Runtime) -> Mapping[str, Any]:
    return {
        "SECRET_KEY": runtime.ground.keys.browser,
        "SESSION_COOKIE_NAME": "cotrack_notice",
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": runtime.settings.is_behind_tls,
        "MAX_CONTENT_LENGTH": MOST_UPLOAD_BYTES,
        "SEND_FILE_MAX_AGE_DEFAULT": timedelta(hours=1),
        "COTRACK_WORDS": vocabulary.WORDS,
        "COTRACK_THING_URL": stages.thing_url,
        "COTRACK_THING_NAME": stages.thing_name,
        "API_TITLE": "cotrack",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": "/api/v1",
        "OPENAPI_JSON_PATH": "openapi.json",
        "API_SPEC_OPTIONS": {
            "info": {
                "description": "Follows each lot of a cell product from release testing to the infusion of each bag."
            },
            "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
            "security": [{"token": []}],
        },
    }


def _register_stages(app: Flask) -> None:
    api = Api(app)
    api.ERROR_SCHEMA = health.ProblemOut
    for blueprint in stages.APIS:
        api.register_blueprint(blueprint)
    for blueprint in stages.PAGES:
        app.register_blueprint(blueprint)


def _add_page_tools(app: Flask) -> None:
    """Give every template the words, times and rights it may use."""

    @app.context_processor
    def tools() -> dict[str, Any]:
        visitor = g.get("visitor")
        return {
            "language": lambda: str(get_locale() or "zh"),
            "term": words.term,
            "tell": words.tell,
            "tell_blocker": words.tell_blocker,
            "site_time": words.site_time,
            "site_day": words.site_day,
            "quantity": words.quantity,
            "millions": words.millions,
            "choices_of": words.choices_of,
            "tone": vocabulary.tone,
            "event_words": stages.event_words,
            "thing_url": stages.open_url,
            "thing_name": stages.thing_name,
            "may": visit.may,
            "with_camera": _with_camera,
            "takes_photos": lambda: request.blueprint not in WITHOUT_PHOTOS,
            "form_token": visit.form_token,
            "visitor": visitor,
            "station": visitor.actor.station if visitor else "",
            "scanner": visit.scanner(),
            "navigation": lambda: [each for each in stages.NAVIGATION if visit.may(each.permission)],
            "is_training": visit.runtime().settings.is_training,
            "site_name": words.site_name,
            "zone": visit.runtime().ground.site.zone.key,
            "program_version": __version__,
            "trail_findings": visit.trail_findings,
            "waiting_alerts": waiting_alerts,
        }


def _with_camera() -> str:
    """Let the page that is being written use the camera."""
    g.has_camera = True
    return ""


def _add_headers(response: Response) -> Response:
    """Refuse framing, sniffing, foreign scripts; keep pages with people's data out of every cache."""
    response.headers.update(HEADERS)
    if g.get("has_camera"):
        response.headers.update(CAMERA_HEADERS)
    if visit.runtime().settings.is_behind_tls:
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if not request.path.startswith("/static/"):
        response.headers["Cache-Control"] = "no-store"
    return response


class _NoticeCookie(SecureCookieSessionInterface):
    """Verifies the cookie of notices where one came; what a program sends carries none."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return what the cookie holds, or nothing."""
        came = self.get_cookie_name(app) in request.cookies
        return super().open_session(app, request) if came else self.session_class()
