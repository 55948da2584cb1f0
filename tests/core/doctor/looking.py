"""Looking at one thing, or at everything, and doing to a database what nobody should."""

import json
from typing import Any, NamedTuple

from core import database, doctor
from core.database.statements import fetch
from core.doctor import CHECKS, Finding
from core.settings import settings
from tests.programs import ROOT, run


async def every(*subjects: str) -> list[Finding]:
    """What the looks at these subjects find; each must have been able to look."""
    report = await doctor.examine([check for check in CHECKS if check.subject in subjects])
    assert report.unseen == []
    return report.findings


async def found(*subjects: str) -> dict[str, Finding]:
    """The same, by name."""
    return {finding.name: finding for finding in await every(*subjects)}


async def mended(*subjects: str) -> dict[str, Finding]:
    """What is left after what they find was mended."""
    for it in await doctor.mend(await every(*subjects)):
        assert it.did, it.failed
    return await found(*subjects)


async def do(*statements: str) -> None:
    """Run SQL in the database of the settings."""
    async with database.connected(settings().database, migrated=False):
        for statement in statements:
            await fetch(statement)


class Answer(NamedTuple):
    """What the command said."""

    code: int
    findings: dict[str, dict[str, Any]]
    unseen: set[str]
    text: str


async def run_doctor(*options: str, **environment: str) -> Answer:
    """The command in a process of its own."""
    code, said = await run("core.cli", "doctor", "--json", *options, cwd=ROOT, **environment)
    answer = json.loads(said)
    findings = {finding["name"]: finding for finding in answer["findings"]}
    return Answer(code, findings, {it["subject"] for it in answer["not_looked_at"]}, said)
