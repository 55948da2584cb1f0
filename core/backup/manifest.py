"""What an archive should hold, in a small JSON file beside it: a restore is compared with it.

It also says the archive's own size and SHA-256, and is signed with the newest key of the ring, so that neither of the
two files can be replaced. Where archives are written without a ring there is nothing to sign with; whoever restores
one is told (``unsigned``).
"""

import hmac
from datetime import UTC
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from core.backup import names
from core.errors import Unavailable
from core.settings import settings

LIMIT = 5_000_000
"""Bytes of a manifest at the most."""


class ManifestInvalid(Unavailable):
    """A manifest is not one, is from a newer program, belongs to another archive or was changed."""


def _name(value: str) -> str:
    if not names.valid(value):
        raise ValueError("not the name of an archive")
    return value


Count = Annotated[int, Field(ge=0)]
Digest = Annotated[str, Field(pattern=r"\A[0-9a-f]{64}\z")]


class TableContent(BaseModel):
    """What is in a table: how many rows, and a value that any change of them would change."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    rows: Count
    fingerprint: str


class Manifest(BaseModel):
    """An archive, and what is in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    name: Annotated[str, AfterValidator(_name)]
    taken_at: Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
    dialect: Literal["postgres", "sqlite"]
    database: str
    server_version: str
    tool_version: str
    """Of the program that dumped it."""
    program_version: str
    """Ours."""
    migrations: tuple[str, ...]
    """Those that the database has had, in their order."""
    tables: dict[str, TableContent]
    size: Count
    sha256: Digest
    plain_size: Count
    plain_sha256: Digest
    seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """How long it took."""
    key_ids: tuple[str, ...]
    """The public keys it was encrypted for."""
    is_safety_copy: bool = False
    """Whether it was taken only because something was about to be replaced."""
    signature: str | None = None
    """The key's version and an HMAC-SHA-256 of all the rest, ``2:9f86d0…``."""


def written(manifest: Manifest) -> bytes:
    """The file, signed if there is a key to sign with."""
    version = next(iter(settings().secrets), None)
    signature = None if version is None else _signature(manifest, version)
    return manifest.model_copy(update={"signature": signature}).model_dump_json(indent=2).encode() + b"\n"


def parse(data: bytes, *, name: str) -> Manifest:
    """Read the file beside the archive ``name``.

    Raises:
        ManifestInvalid: it can't be trusted.
    """
    if len(data) > LIMIT:
        raise _invalid(name, f"has more than {LIMIT:,} bytes")
    try:
        manifest = Manifest.model_validate_json(data, strict=True)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        if first["loc"] == ("format",):
            raise ManifestInvalid(
                f"the manifest of {name} has another format",
                remedy="use the version of stylobate that wrote it, or a newer one",
            ) from None
        place = f"{first['loc'][0]}: " if first["loc"] else ""
        raise _invalid(name, f"can't be read ({place}{first['msg']})") from None
    if manifest.name != name:
        raise _invalid(name, "is another archive's")
    version = _version(manifest)
    signature = (manifest.signature or "").encode()
    if version is not None and not hmac.compare_digest(signature, _signature(manifest, version).encode()):
        raise _invalid(name, "was changed: its signature does not fit")
    return manifest


def unsigned(manifest: Manifest) -> str | None:
    """Why nobody can say that the manifest is ours; None where its signature was checked."""
    if _version(manifest) is not None:
        return None
    if manifest.signature is None:
        return "the manifest is not signed, so whoever can write to the store can have made the archive"
    return "the key that signed the manifest is not in STYLOBATE_SECRETS, so nobody can say who made the archive"


def _version(manifest: Manifest) -> int | None:
    """The version of the key that signed it, if that is in the ring."""
    return next((each for each in settings().secrets if (manifest.signature or "").startswith(f"{each}:")), None)


def _signature(manifest: Manifest, version: int) -> str:
    secret = settings().secrets[version].get_secret_value().encode()
    # Through the model again: the same text whatever the file's spaces and the order of its fields were.
    body = manifest.model_copy(update={"signature": None}).model_dump_json().encode()
    return f"{version}:{hmac.digest(hmac.digest(secret, b'stylobate.manifest', sha256), body, sha256).hex()}"


def _invalid(name: str, why: str) -> ManifestInvalid:
    return ManifestInvalid(
        f"the manifest of {name} {why}",
        remedy="restore another archive, or find out who changed the files in the store",
    )
