import re
from pathlib import Path

import pytest

from core import backup, database, doctor, heartbeat, progress
from core.doctor import CHECKS, KINDS, Kind
from core.local.valkey import Valkey
from core.settings import DatabaseUrl
from tests.core.doctor.looking import do, run_doctor
from tests.programs import ROOT, run

GUIDE = (ROOT / "docs/troubleshooting.md").read_text()


@pytest.mark.only("sqlite")  # The tests' PostgreSQL has errors of its own: it is fast, and not durable.
async def test_with_nothing_worse_than_a_warning_it_succeeds_unless_it_is_strict(
    own: DatabaseUrl, own_url: str, program: dict[str, str], valkey: Valkey
) -> None:
    heartbeat.beat("worker")
    heartbeat.beat("beat")
    async with database.connected():
        await backup.take()
        await backup.verify()
    await do('DROP INDEX "idx_session_expires_0c93a9"')
    program |= {"DATABASE_URL": own_url, "REDIS_URL": valkey.url()}

    easy, strict = await run_doctor(**program), await run_doctor("--strict", **program)

    # This machine's disks are its own affair.
    assert easy.findings.keys() - {"disk-short"} == {"index-missing"}
    assert easy.unseen == set()
    assert (easy.code, strict.code) == (0, 1)


async def test_it_mends_what_it_can_says_so_and_looks_again(
    own: DatabaseUrl, own_url: str, program: dict[str, str]
) -> None:
    await do('DROP INDEX "idx_session_expires_0c93a9"')

    program |= {"DATABASE_URL": own_url}

    _, before = await run("core.cli", "doctor", cwd=ROOT, **program)
    code, after = await run("core.cli", "doctor", "--fix", cwd=ROOT, **program)

    assert "warning index-missing: session has no index on expiresAt" in before
    assert re.search(r"^  mend: CREATE INDEX .*idx_session_expires_0c93a9", before, re.MULTILINE)
    assert re.search(r"^mended index-missing: CREATE INDEX", after, re.MULTILINE)
    assert "warning index-missing" not in after
    assert code == 1
    assert "error backup-missing: " in after


async def test_how_far_it_is_can_be_heard(clean: None) -> None:
    heard: list[progress.Step] = []

    with progress.told_to(heard.append):
        await doctor.examine([check for check in CHECKS if check.subject in {"settings", "secrets", "jobs"}])

    assert [(step.done, step.total) for step in heard] == [(0, 3), (1, 3), (2, 3)]


async def test_called_wrongly_it_says_so() -> None:
    code, _ = await run("core.cli", "doctor", "--nonsense")

    assert code == 2


def test_the_guide_explains_every_finding_and_nothing_else() -> None:
    explained = re.findall(r"^### `([a-z-]+)` \((\w+)\)$", GUIDE, re.MULTILINE)

    assert dict(explained) == {kind.name: kind.level for kind in KINDS}
    assert len(explained) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_guide_gives_the_same_reason_as_the_command(kind: Kind) -> None:
    section = GUIDE.partition(f"### `{kind.name}` ")[2].partition("\n### ")[0]

    assert f"Why it matters: {kind.why}" in " ".join(section.split())


@pytest.mark.parametrize("name", [kind.name for kind in KINDS])
def test_every_finding_is_produced_in_a_test(name: str) -> None:
    tests = [file.read_text() for file in Path(__file__).parent.glob("test_*.py")]

    assert any(f'"{name}"' in text for text in tests)
