"""``stylobate db stats``: what the database does."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.db.asking import Json, say, wrong
from core.errors import Unavailable

if TYPE_CHECKING:
    from rich.text import Text

    from core.settings import DatabaseUrl
    from core.statistics import Everything

_PATIENCE = 15.0
"""Seconds for an answer. The server gives up long before, unless it is frozen."""


def stats(
    only: Annotated[
        str | None,
        typer.Option(
            metavar="PARTS",
            help="Some of locks, transactions, connections, slow, tables, indexes, cache, wraparound and file.",
        ),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Look again and again, until Ctrl-C.")] = False,
    every: Annotated[float, typer.Option(min=0.5, metavar="SECONDS", help="How often, with --watch.")] = 2.0,
    quick_check: Annotated[
        bool, typer.Option("--quick-check", help="Read the whole SQLite file and see whether it is intact.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show what the database does: slow queries, locks, sizes, dead rows, indexes that are good for nothing.

    Each question gives up after five seconds, so a server in production may be asked. docs/statistics.md says how to
    read the answers, and what to do. DIRECT_DATABASE_URL is used where it is set. Exits with 1 when --quick-check finds
    the file broken.
    """
    from core.statistics import PARTS

    parts = tuple(part.strip() for part in only.split(",")) if only else PARTS
    unknown = sorted(set(parts) - set(PARTS))
    if unknown:
        wrong(f"there is no {unknown[0]}: name some of {', '.join(PARTS)}, with commas between")
    if watch and quick_check:
        wrong("--quick-check reads the whole file, and is not for --watch")
    url = _url()
    if quick_check and url.dialect != "sqlite":
        wrong("--quick-check is for SQLite; PostgreSQL's files are checked by pg_amcheck")
    if watch:
        with suppress(KeyboardInterrupt):
            asyncio.run(_again(url, parts, every, as_json=as_json))
        return
    found, broken = asyncio.run(_look(url, parts, quick_check=quick_check))
    if as_json:
        say(_plain(found) if broken is None else {**_plain(found), "broken": broken})
    else:
        _print(found)
        for words in ["", "Quick check", *(broken or ["the file is intact"])] if broken is not None else []:
            typer.echo(words)
    if broken:
        raise typer.Exit(1)


def _url() -> "DatabaseUrl":
    from core.settings import PostgresUrl, settings

    url = settings().direct_database
    return replace(url, command_timeout=_PATIENCE) if isinstance(url, PostgresUrl) else url


async def _look(
    url: "DatabaseUrl", parts: tuple[str, ...], *, quick_check: bool
) -> "tuple[Everything, list[str] | None]":
    """What there is, and what is broken; None where nobody wants to know."""
    from core import database, statistics

    async with database.connected(url, migrated=False):
        found = await statistics.everything(only=parts)
        return found, await statistics.quick_check() if quick_check else None


async def _again(url: "DatabaseUrl", parts: tuple[str, ...], every: float, *, as_json: bool) -> None:
    """Look every so many seconds. A database that goes away is waited for."""
    from rich.console import Console

    from core import database, statistics
    from core.cli.db.drawing import drawn
    from core.cli.screen import live

    async def page() -> "list[Text]":
        return drawn(await statistics.everything(only=parts))

    console = Console(highlight=False)
    async with database.connected(url, migrated=False):
        if console.is_terminal and not as_json:
            await live(console, page, every)
        while True:
            try:
                found = await statistics.everything(only=parts)
            except Unavailable as error:
                typer.echo(str(error), err=True)
            else:
                say(_plain(found)) if as_json else _print(found)
            await asyncio.sleep(every)


def _print(found: "Everything") -> None:
    from rich.console import Console

    from core.cli.db.drawing import drawn

    console = Console(soft_wrap=True, highlight=False)
    for line in drawn(found):
        console.print(line)


def _plain(found: "Everything") -> dict[str, Any]:
    """With the names of what it holds, and without what was not asked for."""
    return {name: _named(value) for name, value in found._asdict().items() if value is not None}


def _named(value: Any) -> Any:  # noqa: ANN401  what JSON can hold
    if isinstance(value, list):
        return [_named(each) for each in value]
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: _named(each) for name, each in value._asdict().items()}
    return value
