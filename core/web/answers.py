"""What is raised, as HTTP: one table for the six kinds of refusal, and nothing that the caller should not see."""

import json
import logging
from http import HTTPStatus
from typing import cast

from fastapi import FastAPI
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Refusal,
    TooManyAttempts,
    Unauthenticated,
    Unavailable,
)
from core.web.correlation import correlate
from core.web.origin import SameOrigin
from core.web.recency import Recency
from core.web.startup import OneLine

_log = logging.getLogger(__name__)

_STATUS: dict[type[Refusal], int] = {
    NotFound: 404,
    Conflict: 409,
    Unauthenticated: 401,
    Forbidden: 403,
    Invalid: 422,
    TooManyAttempts: 429,
}

_LONGEST = 200
_MALFORMED = "Missing or not acceptable"
_UNREADABLE = "There was an error parsing the body"
"""FastAPI's words for a body that is not even text."""


class Refused(BaseModel):
    """A name for programs and a sentence for people."""

    error: str
    message: str


def install(app: FastAPI) -> None:
    """Answer what ``core`` raises, in this app, and let no other site act with its visitors' cookies (``web.origin``).

    Each request gets an id, which its answer and its log lines have (``web.correlation``), and its visitor sees in the
    next one what they wrote in it (``web.recency``). Before the app's routes, so
    that its OpenAPI description says so, too.
    """
    for kind in _STATUS:
        app.add_exception_handler(kind, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _not_here)
    app.add_exception_handler(Unavailable, _unavailable)
    app.add_middleware(SameOrigin, answered=refusal)
    app.add_middleware(Recency)
    app.add_middleware(OneLine)
    correlate(app)
    app.router.responses["4XX"] = {"model": Refused, "description": "Refused"}


async def _refused(request: Request, error: Exception) -> Response:  # noqa: ARG001  Starlette's
    return refusal(cast("Refusal", error))


def refusal(error: Refusal) -> Response:
    """A refusal as HTTP."""
    status = next(status for kind, status in _STATUS.items() if isinstance(error, kind))
    response = _answer(status, type(error).__name__, str(error))
    if status == _STATUS[Unauthenticated]:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


async def _malformed(request: Request, error: Exception) -> Response:  # noqa: ARG001  Starlette's
    """Name the fields and nothing else: what stood in them may be a password."""
    places = [problem["loc"] for problem in cast("RequestValidationError", error).errors()]
    names = dict.fromkeys(".".join(part for part in place[1:] if isinstance(part, str)) or place[0] for place in places)
    message = f"{_MALFORMED}: {', '.join(names)}"
    return _answer(_STATUS[Invalid], Invalid.__name__, message[:_LONGEST])


async def _not_here(request: Request, error: Exception) -> Response:
    """What FastAPI itself refuses, in the one shape; what an app says with an HTTPException stays as it is."""
    problem = cast("HTTPException", error)
    if problem.detail == _UNREADABLE:
        return _answer(_STATUS[Invalid], Invalid.__name__, f"{_MALFORMED}: body")
    status = HTTPStatus(problem.status_code)
    if problem.detail != status.phrase:
        return await http_exception_handler(request, problem)
    response = _answer(status, "".join(status.phrase.title().split()), f"{status.phrase}.")
    response.headers.update(problem.headers or {})
    return response


async def _unavailable(request: Request, error: Exception) -> Response:  # noqa: ARG001  Starlette's
    _log.error("%s; %s", error, cast("Unavailable", error).remedy)
    response = _answer(503, Unavailable.__name__, "The service is not available at the moment; try again.")
    response.headers["Retry-After"] = "1"
    return response


def _answer(status: int, error: str, message: str) -> Response:
    # json's own escapes, for a name or a message may hold half a surrogate pair, which has no UTF-8.
    return Response(json.dumps({"error": error, "message": message}), status, media_type="application/json")
