"""Keys: who can open an archive.

By default they come from ``settings().secrets``: each secret of the ring makes one age key, the newest encrypts and all
of them open. Where ``backup_recipients`` are set, archives are for these public keys alone, so the machine that writes
them can't read them; whoever has ``backup_identity_file`` can.
"""

import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pyrage
from pyrage import x25519

from core.settings import SettingsInvalid, settings


class Recipient(NamedTuple):
    """A public key, ``age1…``, which is its own name."""

    key_id: str


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A secret key, ``AGE-SECRET-KEY-1…``, and the public key it belongs to."""

    key_id: str
    secret: str = field(repr=False)


def recipients() -> list[Recipient]:
    """Whom archives are encrypted for.

    Raises:
        SettingsInvalid: there is no key, or one that is none.
    """
    given = settings().backup_recipients
    if not given:
        return [Recipient(_of_the_ring()[0].key_id)]
    try:
        return [Recipient(str(x25519.Recipient.from_str(key))) for key in given]
    except pyrage.RecipientError:
        raise SettingsInvalid(
            "STYLOBATE_BACKUP_RECIPIENTS: one is not a public key of age",
            remedy="set it to public keys such as age1…, comma-separated; `age-keygen` shows them",
        ) from None


def identities() -> list[Identity]:
    """The keys that can open archives: those of the identity file, then those of the ring.

    Raises:
        SettingsInvalid: there is none, or the file can't be used.
    """
    file = settings().backup_identity_file
    written = _of_the_file(file) if file else []
    return written + _of_the_ring() if settings().secrets or not written else written


def _of_the_ring() -> list[Identity]:
    ring = settings().secrets
    if not ring:
        raise SettingsInvalid(
            "there is no key for archives",
            remedy="set STYLOBATE_SECRETS, or STYLOBATE_BACKUP_RECIPIENTS to write archives "
            "and STYLOBATE_BACKUP_IDENTITY_FILE to read them",
        )
    return [
        _identity(
            _bech32("AGE-SECRET-KEY-", hmac.digest(secret.get_secret_value().encode(), b"stylobate.backup", sha256))
        )
        for secret in ring.values()
    ]


def _of_the_file(file: Path) -> list[Identity]:
    try:
        if file.stat().st_mode & 0o077:
            raise SettingsInvalid(
                "STYLOBATE_BACKUP_IDENTITY_FILE: others can read it", remedy=f"chmod 600 {file}, or keep it elsewhere"
            )
        lines = file.read_text(encoding="ascii").splitlines()
        found = [_identity(line.strip()) for line in lines if line.strip() and not line.startswith("#")]
    except (OSError, UnicodeDecodeError, pyrage.IdentityError) as error:
        # The error may quote a line of the file.
        why = error.strerror if isinstance(error, OSError) else "a line of it is not a secret key of age"
        raise _unusable(f"{why}") from None
    if not found:
        raise _unusable("there is no key in it")
    return found


def _unusable(why: str) -> SettingsInvalid:
    return SettingsInvalid(
        f"STYLOBATE_BACKUP_IDENTITY_FILE: {why}",
        remedy="name a file with a line AGE-SECRET-KEY-1… for each key, as `age-keygen` writes it",
    )


def _identity(secret: str) -> Identity:
    return Identity(key_id=str(x25519.Identity.from_str(secret).to_public()), secret=secret)


def _bech32(prefix: str, data: bytes) -> str:
    """How age writes a key: five bits a letter, and six letters that find a slip of the pen (BIP 173)."""
    number = int.from_bytes(data) << (-len(data) * 8 % 5)
    values = [number >> shift & 31 for shift in range((len(data) * 8 + 4) // 5 * 5 - 5, -1, -5)]
    low = prefix.lower().encode()
    rest = _remainder([byte >> 5 for byte in low] + [0] + [byte & 31 for byte in low] + values + [0] * 6) ^ 1
    values += [rest >> 5 * (5 - place) & 31 for place in range(6)]
    return f"{prefix}1" + "".join(_LETTERS[value] for value in values).upper()


def _remainder(values: list[int]) -> int:
    rest = 1
    for value in values:
        top = rest >> 25
        rest = (rest & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            rest ^= generator if top >> place & 1 else 0
    return rest


_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
