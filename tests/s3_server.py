"""A server that speaks S3, as a process of its own, and one that never says anything."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import httpx

from core.settings import overridden
from tests.programs import running

ACCESS_KEY, SECRET_KEY = "AKIASTYLOBATE", "secret/key+of=the/tests"
BUCKET = "backups"
LOCATION = f"s3://{BUCKET}/stylobate/prod"


@asynccontextmanager
async def s3_server(*, knows_nobody: bool = False) -> AsyncIterator[str]:
    """Run one with the bucket ``BUCKET``, and return its address.

    Args:
        knows_nobody: whether it refuses every key, once the bucket is there.
    """
    allowed = "1" if knows_nobody else "inf"
    async with running("moto.server", "-H", "127.0.0.1", "-p", "0", INITIAL_NO_AUTH_ACTION_COUNT=allowed) as program:
        line = await program.until("Running on http")
        address = line.rpartition(" ")[2].strip()
        async with httpx.AsyncClient() as client:
            (await client.put(f"{address}/{BUCKET}")).raise_for_status()
        yield address


@asynccontextmanager
async def mute_server() -> AsyncIterator[str]:
    """Run one that accepts every connection and never answers, and return its address."""
    over = asyncio.Event()

    async def listen(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        server.close()
        over.set()


@contextmanager
def at(address: str) -> Iterator[None]:
    """Have the settings that lead there."""
    with overridden(
        backup_store=LOCATION,
        aws_endpoint_url=address,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    ):
        yield


Spoil = Callable[[bytes, int], bytes | None]
"""What is passed on instead of some bytes, when so many went before on this connection; None hangs up."""


def _honest(data: bytes, _before: int) -> bytes:
    return data


@asynccontextmanager
async def spoiling_proxy(address: str, *, up: Spoil = _honest, down: Spoil = _honest) -> AsyncIterator[str]:
    """Run a network that does things to what passes through it on the way to a server, and return its address."""
    server_host, server_port = address.removeprefix("http://").split(":")

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, spoil: Spoil) -> None:
        before = 0
        while data := await reader.read(1 << 16):
            spoiled = spoil(data, before)
            if spoiled is None:
                break
            before += len(data)
            writer.write(spoiled)
            await writer.drain()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        its_reader, its_writer = await asyncio.open_connection(server_host, int(server_port))
        ways = [
            asyncio.create_task(pass_on(reader, its_writer, up)),
            asyncio.create_task(pass_on(its_reader, writer, down)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            its_writer.close()
            writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        server.close()
