"""A page on the terminal that is drawn again and again."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from core.cli.tables import harmless
from core.errors import Unavailable


async def live(console: Console, look: Callable[[], Awaitable[Sequence[Text]]], every: float) -> None:
    """Look every so many seconds, and show the lines. A database that goes away is said, and waited for."""
    with Live(console=console, auto_refresh=False) as screen:
        while True:
            try:
                lines = await look()
            except Unavailable as error:
                lines = [Text(harmless(str(error)), "red")]
            for line in lines:
                line.no_wrap, line.overflow = True, "ellipsis"
            screen.update(Group(*lines), refresh=True)
            await asyncio.sleep(every)
