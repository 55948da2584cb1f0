"""The loop that a worker's jobs run on."""

import asyncio

import pytest

from tests.programs import run_code

pytestmark = pytest.mark.usefixtures("db")

LOOK = """
import asyncio, sys
{before}
from tasks.bridge import Bridge

async def look():
    program = await asyncio.create_subprocess_exec("true")
    return type(asyncio.get_running_loop()).__module__, await program.wait()

bridge = Bridge()
print(*bridge.run(look))
bridge.close()
"""


async def test_jobs_run_on_uvloop_where_it_is_installed() -> None:
    assert await run_code(LOOK.format(before="")) == "uvloop 0\n"


async def test_jobs_run_on_asyncios_own_loop_where_uvloop_is_not_installed() -> None:
    own = type(asyncio.get_running_loop()).__module__

    said = await run_code(LOOK.format(before="sys.modules['uvloop'] = None"))

    assert said == f"{own} 0\n"
