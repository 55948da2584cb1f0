"""Passwords: argon2id in a small pool of threads, never on the event loop.

The parameters are OWASP's first choice (19 MiB, two passes, one lane), 33 ms on the machine this was written on; both
numbers are settings. Ten at once on the event loop would stall every other request for a second.
"""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.settings import settings

Result = TypeVar("Result")


@lru_cache(maxsize=1)
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=threads, thread_name_prefix="passwords")


@lru_cache(maxsize=1)
def _hasher(time_cost: int, memory_kib: int) -> PasswordHasher:
    return PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)


def _current() -> PasswordHasher:
    return _hasher(settings().password_time_cost, settings().password_memory_kib)


async def _aside(work: Callable[[], Result]) -> Result:
    return await asyncio.get_running_loop().run_in_executor(_pool(settings().password_threads), work)


_LONGEST = 512
"""Characters of a password that are looked at. Its normal form takes time that grows with the square of its length."""


def _bytes(password: str) -> bytes:
    """The same bytes for the same password, however a keyboard composed it."""
    return unicodedata.normalize("NFKC", password).encode(errors="surrogatepass")


async def hashed(password: str) -> str:
    """What is stored of a password."""
    hasher, secret = _current(), _bytes(password)
    return await _aside(lambda: hasher.hash(secret))


async def matches(password: str, stored: str | None) -> bool:
    """Whether it is the password that was stored. Where none was, the answer is no and takes as long."""
    hasher, secret = _current(), _bytes(password[:_LONGEST])

    def compare() -> bool:
        if stored is None or len(password) > _LONGEST:
            hasher.hash(secret)
            return False
        try:
            return hasher.verify(stored, secret)
        except (InvalidHashError, VerificationError):
            return False

    return await _aside(compare)


def outdated(stored: str) -> bool:
    """Whether it was made with other parameters than today's."""
    return _current().check_needs_rehash(stored)
