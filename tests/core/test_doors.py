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


def test_importing_the_core_opens_nothing_and_needs_nothing_set() -> None:
    program = (
        "import sys; from core import authentication, sessions, users; "
        "heavy = {'celery', 'fastapi', 'typer', 'rich', 'aerich', 'cryptography'}; print(heavy & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, env={}, check=True)

    assert done.stdout.strip() == "set()"


def test_the_commands_help_reads_no_settings_and_loads_no_database() -> None:
    program = (
        "import sys; import core.cli; "
        "heavy = {'pydantic', 'tortoise', 'asyncpg', 'celery', 'fastapi', 'starlette'}; print(heavy & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, env={}, check=True)

    assert done.stdout.strip() == "set()"
