import io
import json
import logging
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from core import correlation, logs
from core.settings import overridden
from tests.programs import ROOT, running

SECRET = "hunter2"
SERVERS = ("celery", "celery.task", "uvicorn", "uvicorn.access")
WHEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Unspeakable:
    def __repr__(self) -> str:
        raise RuntimeError("it has no words")


@pytest.fixture
def as_before() -> Iterator[None]:
    """The root logger's handlers are pytest's, and there again afterwards."""
    loggers = [logging.getLogger(name) for name in (None, *SERVERS, "httpx", "httpcore")]
    before = [(logger, logger.level, logger.handlers[:], logger.propagate) for logger in loggers]
    yield
    for logger, level, handlers, propagate in before:
        logger.setLevel(level)
        logger.handlers[:] = handlers
        logger.propagate = propagate
    logging.captureWarnings(capture=False)


class Shown:
    """What this process says on its standard error stream, from ``configure`` on."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def configure(self, form: str = "text") -> None:
        with overridden(log_format=form):
            logs.configure()

    def text(self) -> str:
        return self._capsys.readouterr().err

    def lines(self) -> list[str]:
        return self.text().splitlines()

    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines()]


@pytest.fixture
def shown(as_before: None, capsys: pytest.CaptureFixture[str]) -> Shown:
    return Shown(capsys)


log = logging.getLogger("core.something")


def test_text_is_one_line_with_time_level_and_what_happened(shown: Shown) -> None:
    shown.configure()
    log.info("%s: %s", "sessions.purge_expired", "3 rows")

    (line,) = shown.lines()
    assert WHEN.sub("<time>", line) == "<time> INFO sessions.purge_expired: 3 rows"


def test_json_is_one_object_on_a_line(shown: Shown) -> None:
    shown.configure("json")
    with correlation.bound("request-1"):
        log.warning("%d things", 3, extra={"rows": 7, "names": ("a", "b"), "ratio": float("nan")})

    (record,) = shown.records()
    assert WHEN.fullmatch(record.pop("timestamp"))
    assert record == {
        "level": "WARNING",
        "logger": "core.something",
        "event": "3 things",
        "correlation_id": "request-1",
        "rows": 7,
        "names": ["a", "b"],
        "ratio": "nan",
    }


def test_a_line_has_the_id_of_what_it_belongs_to_and_no_other_has(shown: Shown) -> None:
    shown.configure()
    with correlation.bound("request-1"):
        log.info("within")
    log.info("after")

    within, after = shown.lines()
    assert within.endswith(" INFO within correlation_id=request-1")
    assert after.endswith(" INFO after")


def test_an_exception_is_text_in_either_form(shown: Shown) -> None:
    shown.configure("json")
    try:
        raise ValueError("what went wrong")
    except ValueError:
        log.exception("it failed")
        (record,) = shown.records()
        shown.configure("text")
        log.exception("it failed")
    first, *trace = shown.lines()

    assert record["exception"].startswith("Traceback (most recent call last):\n")
    assert record["exception"].endswith("\nValueError: what went wrong")
    assert first.endswith(" ERROR it failed")
    assert trace == record["exception"].splitlines()


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_in_any_part_of_a_line(form: str, shown: Shown) -> None:
    shown.configure(form)
    try:
        raise OSError(f"no answer from amqp://user:{SECRET}@host\nDETAIL:  Key (name)=({SECRET}) already exists.")
    except OSError:
        log.exception(
            "no broker at %s",
            f"redis://:{SECRET}@host:6379/0",
            extra={
                "password": SECRET,
                "headers": {"Authorization": f"Bearer {SECRET}", "Cookie": SECRET},
                "code": SECRET,
            },
        )

    said = shown.text()
    assert SECRET not in said
    assert "no broker at redis://***@host:6379/0" in said
    assert said.count("***") == 8  # one of them in the line of code that raised it


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    "say",
    [
        lambda: log.info("%s and %s", "one"),  # noqa: PLE1206  it happens
        lambda: log.info("%s", Unspeakable()),
        lambda: log.info(Unspeakable()),
        lambda: log.info("said", extra={"thing": Unspeakable()}),
        lambda: log.info("said", extra={"things": {Unspeakable(): [Unspeakable()]}}),
        lambda: log.info("said", exc_info=ValueError(Unspeakable())),
        lambda: log.error("said", exc_info=True),  # noqa: LOG014  the same
        lambda: log.info("half a pair \ud800", extra={"thing": "\ud800"}),
        lambda: log.info("%r", b"\xff\x00"),
        lambda: log.info("said", extra={"event": 1, "level": 2, "timestamp": 3, "_record": 4}),
    ],
    ids=[
        *("arguments", "argument", "message", "extra", "nested", "exception", "no-exception", "surrogate", "bytes"),
        "names-of-ours",
    ],
)
def test_a_line_is_logged_whatever_is_in_it(say: Callable[[], None], form: str, shown: Shown) -> None:
    shown.configure(form)

    say()

    said = shown.text()
    assert "Logging error" not in said
    assert "core.something" in said or form == "text"
    assert len(said.splitlines()) == 1 or "Traceback" in said or form == "text"


def test_what_somebody_sends_begins_no_line_of_its_own(shown: Shown) -> None:
    shown.configure()
    log.info("name: %s", "Ada\n2026-01-01 INFO all is well\x1b[2J\u2028", extra={"agent": "a\r\nb"})

    (line,) = shown.lines()
    assert line.endswith(r"name: Ada\n2026-01-01 INFO all is well\x1b[2J\u2028 agent=a\r\nb")


def test_configuring_twice_says_everything_once(shown: Shown) -> None:
    shown.configure()
    logs.configure()
    logs.configure()

    log.info("once")
    assert len(shown.lines()) == 1


@pytest.mark.parametrize("name", SERVERS)
def test_the_lines_of_servers_come_the_same_way_and_once(name: str, shown: Shown) -> None:
    server, elsewhere = logging.getLogger(name), io.StringIO()
    server.addHandler(logging.StreamHandler(elsewhere))
    server.propagate = False
    server.setLevel(logging.INFO)

    shown.configure("json")
    server.info("a line", extra={"color_message": "a coloured line"})

    (record,) = shown.records()
    assert (record["logger"], record["event"]) == (name, "a line")
    assert "color_message" not in record
    assert elsewhere.getvalue() == ""


def test_the_arguments_of_a_task_and_the_query_of_a_request_are_left_out(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("celery.app.trace", "uvicorn.access"):  # Servers and workers of other tests set them up their way.
        monkeypatch.setattr(logging.getLogger(name), "disabled", False)
        monkeypatch.setattr(logging.getLogger(name), "level", logging.NOTSET)
        logging.getLogger(name).manager._clear_cache()  # type: ignore[attr-defined]
    shown.configure("json")
    logging.getLogger("celery.app.trace").error("Task failed", extra={"data": {"kwargs": f"{{'word': {SECRET!r}}}"}})
    logging.getLogger("uvicorn.access").error(
        '%s - "%s %s HTTP/%s" %d', "127.0.0.1:1", "GET", f"/verify?word={SECRET}", "1.1", 200
    )

    task, request = shown.records()
    assert SECRET not in str(task)
    assert request["event"] == '127.0.0.1:1 - "GET /verify HTTP/1.1" 200'


def test_the_addresses_that_are_called_are_not_told(shown: Shown) -> None:
    shown.configure("json")
    logging.getLogger("httpx").info("HTTP Request: GET https://example.org/%s", SECRET)
    logging.getLogger("httpcore.connection").debug("connect %s", SECRET)

    assert shown.records() == []


def test_the_level_is_the_settings(shown: Shown) -> None:
    with overridden(log_level="WARNING"):
        logs.configure()

    log.info("not this")
    log.warning("but this")

    assert [line.split(" ", 1)[1] for line in shown.lines()] == ["WARNING but this"]


def test_a_warning_of_python_is_a_line_too(shown: Shown) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        shown.configure("json")
        warnings.warn("careful", stacklevel=1)

    (record,) = shown.records()
    assert (record["level"], record["logger"]) == ("WARNING", "py.warnings")
    assert "UserWarning: careful" in record["event"]


def test_an_app_that_speaks_structlog_is_understood(shown: Shown) -> None:
    shown.configure("json")
    structlog.configure(
        processors=[structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    try:
        structlog.get_logger("app").error("sold", pieces=3, token=SECRET)
    finally:
        structlog.reset_defaults()

    (record,) = shown.records()
    del record["timestamp"]
    assert record == {"level": "ERROR", "logger": "app", "event": "sold", "pieces": 3, "token": "***"}


def test_importing_the_core_does_not_import_what_only_the_log_needs() -> None:
    program = "import sys; from core import authentication, sessions; print('structlog' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)

    assert done.stdout.strip() == "False"


APP = """
import logging
from fastapi import FastAPI
from core import logs, web

logs.configure()
app = FastAPI()
web.install(app)


@app.get("/spoken")
async def spoken():
    logging.getLogger("app").info("at work")


@app.get("/broken")
async def broken():
    raise ValueError("nobody caught it")
"""


async def test_every_line_of_a_request_has_its_id_also_the_servers_own(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)

    async with running(
        *("uvicorn", "app:app", "--port=0"), cwd=tmp_path, PYTHONPATH=str(ROOT), STYLOBATE_LOG_FORMAT="json"
    ) as server:
        place = re.search(r"http://127.0.0.1:\d+", await server.until("Uvicorn running on"))
        assert place
        async with httpx.AsyncClient(base_url=place[0]) as client:
            await client.get(f"/spoken?token={SECRET}", headers={"X-Request-ID": "the-first"})
            answer = await client.get("/broken", headers={"X-Request-ID": "the-second"})
        await server.until("nobody caught it")

    records = [json.loads(line) for line in server.lines]
    of = {each: [it for it in records if it.get("correlation_id") == each] for each in ("the-first", "the-second")}
    assert [it["logger"] for it in of["the-first"]] == ["app", "uvicorn.access"]
    assert {it["logger"] for it in of["the-second"]} == {"uvicorn.access", "uvicorn.error"}
    assert any("ValueError: nobody caught it" in it.get("exception", "") for it in of["the-second"])
    assert answer.headers["X-Request-ID"] == "the-second"
    assert SECRET not in server.said
