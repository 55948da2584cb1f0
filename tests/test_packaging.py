"""What is shipped: the wheel, the image, the composition, and a repository that knows nothing of anybody's machine."""

import re
import shlex
import subprocess
import sys
import tomllib
import zipfile
from configparser import ConfigParser
from functools import cache
from importlib.metadata import distribution, requires
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tasks.app import LONG, QUICK

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
PACKAGES = {"core", "models", "tasks", "migrations"}
GROUND_PLAN = PACKAGES | {
    "pyproject.toml",
    "tests",
    "docker-compose.yml",
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "Dockerfile",
    "docs",
    "examples",
    "benchmarks",
}


@cache
def tracked() -> list[Path]:
    """The files of the repository, also those not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).exists()]


@cache
def pinned(file: str) -> dict[str, str]:
    """The distributions and versions of a list in ``.pins``."""
    lines = (ROOT / ".pins" / file).read_text().splitlines()
    return dict(line.split(" ")[0].split("==") for line in lines if line[:1].strip())


def needed(distribution: str, *, extra: str = "") -> set[str]:
    """What a distribution needs here, by name."""
    found = map(Requirement, requires(distribution) or ())
    return {canonicalize_name(it.name) for it in found if it.marker is None or it.marker.evaluate({"extra": extra})}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([BIN / "hatchling", "build", "-t", "wheel", "-d", folder], cwd=ROOT, check=True, capture_output=True)
    return zipfile.ZipFile(next(folder.iterdir()))


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    composition: dict[str, dict[str, dict[str, Any]]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return composition["services"]


def test_the_top_level_holds_what_the_ground_plan_allows() -> None:
    names = {file.relative_to(ROOT).parts[0] for file in tracked()}

    assert {name for name in names if not name.startswith(".")} <= GROUND_PLAN


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(r"(pypi|pythonhosted|npmjs|debian)\.(org|com)|docker\.io/", id="an address of a registry"),
        pytest.param(r"(^|[^\w.])/(work|root|home|Users)/", id="a path of somebody's machine"),
    ],
)
def test_no_file_names(pattern: str) -> None:
    known = re.compile(pattern.encode(), re.MULTILINE)

    assert [file for file in tracked() if file.is_file() and known.search(file.read_bytes())] == []


def test_the_wheel_holds_the_four_packages_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    top = {name.partition("/")[0] for name in wheel.namelist()}

    assert {name for name in top if not name.endswith(".dist-info")} == PACKAGES
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(wheel.namelist())


def test_the_wheel_holds_every_migration_of_both_dialects(wheel: zipfile.ZipFile) -> None:
    ours = {str(file.relative_to(ROOT)) for file in ROOT.glob("migrations/*/[0-9]*.py")}

    shipped = {name for name in wheel.namelist() if name.count("/") == 2 and name.startswith("migrations/")}
    assert shipped == ours
    assert {name.split("/")[1] for name in shipped if "/0_" in name} == {"postgres", "sqlite"}


def test_the_wheel_brings_the_command(wheel: zipfile.ZipFile) -> None:
    assert "stylobate" in scripts(wheel)


def scripts(wheel: zipfile.ZipFile) -> set[str]:
    """The programs that the wheel and its production dependencies install."""
    own = ConfigParser()
    own.read_string(wheel.read(next(name for name in wheel.namelist() if name.endswith("/entry_points.txt"))).decode())
    installed = [distribution(name) for name in ("aerich", "celery", "uvicorn") if name in pinned("production.txt")]
    return set(own["console_scripts"]) | {
        entry.name for it in installed for entry in it.entry_points if entry.group == "console_scripts"
    }


def test_production_has_nothing_of_development_and_the_same_versions() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    shipped = {canonicalize_name(Requirement(it).name) for it in extras["cli"] + extras["web"]}
    ours = {canonicalize_name(Requirement(it).name) for it in extras["dev"] + extras["local"]} - shipped

    assert ours & set(pinned("production.txt")) == set()
    assert "pytest" in ours
    assert pinned("production.txt").items() <= pinned("dev.txt").items()


@pytest.mark.parametrize("file", ["dev.txt", "production.txt"])
def test_every_pin_has_its_hashes_and_no_address(file: str) -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / ".pins" / file).read_text().strip())

    assert all(re.match(r"\S+==\S+ (; .+ )?\\\n +--hash=sha256:[0-9a-f]{64}", entry) for entry in entries)
    assert "://" not in "".join(entries)


def test_what_the_dockerfile_copies_is_there_and_not_ignored() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    copied = {
        source for line in lines if line.startswith("COPY ") and "--from" not in line for source in line.split()[1:-1]
    }
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}

    assert {source for source in copied if not (ROOT / source).exists()} == set()
    assert copied == let_in


def test_the_image_is_built_by_the_pinned_backend_with_all_that_it_needs() -> None:
    named = re.search(r"/\^\(([\w|-]+)\)==/", (ROOT / "Dockerfile").read_text())

    assert named
    assert set(named[1].split("|")) == {"hatchling"} | needed("hatchling")
    assert set(named[1].split("|")) <= set(pinned("dev.txt"))


def test_the_image_runs_as_nobody_in_particular_and_brings_no_compiler() -> None:
    final = (ROOT / "Dockerfile").read_text().split("\nFROM ")[-1]

    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", final, re.MULTILINE)
    assert re.findall(r"apt-get install .*recommends (.*?) &&", final) == ["libpq5"]


def test_every_service_of_ours_starts_a_program_that_the_image_has(
    services: dict[str, dict[str, Any]], wheel: zipfile.ZipFile
) -> None:
    ours = {name: service["command"][0] for name, service in services.items() if "build" in service}

    assert {"migrate", "worker", "worker-long", "beat", "app"} == ours.keys()
    assert set(ours.values()) <= scripts(wheel)


def test_the_database_of_the_composition_is_on_5433_and_says_when_it_is_ready(
    services: dict[str, dict[str, Any]],
) -> None:
    postgres = services["postgres"]

    assert postgres["image"] == "postgres:15"
    assert [port.split(":")[-2:] for port in postgres["ports"]] == [["5433", "5432"]]
    assert postgres["healthcheck"]["test"][:2] == ["CMD", "pg_isready"]
    assert "shared_preload_libraries=pg_stat_statements" in postgres["command"]


def test_the_broker_of_the_composition_keeps_its_messages_and_is_not_published(
    services: dict[str, dict[str, Any]],
) -> None:
    redis = services["redis"]

    assert "--appendonly yes" in shlex.join(redis["command"])
    assert "ports" not in redis
    assert "healthcheck" in redis


@pytest.mark.parametrize(("name", "kind"), [("worker", "worker"), ("worker-long", "worker"), ("beat", "beat")])
def test_what_works_in_the_background_is_asked_for_its_health(
    services: dict[str, dict[str, Any]], name: str, kind: str
) -> None:
    assert services[name]["healthcheck"]["test"] == ["CMD", "stylobate", "health", kind]


def test_each_queue_has_a_worker(services: dict[str, dict[str, Any]]) -> None:
    commands = [services[name]["command"] for name in ("worker", "worker-long")]

    assert [command[command.index("-Q") + 1] for command in commands] == [QUICK, LONG]


@pytest.mark.parametrize("name", ["worker", "worker-long", "beat", "app"])
def test_what_needs_the_schema_waits_for_the_migration(services: dict[str, dict[str, Any]], name: str) -> None:
    assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert services["migrate"]["depends_on"]["postgres"] == {"condition": "service_healthy"}


def test_the_composition_has_no_password_of_its_own() -> None:
    text = (ROOT / "docker-compose.yml").read_text()

    assert set(re.findall(r"\$\{([^}]+)\}", text)) == {"POSTGRES_PASSWORD:?set it in .env"}


def test_the_hooks_before_a_commit_call_what_is_installed_here() -> None:
    repositories = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    hooks = [hook for repository in repositories for hook in repository["hooks"]]

    assert {repository["repo"] for repository in repositories} == {"local"}
    assert {hook["language"] for hook in hooks} == {"system"}
    assert all((BIN / Path(shlex.split(hook["entry"])[0]).name).exists() for hook in hooks)


def test_production_has_all_that_the_package_and_the_redis_transport_need() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    asked = {canonicalize_name(Requirement(it).name) for it in project["dependencies"] + extras["cli"] + extras["web"]}

    assert asked | needed("kombu", extra="redis") <= set(pinned("production.txt"))
