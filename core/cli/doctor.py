"""``stylobate doctor``: what is wrong, why it matters, and the command that mends it."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import Unavailable

if TYPE_CHECKING:
    from core.doctor import Finding, Mended, Report

_COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}


def doctor(
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended without losing anything.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 for warnings, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for a script.")] = False,
) -> None:
    """Look for what is wrong: in the settings, the database, the schema, the rows, the jobs and the backups.

    Exits with 0 if there is no error, and with 1 if there is one. --fix makes indexes and checks constraints as the
    role of DIRECT_DATABASE_URL, and looks again; what could lose something is left to you. docs/troubleshooting.md
    explains each finding.
    """
    from core.cli import bars

    with bars.shown("looking", enabled=not as_json):
        report, mended = asyncio.run(_look(fix=fix))
    if as_json:
        typer.echo(json.dumps(_described(report, mended)))
    else:
        _show(report, mended)
    bad = {"error", "warning"} if strict else {"error"}
    if any(finding.level in bad for finding in report.findings):
        raise typer.Exit(1)


async def _look(*, fix: bool) -> "tuple[Report, list[Mended]]":
    from core import doctor
    from core.doctor import Mended

    report = await doctor.examine()
    if not fix or not any(finding.fix for finding in report.findings):
        return report, []
    try:
        mended = await doctor.mend(report.findings)
    except Unavailable as error:
        mended = [Mended(it.name, it.what, failed=str(error)) for it in report.findings if it.fix]
    return await doctor.examine(), mended


def _show(report: "Report", mended: "list[Mended]") -> None:
    from rich.console import Console
    from rich.text import Text

    from core.cli.tables import harmless

    console = Console(highlight=False, soft_wrap=True)
    for it in mended:
        said = (f"mended {it.name}: {it.did}", "green") if it.did else (f"not mended {it.name}: {it.failed}", "red")
        console.print(Text(harmless(said[0]), said[1]))
    for finding in report.findings:
        console.print(Text(finding.level, _COLOURS[finding.level]), Text(harmless(f"{finding.name}: {finding.what}")))
        console.print(Text(f"  why: {finding.why}", "dim"))
        console.print(Text(harmless(f"  mend: {finding.mend}")))
    for why in dict.fromkeys(unseen.why for unseen in report.unseen):
        subjects = ", ".join(unseen.subject for unseen in report.unseen if unseen.why == why)
        console.print(Text(harmless(f"not looked at: {subjects} ({why})"), "dim"))
    console.print(_summary(report.findings))


def _summary(findings: "list[Finding]") -> str:
    from core.doctor import LEVELS

    counts = {level: sum(finding.level == level for finding in findings) for level in LEVELS}
    if not findings:
        return "nothing is wrong"
    said = ", ".join(f"{count} {level}{'s' * (count > 1)}" for level, count in counts.items() if count)
    curable = sum(finding.fix is not None for finding in findings)
    return said + (f"; stylobate doctor --fix mends {curable} of them" if curable else "")


def _described(report: "Report", mended: "list[Mended]") -> dict[str, Any]:
    return {
        "ok": all(finding.level != "error" for finding in report.findings),
        "findings": [
            {**finding._asdict(), "fix": finding.fix is not None}  # Whether --fix would try.
            for finding in report.findings
        ],
        "not_looked_at": [unseen._asdict() for unseen in report.unseen],
        "mended": [it._asdict() for it in mended],
    }
