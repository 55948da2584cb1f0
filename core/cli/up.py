"""``stylobate up``: the whole system on a laptop, in one terminal, until Ctrl-C."""

import asyncio
import fcntl
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from core.errors import Unavailable

if TYPE_CHECKING:
    from rich.console import Console

    from core.cli.supervisor import Supervisor

_FIRST_MINUTE = 60.0


def up(
    sqlite: Annotated[bool, typer.Option("--sqlite", help="On a SQLite file instead of PostgreSQL.")] = False,
    app: Annotated[str | None, typer.Option(metavar="MODULE:APP", help="An ASGI app to serve as well.")] = None,
    port: Annotated[int, typer.Option(help="The app's port; another free one when it is taken.")] = 8000,
    sample: Annotated[Path | None, typer.Option(help="Sample rows for a database that is still empty.")] = None,
) -> None:
    """Bring up everything, and stop everything with Ctrl-C.

    PostgreSQL and Valkey come from wheels and keep their data in var/; DATABASE_URL and REDIS_URL, where they are
    set, are used instead. The schema is migrated, and a worker, beat and the app run until Ctrl-C. Started again, it
    goes on with the same data. While it runs, other commands in the same place find its servers by themselves.
    """
    from rich.console import Console

    from core.settings import RUN_ENV, read_again

    console = Console(highlight=False, soft_wrap=True)
    with ExitStack() as servers:
        servers.enter_context(_alone(RUN_ENV.parent))
        RUN_ENV.unlink(missing_ok=True)  # What an earlier run has left says nothing any more.
        environment = _servers(servers, console, RUN_ENV.parent, sqlite=sqlite)
        servers.enter_context(_announced(environment, RUN_ENV))
        os.environ.update(environment)
        read_again()
        # On a laptop it is no news, and four lines long.
        os.environ["PYTHONWARNINGS"] = "ignore:You're running the worker with superuser privileges"
        asyncio.run(_run(console, app, port, sample))
        console.print("stopping the servers ...")
    console.print("stopped; nothing is left running")


@contextmanager
def _alone(var: Path) -> Iterator[None]:
    """Be the only one in this place."""
    var.mkdir(exist_ok=True)
    with (var / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable(
                "`stylobate up` already runs here", remedy="use that one, or start this one in another folder"
            ) from None
        yield


def _servers(servers: ExitStack, console: "Console", var: Path, *, sqlite: bool) -> dict[str, str]:
    """Start what is not there already, and say where everything is."""
    from core.local.postgres import Postgres
    from core.local.valkey import Valkey
    from core.settings import read_again

    there = read_again()
    environment: dict[str, str] = {}
    if sqlite:
        environment["DATABASE_URL"] = f"sqlite://{var.resolve()}/stylobate.db"
        console.print(f"SQLite file {var}/stylobate.db")
    elif there.database_url is None:
        postgres = servers.enter_context(Postgres(var / "postgres"))
        postgres.create_database("stylobate")
        environment["DATABASE_URL"] = postgres.url("stylobate")
        console.print(f"PostgreSQL on {_place(postgres.url())}, data in {postgres.data}")
    if there.redis_url is None and there.broker_url is None:
        valkey = servers.enter_context(Valkey(var / "valkey"))
        environment["REDIS_URL"] = valkey.url()
        console.print(f"Valkey on {_place(valkey.url())}, data in {var}/valkey")
    if not there.secrets:
        environment["STYLOBATE_SECRETS"] = f"1:{_secret(var / 'secret')}"
    return environment


def _secret(file: Path) -> str:
    """The key of this folder's sealed values, made at the first start."""
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(32))
    return file.read_text()


def _place(url: str) -> str:
    """The URL's host and port, without its password."""
    return urlsplit(url).netloc.rpartition("@")[2]


@contextmanager
def _announced(environment: dict[str, str], note: Path) -> Iterator[None]:
    """Leave a note for commands in other terminals, readable for this account only."""
    note.touch(mode=0o600)
    note.write_text("".join(f"{name}={value}\n" for name, value in environment.items()))
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


async def _run(console: "Console", app: str | None, port: int, sample: Path | None) -> None:
    from core import database, migrate
    from core.cli import sample as samples
    from core.cli.supervisor import Supervisor

    async with AsyncExitStack() as stack:
        async with database.connected(migrated=False):
            async for name in migrate.migrate():
                console.print(f"applied {name}")
        await stack.enter_async_context(database.connected())
        if sample and await samples.wanted():
            await samples.load(sample)
            console.print(f"imported {sample}")

        supervisor = Supervisor(console, os.environ)
        await stack.enter_async_context(supervisor.until_asked())
        cleanup = asyncio.create_task(_watch_cleanup(console))
        stack.callback(cleanup.cancel)
        celery = ("celery", "--quiet", "-A", "tasks")
        await supervisor.start("worker", *celery, "worker", "--concurrency=2", "--loglevel=INFO")
        await supervisor.start("beat", *celery, "beat", "--loglevel=WARNING")
        if app:
            await _serve(console, supervisor, app, _free(port))
        await supervisor.wait()
        console.print("stopping the worker, beat and the app ...")


async def _serve(console: "Console", supervisor: "Supervisor", app: str, port: int) -> None:
    await supervisor.start("app", "uvicorn", app, "--host=127.0.0.1", f"--port={port}", "--log-level=info")
    console.print(f"the app will be on http://127.0.0.1:{port}, its pages on http://127.0.0.1:{port}/docs")


def _free(port: int) -> int:
    """This port, or one that nobody has."""
    for candidate in (port, 0):
        with socket.socket() as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return int(attempt.getsockname()[1])
    return port


async def _watch_cleanup(console: "Console") -> None:
    """Say what the jobs of the first minute did, as the database shows it."""
    from core.cli import sample

    before = await sample.count()
    for name, rows in before.items():
        console.print(f"{name}: {rows.expired:,} expired, {rows.live:,} live")
    waiting = {name for name, rows in before.items() if rows.expired}
    async with asyncio.timeout(_FIRST_MINUTE):
        while waiting:
            await asyncio.sleep(0.5)
            now = await sample.count()
            for name in sorted(waiting):
                if not now[name].expired:
                    waiting.remove(name)
                    console.print(
                        f"[bold green]{name}: {before[name].expired:,} expired removed, {now[name].live:,} live kept[/]"
                    )
