"""Peers as programs of their own, in environments of their own, that wait for their turn.

What they need stands in ``peers/NAME.txt`` (or ``.json``, for npm) and is put into ``var/benchmarks``, once.
"""

import asyncio
import os
import re
import shutil
import subprocess
import venv
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from core.local.postgres import Postgres

HERE = Path(__file__).parent / "peers"
ROOT = HERE.parents[1]


class Peer(NamedTuple):
    """Somebody else's way to say who is asking."""

    name: str
    program: str
    how: str
    options: tuple[str, ...] = ()

    @property
    def pins(self) -> Path:
        """The versions that it is made of."""
        python = HERE / f"{self.program}.txt"
        return python if python.exists() else HERE / f"{self.program}.json"


PEERS = (
    Peer("fastapi-users", "fastapi_users_strategy", "DatabaseStrategy.read_token on SQLAlchemy and asyncpg"),
    Peer("tortoise-auth", "tortoise_auth_service", "AuthService.authenticate with DatabaseTokenBackend"),
    Peer(
        "fastapi-fullauth",
        "fastapi_fullauth_user",
        "current_user on SQLAlchemy and asyncpg. It looks up no session: a JWT is checked and its person read",
    ),
    Peer("better-auth-server", "better_auth_server", "load_session on SQLAlchemy and asyncpg"),
    Peer("Django", "django_sessions", "SessionStore and get_user, synchronous, with psycopg; at once: threads"),
    Peer("better-auth", "better_auth", "auth.api.getSession on Node with pg, its cookie cache off"),
    Peer("better-auth with joins", "better_auth", "the same with advanced.database.joins", ("joins",)),
)


class NotMeasured(Exception):  # noqa: N818  a state, and no fault of ours
    """A peer can't be: this says why."""


class Rival:
    """A peer's program that is ready."""

    def __init__(self, process: asyncio.subprocess.Process, version: str) -> None:
        self._process, self.version = process, version

    async def per_second(self, *, times: int, at_once: int = 1) -> float:
        """A round: as many questions, so many at once, as questions a second."""
        assert self._process.stdin is not None  # noqa: S101  a pipe
        self._process.stdin.write(f"{times} {at_once}\n".encode())
        return times // at_once * at_once / float(await self.line())

    async def line(self) -> str:
        """What it says next."""
        assert self._process.stdout is not None  # noqa: S101  the same
        line = await self._process.stdout.readline()
        if not line:
            raise NotMeasured(f"It ended with exit code {await self._process.wait()}.")
        return line.decode().strip()


class Rivals(NamedTuple):
    """Peers by their names: those that are ready, and why the others are not."""

    there: dict[str, Rival]
    absent: dict[str, str]


async def all_ready(stack: AsyncExitStack, peers: Iterable[Peer], server: Postgres, *, sessions: int) -> Rivals:
    """Have as many of the peers ready as can be, until the stack is left."""
    rivals = Rivals({}, {})
    for peer in peers:
        try:
            rivals.there[peer.name] = await stack.enter_async_context(ready(peer, server, sessions=sessions))
        except NotMeasured as error:
            rivals.absent[peer.name] = str(error)
    return rivals


@asynccontextmanager
async def ready(peer: Peer, server: Postgres, *, sessions: int) -> AsyncIterator[Rival]:
    """Install it unless it is there, start it on a database of its own, and wait until that is filled.

    Raises:
        NotMeasured: it can't be installed, or does not come so far.
    """
    folder = await asyncio.to_thread(_installed, peer)
    database = peer.program + "".join(peer.options)
    server.create_database(database)
    python = (folder / "bin/python", HERE / f"{peer.program}.py")
    program = python if _is_python(peer) else ("node", folder / "peer.mjs")
    said = folder / "stderr.txt"
    with said.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            *program,
            str(sessions),
            *peer.options,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATABASE_URL": server.url(database)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
    try:
        rival = Rival(process, _version(peer))
        while await rival.line() != "ready":
            pass
        yield rival
    except NotMeasured as error:
        last = said.read_text(errors="replace").strip().splitlines()[-1:]
        raise NotMeasured(_anywhere(" ".join([str(error), *last]))) from None
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _is_python(peer: Peer) -> bool:
    return peer.pins.suffix == ".txt"


def _installed(peer: Peer) -> Path:
    """The folder of its environment."""
    folder, pins = ROOT / "var/benchmarks" / peer.program, peer.pins.read_text()
    done = folder / "installed"
    if not done.exists() or done.read_text() != pins:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if _is_python(peer):
            venv.create(folder, with_pip=True)
            _install(folder / "bin/python", "-m", "pip", "install", "--quiet", "--requirement", peer.pins)
        else:
            (folder / "package.json").write_text(pins)
            _install("npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts", "--silent")
        done.write_text(pins)
    if not _is_python(peer):
        shutil.copy(HERE / f"{peer.program}.mjs", folder / "peer.mjs")  # Node looks for packages beside the program.
    return folder


def _install(*command: str | Path) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  as written here
    except FileNotFoundError:
        raise NotMeasured(f"There is no {command[0]}.") from None
    except subprocess.CalledProcessError as error:
        lines = (error.stderr or "").strip().splitlines()
        raise NotMeasured(_anywhere(f"It can't be installed: {lines[-1] if lines else error}")) from None


def _anywhere(text: str) -> str:
    """A reason that is to be published, without places of this machine and addresses of registries."""
    return re.sub(r"\w+://\S+", "...", text.replace(str(ROOT), "."))


def _version(peer: Peer) -> str:
    """Of the peer itself, which its list names first."""
    lines = peer.pins.read_text().splitlines()
    if _is_python(peer):
        return lines[0].partition("==")[2]
    return next(line.split('"')[3] for line in lines if f'"{peer.name.split()[0]}"' in line)
