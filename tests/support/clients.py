"""A signed-in person at Flask's own client: a cookie for pages, a token for the API."""

import re
from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from cotrack.demonstration.players import PASSWORD, PLAYERS


class Client:
    """Sends requests as one person, from their own station."""

    def __init__(self, app: Flask, username: str, *, station: str | None = None) -> None:
        self.app = app
        self.browser = app.test_client()
        runtime = app.extensions["cotrack"]
        chosen = PLAYERS[username].station if station is None else station
        door = runtime.door
        opened = door.sign_in(username, PASSWORD, kind="browser", station=chosen, request="")
        self.browser.set_cookie("cotrack", opened.secret)
        visitor = door.visitor(opened.secret, kind="browser", request="")
        self.form_token = visitor.form_token
        self.token = door.sign_in(username, PASSWORD, kind="api", station=chosen, request="").secret

    def send(self, method: str, path: str, *, json: Any = None, form: Any = None, key: str = "") -> TestResponse:
        """Send one request; JSON with the token under /api, a form with its own token elsewhere; told in English."""
        headers = {"Accept-Language": "en"}
        if path.startswith(("/api/v1", "/metrics")):
            headers |= {"Authorization": f"Bearer {self.token}", **({"Idempotency-Key": key} if key else {})}
            return self.app.test_client().open(path, method=method, headers=headers, json=json or {}, buffered=True)
        data = {"form_token": self.form_token, **({"form_key": key} if key else {}), **(form or {})}
        sent = data if method != "GET" else None
        return self.browser.open(path, method=method, headers=headers, data=sent, buffered=True)

    def sign(self, path: str, **form: Any) -> TestResponse:
        """Send a signed form as the page does: first to be shown the very text, then with the password under it."""
        shown = self.send("POST", path, form=form)
        assert shown.status_code == 200, shown.get_data(as_text=True)
        told = dict(re.findall(r'name="(meaning|text_sha256|form_key)" value="([^"]*)"', shown.get_data(as_text=True)))
        return self.send("POST", path, form={**form, **told, "password": PASSWORD})

    def post(self, path: str, json: Any = None, **options: Any) -> TestResponse:
        """Post JSON to the API, or a form to a page."""
        return self.send("POST", path, json=json, **options)

    def get(self, path: str) -> TestResponse:
        """Get a page or an answer of the API."""
        return self.send("GET", path)


SignIn = Callable[..., Client]
"""Signs somebody in by user name."""
