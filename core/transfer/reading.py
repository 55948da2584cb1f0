"""The source, read and converted in a thread of its own, a batch ahead of whoever takes the batches."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, aclosing, asynccontextmanager
from contextvars import copy_context
from pathlib import Path
from typing import TypeVar

from core import progress
from core.database.uninterrupted import uninterrupted
from core.transfer import lines
from core.transfer.converting import Converted, Converter
from core.transfer.lines import Lines
from core.transfer.source import Batch, Source, SourceTable, open_source

BATCH = 5_000
"""Rows that are stored, or are not, together."""

Result = TypeVar("Result")
Read = tuple[Batch, Converted]
"""Rows as they are, and as the target wants them."""


class Tally:
    """How many rows are done, of all tables together."""

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total, self._done = what, total, 0

    def add(self, rows: int) -> None:
        """So many more."""
        self._done += rows
        progress.tell(done=self._done, total=max(self._done, self._total), unit="rows", what=self._what)


class Reader:
    """An open source, in its thread."""

    def __init__(self, source: Source, thread: ThreadPoolExecutor) -> None:
        self._source = source
        self._thread = thread

    async def run(self, work: Callable[[Source], Result]) -> Result:
        """Do something with the source."""
        return await asyncio.wrap_future(self._begin(lambda: work(self._source)))

    def _begin(self, work: Callable[[], Result]) -> Future[Result]:
        return self._thread.submit(copy_context().run, work)

    async def batches(
        self,
        table: SourceTable,
        converter: Converter,
        *,
        after: tuple[object, ...] | None = None,
        upto: tuple[object, ...] | None = None,
        size: int | None = None,
    ) -> AsyncGenerator[Read, None]:
        """A table's rows, those behind a key, or up to one."""
        batches = self._source.batches(table, converter.reads, after=after, upto=upto, size=size or BATCH)

        def work() -> Read | None:
            batch = next(batches, None)
            return batch and (batch, converter.convert(batch.rows))

        async with aclosing(self._ahead(work)) as coming:
            async for read in coming:
                yield read

    async def portions(
        self, table: SourceTable, converter: Converter, *, after: tuple[object, ...] | None
    ) -> AsyncGenerator[Lines | Read, None]:
        """A table's rows as lines, and where they are not plain as ``batches`` gives them."""
        writer = await self.run(lambda source: lines.writer(source, table, converter, size=BATCH))

        def work() -> Lines | Read | None:
            nonlocal after
            if writer and (written := writer.write(after)):
                after = written.last_key
                return written
            batch = next(self._source.batches(table, converter.reads, after=after, size=BATCH), None)
            if batch is None:
                return None
            after = batch.last_key
            return batch, converter.convert(batch.rows)

        ahead: AsyncGenerator[Lines | Read, None] = self._ahead(work)
        async with aclosing(ahead) as coming:
            async for portion in coming:
                yield portion

    async def _ahead(self, work: Callable[[], Result | None]) -> AsyncGenerator[Result, None]:
        """What it returns, again and again until that is nothing, done once more meanwhile."""
        coming = self._begin(work)
        try:
            while (got := await asyncio.wrap_future(coming)) is not None:
                coming = self._begin(work)
                yield got
        finally:
            coming.cancel()


@asynccontextmanager
async def opened(file: Path) -> AsyncIterator[Reader]:
    """Open a source as it is at this moment."""
    with ExitStack() as held, ThreadPoolExecutor(1, thread_name_prefix="transfer") as thread:
        loop = asyncio.get_running_loop()
        source = await loop.run_in_executor(thread, held.enter_context, open_source(file))
        try:
            yield Reader(source, thread)
        finally:
            await uninterrupted(_end(loop, thread, held))


async def _end(loop: asyncio.AbstractEventLoop, thread: ThreadPoolExecutor, held: ExitStack) -> None:
    await loop.run_in_executor(thread, held.close)
