"""The command: what it says, where it listens, and how it ends."""

import re
import signal
import socket

import httpx
import pytest

from tests.programs import run, running


@pytest.mark.parametrize("options", [(), ("--write",)], ids=["read-only", "writing"])
async def test_the_command_serves_this_machine_alone_until_it_is_stopped(db: None, options: tuple[str, ...]) -> None:
    async with running("core.cli", "studio", "--no-browser", "--port=0", *options) as program:
        link = await program.until("/enter?key=")
        home, _, _ = link.partition("/enter")
        async with httpx.AsyncClient(base_url=home) as visitor:
            outside = await visitor.get("/")
            entered = await visitor.get(link)
            page = await visitor.get("/user/list")
        elsewhere = socket.socket()
        elsewhere.settimeout(5)
        with elsewhere, pytest.raises(OSError, match=r"refused|unreachable|timed out"):
            elsewhere.connect(("127.0.0.2", int(home.rpartition(":")[2])))
        program.send(signal.SIGINT)
        code = await program.ended()

    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", home)
    assert ("can write" if options else "only reads") in program.said
    assert [it.status_code for it in (outside, entered, page)] == [401, 200, 200]
    assert ("can write" if options else "read-only") in page.text
    assert code in {0, 130}
    assert "Traceback" not in program.said
    assert program.said.count("key=") == 1


async def test_the_command_says_in_one_line_what_is_wrong_with_the_database(empty_database: str) -> None:
    code, said = await run("core.cli", "studio", "--no-browser", "--port=0", DATABASE_URL=empty_database)

    assert code == 1
    assert said.startswith("error: the database lacks ")
