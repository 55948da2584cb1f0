"""Asks again and again whose tokens these are, until SIGTERM, and leaves behind when each was accepted last.

``python -m tests.core.asking_who TOKENS ANSWERS`` reads a JSON list and writes a JSON object: of each token the time of
the last question that was answered with yes, on the machine's monotonic clock, and how many answers came from memory.
"""

import asyncio
import json
import random
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from core import database, measures, sessions
from core.errors import Unavailable
from core.sessions import SessionInvalid


async def ask(known: list[str], accepted: dict[str, float]) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)

    async def whose(token: str) -> None:
        asked = time.monotonic()
        with suppress(SessionInvalid, Unavailable):
            await sessions.authenticate(token)
            accepted[token] = asked

    async with database.connected():
        while not measures.recalled.number:
            await whose(known[0])
        for first in range(0, len(known), 20):
            await asyncio.gather(*map(whose, known[first : first + 20]))
        print("remembers", flush=True)  # noqa: T201  for whoever waits for it
        while not stop.is_set():
            for token in random.choices(known, k=50):  # noqa: S311  chance, not a secret
                await whose(token)
            await asyncio.sleep(0)


def main(tokens: Path, answers: Path) -> None:
    accepted: dict[str, float] = {}
    asyncio.run(ask(json.loads(tokens.read_text()), accepted))
    answers.write_text(json.dumps({"accepted": accepted, "recalled": measures.recalled.number}))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
