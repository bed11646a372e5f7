"""Answers the address of a list: as a page, as CSV, or to a program, always paged by key."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from flask import Response, make_response, render_template, request
from sqlalchemy import Select

from cotrack.foundation.web.listing import Listing, between_days, csv_of, page_of
from cotrack.foundation.web.schemas import In, Whole
from cotrack.foundation.web.visit import runtime

_NEXT = 'The next page (`rel="next"`), where there is one'
LINK: Final = {"Link": {"description": _NEXT, "schema": {"type": "string"}}}
"""How the API's description says that a list goes on."""


class PageIn(In):
    """Which part of a list: what comes after a key, and at most how many."""

    after = Whole(least=0, most=2**63 - 1, load_default=0)
    limit = Whole(least=1, most=500, load_default=100)


def keyed_list(statement: Select[Any], asked: Mapping[str, int]) -> tuple[Sequence[Any], Mapping[str, str]]:
    """Return the rows that come after a key, oldest first, and the address of the next page in the `Link` header."""
    key, size = statement.column_descriptions[0]["entity"].id, asked["limit"]
    wanted = statement.where(key > asked["after"]).order_by(key).limit(size + 1)
    with runtime().ground.sessions.reading() as session:
        rows = session.scalars(wanted).all()
    if len(rows) <= size:
        return rows, {}
    following = urlencode({"after": rows[size - 1].id, "limit": size})
    return rows[:size], {"Link": f'<{request.path}?{following}>; rel="next"'}


def list_page(listing: Listing, *, template: str = "list.html", **context: object) -> Response:
    """Show a list as its address asks."""
    asked = request.args.to_dict()
    listing = between_days(listing, asked, runtime().ground.site.zone)
    with runtime().ground.sessions.reading() as session:
        if asked.get("format") == "csv":
            response = make_response(csv_of(listing, session, asked))
            response.mimetype = "text/csv"
            response.headers["Content-Disposition"] = f'attachment; filename="{listing.name}.csv"'
            return response
        page = page_of(listing, session, asked, path=request.path)
        return make_response(render_template(template, page=page, **context))
