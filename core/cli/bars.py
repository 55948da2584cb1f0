"""Progress on a terminal: while bars are shown, whatever says ``progress.tell`` has one.

They are on the standard error stream, so that what a command prints can be piped; where that is no terminal, there are
none.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from core import progress
from core.progress import Step


@contextmanager
def shown(what: str = "", *, enabled: bool = True) -> Iterator[None]:
    """Show how far the work within the block is, as long as it lasts.

    Args:
        what: how to call work that gives its steps no name of their own; its bar is there before its first step.
        enabled: False shows nothing, for when a program reads what is printed.
    """
    if not enabled or not sys.stderr.isatty():
        yield
        return
    bars = _Bars(what)
    with bars, progress.told_to(bars.remember):
        yield


def counted(number: float, unit: str) -> str:
    """So many of them, to read."""
    return decimal(int(number)) if unit == "bytes" else f"{number:,.0f} {unit}".rstrip()


def share(step: Step) -> str:
    """How far it is, to read."""
    if step.total is None:
        return counted(step.done, step.unit)
    return f"{counted(step.done, '' if step.unit != 'bytes' else step.unit)} of {counted(step.total, step.unit)}"


class _Bars(Progress):
    """A bar for each thing that is counted by itself. To remember a step costs nothing; it is looked at when drawn."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._bars: dict[str, TaskID] = {}
        self._steps: dict[str, Step] = {}
        super().__init__(
            SpinnerColumn(finished_text=" "),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            _Share(),
            _Rate(),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=sys.stdout.isatty(),
        )
        if what:
            self.remember(Step("", 0, None, ""))

    def remember(self, step: Step) -> None:
        """Show this when it is time to draw."""
        if step.what not in self._bars:
            self._bars[step.what] = self.add_task(step.what or self._what, total=None, step=step)
        self._steps[step.what] = step

    def get_renderables(self) -> Iterable[RenderableType]:
        """What Rich draws, ten times a second and at the end."""
        for what, step in list(self._steps.items()):
            self.update(self._bars[what], completed=step.done, total=step.total, step=step)
        yield from super().get_renderables()


class _Share(ProgressColumn):
    def render(self, task: Task) -> Text:
        step: Step = task.fields["step"]
        return Text(share(step) if step.done else "", "progress.download")


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        step: Step = task.fields["step"]
        return Text(f"{counted(speed, step.unit)}/s" if speed else "", "progress.data.speed")
