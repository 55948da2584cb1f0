"""A list as a file, row by row: as long as the table is, it takes the memory of a thousand rows."""

import csv
import io
import json
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from enum import Enum
from typing import Any

from starlette.requests import Request
from starlette.responses import StreamingResponse
from tortoise.queryset import QuerySet

from core.studio.views import TableView

_AT_ONCE = 1_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_KINDS = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


async def export(request: Request, view: TableView, kind: str) -> StreamingResponse | None:
    """What the list shows, filtered as it is, the newest first; None if there is no such kind of file."""
    if kind not in _KINDS:
        return None
    params = view._parse_list_params(request)  # noqa: SLF001  what the list page reads its address with
    rows = await view.narrowed(request, params.q, params.filters)
    names = [view.column(field) for field in view.fields if not field.exclude_from_list]
    write = _csv if kind == "csv" else _json
    return StreamingResponse(
        write(names, rows),
        media_type=_KINDS[kind],
        headers={"Content-Disposition": f'attachment; filename="{view.key}.{kind}"'},
    )


async def _every(rows: QuerySet[Any], names: Iterable[str]) -> AsyncIterator[list[dict[str, Any]]]:
    after = None
    while True:
        further = rows if after is None else rows.filter(id__lt=after)
        found = await further.order_by("-id").limit(_AT_ONCE).values(*names, last="id")
        if found:
            yield found
            after = found[-1]["last"]
        if len(found) < _AT_ONCE:
            return


async def _csv(names: list[str], rows: QuerySet[Any]) -> AsyncIterator[str]:
    line = io.StringIO()
    writer = csv.writer(line)
    writer.writerow(names)
    async for some in _every(rows, names):
        writer.writerows([_cell(row[name]) for name in names] for row in some)
        yield _taken(line)
    yield _taken(line)


def _taken(line: io.StringIO) -> str:
    text = line.getvalue()
    line.seek(0)
    line.truncate()
    return text


def _cell(value: object) -> object:
    """A value that a spreadsheet takes for text, and not for a formula."""
    value = _plain(value)
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA):
        return f"'{value}"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


async def _json(names: list[str], rows: QuerySet[Any]) -> AsyncIterator[str]:
    before = "[\n"
    async for some in _every(rows, names):
        lines = [json.dumps({name: _plain(row[name]) for name in names}, ensure_ascii=False) for row in some]
        yield before + ",\n".join(lines)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value
