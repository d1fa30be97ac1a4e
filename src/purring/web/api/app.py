"""The API's application: what all its routes share."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.middleware import Middleware

from purring.operations.services import Services
from purring.web.api.validation import on_invalid
from purring.web.bodies import ReadBodies
from purring.web.problems import HANDLERS

VERSION = "2026-11-28"
"""The day of the newest entry in the API's changelog."""


def make_api(services: Services) -> FastAPI:
    """The application that `/v1` leads to."""
    app = FastAPI(
        title="Purring",
        version=VERSION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[Middleware(ReadBodies)],
        exception_handlers={**HANDLERS, RequestValidationError: on_invalid},
    )
    app.state.services = services
    return app
