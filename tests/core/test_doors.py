"""Time, chance and the environment have one door each."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSE = [file for folder in ("core", "models", "tasks") for file in sorted((ROOT / folder).rglob("*.py"))]

DOORS = {
    r"datetime\.(now|utcnow|today)\(|time\.time\(": {"core/clock.py"},
    r"\b(secrets|random)\.\w+\(|\buuid[147]\(|os\.urandom": {"core/crypto/tokens.py", "models/base.py"},
    r"os\.(environ|getenv)": {"core/settings/__init__.py"},
}
ELSEWHERE = ("core/local/", "core/cli/up.py")
"""What starts servers needs passwords for them, and hands its environment on."""


@pytest.mark.parametrize(("use", "doors"), DOORS.items(), ids=["time", "chance", "environment"])
def test_there_is_one_door(use: str, doors: set[str]) -> None:
    users = {str(file.relative_to(ROOT)) for file in HOUSE if re.search(use, file.read_text())}

    assert {user for user in users if not user.startswith(ELSEWHERE)} - doors == set()


NEVER = {"aerich", "celery", "cryptography", "fastapi", "rich", "typer"}
SELDOM = {
    "aiosmtplib",
    "aiosqlite",  # with Tortoise's side of it 5 ms
    "argon2",
    "authlib",
    "email_validator",  # 20 ms, for its patterns
    "httpx",
    "jinja2",
    "joserfc",
    "nacl",
    "prometheus_client",
    "pydantic_settings",  # 45 ms
    "pyotp",
    "pyrage",
    "redis",
    "structlog",
    "webauthn",
    "zstandard",
}


def imported(program: str) -> set[str]:
    """The packages that a program has loaded at its end."""
    program = f"import sys; {program}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, env={}, check=True)
    return set(done.stdout.split())


def test_importing_the_core_opens_nothing_and_needs_nothing_set() -> None:
    assert imported("from core import authentication, sessions, users") & NEVER == set()


def test_the_nouns_load_little_but_tortoise_and_asyncpg() -> None:
    loaded = imported("from core import organizations, sessions, users")

    assert {"tortoise", "asyncpg"} <= loaded
    assert loaded & (NEVER | SELDOM) == set()


def test_a_table_is_made_without_reading_its_source_again() -> None:
    assert "models" in imported("import inspect, tortoise; inspect.getsource = exit; import models")


def test_the_commands_help_reads_no_settings_and_loads_no_database() -> None:
    heavy = {"pydantic", "tortoise", "asyncpg", "celery", "fastapi", "starlette"}

    assert imported("import core.cli") & heavy == set()
