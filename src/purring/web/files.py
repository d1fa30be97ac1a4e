"""Documents as answers."""

from __future__ import annotations

from starlette.responses import Response

from purring.documents.paper import Document


def file_of(document: Document) -> Response:
    """A document that browsers save rather than show, since our policy lets no page embed anything."""
    headers = {"Content-Disposition": f'attachment; filename="{document.name}"'}
    return Response(document.content, media_type="application/pdf", headers=headers)
