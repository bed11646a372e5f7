"""Puts several PDFs into one, page after page, for a printer that belongs to a browser."""

import io
from collections.abc import Sequence

import pypdfium2

from cotrack.labelling.gateways.read_back import pdfium


def joined(documents: Sequence[bytes]) -> bytes:
    """Return one PDF of all pages in their order; one document alone stays as it is."""
    if len(documents) == 1:
        return documents[0]
    found = io.BytesIO()
    with pdfium:
        whole = pypdfium2.PdfDocument.new()
        for each in documents:
            pages = pypdfium2.PdfDocument(each)
            whole.import_pages(pages)
            pages.close()
        whole.save(found)
        whole.close()
    return found.getvalue()
