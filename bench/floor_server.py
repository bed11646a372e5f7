"""Serves the floor behind an empty Flask route on gunicorn, with the worker settings of `cotrack serve`.

`python -m bench.floor_server URL RECORD`: the floor's database, and the file with the record to write.
"""

import os
import sys
from pathlib import Path

from flask import Flask, Response, jsonify, request

from bench.floor import Floor
from cotrack.installation import _Server, _server_options
from cotrack.settings import read_settings


def make_app(floor: Floor) -> Flask:
    """Return an application of one route."""
    app = Flask("floor")

    @app.get("/readyz")
    def ready() -> str:
        return "ready"

    @app.post("/identity-checks")
    def check() -> tuple[Response, int]:
        return jsonify(floor.check(request.get_json())), 201

    return app


if __name__ == "__main__":
    url, record = sys.argv[1:]
    app = make_app(Floor(url, Path(record).read_text(encoding="utf-8")))
    _Server(app, _server_options(read_settings(os.environ))).run()
