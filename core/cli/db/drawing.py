"""The statistics as a page for people."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from rich.filesize import decimal
from rich.text import Text

from core.cli.tables import Row, harmless, span, table
from core.statistics import (
    Age,
    Cache,
    Connections,
    Everything,
    File,
    Index,
    Lock,
    Overview,
    SlowQueries,
    Table,
    Transaction,
)

_MANY = 20
_SMALL = 1_000_000
"""Bytes. Below, an index that nobody reads costs nothing."""
_DEAD, _DEAD_SHARE = 1_000, 0.2
_LONG = 300
_LONG_QUERY = 400
"""Characters. All of it is in the JSON."""
_NEARLY_FULL = 0.8


def drawn(found: Everything) -> list[Text]:
    """The lines."""
    lines = [*_overview(found.overview, found)]
    for name, (title, draw) in _PARTS.items():
        value = getattr(found, name)
        if name in found.failed:
            lines += [Text(), Text(title, "bold underline"), _said(found.failed[name], "yellow")]
        elif value is not None and (value or found.dialect == "postgres"):
            lines += [Text(), Text(title, "bold underline"), *draw(value, found)]
    return lines


def _said(words: str, style: str = "") -> Text:
    return Text(harmless(words), style)


def _overview(overview: Overview, found: Everything) -> Iterator[Text]:
    facts = [overview.version, overview.database, decimal(overview.bytes)]
    if overview.connection_limit:
        facts.append(f"{overview.connections} of {overview.connection_limit} connections")
    if overview.counted_since:
        facts.append(f"counted for {span(found.at - overview.counted_since)}")
    yield _said("   ".join([f"{found.at:%Y-%m-%d %H:%M:%S} UTC", *facts]), "dim")
    if overview.hidden:
        yield _said(f"{overview.hidden}; {overview.remedy}", "yellow")


def _locks(locks: list[Lock], _: Everything) -> Sequence[Text]:
    rows = [
        Row(
            (
                _process(it.waiting.pid, it.waiting.application),
                Text(_seconds(it.seconds), "red"),
                it.mode,
                harmless(it.target),
                _process(it.blocking.pid, it.blocking.application) if it.blocking.pid else "a prepared transaction",
                harmless(it.blocking.state),
                _seconds(it.blocking.seconds),
            ),
            f"{_start(it.waiting.query)}  waits for  {_start(it.blocking.query) or '?'}",
        )
        for it in locks
    ]
    if not rows:
        return [Text("nobody waits for a lock", "dim")]
    return table(("Process", "Waits", "Lock", "On", "Held by", "State", "Open for"), rows)


def _process(pid: int, application: str) -> str:
    return harmless(f"{pid} {application}".strip())


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return "?"
    return span(timedelta(seconds=seconds)) if seconds >= 1 else f"{seconds * 1000:.3g} ms"


def _transactions(transactions: list[Transaction], _: Everything) -> Sequence[Text]:
    rows = [
        Row(
            (
                harmless(f"{it.pid or ''}"),
                harmless(it.application or it.kind),
                harmless(it.user or ""),
                Text(_seconds(it.seconds), "red" if it.seconds >= _LONG and it.state != "active" else ""),
                harmless(it.state),
                harmless(it.waits_for or ""),
                f"{it.xid_age:,}" if it.xid_age is not None else "",
            ),
            _start(it.query),
        )
        for it in transactions
    ]
    if not rows:
        return [Text("none is open", "dim")]
    return table(("Process", "Program", "Role", "Open for", "State", "Waits for", "Age"), rows)


def _connections(connections: list[Connections], found: Everything) -> Sequence[Text]:
    rows = [
        Row((f"{it.sessions:,}", harmless(it.state), _seconds(it.seconds), harmless(it.application), it.database))
        for it in connections
    ]
    lines = table(("Number", "State", "At most for", "Program", "Database"), rows)
    overview = found.overview
    if (
        overview
        and overview.connection_limit
        and (overview.connections or 0) > _NEARLY_FULL * overview.connection_limit
    ):
        lines.append(_said(f"{overview.connections} of {overview.connection_limit} are taken", "red"))
    return lines


def _slow(slow: SlowQueries, _: Everything) -> Sequence[Text]:
    rows = [
        Row(
            (
                _seconds(it.seconds),
                _seconds(it.mean_seconds),
                _seconds(it.max_seconds),
                f"{it.calls:,}",
                f"{it.rows:,}",
                _share(it.hit_rate),
                harmless(it.user or ""),
            ),
            _start(it.query),
        )
        for it in slow.rows
    ]
    lines = table(("Total", "Mean", "Max", "Calls", "Rows", "From memory", "Role"), rows) if rows else []
    if slow.unavailable:
        lines.append(_said(slow.unavailable, "yellow"))
    if slow.remedy:
        lines.append(_said(f"remedy: {slow.remedy}", "yellow"))
    return lines or [Text("none has been counted yet", "dim")]


def _start(query: str) -> str:
    return query if len(query) <= _LONG_QUERY else f"{query[:_LONG_QUERY]}…"


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def _tables(tables: list[Table], found: Everything) -> Sequence[Text]:
    head, shown = ["Table", "Rows", "Size", "Indexes"], tables[:_MANY]
    if found.dialect == "postgres":
        head += ["Dead", "Vacuumed", "Analyzed"]
        rows = [Row((*_size_of(it), *_state_of(it, found.at))) for it in shown]
    else:
        rows = [Row(_size_of(it)) for it in shown]
    more = [Text(f"and {len(tables) - _MANY:,} more, which are smaller", "dim")] if len(tables) > _MANY else []
    return [*table(head, rows), *more]


def _size_of(it: Table) -> tuple[Text | str, ...]:
    name = it.name if it.schema in {"public", "main"} else f"{it.schema}.{it.name}"
    rows = "?" if it.rows is None else f"{it.rows:,}"
    return harmless(name), rows, _size(it.bytes), _size(it.index_bytes)


def _state_of(it: Table, now: datetime) -> tuple[Text | str, ...]:
    dead, rows = it.dead or 0, it.rows or 0
    much = dead >= _DEAD and dead > _DEAD_SHARE * (dead + rows)
    return (
        Text(f"{dead:,}", "red" if much else ""),
        _ago(now, it.last_vacuum, it.last_autovacuum),
        _ago(now, it.last_analyze, it.last_autoanalyze),
    )


def _ago(now: datetime, *times: datetime | None) -> str:
    known = [time for time in times if time]
    return f"{span(now - max(known))} ago" if known else "never"


def _size(size: int | None) -> str:
    return "?" if size is None else decimal(size)


def _indexes(indexes: list[Index], _: Everything) -> Sequence[Text]:
    wrong = [(it, words) for it in indexes if (words := _wrong(it))]
    rows = [
        Row((harmless(it.name), harmless(it.table), _size(it.bytes), Text(words, "yellow")), it.definition)
        for it, words in sorted(wrong, key=lambda pair: -(pair[0].bytes or 0))
    ]
    known = [f"{len(indexes):,} indexes"]
    if small := sum(it.unused and not _wrong(it) for it in indexes):
        known.append(f"{small:,} of less than {decimal(_SMALL)} were not used, which costs nothing")
    if unknown := sum(not it.analyzed for it in indexes):
        known.append(f"{unknown:,} were never analyzed: `stylobate jobs run database.refresh_statistics`")
    lines = table(("Index", "Table", "Size", "What is wrong"), rows) if rows else []
    return [*lines, Text("; ".join(known), "dim")]


def _wrong(it: Index) -> str:
    words = []
    if not it.valid:
        words.append("being built" if it.building else "invalid: written and never read")
    if it.duplicate_of:
        words.append(f"does the same as {it.duplicate_of}")
    if it.prefix_of:
        words.append(f"{it.prefix_of} begins with the same")
    if it.unused and (it.bytes or 0) >= _SMALL:
        words.append("never used")
    return harmless(", ".join(words))


def _cache(cache: Cache, _: Everything) -> Sequence[Text]:
    return [Text(f"{_share(cache.rate) or 'nothing'} of {cache.hits + cache.reads:,} pages were in memory")]


def _wraparound(ages: list[Age], _: Everything) -> Sequence[Text]:
    rows = [
        Row(
            (
                it.kind,
                harmless(it.name),
                _age(it.xids, it.freeze_at),
                f"{it.xids / it.freeze_at:.1%}",
                _age(it.multixacts, it.multixacts_freeze_at),
                f"{it.multixacts / it.multixacts_freeze_at:.1%}",
            )
        )
        for it in ages
    ]
    return table(("Of a", "Named", "Age", "Of freezing", "Of multixacts", "Of freezing"), rows)


def _age(age: int, freeze_at: int) -> Text:
    return Text(f"{age:,}", "red" if age > freeze_at * 1.5 else "")


def _file(file: File, _: Everything) -> Sequence[Text]:
    free = file.free_pages / file.pages if file.pages else 0
    return [
        _said(f"{decimal(file.bytes)} and {decimal(file.wal_bytes)} beside it (WAL), journal mode {file.journal_mode}"),
        Text(f"{file.pages:,} pages of {file.page_size:,} bytes, {file.free_pages:,} of them free ({free:.1%})"),
    ]


_PARTS: dict[str, tuple[str, Callable[[Any, Everything], Sequence[Text]]]] = {
    "file": ("File", _file),
    "locks": ("Locks", _locks),
    "transactions": ("Longest transactions", _transactions),
    "connections": ("Connections", _connections),
    "slow": ("Slow queries", _slow),
    "tables": ("Tables", _tables),
    "indexes": ("Indexes", _indexes),
    "cache": ("Cache", _cache),
    "wraparound": ("Age of transaction ids", _wraparound),
}
