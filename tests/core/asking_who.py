"""Asks again and again whose tokens these are, until SIGTERM, and leaves behind what it was told when.

``python -m tests.core.asking_who TOKENS ANSWERS`` reads a JSON list and writes a JSON object: of each token when the
last question was asked that was answered with yes, and when the first no was there, on the machine's monotonic clock;
and how many answers came from memory.
"""

import asyncio
import json
import random
import signal
import sys
import time
from pathlib import Path

from core import database, measures, sessions
from core.errors import Unavailable
from core.sessions import SessionInvalid


async def ask(known: list[str], accepted: dict[str, float], refused: dict[str, float]) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)

    async def is_accepted(token: str) -> bool:
        asked = time.monotonic()
        try:
            await sessions.authenticate(token)
        except SessionInvalid:
            refused.setdefault(token, time.monotonic())
            return False
        except Unavailable:
            return False
        accepted[token] = asked
        return True

    async with database.connected():
        while not measures.recalled.number:
            await is_accepted(known[0])
        for first in range(0, min(len(known), 1_000), 20):
            await asyncio.gather(*map(is_accepted, known[first : first + 20]))
        print("remembers", flush=True)  # noqa: T201  for whoever waits for it
        while not stop.is_set():
            for token in some(known, 10):
                # Several times, so that most are answered from memory also while that is being filled.
                if not all([await is_accepted(token) for _ in range(5)]) and token in refused:
                    known.remove(token)
            for token in some([*refused], 1):
                await is_accepted(token)
            await asyncio.sleep(0)


def some(tokens: list[str], most: int) -> set[str]:
    """Of those that were refused some are asked for as well: they may not come back."""
    return {*random.choices(tokens, k=most)} if tokens else set()  # noqa: S311  chance, not a secret


def main(tokens: Path, answers: Path) -> None:
    accepted: dict[str, float] = {}
    refused: dict[str, float] = {}
    asyncio.run(ask(json.loads(tokens.read_text()), accepted, refused))
    answers.write_text(json.dumps({"accepted": accepted, "refused": refused, "recalled": measures.recalled.number}))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
