"""The second step: the key of an app, backup codes, and the cookie of a trusted device."""

import hmac
import json
import re
from base64 import b32decode, b32encode, urlsafe_b64encode
from hashlib import sha256

from core.better_auth import sealed
from core.better_auth.secrets import current_secret

BACKUP_CODES, BACKUP_CODE = 10, 10

_ENCODED = "base32:"
_TEXT = re.compile(r"[\w-]+", re.ASCII)
_DEVICE = re.compile(r"([\w-]{43})!(trust-device-[\w-]{16,64})", re.ASCII)


def in_base32(secret: str) -> str:
    """The secret as an app takes it. Its key is the text of the secret itself, unless ``base32:`` is in front of it."""
    if secret.startswith(_ENCODED):
        return secret.removeprefix(_ENCODED).upper().rstrip("=")
    return b32encode(secret.encode()).decode().rstrip("=")


def of_base32(secret: str) -> str:
    """How a secret is stored that an app has in base32: the text it stands for, or itself if it was none.

    Versions up to 1.7.12 at the least read only the first.
    """
    try:
        text = b32decode(secret + "=" * (-len(secret) % 8)).decode("ascii")
    except ValueError:
        text = ""
    return text if _TEXT.fullmatch(text) else _ENCODED + secret


def backup_codes(stored: str) -> list[str] | None:
    """The codes that are left; None if they can't be read. Some applications store them unsealed."""
    text = sealed.unseal(stored) if sealed.is_one(stored) else stored
    try:
        codes = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    return codes if isinstance(codes, list) and all(isinstance(code, str) for code in codes) else None


def sealed_backup_codes(codes: list[str]) -> str:
    """What is stored of them."""
    return sealed.seal(json.dumps(codes, ensure_ascii=False, separators=(",", ":")))


def device_token(*, user_id: str, identifier: str) -> str:
    """What a trusted device keeps: the identifier of its row, and the proof that it is this person's."""
    return f"{_device_proof(user_id, identifier)}!{identifier}"


def device_identifier(token: str, *, user_id: str) -> str | None:
    """The identifier in a trusted device's token, if it is this person's."""
    found = _DEVICE.fullmatch(token)
    if found is None or not hmac.compare_digest(found[1], _device_proof(user_id, found[2])):
        return None
    return found[2]


def _device_proof(user_id: str, identifier: str) -> str:
    mac = hmac.digest(current_secret().encode(), f"{user_id}!{identifier}".encode(), sha256)
    return urlsafe_b64encode(mac).rstrip(b"=").decode()
