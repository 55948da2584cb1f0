"""Archives: a dump, compressed and then encrypted in one pass, in memory that does not grow with it.

The format is nobody's own: zstd inside of age, which their own commands open too. Age seals every 64 KiB and the end,
so what is cut off or changed is noticed, and nothing that was is handed on. These functions block: call them in a
thread.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

import pyrage
import zstandard
from pyrage import x25519

from core.backup.keys import Identity, Recipient
from core.errors import Unavailable

_PIECE = 1 << 20
_LEVEL = 3
_PROBE = zstandard.ZstdCompressor().compress(b".")


class ArchiveDamaged(Unavailable):
    """An archive is cut off or changed, or never was one."""


class WrongKey(Unavailable):
    """None of the keys at hand opens an archive."""


class Written(NamedTuple):
    """An archive that was written, and what is in it: bytes and SHA-256 in hex."""

    size: int
    sha256: str
    plain_size: int
    plain_sha256: str


class Read(NamedTuple):
    """An archive that was read from its beginning to its end, as ``Written``."""

    size: int
    sha256: str
    plain_size: int
    plain_sha256: str


class Target(Protocol):
    """Where bytes go: a file, a pipe."""

    def write(self, data: bytes, /) -> object:
        """Take all of it, or say how much."""


def _ignore(_size: int) -> None: ...


def write(
    source: IO[bytes], target: Target, recipients: Sequence[Recipient], *, told: Callable[[int], object] = _ignore
) -> Written:
    """Compress and encrypt all of it. What ``source``, ``target`` and ``told`` raise is raised here as it is.

    Args:
        source: what to keep, until its end.
        target: where the archive goes; it is neither flushed nor closed.
        recipients: who can open it, at least one.
        told: is called with the bytes read so far, after each piece; it may raise to end the work.
    """
    plain, sealed = _Counted(source, told), _Counted(target)
    packed = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).stream_reader(
        plain,  # type: ignore[arg-type]  # it is only read
        read_size=_PIECE,
    )
    with _as_they_are(plain, sealed):
        pyrage.encrypt_io(packed, sealed, [x25519.Recipient.from_str(each.key_id) for each in recipients])
    return Written(sealed.size, sealed.sha256, plain.size, plain.sha256)


def read(
    source: IO[bytes], target: Target, identities: Sequence[Identity], *, told: Callable[[int], object] = _ignore
) -> Read:
    """Decrypt and decompress all of it. What ``source``, ``target`` and ``told`` raise is raised here as it is.

    ``target`` has had everything up to the damage when one is found: whatever it made of that has to go.

    Args:
        source: the archive, until its end.
        target: where its content goes; it is neither flushed nor closed.
        identities: the keys to try.
        told: is called with the bytes written so far, after each piece; it may raise to end the work.

    Raises:
        ArchiveDamaged: it is not what ``write`` wrote.
        WrongKey: none of the keys opens it.
    """
    sealed, plain = _Counted(source), _Counted(target, told)
    packed = _Counted(
        zstandard.ZstdDecompressor().stream_writer(
            plain,  # type: ignore[arg-type]  # it is only written
            write_size=_PIECE,
        )
    )
    try:
        with _as_they_are(sealed, plain, packed):
            pyrage.decrypt_io(sealed, packed, [x25519.Identity.from_str(each.secret) for each in identities])
        result = Read(sealed.size, sealed.sha256, plain.size, plain.sha256)
        ended = packed.size > 0 and _at_its_end(packed, plain)
    except (pyrage.DecryptError, zstandard.ZstdError, OSError) as error:
        if error in (sealed.error, plain.error):
            raise
        if "No matching keys" in str(error):
            raise WrongKey(
                "none of the keys at hand opens the archive",
                remedy="put the key it was made with into STYLOBATE_SECRETS or STYLOBATE_BACKUP_IDENTITY_FILE",
            ) from None
        raise _damaged() from None
    if not ended:
        raise _damaged()
    return result


def checksum(path: Path) -> str:
    """The SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _damaged() -> ArchiveDamaged:
    return ArchiveDamaged(
        "the archive is cut off or was changed",
        remedy="use another one; if this happens again, look at the disk or bucket it came from",
    )


def _at_its_end(packed: "_Counted", plain: "_Counted") -> bool:
    """Whether the decompressor stands between two frames: then one more comes out whole.

    It does not say so by itself, and takes half a frame for all there is.
    """
    plain.file = probe = _Kept()
    packed.write(_PROBE)
    return probe.data == b"."


class _Kept:
    data = b""

    def write(self, data: bytes) -> None:
        self.data += data


class _Counted:
    """A file whose bytes are counted and hashed on their way, and whose error is not forgotten.

    pyrage turns an error of a reader into one of its own, and swallows that of its last write, which it does when it
    tidies up.
    """

    def __init__(self, file: Any, told: Callable[[int], object] = _ignore) -> None:  # noqa: ANN401  read or write
        self.file = file
        self.size = 0
        self.error: BaseException | None = None
        self._told = told
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def read(self, size: int) -> bytes:
        with self._remembered():
            data: bytes = self.file.read(size)
            self._count(data)
            return data

    def write(self, data: bytes) -> int:
        with self._remembered():
            rest = memoryview(data)
            while rest:  # A pipe without a buffer may take less than all.
                taken = self.file.write(rest)
                rest = rest[len(rest) if taken is None else taken :]
            self._count(data)
            return len(data)

    def flush(self) -> None: ...

    def _count(self, data: bytes) -> None:
        self._hash.update(data)
        self.size += len(data)
        self._told(self.size)

    @contextmanager
    def _remembered(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self.error = self.error or error
            raise


@contextmanager
def _as_they_are(*files: _Counted) -> Iterator[None]:
    """Raise what a file raised, whatever became of it on the way."""
    try:
        yield
    except BaseException:
        for file in files:
            if file.error:
                raise file.error from None
        raise
    for file in files:
        if file.error:
            raise file.error
