"""A small sample of people, sessions and verifications, most of them expired, to see the clean-up at work."""

from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from core import clock, database, users
from core.crypto import tokens
from core.errors import Invalid
from models import Session, User, Verification


class SampleInvalid(Invalid):
    """The sample can't be read."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Person(_Entry):
    name: str
    email: str


class _Session(_Entry):
    email: str
    ip_address: str
    user_agent: str
    expires_in: timedelta


class _Verification(_Entry):
    email: str
    purpose: str
    expires_in: timedelta


class _Sample(_Entry):
    people: list[_Person]
    sessions: list[_Session]
    verifications: list[_Verification]


class Rows(NamedTuple):
    """How many rows can still be used, and how many can't."""

    live: int
    expired: int


def _read(file: Path) -> _Sample:
    try:
        return _Sample.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise SampleInvalid(f"{file} can't be read as a sample: {str(error).splitlines()[0]}") from None


async def load(file: Path) -> None:
    """Add the sample's rows, all or nothing. Its times are counted from now (``-P3D`` is three days ago).

    Raises:
        SampleInvalid: the file is not a sample.
    """
    sample = _read(file)
    now = clock.now()
    async with database.transaction():
        ids = {person.email: (await users.create(name=person.name, email=person.email)).id for person in sample.people}
        await Session.bulk_create(
            Session(
                user_id=ids[session.email],
                token=tokens.digest(tokens.new()),
                ip_address=session.ip_address,
                user_agent=session.user_agent,
                expires_at=now + session.expires_in,
                last_used_at=now + session.expires_in - timedelta(days=7),
                created_at=now + session.expires_in - timedelta(days=7),
                updated_at=now,
            )
            for session in sample.sessions
        )
        await Verification.bulk_create(
            Verification(
                identifier=f"{verification.purpose}:{tokens.digest(tokens.new())}",
                value=ids[verification.email],
                expires_at=now + verification.expires_in,
                created_at=now + verification.expires_in - timedelta(hours=1),
                updated_at=now,
            )
            for verification in sample.verifications
        )


async def wanted() -> bool:
    """Whether the database has nobody in it yet."""
    return not await User.exists()


async def count() -> dict[str, Rows]:
    """What is there of sessions and verifications."""
    now = clock.now()
    return {
        "sessions": Rows(
            await Session.filter(expires_at__gt=now).count(), await Session.filter(expires_at__lte=now).count()
        ),
        "verifications": Rows(
            await Verification.filter(expires_at__gt=now).count(),
            await Verification.filter(expires_at__lte=now).count(),
        ),
    }
