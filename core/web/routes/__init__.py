"""Endpoints for all the flows, ready to be included: one module a noun, each endpoint one call into ``core``."""

import json
from collections.abc import Collection
from importlib import import_module
from typing import Any

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from core.web.answers import Refused
from core.web.origin import same_origin

GROUPS = (
    "authentication",
    "passwordless",
    "providers",
    "sessions",
    "me",
    "emails",
    "passwords",
    "two_factor",
    "passkeys",
    "organizations",
    "members",
    "invitations",
    "chats",
    "purchases",
    "admin",
)
"""The nouns, which are the tags of the OpenAPI description, too."""


class _Json(JSONResponse):
    """JSON with escapes: what an app keeps as JSON may hold half a surrogate pair, which has no UTF-8."""

    def render(self, content: Any) -> bytes:  # noqa: ANN401  Starlette's
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


async def _uncached(response: Response) -> None:
    """Nobody between keeps what is somebody's own."""
    response.headers["Cache-Control"] = "no-store"


def router(*groups: str, without: Collection[str] = ()) -> APIRouter:
    """Endpoints for the flows, for ``app.include_router(web.router(), prefix="/api")`` after ``web.install(app)``.

    An endpoint that the app has already by the same method and path, or includes before, takes the place of ours.

    Args:
        groups: which nouns; all of them unless told otherwise.
        without: those to leave out.

    Raises:
        ValueError: there is no such group.
    """
    if unknown := {*groups, *without} - set(GROUPS):
        raise ValueError(f"no such group: {', '.join(sorted(unknown))}")
    whole = APIRouter(
        default_response_class=_Json,
        dependencies=[Depends(same_origin), Depends(_uncached)],
        generate_unique_id_function=_operation,
        responses={"4XX": {"model": Refused, "description": "Refused"}},
    )
    for name in GROUPS:
        if name in (groups or GROUPS) and name not in without:
            # Only now, since they import all of core.
            module = import_module(f"core.web.routes.{name}")
            for part in (module.router, getattr(module, "inside", None)):
                if part is not None:
                    whole.include_router(part, tags=[name])
    return whole


def _operation(route: APIRoute) -> str:
    """The function's name is the operation's: each stands for one thing among all of them."""
    return route.name
