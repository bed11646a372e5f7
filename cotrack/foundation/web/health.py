"""Health for machines: alive, ready, counted; and the shape of every problem document."""

from collections.abc import Iterator
from datetime import datetime
from time import perf_counter

from flask import Flask, Response, g, jsonify, request
from marshmallow import Schema, fields
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from cotrack import __version__
from cotrack.foundation.audit.sealing import lag
from cotrack.foundation.migrations import head, require_schema
from cotrack.foundation.web.visit import needs, public, runtime

REQUESTS = Counter("cotrack_requests_total", "Requests by route and status", ["route", "status"])
SECONDS = Histogram("cotrack_request_seconds", "Time on the server by route", ["route"])


class BlockerOut(Schema):
    """One reason against an act."""

    code = fields.String()
    detail = fields.String()


class ProblemOut(Schema):
    """A problem document (RFC 9457)."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    request = fields.String()
    blockers = fields.List(fields.Nested(BlockerOut))
    errors = fields.Dict()


def register_health(app: Flask) -> None:
    """Add the three addresses that machines ask, and count requests."""
    app.add_url_rule("/healthz", view_func=healthz)
    app.add_url_rule("/readyz", view_func=readyz)
    app.add_url_rule("/metrics", view_func=metrics)
    app.before_request(_start)
    app.after_request(_count)


@public
def healthz() -> Response:
    """Say that the process answers."""
    return jsonify({"status": "alive", "version": __version__})


@public
def readyz() -> Response:
    """Say whether database, migrations and keys are there; the keys were read at the start."""
    require_schema(runtime().ground.sessions)
    sessions = runtime().ground.sessions
    now: datetime = sessions.clock()
    with sessions.reading() as session:
        behind = lag(session, now)
    return jsonify(
        {
            "status": "ready",
            "schema": head(),
            "version": __version__,
            "now": now.isoformat(),
            "sealing": {"records": behind.records, "seconds": round(behind.seconds, 3)},
        }
    )


@needs("metrics:read")
def metrics() -> Response:
    """Show the counters of all worker processes (Prometheus text)."""
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # it ships no types
    registry.register(_Sealing())
    return Response(generate_latest(registry), mimetype=CONTENT_TYPE_LATEST)


class _Sealing(Collector):
    """Measures at each look how far sealing is behind."""

    def collect(self) -> Iterator[Metric]:
        sessions = runtime().ground.sessions
        with sessions.reading() as session:
            behind = lag(session, sessions.clock())
        yield GaugeMetricFamily("cotrack_unsealed_records", "Records without a place in the tree", behind.records)
        yield GaugeMetricFamily("cotrack_sealing_lag_seconds", "Age of the oldest of them", behind.seconds)


def _start() -> None:
    g.started = perf_counter()


def _count(response: Response) -> Response:
    route = str(request.url_rule or "unknown")
    REQUESTS.labels(route, response.status_code).inc()
    if "started" in g:
        SECONDS.labels(route).observe(perf_counter() - g.started)
    return response
