"""Answers the address of a list: as a page, or as CSV."""

from flask import Response, make_response, render_template, request

from cotrack.foundation.web.listing import Listing, csv_of, page_of
from cotrack.foundation.web.visit import runtime


def list_page(listing: Listing, *, template: str = "list.html", **context: object) -> Response:
    """Show a list as its address asks."""
    asked = request.args.to_dict()
    with runtime().ground.sessions.reading() as session:
        if asked.get("format") == "csv":
            response = make_response(csv_of(listing, session, asked))
            response.mimetype = "text/csv"
            response.headers["Content-Disposition"] = f'attachment; filename="{listing.name}.csv"'
            return response
        page = page_of(listing, session, asked, path=request.path)
        return make_response(render_template(template, page=page, **context))
