"""Serving it, to this machine alone."""

import asyncio
import socket
import webbrowser
from collections.abc import Callable

import uvicorn

from core.studio import acting
from core.studio.gate import Gate
from core.studio.opening import opened
from core.studio.pages import application

HOST = "127.0.0.1"


def listen(port: int) -> socket.socket:
    """This port, or a free one where somebody has it."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError:
        listening.bind((HOST, 0))
    listening.listen()
    return listening


async def serve(*, port: int, write: bool, browser: bool, tell: Callable[[str], object]) -> None:
    """Serve the studio until somebody stops it.

    Args:
        port: where, if it is free.
        write: whether rows may be changed.
        browser: whether to open the link.
        tell: is given the link.

    Raises:
        Unavailable: the database can't be opened.
    """
    async with opened(write=write):
        with listen(port) as listening:
            gate = Gate(application(write=write), port=listening.getsockname()[1])
            # No access log: the first request has the key in it. No proxy is believed.
            config = uvicorn.Config(
                gate, log_level="warning", access_log=False, server_header=False, proxy_headers=False, lifespan="off"
            )
            tell(gate.link)
            if browser:
                await asyncio.to_thread(webbrowser.open, gate.link)
            await _until_stopped(uvicorn.Server(config), listening)
        await acting.stop()


async def _until_stopped(server: uvicorn.Server, listening: socket.socket) -> None:
    try:
        await server.serve(sockets=[listening])
        await asyncio.sleep(0)  # The Ctrl-C that stopped it is passed on, and arrives here.
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or not server.should_exit:
            raise
        task.uncancel()  # There is still a database to close.
