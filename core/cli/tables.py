"""Tables for people, whose rows may have a line below them that is longer than the columns, and spans of time in words.

A row is never broken to fit the width: what is piped into ``grep`` stays whole.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from rich.text import Text

_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


class Row(NamedTuple):
    """Cells, and what stands below them: text that may come from anywhere."""

    cells: tuple[Text | str, ...]
    below: str = ""


def table(head: Sequence[str], rows: Sequence[Row]) -> list[Text]:
    """The lines."""
    cells = [[Text(word, "bold") for word in head], *([Text() + cell for cell in row.cells] for row in rows)]
    widths = [max(cell.cell_len for cell in column) for column in zip(*cells, strict=True)]
    lines = []
    for number, line in enumerate(cells):
        for cell, width in zip(line, widths, strict=True):
            cell.pad_right(width - cell.cell_len)
        joined = Text("  ").join(line)
        joined.rstrip()
        lines.append(joined)
        if number and rows[number - 1].below:
            lines.append(Text(f"  {harmless(rows[number - 1].below)}", "dim"))
    return lines


def harmless(text: str) -> str:
    """The text on one line, and without what a terminal obeys."""
    return "".join(char if char.isprintable() else " " for char in text)


def span(time: timedelta) -> str:
    """How long, roughly, in the largest unit that fits."""
    seconds = time.total_seconds()
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= unit:
            return f"{seconds // unit:,.0f} {name}"
    return f"{seconds:.0f} s"


def took(time: timedelta) -> str:
    """How long, exactly."""
    seconds = time.total_seconds()
    if seconds < _MINUTE:
        return f"{seconds:.2f} s"
    return str(timedelta(seconds=round(seconds)))
