"""Access to what a person has at a provider, for as long as they allow it."""

import asyncio
from datetime import timedelta

from core import attempts, clock
from core.accounts import exchange
from core.accounts.exchange import GrantRefused
from core.accounts.identities import AccountNotFound
from core.accounts.password import CREDENTIAL
from core.accounts.providers import provider as described
from core.accounts.requests import unavailable
from core.accounts.sealed import ACCESS, REFRESH, opened, outdated, sealed
from core.attempts import AttemptsExhausted
from core.database.statements import fetch
from core.database.uninterrupted import uninterrupted
from core.errors import Forbidden
from models import Account

_SOON = timedelta(minutes=1)
"""An access token that ends so soon is not given out any more."""
_LEASE = timedelta(seconds=30)
"""How long one refresher has, two requests of five seconds and some. If its process dies, another's turn comes then."""
_PATIENCE = timedelta(seconds=15)
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5


class AccessLost(Forbidden):
    """The provider gives no access any more; sign in there again."""


async def access_token(*, user_id: str, provider: str) -> str:
    """A token for the provider's API that works for another minute at the least, if the provider issues such.

    It is refreshed when its end is near, by one caller of however many in however many processes: a refresh token works
    once at many providers, and one that is used twice ends the access. The others wait for what the one got. Call it
    outside a transaction: a request to the provider may take seconds.

    Args:
        user_id: whose. Of several identities at one provider it is the one that was linked last.
        provider: the provider's name in the settings.

    Raises:
        AccountNotFound: the person has no identity there.
        AccessLost: the access has ended and can't be refreshed.
        ProviderUnavailable: it should be refreshed, and the provider can't be asked.
        ProviderUnknown: the provider is not in the settings any more.
    """
    pause, until = _SHORTEST_PAUSE, clock.now() + _PATIENCE
    while True:
        account = await _account(user_id, provider)
        token = await _current(account)
        if token is not None:
            return token
        try:
            await attempts.count("refresh-access", account.id, limit=1, window=_LEASE)
        except AttemptsExhausted:
            if clock.now() >= until:
                raise unavailable(provider, "an access token is still being refreshed") from None
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        else:
            # To the end, also if nobody waits for it any more: the old refresh token may be used up.
            token = await uninterrupted(_refresh(account.id))
            if token is not None:
                return token


async def _account(user_id: str, provider: str) -> Account:
    account = (
        await Account.filter(user_id=user_id, provider_id=provider)
        .exclude(provider_id=CREDENTIAL)
        .order_by("-created_at", "-id")
        .first()
    )
    if account is None:
        raise AccountNotFound
    return account


async def _current(account: Account) -> str | None:
    """The token that is stored, if it is still of use; None if it must be refreshed."""
    now = clock.now()
    ends = account.access_token_expires_at
    if account.access_token and (ends is None or ends > now + _SOON):
        token = opened(account.access_token, account.id, ACCESS)
        await _renew_seals(account, token)
        return token
    ends = account.refresh_token_expires_at
    if not account.refresh_token or (ends is not None and ends <= now):
        raise AccessLost
    return None


async def _renew_seals(account: Account, access: str) -> None:
    """Seal with the newest key what is sealed with an older one, unless somebody has stored another meanwhile."""
    if account.access_token and outdated(account.access_token, account.id, ACCESS):
        await Account.filter(id=account.id, access_token=account.access_token).update(
            access_token=sealed(access, account.id, ACCESS), updated_at=clock.now()
        )
    if account.refresh_token and outdated(account.refresh_token, account.id, REFRESH):
        refresh = opened(account.refresh_token, account.id, REFRESH)
        await Account.filter(id=account.id, refresh_token=account.refresh_token).update(
            refresh_token=sealed(refresh, account.id, REFRESH), updated_at=clock.now()
        )


async def _refresh(account_id: str) -> str | None:
    """Refresh what is stored, as the only one who does. None: there was nothing to refresh, look again."""
    try:
        # Read again: whoever was the one before may have refreshed it.
        account = await Account.get_or_none(id=account_id)
        if account is None or not account.refresh_token or await _current(account) is not None:
            return None
        at = await described(account.provider_id)
        old = opened(account.refresh_token, account.id, REFRESH)
        try:
            tokens = await exchange.refresh(at, refresh_token=old)
        except GrantRefused:
            await Account.filter(id=account.id, refresh_token=account.refresh_token).update(
                refresh_token=None, refresh_token_expires_at=None, updated_at=clock.now()
            )
            return None
        # Not when the person has signed in there meanwhile: what that brought is newer.
        await fetch(
            """
            UPDATE "account" SET "accessToken" = $1, "accessTokenExpiresAt" = $2, "refreshToken" = $3,
                "refreshTokenExpiresAt" = $4, "scope" = $5, "updatedAt" = $6
            WHERE "id" = $7 AND "refreshToken" = $8
            """,
            sealed(tokens.access_token, account.id, ACCESS),
            tokens.access_token_expires_at,
            sealed(tokens.refresh_token or old, account.id, REFRESH),
            tokens.refresh_token_expires_at if tokens.refresh_token else account.refresh_token_expires_at,
            ",".join(tokens.scope) or account.scope,
            clock.now(),
            account.id,
            account.refresh_token,
        )
        return tokens.access_token  # However soon it ends: it is the best there is.
    finally:
        await attempts.forget("refresh-access", account_id)
