"""``GET /livez`` and ``GET /readyz``, for whoever restarts a process and whoever sends it requests.

Alive is whose loop runs: it answers, and asks nobody else for that. A process that is not alive is restarted. One that
is not ready gets no requests until it is again; a restart would not bring a database back.
"""

from fastapi import APIRouter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core import readiness

_UNAVAILABLE = 503
_NO_STORE = {"Cache-Control": "no-store"}


def health(*, details: bool = False) -> APIRouter:
    """The two endpoints, for an app of FastAPI. Anybody may ask them, unless the app says who.

    Args:
        details: also say what each check found and what to do about it. That names hosts, and is for the inside; the
            log has it in any case, when it changes.
    """
    router = APIRouter(include_in_schema=False)

    async def readyz() -> Response:
        return await _ready(details=details)

    router.add_api_route("/livez", _alive, methods=["GET", "HEAD"])
    router.add_api_route("/readyz", readyz, methods=["GET", "HEAD"])
    return router


async def _alive() -> Response:
    return JSONResponse({"status": "alive"}, headers=_NO_STORE)


async def _ready(*, details: bool) -> Response:
    found = await readiness.checks()
    ready = readiness.all_well(found)
    checks = [check.described() for check in found]
    if not details:
        checks = [{name: check[name] for name in ("name", "ok", "seconds")} for check in checks]
    answer = {"status": "ready" if ready else "not ready", "checks": checks}
    return JSONResponse(answer, status_code=200 if ready else _UNAVAILABLE, headers=_NO_STORE)


async def _asked_alive(request: Request) -> Response:  # noqa: ARG001  Starlette's
    return await _alive()


async def _asked_ready(request: Request) -> Response:  # noqa: ARG001  the same
    return await _ready(details=True)


health_app = Starlette(routes=[Route("/livez", _asked_alive), Route("/readyz", _asked_ready)])
"""The two by themselves, with details, for an address of the inside: ``uvicorn core.web:health_app --host 10.0.0.5``.
It opens the database for each answer, so it starts while there is none, too. Mounted in an app that has the database
open, it speaks of that process."""
