"""Doing one benchmark, in a process that does nothing else."""

import asyncio
import importlib
import inspect
import os
import resource
import time

from benchmarks import machine
from benchmarks.figures import Figure, Result
from core import clock


def run(name: str, quick: bool) -> Result:  # noqa: FBT001  it comes from another process
    """Do one of them here."""
    for variable in list(os.environ):  # What somebody has set for an app of theirs is not to be measured.
        if variable.startswith("STYLOBATE_") or variable.endswith("_URL"):
            del os.environ[variable]
    module = importlib.import_module(f"benchmarks.{name}")
    began = time.monotonic()
    found = module.measure(quick=quick)
    figures: list[Figure] = asyncio.run(found) if inspect.iscoroutine(found) else found
    return Result(
        name=name,
        title=(module.__doc__ or name).partition("\n")[0].rstrip("."),
        taken=f"{clock.now():%Y-%m-%d}",
        commit=machine.commit(),
        seconds=round(time.monotonic() - began),
        memory=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        machine=machine.facts(),
        figures=tuple(figures),
    )
