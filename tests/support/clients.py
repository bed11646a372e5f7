"""A signed-in person at Flask's own client: a cookie for pages, a token for the API."""

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
        """Send one request; JSON with the token under /api, a form with its own token elsewhere."""
        if path.startswith(("/api/v1", "/metrics")):
            headers = {"Authorization": f"Bearer {self.token}", **({"Idempotency-Key": key} if key else {})}
            return self.app.test_client().open(path, method=method, headers=headers, json=json or {}, buffered=True)
        data = {"form_token": self.form_token, **({"form_key": key} if key else {}), **(form or {})}
        return self.browser.open(path, method=method, data=data if method != "GET" else None, buffered=True)

    def post(self, path: str, json: Any = None, **options: Any) -> TestResponse:
        """Post JSON to the API, or a form to a page."""
        return self.send("POST", path, json=json, **options)

    def get(self, path: str) -> TestResponse:
        """Get a page or an answer of the API."""
        return self.send("GET", path)
