"""Several programs as one: their lines in one stream, and one end for all."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from rich.console import Console
from rich.text import Text

from core.errors import Unavailable

_PATIENCE = 25.0
"""Seconds that a program has to end by itself: a little more than a worker waits for its running job."""

_COLOURS = {"app": "green", "worker": "cyan", "beat": "magenta"}


class ProgramEnded(Unavailable):
    """A program ended that should go on."""


class Supervisor:
    """Runs programs until one of them ends or somebody asks for the end."""

    def __init__(self, console: Console, environment: Mapping[str, str]) -> None:
        self._console = console
        self._environment = environment
        self._programs: dict[str, asyncio.subprocess.Process] = {}
        self._readers: list[asyncio.Task[None]] = []
        self._asked = asyncio.Event()

    async def start(self, name: str, *arguments: str) -> None:
        """Start a Python module as a program. The terminal's Ctrl-C does not reach it: the end is decided here."""
        program = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *arguments,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        self._programs[name] = program
        self._readers.append(asyncio.create_task(self._show(name, program)))

    async def _show(self, name: str, program: asyncio.subprocess.Process) -> None:
        assert program.stdout is not None  # noqa: S101  it was asked for
        async for line in program.stdout:
            if text := line.decode(errors="replace").rstrip():
                self._console.print(Text(f"{name:>6} ", _COLOURS.get(name, "")), Text(text))

    @asynccontextmanager
    async def until_asked(self) -> AsyncIterator[None]:
        """Listen for Ctrl-C and SIGTERM within the block, and end every program after it."""
        loop = asyncio.get_running_loop()
        for wish in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(wish, self._asked.set)
        try:
            yield
        finally:
            await self._stop()
            for wish in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(wish)

    async def wait(self) -> None:
        """Return when somebody asks for the end.

        Raises:
            ProgramEnded: a program ended before.
        """
        asked = asyncio.create_task(self._asked.wait())
        ends = {asyncio.create_task(program.wait()): name for name, program in self._programs.items()}
        await asyncio.wait({asked, *ends}, return_when=asyncio.FIRST_COMPLETED)
        for task in (asked, *ends):
            task.cancel()
        if not self._asked.is_set():
            name = next(name for end, name in ends.items() if end.done())
            raise ProgramEnded(f"the {name} ended by itself", remedy="its last lines above say why")

    async def _stop(self) -> None:
        """End the programs, the last one started first; a second Ctrl-C ends them at once."""
        self._asked.clear()
        for program in reversed(self._programs.values()):
            if program.returncode is None:
                program.terminate()
        ended = asyncio.create_task(self._ended())
        hurry = asyncio.create_task(self._asked.wait())
        await asyncio.wait({ended, hurry}, timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
        for program in self._programs.values():
            if program.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    program.kill()
        await ended

    async def _ended(self) -> None:
        """Every program has ended, and its last line is shown."""
        await asyncio.gather(*(program.wait() for program in self._programs.values()), *self._readers)
