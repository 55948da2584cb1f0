"""``GET /metrics`` for Prometheus.

The numbers name jobs, tables and queues and no person. They are for the inside all the same: whoever knows them knows
how busy the product is.
"""

from fastapi import APIRouter, Response
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import Route

from core.metrics import CONTENT_TYPE, exposition
from core.web.startup import OneLine, lifespan


def metrics() -> APIRouter:
    """The endpoint, for an app of FastAPI. Anybody may ask it, unless the app says who::

    app.include_router(web.metrics(), dependencies=[Depends(only_prometheus)])
    """
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/metrics", _told, methods=["GET"])
    return router


async def _told() -> Response:
    return Response(await exposition(), media_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


async def _asked(request: Request) -> Response:  # noqa: ARG001  Starlette's
    return await _told()


metrics_app = Starlette(
    routes=[Route("/metrics", _asked, methods=["GET"])], middleware=[Middleware(OneLine)], lifespan=lifespan
)
"""The endpoint by itself, with a database of its own, for an address that only Prometheus reaches:
``uvicorn core.web:metrics_app --host 10.0.0.5 --port 9464``. An app that has the database open may mount it as well."""
