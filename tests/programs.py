"""Programs of ours as processes of their own, and what they say."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]


class Program:
    """A running Python module of the project."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self._heard = asyncio.Condition()
        self._reader = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            async with self._heard:
                self.lines.append(line.decode(errors="replace").rstrip())
                self._heard.notify_all()

    @property
    def said(self) -> str:
        return "\n".join(self.lines)

    async def until(self, text: str, *, seconds: float = 30) -> str:
        """Wait until it says this, and return the line."""
        try:
            async with asyncio.timeout(seconds), self._heard:
                await self._heard.wait_for(lambda: text in self.said)
        except TimeoutError:
            raise AssertionError(f"it never said {text!r}, but:\n{self.said}") from None
        return next(line for line in self.lines if text in line)

    async def ended(self, *, seconds: float = 30) -> int:
        """Wait for its end and return its exit code."""
        async with asyncio.timeout(seconds):
            code = await self.process.wait()
            await self._reader
        return code

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill_all(self) -> None:
        """Kill it and its children in one blow, as a machine that loses power would."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


async def run_code(code: str, *arguments: str, **environment: str) -> str:
    """Run it in a process of its own, as an app would be, to its end: what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code, *arguments),
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


async def run(*arguments: str, cwd: Path = ROOT, **environment: str) -> tuple[int, str]:
    """Run ``python -m ...`` to its end: its exit code, and all that it said."""
    async with running(*arguments, cwd=cwd, **environment) as program:
        return await program.ended(), program.said


@asynccontextmanager
async def running(*arguments: str, cwd: Path = ROOT, **environment: str) -> AsyncIterator[Program]:
    """Run ``python -m ...``, and leave nothing of it behind."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *arguments,
        cwd=cwd,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    program = Program(process)
    try:
        yield program
    finally:
        program.kill_all()
        await program.ended()


def worker(*options: str, **environment: str) -> AbstractAsyncContextManager[Program]:
    """A worker, for both queues and with one process unless the options say otherwise."""
    one = () if any(option.startswith("--concurrency") for option in options) else ("--concurrency=1",)
    return running(
        "celery", "--quiet", "-A", "tasks", "worker", "--loglevel=INFO", *one, *options, cwd=ROOT, **environment
    )


def beat(**environment: str) -> AbstractAsyncContextManager[Program]:
    return running("celery", "--quiet", "-A", "tasks", "beat", "--loglevel=INFO", cwd=ROOT, **environment)


async def until(condition: Callable[[], Awaitable[object]], *, seconds: float = 30) -> None:
    """Wait until it is so, where no event tells."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110  see above
            await asyncio.sleep(0.02)
