"""Archives in a bucket of S3, or of a server that speaks like it.

Small questions are given up after 25 seconds (``patience``). A large file may take as long as it moves at all; the
bucket is asked something small first, so one that is away is noticed at once.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core import clock
from core.backup import names
from core.backup.manifest import LIMIT
from core.backup.stores.folder import fetched
from core.backup.stores.store import ABANDONED, NotStored, StoreUnavailable, complete, file_of, unfinished
from core.errors import Unavailable
from core.settings import SettingsInvalid, settings

if TYPE_CHECKING:
    from obstore.store import S3Config, S3Store

_PIECE = 8 << 20
_PIECES = 9_000
"""S3 takes 10,000 pieces of a file at the most."""


class Bucket:
    """A store below ``s3://bucket/prefix``. Who we are stands in the settings, or comes from the machine we run on."""

    def __init__(self, location: str, *, patience: float = 25) -> None:
        parts = urlsplit(location)
        if parts.scheme != "s3" or not parts.netloc or "@" in parts.netloc or ":" in parts.netloc or parts.query:
            # It is not quoted: it may hold a password.
            raise SettingsInvalid(
                "STYLOBATE_BACKUP_STORE: neither a folder nor s3://bucket/prefix",
                remedy="write it so; keys go into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            )
        prefix = parts.path.strip("/")
        self.where = f"s3://{parts.netloc}/{prefix}".rstrip("/")
        self._patience = patience
        self._store = _connected(parts.netloc, prefix)

    async def save(self, name: str, file: Path, *, sha256: str) -> None:
        """Send it in pieces, each with its checksum, and read it back."""
        path = file_of(name, names.ARCHIVE)
        size = (await asyncio.to_thread(file.stat)).st_size
        await self._files()
        with self._explained():
            await self._store.put_async(path, file, chunk_size=max(_PIECE, size // _PIECES), max_concurrency=4)
        kept = hashlib.sha256()
        async for data in self._content(path):
            await asyncio.to_thread(kept.update, data)
        if kept.hexdigest() != sha256:
            await self._remove(path)
            raise StoreUnavailable(
                f"{self.where} does not keep what is written there",
                remedy="take the backup again; if this happens again, use another place",
            )

    async def save_manifest(self, name: str, data: bytes) -> None:
        """Send it in one piece."""
        with self._explained():
            async with asyncio.timeout(self._patience):
                await self._store.put_async(file_of(name, names.MANIFEST), data)

    async def load_manifest(self, name: str) -> bytes:
        """Receive it, and of a file that can't be one only the beginning."""
        received = b""
        async for data in self._content(file_of(name, names.MANIFEST)):
            received += data
            if len(received) > LIMIT:
                break
        return received

    async def fetch(self, name: str, file: Path) -> None:
        """Receive it."""
        with fetched(file) as target:
            async for data in self._content(file_of(name, names.ARCHIVE)):
                await asyncio.to_thread(target.write, data)

    async def names(self) -> list[str]:
        """Those with both files."""
        return complete(set(await self._files()))

    async def remove(self, name: str) -> None:
        """Remove the manifest, so that it no longer counts, and then the archive."""
        for suffix in (names.MANIFEST, names.ARCHIVE):
            await self._remove(file_of(name, suffix))

    async def sweep(self) -> list[str]:
        """Remove archives that were sent more than a day ago and have no manifest."""
        files = await self._files()
        removed = [file for file in unfinished(set(files)) if files[file] < clock.now() - ABANDONED]
        for file in removed:
            await self._remove(file)
        return removed

    async def _content(self, path: str) -> AsyncIterator[memoryview]:
        with self._explained():
            async with asyncio.timeout(self._patience):
                answer = await self._store.get_async(path)
            async for data in answer.stream(min_chunk_size=_PIECE):
                yield memoryview(data)

    async def _files(self) -> dict[str, datetime]:
        """The files below the prefix, and when they were sent."""
        files: dict[str, datetime] = {}
        with self._explained():
            pages = aiter(self._store.list(chunk_size=1000))
            while True:
                async with asyncio.timeout(self._patience):
                    page = await anext(pages, None)
                if page is None:
                    return files
                files.update({each["path"]: each["last_modified"] for each in page})

    async def _remove(self, path: str) -> None:
        with self._explained():
            async with asyncio.timeout(self._patience):
                await self._store.delete_async(path)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        from obstore.exceptions import BaseError  # noqa: PLC0415  an extra

        try:
            yield
        except (BaseError, FileNotFoundError, TimeoutError, PermissionError) as error:
            # Of the text only what kind of refusal it is: the rest names keys and addresses.
            said = re.search(r"<Code>(\w+)</Code>", str(error)) or re.search(r"status code: (\d+)", str(error))
            why = said[1] if said else ""
            if isinstance(error, FileNotFoundError) and why != "NoSuchBucket":
                raise NotStored from None
            raise self._unavailable(why) from None

    def _unavailable(self, why: str) -> StoreUnavailable:
        if why:
            return StoreUnavailable(
                f"{self.where} refuses us ({why})",
                remedy="check that the bucket is there, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION, "
                "and that this key may list, read, write and delete in it",
            )
        return StoreUnavailable(
            f"{self.where} does not answer", remedy="check AWS_ENDPOINT_URL and the network, and try again"
        )


def _connected(bucket: str, prefix: str) -> "S3Store":
    try:
        from obstore.exceptions import BaseError  # noqa: PLC0415  an extra
        from obstore.store import S3Store  # noqa: PLC0415  the same
    except ImportError:
        raise Unavailable(
            "archives can't go into a bucket: obstore is not installed", remedy="pip install 'stylobate[s3]'"
        ) from None
    now = settings()
    endpoint = now.aws_endpoint_url
    if endpoint is not None and not re.match(r"https?://[\w\[]", endpoint, re.ASCII):
        # What talks to buckets would only find out when it is asked something, and panic.
        raise SettingsInvalid(
            "AWS_ENDPOINT_URL is not an address",
            remedy="write it as https://s3.example.com, or leave it out for Amazon's",
        )
    config: S3Config = {
        "region": now.aws_region,
        "checksum_algorithm": "SHA256",
        # Not every server knows how to delete many at once.
        "disable_bulk_delete": True,
    }
    if now.aws_access_key_id and now.aws_secret_access_key:
        config["access_key_id"] = now.aws_access_key_id.get_secret_value()
        config["secret_access_key"] = now.aws_secret_access_key.get_secret_value()
    if now.aws_session_token:
        config["session_token"] = now.aws_session_token.get_secret_value()
    if endpoint:
        config["endpoint"] = endpoint.rstrip("/")
    try:
        return S3Store(
            bucket,
            prefix=prefix or None,
            config=config,
            client_options={
                "allow_http": (endpoint or "").startswith("http:"),
                "connect_timeout": timedelta(seconds=5),
                # For as long as nothing moves; a whole file may take hours.
                "read_timeout": timedelta(minutes=2),
                "timeout": timedelta(days=1),
            },
            retry_config={"max_retries": 3, "retry_timeout": timedelta(minutes=2)},
        )
    except BaseError:
        raise SettingsInvalid(
            "the bucket's settings can't be used", remedy="check AWS_ENDPOINT_URL, AWS_REGION and the two AWS keys"
        ) from None
