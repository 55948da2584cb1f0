"""The kinds of stored passwords that are verified: ours, better-auth's, and what other houses left.

Django's (PBKDF2, argon2, bcrypt, scrypt), plain bcrypt, and those of passlib and pwdlib, and so of fastapi-users. Only
the first two are ever made. A stored password whose parameters are absurd, by whoever wrote it, matches nothing: it
must not hang a thread or eat the memory.
"""

import hashlib
import hmac
import re
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import NamedTuple

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from core.better_auth import passwords as shared
from core.errors import Unavailable
from core.settings import settings

_LONGEST = 1_024
_ARGON2_KIB, _ARGON2_WORK, _ARGON2_LANES = 512 * 1024, 2 * 1024 * 1024, 64
"""Memory, memory times passes, and lanes: two seconds, where usual parameters take a tenth of one."""
_ITERATIONS = 5_000_000
_KEY = 64
"""Bytes of a key: PBKDF2 takes as long again for every few more."""
_SCRYPT_WORK = 2**22
_ROUNDS = 15
_BCRYPT = 72
"""Bytes of a password that bcrypt knows."""


class Kind(NamedTuple):
    """How a stored password looks, and how one is compared with it."""

    name: str
    looks: re.Pattern[str]
    compare: Callable[[str, re.Match[str]], bool]

    def matches(self, password: str, stored: str) -> bool:
        """Whether it is the password. What can't be read matches nothing.

        Raises:
            Unavailable: the package for it is not installed.
        """
        found = self.looks.fullmatch(stored)
        try:
            return found is not None and self.compare(password, found)
        except (ValueError, TypeError, OverflowError, MemoryError, InvalidHashError, VerificationError):
            return False


def find(stored: str) -> Kind | None:
    """The kind of a stored password, if there is one."""
    if len(stored) > _LONGEST:
        return None
    return next((kind for kind in KINDS.values() if kind.looks.fullmatch(stored)), None)


def _raw(password: str) -> bytes:
    return password.encode(errors="surrogatepass")


def _argon2(password: bytes, stored: str) -> bool:
    it = extract_parameters(stored)
    ours = settings().password_memory_kib
    if it.memory_cost > max(_ARGON2_KIB, ours) or it.parallelism > _ARGON2_LANES:
        return False
    if it.memory_cost * it.time_cost > max(_ARGON2_WORK, ours * settings().password_time_cost):
        return False
    return PasswordHasher().verify(stored, password)


def _ours(password: str, stored: re.Match[str]) -> bool:
    return _argon2(unicodedata.normalize("NFKC", password).encode(errors="surrogatepass"), stored[1])


def _argon2_elsewhere(password: str, stored: re.Match[str]) -> bool:
    return _argon2(_raw(password), stored[1])


def _pbkdf2(digest: str, password: str, iterations: str, salt: bytes, key: bytes) -> bool:
    if not 0 < int(iterations) <= _ITERATIONS or not 0 < len(key) <= _KEY:
        return False
    return hmac.compare_digest(hashlib.pbkdf2_hmac(digest, _raw(password), salt, int(iterations), len(key)), key)


def _django_pbkdf2(password: str, stored: re.Match[str]) -> bool:
    return _pbkdf2(stored[1], password, stored[2], stored[3].encode(), b64decode(stored[4], validate=True))


def _passlib_pbkdf2(password: str, stored: re.Match[str]) -> bool:
    return _pbkdf2(stored[1] or "sha1", password, stored[2], _unpadded(stored[3]), _unpadded(stored[4]))


def _unpadded(text: str) -> bytes:
    """Passlib's base64, which may have a dot for the plus, and no padding."""
    return b64decode(text.replace(".", "+") + "=" * (-len(text) % 4), validate=True)


def _scrypt(password: str, n: int, r: int, p: int, salt: bytes, key: bytes) -> bool:
    if not key or n * r * p > _SCRYPT_WORK:
        return False
    made = hashlib.scrypt(
        _raw(password), salt=salt, n=n, r=r, p=p, dklen=len(key), maxmem=128 * r * (n + p + 2) + 4_096
    )
    return hmac.compare_digest(made, key)


def _django_scrypt(password: str, stored: re.Match[str]) -> bool:
    n, salt, r, p, key = stored.groups()
    return _scrypt(password, int(n), int(r), int(p), salt.encode(), b64decode(key, validate=True))


def _passlib_scrypt(password: str, stored: re.Match[str]) -> bool:
    exponent, r, p, salt, key = stored.groups()
    return _scrypt(password, 2 ** int(exponent), int(r), int(p), _unpadded(salt), _unpadded(key))


def _bcrypt(password: bytes, stored: str) -> bool:
    try:
        import bcrypt  # noqa: PLC0415  an extra, for whoever has such passwords
    except ImportError:
        raise Unavailable(
            "a password is stored by bcrypt, and bcrypt is not installed",
            remedy="pip install 'stylobate[bcrypt]'",
        ) from None
    if int(stored[4:6]) > _ROUNDS:
        return False
    return bcrypt.checkpw(password[:_BCRYPT], stored.encode())


def _plain_bcrypt(password: str, stored: re.Match[str]) -> bool:
    return _bcrypt(_raw(password), stored[1])


def _django_bcrypt_sha256(password: str, stored: re.Match[str]) -> bool:
    return _bcrypt(hashlib.sha256(_raw(password)).hexdigest().encode(), stored[1])


def _passlib_bcrypt_sha256(password: str, stored: re.Match[str]) -> bool:
    version, kind, rounds, salt, rest = stored.groups()
    if version == "v=2,t=":
        digest = hmac.digest(salt.encode(), _raw(password), hashlib.sha256)
    else:
        digest = hashlib.sha256(_raw(password)).digest()
    return _bcrypt(b64encode(digest), f"${kind}${int(rounds):02}${salt}{rest}")


def _kind(name: str, looks: str, compare: Callable[[str, re.Match[str]], bool]) -> Kind:
    return Kind(name, re.compile(looks, re.ASCII), compare)


_CRYPTED = r"(\$2[aby]\$\d\d\$[./A-Za-z0-9]{53})"
_64 = r"[A-Za-z0-9+/.]+=*"

OURS = _kind("argon2", r"(?:argon2)?(\$argon2(?:id|i|d)\$.+)", _ours)
SHARED = _kind("better-auth", r"[0-9a-f]+:[0-9a-f]{128}", lambda password, stored: shared.matches(password, stored[0]))

KINDS = {
    kind.name: kind
    for kind in (
        # Ours has one lane. By others a password is hashed as it is typed.
        _kind("argon2-elsewhere", r"(?:argon2)?(\$argon2(?:id|i|d)\$(?!.*p=1\$).+)", _argon2_elsewhere),
        OURS,
        SHARED,
        _kind("bcrypt", rf"(?:bcrypt\$)?{_CRYPTED}", _plain_bcrypt),
        _kind("django-pbkdf2", rf"pbkdf2_(sha256|sha1)\$(\d{{1,9}})\$([^$]+)\$({_64})", _django_pbkdf2),
        _kind("django-bcrypt-sha256", rf"bcrypt_sha256\${_CRYPTED}", _django_bcrypt_sha256),
        _kind("django-scrypt", rf"scrypt\$(\d{{1,9}})\$([^$]+)\$(\d{{1,6}})\$(\d{{1,6}})\$({_64})", _django_scrypt),
        _kind("passlib-pbkdf2", rf"\$pbkdf2(?:-(sha256|sha512))?\$(\d{{1,9}})\$({_64})\$({_64})", _passlib_pbkdf2),
        _kind(
            "passlib-scrypt", rf"\$scrypt\$ln=(\d\d?),r=(\d{{1,6}}),p=(\d{{1,6}})\$({_64})\$({_64})", _passlib_scrypt
        ),
        _kind(
            "passlib-bcrypt-sha256",
            r"\$bcrypt-sha256\$(v=2,t=)?(2[ab]),(?:r=)?(\d\d?)\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})",
            _passlib_bcrypt_sha256,
        ),
    )
}
