"""Against a collector that is a real server: what it is sent, and what it is never sent."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from core.local.valkey import Valkey
from tests.programs import ROOT

SECRET = "hunter2"


class Received(NamedTuple):
    """A span, its attributes, and the service that sent it."""

    span: Span
    attributes: dict[str, str]
    service: str


class Collector(ThreadingHTTPServer):
    """Takes OTLP over HTTP."""

    bodies: list[bytes]

    @property
    def received(self) -> list[Received]:
        return [
            Received(
                span,
                {each.key: each.value.string_value for each in span.attributes},
                next(it.value.string_value for it in resource.resource.attributes if it.key == "service.name"),
            )
            for body in self.bodies
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


class Taking(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector(("127.0.0.1", 0), Taking) as server:
        server.bodies = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def perform(program: str, collector: Collector | None = None, **environment: str) -> str:
    """Run a program whose spans go to the collector, to its end, and return what it printed."""
    if collector is not None:
        environment |= {
            "STYLOBATE_TRACING": "true",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}",
        }
    done = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", program],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout.strip()


QUERIES = f"""
import asyncio
from contextlib import suppress
from core import correlation, database, tracing
from core.database.statements import fetch

async def main():
    async with database.connected(migrated=False):
        with correlation.bound("request-1"):
            await fetch("SELECT $1::text, 'it''s {SECRET}', 7", "{SECRET}")
        with suppress(Exception):
            await fetch("SELECT $1::int", "{SECRET}")
        with suppress(Exception):
            await fetch("SELECT ($1::text)::int", "{SECRET}")

tracing.setup("stylobate-worker")
tracing.setup("stylobate-worker")
asyncio.run(main())
tracing.shutdown()
"""


@pytest.mark.only("postgres")
def test_a_query_is_a_span_without_its_values(collector: Collector) -> None:
    perform(QUERIES, collector)

    spans = {each.attributes["db.statement"]: each for each in collector.received}
    query = spans["SELECT $1::text, '?', 7"]
    assert query.span.name == "SELECT"
    assert query.span.end_time_unix_nano > query.span.start_time_unix_nano
    assert query.attributes["stylobate.correlation_id"] == "request-1"
    assert SECRET.encode() not in b"".join(collector.bodies)


@pytest.mark.only("postgres")
def test_of_an_error_only_its_class_is_sent(collector: Collector) -> None:
    perform(QUERIES, collector)

    failed = [each.span for each in collector.received if each.span.status.code == Status.STATUS_CODE_ERROR]
    told = [{it.key: it.value.string_value for it in event.attributes} for span in failed for event in span.events]
    assert [it["exception.type"].rpartition(".")[2] for it in told] == ["DataError", "InvalidTextRepresentationError"]
    assert {key for each in told for key in each} == {"exception.type", "exception.escaped"}
    assert [span.status.message for span in failed] == ["", ""]


STORY = """
import asyncio
from core import authentication, correlation, database, sessions, tracing
from core.crypto import tokens

async def main():
    async with database.connected():
        with correlation.bound("request-1"):
            ada = await authentication.sign_up(
                name="Ada", email="ada.lovelace@example.org", password="correct horse hunter2"
            )
            await sessions.authenticate(ada.token)
            successor = await sessions.refresh(ada.token)
        print(ada.token, successor.token, tokens.digest(ada.token), tokens.digest(successor.token))

tracing.setup("stylobate-app")
asyncio.run(main())
tracing.shutdown()
"""


@pytest.mark.only("postgres")
def test_what_people_do_is_spans_of_statements_without_what_they_gave(db: None, collector: Collector) -> None:
    said = perform(STORY, collector)

    statements = {each.attributes.get("db.statement", ""): each for each in collector.received}
    query = next(each for text, each in statements.items() if 'FROM "session" s JOIN "user" u' in text)
    assert query.attributes["stylobate.correlation_id"] == "request-1"
    assert any(text.startswith('INSERT INTO "user"') for text in statements)
    sent = b"".join(collector.bodies)
    for secret in (*said.split(), "ada.lovelace@example.org", SECRET):
        assert secret.encode() not in sent


SPAN = """
from core import tracing
from opentelemetry import trace

tracing.setup("stylobate-beat")
with trace.get_tracer("test").start_as_current_span("work"):
    pass
"""


@pytest.mark.parametrize(
    ("environment", "name"),
    [({}, "stylobate-beat"), ({"OTEL_SERVICE_NAME": "ours"}, "ours")],
    ids=["ours-by-default", "theirs-if-set"],
)
def test_the_service_is_what_the_process_is_unless_the_environment_says(
    environment: dict[str, str], name: str, collector: Collector
) -> None:
    perform(SPAN, collector, **environment)  # Nothing is flushed: a process that just ends does it by itself.

    assert [(each.span.name, each.service) for each in collector.received] == [("work", name)]


FORKED = """
import os
from core import tracing
from opentelemetry import trace

child = os.fork()
if child == 0:
    tracing.setup("stylobate-worker")
    with trace.get_tracer("test").start_as_current_span(f"work in {os.getpid()}"):
        pass
    tracing.shutdown()
    os._exit(0)
os.waitpid(child, 0)
print(child)
"""


def test_a_child_of_a_fork_sends_its_own(collector: Collector) -> None:
    child = perform(FORKED, collector)

    assert [each.span.name for each in collector.received] == [f"work in {child}"]


PUBLISHED = f"""
from celery import Celery
from core import tracing
import os

tracing.setup("app")
app = Celery("test", broker=os.environ["REDIS_URL"])

@app.task(name="a.task")
def work(word):
    pass

app.send_task("a.task", kwargs={{"word": "{SECRET}"}}, queue="tracing")
tracing.shutdown()
"""


def test_a_message_is_a_span_without_its_arguments(valkey: Valkey, collector: Collector) -> None:
    perform(PUBLISHED, collector, REDIS_URL=valkey.url())

    assert [each.span.name for each in collector.received] == ["apply_async/a.task"]
    assert SECRET.encode() not in b"".join(collector.bodies)


REQUESTED = f"""
import asyncio
import httpx
from fastapi import FastAPI
from core import tracing, web

app = FastAPI()
web.install(app)

@app.get("/verify/{{word}}")
async def verify(word: str, token: str):
    raise ValueError(token)

async def main():
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        await client.get("/verify/this?token={SECRET}&code={SECRET}", headers={{"X-Request-ID": "request-1"}})

tracing.setup("app")
asyncio.run(main())
tracing.shutdown()
"""


def test_a_request_is_a_span_with_its_id_and_without_its_query(collector: Collector) -> None:
    perform(REQUESTED, collector)

    server = [each for each in collector.received if each.span.kind == Span.SPAN_KIND_SERVER]
    assert [each.attributes["stylobate.correlation_id"] for each in server] == ["request-1"]
    assert [each.attributes["url.path"] for each in server] == ["/verify/this"]
    assert SECRET.encode() not in b"".join(collector.bodies)


def test_a_collector_that_is_away_is_waited_for_a_little_and_no_more() -> None:
    said = perform(
        SPAN + "import time\nbegan = time.monotonic()\ntracing.shutdown()\nprint(time.monotonic() - began < 8)",
        STYLOBATE_TRACING="true",
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1",
    )

    assert "True" in said.splitlines()


def test_when_it_is_off_nothing_is_imported() -> None:
    said = perform(
        "import sys; from core import tracing; tracing.setup('app'); tracing.shutdown(); "
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )

    assert said == "[]"


def test_without_the_extra_it_says_what_to_install() -> None:
    said = perform(
        "import sys; sys.modules['opentelemetry'] = None\n"
        "from core import tracing\n"
        "try: tracing.setup('app')\n"
        "except tracing.TracingMissing as error: print(error, '|', error.remedy)",
        STYLOBATE_TRACING="true",
    )

    assert said == "STYLOBATE_TRACING is on, and OpenTelemetry is not installed | pip install 'stylobate[otel]'"
