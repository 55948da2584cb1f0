"""What it costs to add a message to a chat that has many: as a row, and by writing the whole list anew.

``python benchmarks/ai_chat_append.py`` takes half a minute, on a SQLite file and on a PostgreSQL of its own.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

from core import ai_chats, clock, database, migrate, users
from core.crypto import tokens
from core.local.postgres import Postgres
from models import AiChat, AiChatMessage

SIZES = (10, 100, 1_000, 10_000)
TEXT = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt. " * 2
MESSAGE = {"role": "user", "parts": [{"type": "text", "text": TEXT}]}
TIMES = 200
SECONDS = 2.0


async def milliseconds(work: Callable[[], Awaitable[object]]) -> float:
    """The median of many times, or of as many as there is time for."""
    taken: list[float] = []
    ends = time.perf_counter() + SECONDS
    while len(taken) < TIMES and (time.perf_counter() < ends or not taken):
        began = time.perf_counter()
        await work()
        taken.append(1_000 * (time.perf_counter() - began))
    return median(taken)


async def measure() -> None:
    """Print the table of the database that DATABASE_URL names."""
    async with database.connected(migrated=False):
        assert [name async for name in migrate.migrate()]  # noqa: S101  it is empty
        user = await users.create(name="Ada", email="ada@example.com")
        first: list[float] = []
        for size in SIZES:
            costs = [await of_a_row(user.id, size), await of_the_list(user.id, size)]
            first = first or costs
            cells = "".join(f"{cost:10.2f} ms {cost / least:8.1f}" for cost, least in zip(costs, first, strict=True))
            print(f"{size:10,}{cells}", flush=True)


async def of_a_row(user_id: str, size: int) -> float:
    """A chat of so many messages, each in a row, and one more."""
    chat = await ai_chats.create(user_id=user_id)
    rows = (
        AiChatMessage(id=tokens.id_at(clock.now()), chat_id=chat.id, message=MESSAGE, created_at=clock.now())
        for _ in range(size)
    )
    await AiChatMessage.bulk_create(rows, batch_size=1_000)

    async def append() -> None:
        await ai_chats.append(chat.id, user_id=user_id, role="user", text=TEXT)

    return await milliseconds(append)


async def of_the_list(user_id: str, size: int) -> float:
    """The same messages in one list that is read, made longer and written, as other programs do it."""
    chat = await ai_chats.create(user_id=user_id)
    await AiChat.filter(id=chat.id).update(messages=[MESSAGE] * size)

    async def append() -> None:
        async with database.transaction():
            whole = await AiChat.filter(id=chat.id, user_id=user_id).select_for_update().get()
            messages = [*(whole.messages or []), MESSAGE]
            await AiChat.filter(id=chat.id).update(messages=messages, updated_at=clock.now())

    return await milliseconds(append)


def main() -> None:
    """Measure on both, each in a process of its own: Tortoise keeps its SQL per connection and not per dialect."""
    with tempfile.TemporaryDirectory(prefix="ai-chat-append-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL runs as another account when this one is root.
        server = Postgres(folder / "postgres")
        try:
            server.start()
            server.create_database("benchmark")
            urls = {"SQLite": f"sqlite://{folder}/benchmark.db", "PostgreSQL": server.url("benchmark")}
            for title, url in urls.items():
                print(f"{title}\n  messages       a row, to the first    the list, to the first", flush=True)
                environment = {**os.environ, "DATABASE_URL": url}
                subprocess.run([sys.executable, __file__, "measure"], env=environment, check=True)  # noqa: S603  this
        finally:
            server.stop()
            server.erase()


if __name__ == "__main__":
    if sys.argv[1:] == ["measure"]:
        asyncio.run(measure())
    else:
        main()
