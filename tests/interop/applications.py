"""better-auth applications as processes of their own, and browsers that visit them and us.

The packages stand exactly in ``<generation>/package.json`` and are put into ``var/interop``, once.
"""

import asyncio
import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookiejar import DefaultCookiePolicy
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import httpx
import pyotp
from fastapi import FastAPI, Request

from core import web
from tests.programs import ROOT, Program

HERE = Path(__file__).parent
SITE = "http://localhost:3000"
"""Where people reach it, as they would through a proxy."""

Json = dict[str, Any]


def installed(generation: str) -> Path:
    """The folder of an application with its packages. Of several processes at once, one puts them there."""
    folder = ROOT / "var/interop" / generation
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = (HERE / generation / "package.json").read_text()
        done = folder / "installed.json"
        if not done.exists() or done.read_text() != wanted:
            shutil.rmtree(folder / "node_modules", ignore_errors=True)
            (folder / "package.json").write_text(wanted)
            subprocess.run(
                ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"],
                cwd=folder,
                check=True,
            )
            done.write_text(wanted)
        shutil.copy(HERE / "server.mjs", folder)
    return folder


class Application:
    """A running application."""

    def __init__(self, program: Program, ready: Json) -> None:
        self._program = program
        self.url = f"http://127.0.0.1:{ready['port']}/api/auth"
        self.problems: list[str] = ready["problems"]

    @asynccontextmanager
    async def browser(self, site: str = SITE) -> AsyncIterator["Browser"]:
        """A browser of nobody yet, that visits this application and our door beside it."""
        browser = Browser(site)
        async with (
            browser.visiting(self.url) as browser.there,
            browser.visiting(site, transport=httpx.ASGITransport(door())) as browser.here,
        ):
            yield browser

    async def sent(self, kind: str, email: str) -> Json:
        """The first mail of this kind to somebody. They write in the background, so it may take a moment."""
        found: Json = json.loads(await self._program.until(f'{{"kind":"{kind}","email":"{email}"'))
        return found


def door() -> FastAPI:
    """Our app."""
    app = FastAPI()
    web.install(app)
    app.include_router(web.router(), prefix="/api")

    @app.get("/whoami")
    async def whoami(user: web.CurrentUser) -> str:
        return user.email

    @app.get("/cached")
    async def cached(request: Request) -> str | None:
        found = web.cached_session(request)
        return found and str(found.user["email"])

    return app


class Browser:
    """Somebody's browser. Both sides are one site to it, so what either has set goes to both."""

    there: httpx.AsyncClient
    here: httpx.AsyncClient

    def __init__(self, site: str) -> None:
        self._site = site
        self.cookies: dict[str, str] = {}
        self.bearer: str | None = None

    def visiting(self, url: str, **how: Any) -> httpx.AsyncClient:
        """A site, with this browser's cookies and no others."""
        client = httpx.AsyncClient(
            base_url=url,
            headers={"Origin": self._site},
            timeout=30,
            event_hooks={"request": [self._bring], "response": [self._keep]},
            **how,
        )
        client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        return client

    async def _bring(self, request: httpx.Request) -> None:
        if self.cookies:
            request.headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.bearer is not None:
            request.headers["Authorization"] = f"Bearer {self.bearer}"

    async def _keep(self, response: httpx.Response) -> None:
        for header in response.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(header).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value

    async def get(self, path: str, **query: str) -> Any:
        """What a page of theirs asks for."""
        return self._answer(await self.there.get(path, params=query))

    async def post(self, path: str, **body: Any) -> Any:
        """What a page of theirs sends."""
        return self._answer(await self.there.post(path, json=body))

    async def refused(self, path: str, **body: Any) -> str:
        """Send them what must not succeed, and return the code of the refusal."""
        response = await self.there.post(path, json=body)
        assert response.is_client_error, response.text
        return str((response.json() or {}).get("code"))

    @staticmethod
    def _answer(response: httpx.Response) -> Any:
        assert response.is_success, f"{response.request.url.path}: {response.status_code} {response.text}"
        return response.json()

    async def sign_up(self, email: str, password: str) -> Json:
        """Join them."""
        found: Json = await self.post("/sign-up/email", name="Ada", email=email, password=password)
        return found

    async def known_there(self) -> str | None:
        """The address of whoever this is for them."""
        found = await self.get("/get-session")
        return str(found["user"]["email"]) if found else None

    async def known_here(self) -> str | None:
        """The address of whoever this is for us."""
        found = await self.here.get("/whoami")
        assert found.status_code in {200, 401}
        return str(found.json()) if found.is_success else None


def code_of(uri: str) -> str:
    """What an authenticator app shows that was given this link."""
    app = pyotp.parse_uri(uri)
    assert isinstance(app, pyotp.TOTP)
    return app.now()


async def _started(generation: str, *options: str, **environment: str) -> Program:
    process = await asyncio.create_subprocess_exec(
        "node",
        "server.mjs",
        *options,
        cwd=await asyncio.to_thread(installed, generation),
        # Their times must be right wherever they run; production is where it is strict.
        env={**os.environ, "TZ": "Asia/Kolkata", "NODE_ENV": "production", **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    return Program(process)


async def migrated(generation: str, **environment: str) -> None:
    """Have its own migrator make the tables."""
    program = await _started(generation, "--migrate", **environment)
    assert await program.ended(seconds=60) == 0, program.said


@asynccontextmanager
async def application(generation: str, *options: str, **environment: str) -> AsyncIterator[Application]:
    """Start one, and stop it afterwards."""
    program = await _started(generation, *options, **environment)
    try:
        ready = json.loads(await program.until('"kind":"ready"', seconds=60))
        yield Application(program, ready)
    finally:
        program.kill_all()
        await program.ended()
