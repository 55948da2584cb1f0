"""Identities at providers: whose they are, and what keeps the last way in."""

from dataclasses import dataclass
from datetime import datetime

from tortoise.exceptions import IntegrityError

from core import clock, database, events
from core.accounts.exchange import Tokens
from core.accounts.password import CREDENTIAL
from core.accounts.sealed import ACCESS, IDENTITY, REFRESH, sealed
from core.database.statements import fetch
from core.errors import Conflict, NotFound
from core.events import Event
from core.settings import settings
from core.text import TextInvalid, cleaned
from core.users import UserNotFound
from models import Account, Passkey
from models.base import KEY, new_id


class AccountNotFound(NotFound):
    """There is no such account."""


class AccountTaken(Conflict):
    """This identity at the provider is somebody else's here."""


class LastWayIn(Conflict):
    """This is the only way in; add another one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLinked(Event):
    """A person has another way in."""

    user_id: str
    account_id: str
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountUnlinked(Event):
    """A person has one way in less."""

    user_id: str
    account_id: str
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A way in, without its secrets. ``subject`` is what the provider calls the person."""

    id: str
    provider: str
    subject: str
    scope: tuple[str, ...]
    created_at: datetime
    updated_at: datetime


async def list_accounts(user_id: str) -> list[Linked]:
    """A person's ways in, the first one first. The password is the one of the provider ``credential``."""
    return [_shown(account) for account in await Account.filter(user_id=user_id).order_by("created_at", "id")]


def _shown(account: Account) -> Linked:
    return Linked(
        id=account.id,
        provider=account.provider_id,
        subject=account.account_id,
        scope=tuple((account.scope or "").replace(",", " ").split()),
        created_at=account.created_at,
        updated_at=account.updated_at,
    )


@database.deciding
async def find_owner(*, provider: str, subject: str) -> str | None:
    """The id of the person whose identity this is."""
    account = await Account.get_or_none(provider_id=provider, account_id=subject)
    return account.user_id if account else None


async def link(
    *, user_id: str, provider: str, subject: str, tokens: Tokens | None = None, issuer: str | None = None
) -> Linked:
    """Make an identity a person's way in, or store the new tokens of one that is. The constraint decides whose it is.

    Args:
        user_id: who.
        provider: the provider's name in the settings.
        subject: what the provider calls them for good; never an email address.
        tokens: what it issued. A refresh token that is not issued anew stays.
        issuer: the provider's address, to be able to tell later who said so.

    Raises:
        AccountTaken: it is somebody else's.
        TextInvalid: no provider calls anybody so.
        UserNotFound: there is no such person.
    """
    if cleaned(subject, what="an identity", longest=KEY) != subject:  # As it is, or two could become one.
        raise TextInvalid("an identity must not have white space around it, and be in normal form")
    now, account_id = clock.now(), new_id()
    try:
        async with database.transaction():
            inserted = await fetch(
                """
                INSERT INTO "account" ("id", "userId", "providerId", "accountId", "issuer", "createdAt", "updatedAt")
                VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT ("providerId", "accountId") DO NOTHING RETURNING "id"
                """,
                account_id,
                user_id,
                provider,
                subject,
                issuer,
                now,
            )
            account = await Account.get_or_none(provider_id=provider, account_id=subject, user_id=user_id)
            if account is None:
                raise AccountTaken
            if tokens is not None:
                await _store(account, tokens, now)
            if inserted:
                await events.publish(AccountLinked(user_id=user_id, account_id=account.id, provider=provider))
    except IntegrityError:
        raise UserNotFound from None
    return _shown(account)


async def _store(account: Account, tokens: Tokens, now: datetime) -> None:
    account.access_token = sealed(tokens.access_token, account.id, ACCESS)
    account.access_token_expires_at = tokens.access_token_expires_at
    account.scope = ",".join(tokens.scope) or account.scope
    account.updated_at = now
    if tokens.refresh_token is not None:
        account.refresh_token = sealed(tokens.refresh_token, account.id, REFRESH)
        account.refresh_token_expires_at = tokens.refresh_token_expires_at
    if tokens.id_token is not None:
        account.id_token = sealed(tokens.id_token, account.id, IDENTITY)
    await account.save()


async def unlink(*, user_id: str, account_id: str) -> None:
    """Take a way in away from its person, unless it is the last.

    Another way is a password, an identity at a provider that is still in the settings, or a passkey.

    Args:
        user_id: whose.
        account_id: the ``id`` that ``list_accounts`` gives.

    Raises:
        AccountNotFound: the person has no such account.
        LastWayIn: there is no other. Of two at once, each the other's alternative, one stays.
    """
    async with database.transaction():
        # The person's row is the lock for all their ways in.
        await fetch('UPDATE "user" SET "updatedAt" = "updatedAt" WHERE "id" = $1', user_id)
        account = await Account.get_or_none(id=account_id, user_id=user_id)
        if account is None:
            raise AccountNotFound
        if not await _another_way(account):
            raise LastWayIn
        await account.delete()
        await events.publish(AccountUnlinked(user_id=user_id, account_id=account.id, provider=account.provider_id))


async def _another_way(account: Account) -> bool:
    others = Account.filter(user_id=account.user_id).exclude(id=account.id)
    at_providers = [name for name in settings().oauth if name != CREDENTIAL]
    return (
        await others.filter(provider_id=CREDENTIAL, password__isnull=False).exists()
        or (bool(at_providers) and await others.filter(provider_id__in=at_providers).exists())
        or await Passkey.filter(user_id=account.user_id).exists()
    )
