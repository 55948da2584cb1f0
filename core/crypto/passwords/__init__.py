"""Passwords: argon2id in a small pool of threads, never on the event loop.

The parameters are OWASP's first choice (19 MiB, two passes, one lane), 33 ms on the machine this was written on; both
numbers are settings. Ten at once on the event loop would stall every other request for a second. On Linux the threads
give way to the loop and to the database, where cores are scarce.

What is made has one form: ours, or better-auth's where the database is shared. What is verified may have others
(``core.crypto.passwords.kinds``), and is ``outdated`` then: whoever signs in has it hashed anew.
"""

import asyncio
import os
import sys
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError

from core.better_auth import passwords as shared
from core.crypto import tokens
from core.crypto.passwords import kinds
from core.settings import settings

Result = TypeVar("Result")

_NICENESS = 10
"""With both cores taken by hashes and others' work, the loop was 22 ms late in its worst hundredth, and 10 ms so."""


@lru_cache(maxsize=1)
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=threads, thread_name_prefix="passwords", initializer=_give_way)


def _give_way() -> None:
    """Let everybody else go first: a hash takes a core for so long that the event loop would wait for its turn."""
    if sys.platform == "linux":  # Elsewhere it is not of the thread, but of the process.
        os.nice(_NICENESS)


@lru_cache(maxsize=1)
def _hasher(time_cost: int, memory_kib: int) -> PasswordHasher:
    return PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)


def _current() -> PasswordHasher:
    return _hasher(settings().password_time_cost, settings().password_memory_kib)


async def _aside(work: Callable[[], Result]) -> Result:
    return await asyncio.get_running_loop().run_in_executor(_pool(settings().password_threads), work)


_LONGEST = 512
"""Characters of a password that are looked at. Its normal form takes time that grows with the square of its length."""

_met: dict[str, str] = {}
"""Of each kind of password that came from elsewhere, one: what a refusal costs."""


def _made(password: str) -> str:
    if settings().sharing:
        return shared.make(password, salt=tokens.code(alphabet="0123456789abcdef", length=shared.SALT))
    # The same bytes for the same password, however a keyboard composed it.
    return _current().hash(unicodedata.normalize("NFKC", password).encode(errors="surrogatepass"))


async def hashed(password: str) -> str:
    """What is stored of a password."""
    return await _aside(lambda: _made(password))


async def matches(password: str, stored: str | None) -> bool:
    """Whether it is the password that was stored. Where none was, the answer is no and takes as long.

    While there are passwords of other kinds, a no takes as long as one of each kind that this process has met.

    Raises:
        Unavailable: it is of a kind whose package is not installed.
    """
    given = password[:_LONGEST]

    def compare() -> bool:
        kind = kinds.find(stored) if stored is not None and len(password) <= _LONGEST else None
        if stored is not None and kind is not None:
            if kind.matches(given, stored):
                return True
            if not _is_todays(kind):
                _met[kind.name] = stored
        if kind is None or not _is_todays(kind):
            _made(given)
        for name, met in list(_met.items()):
            if kind is None or name != kind.name:
                kinds.KINDS[name].matches(given, met)
        return False

    return await _aside(compare)


def _is_todays(kind: kinds.Kind) -> bool:
    return kind is (kinds.SHARED if settings().sharing else kinds.OURS)


def outdated(stored: str) -> bool:
    """Whether it is not what would be made of it today: of another kind, or with other parameters."""
    if settings().sharing:
        return not shared.is_one(stored)
    try:
        return _current().check_needs_rehash(stored)
    except InvalidHashError:
        return True
