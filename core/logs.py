"""What a program says while it works: one line for each thing, as text for people or as JSON for machines.

The whole house logs with the standard library. ``configure()`` gives it one handler, on the root logger, for our lines
and everybody else's: uvicorn's, Celery's, an app's. Each line has the correlation id of what is being done
(``core.correlation``), and no secrets that can be told by their name or form (``core.masking``).
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime

from structlog.processors import format_exc_info
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, WrappedLogger

from core import correlation, masking
from core.settings import settings

_SERVERS = ("celery", "celery.redirected", "celery.task", "uvicorn", "uvicorn.access", "uvicorn.error")
"""They have handlers of their own, beside which ours would say everything twice."""

_INDISCREET = ("aiosqlite", "httpcore", "httpx")
"""At INFO the last two tell every address that is called, and some are secret (``job_pings``); at DEBUG the first tells
the values of every statement."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {*("asctime", "color_message", "event", "message", "taskName")}
_TRACES = ("exception", "stack_info")
_NAMELESS = {"timestamp", "level", "logger", "event", *_TRACES}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_QUERY = re.compile(r"\?\S*")


class _Formatter(ProcessorFormatter):
    """Renders a line whatever is in it: what can't be logged must not stop what it tells of."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and below it the traceback if it is text."""
        try:
            return super().format(record)
        except Exception as error:  # noqa: BLE001  the __str__ of what is to be logged may raise anything
            said = f"{record.msg!r} could" if isinstance(record.msg, str) else "A line could"
            said += f" not be logged: {type(error).__name__}"
            place = (record.name, record.levelno, record.pathname, record.lineno)
            return super().format(logging.LogRecord(*place, said, None, None))


def configure() -> None:
    """Have everything that this process logs from now on shown as ``settings()`` say, on the standard error stream.

    The handlers that are there go. Called again, it does the same again.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _Formatter(processors=[format_exc_info, _describe, _as_json if settings().log_format == "json" else _as_text])
    )
    for name in _SERVERS:
        server = logging.getLogger(name)
        server.handlers.clear()
        server.propagate = True
    for name in _INDISCREET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings().log_level)


def _describe(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Say when, how grave, where and for what, and what else was given (``extra=``, or a structlog logger's names)."""
    record: logging.LogRecord = line["_record"]
    given = {**vars(record), **line}
    if record.name.startswith("celery."):
        given.pop("data", None)  # The task's arguments, among others.
    said = str(line["event"]).rstrip("\n")
    if record.name == "uvicorn.access":
        said = _QUERY.sub("", said)  # The tokens of links and the codes of providers are there.
    described: EventDict = {
        "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
        "level": record.levelname,
        "logger": record.name,
        "event": masking.masked(said),
    }
    if (correlation_id := correlation.current()) is not None:
        described["correlation_id"] = correlation_id
    for name, value in given.items():
        if name in _TRACES:
            if value:
                described[name] = masking.masked(str(value))
        elif name not in _STANDARD and name not in described and not name.startswith("_"):
            described[name] = masking.shown(value, name=name)
    return described


def _as_json(_: WrappedLogger, __: str, line: EventDict) -> str:
    return json.dumps(line)


def _as_text(_: WrappedLogger, __: str, line: EventDict) -> str:
    first = f"{line['timestamp']} {line['level']} {_on_one_line(line['event'])}"
    fields = [f"{name}={_on_one_line(line[name])}" for name in line if name not in _NAMELESS]
    return "\n".join([" ".join([first, *fields]), *(line[name] for name in _TRACES if name in line)])


def _on_one_line(value: object) -> str:
    """What somebody sends us can't begin a line of its own, and half a surrogate pair has no UTF-8."""
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], str(value))
