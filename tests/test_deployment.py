"""What the examples for an orchestrator ask of our programs, which have to have it."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml  # type: ignore[import-untyped]
from fastapi.routing import APIRoute
from typer.testing import CliRunner

from core import web
from core.cli import app as command
from core.settings.environment import Settings
from tasks.app import LONG, QUICK

ROOT = Path(__file__).parents[1]
FILE = ROOT / "examples/kubernetes/stylobate.yaml"
CLEANING_UP = 20


class Part(NamedTuple):
    """A pod of the example, and its one container."""

    name: str
    kind: str
    pod: dict[str, Any]
    container: dict[str, Any]

    @property
    def probes(self) -> dict[str, dict[str, Any]]:
        return {name: probe for name, probe in self.container.items() if name.endswith("Probe")}


def parts() -> Iterator[Part]:
    for document in yaml.safe_load_all(FILE.read_text()):
        spec = document["spec"].get("jobTemplate", document)["spec"]
        if "template" in spec:
            (container,) = spec["template"]["spec"]["containers"]
            yield Part(document["metadata"]["name"], document["kind"], spec["template"]["spec"], container)


EVERY = pytest.mark.parametrize("part", list(parts()), ids=lambda part: part.name)
DEPLOYMENTS = pytest.mark.parametrize(
    "part", [part for part in parts() if part.kind == "Deployment"], ids=lambda part: part.name
)


ENDPOINTS = {route.path for route in web.health().routes if isinstance(route, APIRoute)}


def test_there_is_everything_that_runs() -> None:
    commands = {part.name.removeprefix("stylobate-"): part.container["command"] for part in parts()}

    assert commands.keys() == {"migrate", "app", "worker", "worker-long", "beat", "health"}
    queues = [line[line.index("-Q") + 1] for name, line in commands.items() if name.startswith("worker")]
    assert queues == [QUICK, LONG]


@EVERY
def test_nothing_runs_with_more_rights_than_it_needs(part: Part) -> None:
    rights = part.container["securityContext"]

    assert part.pod["automountServiceAccountToken"] is False
    assert part.pod["securityContext"]["runAsNonRoot"] is True
    assert f"USER {part.pod['securityContext']['runAsUser']}:" in (ROOT / "Dockerfile").read_text()
    assert part.pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert (rights["allowPrivilegeEscalation"], rights["readOnlyRootFilesystem"]) == (False, True)
    assert rights["capabilities"] == {"drop": ["ALL"]}


@EVERY
def test_each_has_limits_and_a_place_for_what_it_writes(part: Part) -> None:
    assert part.container["resources"]["requests"].keys() == {"cpu", "memory"}
    assert "memory" in part.container["resources"]["limits"]
    assert part.container["volumeMounts"] == [{"name": "tmp", "mountPath": "/tmp"}]  # noqa: S108  a container's own
    assert [(it["name"], "emptyDir" in it) for it in part.pod["volumes"]] == [("tmp", True)]


@EVERY
def test_settings_come_from_a_secret_and_the_rest_is_known_by_name(part: Part) -> None:
    known = {f"STYLOBATE_{name.upper()}" for name in Settings.model_fields} | {"REMAP_SIGTERM"}

    assert {"secretRef": {"name": "stylobate"}} in part.container["envFrom"]
    assert {it["name"] for it in part.container.get("env", ())} <= known
    owners = [it for it in part.container["envFrom"] if it["secretRef"]["name"] == "stylobate-owner"]
    assert bool(owners) == (part.name == "stylobate-migrate")


@DEPLOYMENTS
def test_each_is_asked_whether_it_is_alive_and_ready_for_what_it_can_answer(part: Part) -> None:
    assert part.probes.keys() == {"startupProbe", "livenessProbe", "readinessProbe"}
    for probe in part.probes.values():
        if "httpGet" in probe:
            assert probe["httpGet"]["path"] in ENDPOINTS
            assert probe["httpGet"]["port"] in {port["name"] for port in part.container["ports"]}
        else:
            name, *arguments = probe["exec"]["command"]
            assert name == "stylobate"
            assert CliRunner().invoke(command, [*arguments, "--help"]).exit_code == 0


@DEPLOYMENTS
def test_what_restarts_it_is_nothing_that_a_restart_does_not_mend(part: Part) -> None:
    for name in ("startupProbe", "livenessProbe"):
        asked = str(part.probes[name])
        assert "readyz" not in asked
        assert "--ready" not in asked


@pytest.mark.parametrize("part", [it for it in parts() if "worker" in it.name], ids=lambda part: part.name)
def test_a_worker_has_the_time_to_give_its_job_back(part: Part) -> None:
    ending = re.search(r"worker_soft_shutdown_timeout = (\d+)", (ROOT / "tasks/celeryconfig.py").read_text())

    assert ending
    assert {"name": "REMAP_SIGTERM", "value": "SIGQUIT"} in part.container["env"]
    assert part.pod["terminationGracePeriodSeconds"] > int(ending[1]) + CLEANING_UP


def test_the_app_has_the_time_to_end_what_it_was_asked() -> None:
    (app,) = (part for part in parts() if part.name == "stylobate-app")
    graceful = re.search(r"--timeout-graceful-shutdown=(\d+)", shlex.join(app.container["command"]))
    _, before = app.container["lifecycle"]["preStop"]["exec"]["command"]

    assert graceful
    assert app.pod["terminationGracePeriodSeconds"] > int(graceful[1]) + int(before)


def test_the_app_of_the_composition_is_asked_whether_it_is_ready() -> None:
    composition = yaml.safe_load((ROOT / "docker-compose.yml").read_text())

    *_, program = composition["services"]["app"]["healthcheck"]["test"]
    compile(program, "the healthcheck", "exec")
    assert "http://127.0.0.1:8000/readyz" in program
    assert "web.health()" in (ROOT / "examples/fastapi_app.py").read_text()
