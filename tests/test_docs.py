"""What the documents show is run, and what they list is complete.

A ``python`` block runs in this process, a ``console`` block in a clone of the project where `make run` is running; what
the commands say must be what stands there, but for ids, times and other things that differ each time. An ``sql`` block
runs on an empty server. A block that is not run says so, and why, in a comment above it.
"""

import ast
import asyncio
import inspect
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest

from core import jobs
from core.jobs import registry
from core.local.postgres import Postgres
from core.settings import PostgresUrl
from core.settings.database_url import _PARAMETERS, parse
from core.settings.environment import Settings
from tests.programs import ROOT, Program

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))]

_BLOCK = re.compile(r"^(?:<!-- not run: (?P<why>.+) -->\n)?```(?P<language>.+)\n(?P<text>(?:.*\n)*?)```$", re.MULTILINE)
_COMMAND = re.compile(r"^\$ (?P<command>(?:.*\\\n)*.*)\n(?P<output>(?:(?!\$ ).*\n)*)", re.MULTILINE)
_DIFFERENT_EACH_TIME = {
    r"\bstylobate-\w+-\d{8}T\d{6}Z-\w{6}\b": "<archive>",
    r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b": "<id>",
    r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d([.,]\d+)?Z?": "<time>",
    r"\b\d_\d{14}_": "<migration>",
    r"[\w-]{43}": "<token>",
    r"curl/[\d.]+": "<curl>",
    r"celery@\S+": "<worker>",
    r"127\.0\.0\.1:\d+": "<place>",
    r"\d+\.\d\d s\b": "<seconds>",
    r"^(PostgreSQL on <place>, data in|SQLite file) .*": "<database>",
}


class Block(NamedTuple):
    """A block of code in a document."""

    why: str | None
    language: str
    text: str


def every_block(document: Path) -> list[Block]:
    return [Block(**match.groupdict()) for match in _BLOCK.finditer(document.read_text())]


def blocks(document: Path, language: str) -> list[Block]:
    """The blocks to be run."""
    return [block for block in every_block(document) if block.language == language and not block.why]


def having(language: str) -> pytest.MarkDecorator:
    """The documents that have a block in this language."""
    found = [document for document in DOCUMENTS if blocks(document, language)]
    return pytest.mark.parametrize("document", found, ids=lambda it: it.relative_to(ROOT).as_posix())


def constant(text: str) -> str:
    """The text without what differs each time."""
    for pattern, name in _DIFFERENT_EACH_TIME.items():
        text = re.sub(pattern, name, text, flags=re.MULTILINE)
    return text.strip()


@pytest.fixture(scope="module")
async def clone(folder: Path) -> Path:
    """The project as somebody has it who has just cloned and installed it."""
    clone = folder / "stylobate"
    clone.mkdir(mode=0o711)
    for name in ("core", "models", "tasks", "migrations", "examples"):
        shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Makefile", "pyproject.toml", ".env.example"):
        shutil.copy(ROOT / name, clone / name)
    (clone / ".venv").symlink_to(sys.prefix)
    return clone


async def started(command: str, clone: Path) -> Program:
    """Start a command as a person would, with the virtual environment activated and nothing else set."""
    process = await asyncio.create_subprocess_exec(
        "bash",
        "-c",
        # The virtual environment is this one, and not to be made again.
        re.sub(r"\bmake ", "make --old-file=.venv/installed ", command),
        cwd=clone,
        env={"PATH": f"{clone}/.venv/bin:{os.environ['PATH']}", "HOME": str(clone), "LANG": "C.UTF-8"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    return Program(process)


@pytest.fixture(scope="module")
async def running(clone: Path, dialect: str) -> AsyncIterator[Program]:
    """`make run`, from before the first document to after the last."""
    # On any free port, since others may test on this machine as well.
    program = await started(f"make run ARGS='--port=0 {'--sqlite' * (dialect == 'sqlite')}'", clone)
    try:
        await program.until("Application startup complete")
        yield program
        os.killpg(program.process.pid, signal.SIGINT)
        await program.ended()
        assert "stopped; nothing is left running" in program.said
    finally:
        program.kill_all()


@having("console")
async def test_the_commands_do_what_the_document_shows(document: Path, clone: Path, running: Program) -> None:
    place = re.search(r"127\.0\.0\.1:\d+", await running.until("the app will be on"))
    assert place
    for block in blocks(document, "console"):
        for match in _COMMAND.finditer(block.text):
            command, shown = match["command"], match["output"]
            if command.startswith("make run"):
                await _said_all(running, shown)
                continue
            program = await started(command.replace("127.0.0.1:8000", place[0]), clone)
            code = await program.ended()
            pattern = re.sub(r"(\\\n)?\\\.\\\.\\\.", ".*", re.escape(constant(shown)))
            assert (code == 0) != shown.startswith("error:"), f"{command}\n{program.said}"
            assert not shown or re.fullmatch(pattern, constant(program.said), re.DOTALL), f"{command}\n{program.said}"


async def _said_all(running: Program, shown: str) -> None:
    """Every line, in whatever order: several programs speak at once."""
    for line in {constant(line) for line in shown.splitlines()} - {"...", "^C", "stopped; nothing is left running"}:
        async with asyncio.timeout(30):
            while line not in {constant(it) for it in running.lines}:  # noqa: ASYNC110  no event tells
                await asyncio.sleep(0.05)


@having("python")
async def test_the_code_runs(document: Path, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    # A job of a document is none of ours.
    monkeypatch.setattr(registry, "_jobs", {job.name: job for job in jobs.every()})
    names: dict[str, object] = {}
    for block in blocks(document, "python"):
        code = compile(block.text, document.name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        if code.co_flags & inspect.CO_COROUTINE:
            await eval(code, names)  # noqa: S307  our own documents
        else:
            # In a thread, where a script can have a loop of its own.
            await asyncio.to_thread(exec, code, names)


def test_every_block_is_run_or_says_why_not() -> None:
    shown = {block.language for document in DOCUMENTS for block in every_block(document) if not block.why}

    assert shown <= {"console", "python", "sql"}


async def psql(server: Postgres, script: str, *, user: str = "stylobate", database: str = "postgres") -> str:
    """Run SQL as somebody, and return what psql says."""
    url = parse(server.url(database))
    assert isinstance(url, PostgresUrl)
    password = PASSWORDS.get(user, url.password or "")
    process = await asyncio.create_subprocess_exec(
        server.binaries / "psql",
        "-XAtq",
        f"--dbname=postgresql://{user}@{url.host}:{url.port}/{database}",
        env={"PGPASSWORD": password, "LC_ALL": "C"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate(script.encode())
    return said.decode().strip()


PASSWORDS = {"stylobate_owner": "the-owners-password", "stylobate_app": "the-apps-password"}


@pytest.mark.only("postgres")
async def test_the_owner_migrates_and_the_app_reads_and_writes_and_no_more(clone: Path, postgres: Postgres) -> None:
    before, after, backups = blocks(ROOT / "docs/operations.md", "sql")
    port = parse(postgres.url()).port  # type: ignore[union-attr]
    owner, app = (f"postgresql://{user}:{password}@127.0.0.1:{port}/stylobate" for user, password in PASSWORDS.items())

    assert await psql(postgres, before.text) == ""
    refused = await started(f"DATABASE_URL={app} stylobate db migrate", clone)
    assert (await refused.ended(), "permission denied for schema public" in refused.said) == (1, True)
    migrated = await started(f"DATABASE_URL={app} DIRECT_DATABASE_URL={owner} stylobate db migrate", clone)
    assert await migrated.ended() == 0, migrated.said
    assert await psql(postgres, after.text) == ""
    assert await psql(postgres, backups.text) == ""
    undone = "REVOKE CONNECT ON DATABASE stylobate FROM stylobate_backup; DROP ROLE stylobate_backup"
    assert await psql(postgres, undone) == ""

    job = await started(f"DATABASE_URL={app} stylobate jobs run sessions.purge_expired", clone)
    assert (await job.ended(), job.lines[-1][:39]) == (0, "sessions.purge_expired: 0 expired rows ")
    for statement, answer in {
        """INSERT INTO verification VALUES ('1', 'a', 'b', now())""": "",
        """UPDATE verification SET value = 'c' RETURNING value""": "c",
        """DELETE FROM verification RETURNING id""": "1",
        """DROP TABLE verification""": "must be owner of table verification",
        """TRUNCATE verification""": "permission denied for table verification",
        """CREATE TABLE mine ()""": "permission denied for schema public",
        """CREATE TEMPORARY TABLE mine ()""": "permission denied to create temporary tables",
        """DELETE FROM aerich""": "permission denied for table aerich",
        """CREATE ROLE mine""": "permission denied to create role",
    }.items():
        said = await psql(postgres, statement, user="stylobate_app", database="stylobate")
        assert said == answer or (answer and answer in said), statement


def rows(document: Path, heading: str) -> list[list[str]]:
    """The cells of the rows of the table below a heading."""
    part = document.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def settings_names() -> set[str]:
    return {str(field.validation_alias or f"STYLOBATE_{name.upper()}") for name, field in Settings.model_fields.items()}


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable and no file that settings could be read from."""
    for name in settings_names():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_every_setting_is_explained_and_its_default_is_the_real_one(
    nothing_set: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = {cells[0].strip("`"): cells[1].strip("`") for cells in rows(ROOT / "docs/settings.md", "Settings")}
    defaults = Settings()
    for name, default in listed.items():
        monkeypatch.setenv(name, default)

    assert listed.keys() == settings_names()
    assert Settings() == defaults


def test_every_parameter_of_the_database_url_is_explained_and_its_default_is_the_real_one() -> None:
    table = rows(ROOT / "docs/settings.md", "Parameters of `DATABASE_URL`")
    listed = {cells[0].strip("`"): cells[1].strip("`") for cells in table}
    query = "&".join(f"{name}={default}" for name, default in listed.items() if default)

    assert listed.keys() == _PARAMETERS.keys()
    assert parse(f"postgresql://?{query}") == PostgresUrl()


def test_the_example_of_an_environment_names_every_setting_and_can_be_read(nothing_set: None, tmp_path: Path) -> None:
    example = (ROOT / ".env.example").read_text()
    named = re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE)
    of_compose = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    everything = tmp_path / "everything.env"
    everything.write_text(re.sub(r"^# (?=[A-Z_]+=)", "", example, flags=re.MULTILINE))

    assert sorted(named) == sorted(settings_names() | of_compose)
    assert Settings(_env_file=ROOT / ".env.example").database == parse("sqlite://var/stylobate.db")
    assert Settings(_env_file=everything).broker.get_secret_value().startswith("amqp://")


def test_every_error_with_a_remedy_is_explained() -> None:
    explained = (ROOT / "docs/operations.md").read_text().replace("`", "")
    unexplained = []
    for file in sorted(ROOT.glob("core/**/*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and node.args and any(it.arg == "remedy" for it in node.keywords):
                told = [it.value for it in ast.walk(node.args[0]) if isinstance(it, ast.Constant)]
                longest = max((str(text) for text in told), key=len, default="").replace("`", "").strip()
                if longest not in explained:
                    unexplained.append(f"{file.name}: {longest}")

    assert unexplained == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda it: it.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]+)", document.read_text())

    assert [link for link in links if not (document.parent / link).exists()] == []
