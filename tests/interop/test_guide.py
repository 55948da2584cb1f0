"""The guide, followed by the letter: a database of theirs becomes one of both, and their cookie opens our door."""

import asyncio
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from core.local.postgres import Postgres
from tests.interop.applications import application, migrated
from tests.programs import ROOT, Program
from tests.test_docs import _COMMAND, constant, every_block

GUIDE = ROOT / "docs/better-auth.md"
SECRET = "the-secret-of-the-application-of-32-letters-or-more"

pytestmark = [pytest.mark.only("postgres"), pytest.mark.interop, pytest.mark.timeout(600)]


async def started(command: str, folder: Path) -> Program:
    """Start a command as its reader would, with nothing set but what stands in ``.env``."""
    process = await asyncio.create_subprocess_exec(
        *("bash", "-c", f"exec {command}"),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    return Program(process)


async def test_the_guide_leads_to_a_request_that_their_cookie_authenticates(postgres: Postgres, tmp_path: Path) -> None:
    postgres.create_database("guide")
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (settings,) = [it.text for it in every_block(GUIDE) if it.language == "ini"]
    own = re.sub(r"(?<=DATABASE_URL=).*", postgres.url("guide"), settings)
    (tmp_path / ".env").write_text(own)
    assert f"BETTER_AUTH_SECRET={SECRET}\n" in own
    steps = [it.text for it in every_block(GUIDE) if "beside a real better-auth" in (it.why or "")]
    theirs = {"DATABASE_URL": postgres.url("guide"), "BETTER_AUTH_SECRET": SECRET}
    await migrated("1.7", **theirs)

    async with application("1.7", **theirs) as app:
        places = {"http://localhost:3000/api/auth": app.url, "--port 8000": "--port 0"}
        running = []
        try:
            for match in _COMMAND.finditer("".join(steps)):
                command, shown = match["command"], match["output"]
                for place, real in places.items():
                    command = command.replace(place, real)
                program = await started(command, tmp_path)
                if "uvicorn" in command:
                    running.append(program)
                    found = re.search(r"http://127\.0\.0\.1:\d+", await program.until("Uvicorn running on"))
                    assert found
                    places["http://localhost:8000"] = found[0]
                    continue
                pattern = re.sub(r"(\\\n)?\\\.\\\.\\\.", ".*", re.escape(constant(shown)))
                assert await program.ended() == 0, f"{command}\n{program.said}"
                assert re.fullmatch(pattern, constant(program.said), re.DOTALL), f"{command}\n{program.said}"
        finally:
            for program in running:
                program.kill_all()
                await program.ended()

    assert '"name":"Acme"' in shown
